"""Could the inputs stand in for a protected attribute?

``FAIR-009`` proxy test: how well all inputs together tell a group from everybody else. A model
that never sees an attribute can still treat people by it, where its inputs know it. Inputs and
protected attributes meet here, on a bounded sample, and only names and figures come out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines_lib.assurance.chosen_rows import NOT_TRAINED_ON
from pipelines_lib.assurance.fairness.association import (
    Coded,
    coded,
    membership_scores,
    strengths,
)
from pipelines_lib.assurance.fairness.groups import Grouping, group_rows
from pipelines_lib.assurance.fairness.who import people_at
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.ranking import Ranking, auc_estimate
from pipelines_lib.assurance.statistics import Estimate, Floats
from pipelines_lib.assurance.wording import between
from pipelines_lib.results import Answer, CheckResult, Outcome
from pipelines_lib.spec.protected import ProtectedAttribute
from pipelines_lib.spec.rulebook import Rule

TOPIC = "proxies"
PROXY = "FAIR-009"
_SHOWN = 5
_DECIMALS = 4
_WORST_FIRST = (Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE, Outcome.PASSED)


@dataclass(frozen=True)
class GroupProxy:
    """How well the inputs tell one group from everybody else."""

    group: str
    rows: int
    auc: float | None
    low: float | None
    high: float | None
    small: bool


@dataclass(frozen=True)
class Association:
    """One input and how strongly it goes with an attribute (Cramér's V)."""

    feature: str
    strength: float


@dataclass(frozen=True)
class AttributeProxies:
    """All declared groups of one attribute, and the inputs that know most about it."""

    attribute: str
    groups: tuple[GroupProxy, ...]
    strongest: tuple[Association, ...]


@dataclass(frozen=True)
class ProxyFigures:
    """The proxy test, as the evidence holds it."""

    rows: int
    attributes: tuple[AttributeProxies, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Ask how well the inputs predict each protected attribute."""
    attributes = inquiry.spec.fairness.attributes
    if not inquiry.asks(PROXY) or not attributes:
        return unasked(TOPIC)
    rule = inquiry.rules.rule(PROXY)
    if inquiry.protected is None:
        why = "The protected attributes did not arrive, so nobody's group is known."
        return Answer(TOPIC, tuple(_unknown(rule, each, why) for each in attributes))
    rows = inquiry.sample(NOT_TRAINED_ON, int(rule.parameter("max_rows")))
    people = people_at(
        inquiry.home, inquiry.applications, inquiry.protected, rows.places, attributes
    )
    groupings = tuple(group_rows(each, people.values(each.name)) for each in attributes)
    inputs = coded(rows.contract, rows.inputs, int(rule.parameter("bins")))
    checks, figures = check_proxies(rule, attributes, inputs, groupings)
    return Answer(TOPIC, checks, figures)


def check_proxies(
    rule: Rule,
    attributes: Sequence[ProtectedAttribute],
    inputs: Coded,
    groupings: tuple[Grouping, ...],
) -> tuple[tuple[CheckResult, ...], ProxyFigures]:
    """Judge each attribute by the group that the inputs tell best from everybody else.

    The confidence is shared out over all declared groups (Bonferroni), so that a lender with
    many groups is not accused by chance.

    Args:
        rule: The rule that holds, with its parameters.
        attributes: What the spec declares.
        inputs: The sample's inputs in bins.
        groupings: For each attribute, the group of each row.
    """
    scores = membership_scores(inputs, groupings)
    every = sum(len(each.group_names) for each in attributes)
    confidence = 1 - (1 - rule.parameter("confidence")) / every
    checks, figures = [], []
    for attribute, grouping, score in zip(attributes, groupings, scores, strict=True):
        judged, drawn = _judge(rule, attribute, grouping, score, confidence)
        shown = tuple(
            Association(name, round(value, _DECIMALS))
            for name, value in strengths(inputs, grouping)[:_SHOWN]
        )
        checks.append(_worst(rule, attribute, judged, shown))
        figures.append(AttributeProxies(attribute.name, drawn, shown))
    return tuple(checks), ProxyFigures(inputs.n, tuple(figures))


def _judge(
    rule: Rule,
    attribute: ProtectedAttribute,
    grouping: Grouping,
    scores: Floats,
    confidence: float,
) -> tuple[list[CheckResult], tuple[GroupProxy, ...]]:
    """One result and one figure a declared group; small groups are drawn and not judged."""
    judged, drawn = [], []
    for place, group in enumerate(grouping.names):
        if group not in attribute.group_names:
            continue
        inside = (grouping.index == place).astype(np.int8)
        told = auc_estimate(Ranking.of(inside, scores[:, place]), confidence)
        rows = int(inside.sum())
        small = rows < rule.parameter("minimum_share") * len(inside)
        drawn.append(_figure(group, rows, told, small))
        if told is not None and not small:
            judged.append(_result(rule, attribute, group, told, min(rows, len(inside) - rows)))
    return judged, tuple(drawn)


def _result(
    rule: Rule, attribute: ProtectedAttribute, group: str, told: Estimate, n: int
) -> CheckResult:
    said = (
        f"The inputs tell {group} from everybody else with AUC {told.value:.3f} "
        f"({between(told.interval)})"
    )
    return rule.judge(attribute.name, told.value, said, interval=told.interval, n=n)


def _worst(
    rule: Rule,
    attribute: ProtectedAttribute,
    judged: list[CheckResult],
    shown: tuple[Association, ...],
) -> CheckResult:
    if not judged:
        return _unknown(rule, attribute, "No group is large enough to be told from the others.")
    worst = min(judged, key=lambda one: (_WORST_FIRST.index(one.outcome), -(one.observed or 0.0)))
    said = f"; strongest alone: {shown[0].feature} ({shown[0].strength:.2f})" if shown else ""
    return rule.judge(
        attribute.name,
        worst.observed,
        f"{worst.explanation}{said}.",
        interval=worst.interval,
        n=worst.n,
    )


def _unknown(rule: Rule, attribute: ProtectedAttribute, why: str) -> CheckResult:
    return rule.judge(attribute.name, None, why, n=0)


def _figure(group: str, rows: int, told: Estimate | None, small: bool) -> GroupProxy:
    if told is None:
        return GroupProxy(group, rows, None, None, None, small)
    ends = (told.value, told.interval.low, told.interval.high)
    value, low, high = (round(each, _DECIMALS) for each in ends)
    return GroupProxy(group, rows, value, low, high, small)
