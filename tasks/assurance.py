"""Prefect tasks that question a candidate and apply the gates."""

import logging

from pipelines_lib.assurance import (
    comparison,
    drift,
    explanation,
    fairness,
    gate,
    governance_checks,
    performance,
    requirements,
    scored,
)
from pipelines_lib.data.snapshots import Snapshot
from pipelines_lib.governance.case import Case, Ruling
from pipelines_lib.governance.versions import RegisteredVersion
from pipelines_lib.modelling.package import ModelPackage, PackageRef, open_package
from pipelines_lib.modelling.training import Candidate
from pipelines_lib.results import Answer, CheckResult, Verdict
from tasks.stage import stage

logger = logging.getLogger(__name__)


@stage("check performance")
def check_performance(case: Case, candidate: Candidate, scores: Snapshot) -> Answer:
    """Discrimination, calibration, skill and overfit, on rows the model has not seen."""
    home, rules = case.run.settings.home, case.run.rules
    rows = scored.open_scored(home, scores)
    return _answer(
        "performance", *performance.check_performance(rows, rules, cutoff=candidate.cutoff)
    )


@stage("compare with champion and baseline")
def compare(case: Case, candidate: Candidate, scores: Snapshot) -> Answer:
    """Paired comparison on the same rows, with the baseline and the champion there was."""
    home = case.run.settings.home
    checks, figures = comparison.check_comparison(
        scored.open_scored(home, scores),
        case.run.rules,
        cutoff=candidate.cutoff,
        as_of=case.run.as_of,
        champion=_champion(case),
    )
    return _answer("comparison", checks, figures)


@stage("check fairness")
def check_fairness(case: Case, candidate: Candidate, scores: Snapshot) -> Answer:
    """Compare approvals across protected groups; the only step that sees who is who."""
    decided, people = fairness.read_people(case.run.settings.home, scores, case.delivery.protected)
    checks, figures = fairness.check_fairness(
        case.run.spec,
        case.run.rules,
        scores=decided,
        protected=people,
        cutoff=candidate.cutoff,
        inputs=_open(case, candidate.package).contract.names,
    )
    return _answer("fairness", checks, figures)


@stage("check drift")
def check_drift(case: Case, candidate: Candidate, scores: Snapshot) -> Answer:
    """Compare the newest applications with the bins frozen at training."""
    own = _open(case, candidate.package)
    checks, figures = drift.check_drift(
        case.run.spec,
        case.run.rules,
        home=case.run.settings.home,
        applications=case.clean,
        scores=scores,
        candidate=drift.Reference("candidate", "candidate", own),
        champion=_champion_reference(case),
    )
    return _answer("drift", checks, figures)


@stage("check the explanation")
def check_explanation(case: Case, candidate: Candidate, scores: Snapshot) -> Answer:
    """Reasons for every would-be decline, contributions that add up, monotone directions."""
    checks, figures = explanation.check_explanation(
        case.run.spec,
        case.run.rules,
        home=case.run.settings.home,
        applications=case.clean,
        scores=scores,
        candidate=_open(case, candidate.package),
    )
    return _answer("explanation", checks, figures)


@stage("check governance")
def check_governance(case: Case) -> Answer:
    """Inventory, separate roles, policies in force, and the order of nights."""
    checks = governance_checks.check_governance(
        case.run.spec,
        case.run.model.packs,
        case.run.rules,
        as_of=case.run.as_of,
        champion_as_of=case.standing.newest,
    )
    return _answer("governance", checks, None)


@stage("apply the data gate")
def rule_on_data(case: Case) -> Ruling:
    """Stop before training unless everything that was asked of the data passed."""
    insisted = requirements.required(
        case.run.spec, case.run.rules, champion=_has_champion(case), stage="data"
    )
    decision = gate.decide(case.checks, insisted, approval_required=False)
    stopped = bool(decision.reasons_against)
    return Ruling(insisted, decision, Verdict.STOPPED if stopped else decision.verdict)


@stage("apply the promotion gate")
def rule_on_promotion(case: Case) -> Ruling:
    """List every reason against promotion; absence of a result is one."""
    insisted = requirements.required(
        case.run.spec,
        case.run.rules,
        champion=_has_champion(case),
        stage="promotion",
        small_groups=_small_groups(case),
    )
    required_approval = case.run.rules.approval_required
    decision = gate.decide(case.checks, insisted, approval_required=required_approval)
    return Ruling(insisted, decision, decision.verdict)


def _answer(topic: str, checks: tuple[CheckResult, ...], figures: object) -> Answer:
    for check in checks:
        if not check.passed:
            logger.warning(
                "%s %s: %s, %s", check.code, check.subject, check.outcome, check.explanation
            )
    return Answer(topic=topic, checks=checks, figures=figures)


def _small_groups(case: Case) -> frozenset[str]:
    drawn = [answer.figures for answer in case.answers if answer.topic == "fairness"]
    figures = drawn[0] if drawn else None
    known = figures if isinstance(figures, fairness.FairnessFigures) else None
    return fairness.small_groups(known)


def _has_champion(case: Case) -> bool:
    """Whether there is one to be held against: before this night, or of a later one."""
    newest = case.standing.newest
    return case.champion is not None or (newest is not None and newest > case.run.as_of)


def _champion(case: Case) -> comparison.Champion | None:
    if case.champion is None:
        return None
    return comparison.Champion(
        version=case.champion.version,
        as_of=case.champion.as_of,
        cutoff=_champion_package(case, case.champion).cutoff,
    )


def _champion_reference(case: Case) -> drift.Reference | None:
    if case.champion is None:
        return None
    name = f"champion version {case.champion.version}"
    return drift.Reference(name, "champion", _champion_package(case, case.champion))


def _champion_package(case: Case, champion: RegisteredVersion) -> ModelPackage:
    return _open(case, PackageRef(champion.package_sha256))


def _open(case: Case, package: PackageRef) -> ModelPackage:
    settings = case.run.settings
    return open_package(settings.home, package, threads=settings.threads)
