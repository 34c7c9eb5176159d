"""How far has a population moved from bins that were frozen at training?

The population stability index with two repairs. Half a row is added to every bin of both
windows, so that an empty bin gives a finite figure that depends on counts alone, never on
how far out an outlier lies. And every index comes with its critical value, chi-square(B - 1)
times (1/n_reference + 1/n_current): what chance alone reaches in a population that stayed
put. The customary 0.10 and 0.25 ignore the size of the sample. The probability of the index
by chance is the tail of the same distribution.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines_lib.assurance.chi_square import critical_value, exceeded_by_chance
from pipelines_lib.assurance.shares import Share
from pipelines_lib.assurance.statistics import z_value
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
_MOST_BINS = 24
"""Bins of one column that evidence keeps; a category may have a hundred thousand levels."""


@dataclass(frozen=True)
class Bin:
    """Share of one bin in the reference and in the current window."""

    label: str
    reference: float
    current: float


@dataclass(frozen=True)
class Newest:
    """The same of the newest nights alone, as few as can tell the limit from chance."""

    nights: int
    rows: int
    psi: float | None
    critical: float | None
    missing: float | None


@dataclass(frozen=True)
class Movement:
    """How one column moved; field by field as the evidence holds it.

    ``chance`` is the probability that chance alone reaches the index.
    """

    feature: str
    psi: float | None
    critical: float | None
    missing_reference: float
    missing_current: float | None
    bins: tuple[Bin, ...]
    chance: float | None = None
    newest: Newest | None = None


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
    found = stability(then, now)
    return Movement(
        feature=column,
        psi=found.index if found else None,
        critical=found.critical(significance) if found else None,
        missing_reference=_share(then, -1) or 0.0,
        missing_current=_share(now, -1),
        bins=_drawn(counted),
        chance=found.chance if found else None,
    )


@dataclass(frozen=True)
class Stability:
    """An index with what chance makes of it: ``degrees`` bins but one, ``spread`` 1/n + 1/m."""

    index: float
    degrees: int
    spread: float

    @property
    def chance(self) -> float:
        """The probability that chance alone reaches the index."""
        return exceeded_by_chance(self.index / self.spread, self.degrees) if self.degrees else 1.0

    def critical(self, significance: float) -> float:
        """What chance alone reaches with this probability."""
        if not self.degrees:
            return 0.0  # everything in one of several bins, then and now: nothing moved
        return critical_value(self.degrees, significance) * self.spread

    def least(self, significance: float) -> float:
        """The movement it surely is: chance adds more to it with this probability only.

        The index of a true movement d is about spread x non-central chi-square: mean
        d + spread x degrees, variance 2 spread (spread x degrees + 2 d).
        """
        added = self.spread * self.degrees
        moved = max(self.index - added, 0.0)
        deviation = math.sqrt(2 * self.spread * (added + 2 * moved))
        return max(moved - z_value(1 - 2 * significance) * deviation, 0.0)


def stability(then: "NDArray[np.float64]", now: "NDArray[np.float64]") -> Stability | None:
    """The index between two rows of counts; None where a window is empty or bins too few."""
    used = (then > 0) | (now > 0)
    if not (then.sum() and now.sum() and used.size > _BLIND):
        return None
    spread = float(1 / then.sum() + 1 / now.sum())
    return Stability(_psi(then[used], now[used]), int(used.sum()) - 1, spread)


def rows_needed(reference: "NDArray[np.float64]", limit: float, significance: float) -> float:
    """How many current rows it takes before chance alone stays below a limit; may be infinite.

    Solves critical x (1/n reference + 1/n) = limit for n.
    """
    degrees, rows = int(np.count_nonzero(reference)) - 1, float(reference.sum())
    if degrees < 1 or not rows:
        return 1.0
    left = limit / critical_value(degrees, significance) - 1 / rows
    return 1 / left if left > 0 else math.inf


def _psi(reference: "NDArray[np.float64]", current: "NDArray[np.float64]") -> float:
    then = (reference + _HALF_A_ROW) / (reference + _HALF_A_ROW).sum()
    now = (current + _HALF_A_ROW) / (current + _HALF_A_ROW).sum()
    return float(np.sum((now - then) * np.log(now / then)))


def _drawn(counted: Counted) -> tuple[Bin, ...]:
    """The bins that hold anything; of very many the fullest, and the rest as one."""
    then, now = counted.reference, counted.current
    used = np.flatnonzero((then > 0) | (now > 0))
    kept = used
    if used.size > _MOST_BINS:
        fullest = np.argsort(-(then + now)[used], kind="stable")[: _MOST_BINS - 1]
        kept = np.sort(used[fullest])
    bins = [Bin(counted.labels[at], _share(then, at) or 0.0, _share(now, at) or 0.0) for at in kept]
    if rest := used.size - kept.size:
        others = [
            round(1.0 - sum(shares), _DECIMALS) if rows.sum() else 0.0
            for rows, shares in (
                (then, [one.reference for one in bins]),
                (now, [one.current for one in bins]),
            )
        ]
        bins.append(Bin(f"{rest:,} others", *others))
    return tuple(bins)


def _share(rows: "NDArray[np.float64]", place: int | np.intp) -> float | None:
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
