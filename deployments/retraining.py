"""Run the nightly flow from a command line, in this process, with somebody watching."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from typing import Any

from deployments import orchestrator
from pipelines_lib.data import apart
from pipelines_lib.errors import CheckNotRunError
from pipelines_lib.spec.loading import LoadedModel, load_model
from pipelines_lib.spec.settings import Settings

Told = Callable[[str, float | None], None]
"""Called with a stage when it begins (None) and when it has ended (seconds)."""


def retrain(
    model: str, as_of: date | None, settings: Settings, told: Told, *, once: bool = False
) -> dict[str, Any]:
    """Run one governed retraining and return its summary as JSON values.

    Args:
        model: A name, or the path of a spec file.
        as_of: The night; the newest slot where none is given.
        settings: Where things are kept.
        told: Told of every stage.
        once: Whether this process runs no other model; then libraries load side by side.
    """
    check_first(model, as_of, settings)
    with apart.held_apart() if once else nullcontext():
        return _run(model, as_of, settings, told)


def _run(model: str, as_of: date | None, settings: Settings, told: Told) -> dict[str, Any]:
    dashboard = orchestrator.connect(
        settings.home, lambda text: told(text, None), lambda: _open_registry(settings)
    )
    told("load the libraries", None)
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from flows.nightly_retraining import nightly_retraining
    from pipelines_lib.canonical import plain
    from tasks.stage import StageEvent, listening

    def listener(event: StageEvent) -> None:
        told(event.stage, event.seconds)

    # A heartbeat costs a second at the end of a flow. It lets a server notice that an
    # unattended process died; here a person is watching (docs/adr/0005).
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}), listening(listener):
        state = nightly_retraining(model, as_of, return_state=True)
    summary = _outcome(state)
    return {**plain(summary), "dashboard": f"{dashboard}/runs/flow-run/{summary.run_id}"}


def check_first(model: str, as_of: date | None, settings: Settings) -> LoadedModel:
    """Find what is wrong with the request before anything is started."""
    from datetime import UTC, datetime

    from pipelines_lib.modelling.estimators import check_training
    from pipelines_lib.spec.run import open_run
    from pipelines_lib.spec.schedule import chosen_night

    loaded = load_model(model, settings)
    check_training(loaded.spec.training)
    now = datetime.now(UTC)
    night = chosen_night(loaded.spec.schedule, as_of, now)
    open_run(loaded, as_of=night, run_id="check", started_at=now, settings=settings)
    return loaded


def _open_registry(settings: Settings) -> None:
    """Create the registry's database where there is none, and load what it needs."""
    from pipelines_lib.governance.registry import Registry

    registry = Registry(settings)
    registry.prepare()
    registry.models()


def _outcome(state: Any) -> Any:  # noqa: ANN401  (Prefect is imported late)
    from pipelines_lib.reporting.summary import RunSummary

    found = (
        state.data if isinstance(state.data, RunSummary) else state.result(raise_on_failure=False)
    )
    if isinstance(found, RunSummary):
        return found
    if isinstance(found, BaseException):
        raise found
    raise CheckNotRunError(
        f"The flow ended as {state.name} without a result.",
        fix="Open the run on the dashboard and read its log.",
    )
