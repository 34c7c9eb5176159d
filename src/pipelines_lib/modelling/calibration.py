"""From a model's margin to a probability: fitted on the calibration window, never reversing.

Stored as JSON numbers. Whatever the kind, a higher margin never gets a lower probability,
so calibration cannot change who is riskier than whom.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.modelling.logistic import Floats, Values, fit_logistic, log_odds, sigmoid
from pipelines_lib.modelling.monotone import pool_adjacent

Kind = Literal["sigmoid", "isotonic", "none"]
Outcomes = NDArray[np.generic]

MAX_GROUPS: Final = 1000
"""Groups of neighbouring margins an isotonic fit is made on: bounds the package's size."""


@dataclass(frozen=True)
class Calibration:
    """A non-decreasing function from log-odds to probability.

    Attributes:
        kind: ``sigmoid`` (slope and intercept), ``isotonic`` (points) or ``none``.
        slope: Of the sigmoid; never negative.
        intercept: Of the sigmoid.
        points: Margin and probability, each non-decreasing; straight lines in between.
    """

    kind: Kind
    slope: float = 1.0
    intercept: float = 0.0
    points: tuple[tuple[float, float], ...] = ()

    def probability(self, margin: Values) -> Floats:
        """The calibrated probability of each margin."""
        if self.kind == "isotonic":
            at, value = np.array(self.points, dtype=np.float64).T
            return np.asarray(np.interp(np.asarray(margin, dtype=np.float64), at, value))
        exact = np.asarray(margin, dtype=np.float64)
        return sigmoid(self.slope * exact + self.intercept)

    def to_plain(self) -> dict[str, Any]:
        """The calibration as JSON values."""
        return {
            "kind": self.kind,
            "slope": self.slope,
            "intercept": self.intercept,
            "points": [list(point) for point in self.points],
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild the calibration from a package's JSON."""
        return cls(
            kind=data["kind"],
            slope=float(data["slope"]),
            intercept=float(data["intercept"]),
            points=tuple((float(at), float(value)) for at, value in data["points"]),
        )


def fit_calibration(kind: Kind, margin: Values, outcome: Outcomes) -> Calibration:
    """Fit on margins and outcomes (0 and 1) the model was not trained on."""
    exact = np.asarray(margin, dtype=np.float64)
    known = np.asarray(outcome, dtype=np.float64)
    if kind == "sigmoid":
        return _fit_sigmoid(exact, known)
    return _fit_isotonic(exact, known) if kind == "isotonic" else Calibration("none")


def _fit_sigmoid(margin: Floats, outcome: Floats) -> Calibration:
    """Platt's method: targets drawn slightly inward, so that perfect separation stays finite."""
    positives = float(outcome.sum())
    negatives = len(outcome) - positives
    target = np.where(outcome > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slopes, intercept = fit_logistic(margin[:, None], target, ridge=0.0)
    if (slope := float(slopes[0])) <= 0:
        # A model that ranks backwards must not be turned round in silence: the best
        # non-decreasing sigmoid is then the constant one, and the AUC check will say the rest.
        return Calibration("sigmoid", slope=0.0, intercept=log_odds(float(target.mean())))
    return Calibration("sigmoid", slope=slope, intercept=intercept)


def _fit_isotonic(margin: Floats, outcome: Floats) -> Calibration:
    """The monotone step function nearest to the outcomes, joined by straight lines."""
    order = np.argsort(margin, kind="stable")
    ranked = margin[order]
    starts = _group_starts(ranked)
    ends = np.append(starts[1:], len(ranked))
    positives = np.add.reduceat(outcome[order], starts)
    counts = (ends - starts).astype(np.float64)
    points: list[tuple[float, float]] = []
    for first, last in pool_adjacent(positives, counts):
        share = positives[first : last + 1].sum() / counts[first : last + 1].sum()
        low, high = ranked[starts[first]], ranked[ends[last] - 1]
        points += [(float(at), float(share)) for at in ((low, high) if high > low else (low,))]
    return Calibration("isotonic", points=tuple(points))


def _group_starts(ranked: Floats) -> NDArray[np.intp]:
    """Where each group of equal (or, beyond ``MAX_GROUPS``, of neighbouring) margins begins."""
    changes = np.flatnonzero(np.diff(ranked, prepend=-np.inf) > 0)
    if len(changes) <= MAX_GROUPS:
        return changes
    wanted = np.linspace(0, len(ranked), MAX_GROUPS, endpoint=False)
    # A group begins only where the margin changes: equal margins are never torn apart.
    return np.unique(changes[np.searchsorted(changes, wanted, side="right") - 1])
