"""What all tests share: nothing is skipped where everything was installed."""

import importlib.util
import os
from pathlib import Path

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With NOTHING_SKIPPED set (as CI does), a skipped test is a failure."""
    outcome = yield
    report = outcome.get_result()
    if "absent data" in dict(item.user_properties):  # data that may not ship: see known_answers
        return
    if report.skipped and os.environ.get("NOTHING_SKIPPED") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although NOTHING_SKIPPED is set: {report.longrepr}"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    """A developer's own PIPELINES_* settings change no test."""
    for name in list(os.environ):
        if name.startswith("PIPELINES_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def train_a_night():
    """Train a made-up lender's model in a home and write its evidence (services/lender.py)."""
    path = Path(__file__).parent / "services" / "lender.py"
    spec = importlib.util.spec_from_file_location("tests_services_lender", path)
    assert spec is not None
    assert spec.loader is not None
    lender = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lender)
    return lender.train_a_night


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory):
    """Where the session's Prefect server keeps its database and its log."""
    return tmp_path_factory.mktemp("prefect-home")


@pytest.fixture(scope="session")
def prefect_server(prefect_home):
    """A Prefect server of our own for the whole session, started and ended like a person's."""
    from deployments import local_server

    server = local_server.ensure(prefect_home)
    yield server
    local_server.stop(prefect_home, busy=list, patience=0)


@pytest.fixture(scope="session")
def prefect_client(prefect_server, tmp_path_factory):
    """This process talks to the session's server; flows end without waiting for a heartbeat."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_HOME,
        temporary_settings,
    )

    chosen = {
        PREFECT_API_URL: prefect_server.api_url,
        PREFECT_HOME: tmp_path_factory.mktemp("prefect-client"),
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    }
    with temporary_settings(chosen):
        yield prefect_server
        # What is still on its way must arrive while there is a server to take it.
        for worker in (EventsWorker, APILogWorker):
            worker.drain_all(timeout=30)
