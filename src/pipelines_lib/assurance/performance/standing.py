"""How does a model stand among some rows: does it rank there, and price there?

A segment of people who are all alike is hard to rank for the best of models. So an AUC is
held against the one that the scores themselves promise there: what it would be if every
probability were exactly right.
"""

from dataclasses import dataclass

import numpy as np

from pipelines_lib.assurance.ranking import Ranking, auc_estimate
from pipelines_lib.assurance.statistics import Estimate, Floats, Labels, observed_to_expected

_DIGITS = 5


@dataclass(frozen=True)
class Standing:
    """The figures of one model among some rows; None where they carry no figure.

    ``promised`` is the AUC that the scores themselves promise; ``ratio`` is observed over
    expected outcomes.
    """

    n: int
    positives: int
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    promised: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None


def standing(labels: Labels, scores: Floats, confidence: float) -> Standing:
    """Measure a model among some rows."""
    ranked = auc_estimate(Ranking.of(labels, scores), confidence)
    priced = observed_to_expected(labels, scores, confidence)
    return Standing(
        len(labels),
        int(labels.sum()),
        *_ends(ranked),
        _short(promised_auc(scores)),
        *_ends(priced),
    )


def promised_auc(scores: Floats) -> float | None:
    """The AUC to be expected if every score were the true probability of its row.

    The chance that, of two different rows with unlike outcomes, the one with the outcome has
    the higher score (ties half): sum over i != j of p_i (1 - p_j) [s_i > s_j] over the sum of
    p_i (1 - p_j), as in confidence-based performance estimation. None where no pair can differ.
    """
    ordered = np.sort(scores)
    misses = 1 - ordered
    alone = float(np.sum(ordered * misses))
    pairs = float(ordered.sum()) * float(misses.sum()) - alone
    if len(ordered) < 2 or pairs <= 0:  # noqa: PLR2004  (a pair needs two)
        return None
    starts = np.flatnonzero(np.diff(ordered, prepend=-np.inf))
    rows = np.diff(starts, append=len(ordered))
    value, rest = ordered[starts], misses[starts] * rows
    below = np.cumsum(rest) - rest / 2
    return min(1.0, (float(np.sum(value * rows * below)) - alone / 2) / pairs)


def _ends(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    if estimate is None:
        return None, None, None
    interval = estimate.interval
    return _short(estimate.value), _short(interval.low), _short(interval.high)


def _short(value: float | None) -> float | None:
    return None if value is None else round(float(value), _DIGITS)
