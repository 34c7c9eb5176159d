"""Does the model treat protected groups alike?

``FAIR-001`` adverse impact ratio, ``FAIR-002`` equal opportunity difference, ``FAIR-003`` no
protected attribute among the inputs.

The four-fifths ratio is a screen borrowed from an employment guideline, not a lending law;
the limit is the policy's. A group below the policy's minimum share is reported with its
counts but not required, as New York City's Local Law 144 lays down for its audits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines_lib.assurance.fairness.approvals import GroupApprovals, approvals_by_group
from pipelines_lib.assurance.fairness.coding import believed
from pipelines_lib.assurance.fairness.cohort import Cohort, cohort_of
from pipelines_lib.assurance.fairness.groups import subject
from pipelines_lib.assurance.fairness.judged import (
    ADVERSE_IMPACT,
    confidence_of,
    is_small,
    minimum_share,
    parts,
)
from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.assurance.shares import Share, magnitude
from pipelines_lib.errors import bounded
from pipelines_lib.results import Answer, CheckResult

if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.protected import ProtectedAttribute
    from pipelines_lib.spec.rulebook import RuleBook

EQUAL_OPPORTUNITY = "FAIR-002"
PROTECTED_INPUT = "FAIR-003"


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
    """All groups of one protected attribute; ``unknown`` is one of them."""

    attribute: str
    reference: str
    groups: tuple[GroupFigures, ...]


@dataclass(frozen=True)
class FairnessFigures:
    """Approval by group on every row the model was not trained on."""

    not_applicable: str | None
    rows: int
    attributes: tuple[AttributeFigures, ...]

    @property
    def small(self) -> frozenset[str]:
        """Groups (``sex=female``) below the policy's minimum share.

        A declared group without any row is never small: it has vanished, and that must be seen.
        """
        return frozenset(
            subject(attribute.attribute, group.group)
            for attribute in self.attributes
            for group in attribute.groups
            if group.small
        )


def ask(inquiry: Inquiry) -> Answer:
    """Compare approvals across protected groups."""
    spec, rules = inquiry.spec, inquiry.rules
    if spec.fairness.not_applicable:
        return Answer("fairness", (), FairnessFigures(spec.fairness.not_applicable, 0, ()))
    checks, figures = check_parity(spec, rules, inquiry.cohort, inquiry.candidate.cutoff)
    inputs = check_inputs(spec, rules, inquiry.package.contract.names)
    return Answer("fairness", (*believed(inquiry, checks), *inputs), figures)


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
        rules: The rules that hold; what they do not rule is reported and not judged.
        scores: The scores snapshot: key, window, label and candidate's score.
        protected: The protected snapshot; None where the source did not arrive.
        cutoff: Scores at or above it are declined.
        inputs: Names of the features in the candidate's contract.
    """
    if spec.fairness.not_applicable:
        return (), FairnessFigures(spec.fairness.not_applicable, 0, ())
    cohort = cohort_of(spec.fairness.attributes, scores, protected)
    checks, figures = check_parity(spec, rules, cohort, cutoff)
    return (*checks, *check_inputs(spec, rules, inputs)), figures


def check_parity(
    spec: "ModelSpec", rules: "RuleBook", cohort: Cohort, cutoff: float
) -> tuple[tuple[CheckResult, ...], FairnessFigures]:
    """Judge the approvals of every group against its reference."""
    checks: list[CheckResult] = []
    figures: list[AttributeFigures] = []
    for attribute in spec.fairness.attributes:
        groups = approvals_by_group(cohort, attribute, cutoff)
        drawn = tuple(_group_figures(group, rules, cohort.n) for group in groups)
        figures.append(AttributeFigures(attribute.name, attribute.reference, drawn))
        checks += _results(attribute, groups, rules, cohort.n)
    return tuple(checks), FairnessFigures(None, cohort.n, tuple(figures))


def check_inputs(
    spec: "ModelSpec", rules: "RuleBook", inputs: Sequence[str]
) -> tuple[CheckResult, ...]:
    """Refuse protected attributes as inputs: by name, by source column, by source."""
    if PROTECTED_INPUT not in rules:
        return ()
    rule = rules.rule(PROTECTED_INPUT)
    apart = {source.name for source in spec.sources if source.role == "protected"}
    tainted = {feature.name for feature in spec.features if feature.source in apart}
    results = []
    for attribute in spec.fairness.attributes:
        names = {attribute.name.casefold(), attribute.column.casefold()}
        found = [name for name in inputs if name.casefold() in names or name in tainted]
        explanation = (
            f"The model uses {bounded(found)}, which is {attribute.name} or comes from the "
            "protected source."
            if found
            else f"{attribute.name} (column {attribute.column}) is not among {len(inputs)} inputs."
        )
        holds = not found if inputs else None
        results.append(rule.answer(attribute.name, explanation, holds=holds))
    return tuple(results)


def required_groups(spec: "ModelSpec", small: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Name every group that needs a result: declared, not the reference, not small."""
    return tuple(
        subject(attribute.name, group)
        for attribute in spec.fairness.attributes
        for group in attribute.group_names
        if group != attribute.reference and subject(attribute.name, group) not in small
    )


def _is_small(group: GroupApprovals, rules: "RuleBook", rows: int) -> bool:
    return not group.is_reference and is_small(group.selected.of, rows, minimum_share(rules))


def _group_figures(group: GroupApprovals, rules: "RuleBook", rows: int) -> GroupFigures:
    ratio, ratio_span = parts(group.adverse_impact(confidence_of(rules, ADVERSE_IMPACT)))
    gap, gap_span = parts(group.equal_opportunity(confidence_of(rules, EQUAL_OPPORTUNITY)))
    return GroupFigures(
        group=group.group,
        rows=group.selected.of,
        share=group.selected.of / rows if rows else 0.0,
        approved=group.selected.some,
        selection_rate=group.selection_rate,
        ratio=ratio,
        ratio_low=ratio_span.low if ratio_span else None,
        ratio_high=ratio_span.high if ratio_span else None,
        opportunity_rows=group.deserving.of,
        opportunity=group.opportunity,
        opportunity_difference=gap,
        opportunity_low=gap_span.low if gap_span else None,
        opportunity_high=gap_span.high if gap_span else None,
        small=_is_small(group, rules, rows),
    )


def _results(
    attribute: "ProtectedAttribute",
    groups: tuple[GroupApprovals, ...],
    rules: "RuleBook",
    rows: int,
) -> list[CheckResult]:
    """Two results per declared group but the reference; for unknown only where it has rows."""
    results = []
    for group in groups:
        nobody_unknown = group.group not in attribute.group_names and not group.selected.of
        if group.is_reference or nobody_unknown:
            continue
        small = "; below the minimum share: reported, not required"
        aside = small if _is_small(group, rules, rows) else ""
        if ADVERSE_IMPACT in rules:
            results.append(_adverse_impact(rules, attribute, group, aside))
        if EQUAL_OPPORTUNITY in rules:
            results.append(_equal_opportunity(rules, attribute, group, aside))
    return results


def _adverse_impact(
    rules: "RuleBook", attribute: "ProtectedAttribute", group: GroupApprovals, aside: str
) -> CheckResult:
    one, other = group.selected, group.reference_selected
    ratio, interval = parts(group.adverse_impact(confidence_of(rules, ADVERSE_IMPACT)))
    story = (
        f"{group.group} cannot be compared with {attribute.reference}"
        if ratio is None
        else f"{group.group} approved {ratio:.3f} times as often as {attribute.reference}"
    )
    return rules.rule(ADVERSE_IMPACT).judge(
        subject(attribute.name, group.group),
        ratio,
        f"{story}: {one} against {other}{aside}.",
        interval=interval,
        n=_behind(one, other),
    )


def _equal_opportunity(
    rules: "RuleBook", attribute: "ProtectedAttribute", group: GroupApprovals, aside: str
) -> CheckResult:
    """Judge the size of the difference: favouring a group is a difference as well."""
    one, other = group.deserving, group.reference_deserving
    signed = group.equal_opportunity(confidence_of(rules, EQUAL_OPPORTUNITY))
    size, interval = parts(magnitude(signed) if signed else None)
    story = (
        f"share approved of {group.group} {signed.value:+.3f} against {attribute.reference}"
        if signed
        else f"{group.group} cannot be compared with {attribute.reference}"
    )
    return rules.rule(EQUAL_OPPORTUNITY).judge(
        subject(attribute.name, group.group),
        size,
        f"Among those who turned out well, {story}: {one} against {other}{aside}.",
        interval=interval,
        n=_behind(one, other),
    )


def _behind(one: Share, other: Share) -> int:
    """Rows behind a comparison: those of the smaller group, which carries the doubt."""
    return min(one.of, other.of)
