"""PERF-009: every band of the score against what it predicted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, chi2

from pipelines_lib.assurance.performance.bands import (
    Counted,
    binomial_chance,
    check_bands,
    holm,
    hosmer_lemeshow,
    score_bands,
)
from pipelines_lib.assurance.scored import Sample, Scored
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def rule(limit=0.05, **parameters):
    stated = {"significance": 0.05, "bands": 10, "band_rows": 50, "minimum_rows": 200, **parameters}
    return Rule(
        check="PERF-009",
        measure="difference",
        consequence=Consequence.HARD,
        basis="house",
        citation="test",
        policy="house",
        direction="at_most",
        limit=limit,
        parameters=tuple(stated.items()),
    )


def drawn(n=6000, seed=1):
    rng = np.random.default_rng(seed)
    scores = rng.beta(1, 3.5, n)
    return (rng.random(n) < scores).astype(np.int8), scores


def counted(rows, positives, expected):
    ends = np.zeros(len(rows))
    return Counted(
        np.array(rows, dtype=float),
        np.array(positives, dtype=float),
        np.array(expected, dtype=float),
        ends,
        ends,
    )


def ask(validation, out_of_time=None, book=None):
    def sample(labels, scores):
        return Sample(np.asarray(labels, dtype=np.int8), {"candidate": np.asarray(scores, float)})

    windows = {"validation": sample(*validation), "out_of_time": sample(*(out_of_time or drawn()))}
    return check_bands(Scored(windows), book or rule())


@pytest.mark.parametrize(
    ("hits", "rows", "rate"),
    [(0, 10, 0.3), (3, 10, 0.3), (10, 10, 0.3), (14, 330, 0.08), (99, 300, 0.26), (1, 1, 0.5)],
)
def test_the_chance_is_twice_the_smaller_binomial_tail(hits, rows, rate):
    tails = binom.cdf(hits, rows, rate), binom.sf(hits - 1, rows, rate)
    (found,) = binomial_chance(counted([rows], [hits], [rate * rows]))
    assert found == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-9)


def test_a_hundred_thousand_rows_lose_no_accuracy():
    (found,) = binomial_chance(counted([100_000], [20_400], [20_000]))
    assert found == pytest.approx(2 * binom.sf(20_399, 100_000, 0.2), rel=1e-6)


@pytest.mark.parametrize(("hits", "rate", "chance"), [(0, 0, 1), (1, 0, 0), (9, 1, 1), (8, 1, 0)])
def test_a_certain_band_keeps_its_promise_or_breaks_it(hits, rate, chance):
    assert binomial_chance(counted([9], [hits], [9 * rate])) == [chance]


def test_holm_by_hand():
    # sorted .005 .01 .03 .04 times 4 3 2 1: .02 .03 .06 .04, never falling: .02 .03 .06 .06
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@settings(max_examples=100, deadline=None)
@given(chances=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_keeps_the_order_lies_between_plain_and_bonferroni_and_in_the_unit_interval(chances):
    plain = np.array(chances)
    found = holm(plain)
    assert np.all(found >= plain)
    assert np.all(found <= np.minimum(plain * len(chances), 1) + 1e-12)
    order = np.argsort(plain, kind="stable")
    assert np.all(np.diff(found[order]) >= 0)


def test_hosmer_lemeshow_by_hand():
    # (12-10)^2 / (10 * .9) + (25-30)^2 / (30 * .7)
    value, chance = hosmer_lemeshow(counted([100, 100], [12, 25], [10, 30]))
    assert value == pytest.approx(4 / 9 + 25 / 21)
    assert chance == pytest.approx(chi2.sf(value, 2))


def test_bands_hold_nearly_equal_numbers_and_all_rows():
    labels, scores = drawn(1000)
    bands = score_bands(labels.astype(float), scores, 10)
    assert bands.rows.tolist() == [100.0] * 10
    assert bands.positives.sum() == labels.sum()
    assert bands.expected.sum() == pytest.approx(scores.sum())
    assert np.all(bands.lowest[1:] > bands.highest[:-1])


def test_equal_scores_stay_together_however_many_they_are():
    scores = np.array([0.1] * 700 + [0.5] * 200 + [0.9] * 100)
    bands = score_bands(np.zeros(1000), scores, 10)
    assert bands.rows.tolist() == [700, 200, 100]
    assert bands.lowest.tolist() == bands.highest.tolist() == [0.1, 0.5, 0.9]


def test_a_calibrated_model_passes():
    checks, figures = ask(drawn(seed=2))
    assert [(check.subject, check.outcome) for check in checks] == [
        ("validation", PASSED),
        ("out_of_time", PASSED),
    ]
    assert len(figures.windows["validation"].bands) == 10
    assert not any(band.off for band in figures.windows["validation"].bands)


def test_a_band_that_is_surely_and_materially_off_fails_though_the_sum_is_right():
    labels, scores = drawn(seed=2)
    labels = labels.copy()
    order = np.argsort(scores)
    labels[order[:600]] = np.arange(600) % 5 == 0  # a fifth of the lowest tenth, not 2 %
    checks, figures = ask((labels, scores))
    assert checks[0].outcome is FAILED
    assert checks[0].explanation.startswith("1 of 10 bands surely and materially off, none perhaps")
    assert "20.0 % observed" in checks[0].explanation
    assert [band.off for band in figures.windows["validation"].bands] == [True] + [False] * 9


def test_a_difference_that_is_sure_but_below_the_limit_is_of_no_account():
    labels, scores = drawn(60_000, seed=2)
    tilted = np.clip(scores + 0.02, 0, 1)
    checks, figures = ask((labels, tilted), book=rule(0.03))
    assert checks[0].outcome is PASSED
    assert min(band.chance for band in figures.windows["validation"].bands) < 0.001


def test_a_difference_that_may_be_chance_but_is_beyond_the_limit_leaves_the_question_open():
    checks, _ = ask(drawn(seed=2), book=rule(0.001))
    assert checks[0].outcome is OPEN
    assert "none of 10 bands surely and materially off, 8 perhaps" in checks[0].explanation


def test_a_difference_at_the_limit_is_allowed():
    at = ask(drawn(seed=2))[0][0].observed
    assert ask(drawn(seed=2), book=rule(at))[0][0].outcome is PASSED
    assert ask(drawn(seed=2), book=rule(at - 1e-9))[0][0].outcome is OPEN


@pytest.mark.parametrize(("rows", "answered"), [(200, True), (199, False)])
def test_one_row_fewer_than_the_policy_asks_leaves_the_question_open(rows, answered):
    checks, _ = ask(drawn(rows), book=rule(1.0))
    assert checks[0].passed is answered


def test_few_rows_make_fewer_bands_rather_than_smaller_ones():
    assert len(ask(drawn(260))[1].windows["validation"].bands) == 5


@pytest.mark.parametrize(
    ("labels", "scores"),
    [
        ([], []),
        ([0] * 300, [0.0] * 300),
        ([1] * 300, [0.5] * 300),
        ([0, 1] * 150, [0.0, 1.0] * 150),
    ],
)
def test_odd_rows_give_a_clear_answer(labels, scores):
    checks, figures = ask((labels, scores))
    assert (
        checks[0].outcome
        is {0: OPEN, 1: PASSED, 2: FAILED}[0 if not labels else 2 if labels[0] else 1]
    )
    canonical_bytes(figures)


def test_both_windows_share_one_level():
    """The same deviation is corrected for twenty bands, not for ten."""
    _, figures = ask(drawn(seed=3), drawn(seed=4))
    every = [band for window in figures.windows.values() for band in window.bands]
    plain = [
        min(
            1.0,
            2
            * min(
                binom.cdf(b.positives, b.n, b.mean_score),
                binom.sf(b.positives - 1, b.n, b.mean_score),
            ),
        )
        for b in every
    ]
    assert min(b.chance for b in every) == pytest.approx(min(1, 20 * min(plain)), abs=2e-3)


def test_calibrated_scores_alarm_at_most_one_night_in_twenty_even_without_a_margin():
    alarms = sum(
        any(
            check.outcome is FAILED
            for check in ask(drawn(1000, seed), drawn(1000, 500 + seed), rule(0.0))[0]
        )
        for seed in range(150)
    )
    assert alarms <= 13
