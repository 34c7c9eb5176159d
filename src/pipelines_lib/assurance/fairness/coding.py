"""Do the codes of a protected attribute still mean what the spec says they mean?

``FAIR-010``. Every ratio below rests on it: if a source sends 0 and 1 where it sent 1 and 2,
women are counted as men and the ratio looks fine. Asked of this night's rows and declared
groups: is anybody known at all, are values there that no group covers, has a group vanished;
and has a group's share jumped, against the night of the champion or in the newest nights?

An attribute whose coding failed is believed by no other check: what those found about it
becomes "not enough evidence" (``believed``), so that a person decides and no ratio does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines_lib.assurance.fairness.groups import UNKNOWN
from pipelines_lib.assurance.fairness.judged import drawn, simultaneous, spanning
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.shares import Share, magnitude
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.assurance.wording import percent
from pipelines_lib.errors import bounded
from pipelines_lib.results import Answer, CheckResult, Interval, Outcome

if TYPE_CHECKING:
    from pipelines_lib.assurance.fairness.cohort import Cohort, Marks
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.protected import ProtectedAttribute
    from pipelines_lib.spec.rulebook import Rule, RuleBook

CODE = "FAIR-010"
TOPIC = "protected_coding"
_COMPARISONS = 2
"""With the champion's night, and of the newest nights with those before."""
Rows = Mapping[str, int]


@dataclass(frozen=True)
class GroupCoding:
    """One group: its rows now, its share now, in the newest nights, and behind the champion."""

    group: str
    rows: int
    share: float | None
    newest: float | None
    champion: float | None


@dataclass(frozen=True)
class AttributeCoding:
    """One attribute; ``missing`` and ``undeclared`` together are its group ``unknown``."""

    attribute: str
    rows: int
    missing: int
    undeclared: int
    groups: tuple[GroupCoding, ...]


@dataclass(frozen=True)
class CodingFigures:
    """How the protected attributes are filled."""

    attributes: tuple[AttributeCoding, ...]


@dataclass(frozen=True)
class Filled:
    """How one attribute is filled tonight, and was before.

    Attributes:
        rows: By group.
        missing: Rows without a value.
        undeclared: Rows whose value no group covers.
        newest: By group, in the newest nights; empty where nights are not known.
        before: By group, in the nights before those.
        champion: By group, behind the champion's evidence; None where it says nothing.
        unread: Whether there is a champion whose evidence cannot be read.
    """

    rows: Rows
    missing: int
    undeclared: int
    newest: Rows
    before: Rows
    champion: Rows | None
    unread: bool = False

    @property
    def n(self) -> int:
        """Rows of this night."""
        return sum(self.rows.values())


@dataclass(frozen=True)
class Past:
    """What the champion's evidence says: rows by group of each attribute, or that it is lost."""

    groups: Mapping[str, Rows]
    unread: bool = False


def ask(inquiry: Inquiry) -> Answer:
    """Look at the protected attributes before any ratio is believed."""
    if not inquiry.asks(CODE) or inquiry.spec.fairness.not_applicable:
        return unasked(TOPIC)
    return Answer(TOPIC, *check_coding(inquiry.spec, inquiry.rules, inquiry.cohort, _past(inquiry)))


def believed(inquiry: Inquiry, checks: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Withdraw what was found about an attribute whose coding failed."""
    if not inquiry.asks(CODE):
        return tuple(checks)
    codings, _ = check_coding(inquiry.spec, inquiry.rules, inquiry.cohort, _past(inquiry))
    broken = [check.subject for check in codings if check.outcome is Outcome.FAILED]
    return tuple(_withdrawn(check, broken) for check in checks)


def _withdrawn(check: CheckResult, broken: Sequence[str]) -> CheckResult:
    doubtful = [name for name in broken if f" & {name}=" in f" & {check.subject}"]
    if not doubtful:
        return check
    return replace(
        check,
        outcome=Outcome.NOT_ENOUGH_EVIDENCE,
        explanation=f"The coding of {bounded(doubtful)} is in doubt ({CODE}), so this is not "
        f"believed: {check.explanation}",
    )


def check_coding(
    spec: "ModelSpec", rules: "RuleBook", cohort: "Cohort", past: Past
) -> tuple[tuple[CheckResult, ...], CodingFigures]:
    """Judge every protected attribute."""
    rule = rules.rule(CODE)
    newest = _newest(cohort, int(rule.parameter("newest_nights")))
    found = [
        (attribute, _filled(cohort, attribute.name, newest, past))
        for attribute in spec.fairness.attributes
    ]
    comparisons = _COMPARISONS * sum(len(filled.rows) for _, filled in found)
    each = simultaneous(rule.parameter("confidence"), comparisons)
    checks = tuple(_judge(rule, attribute, filled, each) for attribute, filled in found)
    drawn_attributes = (_drawn(attribute.name, filled) for attribute, filled in found)
    return checks, CodingFigures(tuple(drawn_attributes))


def _newest(cohort: "Cohort", nights: int) -> "Marks | None":
    """The rows of the newest nights; None where they are all there are, or not known."""
    if cohort.nights is None or not cohort.n:
        return None
    known = np.unique(cohort.nights)
    return cohort.nights >= known[-nights] if len(known) > nights else None


def _filled(cohort: "Cohort", name: str, newest: "Marks | None", past: Past) -> Filled:
    grouping, missing = cohort.groupings[name], cohort.missing[name]

    def rows(among: "Marks | None" = None) -> Rows:
        return dict(zip(grouping.names, map(int, grouping.sizes(among)), strict=True))

    every, blank = rows(), int(np.count_nonzero(missing))
    champion = past.groups.get(name)
    same = champion is not None and set(champion) == set(every)
    outside = int(grouping.sizes(~missing)[grouping.names.index(UNKNOWN)])
    return Filled(
        rows=every,
        missing=blank,
        undeclared=outside,
        newest=rows(newest) if newest is not None else {},
        before=rows(~newest) if newest is not None else {},
        champion=champion if same else None,
        unread=past.unread,
    )


def _judge(
    rule: "Rule", attribute: "ProtectedAttribute", filled: Filled, confidence: float
) -> CheckResult:
    """Name what is broken first, then what moved, then what cannot be known."""
    name, n = attribute.name, filled.n
    if not n:
        return rule.answer(name, f"{name}: no row to look at.", holds=None, n=0)
    broken = [*_broken(rule, attribute, filled), *_vanished(attribute, filled, confidence)]
    moved = _largest(filled.newest, filled.before, confidence)
    if moved and not rule.holds(moved[1].interval.low):
        broken.append(f"in the newest nights {_told(moved)}")
    since = _largest(filled.rows, filled.champion, confidence)
    if since and not rule.holds(since[1].interval.low):
        broken.append(f"since the champion's night {_told(since)}")
    if broken:
        return rule.answer(name, f"{name}: {'; '.join(broken)}.", holds=False, n=n)
    if unclear := _unclear(attribute, filled):
        return rule.answer(name, f"{name}: {unclear}.", holds=None, n=n)
    if since is None:
        return rule.answer(
            name, f"{name}: {_known(filled)}; no champion's night to compare with.", holds=True, n=n
        )
    return rule.judge(
        name,
        since[1].value,
        f"{name}: {_known(filled)}; since the champion's night {_told(since)}.",
        interval=since[1].interval,
        n=n,
    )


def _known(filled: Filled) -> str:
    """How well it is filled."""
    return (
        f"{percent(filled.missing / filled.n)} missing, "
        f"{percent(filled.undeclared / filled.n)} outside the declared groups"
    )


def _broken(rule: "Rule", attribute: "ProtectedAttribute", filled: Filled) -> list[str]:
    """What can never be right, whatever it was before."""
    unknown, n = filled.rows[UNKNOWN], filled.n
    seen = [group for group in attribute.group_names if filled.rows[group]]
    if not seen or unknown == n:
        return ["nobody is known: no row carries a value that a declared group covers"]
    found = []
    if len(seen) == 1 and len(attribute.group_names) > 1:
        found.append(f"{seen[0]} is the only declared group with rows")
    if filled.undeclared > rule.parameter("most_undeclared") * n:
        found.append(f"{percent(filled.undeclared / n)} of values are outside the declared groups")
    if unknown > rule.parameter("most_unknown") * n:
        found.append(f"{percent(unknown / n)} of people are unknown")
    return found


def _vanished(attribute: "ProtectedAttribute", filled: Filled, confidence: float) -> list[str]:
    """Groups the champion's night had, too many of them to be absent by chance."""
    before = filled.champion
    every = sum(before.values()) if before else 0
    if before is None or not every:
        return []
    gone = [
        group
        for group in attribute.group_names
        if not filled.rows[group] and (1 - before[group] / every) ** filled.n < 1 - confidence
    ]
    return [f"{bounded(gone)} had rows in the champion's night and has none now"] if gone else []


def _unclear(attribute: "ProtectedAttribute", filled: Filled) -> str:
    if filled.unread:
        return "the champion's evidence cannot be read, so its coding cannot be compared"
    empty = [group for group in attribute.group_names if not filled.rows[group]]
    if empty and filled.champion is None:
        return f"{bounded(empty)} has no rows, and there is no champion's night that had any"
    return ""


def _largest(now: Rows, before: Rows | None, confidence: float) -> tuple[str, Estimate] | None:
    """The group whose share changed most, and by how much; the sizes of all changes bound it."""
    n, m = sum(now.values()), sum((before or {}).values())
    if not before or not n or not m:
        return None
    changes: dict[str, Estimate] = {}
    for group in now:
        change = Share(now[group], n).difference_to(Share(before[group], m), confidence)
        if change is not None:
            changes[group] = magnitude(change)
    group = max(changes, key=lambda name: changes[name].value)
    low = max(change.interval.low for change in changes.values())
    high = max(change.interval.high for change in changes.values())
    return group, Estimate(changes[group].value, Interval(low, high, confidence))


def _told(change: tuple[str, Estimate]) -> str:
    group, size = change
    return f"the share of {group} moved most, by {size.value:.3f} ({spanning(size.interval)})"


def _past(inquiry: Inquiry) -> Past:
    if inquiry.champion is None:
        return Past({})
    evidence = inquiry.champion.evidence
    return Past({}, unread=True) if evidence is None else Past(recorded_rows(evidence))


def recorded_rows(evidence: Mapping[str, Any]) -> Mapping[str, Rows]:
    """Rows by group of each attribute as an evidence pack holds them, of whatever version."""
    figures = evidence.get("figures") or {}
    told = figures.get(TOPIC) or figures.get("fairness") or {}
    return {
        str(attribute["attribute"]): {
            str(group["group"]): int(group["rows"]) for group in attribute["groups"]
        }
        for attribute in told.get("attributes") or ()
    }


def _drawn(name: str, filled: Filled) -> AttributeCoding:
    def share(rows: Rows | None, group: str) -> float | None:
        every = sum((rows or {}).values())
        return drawn(rows[group] / every) if rows and every else None

    groups = tuple(
        GroupCoding(
            group,
            filled.rows[group],
            share(filled.rows, group),
            share(filled.newest, group),
            share(filled.champion, group),
        )
        for group in filled.rows
    )
    return AttributeCoding(name, filled.n, filled.missing, filled.undeclared, groups)
