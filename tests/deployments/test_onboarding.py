"""``pipelines init`` at the command line: what is shown, what is written, and honest ends."""

import json
from pathlib import Path

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
    lines = ["id,applied_on,income,defaulted"]
    lines += [
        f"A{i},2025-01-{i % 28 + 1:02d},{1000 + i % 97},{int(i % 5 == 0)}" for i in range(300)
    ]
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
    from datetime import date

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
