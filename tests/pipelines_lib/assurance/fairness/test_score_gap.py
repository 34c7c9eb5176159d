"""FAIR-004: the standardised mean difference, against numbers by hand and drawn samples."""

import numpy as np
import pytest

from pipelines_lib.assurance.fairness.groups import Grouping
from pipelines_lib.assurance.fairness.score_gap import check_score_gap, gaps
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome

Z = 1.959963984540054
PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def two(one, other):
    index = np.repeat([0, 1], [len(one), len(other)]).astype(np.int16)
    scores = np.concatenate([one, other]).astype(np.float64)
    return gaps(Grouping(("group", "reference"), index), 1, scores, 0.95)[0]


def stated(limit=0.3, minimum=0.0):
    return ("FAIR-004", "at_most", limit, {"confidence": 0.95, "minimum_rows": minimum})


def test_two_small_groups_by_hand():
    found = two([0.5, 0.7, 0.6, 0.8], [0.3, 0.5, 0.4, 0.4])
    # means 0.65 and 0.40; sums of squares 0.05 and 0.02; pooled 0.07/6; Hedges 1 - 3/23
    assert found.value == pytest.approx(0.25 / np.sqrt(0.07 / 6) * (1 - 3 / 23))


def test_on_normal_scores_the_interval_is_that_of_hedges_and_olkin():
    rng = np.random.default_rng(1)
    n, m = 60_000, 20_000
    found = two(rng.normal(0.6, 0.1, n), rng.normal(0.5, 0.1, m))
    textbook = np.sqrt((n + m) / (n * m) + found.value**2 / (2 * (n + m)))
    reach = (found.interval.high - found.interval.low) / 2 / Z
    assert reach == pytest.approx(textbook, rel=0.02)


def test_the_interval_holds_at_its_confidence_where_a_small_group_has_the_wider_spread():
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(600):
        one, other = rng.gamma(2.0, 0.1, 60), rng.gamma(8.0, 0.025, 600)  # equal means
        span = two(one, other).interval
        inside.append(span.low <= 0 <= span.high)
    assert np.mean(inside) > 0.92  # the textbook's formula holds 75 % here


def test_the_sign_says_who_is_scored_as_the_greater_risk(couple, book, gathered):
    scores = [0.6, 0.7, 0.65, 0.2, 0.3, 0.25] * 20
    cohort = gathered(couple, scores, sex=(["women"] * 3 + ["men"] * 3) * 20)
    checks, figures = check_score_gap(couple, book(stated()), cohort)
    women = figures.attributes[0].groups[1]
    assert women.difference > 0
    assert women.mean_score == pytest.approx(0.65)
    assert "tell a greater risk than those of men" in checks[0].explanation


def test_swapping_the_groups_turns_the_sign_and_nothing_else():
    rng = np.random.default_rng(3)
    one, other = rng.beta(2, 5, 300), rng.beta(3, 5, 500)
    here, there = two(one, other), two(other, one)
    assert here.value == pytest.approx(-there.value)
    assert here.interval.low == pytest.approx(-there.interval.high)


def test_scale_and_shift_of_the_score_change_nothing():
    rng = np.random.default_rng(4)
    one, other = rng.beta(2, 5, 300), rng.beta(3, 5, 500)
    here, there = two(one, other), two(7 * one - 3, 7 * other - 3)
    assert here.value == pytest.approx(there.value)
    assert here.interval.low == pytest.approx(there.interval.low)


@pytest.mark.parametrize(
    ("one", "other"), [([0.3], [0.2, 0.4]), ([], [0.2, 0.4]), ([0.3] * 9, [0.3] * 9)]
)
def test_one_member_nobody_or_a_score_that_never_varies_give_no_figure(one, other):
    assert two(one, other) is None


def test_a_size_at_the_limit_passes_on_its_upper_end_and_a_hair_less_does_not(
    couple, book, gathered
):
    rng = np.random.default_rng(5)
    sex = rng.choice(["men", "women"], 3_000)
    cohort = gathered(couple, rng.normal(0.5, 0.1, 3_000) + 0.02 * (sex == "women"), sex=sex)

    def outcome(limit):
        return check_score_gap(couple, book(stated(limit)), cohort)[0][0].outcome

    interval = check_score_gap(couple, book(stated()), cohort)[0][0].interval
    assert outcome(interval.high) is PASSED
    assert outcome(np.nextafter(interval.high, 0)) is OPEN
    assert outcome(np.nextafter(interval.low, 0)) is FAILED


def test_every_declared_group_is_answered_even_when_nobody_is_there(couple, book, gathered):
    checks, figures = check_score_gap(couple, book(stated()), gathered(couple, []))
    assert [(one.subject, one.outcome) for one in checks] == [
        ("sex=women", OPEN),
        ("age=young", OPEN),
    ]
    assert canonical_bytes(figures)


def test_a_small_group_is_in_the_figures_and_has_no_result(couple, book, gathered):
    impact = ("FAIR-001", "at_least", 0.8, {"minimum_share": 0.02})
    rng = np.random.default_rng(6)
    sex = ["women"] * 15 + ["men"] * 985
    checks, figures = check_score_gap(
        couple, book(stated(), impact), gathered(couple, rng.random(1_000), sex=sex)
    )
    assert [one.subject for one in checks] == ["age=young"]
    women = figures.attributes[0].groups[1]
    assert (women.rows, women.judged) == (15, False)
    assert women.difference is not None


def test_a_fair_model_is_hardly_ever_found_unfair(couple, book, gathered):
    """All groups together: well under one run in twenty."""
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(300):
        sex, age = rng.choice(["men", "women"], 200), rng.choice(["young", "adult"], 200)
        cohort = gathered(couple, rng.beta(1, 6, 200), sex=sex, age=age)
        checks, _ = check_score_gap(couple, book(stated(0.0)), cohort)
        alarms += any(one.outcome is FAILED for one in checks)
    assert alarms <= 0.05 * 300 + 3 * np.sqrt(0.05 * 0.95 * 300)
