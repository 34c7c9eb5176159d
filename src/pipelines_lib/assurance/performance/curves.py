"""Which points does a reader need to see how a score ranks and whether it is calibrated?

At most 101 points a curve, rounded: evidence is kept for every model and every night.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipelines_lib.assurance.ranking import Ranking, roc_vertices
from pipelines_lib.assurance.statistics import Floats, wilson_interval

POINTS = 101
CALIBRATION_BINS = 10
BANDS = 20
_DECIMALS = 5
Point = tuple[float, float]


@dataclass(frozen=True)
class CalibrationBin:
    """Rows of similar score: what was predicted, and what happened with its Wilson interval."""

    mean_score: float
    observed: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Curves:
    """The points of one window's plots.

    ``bands`` are mappings because their keys, ``from`` and ``to``, are no names in Python.
    """

    roc: tuple[Point, ...]
    precision_recall: tuple[Point, ...]
    calibration: tuple[CalibrationBin, ...]
    bands: tuple[Mapping[str, float], ...]


def curves(ranking: Ranking, confidence: float) -> Curves:
    """All points of one window; a curve that needs a class that is absent is empty."""
    return Curves(
        roc=roc_points(ranking) if ranking.both_classes else (),
        precision_recall=precision_recall_points(ranking) if ranking.n_positive else (),
        calibration=calibration_bins(ranking, confidence),
        bands=score_bands(ranking),
    )


def roc_points(ranking: Ranking) -> tuple[Point, ...]:
    """Points (false positive rate, true positive rate) at equal steps along their sum.

    The sum rises at every vertex, so both the steep beginning and the flat end keep points.
    """
    false_rate, true_rate = roc_vertices(ranking)
    if false_rate.size <= POINTS:
        return _points(false_rate, true_rate)
    along = false_rate + true_rate
    steps = np.linspace(0.0, 2.0, POINTS)
    return _points(np.interp(steps, along, false_rate), np.interp(steps, along, true_rate))


def precision_recall_points(ranking: Ranking) -> tuple[Point, ...]:
    """Points (recall, precision) that cut-offs really reach; between them nothing is drawn in."""
    found = np.cumsum(ranking.positives[::-1])
    flagged = found + np.cumsum(ranking.negatives[::-1])
    recall = found / ranking.n_positive
    first = int(np.argmax(found > 0))
    steps = np.linspace(recall[first], 1.0, POINTS)
    reached = np.unique(np.searchsorted(recall, steps).clip(max=recall.size - 1))
    return _points(recall[reached], (found / flagged)[reached])


def calibration_bins(ranking: Ranking, confidence: float) -> tuple[CalibrationBin, ...]:
    """Tenths of the rows by score, equal scores together; fewer where many scores are equal."""
    rows = ranking.positives + ranking.negatives
    total = int(rows.sum())
    if total == 0:
        return ()
    middle = np.cumsum(rows) - rows / 2
    tenth = np.minimum((middle * CALIBRATION_BINS / total).astype(np.int64), CALIBRATION_BINS - 1)
    n = np.bincount(tenth, weights=rows)
    hits = np.bincount(tenth, weights=ranking.positives)
    mass = np.bincount(tenth, weights=rows * ranking.scores)
    return tuple(_bin(mass[i], int(hits[i]), int(n[i]), confidence) for i in np.flatnonzero(n > 0))


def _bin(mass: float, hits: int, n: int, confidence: float) -> CalibrationBin:
    around = wilson_interval(hits, n, confidence)
    low, high = (around.low, around.high) if around else (0.0, 1.0)
    return CalibrationBin(_short(mass / n), _short(hits / n), _short(low), _short(high), n)


def score_bands(ranking: Ranking) -> tuple[Mapping[str, float], ...]:
    """Twenty bands of equal width; each includes its lower end, the last also the upper."""
    edges = np.arange(BANDS + 1) / BANDS
    band = np.searchsorted(edges[1:-1], ranking.scores, side="right")
    hits = np.bincount(band, weights=ranking.positives, minlength=BANDS)
    misses = np.bincount(band, weights=ranking.negatives, minlength=BANDS)
    return tuple(
        {
            "from": float(edges[i]),
            "to": float(edges[i + 1]),
            "n": int(hits[i] + misses[i]),
            "positives": int(hits[i]),
        }
        for i in range(BANDS)
    )


def _points(across: Floats, up: Floats) -> tuple[Point, ...]:
    return tuple((_short(x), _short(y)) for x, y in zip(across, up, strict=True))


def _short(value: float) -> float:
    return round(float(value), _DECIMALS)
