"""Columns that are known to leak are named, and honest ones are left in peace.

What leaks is told by the authors of each table (see the documentation of the data): the length
of a call is known only after it; recoveries exist for bad loans only; the scenario of a fraud is
the label in other words.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pipelines_lib.assurance.leakage.columns import from_arrow
from pipelines_lib.assurance.leakage.suspicion import SuspicionLimits, suspect
from pipelines_lib.spec.loading import parse_policy

pytestmark = pytest.mark.slow
HOUSE = Path(__file__).parents[2] / "deployments" / "policies" / "house.yaml"


def found_in(table, bad, days):
    """The codes each column is suspected under, by the rules of the house."""
    pack = parse_policy(HOUSE.read_text(encoding="utf-8"))
    rows = pa.Table.from_pandas(table, preserve_index=False)
    found = suspect(
        {name: from_arrow(name, rows[name]) for name in rows.column_names},
        np.asarray(bad, dtype=np.int8),
        None if days is None else np.asarray(days, dtype="datetime64[D]"),
        SuspicionLimits.from_packs([pack], tier=2, day=date(2025, 4, 10)),
    )
    codes = {}
    for each in found:
        codes.setdefault(each.column, set()).add(each.code)
    return codes


def test_the_length_of_a_call_and_what_tells_the_month_are_named_in_a_phone_campaign(shared_data):
    calls = pd.read_parquet(shared_data("bank_marketing_additional"))
    found = found_in(
        calls.drop(columns=["y", "contact_month_derived"]),
        calls["y"] == "yes",
        calls["contact_month_derived"],
    )
    assert found.pop("duration") == {"LEAK-001"}
    assert found.pop("row_order") == {"LEAK-004", "LEAK-006"}
    indicators = ["emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"]
    assert found == {name: {"LEAK-004"} for name in indicators}


def test_what_is_known_only_after_a_loan_ended_is_named(shared_data):
    loans = pd.read_parquet(shared_data("lendingclub_2007_2011")).sort_values("issue_d")
    found = found_in(
        loans.drop(columns=["loan_status", "issue_d", "issue_year"]),
        loans["loan_status"].str.contains("Charged Off"),
        loans["issue_d"],
    )
    after = "out_prncp total_pymnt total_rec recoveries collection_recovery_fee last_pymnt"
    after += " last_credit_pull debt_settlement settlement hardship_flag"
    leaks = {name for name in loans if name.startswith(tuple(after.split()))}
    assert set(found) == leaks
    assert found["recoveries"] == {"LEAK-001", "LEAK-003", "LEAK-007"}
    assert "LEAK-003" in found["last_pymnt_d"]


def test_recoveries_are_named_whatever_they_are_called(shared_data):
    """98.8 % of the bad loans and no good one: the published figure of LEAK-007."""
    loans = pd.read_parquet(shared_data("lendingclub_2007_2011"))
    bad = loans["loan_status"].str.contains("Charged Off")
    table = loans[["recoveries", "annual_inc"]].rename(columns={"recoveries": "amount"})
    assert found_in(table, bad, None) == {"amount": {"LEAK-001", "LEAK-007"}}


def test_the_scenario_of_a_fraud_and_amounts_only_frauds_have_are_named(shared_data):
    payments = pd.read_parquet(shared_data("fraud_handbook_raw"))
    found = found_in(
        payments.drop(columns=["TX_FRAUD", "TX_DATETIME"]),
        payments["TX_FRAUD"] == 1,
        payments["TX_DATETIME"],
    )
    assert found == {
        "TRANSACTION_ID": {"LEAK-004", "LEAK-006"},
        "TX_TIME_SECONDS": {"LEAK-004", "LEAK-006"},
        "TX_TIME_DAYS": {"LEAK-004"},
        "TX_FRAUD_SCENARIO": {"LEAK-001", "LEAK-003", "LEAK-007"},
        "TX_AMOUNT": {"LEAK-007"},  # every amount above 220 is a fraud, by construction
    }


def test_the_outputs_of_a_model_are_named_among_its_inputs(shared_data):
    loans = pd.read_parquet(shared_data("nannyml_car_loan"))
    found = found_in(
        loans.drop(columns=["repaid", "timestamp", "period"]), loans["repaid"], loans["timestamp"]
    )
    assert found == {
        "id": {"LEAK-004", "LEAK-006"},
        "y_pred_proba": {"LEAK-001"},
        "y_pred": {"LEAK-001"},
    }


def test_mortgages_have_no_leak_but_their_number(shared_data):
    loans = pd.read_parquet(shared_data("hmda2018_pricing_train"))
    found = found_in(loans.drop(columns=["high_priced"]), loans["high_priced"], None)
    assert found == {"row_id": {"LEAK-006"}}


def test_the_features_of_the_sample_bank_are_left_in_peace(shared_data):
    clients = pd.read_parquet(shared_data("credit_card_default")).sample(frac=1, random_state=1)
    label = clients.columns[-1]
    days = np.datetime64("2025-01-01") + (np.arange(len(clients)) // 300).astype("timedelta64[D]")
    found = found_in(clients.drop(columns=[label]), clients[label], days)
    assert found == {clients.columns[0]: {"LEAK-006"}}
