"""What the nightly flow does, without Prefect: the same library calls in the same order.

Prefect's share of a run is the flow's time over this script's.

    python -m benchmarks.plain SPEC NIGHT
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import uuid4

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
from pipelines_lib.data import ingestion, pseudonyms, quality
from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.governance import lifecycle
from pipelines_lib.governance.case import Case, Ruling, Standing, evidence_of
from pipelines_lib.governance.evidence import record_report, write_evidence
from pipelines_lib.governance.locks import model_lock
from pipelines_lib.governance.registry import Registry
from pipelines_lib.modelling import scoring, training, windows
from pipelines_lib.modelling.package import ModelPackage, open_package
from pipelines_lib.modelling.training import Candidate
from pipelines_lib.modelling.windows import Split
from pipelines_lib.reporting.report import write_report
from pipelines_lib.results import Answer
from pipelines_lib.spec.loading import load_model
from pipelines_lib.spec.run import Run, open_run
from pipelines_lib.spec.settings import Settings

SECONDS: dict[str, float] = {}


def main(model: str, as_of: date) -> dict[str, Any]:
    """Run one night and say what came of it."""
    with timed("open the run"):
        settings = Settings.from_environment()
        run = open_run(
            load_model(model, settings),
            as_of=as_of,
            run_id=str(uuid4()),
            started_at=datetime.now(UTC),
            settings=settings,
        )
    with model_lock(settings.home, run.spec.model):
        case = _take_in(run)
        ruling = _rule(case, "data", approval=False)
        assert not ruling.decision.reasons_against
        case = _question(case)
        verdict = _conclude(case, _rule(case, "promotion", approval=run.rules.approval_required))
    assert case.candidate is not None
    assert "prefect" not in sys.modules
    return {
        "verdict": verdict,
        "seconds": SECONDS,
        "seconds_training": case.candidate.seconds_training,
        "rounds": case.candidate.rounds,
    }


@contextmanager
def timed(stage: str) -> Iterator[None]:
    """Note how long a stage took."""
    started = time.perf_counter()
    yield
    SECONDS[stage] = round(time.perf_counter() - started, 3)


def _take_in(run: Run) -> Case:
    home = run.settings.home
    with timed("find the champion"):
        registry = Registry(run.settings)
        registry.prepare()
        assert registry.champion(run.spec.model, before=run.as_of) is None
        assert registry.current_champion(run.spec.model) is None
    with timed("ingest"):
        delivery = ingestion.ingest(
            run.spec,
            run.model.folder,
            run.as_of,
            home=home,
            rules=run.rules,
            pseudonym_key=pseudonyms.pseudonym_key(home, os.environ, generate=True),
            today=run.started_at.date(),
            environment=os.environ,
            threads=run.settings.threads,
        )
    with timed("check the data"):
        assert delivery.applications is not None
        checked = quality.check_quality(run.spec, delivery.applications, home=home, rules=run.rules)
    with timed("split by time"):
        split = _split(run, checked.clean)
    return Case(run, Standing(None, None), delivery, checked, split)


def _split(run: Run, clean: Snapshot | None) -> Split:
    home = run.settings.home
    assert clean is not None
    calendar = read_snapshot(home, clean, ["business_date", "observed_on", "label"])
    split = windows.split_by_time(run.spec, calendar, run.rules, run.as_of)
    assert split.plan is not None
    inputs = training.check_inputs(run.spec, clean, split.plan, home=home, rules=run.rules)
    return Split(plan=split.plan, checks=(*split.checks, *inputs))


def _question(case: Case) -> Case:
    spec, settings = case.run.spec, case.run.settings
    home, threads = settings.home, settings.threads
    with timed("train the candidate"):
        candidate = training.train_candidate(
            spec, case.clean, case.plan, home=home, threads=threads
        )
    with timed("score every window"):
        packages = {"candidate": candidate.package, "baseline": candidate.baseline}
        scores = scoring.score_snapshot(home, case.clean, case.plan, packages, threads=threads)
    answers = (
        _performance(case, candidate, scores),
        _comparison(case, candidate, scores),
        _fairness(case, candidate, scores),
        _drift(case, candidate, scores),
        _explanation(case, candidate, scores),
        _governance(case),
    )
    return case.questioned(candidate, scores, answers)


def _performance(case: Case, candidate: Candidate, scores: Snapshot) -> Answer:
    with timed("check performance"):
        rows = scored.open_scored(case.run.settings.home, scores)
        found = performance.check_performance(rows, case.run.rules, cutoff=candidate.cutoff)
    return Answer("performance", *found)


def _comparison(case: Case, candidate: Candidate, scores: Snapshot) -> Answer:
    with timed("compare with champion and baseline"):
        found = comparison.check_comparison(
            scored.open_scored(case.run.settings.home, scores),
            case.run.rules,
            cutoff=candidate.cutoff,
            as_of=case.run.as_of,
            champion=None,
        )
    return Answer("comparison", *found)


def _fairness(case: Case, candidate: Candidate, scores: Snapshot) -> Answer:
    with timed("check fairness"):
        home, protected = case.run.settings.home, case.delivery.protected
        decided, people = fairness.read_people(home, scores, protected)
        found = fairness.check_fairness(
            case.run.spec,
            case.run.rules,
            scores=decided,
            protected=people,
            cutoff=candidate.cutoff,
            inputs=_package(case, candidate).contract.names,
        )
    return Answer("fairness", *found)


def _drift(case: Case, candidate: Candidate, scores: Snapshot) -> Answer:
    with timed("check drift"):
        found = drift.check_drift(
            case.run.spec,
            case.run.rules,
            home=case.run.settings.home,
            applications=case.clean,
            scores=scores,
            candidate=drift.Reference("candidate", "candidate", _package(case, candidate)),
            champion=None,
        )
    return Answer("drift", *found)


def _explanation(case: Case, candidate: Candidate, scores: Snapshot) -> Answer:
    with timed("check the explanation"):
        found = explanation.check_explanation(
            case.run.spec,
            case.run.rules,
            home=case.run.settings.home,
            applications=case.clean,
            scores=scores,
            candidate=_package(case, candidate),
        )
    return Answer("explanation", *found)


def _governance(case: Case) -> Answer:
    with timed("check governance"):
        checks = governance_checks.check_governance(
            case.run.spec,
            case.run.model.packs,
            case.run.rules,
            as_of=case.run.as_of,
            champion_as_of=None,
        )
    return Answer("governance", checks, None)


def _package(case: Case, candidate: Candidate) -> ModelPackage:
    settings = case.run.settings
    return open_package(settings.home, candidate.package, threads=settings.threads)


def _rule(case: Case, stage: Literal["data", "promotion"], *, approval: bool) -> Ruling:
    spec, rules = case.run.spec, case.run.rules
    with timed(f"apply the {stage} gate"):
        drawn = [answer.figures for answer in case.answers if answer.topic == "fairness"]
        known = [each for each in drawn if isinstance(each, fairness.FairnessFigures)]
        small = fairness.small_groups(known[0] if known else None)
        insisted = requirements.required(
            spec, rules, champion=False, stage=stage, small_groups=small
        )
        decision = gate.decide(case.checks, insisted, approval_required=approval)
    return Ruling(insisted, decision, decision.verdict)


def _conclude(case: Case, ruling: Ruling) -> str:
    run = case.run
    home, spec = run.settings.home, run.spec
    with timed("write the evidence"):
        pack = evidence_of(case, ruling, SECONDS)
        ref = write_evidence(home, pack)
    with timed("register"):
        lifecycle.conclude(Registry(run.settings), home, spec, pack, ref)
    with timed("render the report"):
        path = home / "reports" / spec.model / f"{run.as_of}.html"
        write_report(pack.plain(), path)
        record_report(home, spec.model, run.as_of, str(path))
    return str(pack.verdict)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], date.fromisoformat(sys.argv[2]))), flush=True)
    os._exit(0)  # as the product does: taking the loaded libraries apart is not the question
