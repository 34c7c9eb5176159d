"""Does the model treat protected groups alike?

``FAIR-001`` adverse impact ratio, ``FAIR-002`` equal opportunity difference, ``FAIR-003`` no
protected attribute among the inputs. The one place where scores and protected attributes
meet: they are joined by key here, and the joined rows are never written anywhere.

The four-fifths ratio is a screen borrowed from employment guidelines, not a lending law;
the limit is the policy's. A group below the policy's minimum share is reported with its
counts but not required, as New York City's Local Law 144 lays down for its audits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance import fairlearn_door
from pipelines_lib.assurance.groups import (
    Grouping,
    group_rows,
    subject,
    values_by_key,
)
from pipelines_lib.assurance.shares import Share, magnitude
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.errors import bounded
from pipelines_lib.results import CheckResult

if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines_lib.spec.model_spec import ModelSpec, ProtectedAttribute
    from pipelines_lib.spec.rulebook import Rule, RuleBook

ADVERSE_IMPACT = "FAIR-001"
EQUAL_OPPORTUNITY = "FAIR-002"
PROTECTED_INPUT = "FAIR-003"

NOT_TRAINED_ON = ("validation", "out_of_time", "watch")
WITH_OUTCOMES = ("validation", "out_of_time")
SCORE_COLUMNS = ("key", "window", "label", "candidate_score")
_GOOD = 0


@dataclass(frozen=True)
class GroupFigures:
    """One group of one protected attribute, as the evidence holds it."""

    group: str
    rows: int
    share: float
    approved: int
    selection_rate: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    opportunity_rows: int
    opportunity: float | None
    opportunity_difference: float | None
    opportunity_low: float | None
    opportunity_high: float | None
    small: bool


@dataclass(frozen=True)
class AttributeFigures:
    """All groups of one protected attribute; ``unknown`` is the last of them."""

    attribute: str
    reference: str
    groups: tuple[GroupFigures, ...]


@dataclass(frozen=True)
class FairnessFigures:
    """Approval by group on every row the model was not trained on."""

    not_applicable: str | None
    rows: int
    attributes: tuple[AttributeFigures, ...]


@dataclass(frozen=True)
class _Group:
    """Counts of one group beside those of the reference group."""

    name: str
    is_reference: bool
    selected: Share
    reference_selected: Share
    good: Share
    reference_good: Share
    selection_rate: float | None
    opportunity: float | None


@dataclass(frozen=True, eq=False)
class _Decisions:
    """What the model would decide on rows it has not seen."""

    keys: "pa.ChunkedArray"
    approved: np.ndarray
    turned_out_well: np.ndarray


def check_fairness(
    spec: "ModelSpec",
    rules: "RuleBook",
    *,
    scores: "pa.Table",
    protected: "pa.Table | None",
    cutoff: float,
    inputs: Sequence[str],
) -> tuple[tuple[CheckResult, ...], FairnessFigures]:
    """Compare approvals across the groups of each protected attribute.

    Args:
        spec: The model; its fairness section declares attributes, groups and references.
        rules: The rules that hold.
        scores: The scores snapshot, with at least ``SCORE_COLUMNS``.
        protected: The protected snapshot; None where the source did not arrive.
        cutoff: Scores at or above it are declined.
        inputs: Names of the features in the candidate's contract.
    """
    if spec.fairness.not_applicable:
        return (), FairnessFigures(spec.fairness.not_applicable, 0, ())
    decisions = _decisions(scores, cutoff)
    checks: list[CheckResult] = []
    figures: list[AttributeFigures] = []
    for attribute in spec.fairness.attributes:
        values = values_by_key(decisions.keys, protected, attribute.name)
        groups = _count(group_rows(attribute, values), decisions, attribute.reference)
        drawn = _figures(attribute, groups, rules, len(decisions.approved))
        figures.append(drawn)
        checks += _results(attribute, groups, drawn, rules)
    checks += check_inputs(spec, rules, inputs)
    return tuple(checks), FairnessFigures(None, len(decisions.approved), tuple(figures))


def check_inputs(
    spec: "ModelSpec", rules: "RuleBook", inputs: Sequence[str]
) -> tuple[CheckResult, ...]:
    """Refuse protected attributes as inputs: by name, by source column, by source."""
    rule = rules.rule(PROTECTED_INPUT)
    apart = {source.name for source in spec.sources if source.role == "protected"}
    tainted = {feature.name for feature in spec.features if feature.source in apart}
    results = []
    for attribute in spec.fairness.attributes:
        names = {attribute.name.casefold(), attribute.column.casefold()}
        found = [name for name in inputs if name.casefold() in names or name in tainted]
        explanation = (
            f"{attribute.name} (column {attribute.column}) is not among {len(inputs)} inputs."
            if not found
            else f"The model uses {bounded(found)}, which is {attribute.name} or comes from a "
            "protected source."
        )
        results.append(
            rule.answer(attribute.name, explanation, holds=not found if inputs else None)
        )
    return tuple(results)


def small_groups(figures: FairnessFigures | None) -> frozenset[str]:
    """Name the groups (``sex=female``) below the policy's minimum share.

    A declared group without any row is never small: it has vanished, and that must be seen.
    """
    if figures is None:
        return frozenset()
    return frozenset(
        subject(attribute.attribute, group.group)
        for attribute in figures.attributes
        for group in attribute.groups
        if group.small
    )


def required_groups(spec: "ModelSpec", small: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Name every group that needs a result: declared, not the reference, not small."""
    return tuple(
        subject(attribute.name, group)
        for attribute in spec.fairness.attributes
        for group in attribute.group_names
        if group != attribute.reference and subject(attribute.name, group) not in small
    )


def _decisions(scores: "pa.Table", cutoff: float) -> _Decisions:
    import pyarrow as pa
    import pyarrow.compute as pc

    unseen = scores.filter(pc.is_in(scores["window"], value_set=pa.array(NOT_TRAINED_ON)))
    with_outcome = pc.is_in(unseen["window"], value_set=pa.array(WITH_OUTCOMES))
    good = pc.and_(with_outcome, pc.fill_null(pc.equal(unseen["label"], _GOOD), False))
    return _Decisions(
        keys=unseen["key"],
        approved=unseen["candidate_score"].to_numpy() < cutoff,
        turned_out_well=good.to_numpy(),
    )


def _count(grouping: Grouping, decisions: _Decisions, reference: str) -> tuple[_Group, ...]:
    every = grouping.counts(decisions.approved)
    good = grouping.counts(decisions.approved, decisions.turned_out_well)
    selection = fairlearn_door.selection_rates(grouping.names, every)
    opportunity = fairlearn_door.opportunity_rates(grouping.names, good)
    base = grouping.names.index(reference)
    return tuple(
        _Group(
            name=name,
            is_reference=position == base,
            selected=_share(every, position),
            reference_selected=_share(every, base),
            good=_share(good, position),
            reference_good=_share(good, base),
            selection_rate=selection[position],
            opportunity=opportunity[position],
        )
        for position, name in enumerate(grouping.names)
    )


def _share(counts: np.ndarray, position: int) -> Share:
    declined, approved = (int(count) for count in counts[position])
    return Share(approved, declined + approved)


def _figures(
    attribute: "ProtectedAttribute", groups: tuple[_Group, ...], rules: "RuleBook", rows: int
) -> AttributeFigures:
    minimum = rules.rule(ADVERSE_IMPACT).parameter("minimum_share")
    return AttributeFigures(
        attribute.name,
        attribute.reference,
        tuple(_group_figures(group, rules, rows, minimum) for group in groups),
    )


def _group_figures(group: _Group, rules: "RuleBook", rows: int, minimum: float) -> GroupFigures:
    impact, opportunity = _adverse_impact(group, rules), _equal_opportunity(group, rules)
    share = group.selected.of / rows if rows else 0.0
    return GroupFigures(
        group=group.name,
        rows=group.selected.of,
        share=share,
        approved=group.selected.some,
        selection_rate=group.selection_rate,
        ratio=impact and impact.value,
        ratio_low=impact and impact.interval.low,
        ratio_high=impact and impact.interval.high,
        opportunity_rows=group.good.of,
        opportunity=group.opportunity,
        opportunity_difference=opportunity and opportunity.value,
        opportunity_low=opportunity and opportunity.interval.low,
        opportunity_high=opportunity and opportunity.interval.high,
        small=not group.is_reference and 0 < share < minimum,
    )


def _adverse_impact(group: _Group, rules: "RuleBook") -> Estimate | None:
    """Ratio of approval rates to the reference; the reference is not compared with itself."""
    if group.is_reference or not _decided(group.selected, group.reference_selected):
        return None
    confidence = rules.rule(ADVERSE_IMPACT).parameter("confidence")
    return group.selected.ratio_to(group.reference_selected, confidence)


def _equal_opportunity(group: _Group, rules: "RuleBook") -> Estimate | None:
    if group.is_reference or not _decided(group.good, group.reference_good):
        return None
    confidence = rules.rule(EQUAL_OPPORTUNITY).parameter("confidence")
    return group.good.difference_to(group.reference_good, confidence)


def _decided(one: Share, other: Share) -> bool:
    """Whether two groups can be compared: both have people, some approved and some declined.

    Where everybody or nobody is approved there is no decision to compare, and 0/0 is not 1.
    """
    return bool(one.of and other.of) and 0 < one.some + other.some < one.of + other.of


def _results(
    attribute: "ProtectedAttribute",
    groups: tuple[_Group, ...],
    drawn: AttributeFigures,
    rules: "RuleBook",
) -> Iterator[CheckResult]:
    """One result per declared group against the reference, and for unknown where it has rows."""
    for group, figures in zip(groups, drawn.groups, strict=True):
        absent = group.name not in attribute.group_names and not group.selected.of
        if group.is_reference or absent:
            continue
        aside = "; below the minimum share: reported, not required" if figures.small else ""
        yield _impact_result(rules, attribute, group, aside)
        yield _opportunity_result(rules, attribute, group, aside)


def _impact_result(
    rules: "RuleBook", attribute: "ProtectedAttribute", group: _Group, aside: str
) -> CheckResult:
    one, other = group.selected, group.reference_selected
    impact = _adverse_impact(group, rules)
    story = (
        f"{group.name} approved {impact.value:.3f} times as often as {attribute.reference}"
        if impact
        else f"{group.name} cannot be compared with {attribute.reference}"
    )
    return rules.rule(ADVERSE_IMPACT).judge(
        subject(attribute.name, group.name),
        impact and impact.value,
        f"{story}: {one} against {other}{aside}.",
        interval=impact and impact.interval,
        n=_behind(one, other),
    )


def _opportunity_result(
    rules: "RuleBook", attribute: "ProtectedAttribute", group: _Group, aside: str
) -> CheckResult:
    """Judge the size of the difference: favouring a group is a difference as well."""
    one, other = group.good, group.reference_good
    signed = _equal_opportunity(group, rules)
    size = signed and magnitude(signed)
    story = (
        f"share approved of {group.name} {signed.value:+.3f} against {attribute.reference}"
        if signed
        else f"{group.name} cannot be compared with {attribute.reference}"
    )
    return rules.rule(EQUAL_OPPORTUNITY).judge(
        subject(attribute.name, group.name),
        size and size.value,
        f"Among those who turned out well, {story}: {one} against {other}{aside}.",
        interval=size and size.interval,
        n=_behind(one, other),
    )


def _behind(one: Share, other: Share) -> int:
    """Rows behind a comparison: those of the smaller group, which carries the doubt."""
    return min(one.of, other.of)
