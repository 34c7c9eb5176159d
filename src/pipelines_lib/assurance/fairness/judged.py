"""Which groups are judged, which only reported, and how sure must each comparison be?

One place for what all questions on fairness share. Small groups are reported and not
required; every group that is compared makes one more chance of a false alarm, so each single
interval is wider and all of them together hold at the policy's confidence.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from pipelines_lib.assurance.fairness.groups import subject
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.results import Interval

if TYPE_CHECKING:
    from pipelines_lib.assurance.fairness.cohort import Cohort
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.protected import ProtectedAttribute
    from pipelines_lib.spec.rulebook import RuleBook

ADVERSE_IMPACT = "FAIR-001"
REPORTED_CONFIDENCE = 0.95
"""For figures that are shown and not judged, where no policy states a confidence."""
_DRAWN_DIGITS = 4

Span = tuple[float | None, float | None, float | None]
"""A figure, the lower and the upper end of its interval; None where there is none."""


def pairs(spec: "ModelSpec") -> "Iterator[tuple[ProtectedAttribute, ProtectedAttribute]]":
    """Every two attributes, in the spec's order."""
    yield from combinations(spec.fairness.attributes, 2)


def crossing(one: str, other: str) -> str:
    """How results and requirements name an intersection: ``sex=women & age=under_25``."""
    return f"{one} & {other}"


def minimum_share(rules: "RuleBook") -> float:
    """Below which share a group is reported only; nothing is small where FAIR-001 is unruled."""
    if ADVERSE_IMPACT not in rules:
        return 0.0
    return rules.rule(ADVERSE_IMPACT).parameter("minimum_share")


def is_small(rows: int, every: int, least: float) -> bool:
    """Whether a group has rows, but too few; a group without any has vanished, and is missed."""
    return 0 < rows < least * every


def judged_groups(
    cohort: "Cohort", attribute: "ProtectedAttribute", rules: "RuleBook"
) -> tuple[str, ...]:
    """Declared groups that are large enough; the reference always is."""
    rows, least = group_sizes(cohort, attribute.name), minimum_share(rules)
    return tuple(
        name
        for name in attribute.group_names
        if name == attribute.reference or not is_small(rows[name], cohort.n, least)
    )


def group_sizes(cohort: "Cohort", attribute: str) -> Mapping[str, int]:
    """Rows of every group of an attribute."""
    grouping = cohort.groupings[attribute]
    return dict(zip(grouping.names, map(int, grouping.sizes()), strict=True))


def compared(spec: "ModelSpec", *, reference: bool = False) -> int:
    """How many groups are compared with a reference (or with everybody) over all attributes."""
    return sum(len(each.group_names) - (not reference) for each in spec.fairness.attributes)


def simultaneous(confidence: float, comparisons: int) -> float:
    """How sure each of several intervals must be, so that all of them hold together.

    Bonferroni (Dunn 1961): 1 - (1 - confidence) / comparisons.
    """
    return 1 - (1 - confidence) / max(comparisons, 1)


def confidence_of(rules: "RuleBook", code: str) -> float:
    """The confidence of a rule; the usual one where figures are shown and nothing is judged."""
    stated = dict(rules.rule(code).parameters) if code in rules else {}
    return stated.get("confidence", REPORTED_CONFIDENCE)


def named(attribute: "ProtectedAttribute", group: str) -> str:
    """The subject of a result about one group."""
    return subject(attribute.name, group)


def drawn(value: float | None, digits: int = _DRAWN_DIGITS) -> float | None:
    """A figure as exact as a picture needs it; evidence is kept for years."""
    return None if value is None else float(f"{value:.{digits}g}")


def spanning(interval: Interval, style: str = ".3f") -> str:
    """``interval 0.761 to 0.800``: one of many, which hold together at the policy's confidence."""
    return f"interval {interval.low:{style}} to {interval.high:{style}}"


def ends(estimate: Estimate | None) -> Span:
    """Value, low and high for a picture."""
    if estimate is None:
        return None, None, None
    span = estimate.interval
    return drawn(estimate.value), drawn(span.low), drawn(span.high)


def parts(estimate: Estimate | None) -> tuple[float | None, Interval | None]:
    """Value and interval for a result."""
    return (None, None) if estimate is None else (estimate.value, estimate.interval)
