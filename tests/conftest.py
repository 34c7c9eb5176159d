"""What all tests share: nothing is skipped where everything was installed."""

import os

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With NOTHING_SKIPPED set (as CI does), a skipped test is a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("NOTHING_SKIPPED") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although NOTHING_SKIPPED is set: {report.longrepr}"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    """A developer's own PIPELINES_* settings change no test."""
    for name in list(os.environ):
        if name.startswith("PIPELINES_"):
            monkeypatch.delenv(name)
