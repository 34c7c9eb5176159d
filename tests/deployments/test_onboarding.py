"""``pipelines init`` at the command line: what is shown, what is written, and honest ends."""

import gzip
import json
import random
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from deployments.cli import app

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data" / "credit_card_default" / "source" / "credit_card_default.parquet"
TARGET = "default.payment.next.month"


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.setenv("PIPELINES_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIPELINES_POLICIES", str(ROOT / "deployments" / "policies"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def table(tmp_path):
    noise = random.Random(7)
    lines = ["id,applied_on,income,defaulted"]
    for i in range(300):
        bad = int(i % 5 == 0)
        income = round(noise.gauss(3000 - 300 * bad, 700))
        lines.append(f"A{i},2025-01-{i % 28 + 1:02d},{income},{bad}")
    path = tmp_path / "loans.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_every_column_is_shown_with_its_role_and_why(cli, table):
    done = cli("init", table, "--target", "defaulted")
    assert done.exit_code == 0, done.output
    assert "row has one, and no two rows the same" in done.stdout
    for column, role in (("id", "key"), ("applied_on", "business date"), ("income", "feature")):
        assert any(
            line.split()[:1] == [column] and role in line for line in done.stdout.splitlines()
        )
    assert "Spec: loans.yaml" in done.stdout
    assert "no candidate is promoted before people have filled in" in done.stdout
    assert "line 7: purpose" in done.stdout or "line 6: purpose" in done.stdout
    assert done.stdout.rstrip().endswith("Next: pipelines run loans.yaml")


def test_for_machines_it_is_one_json_document(cli, table):
    answer = json.loads(cli("init", table, "--target", "defaulted", "--json").stdout)
    assert answer["model"] == "loans"
    assert answer["copy"] is None
    assert answer["rows"] == 300
    assert answer["positive_share"] == 0.2
    roles = {each["column"]: each["role"] for each in answer["columns"]}
    assert roles == {
        "id": "key", "applied_on": "business date", "income": "feature", "defaulted": "target",
    }  # fmt: skip
    assert {gap["key"] for gap in answer["fill_in"]} >= {"purpose", "people.owner"}


def test_what_it_writes_is_accepted_by_check_as_it_is(cli, tmp_path):
    done = cli("init", RAW, "--target", TARGET, "--name", "cards", "--out", "specs")
    assert done.exit_code == 0, done.output
    assert "dates are made" in done.stdout
    (row,) = json.loads(cli("check", "specs/cards.yaml", "--json").stdout)
    assert row["reasons_against"] == []
    assert (row["exit_code"], row["as_of"]) == (0, "2025-04-10")


def bank(n=3000):
    """Loans of a hundred days, with a signal; enough of both outcomes for every window."""
    noise = random.Random(1)
    for i in range(n):
        bad = int(noise.random() < 0.3)
        amount = round(noise.gauss(3000 - 400 * bad, 800), 2)
        day = date(2025, 1, 1) + timedelta(days=i * 100 // n)
        yield {
            "Loan No": f"L{i:06d}", "applied": str(day), "amount": amount,
            "share": round(noise.random(), 3), "home": noise.choice(["owned", "rentée", "unknown"]),
            "sex": noise.choice("mf"), "bad": bad,
        }  # fmt: skip


def as_csv(rows, separator=",", decimal="."):
    lines = [separator.join(rows[0])]
    for row in rows:
        cells = [
            str(v).replace(".", decimal) if isinstance(v, float) else str(v) for v in row.values()
        ]
        lines.append(separator.join(cells))
    return "\n".join(lines) + "\n"


def plain_csv(rows, folder):
    (folder / "loans.csv").write_text(as_csv(rows))
    return "loans.csv"


def latin_csv_with_decimal_commas(rows, folder):
    (folder / "loans.csv").write_bytes(as_csv(rows, ";", ",").encode("latin-1"))
    return "loans.csv"


def packed_csv(rows, folder):
    (folder / "loans.csv.gz").write_bytes(gzip.compress(as_csv(rows).encode()))
    return "loans.csv.gz"


def wide_csv(rows, folder):
    (folder / "loans.txt").write_bytes(as_csv(rows, "\t").encode("utf-16"))
    return "loans.txt"


def csv_with_another_notation(rows, folder):
    told = []
    for row in rows:
        day = date.fromisoformat(row["applied"])
        written = {"applied": day.strftime("%d/%m/%Y"), "share": f"{100 * row['share']:.1f} %"}
        told.append({**row, **written})
    (folder / "loans.csv").write_text(as_csv(told))
    return "loans.csv"


def csv_with_a_padded_header(rows, folder):
    text = as_csv(rows)
    (folder / "loans.csv").write_text(text.replace("amount,", " amount ,", 1))
    return "loans.csv"


def parquet(rows, folder):
    pq.write_table(pa.Table.from_pylist(rows), folder / "loans.parquet")
    return "loans.parquet"


def sql(rows, folder):
    connection = sqlite3.connect(folder / "bank.db")
    columns = ", ".join(f'"{name}"' for name in rows[0])
    connection.execute(f"CREATE TABLE loans ({columns})")
    marks = ", ".join("?" * len(rows[0]))
    values = (tuple(row.values()) for row in rows)
    connection.executemany(f"INSERT INTO loans VALUES ({marks})", values)  # noqa: S608
    connection.commit()
    connection.close()
    return "env:BANK_URL/loans"


@pytest.mark.parametrize(
    ("write", "copied"),
    [
        (plain_csv, False),
        (latin_csv_with_decimal_commas, False),
        (packed_csv, False),
        (wide_csv, False),
        (csv_with_another_notation, True),
        (csv_with_a_padded_header, True),
        (parquet, False),
        (sql, False),
    ],
)
def test_however_a_table_is_delivered_the_data_contract_holds_for_its_spec(
    cli, tmp_path, monkeypatch, write, copied
):
    monkeypatch.setenv("BANK_URL", f"sqlite:///{tmp_path}/bank.db")
    table = write(list(bank()), tmp_path)
    done = cli("init", table, "--target", "bad", "--out", "specs", "--json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert (answer["copy"] is not None) == copied
    features = {each["column"] for each in answer["columns"] if each["role"] == "feature"}
    assert features == {"amount", "share", "home"}
    (row,) = json.loads(cli("check", "specs/loans.yaml", "--json").stdout)
    assert row["reasons_against"] == []
    assert row["checks"] > 10


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["gone.csv", "--target", "y"], 2, "There is no file gone.csv"),
        (["loans.csv", "--target", "defalted"], 2, "Did you mean 'defaulted'?"),
        (["loans.csv", "--target", "income"], 2, "has over 50 values"),
        (["loans.csv", "--target", "defaulted", "--separator", "::"], 2, "is no separator"),
        (["loans.csv", "--target", "defaulted", "--key", "income"], 3, "names no row"),
        (["empty.csv", "--target", "defaulted"], 3, "is empty"),
        (["loans.csv"], 2, "--target"),
        (["env:NOWHERE/loans", "--target", "defaulted"], 2, "NOWHERE is not set"),
        (["loans.csv", "--target", "defaulted", "--label-delay-days", "-1"], 2, "label-delay"),
    ],
)
def test_what_cannot_be_onboarded_ends_with_a_fix_and_an_honest_code(
    cli, table, tmp_path, words, code, said
):
    (tmp_path / "empty.csv").touch()
    done = cli("init", *words)
    assert done.exit_code == code, done.output
    assert said in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "loans.yaml").exists()


def test_an_existing_spec_is_replaced_only_by_force(cli, table):
    assert cli("init", table, "--target", "defaulted").exit_code == 0
    again = cli("init", table, "--target", "defaulted")
    assert (again.exit_code, "--force" in again.output) == (2, True)
    assert cli("init", table, "--target", "defaulted", "--force").exit_code == 0


def test_governance_refuses_what_nobody_has_filled_in(cli, table, tmp_path):
    from pipelines_lib.assurance.model_risk.inventory import check_governance
    from pipelines_lib.spec.loading import load_model
    from pipelines_lib.spec.rulebook import rulebook
    from pipelines_lib.spec.settings import Settings

    assert cli("init", table, "--target", "defaulted").exit_code == 0
    model = load_model(str(tmp_path / "loans.yaml"), Settings.from_environment())
    day = date(2025, 1, 28)
    rules = rulebook(model.spec, model.packs, day)
    checks = check_governance(model.spec, model.packs, rules, as_of=day, champion_as_of=None)
    failed = {check.code for check in checks if check.outcome == "failed"}
    assert failed == {"GOV-001", "GOV-002"}
