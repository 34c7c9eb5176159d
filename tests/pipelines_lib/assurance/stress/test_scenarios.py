import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.stress.scenarios import ask
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome

PARAMETERS = {
    "confidence": 0.95,
    "max_rows": 3_000,
    "minimum_rows": 200,
    "approval_drop": 0.25,
    "tolerance": 1e-6,
}
DOWNTURN = {
    "name": "downturn",
    "meaning": "incomes fall",
    "shocks": [{"feature": "income", "multiply": 0.8}],
}


@pytest.fixture
def answer(bank, rule, inquire, stressed):
    def put(*scenarios, table=None, package=None, spec=None, limit=2.0, **more):
        table = bank.people(1_000, 1) if table is None else table
        asked = rule("STRESS-001", limit, **{**PARAMETERS, **more})
        spec = spec or stressed(*scenarios)
        return ask(inquire(table, package or bank.package(bank.people(500)), asked, spec=spec))

    return put


def only(found):
    (check,) = found.checks
    return check


def test_the_expected_loss_of_those_approved_is_followed_by_hand(answer, bank):
    people = bank.people(1_000, 1)
    found = answer(table=people)
    package = bank.package(bank.people(500))
    inputs = package.inputs(people)
    before = package.score(inputs)
    shocked = inputs.copy()
    shocked[:, 0] *= 0.8
    after, approved = package.score(shocked), before < 0.5
    (figures,) = found.figures.scenarios
    increase = after[approved].sum() / before[approved].sum() - 1
    assert only(found).observed == pytest.approx(increase, rel=1e-5)
    assert figures.mean_score_after == pytest.approx(after.mean(), abs=1e-5)
    assert figures.approval_after == pytest.approx((after < 0.5).mean(), abs=1e-6)
    assert figures.loss_before == pytest.approx(0.5 * before[approved].mean(), abs=1e-5)
    assert figures.loss_low < increase < figures.loss_high
    assert only(found).code == "STRESS-001"


@pytest.mark.parametrize(
    ("margin", "outcome"),
    [
        (0.2, Outcome.PASSED),
        (0.0, Outcome.NOT_ENOUGH_EVIDENCE),
        (-0.2, Outcome.FAILED),
    ],
)
def test_the_whole_interval_must_lie_on_one_side_of_the_limit(answer, margin, outcome):
    observed = only(answer(limit=99.0, approval_drop=1.0)).observed
    assert only(answer(limit=observed + margin, approval_drop=1.0)).outcome is outcome


@pytest.mark.parametrize(("most", "outcome"), [(0.9, Outcome.PASSED), (0.01, Outcome.FAILED)])
def test_approvals_that_fall_too_far_fail_whatever_is_lost(answer, most, outcome):
    check = only(answer(limit=99.0, approval_drop=most))
    assert check.outcome is outcome
    assert ("Approvals may fall by 1.0 % at most" in check.explanation) is (most == 0.01)


def test_each_scenario_has_its_own_answer(answer):
    mild = {**DOWNTURN, "name": "mild", "shocks": [{"feature": "income", "multiply": 0.99}]}
    assert [check.subject for check in answer(DOWNTURN, mild).checks] == ["downturn", "mild"]


def test_a_model_that_answers_the_wrong_way_round_fails(answer, bank):
    backwards = bank.package(bank.people(500), bank.weighted([0.1, 1.0, 0.0], bias=-8.0))
    check = only(answer(package=backwards, limit=99.0, approval_drop=1.0))
    assert check.outcome is Outcome.FAILED
    assert "scores fall against the declared direction" in check.explanation


def test_good_news_that_raises_a_score_fails_as_well(answer, bank):
    backwards = bank.package(bank.people(500), bank.weighted([0.1, 1.0, 0.0], bias=-8.0))
    boom = {**DOWNTURN, "name": "boom", "shocks": [{"feature": "income", "multiply": 1.2}]}
    check = only(answer(boom, package=backwards, limit=99.0, approval_drop=1.0))
    assert "scores rise against the declared direction" in check.explanation
    assert check.outcome is Outcome.FAILED


def test_a_feature_without_a_direction_may_act_either_way(answer, bank, stressed):
    free = stressed(DOWNTURN, features={"income": {"monotone": "none"}})
    backwards = bank.package(bank.people(500), bank.weighted([0.1, 1.0, 0.0], bias=-8.0))
    check = only(answer(package=backwards, spec=free, limit=99.0, approval_drop=1.0))
    assert check.outcome is Outcome.PASSED


def test_a_spec_without_scenarios_has_not_enough_evidence(answer, spec):
    check = only(answer(spec=spec))
    assert (check.subject, check.outcome) == ("scenarios", Outcome.NOT_ENOUGH_EVIDENCE)
    assert "names no scenario" in check.explanation


@pytest.mark.parametrize("cutoff", [1e-9, 1 - 1e-12])
def test_a_cutoff_that_approves_nobody_or_everybody_is_answered(answer, bank, cutoff):
    found = answer(package=bank.package(bank.people(500), cutoff=cutoff), approval_drop=1.0)
    nobody = cutoff < 0.5
    assert (only(found).outcome is Outcome.NOT_ENOUGH_EVIDENCE) is nobody
    canonical_bytes(found.figures)


def test_nobody_to_ask_is_no_evidence(answer, bank):
    found = answer(table=bank.people(1_000).slice(0, 0))
    assert only(found).outcome is Outcome.NOT_ENOUGH_EVIDENCE
    canonical_bytes(found.figures)


def test_too_few_applications_are_no_evidence(answer, bank):
    check = only(answer(table=bank.people(150, 1), limit=99.0, approval_drop=1.0))
    assert check.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert check.n == 150


def test_constant_and_infinite_incomes_are_answered(answer, bank):
    for values in (np.full(1_000, 50.0), np.where(np.arange(1_000) % 2, np.inf, -np.inf)):
        table = bank.people(1_000, 1).set_column(0, "income", pa.array(values))
        found = answer(table=table, approval_drop=1.0)
        assert only(found).outcome in set(Outcome)
        canonical_bytes(found.figures)


def test_no_more_rows_are_read_than_the_policy_allows(answer):
    assert answer(max_rows=300).figures.rows == 300


def test_the_same_night_gives_the_same_figures(answer):
    partly = {**DOWNTURN, "shocks": [{"feature": "income", "multiply": 0.8, "share": 0.3}]}
    assert answer(partly).figures == answer(partly).figures


def test_a_check_that_no_policy_rules_is_not_asked(bank, inquire, stressed):
    inquiry = inquire(bank.people(10), bank.package(bank.people(100)), None, spec=stressed())
    assert ask(inquiry).checks == ()
