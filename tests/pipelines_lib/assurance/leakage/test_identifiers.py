"""LEAK-006: a feature that names its row."""

import numpy as np
import pytest

from pipelines_lib.assurance.leakage.columns import category, number
from pipelines_lib.assurance.leakage.identifiers import own_values, repeats_by_chance
from pipelines_lib.results import Outcome

N = 4_000
RNG = np.random.default_rng(3)
LABELS = np.zeros(N)


@pytest.mark.parametrize(
    "column",
    [
        number("a", RNG.permutation(N)),
        number("a", 10**12 + np.arange(N) * 37),
        number("a", RNG.choice(10**5, N, replace=False)),
        number("a", 10**11 + RNG.choice(10**9, N, replace=False)),
        number("a", np.cumsum(RNG.random(N))),
        category("a", [f"BE{place:010d}" for place in RNG.permutation(N)]),
    ],
    ids=[
        "shuffled numbers",
        "running",
        "drawn without repeats",
        "long",
        "floats that run",
        "texts",
    ],
)
def test_what_was_given_out_fails(table, ask, column):
    assert ask("LEAK-006", table(LABELS, column))["a"].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "column",
    [
        number("a", RNG.normal(size=N)),
        number("a", RNG.integers(0, 10**7, N)),
        number("a", (RNG.lognormal(8, 1.5, N) * 100).astype(np.int64)),
        number("a", np.round(RNG.lognormal(8, 1, N), 2)),
        category("a", [f"c{place}" for place in RNG.integers(0, N // 2, N)]),
        number("a", np.full(N, np.nan)),
        number("a", np.ones(N)),
    ],
    ids=["measured", "spread wide", "cents", "amounts", "names that recur", "blank", "constant"],
)
def test_what_was_measured_passes(table, ask, column):
    assert ask("LEAK-006", table(LABELS, column))["a"].passed


def test_the_figure_is_distinct_values_over_values_given():
    assert own_values(number("a", np.array([1.0, 1.0, 2.0, np.nan]))) == pytest.approx(2 / 3)
    assert own_values(number("a", np.array([np.nan]))) is None


def test_repeats_by_chance_are_those_of_birthdays():
    """23 people in 365 days: 0.69 pairs; a permutation repeats nothing but owes half its rows."""
    drawn = np.random.default_rng(1).integers(0, 10_000, 2_000)
    assert repeats_by_chance(drawn) == pytest.approx(2_000 * 1_999 / 2 / 10_000, rel=0.05)
    assert repeats_by_chance(np.arange(1_000)) == pytest.approx(475, abs=25)


def test_few_rows_say_little(table, ask):
    found = ask("LEAK-006", table(np.zeros(50), number("a", np.arange(50))))["a"]
    assert found.outcome is Outcome.NOT_ENOUGH_EVIDENCE
