"""LEAK-003: a name or a date that speaks of what came after."""

import numpy as np
import pytest

from pipelines_lib.assurance.leakage.columns import category, date, number
from pipelines_lib.assurance.leakage.known_later import betraying_word, days_in
from pipelines_lib.results import Outcome

WORDS = ("recover*", "charge_off", "outcome", "closed_on", "total_rec", "lgd")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("recoveries", "recover*"),
        ("collection_recovery_fee", "recover*"),
        ("RecoveredAmount", "recover*"),
        ("months_since_charge_off", "charge_off"),
        ("ChargeOff", "charge_off"),
        ("charge-off.date", "charge_off"),
        ("LOAN_OUTCOME", "outcome"),
        ("total_rec_prncp", "total_rec"),
        ("LGD12", "lgd"),
        ("accountClosedOn", "closed_on"),
    ],
)
def test_a_name_that_holds_a_word_is_betrayed_by_it(name, word):
    assert betraying_word(name, WORDS) == word


@pytest.mark.parametrize(
    "name",
    [
        "poutcome",  # the outcome of an earlier campaign, in one word
        "surcharge_offer",
        "total_records",
        "discovery",
        "chargeable_office",
        "closed_accounts_on_file",
        "annual_inc",
        "",
        "123",
    ],
)
def test_a_name_with_only_letters_in_common_is_not(name):
    assert betraying_word(name, WORDS) is None


def test_the_house_knows_the_names_of_what_follows_a_loan(table, ask):
    bad = ["recoveries", "total_rec_int", "last_pymnt_amnt", "collection_recovery_fee"]
    bad += ["settlement_status", "debt_settlement_flag", "out_prncp_inv", "TX_FRAUD_SCENARIO"]
    honest = ["annual_inc", "dti", "loan_amnt", "revol_util", "collections_12_mths_ex_med"]
    honest += ["pub_rec", "poutcome", "default", "previous", "pay_amt1", "chargeoff_within_12_mths"]
    columns = [number(name, np.arange(10.0)) for name in (*bad, *honest)]
    found = ask("LEAK-003", table(np.zeros(10), *columns))
    assert [name for name in found if not found[name].passed] == bad
    assert 'holds "recover*"' in found["recoveries"].explanation


def test_dates_in_their_usual_writings_are_read():
    day = np.array(["2025-01-31"], dtype="datetime64[D]")
    seconds = int(day.astype("datetime64[s]").astype(np.int64)[0])
    for column in (
        date("a", day),
        number("a", np.array([20250131])),
        number("a", np.array([20250131.0])),
        number("a", np.array([seconds])),
        number("a", np.array([seconds * 1000])),
    ):
        assert days_in(column).tolist() == day.tolist()


@pytest.mark.parametrize("values", [[20250132], [20251301], [19], [1.5], [10**18], [np.nan]])
def test_numbers_that_are_no_dates_are_not_read_as_such(values):
    assert days_in(number("a", np.array(values))) is None
    assert days_in(category("a", ["x"])) is None


def test_a_date_after_the_business_date_fails_and_the_day_itself_passes(table, ask):
    business = np.repeat(np.datetime64("2025-03-01"), 100)
    same = date("same", business)
    later = date("later", np.where(np.arange(100) == 0, business + 1, business))
    written = number("written", np.repeat(20250302, 100))
    rows = table(np.zeros(100), same, later, written, dates=business)
    found = ask("LEAK-003", rows)
    assert (found["same"].outcome, found["same"].observed) == (Outcome.PASSED, 0.0)
    assert (found["later"].outcome, found["later"].observed) == (Outcome.FAILED, 0.01)
    assert (found["written"].outcome, found["written"].observed) == (Outcome.FAILED, 1.0)
    assert "later than the business date" in found["later"].explanation


def test_no_figure_is_told_where_there_are_no_dates(table, ask):
    found = ask("LEAK-003", table(np.zeros(10), number("income", np.arange(10.0))))["income"]
    assert (found.passed, found.observed) == (True, None)
