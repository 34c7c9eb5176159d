"""PERF-005, PERF-006 and PERF-007: against the baseline and against the champion."""

from datetime import date, timedelta

import numpy as np
import pytest

from pipelines_lib.assurance.comparison.paired import Champion, check_comparison
from pipelines_lib.assurance.scored import Sample, Scored
from pipelines_lib.canonical import plain
from pipelines_lib.errors import SpecError
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule, RuleBook

NIGHT = date(2025, 4, 10)
LIMITS = {"PERF-005": -0.005, "PERF-006": -0.01, "PERF-007": 0.005}
PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def rules(minimum_rows=0.0, **limits):
    """The three rules; ``PERF_007=0.1`` sets one limit, None leaves the rule out."""
    parameters = (
        ("confidence", 0.95),
        ("maximum_age_days", 90.0),
        ("minimum_rows", minimum_rows),
    )
    stated = {code: limits.get(code.replace("-", "_"), limit) for code, limit in LIMITS.items()}
    found = tuple(
        Rule(
            check=code,
            measure="AUC difference",
            consequence=Consequence.HARD,
            basis="house",
            citation="test",
            policy="house",
            direction="at_least",
            limit=limit,
            parameters=parameters,
        )
        for code, limit in stated.items()
        if limit is not None
    )
    return RuleBook(found, approval_required=False, policies=())


def scored(*, candidate=0.0, champion=0.0, baseline=0.4, n=3000, outcomes=None):
    """Scores that know the truth up to a shared error, and each up to an error of its own."""
    rng = np.random.default_rng(11)
    drawn = (rng.random(n) < 0.25).astype(np.int8)
    shared = 1.1 * drawn + rng.normal(size=n)
    noises = {"candidate": candidate, "champion": champion, "baseline": baseline}
    scores = {
        name: 1 / (1 + np.exp(1.5 - shared - noise * rng.normal(size=n)))
        for name, noise in noises.items()
        if noise is not None
    }
    labels = drawn if outcomes is None else np.array(outcomes, dtype=np.int8)
    return Scored({"out_of_time": Sample(labels, scores)})


def ask(rows, book=None, *, age=12, champion=True):
    before = Champion(version=3, as_of=NIGHT - timedelta(days=age), cutoff=0.4)
    return check_comparison(
        rows, book or rules(), cutoff=0.5, as_of=NIGHT, champion=before if champion else None
    )


def result(checks, code):
    (found,) = [check for check in checks if check.code == code]
    return found


def test_without_a_champion_only_the_baseline_is_asked_about():
    checks, figures = ask(scored(champion=None), champion=False)
    assert [(check.code, check.subject) for check in checks] == [("PERF-005", "baseline")]
    assert figures.champion is None


def test_a_candidate_better_than_the_baseline_passes_and_says_by_how_much():
    checks, figures = ask(scored())
    found, versus = result(checks, "PERF-005"), figures.baseline
    assert found.outcome is PASSED
    assert found.explanation == (
        f"AUC {versus.auc_candidate:.3f} against {versus.auc_other:.3f} of the baseline, "
        f"difference {versus.difference:+.3f}, "
        f"95 % interval {versus.low:+.3f} to {versus.high:+.3f}"
    )


def test_a_candidate_worse_than_the_baseline_fails():
    assert result(ask(scored(candidate=1.5))[0], "PERF-005").outcome is FAILED


@pytest.mark.parametrize("code", ["PERF-005", "PERF-006"])
def test_a_lower_end_at_the_margin_is_not_inferior_and_a_hair_less_is_open(code):
    rows = scored(candidate=0.3, champion=0.25, baseline=0.25)
    low = result(ask(rows)[0], code).interval.low
    name = code.replace("-", "_")
    assert result(ask(rows, rules(**{name: low}))[0], code).outcome is PASSED
    assert result(ask(rows, rules(**{name: low + 1e-9}))[0], code).outcome is OPEN


def test_a_gain_whose_whole_interval_reaches_the_minimum_replaces_the_champion():
    rows = scored(champion=0.8)
    low = result(ask(rows)[0], "PERF-007").interval.low
    at = result(ask(rows, rules(PERF_007=low))[0], "PERF-007")
    past = result(ask(rows, rules(PERF_007=low + 1e-9))[0], "PERF-007")
    assert (at.outcome, past.outcome) == (PASSED, FAILED)
    assert at.explanation.startswith("replace: the candidate is shown to be better by ")


def test_a_champion_is_kept_where_no_gain_is_shown_and_the_answer_is_no_rather_than_open():
    found = result(ask(scored(candidate=0.05))[0], "PERF-007")
    low, high = found.interval.low, found.interval.high
    assert found.outcome is FAILED
    assert found.explanation == (
        "kept: the candidate is not shown to be better by 0.005 "
        f"(difference {found.observed:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}) "
        "and the champion is 12 days old (limit 90)"
    )


@pytest.mark.parametrize(("age", "outcome"), [(90, FAILED), (91, PASSED)])
def test_a_champion_of_ninety_days_is_kept_and_one_a_day_older_is_replaced(age, outcome):
    found = result(ask(scored(), age=age)[0], "PERF-007")
    assert found.outcome is outcome
    assert f"the champion is {age} days old (limit 90)" in found.explanation


def test_an_old_champion_is_kept_where_the_candidate_may_be_worse():
    found = result(ask(scored(candidate=0.8), age=400)[0], "PERF-007")
    assert found.outcome is FAILED
    assert found.explanation.startswith(
        "kept: the champion is 400 days old (limit 90), but the candidate is not shown to be as"
    )


def test_age_uses_the_margin_of_perf_006_to_the_hair():
    rows = scored(candidate=0.3, champion=0.25)
    low = result(ask(rows)[0], "PERF-006").interval.low
    assert result(ask(rows, rules(PERF_006=low), age=91)[0], "PERF-007").outcome is PASSED
    assert result(ask(rows, rules(PERF_006=low + 1e-9), age=91)[0], "PERF-007").outcome is FAILED


def test_a_reason_to_replace_without_a_margin_is_a_gap_in_the_policy():
    with pytest.raises(SpecError, match="rules PERF-006"):
        ask(scored(), rules(PERF_006=None))


@pytest.mark.parametrize("outcomes", [[0] * 3000, [1] * 3000, [1] + [0] * 2999])
def test_outcomes_that_carry_no_comparison_leave_every_question_open(outcomes):
    checks, figures = ask(scored(outcomes=outcomes))
    assert {check.outcome for check in checks} == {OPEN}
    assert {check.observed for check in checks} == {None}
    assert figures.champion.difference is None


@pytest.mark.parametrize("n", [0, 1])
def test_next_to_no_rows_leave_every_question_open(n):
    checks, _ = ask(scored(n=n))
    assert {check.outcome for check in checks} == {OPEN}


def test_a_champion_that_has_not_scored_leaves_both_questions_open():
    checks, figures = ask(scored(champion=None))
    for code in ("PERF-006", "PERF-007"):
        assert result(checks, code).outcome is OPEN
        assert "the champion has not scored these rows" in result(checks, code).explanation
    assert figures.champion is None


@pytest.mark.parametrize(("minimum", "answered"), [(3000, True), (3001, False)])
def test_one_row_fewer_than_the_policy_asks_leaves_every_question_open(minimum, answered):
    checks, _ = ask(scored(), rules(minimum_rows=minimum))
    assert [check.outcome is not OPEN for check in checks] == [answered] * 3
    if not answered:
        assert all("3000 rows where the policy asks for 3001" in c.explanation for c in checks)


def test_the_same_model_again_is_kept_and_not_inferior():
    rows = scored()
    sample = rows.sample("out_of_time")
    same = Sample(sample.labels, {**sample.scores, "champion": sample.of("candidate")})
    checks, figures = ask(Scored({"out_of_time": same}))
    assert result(checks, "PERF-006").outcome is PASSED
    assert result(checks, "PERF-007").outcome is FAILED
    assert figures.champion.difference == 0
    assert figures.champion.score_correlation == pytest.approx(1.0)


def test_decisions_that_would_change_are_counted_each_at_its_own_cut_off():
    # candidate declines from 0.5, champion from 0.4
    scores = {
        "candidate": np.array([0.5, 0.6, 0.49, 0.1]),
        "champion": np.array([0.39, 0.9, 0.4, 0.2]),
        "baseline": np.array([0.1, 0.2, 0.3, 0.4]),
    }
    labels = np.array([1, 1, 0, 0], dtype=np.int8)
    _, figures = ask(Scored({"out_of_time": Sample(labels, scores)}))
    assert (figures.champion.to_declined, figures.champion.to_approved) == (1, 1)
    assert figures.champion.version == 3


def test_a_score_that_never_varies_has_no_correlation():
    rows = scored()
    sample = rows.sample("out_of_time")
    flat = Sample(sample.labels, {**sample.scores, "champion": np.full(3000, 0.2)})
    assert ask(Scored({"out_of_time": flat}))[1].champion.score_correlation is None


def test_the_figures_have_the_shape_the_report_reads():
    _, figures = ask(scored())
    shared = {"window", "n", "auc_candidate", "auc_other", "difference", "low", "high"}
    found = plain(figures)
    assert set(found["baseline"]) == shared
    assert set(found["champion"]) == shared | {
        "version",
        "score_correlation",
        "to_declined",
        "to_approved",
    }


def test_only_what_a_policy_rules_is_asked():
    checks, figures = ask(scored(), rules(PERF_005=None, PERF_006=None, PERF_007=None))
    assert checks == ()
    assert figures.baseline.difference > 0
