"""PERF-013: what a champion was weak in is asked of every candidate after it."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines_lib.assurance.inquiry import Rival
from pipelines_lib.assurance.performance import remembered
from pipelines_lib.assurance.performance.remembered import (
    Memory,
    check_remembered,
    memory_of,
    nearer,
)
from pipelines_lib.assurance.performance.segments import Condition, Segment
from pipelines_lib.assurance.sampled_rows import SampledRows
from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.modelling.features import FeatureContract, InputFeature
from pipelines_lib.modelling.package import PackageRef
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule, RuleBook

PARAMETERS = {
    "confidence": 0.95,
    "auc_margin": 0.05,
    "log_ratio_margin": 0.1,
    "minimum_outcomes": 20,
    "most": 20,
    "max_rows": 20_000,
}
PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
CONTRACT = FeatureContract(
    (
        InputFeature("x", "number", (), "none", (), "why"),
        InputFeature("home", "category", ("own", "rent"), "none", (), "why"),
    )
)
RENTERS = Segment((Condition("home", level="rent"),))
HIGH = Segment((Condition("x", low=0.0),))


def rule(**changes):
    return Rule(
        check="PERF-013",
        measure="remembered",
        consequence=Consequence.SCREEN,
        basis="house",
        citation="test",
        policy="house",
        direction="at_most",
        limit=0.0,
        parameters=tuple(sorted({**PARAMETERS, **changes}.items())),
    )


def rows(n=6000, candidate=lambda p, home: p, seed=0):
    """The champion is right everywhere; the candidate is what a test makes of it."""
    rng = np.random.default_rng(seed)
    x, home = rng.normal(size=n), rng.integers(0, 2, n)
    scores = 1 / (1 + np.exp(-(1.5 * x - 1)))
    return SampledRows(
        contract=CONTRACT,
        inputs=np.column_stack([x, home]).astype(np.float32),
        labels=(rng.random(n) < scores).astype(np.int8),
        windows=np.where(np.arange(n) < n // 2, "validation", "out_of_time"),
        dates=np.full(n, np.datetime64("2025-01-01")),
        scores={"champion": scores, "candidate": candidate(scores, home)},
        places=np.arange(n),
    )


def shuffled(scores, home):
    """As good as the champion for owners, useless for renters."""
    worse = scores.copy()
    worse[home == 1] = np.random.default_rng(4).permutation(worse[home == 1])
    return worse


def ask(table, *memories, **changes):
    (check,), figures = check_remembered(table, memories, rule(**changes))
    return check, figures.segments


@pytest.mark.parametrize("weakness", ["ranking", "chance", "calibration"])
def test_the_same_scores_are_as_good_as_the_champion(weakness):
    check, (asked,) = ask(rows(), Memory(RENTERS, weakness))
    assert (check.code, check.subject, check.outcome) == ("PERF-013", "remembered", PASSED)
    assert (asked.gain, asked.worse) == (0.0, False)


def test_one_segment_that_got_worse_fails_all_and_is_named():
    check, (mended, lost) = ask(
        rows(candidate=shuffled),
        Memory(Segment((Condition("home", level="own"),)), "ranking"),
        Memory(RENTERS, "ranking"),
    )
    assert (check.outcome, check.observed) == (FAILED, 1.0)
    assert (mended.worse, lost.worse) == (False, True)
    assert "home = rent" in check.explanation
    assert "home = own" not in check.explanation


def test_a_candidate_that_is_better_passes():
    table = rows(candidate=shuffled)
    scores = {"candidate": table.scores["champion"], "champion": table.scores["candidate"]}
    check, (asked,) = ask(replace(table, scores=scores), Memory(RENTERS, "chance"))
    assert check.outcome is PASSED
    assert asked.gain > 0.1


def test_probabilities_that_went_off_are_seen_where_ranking_is_untouched():
    table = rows(candidate=lambda scores, home: np.where(home == 1, scores / 2, scores))
    check, _ = ask(table, Memory(RENTERS, "calibration"), Memory(RENTERS, "ranking"))
    assert check.outcome is FAILED
    assert "log ratio -0.6" in check.explanation


@pytest.mark.parametrize(("margin", "outcome"), [(0.66, PASSED), (0.60, FAILED)])
def test_the_margin_is_the_policys(margin, outcome):
    """The champion is off by little, the candidate by ln 2 = 0.69: the gain is near -0.63."""
    table = rows(40_000, candidate=lambda scores, home: scores / 2)
    champion = table.scores["champion"]
    off = champion * (table.labels.mean() / champion.mean()) * np.exp(-0.06)
    table = replace(
        table, scores={**table.scores, "champion": off, "candidate": off / np.exp(0.63)}
    )
    everybody = Memory(Segment((Condition("x"),)), "calibration")
    check, (asked,) = ask(table, everybody, log_ratio_margin=margin)
    assert asked.gain == pytest.approx(-0.63, abs=0.001)
    assert check.outcome is outcome


@pytest.mark.parametrize(("beyond", "outcome"), [(0, FAILED), (1, OPEN)])
def test_too_few_outcomes_to_tell_are_not_enough_evidence(beyond, outcome):
    table = rows(600, candidate=shuffled)
    chosen = table.labels[table.column("home") == 1]
    least = min(int(chosen.sum()), int((1 - chosen).sum())) + beyond
    check, (asked,) = ask(table, Memory(RENTERS, "ranking"), minimum_outcomes=least)
    assert (check.outcome, asked.worse) == (outcome, True if outcome is FAILED else None)


def test_a_feature_that_is_gone_cannot_be_asked_and_is_named():
    gone = Segment((Condition("salary", low=10.0),))
    check, (asked,) = ask(rows(), Memory(gone, "ranking"))
    assert (check.outcome, asked.candidate) == (OPEN, None)
    assert "salary from 10 (cannot be asked)" in check.explanation


def test_without_the_champions_scores_nothing_can_be_asked():
    table = rows()
    alone = replace(table, scores={"candidate": table.scores["candidate"]})
    assert ask(alone, Memory(RENTERS, "ranking"))[0].outcome is OPEN


@pytest.mark.parametrize("outcome", [0, 1])
def test_one_outcome_alone_tells_nothing(outcome):
    table = rows(200)
    labels = np.full(200, outcome, dtype=np.int8)
    for weakness in ("ranking", "calibration"):
        check, _ = ask(replace(table, labels=labels), Memory(HIGH, weakness))
        assert check.outcome is OPEN


def test_the_confidence_is_shared_among_the_segments():
    alone = ask(rows(candidate=shuffled), Memory(RENTERS, "ranking"))[1][0]
    among = ask(rows(candidate=shuffled), *[Memory(RENTERS, "ranking")] * 5)[1][0]
    assert among.high - among.low > 1.2 * (alone.high - alone.low)


def test_nearer_is_the_difference_of_the_distances_and_its_spread_is_real():
    """Against resampling the rows: the spread of the figure is what the interval says."""
    table = rows(1500, candidate=lambda scores, home: scores * 0.8)
    one, other, y = table.scores["candidate"], table.scores["champion"] * 0.6, table.labels
    found = nearer(y, one, other, 0.95)
    expected = abs(np.log(y.mean() / other.mean())) - abs(np.log(y.mean() / one.mean()))
    assert found.value == pytest.approx(expected)
    rng = np.random.default_rng(1)
    draws = [rng.integers(0, len(y), len(y)) for _ in range(400)]
    spread = np.std([nearer(y[d], one[d], other[d], 0.95).value for d in draws])
    assert found.interval.high - found.interval.low == pytest.approx(2 * 1.96 * spread, rel=0.15)


def rival(figures):
    return Rival(1, date(2025, 3, 1), PackageRef("0" * 64), {"figures": figures})


def told(segment, *, confirmed, weakness="ranking"):
    return {
        "segment": parse(canonical_bytes(segment)),
        "weakness": weakness,
        "confirmed": confirmed,
    }


def test_what_was_confirmed_is_remembered_and_handed_on_once():
    figures = {
        "segments": {"found": [told(RENTERS, confirmed=True), told(HIGH, confirmed=False)]},
        "remembered": {"segments": [told(RENTERS, confirmed=None), told(HIGH, confirmed=None)]},
    }
    champion = rival(figures)
    assert memory_of(champion, most=9) == (Memory(RENTERS, "ranking"), Memory(HIGH, "ranking"))
    assert memory_of(champion, most=1) == (Memory(RENTERS, "ranking"),)


@pytest.mark.parametrize("figures", [{}, None, {"segments": None}, {"segments": {"found": []}}])
def test_older_evidence_names_nothing(figures):
    assert memory_of(rival(figures), most=9) == ()


@pytest.mark.parametrize(
    "figures",
    [
        {"segments": {"found": [{"confirmed": True}]}},
        {"segments": {"found": [{"weakness": "ranking"}]}},
        {"segments": []},
        {"remembered": {"segments": [3]}},
    ],
)
def test_evidence_that_cannot_be_understood_is_not_taken_for_nothing(figures):
    assert memory_of(rival(figures), most=9) is None or figures == {"segments": []}


def inquiry(champion, asks=True):
    book = RuleBook((rule(),) if asks else (), approval_required=False, policies=())
    return SimpleNamespace(
        rules=book,
        champion=champion,
        asks=lambda code: code in book,
        sample=lambda windows, most: rows(),
    )


def test_nothing_to_remember_passes_and_no_champion_is_no_question():
    answer = remembered.ask(inquiry(rival({})))
    assert [check.outcome for check in answer.checks] == [PASSED]
    assert answer.figures.segments == ()
    assert remembered.ask(inquiry(None)).checks == ()
    assert remembered.ask(inquiry(rival({}), asks=False)).checks == ()


def test_evidence_that_cannot_be_read_is_not_enough_evidence():
    unreadable = replace(rival({}), evidence=None)
    answer = remembered.ask(inquiry(unreadable))
    assert [check.outcome for check in answer.checks] == [OPEN]


def test_the_memory_is_in_the_evidence_for_the_next_champion():
    answer = remembered.ask(inquiry(rival({"segments": {"found": [told(HIGH, confirmed=True)]}})))
    kept = parse(canonical_bytes(answer.figures))
    assert memory_of(rival({"remembered": kept}), most=9) == (Memory(HIGH, "ranking"),)
