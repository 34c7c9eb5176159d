"""What the nightly flow does, without Prefect: the same library calls in the same order.

Prefect's share of a run is the flow's time over this script's.

    python -m benchmarks.plain SPEC NIGHT
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from pipelines_lib.assurance import questions
from pipelines_lib.assurance.questions import CHALLENGE, FIRST_ROUND, Question
from pipelines_lib.data import ingestion, pseudonyms, quality
from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.governance import lifecycle
from pipelines_lib.governance.case import Case, Ruling, Standing, evidence_of, inquiry_of
from pipelines_lib.governance.evidence import record_report, write_evidence
from pipelines_lib.governance.locks import model_lock
from pipelines_lib.governance.registry import Registry
from pipelines_lib.governance.ruling import rule_on
from pipelines_lib.modelling import scoring, training, windows
from pipelines_lib.modelling.windows import Split
from pipelines_lib.reporting.report import write_report
from pipelines_lib.results import Answer
from pipelines_lib.spec.loading import load_model
from pipelines_lib.spec.run import Run, open_run
from pipelines_lib.spec.settings import Settings

SECONDS: dict[str, float] = {}


def main(model: str, as_of: date) -> dict[str, Any]:
    """Run one night and say what came of it."""
    run = opened(model, as_of)
    with model_lock(run.settings.home, run.spec.model):
        case = scored(run)
        case = case.challenged(_ask(case, FIRST_ROUND))
        ruling = rule_on(case, "promotion")
        if not ruling.rejects:
            case = case.challenged(_ask(case, CHALLENGE))
            ruling = rule_on(case, "challenge")
        verdict = _conclude(case, ruling)
    assert case.candidate is not None
    assert "prefect" not in sys.modules
    return {
        "verdict": verdict,
        "seconds": SECONDS,
        "seconds_training": case.candidate.seconds_training,
        "rounds": case.candidate.rounds,
    }


def opened(model: str, as_of: date) -> Run:
    """Open one night."""
    with timed("open the run"):
        settings = Settings.from_environment()
        return open_run(
            load_model(model, settings),
            as_of=as_of,
            run_id=str(uuid4()),
            started_at=datetime.now(UTC),
            settings=settings,
        )


def scored(run: Run) -> Case:
    """Take in the night's data, train, and score: all but the questions."""
    case = _take_in(run)
    assert not rule_on(case, "data").stops
    return _trained(case)


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


def _trained(case: Case) -> Case:
    spec, settings = case.run.spec, case.run.settings
    home, threads = settings.home, settings.threads
    with timed("train the candidate"):
        candidate = training.train_candidate(
            spec, case.clean, case.plan, home=home, threads=threads
        )
    with timed("score every window"):
        packages = {"candidate": candidate.package, "baseline": candidate.baseline}
        scores = scoring.score_snapshot(home, case.clean, case.plan, packages, threads=threads)
    return case.questioned(candidate, scores, ())


def _ask(case: Case, asked: Mapping[str, tuple[Question, ...]]) -> tuple[Answer, ...]:
    answers: tuple[Answer, ...] = ()
    for topic, each in asked.items():
        with timed(f"check {topic}"):
            answers += questions.put(each, inquiry_of(case, *case.examined))
    return answers


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
