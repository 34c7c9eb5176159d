"""PERF-018: what replacing the champion is worth in money."""

import numpy as np
import pytest

from pipelines_lib.assurance.comparison.gain import check_gain
from pipelines_lib.assurance.scored import Sample
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.decision import Costs
from pipelines_lib.spec.rulebook import Rule

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
COSTS = Costs(currency="EUR", approved_bad=10, declined_good=2)


def rule(limit=-0.05, **parameters):
    stated = {"confidence": 0.95, "minimum_positives": 1, **parameters}
    return Rule(
        check="PERF-018",
        measure="share saved",
        consequence=Consequence.HARD,
        basis="house",
        citation="test",
        policy="house",
        direction="at_least",
        limit=limit,
        parameters=tuple(stated.items()),
    )


def drawn(candidate=0.0, champion=0.0, n=4000, seed=1):
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.2).astype(np.int8)
    shared = -1.8 + 2 * labels + rng.normal(size=n)
    scores = {
        name: 1 / (1 + np.exp(-(shared + noise * rng.normal(size=n))))
        for name, noise in (("candidate", candidate), ("champion", champion))
    }
    return Sample(labels, scores)


def ask(sample, book=None, cutoff=0.2, champion_cutoff=0.2):
    return check_gain(sample, book or rule(), COSTS, cutoff=cutoff, champion_cutoff=champion_cutoff)


def test_the_gain_by_hand_each_at_its_own_cut_off():
    scores = {"candidate": np.array([0.6, 0.1, 0.1]), "champion": np.array([0.3, 0.5, 0.1])}
    check, figures = ask(
        Sample(np.array([1, 0, 0], dtype=np.int8), scores), cutoff=0.5, champion_cutoff=0.4
    )
    # the candidate makes no mistake; the champion approves a bad (10) and declines a good (2)
    assert (figures.cost_candidate, figures.cost_champion) == (0, pytest.approx(4000))
    assert figures.gain == pytest.approx(4000)
    assert check.observed == 1.0


def test_a_better_candidate_passes_and_the_sentence_names_the_money():
    check, figures = ask(drawn(champion=1.0))
    assert (check.subject, check.outcome) == ("champion", PASSED)
    assert f"saves {figures.gain:+,.0f} (95 % interval" in check.explanation
    assert "EUR per 1,000 applications against the champion" in check.explanation


def test_a_worse_candidate_fails():
    check, figures = ask(drawn(candidate=1.5))
    assert check.outcome is FAILED
    assert figures.gain_interval.high < 0


def test_a_lower_end_at_the_margin_passes_and_a_hair_less_is_open():
    low = ask(drawn(candidate=0.2, champion=0.2))[0].interval.low
    assert ask(drawn(candidate=0.2, champion=0.2), rule(low))[0].outcome is PASSED
    assert ask(drawn(candidate=0.2, champion=0.2), rule(low + 1e-9))[0].outcome is OPEN


def test_the_same_decisions_are_worth_nothing_give_or_take_what_was_not_seen():
    check, figures = ask(drawn())
    assert check.outcome is PASSED
    assert figures.gain == 0
    assert figures.gain_interval.low < 0 < figures.gain_interval.high


@pytest.mark.parametrize("n", [0, 1])
def test_next_to_no_rows_leave_the_question_open(n):
    check, figures = ask(drawn(n=n))
    assert check.outcome is OPEN
    assert figures.gain is None


def test_a_champion_that_has_not_scored_leaves_the_question_open():
    sample = drawn()
    check, _ = ask(Sample(sample.labels, {"candidate": sample.of("candidate")}))
    assert check.outcome is OPEN
    assert check.explanation == "the champion has not scored these rows"


def test_a_champion_without_a_mistake_leaves_the_question_open():
    labels = np.array([1, 0] * 50, dtype=np.int8)
    scores = {"candidate": np.full(100, 0.5), "champion": labels.astype(float)}
    check, figures = ask(Sample(labels, scores))
    assert check.outcome is OPEN
    assert figures.cost_champion == 0
    canonical_bytes(figures)


@pytest.mark.parametrize(("least", "answered"), [(800, True), (801, False)])
def test_one_positive_fewer_than_the_policy_asks_leaves_the_question_open(least, answered):
    sample = drawn(champion=0.5)
    labels = (np.arange(4000) % 5 == 0).astype(np.int8)
    check, _ = ask(Sample(labels, sample.scores), rule(minimum_positives=least))
    assert (check.observed is not None) is answered
