"""Prove that a server schedules: deploy a flow with a cron line, see runs appear, remove it."""

import time
from uuid import uuid4

import httpx

_SECONDS = 60
_NAME = "pipelines-doctor"


def api_url_shown(dashboard: str) -> str:
    """Where the dashboard tells a browser to look for the API."""
    answer = httpx.get(f"{dashboard}/ui-settings", timeout=10)
    return str(answer.json().get("api_url", ""))


def schedules_create_runs() -> bool:
    """Whether a cron deployment gets upcoming runs; leaves nothing behind."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import CronSchedule

    with get_client(sync_client=True) as client:
        flow_id = client.create_flow_from_name(_NAME)
        deployment = client.create_deployment(
            flow_id=flow_id,
            name=f"{_NAME}-{uuid4().hex[:8]}",
            schedules=[DeploymentScheduleCreate(schedule=CronSchedule(cron="0 3 * * *"))],
            paused=False,
        )
        try:
            return _appears(str(deployment))
        finally:
            client.delete_deployment(deployment)
            client.delete_flow(flow_id)


def _appears(deployment: str) -> bool:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId

    wanted = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
    deadline = time.monotonic() + _SECONDS
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            if client.read_flow_runs(deployment_filter=wanted):
                return True
            time.sleep(0.5)
    return False
