"""Does the model err alike for all groups?

``FAIR-005`` equalised odds (Hardt, Price and Srebro 2016): the larger of two differences
against the reference, that of the false positive rate (declined among those who turned out
well) and that of the true positive rate (declined among those who turned out badly). Both
have Newcombe's interval, wide enough that the two hold together; the larger one lies between
the larger of the lower ends and the larger of the upper ends.

The ratio of false positive rates is reported beside it, as published studies give it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance.fairness.coding import believed
from pipelines_lib.assurance.fairness.judged import (
    Span,
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
from pipelines_lib.assurance.shares import Share, magnitude
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.results import Answer, CheckResult, Interval

if TYPE_CHECKING:
    from pipelines_lib.assurance.fairness.cohort import Cohort, Marks
    from pipelines_lib.assurance.fairness.groups import Grouping
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.protected import ProtectedAttribute
    from pipelines_lib.spec.rulebook import RuleBook

CODE = "FAIR-005"
TOPIC = "equalised_odds"
_RATES = 2
"""False and true positive rate: two comparisons for each group."""


@dataclass(frozen=True)
class Odds:
    """Errors of one group beside those of its reference.

    Attributes:
        well: Declined among those who turned out well.
        badly: Declined among those who turned out badly.
        false_positive: Difference of the first share against the reference; signed.
        true_positive: Difference of the second share against the reference; signed.
        larger: The larger of the two, without its sign.
        ratio: False positive rate over that of the reference.
    """

    well: Share
    badly: Share
    false_positive: Estimate | None = None
    true_positive: Estimate | None = None
    larger: Estimate | None = None
    ratio: Estimate | None = None

    @property
    def least(self) -> int:
        """People with the rarer outcome."""
        return min(self.well.of, self.badly.of)


@dataclass(frozen=True)
class OddsFigures:
    """One group, as the evidence holds it.

    Attributes:
        group: Its name.
        well: People who turned out well.
        badly: People who turned out badly.
        false_positive_rate: Declined among the first.
        true_positive_rate: Declined among the second.
        false_positive: Difference of the first rate against the reference.
        true_positive: Difference of the second.
        ratio: False positive rate over that of the reference.
        judged: Whether the group is large enough.
    """

    group: str
    well: int
    badly: int
    false_positive_rate: float | None
    true_positive_rate: float | None
    false_positive: Span
    true_positive: Span
    ratio: Span
    judged: bool


@dataclass(frozen=True)
class AttributeOdds:
    """All groups of one attribute; ``unknown`` is one of them."""

    attribute: str
    reference: str
    groups: tuple[OddsFigures, ...]


@dataclass(frozen=True)
class EqualisedOddsFigures:
    """Errors by group; all intervals hold together at ``confidence``."""

    confidence: float
    attributes: tuple[AttributeOdds, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Compare the errors about every group with those about its reference."""
    if not inquiry.asks(CODE) or inquiry.spec.fairness.not_applicable:
        return unasked(TOPIC)
    checks, figures = check_equalised_odds(
        inquiry.spec, inquiry.rules, inquiry.cohort, inquiry.candidate.cutoff
    )
    return Answer(TOPIC, believed(inquiry, checks), figures)


def check_equalised_odds(
    spec: "ModelSpec", rules: "RuleBook", cohort: "Cohort", cutoff: float
) -> tuple[tuple[CheckResult, ...], EqualisedOddsFigures]:
    """Judge the larger difference of every group that is large enough."""
    confidence = confidence_of(rules, CODE)
    each = simultaneous(confidence, compared(spec))
    checks: list[CheckResult] = []
    figures = []
    for attribute in spec.fairness.attributes:
        grouping = cohort.groupings[attribute.name]
        base = grouping.names.index(attribute.reference)
        found = odds(grouping, base, cohort.approved(cutoff), cohort.labels, each)
        judged = judged_groups(cohort, attribute, rules)
        checks += [
            _result(rules, attribute, group, found[grouping.names.index(group)], found[base])
            for group in judged
            if group != attribute.reference
        ]
        lines = zip(grouping.names, found, strict=True)
        drawn_groups = tuple(_drawn(name, one, name in judged) for name, one in lines)
        figures.append(AttributeOdds(attribute.name, attribute.reference, drawn_groups))
    return tuple(checks), EqualisedOddsFigures(confidence, tuple(figures))


def odds(
    grouping: "Grouping", base: int, approved: "Marks", labels: np.ndarray, confidence: float
) -> tuple[Odds, ...]:
    """Errors of every group, those of all but group number ``base`` compared with it.

    Args:
        grouping: The group of each row.
        base: Which group is the reference.
        approved: Whose score is below the cut-off.
        labels: 1, 0, or anything else where the outcome is not known.
        confidence: Of the two differences of one group together.
    """
    well = grouping.counts(approved, among=labels == 0)
    badly = grouping.counts(approved, among=labels == 1)
    shares = [(_declined(one), _declined(two)) for one, two in zip(well, badly, strict=True)]
    return tuple(
        Odds(*mine) if place == base else _against(*mine, *shares[base], confidence)
        for place, mine in enumerate(shares)
    )


def _declined(declined_and_approved: np.ndarray) -> Share:
    declined, approved = (int(count) for count in declined_and_approved)
    return Share(declined, declined + approved)


def _against(
    well: Share, badly: Share, other_well: Share, other_badly: Share, confidence: float
) -> Odds:
    each = simultaneous(confidence, _RATES)
    false, true = well.difference_to(other_well, each), badly.difference_to(other_badly, each)
    decided = _rarer(well, badly, other_well, other_badly)
    larger = _larger(false, true, confidence) if false and true and decided else None
    return Odds(well, badly, false, true, larger, well.ratio_to(other_well, confidence))


def _rarer(*shares: Share) -> int:
    """Declined or approved, whichever are fewer; where it is none there is nothing to compare."""
    declined, every = sum(share.some for share in shares), sum(share.of for share in shares)
    return min(declined, every - declined)


def _larger(one: Estimate, other: Estimate, confidence: float) -> Estimate:
    sizes = magnitude(one), magnitude(other)
    low = max(size.interval.low for size in sizes)
    high = max(size.interval.high for size in sizes)
    return Estimate(max(size.value for size in sizes), Interval(low, high, confidence))


def _result(
    rules: "RuleBook", attribute: "ProtectedAttribute", group: str, one: Odds, base: Odds
) -> CheckResult:
    size, interval = parts(one.larger)
    return rules.rule(CODE).judge(
        named(attribute, group),
        size,
        f"Declined, {group} against {attribute.reference}: of those who turned out well "
        f"{_told(one.well, base.well, one.false_positive)}; of those who turned out badly "
        f"{_told(one.badly, base.badly, one.true_positive)}.",
        interval=interval,
        n=min(one.least, base.least),
    )


def _told(one: Share, other: Share, difference: Estimate | None) -> str:
    if difference is None:
        return f"{one} against {other}, not comparable"
    span = spanning(difference.interval, "+.3f")
    return f"{one} against {other}, difference {difference.value:+.3f}, {span}"


def _drawn(name: str, one: Odds, judged: bool) -> OddsFigures:
    return OddsFigures(
        name,
        one.well.of,
        one.badly.of,
        drawn(one.well.value),
        drawn(one.badly.value),
        ends(one.false_positive),
        ends(one.true_positive),
        ends(one.ratio),
        judged=judged,
    )
