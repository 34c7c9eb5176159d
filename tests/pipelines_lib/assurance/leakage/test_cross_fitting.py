"""The power of one column, where neither many levels nor odd shapes can fake or hide it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from pipelines_lib.assurance.leakage.columns import category, number
from pipelines_lib.assurance.leakage.cross_fitting import (
    FOLDS,
    Binning,
    alone,
    alone_later,
    cross_fitted,
    fitted,
    folds,
)
from pipelines_lib.assurance.ranking import auc, auc_estimate

RNG = np.random.default_rng(5)


def outcomes(n, rate=0.2, seed=1):
    return (np.random.default_rng(seed).random(n) < rate).astype(np.int8)


def power(column, marks, confidence):
    found = alone(column, marks, folds(marks))
    return found and auc_estimate(found, confidence)


def test_an_honest_number_has_the_auc_that_sorting_by_it_gives():
    labels = outcomes(20_000)
    values = labels + np.random.default_rng(2).normal(size=labels.size)
    found = power(number("a", values), labels, 0.95)
    assert found.value == pytest.approx(roc_auc_score(labels, values), abs=0.01)
    assert found.interval.low < found.value < found.interval.high


def test_a_hundred_thousand_levels_of_one_row_each_tell_nothing():
    labels = outcomes(100_000)
    names = category("a", [f"c{place}" for place in range(labels.size)])
    assert power(names, labels, 0.95).value == pytest.approx(0.5, abs=0.005)


def test_many_levels_of_few_rows_tell_nothing_by_chance():
    labels = outcomes(20_000)
    drawn = RNG.integers(0, 5_000, labels.size)
    found = power(category("a", [f"c{place}" for place in drawn]), labels, 0.95)
    assert found.value < 0.52


def test_many_levels_that_do_tell_are_believed():
    labels = outcomes(20_000, rate=0.5)
    drawn = 2 * RNG.integers(0, 500, labels.size) + labels
    assert power(category("a", [f"c{place}" for place in drawn]), labels, 0.95).value > 0.999


@pytest.mark.parametrize("shape", [np.abs, lambda v: -np.abs(v), lambda v: np.abs(v - 1)])
def test_power_does_not_ask_for_a_direction(shape):
    values = RNG.normal(size=20_000)
    labels = (shape(values) > np.quantile(shape(values), 0.8)).astype(np.int8)
    assert power(number("a", values), labels, 0.95).value > 0.98


def test_missing_values_are_a_level():
    labels = outcomes(5_000)
    values = np.where(labels == 1, np.nan, RNG.normal(size=labels.size))
    assert power(number("a", values), labels, 0.95).value > 0.999


def test_one_outcome_has_no_power_and_a_constant_has_none_to_speak_of():
    labels = outcomes(1_000)
    constant = number("a", np.ones(labels.size))
    assert power(constant, np.zeros(1_000, dtype=np.int8), 0.95) is None
    assert power(constant, labels, 0.95).value == pytest.approx(0.5, abs=0.02)


def test_a_value_as_heavy_as_a_bin_is_kept_apart_from_its_neighbours():
    values = np.concatenate((np.zeros(5_000), np.linspace(0.001, 1, 5_000)))
    binning = Binning.of(number("a", values), 10)
    codes = binning.codes(number("a", values))
    assert set(codes[values == 0]) & set(codes[values > 0]) == set()


def test_few_values_have_a_bin_each_and_the_last_bin_is_the_blank():
    column = number("a", np.array([3.0, 1.0, np.nan, 2.0, 1.0, np.inf]))
    binning = Binning.of(column)
    assert binning.codes(column).tolist() == [2, 0, 4, 1, 0, 3]
    assert binning.count == 5


def test_a_row_never_teaches_about_itself():
    """By hand: the only row of a level is scored by the average of all rows."""
    labels = np.array([1, 0, 0, 1, 0, 0, 1, 0, 0, 0], dtype=np.int8)
    codes = np.arange(10)
    assert np.allclose(cross_fitted(codes, 10, labels, folds(labels)), 0.3)


def test_rates_are_drawn_to_the_average_as_by_ten_rows():
    labels = np.array([1, 1, 0, 0], dtype=np.int8)
    rates = fitted(np.array([0, 0, 0, 1]), 3, labels)
    assert rates.tolist() == pytest.approx([(2 + 5) / 13, 5 / 11, 0.5])


def test_later_rows_are_ranked_by_what_earlier_ones_taught():
    early, late = outcomes(4_000), outcomes(2_000, seed=3)
    levels = [f"{'bad' if label else 'good'}{place % 7}" for place, label in enumerate(early)]
    more = [f"{'bad' if label else 'good'}{place % 7}" for place, label in enumerate(late)]
    both = category("a", [*levels, *more])
    first, second = both.where(np.arange(4_000)), both.where(np.arange(4_000, 6_000))
    assert auc(alone_later(first, early, second, late)) == 1.0
    assert alone_later(first, early, second, np.zeros(2_000, dtype=np.int8)) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100), st.integers(50, 400))
def test_power_knows_only_order(seed, scale, n):
    """A rising change of scale moves no row into another bin."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n, dtype=np.int64) % 3 == 0
    values = np.round(rng.normal(size=n), 2) + 0.0
    one = power(number("a", values), labels.astype(np.int8), 0.95)
    other = power(number("a", values * scale + 7), labels.astype(np.int8), 0.95)
    assert one.value == pytest.approx(other.value, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 300))
def test_folds_spread_either_outcome_evenly(seed, n):
    labels = (np.random.default_rng(seed).random(n) < 0.3).astype(np.int8)
    for outcome in (0, 1):
        rows = np.bincount(folds(labels)[labels == outcome], minlength=FOLDS)
        assert rows.max() - rows.min() <= 1
