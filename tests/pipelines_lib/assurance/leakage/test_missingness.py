"""LEAK-002: that a value is missing tells the outcome."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pipelines_lib.assurance.leakage.columns import number
from pipelines_lib.assurance.leakage.missingness import power_of_blanks
from pipelines_lib.assurance.ranking import Ranking
from pipelines_lib.results import Outcome


def blanks(labels, among_positives, among_negatives, seed=3):
    drawn = np.random.default_rng(seed).random(labels.size)
    blank = drawn < np.where(labels == 1, among_positives, among_negatives)
    return number("a", np.where(blank, np.nan, 1.0))


LABELS = (np.random.default_rng(1).random(6_000) < 0.2).astype(np.int8)


def test_the_figure_is_half_of_the_difference_of_shares_above_one_half():
    """By hand: 60 of 100 positives blank and 20 of 400 others: 0.5 + (0.6 - 0.05) / 2."""
    labels = np.repeat([1, 0], [100, 400]).astype(np.int8)
    blank = np.concatenate((np.arange(100) < 60, np.arange(400) < 20))
    found = power_of_blanks(Ranking.of(labels, blank.astype(float)), 0.95)
    assert found.value == pytest.approx(0.775)
    assert found.value == pytest.approx(roc_auc_score(labels, blank))


@pytest.mark.parametrize("shares", [(0.95, 0.02), (0.02, 0.95)])
def test_values_missing_for_one_outcome_fail_whichever_it_is(table, ask, shares):
    found = ask("LEAK-002", table(LABELS, blanks(LABELS, *shares)))["a"]
    assert found.outcome is Outcome.FAILED
    assert found.observed > 0.9


@pytest.mark.parametrize("shares", [(0.3, 0.3), (0.5, 0.3)])
def test_values_missing_as_they_honestly_are_pass(table, ask, shares):
    assert ask("LEAK-002", table(LABELS, blanks(LABELS, *shares)))["a"].passed


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_column_wholly_given_or_wholly_blank_tells_nothing(table, ask, share):
    found = ask("LEAK-002", table(LABELS, blanks(LABELS, share, share)))["a"]
    assert (found.passed, found.observed) == (True, 0.5)


def test_with_one_outcome_there_is_no_evidence(table, ask):
    column = blanks(LABELS, 0.3, 0.3)
    found = ask("LEAK-002", table(np.ones(LABELS.size), column))["a"]
    assert found.outcome is Outcome.NOT_ENOUGH_EVIDENCE
