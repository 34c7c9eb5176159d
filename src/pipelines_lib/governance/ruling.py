"""What the gate makes of a case: before training, after the first round, after the challenge."""

from pipelines_lib.assurance import gate, requirements
from pipelines_lib.assurance.fairness.intersections import IntersectionFigures
from pipelines_lib.assurance.fairness.parity import FairnessFigures
from pipelines_lib.assurance.requirements import Stage
from pipelines_lib.governance.case import Case, Ruling
from pipelines_lib.results import Verdict


def rule_on(case: Case, stage: Stage) -> Ruling:
    """List every reason against going on; a required result that is absent is one.

    Args:
        case: What the run has found so far.
        stage: ``data`` decides about training, the others about promotion.
    """
    insisted = requirements.required(
        case.run.spec,
        case.run.rules,
        champion=_has_champion(case),
        stage=stage,
        small_groups=_small_groups(case),
    )
    of_data = stage == "data"
    approval = case.run.rules.approval_required and not of_data
    decision = gate.decide(case.checks, insisted, approval_required=approval)
    stopped = of_data and bool(decision.reasons_against)
    return Ruling(insisted, decision, Verdict.STOPPED if stopped else decision.verdict)


def _small_groups(case: Case) -> frozenset[str]:
    """Groups and intersections that are reported and not judged: of these no result is missed."""
    drawn = (answer.figures for answer in case.answers)
    known = (each for each in drawn if isinstance(each, FairnessFigures | IntersectionFigures))
    return frozenset().union(*(each.small for each in known))


def _has_champion(case: Case) -> bool:
    """Whether there is one to be held against: before this night, or of a later one."""
    newest = case.standing.newest
    return case.champion is not None or (newest is not None and newest > case.run.as_of)
