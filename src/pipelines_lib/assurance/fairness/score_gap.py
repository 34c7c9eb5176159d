"""How far apart are the scores of two groups, whatever the cut-off?

``FAIR-004`` standardised mean difference: (mean score of the group - mean of the reference) /
pooled standard deviation of the two, with the small-sample correction of Hedges (1981).
Above zero the group is scored as the greater risk.

The interval is that of Hedges and Olkin (1985), n/(n1 n2) + d²/(2n), with the moments of the
data in place of those of a normal distribution: scores are skewed and their spread differs
from group to group, and the textbook's formula would be too sure of a small, uneven group.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance.fairness.coding import believed
from pipelines_lib.assurance.fairness.judged import (
    compared,
    confidence_of,
    ends,
    judged_groups,
    named,
    parts,
    simultaneous,
    spanning,
)
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.shares import magnitude
from pipelines_lib.assurance.statistics import Estimate, Floats, normal_interval
from pipelines_lib.results import Answer, CheckResult

if TYPE_CHECKING:
    from pipelines_lib.assurance.fairness.cohort import Cohort
    from pipelines_lib.assurance.fairness.groups import Grouping
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.protected import ProtectedAttribute
    from pipelines_lib.spec.rulebook import RuleBook

CODE = "FAIR-004"
TOPIC = "score_gap"
_LEAST = 2
"""People without whom a group has no spread."""
_NO_SPREAD = 1e-9
"""Scores closer together than this are one score, written in floating point."""


@dataclass(frozen=True)
class GapFigures:
    """The scores of one group beside those of its reference."""

    group: str
    rows: int
    mean_score: float | None
    difference: float | None
    low: float | None
    high: float | None
    judged: bool


@dataclass(frozen=True)
class AttributeGaps:
    """All groups of one attribute; ``unknown`` is one of them."""

    attribute: str
    reference: str
    groups: tuple[GapFigures, ...]


@dataclass(frozen=True)
class ScoreGapFigures:
    """Standardised mean differences; all intervals hold together at ``confidence``."""

    confidence: float
    attributes: tuple[AttributeGaps, ...]


@dataclass(frozen=True, eq=False)
class _Moments:
    n: np.ndarray
    mean: Floats
    second: Floats
    third: Floats
    fourth: Floats


def ask(inquiry: Inquiry) -> Answer:
    """Compare the scores of every group with those of its reference."""
    if not inquiry.asks(CODE) or inquiry.spec.fairness.not_applicable:
        return unasked(TOPIC)
    checks, figures = check_score_gap(inquiry.spec, inquiry.rules, inquiry.cohort)
    return Answer(TOPIC, believed(inquiry, checks), figures)


def check_score_gap(
    spec: "ModelSpec", rules: "RuleBook", cohort: "Cohort"
) -> tuple[tuple[CheckResult, ...], ScoreGapFigures]:
    """Judge the size of each difference: favouring a group is a difference as well."""
    confidence = confidence_of(rules, CODE)
    each = simultaneous(confidence, compared(spec))
    checks: list[CheckResult] = []
    drawn = []
    for attribute in spec.fairness.attributes:
        grouping = cohort.groupings[attribute.name]
        found = gaps(grouping, grouping.names.index(attribute.reference), cohort.scores, each)
        judged = judged_groups(cohort, attribute, rules)
        drawn.append(_drawn(attribute, grouping, cohort.scores, found, judged))
        sizes = dict(zip(grouping.names, map(int, grouping.sizes()), strict=True))
        checks += [
            _result(rules, attribute, group, found[grouping.names.index(group)], sizes)
            for group in judged
            if group != attribute.reference
        ]
    return tuple(checks), ScoreGapFigures(confidence, tuple(drawn))


def gaps(
    grouping: "Grouping", base: int, scores: Floats, confidence: float
) -> tuple[Estimate | None, ...]:
    """Standardised mean difference of every group against group number ``base``.

    Returns:
        None for the base itself, for fewer than two people and where no score varies.
    """
    moments = _moments(grouping, scores)
    return tuple(
        None if place == base else _gap(moments, place, base, confidence)
        for place in range(len(grouping.names))
    )


def _moments(grouping: "Grouping", scores: Floats) -> _Moments:
    n = grouping.sizes()
    there = np.maximum(n, 1)
    mean = grouping.sums(scores) / there
    off = scores - mean[grouping.index]
    powers = (grouping.sums(off**power) / there for power in (2, 3, 4))
    return _Moments(n, mean, *powers)


def _gap(moments: _Moments, one: int, other: int, confidence: float) -> Estimate | None:
    n, m = int(moments.n[one]), int(moments.n[other])
    if min(n, m) < _LEAST:
        return None
    free = n + m - 2
    pooled = float(n * moments.second[one] + m * moments.second[other]) / free
    if pooled < _NO_SPREAD**2:
        return None
    spread = math.sqrt(pooled)
    raw = float(moments.mean[one] - moments.mean[other]) / spread
    correction = 1 - 3 / (4 * free - 1)
    error = math.sqrt(
        sum(
            _variance(moments, place, raw * sign, spread, n + m)
            for place, sign in ((one, 1), (other, -1))
        )
    )
    value = raw * correction
    return Estimate(value, normal_interval(value, error, confidence))


def _variance(moments: _Moments, place: int, d: float, spread: float, every: int) -> float:
    """What one group's people add to the variance of d, by the delta method on rows.

    A person moves the mean by c/n and the pooled variance by (c² - m₂)/N, hence d by
    c/(n s) - d (c² - m₂)/(2 s² N), with c the distance from the group's own mean.
    """
    n = int(moments.n[place])
    second, third, fourth = (
        float(getattr(moments, name)[place]) for name in ("second", "third", "fourth")
    )
    of_mean = second / ((n - 1) * spread**2)
    of_spread = d**2 * n * max(fourth - second**2, 0.0) / (4 * spread**4 * every**2)
    together = d * third / (spread**3 * every)
    return max(of_mean + of_spread - together, 0.0)


def _result(
    rules: "RuleBook",
    attribute: "ProtectedAttribute",
    group: str,
    signed: Estimate | None,
    sizes: "dict[str, int]",
) -> CheckResult:
    size, interval = parts(magnitude(signed) if signed else None)
    n = min(sizes[group], sizes[attribute.reference])
    if signed is None:
        story = f"The scores of {group} and {attribute.reference} cannot be compared"
    else:
        risk = "greater" if signed.value > 0 else "lesser"
        story = (
            f"Scores of {group} tell a {risk} risk than those of {attribute.reference}: "
            f"{signed.value:+.3f} standard deviations, {spanning(signed.interval, '+.3f')}"
        )
    people = f"{sizes[group]:,} against {sizes[attribute.reference]:,} people"
    return rules.rule(CODE).judge(
        named(attribute, group), size, f"{story}; {people}.", interval=interval, n=n
    )


def _drawn(
    attribute: "ProtectedAttribute",
    grouping: "Grouping",
    scores: Floats,
    found: tuple[Estimate | None, ...],
    judged: tuple[str, ...],
) -> AttributeGaps:
    sizes, sums = grouping.sizes(), grouping.sums(scores)
    return AttributeGaps(
        attribute.name,
        attribute.reference,
        tuple(
            GapFigures(
                name,
                int(sizes[place]),
                float(f"{sums[place] / sizes[place]:.4g}") if sizes[place] else None,
                *ends(found[place]),
                judged=name in judged,
            )
            for place, name in enumerate(grouping.names)
        ),
    )
