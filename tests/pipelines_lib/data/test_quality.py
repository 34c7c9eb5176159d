"""DATA-002, 003, 004, 005, 006, 007, 009 and 012, and the rows that are set aside."""

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines_lib.canonical import canonical_bytes, parse, plain, sha256_file
from pipelines_lib.data.column_checks import percent
from pipelines_lib.data.contract import Examiner, structure_clauses
from pipelines_lib.data.nights import Night
from pipelines_lib.data.quality import Quality, check_quality
from pipelines_lib.data.quarantine import quarantine_path
from pipelines_lib.data.snapshots import Snapshot, read_snapshot, write_snapshot
from pipelines_lib.errors import DataContractError, EvidenceError, SpecError
from pipelines_lib.results import CheckResult, Consequence, Outcome
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule, RuleBook

AS_OF = date(2025, 4, 30)
TYPES = {"number": pa.float64(), "integer": pa.int64(), "category": pa.string()}
CANARY = "canary-7391"
PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE

INCOME = {"name": "income", "type": "number", "minimum": 10.0, "maximum": 1000.0}
COLOUR = {"name": "colour", "type": "category", "levels": ["red", "blue"]}


def spec_of(*features: Mapping[str, Any]) -> ModelSpec:
    """A spec with these features; its outcomes take 30 days."""
    return ModelSpec.model_validate(
        {
            "model": "m",
            "title": "t",
            "purpose": "p",
            "tier": 1,
            "tier_rationale": "r",
            "people": {"owner": "a", "developer": "b", "validator": "c"},
            "documentation": {
                "assumptions": ["a"],
                "limitations": ["l"],
                "rejected_alternatives": ["r"],
            },
            "monitoring": {
                "owner": "o",
                "metrics": ["m"],
                "review_every_days": 30,
                "action_on_breach": "x",
            },
            "policies": ["house"],
            "schedule": {"cron": "0 2 * * *", "timezone": "UTC"},
            "sources": [
                {
                    "name": "accounts",
                    "role": "population",
                    "uri": "a.csv",
                    "key": "id",
                    "business_date": "day",
                },
                {
                    "name": "outcomes",
                    "role": "label",
                    "uri": "o.csv",
                    "key": "id",
                    "observed_on": "known",
                },
            ],
            "features": [
                {"source": "accounts", "meaning": "m", "reason": "r", **f} for f in features
            ],
            "label": {
                "source": "outcomes",
                "column": "default",
                "positive": 1,
                "negative": 0,
                "meaning": "m",
                "performance_window_days": 30,
            },
            "fairness": {"not_applicable": "no people"},
            "decision": {"cutoff": 0.5},
            "windows": {"train": 0.4, "calibration": 0.2, "validation": 0.2, "out_of_time": 0.2},
            "training": {"estimator": "xgboost", "seed": 1, "calibration": "none"},
        }
    )


def rule(check: str, direction: Any, limit: float, **parameters: float) -> Rule:
    return Rule(
        check=check,
        measure="share",
        consequence=Consequence.HARD,
        basis="house",
        citation="",
        policy="house",
        direction=direction,
        limit=limit,
        parameters=tuple(parameters.items()),
    )


def house(*instead: Rule) -> RuleBook:
    rules = {
        r.check: r
        for r in (
            rule("DATA-002", "at_most", 0.02),
            rule("DATA-003", "at_most", 0.01),
            rule("DATA-004", "at_most", 0.01),
            rule("DATA-005", "at_most", 0.0),
            rule("DATA-006", "at_most", 3.0),
            rule("DATA-007", "at_least", 0.5, at_most=2.0, nights=14.0, minimum_nights=3.0),
            rule("DATA-009", "at_most", 0.02),
            rule("DATA-012", "at_least", 0.95),
            *instead,
        )
    }
    return RuleBook(rules=tuple(rules.values()), approval_required=False, policies=())


def deliver(home: Path, spec: ModelSpec, rows: int = 100, **columns: Any) -> Snapshot:
    """A delivery of good rows, except for the columns that are given."""
    good = {"number": 50.0, "integer": 50, "category": "red"}
    table: dict[str, pa.Array] = {
        "key": pa.array(columns.pop("key", [f"{i:08x}" for i in range(rows)]), pa.string()),
        "business_date": pa.array(columns.pop("business_date", [AS_OF] * rows), pa.date32()),
        "observed_on": pa.nulls(rows, pa.date32()),
        "label": pa.array(columns.pop("label", [None] * rows), pa.int8()),
    }
    for f in spec.features:
        values = columns.pop(f.name, [good[f.type]] * rows)
        table[f.name] = pa.array(values, TYPES[f.type])
    table["unreadable"] = pa.array(columns.pop("unreadable", [None] * rows), pa.string())
    assert not columns
    return write_snapshot(home, pa.table(table), kind="applications", as_of=AS_OF)


def result(quality: Quality, code: str, subject: str) -> CheckResult:
    (found,) = [c for c in quality.checks if (c.code, c.subject) == (code, subject)]
    return found


def lines(home: Path, quality: Quality) -> list[tuple[str, str, str]]:
    assert quality.quarantine_sha256 is not None
    table = pq.read_table(quarantine_path(home, quality.quarantine_sha256))
    assert table.column_names == ["key", "rule", "column"]
    return [(r["key"], r["rule"], r["column"]) for r in table.to_pylist()]


def nights_of(*sizes: int, newest: date = AS_OF) -> list[date]:
    first = newest - timedelta(days=len(sizes) - 1)
    return [first + timedelta(days=n) for n, size in enumerate(sizes) for _ in range(size)]


def test_good_data_pass_and_the_very_same_snapshot_goes_on(tmp_path: Path):
    spec = spec_of(INCOME, COLOUR)
    matured = [AS_OF - timedelta(days=30)] * 10
    dates = matured + nights_of(22, 22, 23, 23)
    snapshot = deliver(tmp_path, spec, business_date=dates, label=[1] * 10 + [None] * 90)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    assert quality.clean is snapshot
    assert (quality.quarantined, quality.quarantine_sha256) == (0, None)
    assert [(c.code, c.subject, c.outcome) for c in quality.checks] == [
        ("DATA-002", "income", PASSED),
        ("DATA-003", "income", PASSED),
        ("DATA-002", "colour", PASSED),
        ("DATA-004", "colour", PASSED),
        ("DATA-005", "accounts", PASSED),
        ("DATA-006", "accounts", PASSED),
        ("DATA-007", "accounts", PASSED),
        ("DATA-009", "rows", PASSED),
        ("DATA-012", "outcomes", PASSED),
    ]
    assert not (tmp_path / "quarantine").exists()


@pytest.mark.parametrize(("blank", "outcome"), [(2, PASSED), (3, FAILED)])
def test_blanks_are_judged_as_a_share_of_rows(tmp_path: Path, blank: int, outcome: Outcome):
    spec = spec_of(INCOME)
    snapshot = deliver(tmp_path, spec, income=[None] * blank + [50.0] * (100 - blank))
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    found = result(quality, "DATA-002", "income")
    assert (found.outcome, found.observed, found.n) == (outcome, blank / 100, 100)
    assert found.explanation == f"income: {blank}.0 % of rows blank ({blank} of 100)"
    assert result(quality, "DATA-009", "rows").outcome is outcome


@pytest.mark.parametrize(("wrong", "outcome"), [(1, PASSED), (2, FAILED)])
def test_values_out_of_range_are_judged_as_a_share_of_rows(
    tmp_path: Path, wrong: int, outcome: Outcome
):
    spec = spec_of(INCOME)
    snapshot = deliver(tmp_path, spec, income=[9.99] * wrong + [10.0, 1000.0] * 48, rows=96 + wrong)
    limit = rule("DATA-003", "at_most", 1 / 97)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house(limit))
    assert result(quality, "DATA-003", "income").outcome is outcome


@pytest.mark.parametrize(("wrong", "outcome"), [(1, PASSED), (2, FAILED)])
def test_unknown_categories_are_judged_as_a_share_of_rows(
    tmp_path: Path, wrong: int, outcome: Outcome
):
    spec = spec_of(COLOUR)
    snapshot = deliver(tmp_path, spec, colour=["pink"] * wrong + ["blue"] * (100 - wrong))
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    found = result(quality, "DATA-004", "colour")
    assert (found.outcome, found.observed) == (outcome, wrong / 100)
    assert f"{wrong}.0 % of rows ({wrong} of 100) hold a category" in found.explanation
    assert "1 category; known are 2" in found.explanation


def test_blanks_the_spec_allows_pass_whatever_their_share_and_stay_in_the_data(tmp_path: Path):
    spec = spec_of({**INCOME, "missing": "allowed"})
    snapshot = deliver(tmp_path, spec, income=[None] * 60 + [50.0] * 40)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    found = result(quality, "DATA-002", "income")
    assert (found.outcome, found.observed) == (PASSED, 0.6)
    assert found.required == "missing values allowed by the spec"
    assert quality.clean is snapshot


@pytest.mark.parametrize(("blank", "outcome"), [(60, PASSED), (61, FAILED)])
def test_a_policy_may_limit_even_allowed_blanks(tmp_path: Path, blank: int, outcome: Outcome):
    spec = spec_of({**INCOME, "missing": "allowed"})
    snapshot = deliver(tmp_path, spec, income=[None] * blank + [50.0] * (100 - blank))
    limit = rule("DATA-002", "at_most", 0.02, allowed_missing_at_most=0.6)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house(limit))
    assert result(quality, "DATA-002", "income").outcome is outcome


def test_a_warning_column_is_judged_but_no_row_of_it_is_set_aside(tmp_path: Path):
    spec = spec_of({**COLOUR, "severity": "warning"}, {**INCOME, "severity": "warning"})
    snapshot = deliver(
        tmp_path,
        spec,
        colour=["pink"] * 50 + [None] * 50,
        income=[-1.0] * 100,
        unreadable=["income"] + [None] * 99,
    )
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    assert result(quality, "DATA-004", "colour").outcome is FAILED
    assert result(quality, "DATA-003", "income").outcome is FAILED
    assert quality.clean is snapshot
    assert result(quality, "DATA-009", "rows").outcome is PASSED


def test_a_bad_row_is_set_aside_once_with_a_line_for_each_rule_it_broke(tmp_path: Path):
    spec = spec_of(INCOME, COLOUR, {"name": "age", "type": "integer"})
    snapshot = deliver(
        tmp_path,
        spec,
        income=[5.0, 50.0, None, None, 2000.0] + [50.0] * 95,
        colour=["pink", None, "red", "red", "red"] + ["blue"] * 95,
        unreadable=[None, None, None, "income,age", None, "label"] + [None] * 94,
        age=[1, 2, 3, None, 5] + [6] * 95,
    )
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    assert lines(tmp_path, quality) == [
        ("00000003", "DATA-001", "age"),
        ("00000003", "DATA-001", "income"),
        ("00000005", "DATA-001", "default"),
        ("00000002", "DATA-002", "income"),
        ("00000000", "DATA-003", "income"),
        ("00000004", "DATA-003", "income"),
        ("00000001", "DATA-002", "colour"),
        ("00000000", "DATA-004", "colour"),
    ]
    assert quality.quarantined == 6
    assert quality.clean is not None
    kept = read_snapshot(tmp_path, quality.clean)
    assert kept.equals(read_snapshot(tmp_path, snapshot).slice(6))
    assert (quality.clean.as_of, quality.clean.kind) == (AS_OF, "applications")
    assert plain(quality.figures)["by_rule"][-1] == {
        "rule": "DATA-004",
        "column": "colour",
        "rows": 1,
    }


def test_a_value_that_could_not_be_read_is_not_called_blank(tmp_path: Path):
    spec = spec_of(INCOME)
    snapshot = deliver(
        tmp_path, spec, income=[None, None] + [50.0] * 98, unreadable=["income"] + [None] * 99
    )
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    assert result(quality, "DATA-002", "income").observed == 0.01
    assert [line[1] for line in lines(tmp_path, quality)] == ["DATA-001", "DATA-002"]


@pytest.mark.parametrize(("bad", "outcome"), [(2, PASSED), (3, FAILED)])
def test_the_share_set_aside_has_its_own_limit(tmp_path: Path, bad: int, outcome: Outcome):
    features = [{**INCOME, "name": f"f{i}"} for i in range(bad)]
    spec = spec_of(*features)
    columns = {f"f{i}": [0.0 if row == i else 50.0 for row in range(100)] for i in range(bad)}
    quality = check_quality(spec, deliver(tmp_path, spec, **columns), home=tmp_path, rules=house())
    assert all(result(quality, "DATA-003", f"f{i}").outcome is PASSED for i in range(bad))
    assert result(quality, "DATA-009", "rows").outcome is outcome


@pytest.mark.parametrize(("bad", "outcome"), [(2, PASSED), (3, FAILED)])
def test_a_broken_newest_night_does_not_hide_in_a_long_history(
    tmp_path: Path, bad: int, outcome: Outcome
):
    spec = spec_of({**INCOME, "name": "f"})
    earlier = AS_OF - timedelta(days=1)
    snapshot = deliver(
        tmp_path,
        spec,
        rows=1000,
        business_date=[earlier] * 980 + [AS_OF] * 20,
        f=[50.0] * (1000 - bad) + [0.0] * bad,
    )
    rules = house(rule("DATA-009", "at_most", 0.02, newest_at_most=0.10))
    found = result(check_quality(spec, snapshot, home=tmp_path, rules=rules), "DATA-009", "rows")
    assert found.outcome is outcome
    assert found.observed == bad / 1000
    assert f"{bad} of the 20 of {AS_OF}" in found.explanation
    assert found.required.endswith("<= 0.02, on the newest night <= 0.1")


def test_the_same_breaches_give_the_same_files(tmp_path: Path):
    spec = spec_of(INCOME)
    hashes = []
    for home in (tmp_path / "one", tmp_path / "two"):
        snapshot = deliver(home, spec, income=[1.0] + [50.0] * 99)
        quality = check_quality(spec, snapshot, home=home, rules=house())
        assert quality.clean is not None
        assert quality.quarantine_sha256 is not None
        path = quarantine_path(home, quality.quarantine_sha256)
        assert sha256_file(path) == quality.quarantine_sha256
        hashes.append((quality.clean.sha256, quality.quarantine_sha256))
        assert list((home / "scratch").glob("run-*")) == []
    assert hashes[0] == hashes[1]


def test_a_delivery_in_thousands_is_suspected(tmp_path: Path):
    spec = spec_of({"name": "limit_bal", "type": "number", "minimum": 10_000, "maximum": 1_000_000})
    snapshot = deliver(tmp_path, spec, limit_bal=[50.0] * 100)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    assert result(quality, "DATA-003", "limit_bal").explanation == (
        "limit_bal: 100 % of rows are below the minimum 10,000 (median 50): "
        "is the delivery in thousands?"
    )
    assert quality.clean is None
    assert quality.quarantined == 100


def test_a_delivery_in_cents_is_suspected(tmp_path: Path):
    spec = spec_of(INCOME)
    snapshot = deliver(tmp_path, spec, income=[50_000.0] * 60 + [500.0] * 40)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    assert result(quality, "DATA-003", "income").explanation == (
        "income: 60.0 % of rows (60 of 100) are above the maximum 1,000 (median 50,000): "
        "is the spec in thousands, and the delivery not?"
    )


def test_both_sides_of_a_range_are_told_apart_and_few_rows_show_no_median(tmp_path: Path):
    spec = spec_of(INCOME)
    snapshot = deliver(tmp_path, spec, income=[1.0, 2.0, 7391.5] + [50.0] * 97)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    assert result(quality, "DATA-003", "income").explanation == (
        "income: 2.0 % of rows (2 of 100) are below the minimum 10 "
        "and 1.0 % of rows (1 of 100) are above the maximum 1,000"
    )


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ({"minimum": 10.0}, "at least 10"),
        ({"maximum": 1_000_000.0}, "at most 1,000,000"),
        ({"minimum": -2.5, "maximum": 100.0}, "-2.5 to 100"),
    ],
)
def test_a_kept_range_is_named(tmp_path: Path, bounds: dict[str, float], text: str):
    spec = spec_of({"name": "income", "type": "number", **bounds})
    quality = check_quality(spec, deliver(tmp_path, spec), home=tmp_path, rules=house())
    found = result(quality, "DATA-003", "income")
    assert found.explanation == f"income: every value is within {text}"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.12, "12.0 %"), (0.99999, "99.9 %"), (0.00003, "0.003 %")],
)
def test_a_share_reads_as_nothing_or_everything_only_where_it_is(share: float, text: str):
    assert text == percent(share)


@pytest.mark.parametrize(("limit", "outcome"), [(0.02, PASSED), (0.0199, FAILED)])
def test_both_rows_of_a_repeated_key_count(tmp_path: Path, limit: float, outcome: Outcome):
    spec = spec_of(INCOME)
    keys = [f"{i:08x}" for i in range(99)] + [f"{0:08x}"]
    rules = house(rule("DATA-005", "at_most", limit))
    quality = check_quality(spec, deliver(tmp_path, spec, key=keys), home=tmp_path, rules=rules)
    found = result(quality, "DATA-005", "accounts")
    assert (found.outcome, found.observed) == (outcome, 0.02)


@pytest.mark.parametrize(("days", "outcome"), [(3, PASSED), (4, FAILED)])
def test_the_newest_night_must_be_recent(tmp_path: Path, days: int, outcome: Outcome):
    spec = spec_of(INCOME)
    dates = nights_of(25, 25, 25, 25, newest=AS_OF - timedelta(days=days))
    quality = check_quality(
        spec, deliver(tmp_path, spec, business_date=dates), home=tmp_path, rules=house()
    )
    found = result(quality, "DATA-006", "accounts")
    assert (found.outcome, found.observed) == (outcome, float(days))


@pytest.mark.parametrize(
    ("newest", "ratio", "outcome"),
    [(10, 0.5, PASSED), (9, 0.45, FAILED), (40, 2.0, PASSED), (41, 2.05, FAILED)],
)
def test_the_newest_night_is_compared_with_the_median_of_those_before_it(
    tmp_path: Path, newest: int, ratio: float, outcome: Outcome
):
    spec = spec_of(INCOME)
    dates = nights_of(1, 90, 20, newest)
    snapshot = deliver(tmp_path, spec, rows=len(dates), business_date=dates)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    found = result(quality, "DATA-007", "accounts")
    assert (found.outcome, found.observed, found.n) == (outcome, ratio, 3)
    assert found.required == "share >= 0.5 and <= 2"
    assert f"{newest} rows, {ratio:.2f} times the median 20 of the 3 nights" in found.explanation
    assert quality.figures.nights[-1] == Night(AS_OF, newest)


def test_only_the_nights_the_policy_names_are_compared_with(tmp_path: Path):
    spec = spec_of(INCOME)
    dates = nights_of(500, 500, 500, 500, 10, 10, 10, 10)
    three = rule("DATA-007", "at_least", 0.5, at_most=2.0, nights=3.0, minimum_nights=3.0)
    snapshot = deliver(tmp_path, spec, rows=len(dates), business_date=dates)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house(three))
    assert result(quality, "DATA-007", "accounts").observed == 1.0


@pytest.mark.parametrize(("earlier", "outcome"), [(3, PASSED), (2, UNKNOWN), (0, UNKNOWN)])
def test_too_few_earlier_nights_are_no_evidence(tmp_path: Path, earlier: int, outcome: Outcome):
    spec = spec_of(INCOME)
    dates = nights_of(*[5] * (earlier + 1))
    snapshot = deliver(tmp_path, spec, rows=len(dates), business_date=dates)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    assert result(quality, "DATA-007", "accounts").outcome is outcome


def test_the_evidence_shows_the_newest_thirty_nights(tmp_path: Path):
    spec = spec_of(INCOME)
    snapshot = deliver(tmp_path, spec, rows=40, business_date=nights_of(*[1] * 40))
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    shown = plain(quality.figures)
    assert list(shown) == ["rows", "quarantined", "by_rule", "nights"]
    assert (len(shown["nights"]), shown["nights"][-1]) == (30, {"date": "2025-04-30", "rows": 1})
    assert shown["nights"][0]["date"] == "2025-04-01"


@pytest.mark.parametrize(("known", "outcome"), [(19, PASSED), (18, FAILED)])
def test_outcomes_are_asked_of_complete_windows_only(tmp_path: Path, known: int, outcome: Outcome):
    spec = spec_of(INCOME)
    complete, open_ = AS_OF - timedelta(days=30), AS_OF - timedelta(days=29)
    labels = [0, 1, *[0] * (known - 2), *[None] * (20 - known), *[None] * 80]
    dates = [complete] * 20 + [open_] * 80
    snapshot = deliver(tmp_path, spec, label=labels, business_date=dates)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    found = result(quality, "DATA-012", "outcomes")
    assert (found.outcome, found.observed, found.n) == (outcome, known / 20, 20)


def test_no_complete_window_is_no_evidence_about_outcomes(tmp_path: Path):
    spec = spec_of(INCOME)
    quality = check_quality(spec, deliver(tmp_path, spec), home=tmp_path, rules=house())
    assert result(quality, "DATA-012", "outcomes").outcome is UNKNOWN


def test_a_delivery_without_rows_is_no_evidence_of_anything(tmp_path: Path):
    spec = spec_of(INCOME, COLOUR, {**INCOME, "name": "other", "missing": "allowed"})
    quality = check_quality(spec, deliver(tmp_path, spec, rows=0), home=tmp_path, rules=house())
    assert {UNKNOWN} == {check.outcome for check in quality.checks}
    assert len(quality.checks) == 11
    assert quality.clean is None
    assert tuple(vars(quality.figures).values()) == (0, 0, (), ())


def test_a_single_row_is_judged(tmp_path: Path):
    spec = spec_of(INCOME, COLOUR)
    quality = check_quality(spec, deliver(tmp_path, spec, rows=1), home=tmp_path, rules=house())
    assert result(quality, "DATA-002", "income").outcome is PASSED
    assert quality.clean is not None


def test_columns_of_nothing_fail_as_blank_and_break_no_other_rule(tmp_path: Path):
    spec = spec_of(INCOME, COLOUR)
    snapshot = deliver(tmp_path, spec, income=[None] * 100, colour=[None] * 100)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    failed = {(c.code, c.subject) for c in quality.checks if c.outcome is FAILED}
    assert failed == {("DATA-002", "income"), ("DATA-002", "colour"), ("DATA-009", "rows")}


def test_a_snapshot_of_another_structure_is_refused_by_name(tmp_path: Path):
    snapshot = deliver(tmp_path, spec_of(INCOME), income=[50.0] * 100)
    wanted = spec_of({**INCOME, "type": "integer"}, COLOUR)
    with pytest.raises(DataContractError, match=r"another type: colour, income\."):
        check_quality(wanted, snapshot, home=tmp_path, rules=house())


def test_structure_is_asked_of_the_types_of_a_table_without_rows():
    spec = spec_of({"name": "income", "type": "number"}, {"name": "age", "type": "integer"})
    frame = pd.DataFrame({"income": np.empty(0), "age": np.empty(0)})
    findings = Examiner().examine(frame, structure_clauses(spec, ["income", "age", "key"]))
    assert [(f.clause.column, f.kept) for f in findings] == [
        ("income", True),
        ("age", True),
        ("key", False),
        ("income", True),
        ("age", False),
    ]


def test_a_missing_snapshot_is_a_matter_of_evidence(tmp_path: Path):
    spec = spec_of(INCOME)
    snapshot = deliver(tmp_path, spec)
    next((tmp_path / "snapshots").glob("*.parquet")).unlink()
    with pytest.raises(EvidenceError):
        check_quality(spec, snapshot, home=tmp_path, rules=house())


def test_a_policy_without_the_rule_is_named(tmp_path: Path):
    spec = spec_of(INCOME)
    empty = RuleBook(rules=(), approval_required=False, policies=())
    with pytest.raises(SpecError, match="No policy of this model rules DATA-002"):
        check_quality(spec, deliver(tmp_path, spec), home=tmp_path, rules=empty)


def test_no_value_leaves_the_snapshot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    """A planted text and a planted number turn up in no result, log or file."""
    spec = spec_of(INCOME, COLOUR)
    snapshot = deliver(
        tmp_path, spec, colour=[CANARY] + ["red"] * 99, income=[7391.25] + [50.0] * 99
    )
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    with caplog.at_level(logging.DEBUG):
        quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    assert quality.quarantined == 1
    written = [p for p in tmp_path.rglob("*") if p.is_file() and p not in before]
    assert {"quarantine", "snapshots"} == {p.parent.name for p in written if p.suffix == ".parquet"}
    said = caplog.text + repr(quality) + canonical_bytes(quality).decode() + str(capfd.readouterr())
    for path in written:
        content = str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else ""
        said += content + path.read_bytes().decode("latin-1")
    assert CANARY not in said
    assert "7391.25" not in said
    assert "7,391" not in said


def test_a_result_survives_the_evidence(tmp_path: Path):
    spec = spec_of(INCOME)
    snapshot = deliver(tmp_path, spec, income=[None] + [50.0] * 99)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    stored = parse(canonical_bytes(quality.checks))
    assert tuple(CheckResult.from_plain(each) for each in stored) == quality.checks


def test_a_context_is_renewed_after_much_without_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    spec = spec_of(INCOME, COLOUR)
    snapshot = deliver(tmp_path, spec, income=[None] + [50.0] * 99)
    once = check_quality(spec, snapshot, home=tmp_path, rules=house())
    monkeypatch.setattr("pipelines_lib.data.contract._MUCH", 0)
    assert check_quality(spec, snapshot, home=tmp_path, rules=house()) == once


def test_columns_are_examined_in_groups_without_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    spec = spec_of(INCOME, COLOUR, {"name": "age", "type": "integer", "maximum": 60})
    snapshot = deliver(tmp_path, spec, income=[None] + [50.0] * 99, age=[99, 61] + [60] * 98)
    whole = check_quality(spec, snapshot, home=tmp_path, rules=house())
    monkeypatch.setattr("pipelines_lib.data.quality._CELLS", 1)
    assert check_quality(spec, snapshot, home=tmp_path, rules=house()) == whole


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.lists(st.one_of(st.none(), st.floats(0, 20)), min_size=1, max_size=30),
    colours=st.data(),
)
def test_what_is_set_aside_and_what_stays_are_the_whole(
    tmp_path: Path, values: list[float | None], colours: st.DataObject
):
    level = st.sampled_from(["red", "blue", "pink", None])
    texts = colours.draw(st.lists(level, min_size=len(values), max_size=len(values)))
    spec = spec_of({**INCOME, "maximum": 15}, COLOUR)
    snapshot = deliver(tmp_path, spec, rows=len(values), income=values, colour=texts)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    good = np.array(
        [
            v is not None and 10 <= v <= 15 and t in ("red", "blue")
            for v, t in zip(values, texts, strict=True)
        ]
    )
    assert quality.quarantined == int((~good).sum())
    assert (quality.clean.rows if quality.clean else 0) == int(good.sum())


def test_keys_that_merely_share_a_hash_are_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Were every hash the same, the keys themselves would still be asked."""
    spec = spec_of(INCOME)

    def collide(keys: Any, **_: object) -> Any:
        return np.zeros(len(keys), dtype=np.uint64)

    keys = [f"{i:08x}" for i in range(98)] + ["twice", "twice"]
    snapshot = deliver(tmp_path, spec, key=keys)
    monkeypatch.setattr("pandas.util.hash_array", collide)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    assert result(quality, "DATA-005", "accounts").observed == 0.02


def test_a_table_larger_than_a_row_group_is_examined_and_cleaned_row_by_row(tmp_path: Path):
    """The snapshot is stored in groups of 131,072 rows; the two bad rows lie in different ones."""
    spec = spec_of(INCOME)
    rows = 131_072 + 10
    income = np.full(rows, 50.0)
    income[[5, 131_075]] = 1.0
    keys = [f"{i:08x}" for i in range(rows - 1)] + [f"{0:08x}"]
    snapshot = deliver(tmp_path, spec, rows=rows, income=income, key=keys)
    quality = check_quality(spec, snapshot, home=tmp_path, rules=house())
    assert lines(tmp_path, quality) == [
        ("00000005", "DATA-003", "income"),
        (f"{131_075:08x}", "DATA-003", "income"),
    ]
    assert quality.clean is not None
    assert quality.clean.rows == rows - 2
    assert result(quality, "DATA-005", "accounts").observed == 2 / rows
