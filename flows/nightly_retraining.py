"""Retrain one bank model under full governance: the bank's nightly procedure.

Take in the night's data, hold it to its contract, train a candidate, question it, let the
gate decide, write the evidence, and only then register. A rejected candidate is a finished
run named ``Rejected``, not a crash; a broken data contract ends as ``Stopped``.
"""

from datetime import date

from prefect import flow
from prefect.client.schemas.objects import State

from pipelines_lib.governance.case import Case, Ruling
from pipelines_lib.reporting.summary import RunSummary
from pipelines_lib.spec.run import Run
from tasks import assurance, data, governance, modelling, opening, reporting
from tasks.stage import StageClock, listening
from tasks.states import final_state


@flow(name="nightly-retraining", flow_run_name=opening.run_name, persist_result=False)
def nightly_retraining(model: str, as_of: date | None = None) -> State[RunSummary]:
    """Retrain one model as of one night.

    Args:
        model: A name in the models folder, or the path of a spec file.
        as_of: The night; what happened later does not exist. Default: the scheduled slot.
    """
    clock = StageClock()
    with listening(clock):
        run = opening.open_run(model, as_of)
        with governance.one_run_at_a_time(run):
            case, ruling = _examine(run)
            summary = _conclude(case, ruling, clock)
    return final_state(summary)


def _examine(run: Run) -> tuple[Case, Ruling]:
    standing = governance.find_champion(run)
    delivery = data.ingest(run)
    quality = data.check_quality(run, delivery)
    split = modelling.split_by_time(run, quality)
    case = Case(run, standing, delivery, quality, split)
    ruling = assurance.rule_on_data(case)
    if ruling.stops:
        return case, ruling

    candidate = modelling.train_candidate(case)
    scores = modelling.score_windows(case, candidate)
    answers = (
        *assurance.check_leakage(case, candidate, scores),
        *assurance.check_performance(case, candidate, scores),
        *assurance.compare(case, candidate, scores),
        *assurance.check_fairness(case, candidate, scores),
        *assurance.check_drift(case, candidate, scores),
        *assurance.stress(case, candidate, scores),
        *assurance.check_explanation(case, candidate, scores),
        *assurance.check_governance(case, candidate, scores),
    )
    case = case.questioned(candidate, scores, answers)
    ruling = assurance.rule_on_promotion(case)
    return (case, ruling) if ruling.rejects else _challenge(case)


def _challenge(case: Case) -> tuple[Case, Ruling]:
    """Fit the model again in other ways: dear, so only where nothing speaks against it."""
    answers = (
        *assurance.challenge_training(case),
        *assurance.search_alternatives(case),
        *assurance.challenge_explanation(case),
    )
    case = case.challenged(answers)
    return case, assurance.rule_after_challenge(case)


def _conclude(case: Case, ruling: Ruling, clock: StageClock) -> RunSummary:
    recorded = governance.write_evidence(case, ruling, clock.seconds)
    version = governance.register(case, recorded)
    report = reporting.render_report(case, recorded)
    reporting.publish_artifact(recorded)
    return reporting.summarise(recorded, version, report, clock.seconds)
