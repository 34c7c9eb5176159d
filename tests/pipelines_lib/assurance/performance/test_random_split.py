"""PERF-014: the random split is shown beside time, and flattery is told."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipelines_lib.assurance.performance import random_split
from pipelines_lib.assurance.performance.random_split import compare_splits, drawn_apart
from pipelines_lib.assurance.ranking import Ranking, auc_gap
from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule, RuleBook

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def rule(limit=0.05):
    return Rule(
        check="PERF-014",
        measure="AUC gap",
        consequence=Consequence.RECORD,
        basis="house",
        citation="test",
        policy="house",
        direction="at_most",
        limit=limit,
        parameters=(("confidence", 0.95), ("held_out", 0.2), ("max_rows", 500.0)),
    )


def drawn(power, n=4000, seed=0):
    """Outcomes and scores; the more power, the better the ranking."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.3).astype(np.int8)
    return labels, 1 / (1 + np.exp(-(power * labels + rng.normal(size=n))))


def test_both_figures_stand_in_the_sentence_and_the_gap_is_that_of_two_unrelated_samples():
    random, newest = drawn(1.0), drawn(1.0, seed=1)
    (check,), figures = compare_splits(random, newest, rule(), learned_from=100)
    assert (check.code, check.subject, check.outcome) == ("PERF-014", "out_of_time", PASSED)
    assert f"{figures.random.auc:.3f} on rows held out at random" in check.explanation
    assert f"{figures.out_of_time.auc:.3f} out of time" in check.explanation
    gap = auc_gap(Ranking.of(*random), Ranking.of(*newest), 0.95)
    assert (check.observed, check.interval) == (gap.value, gap.interval)


def test_a_random_split_that_flatters_fails():
    (check,), _ = compare_splits(drawn(2.0), drawn(0.5, seed=1), rule(), learned_from=1)
    assert check.outcome is FAILED


def test_an_interval_over_the_limit_decides_nothing():
    few = drawn(1.6, n=150), drawn(1.0, n=150, seed=1)
    assert compare_splits(*few, rule(), learned_from=1)[0][0].outcome is OPEN


@pytest.mark.parametrize(("beyond", "outcome"), [(1e-9, FAILED), (0.0, OPEN)])
def test_the_limit_at_the_lower_end_of_the_gap(beyond, outcome):
    splits = drawn(2.0), drawn(0.5, seed=1)
    low = auc_gap(*(Ranking.of(*each) for each in splits), 0.95).interval.low
    (check,), _ = compare_splits(*splits, rule(low - beyond), learned_from=1)
    assert check.outcome is outcome


@pytest.mark.parametrize("n", [0, 1, 50])
def test_without_both_outcomes_there_is_no_gap_and_figures_still_draw(n):
    nobody = np.zeros(n, dtype=np.int8), np.full(n, 0.2)
    (check,), figures = compare_splits(drawn(1.0), nobody, rule(), learned_from=1)
    assert check.outcome is OPEN
    assert parse(canonical_bytes(figures))["out_of_time"]["auc"] is None


def workshop(y, fitted=lambda rows: None):
    """A train window of one column, and a model that says what the column says."""
    inputs = np.linspace(0, 1, len(y), dtype=np.float32)[:, None]
    seen = []

    def fit(rows):
        seen.append(rows)
        return SimpleNamespace(score=lambda x: x[:, 0].astype(np.float64))

    train = SimpleNamespace(X=inputs, y=np.asarray(y, dtype=np.float32))
    return SimpleNamespace(
        lessons=SimpleNamespace(train=train),
        training=SimpleNamespace(seed=7),
        fit=fit,
        seen=seen,
    )


def test_rows_are_drawn_once_apart_seeded_and_no_more_than_the_policy_allows():
    learn, test = drawn_apart(workshop(np.zeros(1000)), 500, 0.2)
    again = drawn_apart(workshop(np.zeros(1000)), 500, 0.2)
    assert (len(learn), len(test)) == (400, 100)
    assert len(np.union1d(learn, test)) == 500
    assert np.array_equal(learn, again[0])


def inquiry(shop, newest):
    book = RuleBook((rule(),), approval_required=False, policies=())
    labelled = SimpleNamespace(labels=newest[0], inputs=newest[1][:, None], n=len(newest[0]))
    return SimpleNamespace(
        rules=book,
        asks=lambda code: code in book,
        workshop=shop,
        sample=lambda windows, most: SimpleNamespace(labelled=labelled),
    )


def test_the_variant_learns_from_one_part_and_is_tested_on_the_other_and_on_time():
    shop = workshop(np.arange(1000) % 3 == 0)
    answer = random_split.ask(inquiry(shop, drawn(1.0, n=300)))
    (rows,) = shop.seen
    assert (len(rows), answer.figures.learned_from, answer.figures.random.n) == (400, 400, 100)
    assert answer.figures.out_of_time.n == 300


@pytest.mark.parametrize("y", [np.zeros(100), np.ones(100), np.zeros(0)])
def test_a_train_part_of_one_outcome_is_not_enough_evidence(y):
    answer = random_split.ask(inquiry(workshop(y), drawn(1.0, n=30)))
    assert [check.outcome for check in answer.checks] == [OPEN]
