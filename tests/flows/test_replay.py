"""Nights 70 to 100 of the sample bank: a healthy, boring month."""

from datetime import date, timedelta

import pytest

pytestmark = [pytest.mark.server, pytest.mark.slow]

FIRST, NIGHTS = date(2025, 3, 11), 31  # the seventieth night, up to the hundredth


@pytest.fixture(scope="module")
def month(module_bank):
    nights = [FIRST + timedelta(days=offset) for offset in range(NIGHTS)]
    return [module_bank.run(night).result(raise_on_failure=False) for night in nights]


@pytest.mark.timeout(1800)
def test_the_month_ends_with_the_discrimination_the_data_are_known_for(month):
    assert month[-1].as_of == date(2025, 4, 10)
    assert abs(month[-1].metrics["out_of_time"]["auc"] - 0.783) <= 0.025


def test_no_night_raises_a_false_drift_alarm(month):
    """The rate of outcomes may lack evidence (DRIFT-005 is on record only); nothing else may."""
    alarms = [
        (night.as_of, check.code, check.subject)
        for night in month
        for check in night.checks
        if check.code.startswith("DRIFT") and not check.passed
        if (check.code, check.outcome) != ("DRIFT-005", "not_enough_evidence")
    ]
    assert alarms == []


def test_the_first_night_is_promoted_and_the_champion_is_not_churned(month):
    promoted = [night.as_of for night in month if night.verdict == "promoted"]
    assert promoted[0] == FIRST
    assert len(promoted) <= 2


def test_a_night_that_is_not_promoted_keeps_the_champion_and_nothing_else_is_wrong(month):
    codes = {
        reason.split()[0]
        for night in month
        if night.verdict != "promoted"
        for reason in night.reasons_against
    }
    assert codes == {"PERF-007"}


def test_every_night_can_be_verified(month, module_bank):
    from pipelines_lib.governance.registry import Registry
    from pipelines_lib.governance.verification import verify
    from pipelines_lib.spec.settings import Settings

    registry = Registry(Settings.from_environment(module_bank.environment))
    for night in month[:: NIGHTS - 1]:
        findings = verify(module_bank.home, "credit_default", night.as_of, registry=registry)
        assert [finding for finding in findings if finding.problem] == []
