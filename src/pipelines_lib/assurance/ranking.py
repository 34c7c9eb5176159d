"""How well does a score put those with the outcome before those without?

A ``Ranking`` sorts the rows once; every figure is then a sum over distinct scores: AUC with
its DeLong variance, KS, average precision, and the points of the two curves.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pipelines_lib.assurance.statistics import (
    Estimate,
    Floats,
    Labels,
    never_seen,
    normal_interval,
    z_value,
)
from pipelines_lib.results import Interval

Counts = npt.NDArray[np.int64]
_NO_SPREAD = 1e-12
"""A standard error below this is rounding, not certainty."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows of one window in the order of one score, ties kept together.

    Attributes:
        scores: Distinct scores, ascending.
        positives: Rows with the outcome at each distinct score.
        negatives: Rows without it.
        order: Rows, as they came, by ascending score.
        labels: For each row, as it came, whether it is a positive.
    """

    scores: Floats
    positives: Counts
    negatives: Counts
    order: Counts
    labels: Labels

    @classmethod
    def of(cls, labels: Labels, scores: Floats) -> "Ranking":
        """Sort once: O(n log n)."""
        order = np.argsort(scores)  # ties are put together below: their order is of no account
        ordered = scores[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-np.inf))
        rows = np.diff(starts, append=ordered.size)
        hits = np.concatenate(([0], np.cumsum(labels[order], dtype=np.int64)))
        positives = hits[starts + rows] - hits[starts]
        return cls(ordered[starts], positives, rows - positives, order, labels)

    @cached_property
    def n_positive(self) -> int:
        """Rows with the outcome."""
        return int(self.positives.sum())

    @cached_property
    def n_negative(self) -> int:
        """Rows without the outcome."""
        return int(self.negatives.sum())

    @property
    def rarer(self) -> int:
        """Rows of the class that has fewer."""
        return min(self.n_positive, self.n_negative)

    @property
    def both_classes(self) -> bool:
        """Whether the rows can be ranked at all."""
        return self.rarer > 0

    @cached_property
    def place(self) -> Counts:
        """For each row, as it came, the index of its score among the distinct scores."""
        place = np.empty(self.order.size, dtype=np.int64)
        place[self.order] = np.repeat(np.arange(self.scores.size), self.positives + self.negatives)
        return place

    @cached_property
    def beaten(self) -> tuple[Floats, Floats]:
        """DeLong's structural components, per distinct score.

        First: share of negatives that a positive at this score beats (ties count half).
        Second: share of positives that beat a negative at this score.
        """
        below = np.cumsum(self.negatives) - self.negatives / 2
        above = self.n_positive - np.cumsum(self.positives) + self.positives / 2
        return below / self.n_negative, above / self.n_positive

    @cached_property
    def area(self) -> float:
        """See ``auc``; kept, because several questions need it. Needs both classes."""
        return _total(self.beaten[0], self.positives) / self.n_positive

    @cached_property
    def area_variance(self) -> float:
        """See ``auc_variance``; needs two rows of either class."""
        wins, losses = self.beaten
        return _variance_of_mean(wins, self.positives) + _variance_of_mean(losses, self.negatives)


def auc(ranking: Ranking) -> float | None:
    """Probability that a random positive scores above a random negative; ties count half.

    The Mann-Whitney statistic over its number of pairs. 1 is perfect, 0.5 is chance. None
    where one of the classes is absent.
    """
    return ranking.area if ranking.both_classes else None


def _total(values: Floats, weights: Counts) -> float:
    # Not values @ weights: what BLAS adds up depends on its threads, evidence must not.
    return float(np.sum(values * weights))


def auc_variance(ranking: Ranking) -> float | None:
    """Sampling variance of the AUC (DeLong, DeLong and Clarke-Pearson 1988).

    S₁₀/m + S₀₁/n with the sample variances of the structural components over the m positives
    and the n negatives, as in the fast algorithm of Sun and Xu (2014). None below two of each.
    """
    if ranking.rarer < 2:  # noqa: PLR2004  (a variance needs two)
        return None
    return ranking.area_variance


def _variance_of_mean(values: Floats, weights: Counts) -> float:
    total = int(weights.sum())
    mean = _total(values, weights) / total
    return _total((values - mean) ** 2, weights) / (total - 1) / total


def auc_estimate(ranking: Ranking, confidence: float) -> Estimate | None:
    """AUC with an interval that stays inside [0, 1].

    DeLong's standard error on the logit scale (Pepe 2003, section 5.2): the plain interval
    crosses 1 and is too short near it (AUC 0.95 on 20 positives: it covers 86 % instead of
    95 %). Where the sample has no spread (perfect separation, or one score for everybody) or
    a class has one row, the interval rests on disjoint pairs, see ``_from_pairs``.
    """
    value = auc(ranking)
    if value is None:
        return None
    variance = auc_variance(ranking)
    error = math.sqrt(variance) if variance is not None else 0.0
    if error < _NO_SPREAD:
        return Estimate(value, _from_pairs(ranking, value, confidence))
    odds = math.log(value / (1 - value))
    reach = z_value(confidence) * error / (value * (1 - value))
    return Estimate(value, Interval(_inverse(odds - reach), _inverse(odds + reach), confidence))


def _inverse(odds: float) -> float:
    """From log-odds back, without overflow at either end."""
    return (1 + math.tanh(odds / 2)) / 2


def _from_pairs(ranking: Ranking, value: float, confidence: float) -> Interval:
    """Rule-of-three interval: m disjoint pairs (one of each class) all came out alike.

    A pair that comes out otherwise has at most probability 1 - (alpha/2)^(1/m), m being the
    size of the rarer class; all of them could come out at the far end.
    """
    if ranking.rarer < 2:  # noqa: PLR2004  (one row of a class says nothing about the class)
        return Interval(0.0, 1.0, confidence)
    other = never_seen(ranking.rarer, confidence)
    return Interval(value * (1 - other), value * (1 - other) + other, confidence)


def auc_gap(one: Ranking, other: Ranking, confidence: float) -> Estimate | None:
    """By how much does a score rank one set of rows better than another, unrelated set?

    The difference of two independent AUCs, its variance the sum of both DeLong variances. A
    sample without spread contributes the reach of its rule-of-three interval instead. None
    without two rows of either class in each set.
    """
    first, second = auc(one), auc(other)
    one_error, other_error = _error(one, confidence), _error(other, confidence)
    if first is None or second is None or one_error is None or other_error is None:
        return None
    value = first - second
    error = math.hypot(one_error, other_error)
    return Estimate(value, normal_interval(value, error, confidence, low=-1.0, high=1.0))


def _error(ranking: Ranking, confidence: float) -> float | None:
    variance = auc_variance(ranking)
    if variance is None:
        return None
    if math.sqrt(variance) > _NO_SPREAD:
        return math.sqrt(variance)
    return never_seen(ranking.rarer, confidence) / z_value(confidence)


def auc_difference(one: Ranking, other: Ranking, confidence: float) -> Estimate | None:
    """By how much does one score rank the same rows better than another? 0 means alike.

    Paired DeLong: the variance of the differences of the structural components, row by row,
    which equals Var(a) + Var(b) - 2 Cov(a, b). None without two rows of either class.
    Where no row differs in its component, only the same order of all rows is taken as proof.
    """
    first, second = auc(one), auc(other)
    if first is None or second is None or one.rarer < 2:  # noqa: PLR2004  (a variance needs two)
        return None
    here, there = one.place, other.place
    error = math.sqrt(_paired_variance(one, here, other, there))
    if error < _NO_SPREAD and not np.array_equal(here, there):
        error = never_seen(one.rarer, confidence) / z_value(confidence)
    value = first - second
    return Estimate(value, normal_interval(value, error, confidence, low=-1.0, high=1.0))


def _paired_variance(one: Ranking, here: Counts, other: Ranking, there: Counts) -> float:
    positive = one.labels == 1
    total = 0.0
    for mine, theirs, rows in zip(one.beaten, other.beaten, (positive, ~positive), strict=True):
        gaps = mine[here[rows]] - theirs[there[rows]]
        total += float(gaps.var(ddof=1)) / gaps.size
    return total


def roc_vertices(ranking: Ranking) -> tuple[Floats, Floats]:
    """False and true positive rate when everybody at or above each distinct score is flagged.

    From (0, 0), nobody, to (1, 1), everybody. Needs both classes.
    """
    caught = np.concatenate(([0], np.cumsum(ranking.positives[::-1])))
    wrong = np.concatenate(([0], np.cumsum(ranking.negatives[::-1])))
    return wrong / ranking.n_negative, caught / ranking.n_positive


def ks(ranking: Ranking) -> float | None:
    """Largest gap between the score distributions of the two classes (Kolmogorov-Smirnov).

    max |TPR - FPR| over all cut-offs; 1 is best, 0 worst. None where a class is absent.
    """
    if not ranking.both_classes:
        return None
    false_rate, true_rate = roc_vertices(ranking)
    return float(np.abs(true_rate - false_rate).max())


def average_precision(ranking: Ranking) -> float | None:
    """Precision averaged over the positives found, highest scores first; 1 is best.

    Sum of (Rₖ - Rₖ₋₁) Pₖ over distinct scores, without interpolation. The base rate is what
    chance reaches. None where there is no positive.
    """
    if ranking.n_positive == 0:
        return None
    found = ranking.positives[::-1]
    flagged = np.cumsum(found + ranking.negatives[::-1])
    return _total(np.cumsum(found) / flagged, found) / ranking.n_positive
