"""The case of one candidate: everything a run has found, and the evidence pack it becomes.

A case grows as the run goes on; each step adds a part and changes none. A part that the
run did not reach is None and stays None in the evidence.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Self, TypeVar

from pipelines_lib.assurance.inquiry import Inquiry, Rival
from pipelines_lib.assurance.origin import Origin
from pipelines_lib.canonical import plain
from pipelines_lib.data.ingestion import Ingestion
from pipelines_lib.data.quality import Quality
from pipelines_lib.data.snapshots import Snapshot
from pipelines_lib.errors import CheckNotRunError, EvidenceError
from pipelines_lib.governance.evidence import (
    EvidencePack,
    PolicyText,
    RunIdentity,
    SpecText,
    read_evidence,
)
from pipelines_lib.governance.provenance import code_provenance, pinned_versions
from pipelines_lib.governance.reproductions import last_reproduction
from pipelines_lib.governance.versions import RegisteredVersion
from pipelines_lib.modelling.package import PackageRef
from pipelines_lib.modelling.training import Candidate
from pipelines_lib.modelling.windows import Split, WindowPlan
from pipelines_lib.results import Answer, CheckResult, PromotionDecision, Requirement, Verdict
from pipelines_lib.spec.run import Run

logger = logging.getLogger(__name__)

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Standing:
    """The registry as a night meets it.

    Attributes:
        champion: The champion before this night; promotions of this night do not count, so
            that a night can be run again and comes to the same verdict.
        newest: The night of the champion there is now, which may be a later one.
    """

    champion: RegisteredVersion | None
    newest: date | None


@dataclass(frozen=True)
class Case:
    """What one run has found so far."""

    run: Run
    standing: Standing
    delivery: Ingestion
    quality: Quality
    split: Split
    candidate: Candidate | None = None
    scores: Snapshot | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def champion(self) -> RegisteredVersion | None:
        """The version the candidate is compared with."""
        return self.standing.champion

    @property
    def clean(self) -> Snapshot:
        """The snapshot that training may use; the data gate has made sure that it exists."""
        return _there(self.quality.clean, "clean snapshot")

    @property
    def plan(self) -> WindowPlan:
        """The windows; the data gate has made sure that they exist."""
        return _there(self.split.plan, "window plan")

    def questioned(
        self, candidate: Candidate, scores: Snapshot, answers: tuple[Answer, ...]
    ) -> Self:
        """The case once the candidate was trained and every question was asked."""
        return replace(self, candidate=candidate, scores=scores, answers=answers)

    def challenged(self, answers: tuple[Answer, ...]) -> Self:
        """The case once the challenge was put to its candidate as well."""
        return replace(self, answers=(*self.answers, *answers))

    @property
    def examined(self) -> tuple[Candidate, Snapshot]:
        """The candidate and what it said; a case that was questioned has both."""
        return _there(self.candidate, "candidate"), _there(self.scores, "scores snapshot")

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """Every result there is, in the order in which they were asked for."""
        data = (*self.delivery.checks, *self.quality.checks, *self.split.checks)
        return (*data, *(check for answer in self.answers for check in answer.checks))


@dataclass(frozen=True)
class Ruling:
    """What the gate made of a case: the requirements it held it against, and its answer."""

    requirements: tuple[Requirement, ...]
    decision: PromotionDecision
    verdict: Verdict

    @property
    def stops(self) -> bool:
        """Whether the run ends here, before any training."""
        return self.verdict is Verdict.STOPPED

    @property
    def rejects(self) -> bool:
        """Whether something hard speaks against the candidate."""
        return bool(self.decision.reasons_against)


def inquiry_of(case: Case, candidate: Candidate, scores: Snapshot) -> Inquiry:
    """What the questions may look at."""
    run = case.run
    return Inquiry(
        spec=run.spec,
        rules=run.rules,
        home=run.settings.home,
        as_of=run.as_of,
        threads=run.settings.threads,
        plan=case.plan,
        applications=case.clean,
        protected=case.delivery.protected,
        scores=scores,
        candidate=candidate,
        champion=_rival(case),
        packs=run.model.packs,
        newest_promotion=case.standing.newest,
        origin=_origin(case),
    )


def _origin(case: Case) -> Origin:
    code, champion = code_provenance(), case.champion
    home, model = case.run.settings.home, case.run.spec.model
    return Origin(
        spec_text=case.run.model.text,
        version=code.version,
        commit=code.commit,
        dirty=code.dirty,
        libraries=dict(code.libraries),
        pinned=pinned_versions(),
        reproduction=None if champion is None else _reproduction(home, model, champion),
    )


def _reproduction(home: Path, model: str, champion: RegisteredVersion) -> Mapping[str, Any] | None:
    """What the last reproduction says; a record that cannot be read says that it cannot."""
    try:
        return last_reproduction(home, model, champion)
    except EvidenceError as error:
        logger.warning("The champion's reproduction cannot be read: %s", error)
        return {"version": champion.version, "outcome": "unreadable"}


def _rival(case: Case) -> Rival | None:
    champion = case.champion
    if champion is None:
        return None
    home, model = case.run.settings.home, case.run.spec.model
    try:
        evidence = read_evidence(home, model, champion.evidence_sha256)
    except EvidenceError as error:
        logger.warning("The champion's evidence cannot be read: %s", error)
        evidence = None
    return Rival(champion.version, champion.as_of, PackageRef(champion.package_sha256), evidence)


def evidence_of(case: Case, ruling: Ruling, seconds: Mapping[str, float]) -> EvidencePack:
    """Put a case and its ruling into the pack that becomes the record."""
    spec = case.run.spec
    return EvidencePack(
        run=_identity(case.run, seconds),
        verdict=ruling.verdict,
        decision=ruling.decision,
        spec=SpecText(sha256=spec.sha256, text=case.run.model.text),
        policies=tuple(
            PolicyText(policy=each.pack.policy, sha256=each.pack.sha256, text=each.text)
            for each in case.run.model.policies
        ),
        rules=case.run.rules.rules,
        requirements=ruling.requirements,
        checks=case.checks,
        documentation=spec.documentation.model_dump(mode="json"),
        monitoring=spec.monitoring.model_dump(mode="json"),
        snapshots={
            "applications": case.delivery.applications,
            "clean": case.quality.clean,
            "protected": case.delivery.protected,
            "scores": case.scores,
            "quarantine": _quarantine(case.quality),
        },
        sources=case.delivery.sources,
        windows=_windows(case.split),
        candidate=_candidate(case),
        baseline=case.candidate and {"package_sha256": case.candidate.baseline.sha256},
        champion=_champion(case),
        code=code_provenance(),
        seed=spec.training.seed,
        figures=_figures(case),
    )


def _there(part: _Part | None, name: str) -> _Part:
    if part is None:
        raise CheckNotRunError(
            f"The case has no {name}, although the data gate let it pass.",
            fix="Report this as a defect of the product.",
        )
    return part


def _identity(run: Run, seconds: Mapping[str, float]) -> RunIdentity:
    spec = run.spec
    return RunIdentity(
        run_id=run.run_id,
        model=spec.model,
        title=spec.title,
        purpose=spec.purpose,
        as_of=run.as_of,
        tier=spec.tier,
        tier_rationale=spec.tier_rationale,
        owner=spec.people.owner,
        developer=spec.people.developer,
        validator=spec.people.validator,
        started_at=run.started_at.isoformat(timespec="seconds"),
        seconds=dict(seconds),
        approver=spec.people.approver,
    )


def _quarantine(quality: Quality) -> dict[str, str] | None:
    return {"sha256": quality.quarantine_sha256} if quality.quarantine_sha256 else None


def _windows(split: Split) -> dict[str, Any] | None:
    if split.plan is None:
        return None
    spans = {}
    for window in (*split.plan.windows, split.plan.watch):
        span = plain(window)
        spans[span.pop("name")] = span
    return {**spans, "excluded": split.plan.excluded}


def _candidate(case: Case) -> dict[str, Any] | None:
    if case.candidate is None:
        return None
    return {
        "package_sha256": case.candidate.package.sha256,
        "estimator": case.run.spec.training.estimator,
        "rounds": case.candidate.rounds,
        "parameters": dict(case.candidate.parameters),
        "cutoff": case.candidate.cutoff,
    }


def _champion(case: Case) -> dict[str, Any] | None:
    if case.champion is None:
        return None
    return {
        "version": case.champion.version,
        "package_sha256": case.champion.package_sha256,
        "as_of": case.champion.as_of,
    }


def _figures(case: Case) -> dict[str, object]:
    topics = ("performance", "comparison", "fairness", "drift", "explanation")
    drawn: dict[str, object] = {"quality": case.quality.figures, **dict.fromkeys(topics)}
    for answer in case.answers:
        if answer.figures is not None:
            drawn[answer.topic] = answer.figures
    return drawn
