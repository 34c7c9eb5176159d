"""Open a run: which model, which night, under which rules."""

from datetime import UTC, date, datetime
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from pipelines_lib.errors import PipelineError
from pipelines_lib.spec.loading import load_model
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.run import Run
from pipelines_lib.spec.run import open_run as put_together
from pipelines_lib.spec.schedule import chosen_night
from pipelines_lib.spec.settings import Settings
from tasks.stage import stage


def run_name() -> str:
    """How the dashboard names a run: the model and the night, whatever was typed."""
    asked = flow_run.parameters
    scheduled = flow_run.scheduled_start_time or datetime.now(UTC)
    try:
        spec = load_model(asked["model"], Settings.from_environment()).spec
        night = chosen_night(spec.schedule, _as_date(asked.get("as_of")), scheduled)
    except PipelineError:  # the run itself will say what is wrong
        return f"{asked['model']} as of {asked.get('as_of') or scheduled.date()}"
    return f"{spec.model} as of {night}"


def _as_date(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


@stage("open the run")
def open_run(model: str, as_of: date | None) -> Run:
    """Load the spec and the rules of the night; the night is the scheduled slot, never today."""
    settings = Settings.from_environment()
    loaded = load_model(model, settings)
    scheduled = flow_run.scheduled_start_time or datetime.now(UTC)
    _tag(loaded.spec)
    return put_together(
        loaded,
        as_of=chosen_night(loaded.spec.schedule, as_of, scheduled),
        run_id=str(flow_run.id),
        started_at=datetime.now(UTC),
        settings=settings,
    )


def _tag(spec: ModelSpec) -> None:
    """Let the dashboard filter by model, tier and owner; the sets of tags are few and stable."""
    tags = {f"model:{spec.model}", f"tier:{spec.tier}", f"owner:{spec.people.owner}"}
    with get_client(sync_client=True) as client:
        client.update_flow_run(UUID(flow_run.id), tags=tags | set(flow_run.tags))
