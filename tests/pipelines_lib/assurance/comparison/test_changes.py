"""PERF-017: what replacing the champion changes, and for whom."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from pipelines_lib.assurance.comparison.changes import (
    Both,
    check_changes,
    flipped_segments,
    rank_correlation,
    score_stability,
    scored_by_both,
)
from pipelines_lib.assurance.sampled_rows import read_sample
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def rule(limit=0.1, **parameters):
    stated = {"confidence": 0.95, "max_rows": 2000, "segment_rows": 30, **parameters}
    return Rule(
        check="PERF-017",
        measure="share of decisions that flip",
        consequence=Consequence.RECORD,
        basis="house",
        citation="test",
        policy="house",
        direction="at_most",
        limit=limit,
        parameters=tuple(stated.items()),
    )


def both(n=2000, noise=0.01, seed=1):
    rng = np.random.default_rng(seed)
    champion = rng.random(n)
    return Both(np.clip(champion + noise * rng.normal(size=n), 0, 1), champion, 0.5, 0.5)


def test_flips_are_counted_each_at_its_own_cut_off_and_by_direction():
    found = Both(np.array([0.5, 0.6, 0.49, 0.1]), np.array([0.39, 0.9, 0.4, 0.2]), 0.5, 0.4)
    check, figures = check_changes(found, rule(1.0))
    assert (figures.to_declined, figures.to_approved, check.observed) == (1, 1, 0.5)
    assert "1 to declined, 1 to approved of 4" in check.explanation


def test_a_small_change_passes_and_a_large_one_fails():
    assert check_changes(both(), rule())[0].outcome is PASSED
    assert check_changes(both(noise=0.9), rule())[0].outcome is FAILED


def test_an_upper_end_at_the_limit_passes_and_a_hair_less_is_open():
    high = check_changes(both(), rule())[0].interval.high
    assert check_changes(both(), rule(high))[0].outcome is PASSED
    assert check_changes(both(), rule(high - 1e-9))[0].outcome is OPEN


def test_deciles_are_those_of_the_champion_and_hold_every_flip():
    found = both(noise=0.1)
    _, figures = check_changes(found, rule())
    assert [each.n for each in figures.deciles] == [200] * 10
    assert sum(each.to_declined for each in figures.deciles) == figures.to_declined
    assert sum(each.to_approved for each in figures.deciles) == figures.to_approved
    assert figures.deciles[0].to_declined == figures.deciles[9].to_approved == 0
    assert figures.deciles[4].to_declined > 0  # just below the champion's cut-off


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=50))
def test_rank_correlation_is_spearmans_with_ties(rows):
    one, other = (np.array(part, dtype=float) / 10 for part in zip(*rows, strict=True))
    found = rank_correlation(one, other)
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        assert found is None
    else:
        assert found == pytest.approx(spearmanr(one, other).statistic, abs=1e-9)


def test_the_same_score_has_not_moved_and_a_shifted_one_has():
    scores = both().champion
    assert score_stability(scores, scores) == 0
    assert score_stability(np.clip(scores + 0.2, 0, 1), scores) > 0.2


def test_a_score_that_never_varies_is_said():
    check, figures = check_changes(Both(np.full(50, 0.2), np.full(50, 0.2), 0.5, 0.5), rule())
    assert figures.rank_correlation is None
    assert "one score never varies" in check.explanation
    canonical_bytes(figures)


@pytest.mark.parametrize("found", [None, Both(np.empty(0), np.empty(0), 0.5, 0.5)])
def test_no_rows_or_no_champion_leave_the_question_open(found):
    check, figures = check_changes(found, rule())
    assert (check.subject, check.outcome, check.n) == ("champion", OPEN, 0)
    assert figures.deciles == ()


@pytest.fixture
def replaced(bank):
    """A champion that looks at income alone; the candidate also at arrears."""
    table = bank.people(1500, 3)
    candidate = bank.package(bank.people(2000), bank.weighted([-0.1, 1.2, 0.0], bias=3.0))
    champion = bank.package(bank.people(2000), bank.weighted([-0.1, 0.0, 0.0], bias=4.8))
    windows = ["train"] * 300 + ["out_of_time"] * 1200
    kept = bank.at_rest(table, windows, candidate=candidate, champion=champion)
    return kept, candidate, champion


def test_only_rows_not_trained_on_are_read(replaced):
    kept, candidate, champion = replaced
    found = scored_by_both(kept["home"], kept["scores"], candidate.cutoff, champion.cutoff)
    assert found.n == 1200


def test_scores_without_a_champion_are_nobody_to_compare_with(bank):
    package = bank.package(bank.people(200))
    kept = bank.at_rest(bank.people(50), ["out_of_time"] * 50, candidate=package)
    assert scored_by_both(kept["home"], kept["scores"], 0.5, 0.5) is None


def test_the_segment_that_is_newly_declined_is_named_with_its_direction(replaced):
    kept, candidate, champion = replaced
    rows = read_sample(
        kept["home"],
        kept["applications"],
        kept["scores"],
        candidate.contract,
        windows=("out_of_time",),
        most=1000,
    )
    found = flipped_segments(rows, candidate, (candidate.cutoff, champion.cutoff), rule())
    first = next(each for each in found if each.direction == "to_declined")
    assert (first.feature, first.values) == ("arrears", "from 3")
    assert first.times > 1.5
    assert first.share == pytest.approx(first.flips / first.n, abs=1e-5)
    assert all(each.n >= 30 for each in found)


def test_no_segment_is_named_where_flips_are_spread_evenly(bank):
    package = bank.package(bank.people(2000), bank.weighted([0.0, 0.0, 0.0]))
    named = 0
    for seed in range(20):
        table = bank.people(800, seed)
        kept = bank.at_rest(table, ["out_of_time"] * 800, candidate=package, champion=package)
        rows = read_sample(
            kept["home"],
            kept["applications"],
            kept["scores"],
            package.contract,
            windows=("out_of_time",),
            most=800,
        )
        drawn = np.random.default_rng(seed).random(800)
        mixed = {"candidate": drawn, "champion": np.full(800, 0.5)}
        rows = type(rows)(**{**vars(rows), "scores": mixed})
        named += bool(flipped_segments(rows, package, (0.9, 0.9), rule()))
    assert named <= 3
