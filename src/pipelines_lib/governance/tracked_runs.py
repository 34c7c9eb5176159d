"""One tracking run per night and result, however often the night is run or cut off."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.governance import artifacts, mlflow_door, tracking
from pipelines_lib.governance.evidence import EvidencePack, EvidenceRef
from pipelines_lib.governance.mlflow_door import Client
from pipelines_lib.spec.inputs import Feature

EVIDENCE_FOLDER = "evidence"
"""Where a tracking run keeps its copy of the evidence."""


@dataclass(frozen=True)
class TrackedRun:
    """A finished tracking run, its evidence, and the model it logged, if it logged one."""

    run_id: str
    evidence_sha256: str
    model_id: str | None = None
    artifacts: str | None = None


def track(
    client: Client,
    experiment: str,
    pack: EvidencePack,
    evidence: EvidenceRef,
    *,
    features: Sequence[Feature],
    package: Path | None,
) -> TrackedRun:
    """Find the finished run of these facts, or make it; add the model where it lacks one."""
    data = pack.plain()
    key = tracking.run_key(data)
    _end_cut_off(client, experiment, data["run"]["as_of"])
    finished = _finished(client, experiment, key)
    run_id = finished or _start(client, experiment, pack, key)
    tracked = _tracked(client, run_id)
    if package is not None and tracked.model_id is None:
        _log_model(client, run_id, package, features)
        tracked = _tracked(client, run_id)
    if finished is None:
        client.log_artifact(run_id, str(evidence.path), EVIDENCE_FOLDER)
        mlflow_door.log_metrics(client, run_id, tracked.model_id, data)
        client.set_terminated(run_id, "FINISHED")
    return tracked


def every(search: Any, **query: Any) -> Iterator[Any]:  # noqa: ANN401  (MLflow's own types)
    """Everything a search finds, page by page."""
    page = search(**query)
    yield from page
    while page.token:
        page = search(**query, page_token=page.token)
        yield from page


def _end_cut_off(client: Client, experiment: str, as_of: str) -> None:
    """Runs of this night that never finished belong to processes that are gone."""
    running = f"attributes.status = 'RUNNING' and tags.as_of = '{as_of}'"
    for run in every(client.search_runs, experiment_ids=[experiment], filter_string=running):
        client.set_terminated(run.info.run_id, "KILLED")


def _finished(client: Client, experiment: str, key: str) -> str | None:
    query = f"attributes.status = 'FINISHED' and tags.run_key = '{key}'"
    found = client.search_runs([experiment], query, max_results=1)
    return str(found[0].info.run_id) if found else None


def _start(client: Client, experiment: str, pack: EvidencePack, key: str) -> str:
    tags = {**tracking.tags(pack), "run_key": key, "run_id": pack.run.run_id}
    return mlflow_door.create_run(client, experiment, pack.plain(), tags)


def _tracked(client: Client, run_id: str) -> TrackedRun:
    """A run with the last whole model that it put out."""
    run = client.get_run(run_id)
    evidence = str(run.data.tags["evidence_sha256"])
    if not run.outputs or not run.outputs.model_outputs:
        return TrackedRun(run_id, evidence)
    model_id = str(run.outputs.model_outputs[-1].model_id)
    contents = client.get_logged_model(model_id).tags["artifacts"]
    return TrackedRun(run_id, evidence, model_id, contents)


def _log_model(client: Client, run_id: str, package: Path, features: Sequence[Feature]) -> None:
    """Hand the package over as a model; linked to the run last, when it is whole."""
    run = client.get_run(run_id)
    name = run.data.tags["model"]
    logged = client.create_logged_model(run.info.experiment_id, name, source_run_id=run_id)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        mlflow_door.save_pyfunc(folder, package, features, logged)
        contents = canonical_bytes(artifacts.file_hashes(folder)).decode()
        client.log_model_artifacts(logged.model_id, str(folder))
    client.set_logged_model_tags(logged.model_id, {"artifacts": contents})
    mlflow_door.link_model(client, run_id, logged.model_id)
