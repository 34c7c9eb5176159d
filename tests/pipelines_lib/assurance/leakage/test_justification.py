"""A suspect stays only with a recorded reason, and a copy of the target never."""

from dataclasses import replace

import pytest

from pipelines_lib.assurance.leakage.justification import with_reason
from pipelines_lib.results import CheckResult, Outcome

REASON = {"score": "The bureau's score is dated the day before the application."}


def result(code, outcome=Outcome.FAILED, subject="score"):
    return CheckResult(code, subject, outcome, "AUC <= 0.8", "house", "AUC 0.850.", observed=0.85)


@pytest.mark.parametrize("code", [f"LEAK-00{number}" for number in range(1, 7)])
@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE])
def test_a_suspect_with_a_reason_passes_and_says_reason_and_figure(code, outcome):
    found = with_reason(result(code, outcome), REASON)
    assert (found.outcome, found.observed) == (Outcome.PASSED, 0.85)
    assert found.explanation == (
        "Justified: The bureau's score is dated the day before the application. AUC 0.850."
    )


def test_shared_rows_cannot_be_justified():
    assert with_reason(result("LEAK-008"), REASON) == result("LEAK-008")


@pytest.mark.parametrize(("observed", "stays"), [(1.0, False), (0.999, True), (None, False)])
def test_a_part_that_tells_the_outcome_may_be_justified_and_a_copy_never(observed, stays):
    found = with_reason(replace(result("LEAK-007"), observed=observed), REASON)
    assert found.passed is stays


def test_what_is_no_suspect_or_has_no_reason_is_left_alone():
    for untouched in (result("LEAK-001", Outcome.PASSED), result("LEAK-001", subject="income")):
        assert with_reason(untouched, REASON) == untouched
