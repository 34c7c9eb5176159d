"""PERF-015: whether more rows would still help."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipelines_lib.assurance.performance import learning_curve
from pipelines_lib.assurance.performance.learning_curve import check_curve
from pipelines_lib.assurance.ranking import Ranking, auc_difference
from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule, RuleBook

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def rule(limit=0.02, most=1000.0):
    return Rule(
        check="PERF-015",
        measure="AUC gained",
        consequence=Consequence.RECORD,
        basis="house",
        citation="test",
        policy="house",
        direction="at_most",
        limit=limit,
        parameters=(("confidence", 0.95), ("max_rows", most)),
    )


LABELS = (np.random.default_rng(0).random(3000) < 0.3).astype(np.int8)


def scores(power):
    noise = np.random.default_rng(1).normal(size=LABELS.size)
    return 1 / (1 + np.exp(-(power * LABELS + noise)))


def test_a_curve_that_still_rises_says_that_more_rows_help():
    curve = {125: scores(0.2), 250: scores(0.4), 500: scores(0.6), 1000: scores(1.0)}
    (check,), figures = check_curve(LABELS, curve, rule())
    assert (check.code, check.subject, check.outcome) == ("PERF-015", "out_of_time", FAILED)
    gain = auc_difference(*(Ranking.of(LABELS, curve[rows]) for rows in (1000, 500)), 0.95)
    assert (check.observed, check.interval) == (gain.value, gain.interval)
    assert "from 500 to 1,000 rows" in check.explanation
    assert [step.rows for step in figures.steps] == [125, 250, 500, 1000]
    assert sorted(step.auc for step in figures.steps) == [step.auc for step in figures.steps]


def test_a_flat_curve_passes():
    assert check_curve(LABELS, dict.fromkeys((500, 1000), scores(1.0)), rule())[0][0].passed


@pytest.mark.parametrize(("beyond", "outcome"), [(0.0, PASSED), (-1e-9, OPEN)])
def test_the_limit_at_the_upper_end_of_the_gain(beyond, outcome):
    curve = {500: scores(0.9), 1000: scores(1.0)}
    high = auc_difference(*(Ranking.of(LABELS, each) for each in (scores(1.0), scores(0.9))), 0.95)
    (check,), _ = check_curve(LABELS, curve, rule(high.interval.high + beyond))
    assert check.outcome is outcome


@pytest.mark.parametrize("curve", [{}, {1: np.full(3000, 0.5)}, {1: np.empty(0), 2: scores(1.0)}])
def test_a_curve_without_two_ends_is_not_enough_evidence(curve):
    (check,), figures = check_curve(LABELS, curve, rule())
    assert (check.outcome, figures.gain) == (OPEN, None)
    assert len(parse(canonical_bytes(figures))["steps"]) == len(curve)


@pytest.mark.parametrize("labels", [np.zeros(10, dtype=np.int8), np.empty(0, dtype=np.int8)])
def test_rows_of_one_outcome_are_not_enough_evidence(labels):
    curve = dict.fromkeys((1, 2), np.full(len(labels), 0.3))
    assert check_curve(labels, curve, rule())[0][0].outcome is OPEN


def inquiry(y, most=1000.0):
    """A workshop that remembers which rows it was asked to learn from."""
    seen = []

    def fit(rows):
        seen.append(rows)
        return SimpleNamespace(score=lambda x: scores(0.5))

    shop = SimpleNamespace(
        lessons=SimpleNamespace(train=SimpleNamespace(y=np.asarray(y, dtype=np.float32))),
        training=SimpleNamespace(seed=7),
        fit=fit,
    )
    book = RuleBook((rule(most=most),), approval_required=False, policies=())
    labelled = SimpleNamespace(labels=LABELS, inputs=None, scores={"candidate": scores(1.0)})
    return seen, SimpleNamespace(
        rules=book,
        asks=lambda code: code in book,
        workshop=shop,
        sample=lambda windows, most: SimpleNamespace(labelled=labelled),
    )


def test_parts_lie_within_each_other_and_the_candidate_stands_for_all_rows():
    seen, asked = inquiry(np.arange(800) % 2)
    answer = learning_curve.ask(asked)
    assert [len(rows) for rows in seen] == [100, 200, 400]
    assert set(seen[0]) < set(seen[1]) < set(seen[2])
    assert [step.rows for step in answer.figures.steps] == [100, 200, 400, 800]
    assert answer.figures.steps[-1].auc == pytest.approx(
        Ranking.of(LABELS, scores(1.0)).area, abs=1e-5
    )


def test_no_more_rows_than_the_policy_allows_are_learned_from():
    seen, asked = inquiry(np.arange(800) % 2, most=80)
    learning_curve.ask(asked)
    assert [len(rows) for rows in seen] == [10, 20, 40, 80]


@pytest.mark.parametrize("y", [np.zeros(80), np.zeros(0)])
def test_nothing_is_fitted_on_one_outcome(y):
    seen, asked = inquiry(y, most=40)
    answer = learning_curve.ask(asked)
    assert (seen, answer.checks[0].outcome) == ([], OPEN)
