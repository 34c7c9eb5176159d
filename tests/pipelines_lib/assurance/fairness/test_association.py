"""Two measures of how much inputs know about a group."""

import warnings

import numpy as np
import pytest
from scipy.stats import chi2_contingency
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from pipelines_lib.assurance.fairness.association import (
    coded,
    cramers_v,
    membership_scores,
    strengths,
)
from pipelines_lib.assurance.fairness.groups import Grouping
from pipelines_lib.modelling.features import FeatureContract, InputFeature


def number(name):
    return InputFeature(name, "number", (), "none", (), "")


def category(name, levels):
    return InputFeature(name, "category", tuple(map(str, range(levels))), "none", (), "")


def codes_of(feature, values, bins=4):
    contract = FeatureContract((feature,))
    return coded(contract, np.array(values, dtype=np.float32)[:, None], bins)


def test_a_number_is_cut_at_its_quantiles_and_a_blank_has_a_bin_of_its_own():
    inputs = codes_of(number("income"), [*range(8), np.nan])
    assert inputs.codes[:, 0].tolist() == [0, 1, 1, 2, 2, 3, 3, 3, 4]
    assert inputs.sizes == (5,)


def test_of_a_category_the_most_frequent_levels_keep_a_bin_and_the_rest_shares_one():
    inputs = codes_of(category("town", 9), [5, 5, 5, 2, 2, 7, 8, np.nan], bins=3)
    assert inputs.codes[:, 0].tolist() == [0, 0, 0, 1, 1, 2, 2, 3]


def test_a_hundred_thousand_levels_and_columns_without_any_value_are_a_few_bins():
    levels = np.arange(100_000, dtype=np.float32)
    wide = codes_of(category("town", 100_000), levels, bins=8)
    assert (wide.sizes, wide.codes.max()) == ((9,), 7)
    blank = codes_of(number("gone"), [np.nan] * 5)
    assert (blank.sizes, blank.codes.tolist()) == ((1,), [[0]] * 5)
    same = codes_of(number("same"), [3.0] * 5)
    assert same.codes.tolist() == [[0]] * 5


def test_cramers_v_is_bergsmas_on_a_table_worked_out_with_scipy():
    table = np.array([[30, 10, 5], [10, 30, 15]])
    rows = [(r, c) for r in range(2) for c in range(3) for _ in range(table[r, c])]
    codes, index = np.array(rows).T
    phi = chi2_contingency(table, correction=False).statistic / 100 - 2 * 1 / 99
    smaller = 2 - 1 / 99 - 1
    expected = np.sqrt(phi / smaller)
    assert cramers_v(codes, 2, Grouping(("a", "b", "c"), index)) == pytest.approx(expected)


def test_cramers_v_of_a_copy_is_one_and_of_a_constant_there_is_none():
    index = np.arange(300) % 3
    grouping = Grouping(("a", "b", "c"), index)
    assert cramers_v(index, 3, grouping) == pytest.approx(1.0)
    assert cramers_v(np.zeros(300, int), 1, grouping) is None
    assert cramers_v(index, 3, Grouping(("a", "b"), np.zeros(300, int))) is None


def test_many_bins_and_few_people_are_no_relation():
    rng = np.random.default_rng(0)
    values = [
        cramers_v(rng.integers(0, 50, 200), 50, Grouping(("a", "b"), rng.integers(0, 2, 200)))
        for _ in range(200)
    ]
    assert np.mean(values) < 0.12  # uncorrected it would be 0.5


def crowd(rows, seed=0, shift=0.8):
    """Women earn less; age is of no account."""
    rng = np.random.default_rng(seed)
    index = rng.integers(0, 2, rows)
    inputs = np.column_stack([rng.normal(-shift * index), rng.normal(size=rows)])
    return inputs.astype(np.float32), Grouping(("men", "women"), index)


def test_membership_is_told_as_well_as_by_a_logistic_regression_on_the_same_bins():
    contract = FeatureContract((number("income"), number("age")))
    values, grouping = crowd(4_000)
    inputs = coded(contract, values, 8)
    (scores,) = membership_scores(inputs, (grouping,))
    ours = roc_auc_score(grouping.index, scores[:, 1])
    design, fold = inputs.indicators(), np.arange(4_000) % 2
    theirs = np.zeros(4_000)
    for held_out in (fold == 0, fold == 1):
        fitted = LogisticRegression(C=1.0).fit(design[~held_out], grouping.index[~held_out])
        theirs[held_out] = fitted.decision_function(design[held_out])
    assert ours == pytest.approx(roc_auc_score(grouping.index, theirs), abs=0.005)
    assert ours == pytest.approx(0.714, abs=0.03)  # Phi(0.8 / sqrt 2), less the binning


def test_where_inputs_know_nothing_the_held_out_area_is_a_half():
    contract = FeatureContract((number("income"), number("age")))
    areas = []
    for seed in range(60):
        values, grouping = crowd(200, seed, shift=0.0)
        (scores,) = membership_scores(coded(contract, values, 8), (grouping,))
        areas.append(roc_auc_score(grouping.index, scores[:, 1]))
    assert np.mean(areas) == pytest.approx(0.5, abs=0.015)


def test_the_strongest_input_comes_first():
    contract = FeatureContract((number("age"), number("income")))
    values, grouping = crowd(2_000)
    found = strengths(coded(contract, values[:, ::-1], 8), grouping)
    assert found[0][0] == "income"
    assert found[0][1] > 0.25


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_handful_of_rows_gives_scores_and_no_warning(rows):
    contract = FeatureContract((number("income"), category("town", 3)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inputs = coded(contract, np.zeros((rows, 2), dtype=np.float32), 8)
        grouping = Grouping(("men", "women"), np.zeros(rows, int))
        (scores,) = membership_scores(inputs, (grouping,))
        assert strengths(inputs, grouping) == ()
    assert np.isfinite(scores).all()
