"""Does a region of a feature hold one outcome only? (LEAK-007).

A value, a level, a range or the blanks that hold a material share of one outcome and (nearly)
nothing of the other: recoveries exist for bad loans only. A copy of the label is the plainest
case. Honest features shift odds; they do not decide.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.leakage.columns import Codes, Column, Rows
from pipelines_lib.assurance.leakage.cross_fitting import Binning
from pipelines_lib.assurance.leakage.sampling import shared_confidence, thinned
from pipelines_lib.assurance.statistics import Floats, Labels, z_value
from pipelines_lib.assurance.wording import percent
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.rulebook import Rule

CODE = "LEAK-007"
_HONEST = 0.5
"""An honest part of a feature may hold so large a share of the rarer outcome."""


@dataclass(frozen=True)
class Purity:
    """When does a region hold one outcome only?

    Attributes:
        share: Least share of the rarer outcome in a region of the rarer outcome.
        odds_ratio: Least ratio of its odds to those of all rows, either way.
        confidence: Of one region's interval.
    """

    share: float
    odds_ratio: float
    confidence: float


@dataclass(frozen=True)
class Region:
    """The purest part of one column.

    Attributes:
        share: Of all rows with that outcome, how many lie in it.
        sure: Whether the interval of its purity lies wholly on the pure side.
        story: Where it is and what it holds.
    """

    share: float
    sure: bool
    story: str


def check(rule: Rule, rows: Rows) -> Iterator[CheckResult]:
    """Judge the largest share of an outcome that a pure region of each column holds.

    Many regions of many columns are looked at; each interval is as wide as all looks together
    ask for (Bonferroni).
    """
    rows = thinned(rows, int(rule.parameter("max_rows")))
    for name, column in rows.columns.items():
        yield _judge(rule, name, column, rows)


def _judge(rule: Rule, name: str, column: Column, rows: Rows) -> CheckResult:
    if rows.rarer == 0:
        return rule.judge(name, None, "Only one outcome occurred: nothing is pure.", n=rows.n)
    purity = Purity(
        share=rule.parameter("purity"),
        odds_ratio=rule.parameter("odds_ratio"),
        confidence=shared_confidence(rule, len(rows.columns)),
    )
    found = tuple(pure_regions(column, rows.labels, purity))
    sure = max((each for each in found if each.sure), key=lambda each: each.share, default=None)
    if sure is not None:
        return rule.judge(name, round(sure.share, 6), sure.story, n=rows.n)
    seems = max(found, key=lambda each: each.share, default=None)
    if seems is not None and not rule.holds(seems.share):
        story = f"{seems.story} Too few rows to be sure that it is pure."
        return replace(rule.answer(name, story, holds=None, n=rows.n), observed=seems.share)
    return rule.judge(name, 0.0, "No part of it holds one outcome only.", n=rows.n)


def pure_regions(column: Column, labels: Labels, purity: Purity) -> Iterator[Region]:
    """Every kind of region that is pure: values and bins together, and either end of the range.

    Args:
        column: Of n rows.
        labels: 1 or 0; both must occur.
        purity: When a region is pure; its confidence is that of this column as a whole.
    """
    rare = (labels == (1 if labels.mean() <= 0.5 else 0)).astype(np.int64)  # noqa: PLR2004  (half)
    binning = Binning.of(column)
    codes = binning.codes(column)
    rows = np.bincount(codes, minlength=binning.count)
    hits = np.bincount(codes, weights=rare, minlength=binning.count).astype(np.int64)
    ends = () if column.kind == "category" else _ends(column, rare)
    looks = binning.count + sum(tail.rows.size for tail in ends)
    judged = _Judged(rare, purity, looks)
    yield from judged.bins(rows, hits, blank=binning.count - 1)
    for tail in ends:
        yield from judged.tail(tail)


@dataclass(frozen=True, eq=False)
class _Tail:
    """Rows and hits up to each distinct value, from one end."""

    side: str
    values: NDArray[Any]
    rows: Codes
    hits: Codes

    def named(self, place: int) -> str:
        """Where the range lies; the end is rounded, so that it is nobody's value."""
        end = self.values[place]
        if np.issubdtype(self.values.dtype, np.number):
            return f"Values of about {float(end):.3g} and {self.side}"
        return f"Dates of {end.astype('datetime64[M]')} and {self.side}"


def _ends(column: Column, rare: Codes) -> tuple[_Tail, ...]:
    """The running counts from below and from above."""
    given = np.flatnonzero(column.given)
    values = column.ordered[given]
    order = np.argsort(values)
    ordered, marks = values[order], rare[given][order]
    if not ordered.size:
        return ()
    last = np.flatnonzero(np.concatenate((ordered[1:] != ordered[:-1], [True])))
    rows, hits = last + 1, np.cumsum(marks)[last]
    above_rows = (rows[-1] - np.concatenate(([0], rows[:-1])))[::-1]
    above_hits = (hits[-1] - np.concatenate(([0], hits[:-1])))[::-1]
    shown = column.values[given][order][last]
    return (
        _Tail("below", shown, rows, hits),
        _Tail("above", shown[::-1], above_rows, above_hits),
    )


class _Judged:
    """Which regions are pure, by intervals as wide as the number of looks asks for."""

    def __init__(self, rare: Codes, purity: Purity, looks: int) -> None:
        self._n, self._rare = int(rare.size), int(rare.sum())
        self._confidence = 1 - (1 - purity.confidence) / max(looks, 1)
        self._chance = math.log(1 - self._confidence)
        odds = self._rare / (self._n - self._rare)
        self._least = max(purity.share, _from_odds(odds * purity.odds_ratio))
        self._most = _from_odds(odds / purity.odds_ratio)

    def bins(self, rows: Codes, hits: Codes, *, blank: int) -> Iterator[Region]:
        """Values, levels and bins that are pure each by itself, taken together."""
        low, high = bounds(hits, rows, self._confidence)
        for sure, chosen in ((True, low >= self._least), (False, self._seems_pure(rows, hits))):
            if chosen.any():
                where = _named(chosen, blank)
                yield self._rarer(int(rows[chosen].sum()), int(hits[chosen].sum()), where, sure)
        if (free := (rows > 0) & (high <= self._most)).any():
            where = _named(free, blank)
            yield self._commoner(int(rows[free].sum()), int(hits[free].sum()), where)

    def tail(self, tail: _Tail) -> Iterator[Region]:
        """The longest pure range from one end, not stretched beyond what is pure."""
        low, high = bounds(tail.hits, tail.rows, self._confidence)
        others = tail.rows - tail.hits
        worth = tail.hits - others * self._least / (1 - self._least)
        seems = self._seems_pure(tail.rows, tail.hits)
        for sure, chosen in ((True, low >= self._least), (False, seems)):
            if chosen.any():
                place = int(np.argmax(np.where(chosen, worth, -math.inf)))
                rows, hits = int(tail.rows[place]), int(tail.hits[place])
                yield self._rarer(rows, hits, tail.named(place), sure)
        if (free := high <= self._most).any():
            worth = others - tail.hits * (1 - self._most) / self._most
            place = int(np.argmax(np.where(free, worth, -math.inf)))
            yield self._commoner(int(tail.rows[place]), int(tail.hits[place]), tail.named(place))

    def _seems_pure(self, rows: Codes, hits: Codes) -> NDArray[np.bool_]:
        """Without a row of the other outcome, though not surely pure.

        Not where an honest part could look so: one in which half of the rows are hits shows
        nothing else with the probability ½^rows.
        """
        return np.asarray((hits == rows) & (rows * math.log(_HONEST) < self._chance))

    def _rarer(self, rows: int, hits: int, where: str, sure: bool) -> Region:
        share = hits / self._rare
        story = f"{where}: {percent(share)} of the rarer outcome, {percent(hits / rows)} pure."
        return Region(share, sure, story)

    def _commoner(self, rows: int, hits: int, where: str) -> Region:
        share = (rows - hits) / (self._n - self._rare)
        rate = f"{hits / rows:.2%}".replace("%", " %")
        story = f"{where}: {percent(share)} of the commoner outcome, {rate} of the other."
        return Region(share, True, story)


def _named(chosen: NDArray[np.bool_], blank: int) -> str:
    places = np.flatnonzero(chosen).tolist()
    if places == [blank]:
        return "The missing values"
    with_blanks = " with the missing values" if blank in places else ""
    one = "One value or bin" if len(places) == 1 else f"{len(places)} values or bins"
    return f"{one}{with_blanks}"


def _from_odds(odds: float) -> float:
    return odds / (1 + odds) if math.isfinite(odds) else 1.0


def bounds(hits: Codes, rows: Codes, confidence: float) -> tuple[Floats, Floats]:
    """The interval of many shares at once; 0 to 1 where there is no row.

    Wilson's, and Clopper-Pearson's where no row or every row is a hit: for one outcome only,
    which is looked for here, Wilson's is twice as wide at a high confidence.
    """
    n, z = np.maximum(rows, 1).astype(np.float64), z_value(confidence)
    share = hits / n
    centre = share + z * z / (2 * n)
    reach = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    unseen = -np.expm1(math.log((1 - confidence) / 2) / n)
    low = np.where(hits == rows, 1 - unseen, np.maximum((centre - reach) / scale, 0.0))
    high = np.where(hits == 0, unseen, np.minimum((centre + reach) / scale, 1.0))
    return np.where(rows > 0, low, 0.0), np.where(rows > 0, high, 1.0)
