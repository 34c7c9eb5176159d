import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from pipelines_lib.assurance.stress.missing import ask
from pipelines_lib.assurance.stress.shocks import drawn
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome

PARAMETERS = {"confidence": 0.95, "max_rows": 3_000, "minimum_rows": 200, "share": 0.3}


@pytest.fixture
def answer(bank, rule, inquire, stressed):
    """Outcomes follow the score; ``arrears`` and ``home`` may be missing."""

    def put(*, rows=2_000, limit=0.02, package=None, labels="follow", table=None, **more):
        table = bank.people(rows, 1) if table is None else table
        package = package or bank.package(bank.people(500))
        if isinstance(labels, str):
            chances = package.score(table)
            labels = (np.random.default_rng(4).random(len(chances)) < chances).astype(int).tolist()
        asked = rule("STRESS-003", limit, **{**PARAMETERS, **more})
        return ask(inquire(table, package, asked, spec=stressed(), labels=labels)), labels

    return put


def outcomes(found):
    return {check.subject: check.outcome for check in found.checks}


def test_only_features_that_may_be_missing_are_judged_and_all_are_told(answer):
    found, _ = answer()
    assert set(outcomes(found)) == {"arrears", "home"}
    assert {each.feature for each in found.figures.features} == {"income", "arrears", "home"}
    assert {each.feature for each in found.figures.features if each.allowed} == {"arrears", "home"}
    assert {check.code for check in found.checks} == {"STRESS-003"}


def test_a_feature_the_score_lives_on_costs_power_and_an_idle_one_none(answer):
    found, _ = answer()
    assert outcomes(found) == {"arrears": Outcome.FAILED, "home": Outcome.PASSED}
    home = next(check for check in found.checks if check.subject == "home")
    assert (home.observed, home.interval.low, home.interval.high) == (0, 0, 0)


def test_the_power_lost_is_that_of_scoring_again_by_hand(answer, bank):
    found, labels = answer()
    people, package = bank.people(2_000, 1), bank.package(bank.people(500))
    inputs = package.inputs(people)
    before = package.score(inputs)
    inputs[drawn(1, "blank arrears", 2_000) < 0.3, 1] = np.nan
    after = package.score(inputs)
    arrears = next(check for check in found.checks if check.subject == "arrears")
    lost = roc_auc_score(labels, before) - roc_auc_score(labels, after)
    assert arrears.observed == pytest.approx(lost, abs=1e-9)
    flips = next(each.flips for each in found.figures.features if each.feature == "arrears")
    assert flips == pytest.approx(np.mean((before >= 0.5) != (after >= 0.5)), abs=1e-6)


@pytest.mark.parametrize("labels", [[0] * 2_000, None])
def test_without_both_outcomes_there_is_no_evidence(answer, labels):
    found, _ = answer(labels=labels)
    assert set(outcomes(found).values()) == {Outcome.NOT_ENOUGH_EVIDENCE}
    assert found.figures.features[0].score_change is not None
    canonical_bytes(found.figures)


def test_a_feature_that_is_missing_already_loses_nothing(answer, bank):
    table = bank.people(2_000, 1).set_column(1, "arrears", pa.nulls(2_000, pa.int64()))
    found, _ = answer(table=table)
    assert outcomes(found)["arrears"] is Outcome.PASSED


def test_nobody_to_ask_is_no_evidence(answer, bank):
    found, _ = answer(table=bank.people(100).slice(0, 0), labels=[])
    assert set(outcomes(found).values()) == {Outcome.NOT_ENOUGH_EVIDENCE}
    assert found.figures is None


def test_one_row_is_answered(answer):
    found, _ = answer(rows=1, labels=[1])
    assert set(outcomes(found).values()) == {Outcome.NOT_ENOUGH_EVIDENCE}


def test_a_check_that_no_policy_rules_is_not_asked(bank, inquire, stressed):
    inquiry = inquire(bank.people(10), bank.package(bank.people(100)), None, spec=stressed())
    assert ask(inquiry).checks == ()
