"""The words every check answers in, and what a gate makes of them."""

import dataclasses
import itertools

import pytest

from pipelines_lib.canonical import canonical_bytes, parse, plain
from pipelines_lib.results import (
    Answer,
    CheckResult,
    Consequence,
    Interval,
    Outcome,
    PromotionDecision,
    Requirement,
    Verdict,
)


def result(outcome=Outcome.PASSED, **more):
    return CheckResult("FAIR-001", "sex=female", outcome, ">= 0.8", "house", "fine", **more)


def test_there_are_three_outcomes_three_consequences_and_four_verdicts():
    assert [str(each) for each in Outcome] == ["passed", "failed", "not_enough_evidence"]
    assert [str(each) for each in Consequence] == ["hard", "screen", "record"]
    assert [str(each) for each in Verdict] == [
        "promoted",
        "awaiting_approval",
        "rejected",
        "stopped",
    ]


@pytest.mark.parametrize("outcome", Outcome)
def test_only_passed_opens_a_gate(outcome):
    assert result(outcome).passed is (outcome is Outcome.PASSED)


def test_an_outcome_has_no_default():
    with pytest.raises(TypeError, match="outcome"):
        CheckResult("X", "s", required="", basis="", explanation="")


@pytest.mark.parametrize("interval", [None, Interval(0.7, 0.9, 0.95)])
@pytest.mark.parametrize("outcome", Outcome)
def test_a_result_comes_back_from_the_json_of_the_evidence_as_it_went(outcome, interval):
    before = result(outcome, observed=0.81, interval=interval, n=40)
    assert CheckResult.from_plain(parse(canonical_bytes(before))) == before


def test_an_outcome_that_is_none_of_the_three_is_refused():
    data = plain(result()) | {"outcome": "skipped"}
    with pytest.raises(ValueError, match="skipped"):
        CheckResult.from_plain(data)


@pytest.mark.parametrize(
    ("against", "judgement", "people"),
    [*itertools.product([(), ("x",)], [(), ("y",)], [False, True])],
)
def test_a_reason_rejects_a_screen_or_the_tier_waits_for_people_else_it_is_promoted(
    against, judgement, people
):
    decision = PromotionDecision(against, judgement, ("warned",), approval_required=people)
    expected = Verdict.PROMOTED
    if judgement or people:
        expected = Verdict.AWAITING_APPROVAL
    if against:
        expected = Verdict.REJECTED
    assert decision.verdict is expected


@pytest.mark.parametrize(
    "value",
    [
        result(),
        Interval(0, 1, 0.95),
        Requirement("FAIR-001", "sex=female", Consequence.HARD),
        PromotionDecision((), (), (), approval_required=False),
        Answer("fairness", (result(),)),
    ],
)
def test_what_was_found_cannot_be_changed(value):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(value)[0].name, "other")
