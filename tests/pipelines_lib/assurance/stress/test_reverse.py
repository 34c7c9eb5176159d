import numpy as np
import pytest

from pipelines_lib.assurance.stress.reverse import ask
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome

PARAMETERS = {"max_rows": 3_000, "largest": 8, "approval_drop": 0.10, "loss_increase": 0.25}
FALL = {"name": "fall", "meaning": "m", "shocks": [{"feature": "income", "add": -1}]}


@pytest.fixture
def answer(bank, rule, inquire, stressed):
    """Arrears and homes play no part; the log-odds rise by 0.1 for each unit of income lost."""

    def put(*scenarios, table=None, spec=None, labels=None, auc=None, **more):
        table = bank.people(2_000, 1) if table is None else table
        asked = rule("STRESS-004", 1.0, "at_least", **{**PARAMETERS, **more})
        ranking = rule("PERF-001", auc, "at_least") if auc else None
        package = bank.package(bank.people(500), bank.weighted([-0.1, 0.0, 0.0], bias=4.0))
        spec = spec or stressed(*(scenarios or [FALL]))
        return ask(inquire(table, package, asked, ranking, spec=spec, labels=labels))

    return put


def only(found):
    (check,) = found.checks
    assert check.code == "STRESS-004"
    return check


def approvals(bank, at):
    incomes = bank.people(2_000, 1)["income"].to_numpy() - at
    return float(np.mean(4.0 - 0.1 * incomes < 0))


def losses(bank, at):
    incomes = bank.people(2_000, 1)["income"].to_numpy()
    approved = 4.0 - 0.1 * incomes < 0
    score = 1 / (1 + np.exp(-(4.0 - 0.1 * (incomes - at))))
    return score[approved].sum()


def test_the_multiple_at_which_approvals_break_is_found_by_hand(answer, bank):
    found = only(answer(loss_increase=99.0))
    assert "approvals" in found.explanation
    start = approvals(bank, 0)
    assert start - approvals(bank, found.observed) > 0.10
    assert start - approvals(bank, found.observed - 2 / 64 - 0.001) <= 0.10


def test_the_multiple_at_which_losses_break_is_found_by_hand(answer, bank):
    found = only(answer(approval_drop=1.0))
    assert "expected loss" in found.explanation
    assert losses(bank, found.observed) > 1.25 * losses(bank, 0)
    assert losses(bank, found.observed - 2 / 64 - 0.001) <= 1.25 * losses(bank, 0)


@pytest.mark.parametrize(("add", "outcome"), [(-0.5, Outcome.PASSED), (-9, Outcome.FAILED)])
def test_an_edge_nearer_than_the_scenario_itself_fails(answer, add, outcome):
    assert only(answer({**FALL, "shocks": [{"feature": "income", "add": add}]})).outcome is outcome


def test_a_ranking_that_falls_below_its_limit_breaks_as_well(answer, bank):
    """Half of the people lose income: who is struck hides who is poor."""
    people = bank.people(2_000, 1)
    labels = (people["income"].to_numpy() < 50).astype(int).tolist()
    partly = {**FALL, "shocks": [{"feature": "income", "add": -3, "share": 0.5}]}
    found = answer(partly, labels=labels, auc=0.9, approval_drop=1.0, loss_increase=99.0)
    assert found.figures.scenarios[0].gate == "ranking"
    assert 0 < only(found).observed < 8


def test_a_gate_that_is_broken_already_breaks_at_nothing(answer, bank):
    labels = np.random.default_rng(1).integers(0, 2, 2_000).tolist()
    found = only(answer(labels=labels, auc=0.9))
    assert (found.observed, found.outcome) == (0.0, Outcome.FAILED)


def test_what_never_breaks_is_told_so(answer):
    found = answer(approval_drop=1.0, loss_increase=1e9)
    assert (only(found).observed, only(found).outcome) == (8.0, Outcome.PASSED)
    assert "No gate breaks up to 8 times" in only(found).explanation
    assert found.figures.scenarios[0].multiple is None


def test_a_spec_without_scenarios_has_not_enough_evidence(answer, spec):
    check = only(answer(spec=spec))
    assert (check.subject, check.outcome) == ("scenarios", Outcome.NOT_ENOUGH_EVIDENCE)


def test_nobody_to_ask_is_no_evidence(answer, bank):
    found = answer(table=bank.people(100).slice(0, 0))
    assert only(found).outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_figures_are_plain(answer):
    canonical_bytes(answer().figures)


def test_a_check_that_no_policy_rules_is_not_asked(bank, inquire, stressed):
    inquiry = inquire(bank.people(10), bank.package(bank.people(100)), None, spec=stressed())
    assert ask(inquiry).checks == ()
