"""Ask everything that can be asked before training: spec, policies, data contract."""

import os
from datetime import UTC, date, datetime
from typing import Any

from pipelines_lib.spec.loading import load_model
from pipelines_lib.spec.run import open_run
from pipelines_lib.spec.schedule import chosen_night
from pipelines_lib.spec.settings import Settings


def check_model(model: str, as_of: date | None, settings: Settings) -> dict[str, Any]:
    """Check one model's spec and the night's data; nothing is trained or registered."""
    from pipelines_lib.assurance import gate, requirements
    from pipelines_lib.data.preflight import examine_data

    now = datetime.now(UTC)
    loaded = load_model(model, settings)
    night = chosen_night(loaded.spec.schedule, as_of, now)
    run = open_run(loaded, as_of=night, run_id="check", started_at=now, settings=settings)
    checks = examine_data(run, os.environ)
    insisted = requirements.required(run.spec, run.rules, champion=False, stage="data")
    decision = gate.decide(checks, insisted, approval_required=False)
    return {
        "model": run.spec.model,
        "as_of": str(night),
        "checks": len(checks),
        "reasons_against": list(decision.reasons_against),
        "warnings": list(decision.warnings),
    }
