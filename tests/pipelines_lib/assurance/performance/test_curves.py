"""The points of the plots in a report."""

import numpy as np
import pytest

from pipelines_lib.assurance.performance.curves import (
    calibration_bins,
    curves,
    precision_recall_points,
    roc_points,
    score_bands,
)
from pipelines_lib.assurance.ranking import Ranking, auc


def ranking(outcomes, scores):
    return Ranking.of(np.array(outcomes, dtype=np.int8), np.array(scores, dtype=float))


def large(n=20_000, rate=0.2):
    rng = np.random.default_rng(1)
    outcomes = (rng.random(n) < rate).astype(np.int8)
    return ranking(outcomes, 1 / (1 + np.exp(-1.5 * outcomes - rng.normal(size=n))))


def test_a_small_roc_has_every_vertex():
    points = roc_points(ranking([1, 0, 1, 0], [0.9, 0.6, 0.5, 0.1]))
    assert points == ((0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1))


def test_a_large_roc_has_101_points_that_still_enclose_the_auc():
    found = large()
    points = np.array(roc_points(found))
    assert len(points) == 101
    assert np.trapezoid(points[:, 1], points[:, 0]) == pytest.approx(auc(found), abs=1e-3)


def test_precision_recall_shows_only_cut_offs_that_exist():
    points = precision_recall_points(ranking([1, 0, 1, 0], [0.9, 0.6, 0.5, 0.1]))
    assert points == ((0.5, 1.0), (1.0, 0.66667))


def test_a_positive_at_the_very_end_leaves_one_point():
    assert precision_recall_points(ranking([0, 0, 1], [0.9, 0.6, 0.1])) == ((1.0, 0.33333),)


def test_a_large_precision_recall_curve_ends_at_full_recall_and_is_short():
    points = precision_recall_points(large())
    assert len(points) <= 101
    assert points[-1][0] == 1.0
    assert list(points) == sorted(points)


def test_calibration_bins_hold_a_tenth_each():
    bins = calibration_bins(ranking([0, 1] * 50, np.arange(100) / 100), 0.95)
    assert [one.n for one in bins] == [10] * 10
    assert bins[0].mean_score == pytest.approx(0.045)
    assert bins[0].observed == 0.5
    assert bins[0].low < 0.5 < bins[0].high


def test_equal_scores_stay_in_one_bin():
    bins = calibration_bins(ranking([0, 1, 0, 1], [0.3, 0.3, 0.3, 0.8]), 0.95)
    assert [(one.mean_score, one.n) for one in bins] == [(0.3, 3), (0.8, 1)]


def test_a_band_holds_its_lower_end_and_the_last_also_one():
    bands = score_bands(ranking([1, 0, 1, 0, 1], [0.0, 0.05, 0.15, 0.95, 1.0]))
    held = {(band["from"], band["to"]): (band["n"], band["positives"]) for band in bands}
    assert len(bands) == 20
    assert held[(0.0, 0.05)] == (1, 1)
    assert held[(0.05, 0.1)] == (1, 0)
    assert held[(0.15, 0.2)] == (1, 1)
    assert held[(0.95, 1.0)] == (2, 1)


def test_one_class_has_bands_and_bins_but_no_roc():
    found = curves(ranking([0, 0], [0.1, 0.2]), 0.95)
    assert (found.roc, found.precision_recall) == ((), ())
    assert len(found.calibration) == 2
