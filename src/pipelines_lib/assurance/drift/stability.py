"""How far has a population moved from bins that were frozen at training?

The population stability index with two repairs. Half a row is added to every bin of both
windows, so that an empty bin gives a finite figure that depends on counts alone, never on
how far out an outlier lies. And every index comes with its critical value, chi-square(B - 1)
times (1/n_reference + 1/n_current): what chance alone reaches in a population that stayed
put. The customary 0.10 and 0.25 ignore the size of the sample.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines_lib.assurance.chi_square import critical_value
from pipelines_lib.assurance.shares import Share
from pipelines_lib.modelling.reference import counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

MISSING = "missing"
OTHER = "other"
_HALF_A_ROW = 0.5
_BLIND = 2
"""One bin and the missing values: whatever lies in that bin could move unseen."""
_DECIMALS = 6
"""Digits a share keeps in the evidence; finer than any figure is read."""


@dataclass(frozen=True)
class Bin:
    """Share of one bin in the reference and in the current window."""

    label: str
    reference: float
    current: float


@dataclass(frozen=True)
class Movement:
    """How one column moved; field by field as the evidence holds it."""

    feature: str
    psi: float | None
    critical: float | None
    missing_reference: float
    missing_current: float | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True, eq=False)
class Counted:
    """Rows per bin in both windows; the last bin is the missing values."""

    labels: tuple[str, ...]
    reference: "NDArray[np.float64]"
    current: "NDArray[np.float64]"

    @property
    def missing(self) -> tuple[Share, Share]:
        """Missing values of the current and of the reference window."""
        now, then = self.current, self.reference
        return (
            Share(round(float(now[-1])), round(float(now.sum()))),
            Share(round(float(then[-1])), round(float(then.sum()))),
        )


class Tally:
    """Counts current values of one column in its frozen bins, batch by batch."""

    def __init__(self, frozen: Mapping[str, Any]) -> None:
        self._frozen = frozen
        self._rows = counts(frozen, np.empty(0, dtype=np.float32))
        self._blanks = 0

    def add(self, values: "NDArray[Any]", *, blanks: int) -> None:
        """Count some more values.

        Args:
            values: Values encoded as at training.
            blanks: How many rows hold no value; the rest of those in no bin hold an
                unknown level.
        """
        self._rows = self._rows + counts(self._frozen, values)
        self._blanks += blanks

    def counted(self) -> Counted:
        """The counts so far, beside those of the reference."""
        labels, shares = _labels(self._frozen), list(self._frozen["shares"])
        outside = [int(self._rows[-1])]
        if self._frozen["kind"] == "category":
            labels, shares = (*labels, OTHER), [*shares, self._frozen["other_share"]]
            outside = [outside[0] - self._blanks, self._blanks]
        reference = np.array([*shares, self._frozen["missing_share"]]) * self._frozen["n"]
        current = np.array([*self._rows[:-1], *outside], dtype=np.float64)
        return Counted((*labels, MISSING), reference, current)


def movement(column: str, counted: Counted, significance: float) -> Movement:
    """Measure how far a column moved, and how far chance alone would have moved it."""
    then, now = counted.reference, counted.current
    used = (then > 0) | (now > 0)
    measurable = then.sum() > 0 and now.sum() > 0 and used.size > _BLIND
    return Movement(
        feature=column,
        psi=_psi(then[used], now[used]) if measurable else None,
        critical=_critical(then, now, int(used.sum()), significance) if measurable else None,
        missing_reference=_share(then, -1) or 0.0,
        missing_current=_share(now, -1),
        bins=tuple(
            Bin(counted.labels[place], _share(then, place) or 0.0, _share(now, place) or 0.0)
            for place in np.flatnonzero(used).tolist()
        ),
    )


def _psi(reference: "NDArray[np.float64]", current: "NDArray[np.float64]") -> float:
    then = (reference + _HALF_A_ROW) / (reference + _HALF_A_ROW).sum()
    now = (current + _HALF_A_ROW) / (current + _HALF_A_ROW).sum()
    return float(np.sum((now - then) * np.log(now / then)))


def _critical(
    reference: "NDArray[np.float64]",
    current: "NDArray[np.float64]",
    bins: int,
    significance: float,
) -> float:
    if bins < _BLIND:
        return 0.0  # everything in one of several bins, then and now: nothing moved
    spread = 1 / reference.sum() + 1 / current.sum()
    return critical_value(bins - 1, significance) * float(spread)


def _share(rows: "NDArray[np.float64]", place: int) -> float | None:
    total = float(rows.sum())
    return round(float(rows[place]) / total, _DECIMALS) if total else None


def _labels(frozen: Mapping[str, Any]) -> tuple[str, ...]:
    if frozen["kind"] == "category":
        return tuple(frozen["levels"])
    edges = [-math.inf, *frozen["edges"], math.inf]
    return tuple(_between(low, high) for low, high in pairwise(edges))


def _between(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return "any value"
    if math.isinf(low):
        return f"below {high:.6g}"
    return f"from {low:.6g}" if math.isinf(high) else f"{low:.6g} to {high:.6g}"
