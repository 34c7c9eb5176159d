"""The promotion gate: closed by default, monotone, and in words."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines_lib.assurance.gate import NOTHING_REQUIRED, decide
from pipelines_lib.results import CheckResult, Consequence, Outcome, Requirement, Verdict

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
HARD, SCREEN, RECORD = Consequence.HARD, Consequence.SCREEN, Consequence.RECORD
TOWARDS_PROMOTION = (Verdict.REJECTED, Verdict.AWAITING_APPROVAL, Verdict.PROMOTED)


def check(outcome, code="PERF-001", subject="out_of_time", said="AUC 0.61 (0.59 to 0.63)"):
    return CheckResult(code, subject, outcome, "AUC >= 0.65", "house", said)


def insist(consequence=HARD, code="PERF-001", subject="out_of_time"):
    return Requirement(code, subject, consequence)


def ask(checks, requirements, *, approval=False):
    return decide(checks, requirements, approval_required=approval)


def test_everything_required_passed_promotes():
    assert ask([check(PASSED)], [insist()]).verdict is Verdict.PROMOTED


def test_a_tier_where_people_decide_waits_for_them():
    found = ask([check(PASSED)], [insist()], approval=True)
    assert found.verdict is Verdict.AWAITING_APPROVAL


def test_a_failed_check_is_a_reason_in_plain_words():
    assert ask([check(FAILED)], [insist()]).reasons_against == (
        "PERF-001 out_of_time: failed. AUC 0.61 (0.59 to 0.63). Required: AUC >= 0.65",
    )


def test_not_enough_evidence_is_a_reason_in_plain_words():
    assert ask([check(OPEN, said="12 rows.")], [insist()]).reasons_against == (
        "PERF-001 out_of_time: not enough evidence. 12 rows. Required: AUC >= 0.65",
    )


@pytest.mark.parametrize("consequence", Consequence)
def test_no_result_is_a_reason_whatever_the_consequence(consequence):
    found = ask([], [insist(consequence)])
    assert found.reasons_against == ("PERF-001 out_of_time: no result",)


def test_a_result_about_another_subject_is_no_result():
    found = ask([check(PASSED, subject="validation")], [insist()])
    assert found.reasons_against == ("PERF-001 out_of_time: no result",)


def test_a_result_of_another_check_about_the_subject_is_no_result():
    found = ask([check(PASSED, code="PERF-003")], [insist()])
    assert found.reasons_against == ("PERF-001 out_of_time: no result",)


def test_a_gate_that_asks_nothing_stays_closed():
    assert ask([], []).reasons_against == (NOTHING_REQUIRED,)


@pytest.mark.parametrize("outcome", [FAILED, OPEN])
@pytest.mark.parametrize(
    ("consequence", "verdict"),
    [
        (HARD, Verdict.REJECTED),
        (SCREEN, Verdict.AWAITING_APPROVAL),
        (RECORD, Verdict.PROMOTED),
    ],
)
def test_the_consequence_decides_what_a_breach_means(outcome, consequence, verdict):
    found = ask([check(outcome)], [insist(consequence)])
    assert found.verdict is verdict
    placed = (found.reasons_against, found.needs_judgement, found.warnings)
    assert [len(reasons) for reasons in placed] == [
        consequence is HARD,
        consequence is SCREEN,
        consequence is RECORD,
    ]


@pytest.mark.parametrize("worse", [FAILED, OPEN])
def test_of_two_results_about_one_subject_the_worse_counts(worse):
    for checks in ([check(PASSED), check(worse)], [check(worse), check(PASSED)]):
        assert ask(checks, [insist()]).verdict is Verdict.REJECTED


def test_of_two_results_that_did_not_pass_the_failed_one_is_told():
    (reason,) = ask([check(OPEN), check(FAILED)], [insist()]).reasons_against
    assert ": failed. " in reason


def test_of_two_requirements_about_one_subject_the_graver_counts():
    for order in ([insist(RECORD), insist(HARD)], [insist(HARD), insist(RECORD)]):
        assert ask([check(FAILED)], order).verdict is Verdict.REJECTED


def test_what_failed_without_being_required_is_a_warning():
    found = ask([check(PASSED), check(FAILED, code="FAIR-001", subject="sex=other")], [insist()])
    assert found.verdict is Verdict.PROMOTED
    assert found.warnings[0].startswith("FAIR-001 sex=other: failed")


def test_reasons_come_in_the_order_of_checks_and_subjects_and_what_is_absent_comes_last():
    checks = [check(FAILED, code="PERF-002"), check(FAILED, subject="b"), check(FAILED)]
    required = [insist(code=one.code, subject=one.subject) for one in checks]
    found = ask(checks, [*required, insist(code="DATA-001", subject="a")]).reasons_against
    assert [reason.split(":")[0] for reason in found] == [
        "PERF-001 b",
        "PERF-001 out_of_time",
        "PERF-002 out_of_time",
        "DATA-001 a",
    ]


NAMES = st.tuples(st.sampled_from(["PERF-001", "FAIR-001"]), st.sampled_from(["a", "b"]))
CHECKS = st.lists(
    st.builds(
        lambda about, outcome, said: check(outcome, *about, said),
        NAMES,
        st.sampled_from(Outcome),
        st.sampled_from(["one", "two"]),
    ),
    max_size=8,
)
REQUIREMENTS = st.lists(
    st.builds(
        lambda about, consequence: insist(consequence, *about),
        NAMES,
        st.sampled_from(Consequence),
    ),
    max_size=6,
)


def opened(checks, requirements, approval):
    return TOWARDS_PROMOTION.index(ask(checks, requirements, approval=approval).verdict)


@settings(deadline=None)
@given(CHECKS, REQUIREMENTS, st.booleans(), st.data())
def test_taking_a_result_about_a_subject_away_never_moves_towards_promotion(
    checks, requirements, approval, data
):
    gone = data.draw(NAMES)
    left = [one for one in checks if (one.code, one.subject) != gone]
    assert opened(left, requirements, approval) <= opened(checks, requirements, approval)


@settings(deadline=None)
@given(CHECKS, REQUIREMENTS, st.booleans(), NAMES, st.sampled_from([FAILED, OPEN]))
def test_adding_a_result_that_did_not_pass_never_opens_the_gate(
    checks, requirements, approval, about, outcome
):
    asked = {r.consequence for r in requirements if (r.code, r.subject) == about}
    assume(asked != {RECORD})  # there the figure itself is what was missing
    more = [*checks, check(outcome, *about)]
    if ask(more, requirements, approval=approval).verdict is Verdict.PROMOTED:
        assert ask(checks, requirements, approval=approval).verdict is Verdict.PROMOTED


@settings(deadline=None)
@given(CHECKS, REQUIREMENTS, st.booleans())
def test_promotion_needs_a_result_for_every_requirement_and_no_hard_or_screen_breach(
    checks, requirements, approval
):
    if ask(checks, requirements, approval=approval).verdict is not Verdict.PROMOTED:
        return
    held = {(one.code, one.subject) for one in checks}
    grave = {(r.code, r.subject) for r in requirements if r.consequence is not RECORD}
    assert requirements
    assert not approval
    assert {(r.code, r.subject) for r in requirements} <= held
    assert all(one.passed for one in checks if (one.code, one.subject) in grave)


@settings(deadline=None)
@given(CHECKS, REQUIREMENTS, st.randoms())
def test_the_order_of_results_and_requirements_changes_nothing(checks, requirements, random):
    before = ask(checks, requirements)
    random.shuffle(checks)
    random.shuffle(requirements)
    assert ask(checks, requirements) == before
