"""Would another cut-off treat groups otherwise?

``FAIR-008`` adverse impact ratio along the score: the ratio of FAIR-001 at many cut-offs, from
few approved to most. Judged is the lowest ratio of each group at the cut-offs around the one in
use: those that approve nearly as many. All intervals of one run hold together (Bonferroni over
groups and cut-offs), so the lowest ratio lies between the lowest of the lower ends and the
lowest of the upper ends, wherever it happens to be.

At every cut-off the lowest ratio among the intersections is reported as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance.fairness.coding import believed
from pipelines_lib.assurance.fairness.intersections import Pair, crossings, impact
from pipelines_lib.assurance.fairness.judged import (
    compared,
    drawn,
    judged_groups,
    named,
    parts,
    simultaneous,
    spanning,
)
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.shares import Share
from pipelines_lib.assurance.statistics import Estimate, Floats
from pipelines_lib.assurance.wording import percent
from pipelines_lib.results import Answer, CheckResult, Interval

if TYPE_CHECKING:
    from pipelines_lib.assurance.fairness.cohort import Cohort
    from pipelines_lib.assurance.fairness.groups import Grouping
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.protected import ProtectedAttribute
    from pipelines_lib.spec.rulebook import Rule, RuleBook

CODE = "FAIR-008"
TOPIC = "along_the_score"

Line = tuple[float | None, ...]
"""A figure at every cut-off."""


@dataclass(frozen=True)
class GroupLine:
    """The ratio of one group at every cut-off."""

    group: str
    rows: int
    judged: bool
    ratio: Line
    low: Line
    high: Line


@dataclass(frozen=True)
class AttributeLines:
    """All groups of one attribute but its reference; ``unknown`` is one of them."""

    attribute: str
    reference: str
    groups: tuple[GroupLine, ...]


@dataclass(frozen=True)
class Lowest:
    """The intersection with the lowest ratio at one cut-off."""

    subject: str
    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class AlongTheScoreFigures:
    """Ratios along the score.

    Attributes:
        confidence: At which all intervals hold together.
        cutoffs: Scores at or above which applications would be declined.
        approved: Share of everybody approved at each.
        at_cutoff: Share approved at the cut-off in use.
        judged: 1 at each cut-off that is near enough to it to be judged.
        attributes: A line for each group.
        intersections: At each cut-off the lowest judged intersection; None where there is none.
    """

    confidence: float
    cutoffs: tuple[float, ...]
    approved: tuple[float, ...]
    at_cutoff: float | None
    judged: tuple[int, ...]
    attributes: tuple[AttributeLines, ...]
    intersections: tuple[Lowest | None, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Compare approvals by group at many cut-offs."""
    if not inquiry.asks(CODE) or inquiry.spec.fairness.not_applicable:
        return unasked(TOPIC)
    checks, figures = check_along_the_score(
        inquiry.spec, inquiry.rules, inquiry.cohort, inquiry.candidate.cutoff
    )
    return Answer(TOPIC, believed(inquiry, checks), figures)


def check_along_the_score(
    spec: "ModelSpec", rules: "RuleBook", cohort: "Cohort", cutoff: float
) -> tuple[tuple[CheckResult, ...], AlongTheScoreFigures]:
    """Judge the lowest ratio of every group that is large enough."""
    rule = rules.rule(CODE)
    cutoffs = _cutoffs(rule, cohort.scores)
    points = max(len(cutoffs), 1)
    each = simultaneous(rule.parameter("confidence"), compared(spec) * points)
    place = np.searchsorted(cutoffs, cohort.scores, side="right")
    approved = np.cumsum(np.bincount(place, minlength=points + 1))[: len(cutoffs)]
    shares = tuple(float(f"{count / cohort.n:.4g}") for count in approved)
    at_cutoff = float(np.mean(cohort.approved(cutoff))) if cohort.n else 0.0
    around = tuple(abs(share - at_cutoff) <= rule.parameter("around") for share in shares)
    checks: list[CheckResult] = []
    lines = []
    for attribute in spec.fairness.attributes:
        grouping = cohort.groupings[attribute.name]
        ratios = _ratios(grouping, attribute.reference, place, len(cutoffs), each)
        judged = judged_groups(cohort, attribute, rules)
        lines.append(AttributeLines(attribute.name, attribute.reference, _drawn(ratios, judged)))
        checks += [
            _result(rule, attribute, group, ratios[group], tuple(zip(shares, around, strict=True)))
            for group in judged
            if group != attribute.reference
        ]
    return tuple(checks), AlongTheScoreFigures(
        confidence=rule.parameter("confidence"),
        cutoffs=tuple(float(f"{value:.6g}") for value in cutoffs),
        approved=shares,
        at_cutoff=drawn(at_cutoff) if cohort.n else None,
        judged=tuple(map(int, around)),
        attributes=tuple(lines),
        intersections=_lowest(
            crossings(spec, rules, cohort), place, len(cutoffs), rule.parameter("confidence")
        ),
    )


def _cutoffs(rule: "Rule", scores: Floats) -> Floats:
    """Scores that approve evenly spread shares; equal ones, and those that approve nobody, go."""
    if not scores.size:
        return np.empty(0)
    wanted = np.linspace(
        rule.parameter("least_approved"),
        rule.parameter("most_approved"),
        int(rule.parameter("points")),
    )
    places = np.clip(np.ceil(wanted * scores.size), 1, scores.size - 1).astype(np.intp)
    found = np.unique(np.sort(scores)[places])
    return np.asarray(found[found > scores.min()])


@dataclass(frozen=True)
class _Ratios:
    """One group along the score: approvals at every cut-off, and the ratio where there is one."""

    rows: int
    least: int
    ratios: tuple[Estimate | None, ...]


def _ratios(
    grouping: "Grouping",
    reference: str,
    place: np.ndarray,
    points: int,
    confidence: float,
) -> dict[str, _Ratios]:
    base = grouping.names.index(reference)
    approved, sizes = _approved(grouping, place, points), grouping.sizes()
    return {
        name: _Ratios(
            int(sizes[row]),
            int(min(sizes[row], sizes[base])),
            _against(approved[row], sizes[row], approved[base], sizes[base], confidence),
        )
        for row, name in enumerate(grouping.names)
        if row != base
    }


def _approved(grouping: "Grouping", place: np.ndarray, points: int) -> np.ndarray:
    """Approved of each group (rows) at each cut-off (columns).

    ``place`` counts the cut-offs at or below a score; the application is approved at all others.
    """
    cell = grouping.index.astype(np.int64) * (points + 1) + place
    counts = np.bincount(cell, minlength=len(grouping.names) * (points + 1))
    return np.cumsum(counts.reshape(-1, points + 1), axis=1)[:, :points]


def _against(
    some: Sequence[int], of: int, other_some: Sequence[int], other_of: int, confidence: float
) -> tuple[Estimate | None, ...]:
    return tuple(
        impact(Share(int(one), int(of)), Share(int(other), int(other_of)), confidence)
        for one, other in zip(some, other_some, strict=True)
    )


def _result(
    rule: "Rule",
    attribute: "ProtectedAttribute",
    group: str,
    line: _Ratios,
    around: tuple[tuple[float, bool], ...],
) -> CheckResult:
    near = zip(around, line.ratios, strict=True)
    known = [(share, ratio) for (share, judged), ratio in near if judged and ratio is not None]
    lowest = _lowest_of([ratio for _, ratio in known])
    value, interval = parts(lowest)
    if lowest is None:
        story = f"Around the cut-off {group} cannot be compared with {attribute.reference}"
    else:
        where = min(known, key=lambda one: one[1].value)[0]
        story = (
            f"Lowest where {percent(where)} are approved: {group} {lowest.value:.3f} times "
            f"as often as {attribute.reference}, {spanning(lowest.interval)}; {len(known)} cut-offs"
        )
    return rule.judge(named(attribute, group), value, f"{story}.", interval=interval, n=line.least)


def _lowest_of(ratios: Sequence[Estimate]) -> Estimate | None:
    if not ratios:
        return None
    low = min(ratio.interval.low for ratio in ratios)
    high = min(ratio.interval.high for ratio in ratios)
    value = min(ratio.value for ratio in ratios)
    return Estimate(value, Interval(low, high, ratios[0].interval.confidence))


def _drawn(ratios: dict[str, _Ratios], judged: tuple[str, ...]) -> tuple[GroupLine, ...]:
    return tuple(
        GroupLine(
            name,
            line.rows,
            name in judged,
            tuple(drawn(one.value, 3) if one else None for one in line.ratios),
            tuple(drawn(one.interval.low, 3) if one else None for one in line.ratios),
            tuple(drawn(one.interval.high, 3) if one else None for one in line.ratios),
        )
        for name, line in ratios.items()
    )


def _lowest(
    crossed: Sequence[Pair], place: np.ndarray, points: int, confidence: float
) -> tuple[Lowest | None, ...]:
    """The lowest judged intersection at every cut-off."""
    judged = sum(int(pair.judged.sum()) for pair in crossed)
    each = simultaneous(confidence, judged * max(points, 1))
    found: list[list[tuple[Estimate, str]]] = [[] for _ in range(points)]
    for pair in crossed:
        approved, sizes = _approved(pair.grouping, place, points), pair.grouping.sizes()
        for cell in np.flatnonzero(pair.judged):
            ratios = _against(
                approved[cell], sizes[cell], approved[pair.base], sizes[pair.base], each
            )
            for point, ratio in enumerate(ratios):
                if ratio is not None:
                    found[point].append((ratio, pair.subject(int(cell))))
    return tuple(_named_lowest(one) for one in found)


def _named_lowest(found: Sequence[tuple[Estimate, str]]) -> Lowest | None:
    if not found:
        return None
    ratio, subject = min(found, key=lambda one: (one[0].value, one[1]))
    span = ratio.interval
    rounded = (float(f"{value:.3g}") for value in (ratio.value, span.low, span.high))
    return Lowest(subject, *rounded)
