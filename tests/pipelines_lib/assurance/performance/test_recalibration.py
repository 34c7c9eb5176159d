"""PERF-008: slope and intercept of the outcome on the log-odds of the score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression

from pipelines_lib.assurance.performance.recalibration import (
    check_recalibration,
    intercept_estimate,
    slope_estimate,
    spiegelhalter_z,
)
from pipelines_lib.assurance.scored import Sample, Scored
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
SUBJECTS = [
    "validation slope",
    "validation intercept",
    "out_of_time slope",
    "out_of_time intercept",
]


def rule(limit=0.3, **parameters):
    stated = {"confidence": 0.95, "minimum_positives": 20, **parameters}
    return Rule(
        check="PERF-008",
        measure="distance",
        consequence=Consequence.HARD,
        basis="house",
        citation="test",
        policy="house",
        direction="at_most",
        limit=limit,
        parameters=tuple(stated.items()),
    )


def drawn(n=4000, seed=1, slope=1.0, intercept=0.0):
    """Outcomes whose true log-odds are ``intercept + slope`` times those of the score."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-1.3, 1.0, n)
    truth = 1 / (1 + np.exp(-(intercept + slope * odds)))
    return (rng.random(n) < truth).astype(np.int8), 1 / (1 + np.exp(-odds))


def sample(labels, scores):
    return Sample(np.asarray(labels, dtype=np.int8), {"candidate": np.asarray(scores, dtype=float)})


def ask(validation, out_of_time=None, book=None):
    windows = {"validation": sample(*validation), "out_of_time": sample(*(out_of_time or drawn()))}
    return check_recalibration(Scored(windows), book or rule())


def test_slope_and_its_error_are_those_of_an_unpenalised_logistic_regression():
    labels, scores = drawn(slope=0.7, intercept=0.4)
    odds = np.log(scores / (1 - scores))
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(odds[:, None], labels)
    share = model.predict_proba(odds[:, None])[:, 1]
    columns = np.stack([np.ones_like(odds), odds], axis=1)
    covariance = np.linalg.inv(columns.T @ (columns * (share * (1 - share))[:, None]))
    found = slope_estimate(labels, scores, 0.95)
    assert found.value == pytest.approx(model.coef_[0, 0], abs=1e-5)
    reach = 1.959964 * np.sqrt(covariance[1, 1])
    assert found.interval.high - found.value == pytest.approx(reach, rel=1e-4)


def test_the_intercept_is_the_maximum_of_the_likelihood_with_the_slope_held_at_one():
    labels, scores = drawn(intercept=0.5)
    odds = np.log(scores / (1 - scores))

    def loss(at):
        return np.sum(np.logaddexp(0, at[0] + odds) - labels * (at[0] + odds))

    best = minimize(loss, [0.0], method="BFGS")
    assert intercept_estimate(labels, scores, 0.95).value == pytest.approx(best.x[0], abs=1e-4)


def test_without_spread_the_intercept_is_the_difference_of_log_odds():
    # 30 of 100 where 0.2 was predicted: ln(3/7) - ln(1/4); standard error 1/sqrt(100 * .3 * .7)
    labels = np.array([1] * 30 + [0] * 70, dtype=np.int8)
    found = intercept_estimate(labels, np.full(100, 0.2), 0.95)
    assert found.value == pytest.approx(np.log(3 / 7) - np.log(1 / 4))
    assert found.interval.high - found.value == pytest.approx(1.959964 / np.sqrt(21), rel=1e-5)


def test_spiegelhalter_by_hand():
    # p 0.2, 0.6; y 0, 1: sum (y-p)(1-2p) = -0.12 - 0.08 = -0.2; var 0.36*0.16 + 0.04*0.24
    found = spiegelhalter_z(np.array([0, 1]), np.array([0.2, 0.6]))
    assert found == pytest.approx(-0.2 / np.sqrt(0.36 * 0.16 + 0.04 * 0.24))


def test_spiegelhalter_of_calibrated_scores_is_a_standard_normal_figure():
    squares = sum(spiegelhalter_z(*drawn(n=500, seed=seed)) ** 2 for seed in range(60))
    assert chi2.ppf(0.001, 60) < squares < chi2.ppf(0.999, 60)


def test_a_calibrated_model_passes_all_four():
    checks, figures = ask(drawn(seed=2))
    assert [check.subject for check in checks] == SUBJECTS
    assert {check.outcome for check in checks} == {PASSED}
    assert figures.windows["validation"].clipped == 0


@pytest.mark.parametrize(
    ("changes", "failing", "words"),
    [
        ({"slope": 0.4}, "validation slope", "too far apart"),
        ({"slope": 2.0}, "validation slope", "too close together"),
        ({"intercept": 0.9}, "validation intercept", "too low a prediction"),
        ({"intercept": -0.9}, "validation intercept", "too high a prediction"),
    ],
)
def test_a_model_that_is_off_fails_and_the_words_say_which_way(changes, failing, words):
    checks, _ = ask(drawn(**changes))
    (found,) = [check for check in checks if check.subject == failing]
    assert found.outcome is FAILED
    assert words in found.explanation


def test_an_upper_end_at_the_limit_passes_and_a_hair_less_is_open():
    at = {check.subject: check.interval.high for check in ask(drawn(seed=2))[0]}
    for subject, high in at.items():
        for limit, outcome in ((high, PASSED), (high - 1e-9, OPEN)):
            checks, _ = ask(drawn(seed=2), book=rule(limit))
            assert {c.subject: c.outcome for c in checks}[subject] is outcome


def test_four_figures_are_judged_so_each_interval_is_that_of_a_quarter_of_the_doubt():
    checks, figures = ask(drawn())
    assert checks[0].interval.confidence == pytest.approx(0.9875)
    assert figures.windows["validation"].slope_interval.confidence == pytest.approx(0.9875)


def test_a_calibrated_model_alarms_at_most_one_night_in_twenty_even_without_a_margin():
    alarms = 0
    for seed in range(200):
        checks, _ = ask(drawn(800, seed), drawn(800, 1000 + seed), rule(0.0))
        alarms += any(check.outcome is FAILED for check in checks)
    assert alarms <= 17  # 200 nights at 5 %: 16 or fewer in 97 of 100


@pytest.mark.parametrize(
    ("labels", "scores", "said"),
    [
        ([], [], "no row has a known outcome"),
        ([0] * 50, np.linspace(0.1, 0.9, 50), "of 50 rows none has"),
        ([1] * 50, np.linspace(0.1, 0.9, 50), "of 50 rows all have"),
        ([0] * 45 + [1] * 5, np.linspace(0.1, 0.9, 50), "5 rows of the rarer outcome where"),
    ],
)
def test_rows_that_carry_no_figure_leave_both_questions_open(labels, scores, said):
    checks, figures = ask((labels, scores))
    assert [check.outcome for check in checks[:2]] == [OPEN, OPEN]
    assert all(said in check.explanation for check in checks[:2])
    assert figures.windows["validation"].slope is None


@pytest.mark.parametrize(("positives", "answered"), [(20, True), (19, False)])
def test_one_positive_fewer_than_the_policy_asks_leaves_both_open(positives, answered):
    labels = np.zeros(500, dtype=np.int8)
    labels[np.linspace(0, 499, positives).astype(int)] = 1
    checks, _ = ask((labels, drawn(500)[1]))
    assert (checks[0].observed is not None) is answered


def test_perfect_separation_has_no_slope_but_an_intercept():
    labels = np.repeat([0, 1], 100)
    checks, figures = ask((labels, np.where(labels, 0.6, 0.4)))
    assert checks[0].outcome is OPEN
    assert "separates the outcomes" in checks[0].explanation
    assert figures.windows["validation"].intercept == pytest.approx(0.0, abs=1e-9)


def test_one_score_for_everybody_has_no_slope():
    checks, _ = ask((drawn()[0], np.full(4000, 0.25)))
    assert checks[0].outcome is OPEN
    assert "every row has the same score" in checks[0].explanation
    assert checks[1].observed is not None


def test_certain_scores_are_counted_and_never_infinite():
    labels, scores = drawn()
    scores = scores.copy()
    scores[:40] = 0.0
    scores[40:60] = 1.0
    _, figures = ask((labels, scores))
    assert figures.windows["validation"].clipped == 60
    assert b"NaN" not in canonical_bytes(figures)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 1), st.floats(0, 1, allow_nan=False)), min_size=1, max_size=60
    )
)
def test_any_rows_give_a_finite_figure_or_none(rows):
    labels, scores = (np.array(part) for part in zip(*rows, strict=True))
    checks, figures = ask((labels, scores), book=rule(minimum_positives=1))
    canonical_bytes(figures)
    for check in checks:
        assert check.observed is None or np.isfinite(check.observed)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-2, 2), stretch=st.floats(0.3, 3))
def test_stretching_the_scores_divides_the_slope(seed, shift, stretch):
    labels, scores = drawn(600, seed)
    odds = np.log(scores / (1 - scores))
    moved = 1 / (1 + np.exp(-np.clip(shift + stretch * odds, -13, 13)))
    one, other = slope_estimate(labels, scores, 0.95), slope_estimate(labels, moved, 0.95)
    assert other.value * stretch == pytest.approx(one.value, rel=1e-3, abs=1e-3)
