"""Does a score mean the same risk in every group?

``FAIR-006`` calibration by group: observed over expected outcomes of the group, divided by
the same ratio of everybody. One means that the group is as well (or as badly) calibrated as
the whole; a model that is off for all alike is the business of PERF-002.

The interval is taken on the logarithm by the delta method on rows. A group is a part of the
whole, so its rows count in both ratios; the formula keeps that in.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance.fairness.coding import believed
from pipelines_lib.assurance.fairness.judged import (
    compared,
    confidence_of,
    drawn,
    ends,
    judged_groups,
    named,
    parts,
    simultaneous,
    spanning,
)
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.shares import magnitude
from pipelines_lib.assurance.statistics import (
    Estimate,
    Floats,
    Labels,
    normal_interval,
    observed_to_expected,
)
from pipelines_lib.results import Answer, CheckResult, Interval

if TYPE_CHECKING:
    from pipelines_lib.assurance.fairness.cohort import Cohort
    from pipelines_lib.assurance.fairness.groups import Grouping
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.protected import ProtectedAttribute
    from pipelines_lib.spec.rulebook import RuleBook

CODE = "FAIR-006"
TOPIC = "group_calibration"
_LARGEST = 1e3
"""A variance of a logarithm above this is no knowledge at all; its exponential overflows."""


@dataclass(frozen=True)
class Calibrated:
    """Outcomes of one group beside what was predicted for it.

    ``against_whole`` is its observed/expected over that of everybody; None where the group
    (or the whole) has only one outcome, or nothing was predicted.
    """

    rows: int
    observed: int
    expected: float
    against_whole: Estimate | None


@dataclass(frozen=True)
class CalibrationFigures:
    """One group, as the evidence holds it."""

    group: str
    rows: int
    observed: int
    expected: float
    ratio: float | None
    against_whole: float | None
    low: float | None
    high: float | None
    judged: bool


@dataclass(frozen=True)
class AttributeCalibration:
    """All groups of one attribute; ``unknown`` is one of them."""

    attribute: str
    groups: tuple[CalibrationFigures, ...]


@dataclass(frozen=True)
class GroupCalibrationFigures:
    """Calibration of everybody, and of every group against it."""

    confidence: float
    whole: float | None
    whole_low: float | None
    whole_high: float | None
    attributes: tuple[AttributeCalibration, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Hold the calibration of every group against that of everybody."""
    if not inquiry.asks(CODE) or inquiry.spec.fairness.not_applicable:
        return unasked(TOPIC)
    checks, figures = check_group_calibration(inquiry.spec, inquiry.rules, inquiry.cohort)
    return Answer(TOPIC, believed(inquiry, checks), figures)


def check_group_calibration(
    spec: "ModelSpec", rules: "RuleBook", cohort: "Cohort"
) -> tuple[tuple[CheckResult, ...], GroupCalibrationFigures]:
    """Judge every group that is large enough, the reference as well: it may be off too."""
    confidence = confidence_of(rules, CODE)
    each = simultaneous(confidence, compared(spec, reference=True))
    known = cohort.with_outcome
    whole = observed_to_expected(cohort.labels[known], cohort.scores[known], confidence)
    checks: list[CheckResult] = []
    figures = []
    for attribute in spec.fairness.attributes:
        grouping = cohort.groupings[attribute.name]
        found = against_whole(grouping, cohort.labels, cohort.scores, each)
        judged = judged_groups(cohort, attribute, rules)
        by_name = dict(zip(grouping.names, found, strict=True))
        checks += [_result(rules, attribute, group, by_name[group]) for group in judged]
        groups = tuple(_drawn(name, one, name in judged) for name, one in by_name.items())
        figures.append(AttributeCalibration(attribute.name, groups))
    return tuple(checks), GroupCalibrationFigures(confidence, *ends(whole), tuple(figures))


def against_whole(
    grouping: "Grouping", labels: Labels, scores: Floats, confidence: float
) -> tuple[Calibrated, ...]:
    """Observed/expected of every group over that of all rows with a known outcome.

    A row moves ln(O/E) of its group by a = y/ȳ_g - p/p̄_g over n_g, and that of the whole by
    b = y/ȳ - p/p̄ over n; the variance of the difference is the sum of the squares of
    a/n_g - b/n over the group and of b/n over the others.
    """
    known = labels >= 0
    y, p = labels[known].astype(np.float64), scores[known]
    part = type(grouping)(grouping.names, grouping.index[known])
    n, seen, told = part.sizes(), part.sums(y), part.sums(p)
    both, squares = part.sums(y * p), part.sums(p * p)
    whole = _Sums(len(y), y.sum(), p.sum(), (y * p).sum(), (p * p).sum())
    rows = (_Sums(*row) for row in zip(n, seen, told, both, squares, strict=True))
    return tuple(
        Calibrated(int(one.n), int(one.y), float(one.p), _against(one, whole, confidence))
        for one in rows
    )


@dataclass(frozen=True)
class _Sums:
    """Sums over some rows; y² is y, for an outcome is 0 or 1."""

    n: float
    y: float
    p: float
    yp: float
    pp: float

    def product(self, one: "_Sums", other: "_Sums") -> float:
        """Sum over these rows of a·b, with a and b the pulls on two ratios."""
        y1, p1, y2, p2 = one.n / one.y, one.n / one.p, other.n / other.y, other.n / other.p
        return y1 * y2 * self.y - (y1 * p2 + p1 * y2) * self.yp + p1 * p2 * self.pp


def _against(one: _Sums, whole: _Sums, confidence: float) -> Estimate | None:
    if not (0 < one.y < one.n and 0 < whole.y < whole.n and min(one.p, whole.p) > 0):
        return None
    value = math.log(one.y) - math.log(one.p) - math.log(whole.y) + math.log(whole.p)
    own = one.product(one, one) / one.n**2
    shared = one.product(one, whole) / (one.n * whole.n)
    every = whole.product(whole, whole) / whole.n**2
    variance = own - 2 * shared + every
    if not variance < _LARGEST:  # next to nothing was predicted: any ratio would do
        return None
    span = normal_interval(value, math.sqrt(max(variance, 0.0)), confidence)
    return Estimate(math.exp(value), Interval(math.exp(span.low), math.exp(span.high), confidence))


def _result(
    rules: "RuleBook", attribute: "ProtectedAttribute", group: str, one: Calibrated
) -> CheckResult:
    """Judge the size of the logarithm: half as many as predicted is as bad as twice as many."""
    size, interval = parts(_log_size(one.against_whole))
    told = f"{group}: {one.observed:,} observed where {one.expected:,.1f} were predicted"
    if one.against_whole is None:
        story = f"{told} for {one.rows:,} people; only one outcome, or nothing to compare"
    else:
        ratio = one.against_whole
        story = f"{told}, against everybody {ratio.value:.3f}, {spanning(ratio.interval)}"
    return rules.rule(CODE).judge(
        named(attribute, group), size, f"{story}.", interval=interval, n=one.rows
    )


def _log_size(ratio: Estimate | None) -> Estimate | None:
    if ratio is None:
        return None
    span = ratio.interval
    logs = Interval(math.log(span.low), math.log(span.high), span.confidence)
    return magnitude(Estimate(math.log(ratio.value), logs))


def _drawn(name: str, one: Calibrated, judged: bool) -> CalibrationFigures:
    ratio = one.observed / one.expected if one.expected > 0 else None
    return CalibrationFigures(
        name,
        one.rows,
        one.observed,
        float(f"{one.expected:.6g}"),
        drawn(ratio),
        *ends(one.against_whole),
        judged=judged,
    )
