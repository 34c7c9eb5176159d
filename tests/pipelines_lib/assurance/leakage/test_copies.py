"""LEAK-007: a part of a feature that holds one outcome only."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from pipelines_lib.assurance.leakage.columns import category, number
from pipelines_lib.assurance.leakage.copies import bounds
from pipelines_lib.results import Outcome

N = 10_000
LABELS = (np.random.default_rng(1).random(N) < 0.15).astype(np.int8)
RNG = np.random.default_rng(2)
BAD = LABELS == 1


def some_of(mask, share, seed=5):
    return mask & (np.random.default_rng(seed).random(mask.size) < share)


@pytest.mark.parametrize(
    ("column", "share"),
    [
        (number("a", LABELS), 1.0),
        (number("a", -3 * LABELS + RNG.normal(scale=0.1, size=N)), 1.0),
        (category("a", np.where(BAD, "x", "y").tolist()), 1.0),
        (category("a", [f"{'x' if bad else 'y'}{i % 4}" for i, bad in enumerate(BAD)]), 1.0),
        (number("a", np.where(some_of(BAD, 0.4), 900 + RNG.random(N), RNG.random(N))), 0.4),
        (number("a", np.where(some_of(BAD, 0.4), np.nan, RNG.random(N))), 0.4),
        (number("a", np.where(some_of(BAD, 0.4), 0.5, RNG.random(N))), 0.4),
    ],
    ids=["copy", "range", "levels", "many levels", "upper end", "blanks", "one value"],
)
def test_a_part_that_holds_the_rarer_outcome_only_fails(table, ask, column, share):
    found = ask("LEAK-007", table(LABELS, column))["a"]
    assert found.outcome is Outcome.FAILED
    assert found.observed == pytest.approx(share, abs=0.03)


def test_recoveries_above_nothing_fail_on_both_sides(table, ask):
    """The published case: above 0 for 98.8 % of the bad loans and for no good one."""
    paid = np.where(some_of(BAD, 0.988), RNG.lognormal(5, 1, N), 0.0)
    found = ask("LEAK-007", table(LABELS, number("recoveries", paid)))["recoveries"]
    assert found.outcome is Outcome.FAILED
    assert found.observed > 0.95


def test_a_part_without_the_rarer_outcome_fails_where_it_is_surely_so(table, ask):
    short = (~BAD) & (RNG.random(N) < 0.6)
    seconds = np.where(short, RNG.random(N), 1 + RNG.random(N))
    found = ask("LEAK-007", table(LABELS, number("a", seconds)))["a"]
    assert found.outcome is Outcome.FAILED
    assert "commoner outcome" in found.explanation


@pytest.mark.parametrize("strength", [0.0, 0.8, 1.5])
def test_honest_numbers_pass_however_useful(table, ask, strength):
    values = strength * LABELS + RNG.normal(size=N)
    assert ask("LEAK-007", table(LABELS, number("a", values)))["a"].passed


def test_a_level_in_which_three_of_four_default_is_honest(table, ask):
    level = np.where(some_of(BAD, 0.3) | some_of(~BAD, 0.02), "late", "in time")
    assert ask("LEAK-007", table(LABELS, category("a", level.tolist())))["a"].passed


def test_the_limit_is_at_most(table, ask, house):
    column = number("a", np.where(some_of(BAD, 0.4), 900.0, RNG.random(N)))
    measured = ask("LEAK-007", table(LABELS, column))["a"].observed
    for limit, outcome in (
        (measured, Outcome.PASSED),
        (np.nextafter(measured, 0), Outcome.FAILED),
    ):
        rule = replace(house["LEAK-007"], limit=float(limit))
        assert ask("LEAK-007", table(LABELS, column), rule=rule)["a"].outcome is outcome


def test_a_copy_in_too_few_rows_is_not_called_clean(table, ask):
    labels = (np.arange(120) % 6 == 0).astype(np.int8)
    found = ask("LEAK-007", table(labels, number("a", labels)))["a"]
    assert found.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert "Too few rows" in found.explanation


def test_levels_of_one_row_each_are_pure_by_chance_only(table, ask):
    names = category("a", [f"c{place}" for place in range(N)])
    assert ask("LEAK-007", table(LABELS, names))["a"].passed


def test_when_most_have_the_outcome_the_rarer_one_is_its_absence(table, ask):
    found = ask("LEAK-007", table(1 - LABELS, number("a", LABELS)))["a"]
    assert (found.outcome, found.observed) == (Outcome.FAILED, 1.0)


def test_the_end_of_a_range_is_told_rounded(table, ask):
    amount = np.where(some_of(BAD, 0.4), 220.4567 + RNG.random(N), 200 * RNG.random(N))
    story = ask("LEAK-007", table(LABELS, number("a", amount)))["a"].explanation
    assert "220 and above" in story


@pytest.mark.parametrize(
    ("hits", "rows", "method"), [(3, 10, "wilson"), (0, 7, "exact"), (10, 10, "exact")]
)
def test_many_intervals_at_once_are_those_of_the_textbook(hits, rows, method):
    low, high = bounds(np.array([hits, 0]), np.array([rows, 0]), 0.95)
    ends = binomtest(hits, rows).proportion_ci(0.95, method=method)
    assert (low[0], high[0]) == pytest.approx((ends.low, ends.high), abs=1e-9)
    assert (low[1], high[1]) == (0.0, 1.0)


def test_with_one_outcome_there_is_no_evidence(table, ask):
    found = ask("LEAK-007", table(np.zeros(N), number("a", RNG.random(N))))["a"]
    assert found.outcome is Outcome.NOT_ENOUGH_EVIDENCE
