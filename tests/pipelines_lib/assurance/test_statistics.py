"""Intervals and probability scores behind PERF-002, PERF-003 and every share in a report."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from pipelines_lib.assurance.statistics import (
    brier_score,
    brier_skill,
    difference_of_proportions,
    never_seen,
    observed_to_expected,
    ratio_of_proportions,
    wilson_interval,
    z_value,
)


def labels(*values):
    return np.array(values, dtype=np.int8)


def ends(interval):
    return interval.low, interval.high


def simulated(seed, n=400):
    """Calibrated scores: every outcome is drawn with the probability that was predicted."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(2, 6, n)
    return (rng.random(n) < scores).astype(np.int8), scores


def test_ninety_five_per_cent_of_a_normal_lie_within_1_96_standard_errors():
    assert z_value(0.95) == pytest.approx(1.959964, abs=1e-6)


def test_what_was_never_seen_in_300_tries_may_happen_about_once_in_eighty():
    assert never_seen(300, 0.95) == pytest.approx(1 - 0.025 ** (1 / 300))
    assert never_seen(300, 0.95) == pytest.approx(3.689 / 300, rel=0.01)


def test_without_a_try_anything_may_happen():
    assert never_seen(0, 0.95) == 1.0


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_the_table_newcombe_published_in_1998(successes, n, low, high):
    assert ends(wilson_interval(successes, n, 0.95)) == pytest.approx((low, high), abs=5e-5)


def test_all_of_n_is_not_certainty():
    assert ends(wilson_interval(20, 20, 0.95)) == pytest.approx((1 - 0.1611, 1.0), abs=5e-5)


def test_a_share_of_nobody_has_no_interval():
    assert wilson_interval(0, 0, 0.95) is None


@pytest.mark.parametrize(
    ("one", "two", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_difference_agrees_with_method_10_of_newcombe_1998(one, two, low, high):
    estimate = difference_of_proportions(*one, *two, 0.95)
    assert ends(estimate.interval) == pytest.approx((low, high), abs=5e-5)


def test_a_difference_from_nobody_does_not_exist():
    assert difference_of_proportions(1, 2, 0, 0, 0.95) is None


def test_the_ratio_of_15_and_30_in_a_hundred_has_the_katz_interval_worked_by_hand():
    # SE of ln r = sqrt(0.85/15 + 0.70/30) = sqrt(0.08) = 0.28284; times 1.95996 = 0.55436
    estimate = ratio_of_proportions(15, 100, 30, 100, 0.95)
    assert estimate.value == 0.5
    assert ends(estimate.interval) == pytest.approx((0.28721, 0.87043), abs=5e-5)


@pytest.mark.parametrize("counts", [(0, 0, 1, 2), (1, 2, 0, 0), (1, 2, 0, 5)])
def test_a_ratio_to_nobody_or_to_zero_does_not_exist(counts):
    assert ratio_of_proportions(*counts, 0.95) is None


def test_all_of_both_groups_is_a_ratio_of_one_with_the_width_wilson_gives():
    estimate = ratio_of_proportions(20, 20, 20, 20, 0.95)
    low = 1 - 0.16113
    assert (estimate.value, *ends(estimate.interval)) == pytest.approx(
        (1.0, low, 1 / low), abs=1e-4
    )


def test_a_group_without_any_approval_has_a_ratio_of_zero_and_an_upper_end():
    estimate = ratio_of_proportions(0, 20, 10, 20, 0.95)
    assert (estimate.value, estimate.interval.low) == (0.0, 0.0)
    assert 0.16 < estimate.interval.high < 1


@pytest.mark.parametrize("n", [1, 2, 5])
def test_every_table_of_counts_gives_an_ordered_interval_around_the_ratio(n):
    for successes in range(n + 1):
        for reference in range(1, n + 1):
            estimate = ratio_of_proportions(successes, n, reference, n, 0.95)
            assert 0 <= estimate.interval.low <= estimate.value <= estimate.interval.high
            assert math.isfinite(estimate.interval.high)


@pytest.mark.parametrize(("share", "reference"), [(0.5, 0.5), (0.9, 0.95), (0.97, 0.97)])
def test_the_ratio_interval_covers_by_exact_enumeration(share, reference):
    n = 40
    covered = 0.0
    for x in range(n + 1):
        for y in range(1, n + 1):
            weight = binomial(x, n, share) * binomial(y, n, reference)
            interval = ratio_of_proportions(x, n, y, n, 0.95).interval
            covered += weight * (interval.low <= share / reference <= interval.high)
    assert 0.935 <= covered <= 0.998  # near 1 it is rather too wide


def binomial(successes, n, share):
    return math.comb(n, successes) * share**successes * (1 - share) ** (n - successes)


def test_brier_agrees_with_scikit_learn():
    outcomes, scores = simulated(3)
    assert brier_score(outcomes, scores) == pytest.approx(brier_score_loss(outcomes, scores))


def test_brier_of_nobody_does_not_exist():
    assert brier_score(labels(), np.empty(0)) is None


def test_brier_skill_of_four_rows_by_hand():
    # Brier (0.25 + 0.25)/4 = 0.125; base rate 1/4 scores 0.1875; 1 - 0.125/0.1875 = 1/3
    estimate = brier_skill(labels(1, 0, 0, 0), np.array([0.5, 0.5, 0.0, 0.0]), 0.95)
    assert estimate.value == pytest.approx(1 / 3)


@pytest.mark.parametrize("outcomes", [(), (1,), (0,), (1, 1, 1), (0, 0, 0)])
def test_one_outcome_alone_carries_neither_skill_nor_calibration(outcomes):
    scores = np.full(len(outcomes), 0.4)
    assert brier_skill(labels(*outcomes), scores, 0.95) is None
    assert observed_to_expected(labels(*outcomes), scores, 0.95) is None


def test_telling_everybody_the_base_rate_shows_no_skill_and_no_certainty():
    estimate = brier_skill(labels(1, 0), np.array([0.5, 0.5]), 0.95)
    assert estimate.value == 0
    assert estimate.interval.low < -0.5


def test_perfect_foresight_in_four_rows_is_not_taken_for_certain():
    perfect = labels(1, 0, 0, 0)
    skill = brier_skill(perfect, perfect.astype(float), 0.95)
    ratio = observed_to_expected(perfect, perfect.astype(float), 0.95)
    assert (skill.value, ratio.value) == (1.0, 1.0)
    assert skill.interval.low < 0
    assert ratio.interval.low < 0.2


def test_twelve_defaults_where_ten_were_predicted_is_a_ratio_of_1_2():
    outcomes = labels(*[1] * 12, *[0] * 88)
    assert observed_to_expected(outcomes, np.full(100, 0.1), 0.95).value == pytest.approx(1.2)


def test_for_one_score_for_all_the_ratio_interval_is_the_textbook_log_interval():
    outcomes = labels(*[1] * 20, *[0] * 80)
    interval = observed_to_expected(outcomes, np.full(100, 0.2), 0.95).interval
    reach = 1.959964 * math.sqrt((1 - 0.2) / 20)
    assert ends(interval) == pytest.approx((math.exp(-reach), math.exp(reach)))


def test_where_nothing_is_predicted_there_is_no_ratio():
    assert observed_to_expected(labels(1, 0), np.zeros(2), 0.95) is None


@pytest.mark.parametrize("figure", [brier_skill, observed_to_expected])
def test_the_delta_method_agrees_with_a_bootstrap(figure):
    outcomes, scores = simulated(7, n=1500)
    rng = np.random.default_rng(8)
    draws = [rng.integers(0, 1500, 1500) for _ in range(600)]
    spread = np.std([figure(outcomes[rows], scores[rows], 0.95).value for rows in draws])
    interval = figure(outcomes, scores, 0.95).interval
    assert (interval.high - interval.low) / (2 * 1.96) == pytest.approx(spread, rel=0.1)


def test_calibration_intervals_of_a_calibrated_model_cover_one_in_about_95_of_100_samples():
    intervals = [observed_to_expected(*simulated(seed), 0.95).interval for seed in range(1000)]
    covered = np.mean([interval.low <= 1 <= interval.high for interval in intervals])
    assert 0.93 <= covered <= 0.97


def test_skill_intervals_cover_the_true_skill_in_about_95_of_100_samples():
    # Scores ~ Beta(2, 6): mean 1/4, E[p(1-p)] = 1/4 - 2*3/(8*9) = 1/6; skill = 1 - (1/6)/(3/16)
    truth = 1 - (1 / 6) / (3 / 16)
    intervals = [brier_skill(*simulated(5000 + seed), 0.95).interval for seed in range(1000)]
    covered = np.mean([interval.low <= truth <= interval.high for interval in intervals])
    assert 0.93 <= covered <= 0.97


def test_a_higher_confidence_never_gives_a_shorter_interval():
    outcomes, scores = simulated(11)
    for figure in (brier_skill, observed_to_expected):
        short, long = (figure(outcomes, scores, at).interval for at in (0.8, 0.99))
        assert long.low < short.low < short.high < long.high


def test_the_normal_quantile_is_that_of_the_standard_library():
    assert z_value(0.9) == NormalDist().inv_cdf(0.95)
