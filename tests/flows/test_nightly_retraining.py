"""The nightly procedure, whole, on the sample bank and against a real Prefect server."""

import json
from datetime import date

import pytest

pytestmark = [pytest.mark.server, pytest.mark.slow]

PROCEDURE = {
    "open the run",
    "find the champion",
    "ingest",
    "check the data",
    "split by time",
    "apply the data gate",
    "train the candidate",
    "score every window",
    "check for leaks",
    "check performance",
    "compare with champion and baseline",
    "check fairness",
    "check drift",
    "stress the model",
    "check the explanation",
    "check governance",
    "apply the promotion gate",
    "challenge the training",
    "search for fairer alternatives",
    "challenge the explanation",
    "apply the gate after the challenge",
    "write the evidence",
    "register",
    "render the report",
    "publish the artifact",
}


def recorded_task_runs(flow_run_id):
    import time

    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    with get_client(sync_client=True) as client:
        for _ in range(60):
            found = client.read_task_runs(flow_run_filter=wanted)
            if len(found) >= len(PROCEDURE) and all(run.state.is_final() for run in found):
                break
            time.sleep(0.5)
        return client.read_flow_run(flow_run_id), found


@pytest.fixture
def night(whole_bank):
    state = whole_bank.run()
    return whole_bank, state, state.result(raise_on_failure=False)


def test_a_night_promotes_records_every_task_and_leaves_verifiable_evidence(night):
    from pipelines_lib.governance.registry import Registry
    from pipelines_lib.spec.settings import Settings

    bank, state, summary = night
    assert (state.type.value, state.name) == ("COMPLETED", "Completed")
    assert (summary.verdict, summary.version, summary.as_of) == ("promoted", 1, date(2025, 4, 10))
    assert abs(summary.metrics["out_of_time"]["auc"] - 0.783) <= 0.025

    flow_run, task_runs = recorded_task_runs(summary.run_id)
    assert flow_run.name == "credit_default as of 2025-04-10"
    assert {run.name for run in task_runs} == PROCEDURE
    assert len(task_runs) == len(PROCEDURE)
    assert {run.state.name for run in task_runs} == {"Completed"}

    evidence = json.loads(summary.evidence.path.read_bytes())
    assert evidence["candidate"]["package_sha256"] == summary.model_sha256
    assert summary.report.stat().st_size < 1_000_000
    assert summary.evidence.path.stat().st_size < 300_000

    registry = Registry(Settings.from_environment())
    (version,) = registry.versions("credit_default")
    assert set(version.aliases) == {"challenger", "champion"}

    again = bank.run().result(raise_on_failure=False)  # the same night once more
    assert (again.verdict, again.version) == ("promoted", 1)
    assert again.model_sha256 == summary.model_sha256
    assert registry.versions("credit_default") == (version,)


def test_the_dashboard_artifact_of_a_model_keeps_one_key(night):
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    _, _, summary = night
    wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[summary.run_id]))
    with get_client(sync_client=True) as client:
        (artifact,) = client.read_artifacts(artifact_filter=wanted)
    assert artifact.key == "model-credit-default"
    assert artifact.data.startswith("# Promoted")
