"""Does the model hold from week to week, or does one good stretch hide a bad one?

``PERF-011`` cuts the rows no part of the model has seen into slices by business date and
looks at each: does the score rank there as it does elsewhere, and do as many outcomes occur
as were predicted? Whether the slices differ at all is tested and reported.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chi_square import exceeded_by_chance
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.performance.unseen import log_distance
from pipelines_lib.assurance.ranking import Ranking, auc, auc_estimate, auc_gap, auc_variance
from pipelines_lib.assurance.scored import CANDIDATE, QUESTIONED
from pipelines_lib.assurance.statistics import Estimate, Floats, Labels, observed_to_expected
from pipelines_lib.assurance.wording import and_too_few, between
from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.results import Answer, CheckResult, Interval
from pipelines_lib.spec.rulebook import Rule

SLICES: Final = "PERF-011"
TOPIC: Final = "time_slices"
RANKING: Final = "ranking"
CALIBRATION: Final = "calibration"
_TWO = 2
_DECIMALS = 5


@dataclass(frozen=True, eq=False)
class Dated:
    """Rows whose outcome is known, in order of business date."""

    dates: NDArray[np.datetime64]
    labels: Labels
    scores: Floats


@dataclass(frozen=True)
class TimeSlice:
    """One stretch of nights; intervals are for all slices together."""

    first: date
    last: date
    n: int
    positives: int
    auc: float | None
    auc_interval: Interval | None
    observed_to_expected: float | None
    observed_to_expected_interval: Interval | None


@dataclass(frozen=True)
class SliceFigures:
    """All slices, and whether they differ by more than chance.

    ``homogeneity`` is the chi-square figure of the slices' AUC with one degree less than
    there are slices, ``homogeneity_chance`` how likely chance reaches it.
    """

    n: int
    auc: float | None
    homogeneity: float | None
    homogeneity_chance: float | None
    slices: tuple[TimeSlice, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Ask slice by slice."""
    if not inquiry.asks(SLICES):
        return unasked(TOPIC)
    checks, figures = check_slices(
        dated_rows(inquiry.home, inquiry.scores), inquiry.rules.rule(SLICES)
    )
    return Answer(TOPIC, checks, figures)


def dated_rows(home: Path, scores: Snapshot) -> Dated:
    """Read the windows that took no part in training: dates, outcomes and scores."""
    import pyarrow as pa
    import pyarrow.compute as pc

    score = f"{CANDIDATE}_score"
    table = read_snapshot(home, scores, ["business_date", "window", "label", score])
    seen = pc.is_in(table["window"], value_set=pa.array(QUESTIONED, pa.string()))
    table = table.filter(pc.and_(seen, pc.is_valid(table["label"])))
    dates = table["business_date"].to_numpy().astype("datetime64[D]")
    order = np.argsort(dates, kind="stable")
    return Dated(
        dates=dates[order],
        labels=table["label"].to_numpy().astype(np.int8)[order],
        scores=table[score].to_numpy().astype(np.float64)[order],
    )


def check_slices(rows: Dated, rule: Rule) -> tuple[tuple[CheckResult, ...], SliceFigures]:
    """Judge the worst slice: how much worse it ranks, and how far off it is calibrated.

    Two figures of every slice are judged, so each interval has a confidence of
    1 - (1 - c)/2k for k slices (Bonferroni).

    Args:
        rows: Unseen rows in order of business date.
        rule: What the policy asks.
    """
    parts = cut(rows, rule)
    confidence = 1 - (1 - rule.parameter("confidence")) / (2 * max(len(parts), 1))
    rankings = [Ranking.of(rows.labels[part], rows.scores[part]) for part in parts]
    ratios = [
        observed_to_expected(rows.labels[part], rows.scores[part], confidence) for part in parts
    ]
    even = homogeneity(rankings)
    checks = (
        _ranking(rule, rows, parts, confidence, even),
        _calibration(rule, rows, parts, ratios),
    )
    return checks, SliceFigures(
        n=rows.labels.size,
        auc=auc(Ranking.of(rows.labels, rows.scores)),
        homogeneity=_short(even[0]) if even else None,
        homogeneity_chance=_short(even[1]) if even else None,
        slices=tuple(
            _slice(rows, part, auc_estimate(ranking, confidence), ratio)
            for part, ranking, ratio in zip(parts, rankings, ratios, strict=True)
        ),
    )


def cut(rows: Dated, rule: Rule) -> tuple[slice, ...]:
    """Stretches of nearly equal numbers of rows, whole nights each, oldest first.

    As many as the policy asks for, fewer where the rarer outcome would be too rare in each;
    none where it is too rare for two.
    """
    positives = int(rows.labels.sum())
    rarer = min(positives, rows.labels.size - positives)
    wanted = min(int(rule.parameter("slices")), int(rarer // rule.parameter("slice_positives")))
    if wanted < _TWO:
        return ()
    nights = np.append(np.flatnonzero(np.diff(rows.dates.astype(np.int64))) + 1, rows.labels.size)
    aims = rows.labels.size * np.arange(1, wanted + 1) / wanted
    ends = np.unique(nights[np.argmin(np.abs(nights[:, None] - aims[None, :]), axis=0)])
    starts = np.concatenate(([0], ends[:-1]))
    return tuple(slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True))


def homogeneity(rankings: Sequence[Ranking]) -> tuple[float, float] | None:
    """Do the slices' AUC differ by more than chance? Cochran's (1954) Q and its probability.

    Σ w (A - Ā)² with w the inverse of DeLong's variance and Ā the mean so weighted;
    chi-square with one degree less than slices. None where a slice has no variance.
    """
    variances = [auc_variance(ranking) for ranking in rankings]
    if len(rankings) < _TWO or any(not variance for variance in variances):
        return None
    weights = 1 / np.array(variances, dtype=np.float64)
    areas = np.array([ranking.area for ranking in rankings])
    mean = float(np.sum(weights * areas) / weights.sum())
    value = float(np.sum(weights * (areas - mean) ** 2))
    return value, exceeded_by_chance(value, len(rankings) - 1)


def _ranking(
    rule: Rule,
    rows: Dated,
    parts: Sequence[slice],
    confidence: float,
    even: tuple[float, float] | None,
) -> CheckResult:
    n = rows.labels.size
    gaps = [_lost(rows, part, confidence) for part in parts]
    known = [gap for gap in gaps if gap is not None]
    if len(parts) < _TWO or len(known) < len(parts):
        return rule.judge(RANKING, None, _why(rule, rows, parts), n=n)
    worst = max(range(len(known)), key=lambda place: known[place].value)
    judged = _worst(known)
    apart = f"; slices alike with p {even[1]:.3f}" if even else ""
    said = (
        f"AUC from {_span(rows, parts[worst])} is {known[worst].value:.3f} below that of the "
        f"other {len(parts) - 1} slices ({between(judged.interval)} over all){apart}"
    )
    return rule.judge(
        RANKING, judged.value, said + and_too_few(rule, n), interval=judged.interval, n=n
    )


def _lost(rows: Dated, part: slice, confidence: float) -> Estimate | None:
    """AUC of all other rows minus that of the slice."""
    others = np.ones(rows.labels.size, dtype=np.bool_)
    others[part] = False
    return auc_gap(
        Ranking.of(rows.labels[others], rows.scores[others]),
        Ranking.of(rows.labels[part], rows.scores[part]),
        confidence,
    )


def _calibration(
    rule: Rule, rows: Dated, parts: Sequence[slice], ratios: Sequence[Estimate | None]
) -> CheckResult:
    own = replace(
        rule,
        measure="observed against predicted outcomes of a slice, size of the log ratio",
        limit=rule.parameter("calibration_at_most"),
    )
    n = rows.labels.size
    known = [ratio for ratio in ratios if ratio is not None]
    if len(parts) < _TWO or len(known) < len(parts):
        return own.judge(CALIBRATION, None, _why(rule, rows, parts), n=n)
    sizes = [log_distance(ratio) for ratio in known]
    worst = max(range(len(sizes)), key=lambda place: sizes[place].value)
    judged = _worst(sizes)
    said = (
        f"{known[worst].value:.2f} times as many outcomes as predicted from "
        f"{_span(rows, parts[worst])}, the worst of {len(parts)} slices "
        f"({between(known[worst].interval, '.2f')})"
    )
    return own.judge(
        CALIBRATION, judged.value, said + and_too_few(rule, n), interval=judged.interval, n=n
    )


def _worst(found: Sequence[Estimate]) -> Estimate:
    """The largest of several figures: at least the largest lower end, at most the upper one."""
    return Estimate(
        max(each.value for each in found),
        Interval(
            max(each.interval.low for each in found),
            max(each.interval.high for each in found),
            found[0].interval.confidence,
        ),
    )


def _why(rule: Rule, rows: Dated, parts: Sequence[slice]) -> str:
    positives = int(rows.labels.sum())
    rarer = min(positives, rows.labels.size - positives)
    least = rule.parameter("slice_positives")
    if rarer < _TWO * least:
        return (
            f"{rarer} rows of the rarer outcome, where two slices need "
            f"{_TWO * least:g}: the nights cannot be compared"
        )
    if len(parts) < _TWO:
        return "too few nights: the rows cannot be cut into slices"
    return "a slice holds too few rows of one outcome to be compared"


def _span(rows: Dated, part: slice) -> str:
    first, last = rows.dates[part][0], rows.dates[part][-1]
    return f"{first} to {last}" if first != last else str(first)


def _slice(rows: Dated, part: slice, area: Estimate | None, ratio: Estimate | None) -> TimeSlice:
    dates = rows.dates[part]
    return TimeSlice(
        first=dates[0].astype(object),
        last=dates[-1].astype(object),
        n=int(dates.size),
        positives=int(rows.labels[part].sum()),
        auc=_short(area.value) if area else None,
        auc_interval=_rounded(area.interval) if area else None,
        observed_to_expected=_short(ratio.value) if ratio else None,
        observed_to_expected_interval=_rounded(ratio.interval) if ratio else None,
    )


def _rounded(interval: Interval) -> Interval:
    return Interval(_short(interval.low), _short(interval.high), interval.confidence)


def _short(value: float) -> float:
    if not math.isfinite(value):
        return value
    return round(float(value), _DECIMALS)
