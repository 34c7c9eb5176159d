"""PERF-012: the AUC that scores promise, and how a model stands among some rows."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from pipelines_lib.assurance.performance.standing import promised_auc, standing


def by_pairs(scores):
    """The definition, pair by pair."""
    above = total = 0.0
    for i, p in enumerate(scores):
        for j, q in enumerate(scores):
            if i != j:
                weight = p * (1 - q)
                total += weight
                above += weight * (p > q) + weight * (p == q) / 2
    return above / total


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=25))
def test_the_promise_is_the_chance_that_unlike_pairs_are_in_order(scores):
    assert promised_auc(np.array(scores)) == pytest.approx(by_pairs(scores), abs=1e-9)


def test_the_promise_is_kept_where_every_probability_is_right():
    rng = np.random.default_rng(3)
    scores = rng.beta(2, 5, 200_000)
    drawn = roc_auc_score(rng.random(scores.size) < scores, scores)
    assert promised_auc(scores) == pytest.approx(drawn, abs=0.004)


def test_alike_scores_promise_chance_and_certain_ones_perfection():
    assert promised_auc(np.full(10, 0.3)) == pytest.approx(0.5)
    assert promised_auc(np.array([0.0, 0.0, 1.0])) == 1.0


@pytest.mark.parametrize("scores", [[], [0.4], [0.0, 0.0], [1.0, 1.0]])
def test_where_no_pair_can_differ_there_is_no_promise(scores):
    assert promised_auc(np.array(scores)) is None


@pytest.mark.parametrize("labels", [[], [0, 0], [1, 1]])
def test_rows_of_one_outcome_carry_no_figure_and_no_warning(labels):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = standing(np.array(labels, dtype=np.int8), np.full(len(labels), 0.2), 0.95)
    assert (found.n, found.auc, found.ratio) == (len(labels), None, None)


def test_figures_are_those_of_another_implementation():
    rng = np.random.default_rng(5)
    scores = rng.beta(1, 3, 500)
    labels = (rng.random(500) < scores).astype(np.int8)
    found = standing(labels, scores, 0.95)
    assert found.auc == pytest.approx(roc_auc_score(labels, scores), abs=1e-5)
    assert found.ratio == pytest.approx(labels.mean() / scores.mean(), abs=1e-5)
    assert found.auc_low < found.auc < found.auc_high
