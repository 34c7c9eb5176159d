"""May this candidate be promoted? Closed by default: every reason against is listed.

A required check without a result is a reason. The gate is monotone: leaving a question
unanswered never moves a decision towards promotion, and an answer that did not pass never
opens the gate, except where the policy only asks that the figure be on record.
"""

from collections.abc import Iterable, Mapping

from pipelines_lib.results import (
    CheckResult,
    Consequence,
    Outcome,
    PromotionDecision,
    Requirement,
)

NOTHING_REQUIRED = "no policy requires any check: a gate that asks nothing stays closed"

_WORST_FIRST = (Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE, Outcome.PASSED)
_GRAVEST_FIRST = (Consequence.HARD, Consequence.SCREEN, Consequence.RECORD)
_About = tuple[str, str]
"""A check and its subject."""


def decide(
    checks: Iterable[CheckResult],
    requirements: Iterable[Requirement],
    *,
    approval_required: bool,
) -> PromotionDecision:
    """List what speaks against promotion; nothing, and it may be promoted.

    Args:
        checks: Every result of the run, in any order. Of two about one subject the worse counts.
        requirements: What the policy insists on.
        approval_required: Whether people must decide even when nothing is wrong.

    Returns:
        Hard reasons and absences, screens for a person to judge, and warnings: what did not
        pass but was only to be recorded, or was not required at all. Sorted by check, subject;
        what is absent comes last, since it mostly follows from something that failed.
    """
    results = _by_subject(checks)
    insisted = _by_gravity(requirements)
    found: dict[Consequence, list[str]] = {consequence: [] for consequence in Consequence}
    if not insisted:
        found[Consequence.HARD].append(NOTHING_REQUIRED)
    for about in sorted({*results, *insisted}, key=lambda about: (about not in results, about)):
        result, consequence = results.get(about), insisted.get(about, Consequence.RECORD)
        if result is None:
            found[Consequence.HARD].append(f"{about[0]} {about[1]}: no result")
        elif not result.passed:
            found[consequence].append(reason(result))
    return PromotionDecision(
        reasons_against=tuple(found[Consequence.HARD]),
        needs_judgement=tuple(found[Consequence.SCREEN]),
        warnings=tuple(found[Consequence.RECORD]),
        approval_required=approval_required,
    )


def reason(result: CheckResult) -> str:
    """Say in words what a check found and what it had to find."""
    outcome = result.outcome.value.replace("_", " ")
    said = result.explanation.rstrip(". ")
    return f"{result.code} {result.subject}: {outcome}. {said}. Required: {result.required}"


def _by_subject(checks: Iterable[CheckResult]) -> Mapping[_About, CheckResult]:
    """One result per check and subject: the worst; of equals, the first in the alphabet."""
    ranked = sorted(checks, key=lambda one: (_WORST_FIRST.index(one.outcome), reason(one)))
    return {(one.code, one.subject): one for one in reversed(ranked)}


def _by_gravity(requirements: Iterable[Requirement]) -> Mapping[_About, Consequence]:
    """One consequence per check and subject: the gravest."""
    ranked = sorted(requirements, key=lambda one: _GRAVEST_FIRST.index(one.consequence))
    return {(one.code, one.subject): one.consequence for one in reversed(ranked)}
