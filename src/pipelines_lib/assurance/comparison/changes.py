"""Who would notice that the champion was replaced?

``PERF-017`` puts on record how many decisions would flip, in which direction, and for whom:
at which scores of the champion, and in which segments of the inputs. Protected attributes
have no place here; fairness asks about them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chosen_rows import NOT_TRAINED_ON, in_window
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.sampled_rows import SampledRows
from pipelines_lib.assurance.scored import CANDIDATE, CHAMPION
from pipelines_lib.assurance.statistics import Floats, wilson_interval
from pipelines_lib.assurance.wording import and_too_few, between, percent
from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.modelling.package import ModelPackage
from pipelines_lib.modelling.reference import counts, number_bins
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule

CHANGES: Final = "PERF-017"
TOPIC: Final = "changes"
TO_DECLINED: Final = "to_declined"
TO_APPROVED: Final = "to_approved"
_DECILES = 10
_NAMED = 5
"""Segments named for each direction: what a reader can take in."""
_HALF_A_ROW = 0.5
_DIGITS = 5
Marked = NDArray[np.bool_]
Column = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Both:
    """What candidate and champion say of the same rows, and where each declines."""

    candidate: Floats
    champion: Floats
    candidate_cutoff: float
    champion_cutoff: float

    @property
    def n(self) -> int:
        """Rows."""
        return int(self.candidate.size)

    @property
    def flips(self) -> dict[str, Marked]:
        """Rows whose decision changes, by direction."""
        now = self.candidate >= self.candidate_cutoff
        before = self.champion >= self.champion_cutoff
        return {TO_DECLINED: now & ~before, TO_APPROVED: before & ~now}


@dataclass(frozen=True)
class Decile:
    """A tenth of the rows by the champion's score, lowest first."""

    highest: float
    n: int
    to_declined: int
    to_approved: int


@dataclass(frozen=True)
class Segment:
    """Rows with like values of one input among which a direction of flip is frequent.

    ``share`` flip in the segment, ``times`` as many as overall.
    """

    feature: str
    values: str
    direction: str
    n: int
    flips: int
    share: float
    times: float


@dataclass(frozen=True)
class ChangeFigures:
    """What replacing the champion changes, on rows the candidate was not trained on."""

    n: int
    mean_candidate: float | None
    mean_champion: float | None
    psi: float | None
    rank_correlation: float | None
    to_declined: int
    to_approved: int
    deciles: tuple[Decile, ...]
    sampled: int
    segments: tuple[Segment, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Ask what would change; without a champion nothing would."""
    champion = inquiry.champion_package
    if champion is None or not inquiry.asks(CHANGES):
        return unasked(TOPIC)
    rule = inquiry.rules.rule(CHANGES)
    both = scored_by_both(inquiry.home, inquiry.scores, inquiry.candidate.cutoff, champion.cutoff)
    rows = inquiry.sample(NOT_TRAINED_ON, int(rule.parameter("max_rows")))
    segments = (
        flipped_segments(rows, inquiry.package, (inquiry.candidate.cutoff, champion.cutoff), rule)
        if both is not None
        else ()
    )
    check, figures = check_changes(both, rule)
    return Answer(TOPIC, (check,), replace(figures, sampled=rows.n, segments=segments))


def scored_by_both(
    home: Path, scores: Snapshot, candidate_cutoff: float, champion_cutoff: float
) -> Both | None:
    """Read both scores of every row no candidate was trained on; None without a champion's."""
    names = (f"{CANDIDATE}_score", f"{CHAMPION}_score")
    if not set(names) <= set(scores.columns):
        return None
    table = read_snapshot(home, scores, ["window", *names])
    unseen = in_window(table, *NOT_TRAINED_ON)
    one, other = (table[name].to_numpy().astype(np.float64)[unseen] for name in names)
    return Both(one, other, candidate_cutoff, champion_cutoff)


def check_changes(both: Both | None, rule: Rule) -> tuple[CheckResult, ChangeFigures]:
    """Judge the share of decisions that flip, either way.

    Args:
        both: What both models say; None where the champion has not scored these rows.
        rule: What the policy asks.
    """
    if both is None or both.n == 0:
        why = "no row was scored by both models"
        return rule.judge(CHAMPION, None, why, n=0), _nothing()
    flips = {way: int(marked.sum()) for way, marked in both.flips.items()}
    changed = sum(flips.values())
    interval = wilson_interval(changed, both.n, rule.parameter("confidence"))
    figures = _figures(both, flips)
    ranked = (
        f"rank correlation {figures.rank_correlation:.3f}"
        if figures.rank_correlation is not None
        else "no rank correlation: one score never varies"
    )
    share = changed / both.n
    said = (
        f"{percent(share)} of decisions flip: {flips[TO_DECLINED]:,} to declined, "
        f"{flips[TO_APPROVED]:,} to approved of {both.n:,}"
        f"{f', {between(interval)}' if interval else ''}; {ranked}, PSI {figures.psi:.3f}"
    )
    return rule.judge(
        CHAMPION, share, said + and_too_few(rule, both.n), interval=interval, n=both.n
    ), figures


def rank_correlation(one: Floats, other: Floats) -> float | None:
    """Spearman (1904): Pearson correlation of ranks, equal scores sharing their mean rank.

    None where one of the scores never varies.
    """
    if one.size == 0 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    first, second = (_ranks(scores) - (scores.size + 1) / 2 for scores in (one, other))
    together = float(np.sum(first * second))
    return together / float(np.sqrt(np.sum(first**2) * np.sum(second**2)))


def score_stability(candidate: Floats, champion: Floats) -> float:
    """Population stability index of the candidate's score over deciles of the champion's.

    Σ (c - r) ln(c / r), half a row added to every bin.
    """
    frozen = number_bins(champion)
    now, then = (
        np.asarray(counts(frozen, scores), dtype=np.float64)[:-1] + _HALF_A_ROW
        for scores in (candidate, champion)
    )
    now, then = now / now.sum(), then / then.sum()
    return float(np.sum((now - then) * np.log(now / then)))


def flipped_segments(
    rows: SampledRows, package: ModelPackage, cutoffs: tuple[float, float], rule: Rule
) -> tuple[Segment, ...]:
    """Where each direction of flip is surely more frequent than overall.

    Segments are single bins of one input, as frozen in the candidate's package. The lower
    Wilson end of the share must exceed the overall share, at a level divided by the number of
    segments looked at (Bonferroni).

    Args:
        rows: A sample, with inputs by the candidate's contract.
        package: The candidate.
        cutoffs: The candidate's and the champion's.
        rule: Gives the confidence and how many rows a segment must hold.
    """
    if CHAMPION not in rows.scores or rows.n == 0:
        return ()
    flips = Both(rows.scores[CANDIDATE], rows.scores[CHAMPION], *cutoffs).flips
    least = rule.parameter("segment_rows")
    segments = [each for each in _segments(rows, package, flips) if each.n >= least]
    level = (1 - rule.parameter("confidence")) / max(2 * len(segments), 1)
    found: list[Segment] = []
    for way, marked in flips.items():
        named = (_frequent(each, way, marked, 1 - level) for each in segments)
        known = sorted((each for each in named if each), key=lambda each: -each.times)
        found += known[:_NAMED]
    return tuple(found)


@dataclass(frozen=True)
class _Counted:
    """One bin of one input: how many rows, and how many of them flip each way."""

    feature: str
    values: str
    n: int
    flips: Mapping[str, int]


def _segments(
    rows: SampledRows, package: ModelPackage, flips: Mapping[str, Marked]
) -> Iterator[_Counted]:
    for place, feature in enumerate(package.contract.features):
        column = rows.inputs[:, place]
        frozen = package.reference["features"][feature.name]
        codes, labels = _levels(column, frozen) if feature.is_category else _bins(column, frozen)
        codes[np.isnan(column)] = len(labels)
        n = np.bincount(codes)
        changed = {way: np.bincount(codes, weights=marked) for way, marked in flips.items()}
        for code in np.flatnonzero(n).tolist():
            values = labels[code] if code < len(labels) else "missing"
            own = {way: round(found[code]) for way, found in changed.items()}
            yield _Counted(feature.name, values, int(n[code]), own)


def _levels(column: Column, frozen: Mapping[str, Any]) -> tuple[NDArray[np.intp], list[str]]:
    return np.nan_to_num(column).astype(np.intp), list(frozen["levels"])


def _bins(column: Column, frozen: Mapping[str, Any]) -> tuple[NDArray[np.intp], list[str]]:
    edges = np.asarray(frozen["edges"], dtype=np.float32)
    labels = [_between(edges, place) for place in range(len(edges) + 1)]
    return np.asarray(np.searchsorted(edges, column, side="right"), dtype=np.intp), labels


def _between(edges: NDArray[np.float32], place: int) -> str:
    if not edges.size:
        return "any value"
    if place == 0:
        return f"below {edges[0]:.6g}"
    if place == edges.size:
        return f"from {edges[-1]:.6g}"
    return f"{edges[place - 1]:.6g} to {edges[place]:.6g}"


def _frequent(each: _Counted, way: str, marked: Marked, confidence: float) -> Segment | None:
    """The segment, if its rows flip this way surely more often than all rows do."""
    flips, overall = each.flips[way], float(marked.mean())
    around = wilson_interval(flips, each.n, confidence)
    if overall == 0 or around is None or around.low <= overall:
        return None
    share = flips / each.n
    times = _short(share / overall)
    return Segment(each.feature, each.values, way, each.n, flips, _short(share), times)


def _ranks(scores: Floats) -> Floats:
    _, place, rows = np.unique(scores, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(rows) - (rows - 1) / 2)[place], dtype=np.float64)


def _figures(both: Both, flips: dict[str, int]) -> ChangeFigures:
    correlation = rank_correlation(both.candidate, both.champion)
    return ChangeFigures(
        n=both.n,
        mean_candidate=_short(both.candidate.mean()),
        mean_champion=_short(both.champion.mean()),
        psi=_short(score_stability(both.candidate, both.champion)),
        rank_correlation=None if correlation is None else _short(correlation),
        to_declined=flips[TO_DECLINED],
        to_approved=flips[TO_APPROVED],
        deciles=_deciles(both),
        sampled=0,
        segments=(),
    )


def _nothing() -> ChangeFigures:
    return ChangeFigures(0, None, None, None, None, 0, 0, (), 0, ())


def _deciles(both: Both) -> tuple[Decile, ...]:
    """Tenths of the rows by the champion's score, equal scores together."""
    middle = _ranks(both.champion) - _HALF_A_ROW
    tenth = np.minimum((middle * _DECILES / both.n).astype(np.intp), _DECILES - 1)
    flips = both.flips
    return tuple(
        Decile(
            highest=_short(both.champion[inside].max()),
            n=int(inside.sum()),
            to_declined=int((inside & flips[TO_DECLINED]).sum()),
            to_approved=int((inside & flips[TO_APPROVED]).sum()),
        )
        for inside in (tenth == place for place in range(_DECILES))
        if inside.any()
    )


def _short(value: float) -> float:
    return round(float(value), _DIGITS)
