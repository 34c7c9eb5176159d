"""Every question put to a table that has no model yet."""

from datetime import date as date_type
from pathlib import Path

import numpy as np
import pytest

from pipelines_lib.assurance.leakage.columns import category, date, number
from pipelines_lib.assurance.leakage.suspicion import SuspicionLimits, suspect
from pipelines_lib.spec.loading import parse_policy
from pipelines_lib.spec.rulebook import RuleBook

HOUSE = Path(__file__).parents[4] / "deployments" / "policies" / "house.yaml"

N = 4_000


def honest(n, seed):
    """Columns of every kind that know nothing, and outcomes by lot."""
    rng = np.random.default_rng(seed)
    columns = (
        number("normal", rng.normal(size=n)),
        number("amount", np.round(rng.lognormal(8, 1, n)).astype(np.int64)),
        number("cents", np.round(rng.lognormal(5, 1, n), 2)),
        number("term", rng.choice([12, 24, 36, 48, 60, 72], n)),
        number("months", rng.integers(1, 73, n)),
        number("events", rng.poisson(1, n)),
        number("wide", rng.integers(0, 10**5, n)),
        number("blanks", np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n))),
        category("few", rng.choice(["own", "rent", "other", None], n).tolist()),
        category("many", [f"c{place}" for place in rng.integers(0, n // 4, n)]),
        number("flag", rng.integers(0, 2, n)),
    )
    labels = (rng.random(n) < 0.2).astype(np.int8)
    dates = np.sort(np.datetime64("2025-01-01") + rng.integers(0, 60, n).astype("timedelta64[D]"))
    return {column.name: column for column in columns}, labels, dates


def nasty(n):
    """Every kind of column that has broken somebody's arithmetic."""
    rng = np.random.default_rng(1)
    columns = (
        number("constant", np.ones(n)),
        number("nothing", np.full(n, np.nan)),
        number("infinite", np.where(rng.random(n) < 0.3, np.inf, -np.inf)),
        number("huge", rng.choice([1e308, -1e308, 0.0], n)),
        number("beyond", 2**62 + rng.integers(0, 9, n)),
        number("negative", rng.integers(-(2**62), 0, n)),
        category("empty", [None] * n),
        category("own", [f"é{place}" for place in range(n)]),
        date("never", np.full(n, np.datetime64("NaT"), dtype="datetime64[D]")),
        date("days", np.repeat(np.datetime64("9999-12-31"), n)),
        number("one", np.where(np.arange(n) == 0, 1.0, np.nan)),
    )
    return {column.name: column for column in columns}


@pytest.mark.parametrize(("n", "runs"), [(200, 40), (1_000, 25), (20_000, 4)])
def test_where_nothing_is_wrong_hardly_a_run_raises_an_alarm(limits, n, runs):
    """At 95 % at most one run in twenty, over all columns and questions; here none at all."""
    alarms = [suspect(*honest(n, seed), limits) for seed in range(runs)]
    assert sum(map(bool, alarms)) <= runs / 20, alarms


def test_every_kind_of_leak_is_named_with_its_code(limits):
    rng = np.random.default_rng(3)
    labels = (rng.random(N) < 0.2).astype(np.int8)
    dates = np.datetime64("2025-01-01") + (np.arange(N) // 50).astype("timedelta64[D]")
    term = rng.integers(1, 73, N)
    columns = (
        number("strong", 2.0 * labels + rng.normal(size=N)),
        number("absent", np.where(labels == 1, np.nan, 1.0)),
        number("recoveries", rng.normal(size=N)),
        number("order", np.arange(N) // 7),
        number("term", np.where(labels == 1, term * 12, term * 12 + rng.integers(1, 12, N))),
        number("id", rng.permutation(N)),
        number("copy", labels),
        number("income", rng.lognormal(10, 1, N)),
    )
    found = suspect({each.name: each for each in columns}, labels, dates, limits)
    codes = {}
    for each in found:
        codes.setdefault(each.column, []).append(each.code)
    assert codes == {
        "strong": ["LEAK-001"],
        "absent": ["LEAK-001", "LEAK-002", "LEAK-007"],
        "recoveries": ["LEAK-003"],
        "order": ["LEAK-004"],
        "term": ["LEAK-005"],
        "id": ["LEAK-006"],
        "copy": ["LEAK-001", "LEAK-007"],
    }
    assert list(codes) == [each.name for each in columns[:-1]]
    assert all(each.story.endswith(".") for each in found)


@pytest.mark.parametrize("n", [1, 2, 3, 40, 400])
@pytest.mark.parametrize("dated", [True, False])
def test_columns_that_break_arithmetic_break_no_question(limits, n, dated):
    labels = (np.arange(n) % 3 == 0).astype(np.int8)
    dates = np.repeat(np.datetime64("2025-01-01"), n) if dated else None
    for each in suspect(nasty(n), labels, dates, limits):
        assert each.code in {"LEAK-003", "LEAK-006"}, each


def test_the_rules_are_those_of_the_packs_in_force_for_the_tier():
    pack = parse_policy(HOUSE.read_text(encoding="utf-8"))
    limits = SuspicionLimits.from_packs([pack], tier=2, day=date_type(2025, 4, 10))
    assert {rule.check for rule in limits.rules} == {f"LEAK-00{place}" for place in range(1, 8)}
    assert SuspicionLimits.of(RuleBook(limits.rules, False, ())) == limits
    assert SuspicionLimits.from_packs([pack], tier=2, day=date_type(1999, 1, 1)).rules == ()


def test_without_one_of_the_outcomes_nothing_is_suspected(limits):
    columns, _, dates = honest(200, 1)
    for labels in (np.zeros(200), np.ones(200), np.full(200, -1)):
        assert suspect(columns, labels.astype(np.int8), dates, limits) == ()


def test_rows_without_a_known_outcome_are_left_aside(limits):
    columns, labels, dates = honest(2_000, 1)
    columns["copy"] = number("copy", np.where(np.arange(2_000) < 1_000, labels, 1))
    labels = np.where(np.arange(2_000) < 1_000, labels, -1).astype(np.int8)
    assert {each.column for each in suspect(columns, labels, dates, limits)} == {"copy"}


def test_the_order_of_the_table_is_of_no_account_where_it_has_dates(limits):
    labels = (np.random.default_rng(1).random(N) < 0.2).astype(np.int8)
    dates = np.datetime64("2025-01-01") + (np.arange(N) // 50).astype("timedelta64[D]")
    mixed = np.random.default_rng(2).permutation(N)
    columns = {"order": number("order", np.arange(N)[mixed])}
    found = suspect(columns, labels[mixed], dates[mixed], limits)
    assert [each.code for each in found] == ["LEAK-004", "LEAK-006"]
