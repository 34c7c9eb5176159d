"""AUC, DeLong, KS and average precision behind PERF-001 and PERF-004 to PERF-007."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from pipelines_lib.assurance.ranking import (
    Ranking,
    auc,
    auc_difference,
    auc_estimate,
    auc_gap,
    auc_variance,
    average_precision,
    ks,
)

HAND = ((0.8, 0.6, 0.4), (0.7, 0.3, 0.2, 0.1))
OTHER = ((0.9, 0.5, 0.2), (0.6, 0.4, 0.3, 0.1))


def ranked(positives, negatives):
    outcomes = np.array([1] * len(positives) + [0] * len(negatives), dtype=np.int8)
    return Ranking.of(outcomes, np.array([*positives, *negatives], dtype=float))


def simulated(seed, *, n=300, noise=1.0, extra=0.0):
    """Labels, a score with error, and the same score with more error."""
    rng = np.random.default_rng(seed)
    outcomes = (rng.random(n) < 0.3).astype(np.int8)
    score = outcomes + noise * rng.normal(size=n)
    return outcomes, score, score + extra * rng.normal(size=n)


def pairs(positives, negatives):
    """The DeLong kernel, pair by pair, as the paper writes it."""
    return np.array([[(p > q) + 0.5 * (p == q) for q in negatives] for p in positives])


def test_auc_of_seven_rows_by_hand():
    # 0.8 beats 4, 0.6 beats 3, 0.4 beats 3: 10 of 12 pairs
    assert auc(ranked(*HAND)) == pytest.approx(10 / 12)


def test_delong_variance_of_seven_rows_by_hand():
    # S10 = 1/48 over 3 positives, S01 = 1/9 over 4 negatives: 1/144 + 1/36
    assert auc_variance(ranked(*HAND)) == pytest.approx(5 / 144)


def test_paired_delong_of_seven_rows_by_hand():
    # AUC 10/12 and 8/12; component differences (0, 0, 1/2) and (0, 1/3, 1/3, 0)
    # variance = (1/12)/3 + (1/27)/4 = 1/27
    estimate = auc_difference(ranked(*HAND), ranked(*OTHER), 0.95)
    reach = 1.959964 * math.sqrt(1 / 27)
    assert estimate.value == pytest.approx(1 / 6)
    assert estimate.interval.low == pytest.approx(1 / 6 - reach)
    assert estimate.interval.high == pytest.approx(1 / 6 + reach)


def test_ties_count_half_by_hand():
    assert auc(ranked((0.5, 0.9), (0.5, 0.1))) == pytest.approx(3.5 / 4)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=2, max_size=12),
    st.lists(st.integers(0, 5), min_size=2, max_size=12),
)
def test_the_fast_variance_is_the_one_delong_defines_pair_by_pair(positives, negatives):
    kernel = pairs(positives, negatives)
    ranking = ranked(positives, negatives)
    expected = kernel.mean(1).var(ddof=1) / len(positives) + kernel.mean(0).var(ddof=1) / len(
        negatives
    )
    assert auc(ranking) == pytest.approx(kernel.mean())
    assert auc_variance(ranking) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=1, max_size=40))
def test_scikit_learn_agrees_on_auc_average_precision_and_ks(rows):
    outcomes = np.array([label for label, _ in rows], dtype=np.int8)
    scores = np.array([score / 6 for _, score in rows])
    ranking = Ranking.of(outcomes, scores)
    if 0 < outcomes.sum() < len(rows):
        false_rate, true_rate, _ = roc_curve(outcomes, scores, drop_intermediate=False)
        assert auc(ranking) == pytest.approx(roc_auc_score(outcomes, scores))
        assert average_precision(ranking) == pytest.approx(
            average_precision_score(outcomes, scores)
        )
        assert ks(ranking) == pytest.approx(np.abs(true_rate - false_rate).max())
    else:
        assert (auc(ranking), ks(ranking), auc_estimate(ranking, 0.95)) == (None, None, None)


def test_shuffling_the_rows_changes_no_figure():
    outcomes, score, other = simulated(1, extra=0.5)
    order = np.random.default_rng(2).permutation(outcomes.size)
    before = Ranking.of(outcomes, score), Ranking.of(outcomes, other)
    after = Ranking.of(outcomes[order], score[order]), Ranking.of(outcomes[order], other[order])
    assert auc_estimate(before[0], 0.95) == auc_estimate(after[0], 0.95)
    assert average_precision(before[0]) == average_precision(after[0])
    assert auc_difference(*after, 0.95).interval.low == pytest.approx(
        auc_difference(*before, 0.95).interval.low
    )


def test_nobody_at_all_has_no_figure():
    ranking = ranked((), ())
    assert (auc(ranking), auc_variance(ranking), ks(ranking)) == (None, None, None)
    assert average_precision(ranking) is None


def test_perfect_separation_of_thirty_is_not_taken_for_certain():
    # 30 disjoint pairs, all in order: the chance of disorder is at most 1 - 0.025^(1/30) = 0.116
    estimate = auc_estimate(ranked(np.arange(30) + 100, np.arange(50)), 0.95)
    assert estimate.value == 1.0
    assert estimate.interval.low == pytest.approx(0.025 ** (1 / 30))
    assert estimate.interval.high == 1.0


def test_perfectly_wrong_is_the_mirror_image():
    estimate = auc_estimate(ranked(np.arange(30), np.arange(50) + 100), 0.95)
    assert (estimate.value, estimate.interval.low) == (0.0, 0.0)
    assert estimate.interval.high == pytest.approx(1 - 0.025 ** (1 / 30))


def test_one_score_for_everybody_is_chance_with_an_interval_around_it():
    estimate = auc_estimate(ranked([0.2] * 30, [0.2] * 50), 0.95)
    other = 1 - 0.025 ** (1 / 30)
    assert estimate.value == 0.5
    assert estimate.interval.low == pytest.approx(0.5 - other / 2)
    assert estimate.interval.high == pytest.approx(0.5 + other / 2)


def test_one_positive_says_nothing():
    estimate = auc_estimate(ranked((0.9,), np.arange(50) / 100), 0.95)
    assert (estimate.interval.low, estimate.interval.high) == (0.0, 1.0)
    assert auc_variance(ranked((0.9,), (0.1, 0.2))) is None


def test_one_positive_is_compared_with_nothing():
    assert auc_difference(ranked((1,), (0, 2)), ranked((1,), (2, 0)), 0.95) is None
    assert auc_gap(ranked((1,), (0, 2)), ranked(*HAND), 0.95) is None


def test_a_model_compared_with_itself_differs_by_exactly_nothing():
    estimate = auc_difference(ranked(*HAND), ranked(*HAND), 0.95)
    assert (estimate.value, estimate.interval.low, estimate.interval.high) == (0, 0, 0)


def test_two_models_that_both_separate_perfectly_are_not_proven_equal():
    one = ranked(np.arange(30) + 100, np.arange(50))
    other = ranked(np.arange(30)[::-1] + 100, np.arange(50))
    interval = auc_difference(one, other, 0.95).interval
    assert interval.high == pytest.approx(1 - 0.025 ** (1 / 30))
    assert interval.low == -interval.high


def test_the_gap_adds_both_variances():
    one, other = ranked(*HAND), ranked(*OTHER)
    estimate = auc_gap(one, other, 0.95)
    error = math.sqrt(auc_variance(one) + auc_variance(other))
    assert estimate.interval.high == pytest.approx(1 / 6 + 1.959964 * error)


def test_a_train_window_separated_perfectly_still_leaves_a_gap_with_doubt():
    perfect = ranked(np.arange(30) + 100, np.arange(50))
    estimate = auc_gap(perfect, ranked(*HAND), 0.95)
    alone = 1.959964 * math.sqrt(auc_variance(ranked(*HAND)))
    assert estimate.interval.high - estimate.value > alone


@pytest.mark.parametrize("positives", [20, 100])
@pytest.mark.parametrize("truth", [0.65, 0.8, 0.95])
def test_the_auc_interval_covers_the_truth_in_about_95_of_100_samples(truth, positives):
    shift = NormalDist().inv_cdf(truth) * math.sqrt(2)
    rng = np.random.default_rng(20250131)
    covered = 0
    for _ in range(800):
        interval = auc_estimate(
            ranked(rng.normal(size=positives) + shift, rng.normal(size=4 * positives)), 0.95
        ).interval
        covered += interval.low <= truth <= interval.high
    assert 0.925 <= covered / 800 <= 0.98


def test_two_scores_of_equal_worth_differ_significantly_in_about_five_of_100_samples():
    rng = np.random.default_rng(5)
    outside = 0
    for _ in range(800):
        outcomes = (rng.random(250) < 0.3).astype(np.int8)
        shared = outcomes + rng.normal(size=250)
        one, other = (Ranking.of(outcomes, shared + rng.normal(size=250)) for _ in range(2))
        interval = auc_difference(one, other, 0.95).interval
        outside += not interval.low <= 0 <= interval.high
    assert 0.03 <= outside / 800 <= 0.07


def test_paired_delong_agrees_with_a_bootstrap():
    outcomes, score, other = simulated(9, n=800, extra=0.7)
    rng = np.random.default_rng(10)
    draws = (rng.integers(0, 800, 800) for _ in range(500))
    spread = np.std(
        [
            roc_auc_score(outcomes[rows], score[rows]) - roc_auc_score(outcomes[rows], other[rows])
            for rows in draws
        ]
    )
    interval = auc_difference(
        Ranking.of(outcomes, score), Ranking.of(outcomes, other), 0.95
    ).interval
    assert (interval.high - interval.low) / (2 * 1.96) == pytest.approx(spread, rel=0.1)
