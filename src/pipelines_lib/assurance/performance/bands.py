"""Does every band of the score keep its promise, not only the sum of all?

``PERF-009`` compares, band by band, how many outcomes occurred with how many were predicted:
an exact binomial test, Holm's correction over the bands of both windows, and a limit below
which a difference is of no account however sure it is. Hosmer-Lemeshow is reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chi_square import exceeded_by_chance
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.scored import CANDIDATE, QUESTIONED, Sample, Scored
from pipelines_lib.assurance.statistics import Floats, wilson_interval
from pipelines_lib.assurance.wording import percent
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule

BANDS: Final = "PERF-009"
TOPIC: Final = "calibration_bands"
Marked = NDArray[np.bool_]
_DECIMALS = 5


@dataclass(frozen=True)
class Band:
    """Rows of like score: what was predicted, what happened, and how likely that was.

    ``low`` and ``high`` are the Wilson interval of the observed rate. ``chance`` is the
    two-sided probability of so large a difference, corrected for the number of bands; ``off``
    that it is below the policy's level and the difference beyond the policy's limit.
    """

    lowest: float
    highest: float
    n: int
    positives: int
    mean_score: float
    observed: float
    low: float
    high: float
    chance: float
    off: bool


@dataclass(frozen=True)
class Banded:
    """The bands of one window, and Hosmer and Lemeshow's figure over them."""

    bands: tuple[Band, ...]
    hosmer_lemeshow: float | None
    hosmer_lemeshow_chance: float | None


@dataclass(frozen=True)
class BandFigures:
    """Every judged window."""

    windows: Mapping[str, Banded]


@dataclass(frozen=True, eq=False)
class Counted:
    """Rows per band: how many, how many positives, the sum of their scores, and their ends."""

    rows: Floats
    positives: Floats
    expected: Floats
    lowest: Floats
    highest: Floats

    @property
    def gaps(self) -> Floats:
        """Observed rate minus mean score of each band."""
        return np.asarray((self.positives - self.expected) / self.rows, dtype=np.float64)


def ask(inquiry: Inquiry) -> Answer:
    """Ask whether every band keeps its promise."""
    if not inquiry.asks(BANDS):
        return unasked(TOPIC)
    checks, figures = check_bands(inquiry.scored, inquiry.rules.rule(BANDS))
    return Answer(TOPIC, checks, figures)


def check_bands(scored: Scored, rule: Rule) -> tuple[tuple[CheckResult, ...], BandFigures]:
    """Judge every band of both unseen windows.

    Args:
        scored: Outcomes and scores by window.
        rule: What the policy asks.

    Returns:
        One result per window, and the bands for the evidence.
    """
    counted = {window: _cut(scored.sample(window), rule) for window in QUESTIONED}
    chances = [binomial_chance(each) for each in counted.values()]
    corrected = np.split(
        holm(np.concatenate(chances)), np.cumsum([part.size for part in chances])[:-1]
    )
    checks, windows = [], {}
    for (window, bands), chance in zip(counted.items(), corrected, strict=True):
        checks.append(_judged(rule, window, scored.sample(window), bands, chance))
        windows[window] = _figures(rule, bands, chance)
    return tuple(checks), BandFigures(windows)


def score_bands(labels: Floats, scores: Floats, bands: int) -> Counted:
    """Cut rows into bands of nearly equal numbers; equal scores stay together.

    The middle of each group of equal scores decides its band, so a few distinct scores give
    fewer bands and never a band without rows.
    """
    distinct, place, rows = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(rows) - rows / 2
    cut = np.minimum((middle * bands / max(scores.size, 1)).astype(np.intp), bands - 1)
    _, band = np.unique(cut, return_inverse=True)
    own = band[place]
    starts = np.flatnonzero(np.diff(band, prepend=-1))
    ends = np.append(starts[1:], distinct.size) - 1
    return Counted(
        rows=np.bincount(own).astype(np.float64),
        positives=_sums(own, labels),
        expected=_sums(own, scores),
        lowest=distinct[starts],
        highest=distinct[ends] if starts.size else distinct,
    )


def _sums(place: NDArray[np.intp], values: Floats) -> Floats:
    return np.asarray(np.bincount(place, weights=values), dtype=np.float64)


def binomial_chance(bands: Counted) -> Floats:
    """How likely is a difference as large, if every score were true? Two-sided and exact.

    Twice the smaller tail of the binomial distribution with the band's mean score. Scores
    within a band differ; the true spread of the number of positives is then smaller than the
    binomial one (Hoeffding 1956), so the probability is too large rather than too small.
    """
    return np.array(
        [
            _two_sided(round(hits), round(rows), expected / rows)
            for hits, rows, expected in zip(
                bands.positives, bands.rows, bands.expected, strict=True
            )
        ]
    )


def holm(chances: Floats) -> Floats:
    """Correct probabilities for how many questions were asked (Holm 1979).

    The smallest is multiplied by m, the next by m - 1 and so on; a larger one is never left
    below a smaller one. Rejecting where the result is below a level keeps that level overall.
    """
    order = np.argsort(chances, kind="stable")
    weighted = chances[order] * np.arange(chances.size, 0, -1)
    corrected = np.empty_like(chances)
    corrected[order] = np.minimum(np.maximum.accumulate(weighted), 1.0)
    return corrected


def hosmer_lemeshow(bands: Counted) -> tuple[float, float] | None:
    """Σ (O - E)² / (E (1 - E/n)) over the bands, and how likely chance reaches it.

    Hosmer and Lemeshow (1980); chi-square with as many degrees as bands, because the rows did
    not fit the scores. None where a band expects no positive, or nothing else.
    """
    spread = bands.expected * (1 - bands.expected / np.maximum(bands.rows, 1))
    if bands.rows.size == 0 or spread.min() <= 0:
        return None
    value = float(np.sum((bands.positives - bands.expected) ** 2 / spread))
    return value, exceeded_by_chance(value, bands.rows.size)


def _cut(sample: Sample, rule: Rule) -> Counted:
    """As many bands as the policy asks for, fewer where they would be too small to test."""
    room = int(sample.n // rule.parameter("band_rows"))
    bands = max(1, min(int(rule.parameter("bands")), room))
    return score_bands(sample.labels.astype(np.float64), sample.of(CANDIDATE), bands)


def _judged(rule: Rule, window: str, sample: Sample, bands: Counted, chance: Floats) -> CheckResult:
    """Failed: a band is surely and materially off. Open: materially, but not surely."""
    least = rule.parameter("minimum_rows")
    if sample.n < max(least, 1):
        said = f"{sample.n} rows where the policy asks for {least:g}"
        return rule.judge(window, None, said, n=sample.n)
    sizes = np.abs(bands.gaps)
    material = ~_within(rule, sizes)
    sure = chance < rule.parameter("significance")
    holds = False if (material & sure).any() else None if material.any() else True
    # The band that decides: the surest of those beyond the limit, else the widest gap.
    worst = int(np.argmin(np.where(material, chance, 2.0 - sizes)))
    said = (
        f"{_counted(material & sure)} of {sizes.size} bands off; the largest difference: "
        if not material.any()
        else f"{_counted(material & sure)} of {sizes.size} bands surely and materially off, "
        f"{_counted(material & ~sure)} perhaps; the gravest: "
    )
    return replace(
        rule.answer(window, said + _told(bands, worst, chance), holds=holds, n=sample.n),
        observed=float(sizes[worst]),
    )


def _within(rule: Rule, sizes: Floats) -> Marked:
    return np.array([rule.holds(float(size)) for size in sizes], dtype=np.bool_)


def _counted(marked: Marked) -> str:
    found = int(np.count_nonzero(marked))
    return str(found) if found else "none"


def _told(bands: Counted, place: int, chance: Floats) -> str:
    rows, hits = round(bands.rows[place]), round(bands.positives[place])
    return (
        f"{percent(hits / rows)} observed against "
        f"{percent(float(bands.expected[place] / rows))} predicted ({hits} of {rows} rows, "
        f"p {_chance(float(chance[place]))} after Holm)"
    )


def _chance(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}"  # noqa: PLR2004  (how it is written)


def _figures(rule: Rule, bands: Counted, chance: Floats) -> Banded:
    level = rule.parameter("significance")
    sizes = np.abs(bands.gaps) if bands.rows.size else np.empty(0)
    off = ~_within(rule, sizes) & (chance < level)
    found = hosmer_lemeshow(bands)
    return Banded(
        bands=tuple(
            _band(bands, place, float(chance[place]), bool(off[place]), 1 - level)
            for place in range(bands.rows.size)
        ),
        hosmer_lemeshow=_short(found[0]) if found else None,
        hosmer_lemeshow_chance=_short(found[1]) if found else None,
    )


def _band(bands: Counted, place: int, chance: float, off: bool, confidence: float) -> Band:
    rows, hits = round(bands.rows[place]), round(bands.positives[place])
    around = wilson_interval(hits, rows, confidence)
    return Band(
        lowest=_short(bands.lowest[place]),
        highest=_short(bands.highest[place]),
        n=rows,
        positives=hits,
        mean_score=_short(bands.expected[place] / rows),
        observed=_short(hits / rows),
        low=_short(around.low) if around else 0.0,
        high=_short(around.high) if around else 1.0,
        chance=_short(chance),
        off=off,
    )


def _two_sided(hits: int, rows: int, rate: float) -> float:
    if not 0 < rate < 1:
        return 1.0 if hits == round(rows * rate) else 0.0
    counts = np.arange(rows + 1)
    factorials = np.concatenate(([0.0], np.cumsum(np.log(counts[1:]))))
    chances = np.exp(
        factorials[rows]
        - factorials
        - factorials[::-1]
        + counts * np.log(rate)
        + (rows - counts) * np.log1p(-rate)
    )
    smaller = min(float(chances[: hits + 1].sum()), float(chances[hits:].sum()))
    return min(1.0, 2 * smaller)


def _short(value: float) -> float:
    return round(float(value), _DECIMALS)
