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

from pipelines_lib.assurance.fairness.approvals import GroupApprovals, approvals_by_group, decisions
from pipelines_lib.assurance.fairness.groups import subject
from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.assurance.shares import Share, magnitude
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.data.short_keys import read_for_join
from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.errors import bounded
from pipelines_lib.results import Answer, CheckResult, Interval

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.protected import ProtectedAttribute
    from pipelines_lib.spec.rulebook import RuleBook

ADVERSE_IMPACT = "FAIR-001"
EQUAL_OPPORTUNITY = "FAIR-002"
PROTECTED_INPUT = "FAIR-003"
SCORE_COLUMNS = ("key", "window", "label", "candidate_score")


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


def read_people(
    home: "Path", scores: Snapshot, protected: Snapshot | None
) -> tuple["pa.Table", "pa.Table | None"]:
    """Read what ``check_fairness`` joins: the scores, and who is who where that is known."""
    if protected is None:
        return read_snapshot(home, scores, SCORE_COLUMNS), None
    columns = [name for name in SCORE_COLUMNS if name != "key"]
    return read_for_join(home, scores, protected, columns)


def ask(inquiry: Inquiry) -> Answer:
    """Compare approvals across protected groups; the only step that sees who is who."""
    decided, people = read_people(inquiry.home, inquiry.scores, inquiry.protected)
    checks, figures = check_fairness(
        inquiry.spec,
        inquiry.rules,
        scores=decided,
        protected=people,
        cutoff=inquiry.candidate.cutoff,
        inputs=inquiry.package.contract.names,
    )
    return Answer("fairness", checks, figures)


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
    decided = decisions(scores, protected, cutoff)
    rows = len(decided.approved)
    checks: list[CheckResult] = []
    figures: list[AttributeFigures] = []
    for attribute in spec.fairness.attributes:
        groups = approvals_by_group(decided, attribute)
        drawn = tuple(_group_figures(group, rules, rows) for group in groups)
        figures.append(AttributeFigures(attribute.name, attribute.reference, drawn))
        checks += _results(attribute, groups, rules, rows)
    checks += check_inputs(spec, rules, inputs)
    return tuple(checks), FairnessFigures(None, rows, tuple(figures))


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
            f"The model uses {bounded(found)}, which is {attribute.name} or comes from the "
            "protected source."
            if found
            else f"{attribute.name} (column {attribute.column}) is not among {len(inputs)} inputs."
        )
        holds = not found if inputs else None
        results.append(rule.answer(attribute.name, explanation, holds=holds))
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


def _is_small(group: GroupApprovals, rules: "RuleBook", rows: int) -> bool:
    minimum = rules.rule(ADVERSE_IMPACT).parameter("minimum_share")
    return not group.is_reference and 0 < group.selected.of < minimum * rows


def _group_figures(group: GroupApprovals, rules: "RuleBook", rows: int) -> GroupFigures:
    ratio, ratio_span = _parts(group.adverse_impact(_confidence(rules, ADVERSE_IMPACT)))
    gap, gap_span = _parts(group.equal_opportunity(_confidence(rules, EQUAL_OPPORTUNITY)))
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
        results.append(_adverse_impact(rules, attribute, group, aside))
        results.append(_equal_opportunity(rules, attribute, group, aside))
    return results


def _adverse_impact(
    rules: "RuleBook", attribute: "ProtectedAttribute", group: GroupApprovals, aside: str
) -> CheckResult:
    one, other = group.selected, group.reference_selected
    ratio, interval = _parts(group.adverse_impact(_confidence(rules, ADVERSE_IMPACT)))
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
    signed = group.equal_opportunity(_confidence(rules, EQUAL_OPPORTUNITY))
    size, interval = _parts(magnitude(signed) if signed else None)
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


def _parts(estimate: Estimate | None) -> tuple[float | None, Interval | None]:
    return (estimate.value, estimate.interval) if estimate else (None, None)


def _confidence(rules: "RuleBook", code: str) -> float:
    return rules.rule(code).parameter("confidence")


def _behind(one: Share, other: Share) -> int:
    """Rows behind a comparison: those of the smaller group, which carries the doubt."""
    return min(one.of, other.of)
