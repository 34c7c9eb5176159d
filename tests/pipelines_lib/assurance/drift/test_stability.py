import math

import numpy as np
import pytest

from pipelines_lib.assurance.chi_square import critical_value
from pipelines_lib.assurance.drift.stability import Tally, movement
from pipelines_lib.modelling.reference import number_bins

HALVES = {"kind": "number", "edges": [10.0], "shares": [0.5, 0.5], "missing_share": 0.0, "n": 1000}
HOMES = {
    "kind": "category",
    "levels": ["own", "rent"],
    "shares": [0.6, 0.3],
    "other_share": 0.0,
    "missing_share": 0.1,
    "n": 1000,
}


def moved(frozen, values, *, blanks=0, significance=0.05):
    tally = Tally(frozen)
    tally.add(np.asarray(values, dtype=np.float64), blanks=blanks)
    return movement("column", tally.counted(), significance)


def test_the_index_is_worked_out_by_hand_with_half_a_row_more_in_every_bin():
    frozen = {**HALVES, "shares": [0.5, 0.4], "missing_share": 0.1}
    found = moved(frozen, [0.0] * 200 + [10.0] * 700 + [math.nan] * 100)
    then = np.array([500.5, 400.5, 100.5]) / 1001.5
    now = np.array([200.5, 700.5, 100.5]) / 1001.5
    by_hand = sum((n - t) * math.log(n / t) for n, t in zip(now, then, strict=True))
    assert found.psi == pytest.approx(by_hand)
    assert found.psi == pytest.approx(0.3 * math.log(2.5) + 0.3 * math.log(1.75), abs=0.002)
    assert [one.label for one in found.bins] == ["below 10", "from 10", "missing"]
    assert [one.current for one in found.bins] == [0.2, 0.7, 0.1]


def test_a_population_that_stayed_has_an_index_of_zero():
    assert moved(HALVES, [0.0] * 500 + [10.0] * 500).psi == pytest.approx(0, abs=1e-12)


def test_how_far_out_an_outlier_lies_changes_nothing():
    near = moved(HALVES, [0.0] * 500 + [11.0] * 499 + [12.0])
    far = moved(HALVES, [0.0] * 500 + [11.0] * 499 + [1e30])
    assert near.psi == far.psi


def test_an_empty_bin_gives_a_finite_index():
    assert moved(HALVES, [0.0] * 1000).psi == pytest.approx(0.4995 * math.log(2001), abs=1e-3)


def test_a_bin_that_is_empty_then_and_now_does_not_count():
    found = moved(HALVES, [0.0] * 500 + [10.0] * 500)
    assert [one.label for one in found.bins] == ["below 10", "from 10"]
    assert found.critical == pytest.approx(3.841459 * (1 / 1000 + 1 / 1000), rel=1e-6)


def test_an_unknown_level_and_a_blank_are_different_things():
    found = moved(HOMES, [0.0] * 60 + [1.0] * 20 + [math.nan] * 20, blanks=5)
    assert [(one.label, one.current) for one in found.bins] == [
        ("own", 0.6),
        ("rent", 0.2),
        ("other", 0.15),
        ("missing", 0.05),
    ]
    assert (found.missing_reference, found.missing_current) == (0.1, 0.05)


def test_counting_in_batches_is_counting_at_once():
    values = np.random.default_rng(1).normal(10, 3, 997)
    tally = Tally(HALVES)
    for part in np.array_split(values, 7):
        tally.add(part, blanks=0)
    assert movement("column", tally.counted(), 0.05) == moved(HALVES, values)


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(2)
    values = rng.normal(10, 3, 500)
    assert moved(HALVES, values) == moved(HALVES, rng.permutation(values))


@pytest.mark.parametrize(
    "frozen", [HALVES | {"n": 0, "shares": [0.0, 0.0]}, HALVES | {"edges": [], "shares": [1.0]}]
)
def test_an_empty_reference_and_a_single_bin_measure_nothing(frozen):
    assert moved(frozen, [1.0] * 50).psi is None


def test_an_empty_current_window_measures_nothing():
    found = moved(HALVES, [])
    assert (found.psi, found.critical, found.missing_current) == (None, None, None)


@pytest.mark.parametrize(
    ("rows", "published"),
    [(50, 0.34), (100, 0.17), (200, 0.085), (500, 0.035), (1_000, 0.018), (5_000, 0.004)],
)
def test_critical_values_are_those_of_the_published_table(rows, published):
    """Ten bins, 20,000 reference rows, 5 %."""
    spread = 1 / 20_000 + 1 / rows
    assert critical_value(9, 0.05) * spread == pytest.approx(published, rel=0.06)


@pytest.mark.parametrize(("degrees", "tabulated"), [(1, 3.841), (9, 16.919), (19, 30.144)])
def test_chi_square_agrees_with_the_printed_tables(degrees, tabulated):
    assert critical_value(degrees, 0.05) == pytest.approx(tabulated, abs=5e-4)


@pytest.mark.parametrize("rows", [100, 300, 1_000])
def test_chance_alone_exceeds_the_critical_value_in_about_one_month_of_twenty(rows):
    rng = np.random.default_rng(3)
    above, months = 0, 600
    for _ in range(months):
        frozen = number_bins(rng.normal(size=4_000))
        found = moved(frozen, rng.normal(size=rows))
        above += found.psi > found.critical
    assert above / months <= 0.075  # 0.05 and three standard errors
    assert above / months >= 0.02
