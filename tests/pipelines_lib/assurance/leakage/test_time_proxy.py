"""LEAK-004: the business date can be told from a feature."""

import numpy as np
import pytest

from pipelines_lib.assurance.leakage.columns import number
from pipelines_lib.assurance.leakage.time_proxy import later_half
from pipelines_lib.results import Outcome

N = 6_000
RNG = np.random.default_rng(3)
LABELS = (RNG.random(N) < 0.2).astype(np.int8)
MONTH = np.arange(N) * 12 // N


@pytest.mark.parametrize(
    "values",
    [
        np.arange(N),
        -np.arange(N) + RNG.normal(scale=200, size=N),
        np.array([4.9, 0.7, 1.3, 4.0, 3.1, 0.9, 2.2, 1.1, 5.0, 0.5, 2.9, 3.7])[MONTH],
    ],
    ids=["row order", "a running number with noise", "a monthly indicator up and down"],
)
def test_what_tells_the_date_fails(table, ask, values):
    found = ask("LEAK-004", table(LABELS, number("a", values)))["a"]
    assert found.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "values",
    [RNG.normal(size=N), RNG.normal(size=N) + MONTH / 12, np.arange(N) % 12],
    ids=["noise", "an input that drifts", "month of the year, year after year"],
)
def test_what_tells_little_of_it_passes(table, ask, values):
    assert ask("LEAK-004", table(LABELS, number("a", values)))["a"].passed


def test_nights_are_kept_whole_and_halved_as_evenly_as_they_can_be():
    days = np.repeat(
        np.array(["2025-01-01", "2025-01-02", "2025-01-03"], "datetime64[D]"), [2, 5, 6]
    )
    assert later_half(days).tolist() == [0] * 7 + [1] * 6


def test_one_night_tells_nothing_about_time(table, ask):
    rows = table(LABELS, number("a", np.arange(N)), dates=np.repeat(np.datetime64("2025-01-01"), N))
    assert ask("LEAK-004", rows)["a"].outcome is Outcome.NOT_ENOUGH_EVIDENCE
