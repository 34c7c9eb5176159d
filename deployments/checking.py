"""Ask everything that can be asked before training: spec, policies, data contract."""

import os
from datetime import UTC, date, datetime
from typing import Any

from pipelines_lib.results import CheckResult
from pipelines_lib.spec.loading import load_model
from pipelines_lib.spec.run import Run, open_run
from pipelines_lib.spec.schedule import chosen_night
from pipelines_lib.spec.settings import Settings


def check_model(model: str, as_of: date | None, settings: Settings) -> dict[str, Any]:
    """Check one model's spec and the night's data; nothing is trained or registered."""
    from pipelines_lib.assurance import gate, requirements
    from pipelines_lib.modelling.estimators import check_training

    now = datetime.now(UTC)
    loaded = load_model(model, settings)
    check_training(loaded.spec.training)
    night = chosen_night(loaded.spec.schedule, as_of, now)
    run = open_run(loaded, as_of=night, run_id="check", started_at=now, settings=settings)
    checks = _examine_data(run)
    insisted = requirements.required(run.spec, run.rules, champion=False, stage="data")
    decision = gate.decide(checks, insisted, approval_required=False)
    return {
        "model": run.spec.model,
        "as_of": str(night),
        "checks": len(checks),
        "reasons_against": list(decision.reasons_against),
        "warnings": list(decision.warnings),
    }


def _examine_data(run: Run) -> tuple[CheckResult, ...]:
    """The part of the nightly procedure that comes before training."""
    from pipelines_lib.data import ingestion, pseudonyms, quality
    from pipelines_lib.data.snapshots import read_snapshot
    from pipelines_lib.modelling import training, windows

    home, spec, rules = run.settings.home, run.spec, run.rules
    delivery = ingestion.ingest(
        spec,
        run.model.folder,
        run.as_of,
        home=home,
        rules=rules,
        pseudonym_key=pseudonyms.pseudonym_key(home, os.environ, generate=True),
        today=run.started_at.date(),
        environment=os.environ,
        threads=run.settings.threads,
    )
    if delivery.applications is None:
        return delivery.checks
    checked = quality.check_quality(spec, delivery.applications, home=home, rules=rules)
    found = (*delivery.checks, *checked.checks)
    if checked.clean is None:
        return found
    table = read_snapshot(home, checked.clean, ["business_date", "observed_on", "label"])
    split = windows.split_by_time(spec, table, rules, run.as_of)
    if split.plan is None:
        return (*found, *split.checks)
    inputs = training.check_inputs(spec, checked.clean, split.plan, home=home, rules=rules)
    return (*found, *split.checks, *inputs)
