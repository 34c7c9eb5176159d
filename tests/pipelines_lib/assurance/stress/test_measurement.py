import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from pipelines_lib.assurance.stress.measurement import ask, rank_correlation
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome

PARAMETERS = {
    "confidence": 0.95,
    "max_rows": 3_000,
    "minimum_rows": 200,
    "error": 0.01,
    "draws": 5,
}


@pytest.fixture
def answer(bank, rule, inquire, stressed):
    def put(*, table=None, package=None, spec=None, limit=0.02, rows=1_000, **more):
        table = bank.people(rows, 1) if table is None else table
        asked = rule("STRESS-002", limit, **{**PARAMETERS, **more})
        package = package or bank.package(bank.people(500))
        return ask(inquire(table, package, asked, spec=spec or stressed()))

    return put


def only(found):
    (check,) = found.checks
    assert (check.code, check.subject) == ("STRESS-002", "decisions")
    return check


def test_decisions_that_hang_on_digits_fail(answer):
    assert only(answer(error=0.5)).outcome is Outcome.FAILED


def test_small_errors_hardly_flip_a_decision(answer):
    found = answer(error=0.001, rows=3_000)
    assert only(found).passed
    assert found.figures.rank_correlation > 0.999


def test_as_many_flip_as_lie_within_the_error_of_the_cutoff(answer, bank):
    """One income, evenly spread: a decision flips if the draw carries it over the cut-off."""
    rows = 2_000
    incomes = np.linspace(90, 110, rows)
    people = bank.people(rows).set_column(0, "income", pa.array(incomes))
    package = bank.package(people, bank.weighted([-1.0, 0.0, 0.0], bias=100.0))
    found = answer(table=people, package=package, error=0.02, draws=20)
    # income u of 90 to 110, off by evenly -2 to 2: flips with probability (2 - |u - 100|) / 4
    assert only(found).observed == pytest.approx(2 * (2 * 2 / 2) / 4 / 20, rel=0.1)


def test_the_error_the_spec_states_comes_before_the_policys(answer, stressed):
    exact = stressed(measurement_error={"income": 1e-9, "arrears": 1e-9})
    found = answer(spec=exact, error=0.5)
    assert only(found).observed == 0
    assert {each.error for each in found.figures.features} == {1e-9}


def test_codes_missing_values_and_categories_stay(answer, bank, stressed):
    blank = bank.people(500).set_column(0, "income", pa.nulls(500, pa.float64()))
    found = answer(table=blank, error=0.5, spec=stressed(features={"arrears": {"codes": {
        "0": "none", "1": "one", "2": "two", "3": "three"}}}))  # fmt: skip
    assert only(found).observed == 0
    assert found.figures.largest_change == 0


def test_nothing_that_flipped_is_not_proof_that_nothing_can(answer):
    check = only(answer(error=1e-12, rows=300))
    assert check.observed == 0
    assert check.interval.high == pytest.approx(1 - 0.025 ** (1 / 300))


def test_people_not_draws_are_independent(answer):
    one, many = (only(answer(error=0.3, draws=draws)).interval for draws in (5, 50))
    assert (many.high - many.low) > (one.high - one.low) / 2


def test_the_most_sensitive_feature_comes_first(answer):
    flips = answer(error=0.3).figures.features
    assert [each.feature for each in flips] == ["income", "arrears"]
    assert flips[0].flips >= flips[1].flips


def test_nobody_to_ask_is_no_evidence(answer, bank):
    found = answer(table=bank.people(100).slice(0, 0))
    assert only(found).outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_infinite_values_are_answered(answer, bank):
    wild = np.where(np.arange(900) % 2, np.inf, -np.inf)
    found = answer(table=bank.people(900).set_column(0, "income", pa.array(wild)))
    assert only(found).outcome in set(Outcome)
    canonical_bytes(found.figures)


def test_one_score_for_everybody_has_no_rank_correlation(answer, bank):
    idle = bank.package(bank.people(500), bank.weighted([0.0, 0.0, 0.0]))
    found = answer(package=idle)
    assert found.figures.rank_correlation is None
    assert "no rank correlation" in only(found).explanation


@given(arrays(np.float64, 12, elements=st.integers(0, 6)))
def test_the_rank_correlation_is_spearmans(values):
    other = np.arange(12.0) ** 2
    if np.ptp(values) == 0:
        assert rank_correlation(values, other) is None
        return
    assert rank_correlation(values, other) == pytest.approx(spearmanr(values, other).statistic)


def test_a_check_that_no_policy_rules_is_not_asked(bank, inquire, stressed):
    inquiry = inquire(bank.people(10), bank.package(bank.people(100)), None, spec=stressed())
    assert ask(inquiry).checks == ()
