"""The sample bank holds what was published, split as departments hold it, on made dates."""

import hashlib
import importlib.util
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines_lib.spec.loading import load_model
from pipelines_lib.spec.settings import Settings

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data" / "credit_card_default"
PROTECTED = {"sex", "age", "education", "marriage"}
NIGHTS = [date(2025, 1, 1) + timedelta(days=night) for night in range(100)]


def delivered(night):
    return pq.read_table(
        DATA / "accounts" / f"business_date={night}" / "accounts.parquet", partitioning=None
    )


@pytest.fixture(scope="module")
def accounts():
    return pa.concat_tables(delivered(night) for night in NIGHTS)


@pytest.fixture(scope="module")
def customers():
    return pq.read_table(DATA / "customers.parquet")


@pytest.fixture(scope="module")
def outcomes():
    return pq.read_table(DATA / "outcomes.parquet")


def counts(table, column):
    return dict(sorted(Counter(table[column].to_pylist()).items()))


def test_thirty_thousand_clients_are_in_every_department_once(accounts, customers, outcomes):
    for table in (accounts, customers, outcomes):
        assert sorted(table["client_id"].to_pylist()) == list(range(1, 30_001))


def test_three_hundred_apply_on_each_of_a_hundred_nights(accounts):
    assert counts(accounts, "business_date") == dict.fromkeys(NIGHTS, 300)
    folders = sorted(path.name for path in (DATA / "accounts").iterdir())
    assert folders == [f"business_date={night}" for night in NIGHTS]


def test_each_folder_holds_the_night_it_is_named_after():
    for night in (NIGHTS[0], NIGHTS[49], NIGHTS[-1]):
        assert counts(delivered(night), "business_date") == {night: 300}


def test_as_published_6636_clients_default(outcomes):
    assert counts(outcomes, "default_next_month") == {0: 23_364, 1: 6_636}


def test_every_outcome_becomes_known_thirty_nights_after_the_application(accounts, outcomes):
    columns = ("client_id", "business_date")
    applied = dict(zip(*(accounts[name].to_pylist() for name in columns), strict=True))
    known = zip(outcomes["client_id"].to_pylist(), outcomes["observed_on"].to_pylist(), strict=True)
    assert all(day - applied[client] == timedelta(days=30) for client, day in known)


def test_groups_are_as_many_as_published(customers):
    assert counts(customers, "sex") == {1: 11_888, 2: 18_112}
    assert counts(customers, "marriage") == {0: 54, 1: 13_659, 2: 15_964, 3: 323}
    assert counts(customers, "education") == {
        0: 14,
        1: 10_585,
        2: 14_030,
        3: 4_917,
        4: 123,
        5: 280,
        6: 51,
    }


def test_thirty_five_clients_repeat_another_in_everything_but_their_id(
    accounts, customers, outcomes
):
    rows = accounts.drop_columns(["business_date"]).to_pandas().set_index("client_id")
    rows = rows.join(customers.to_pandas().set_index("client_id"))
    rows = rows.join(outcomes.drop_columns(["observed_on"]).to_pandas().set_index("client_id"))
    assert rows.shape == (30_000, 24)
    assert int(rows.duplicated().sum()) == 35


def test_protected_columns_are_with_the_customers_and_nowhere_else(accounts, customers, outcomes):
    assert set(customers.column_names) == {"client_id", *PROTECTED}
    assert not PROTECTED & {*accounts.column_names, *outcomes.column_names}
    assert "default_next_month" not in accounts.column_names


def test_dates_follow_the_order_of_a_seeded_hash_and_not_of_the_ids(accounts):
    """Recomputed here from the description: sha256 of ``credit-card-default:ID``."""
    order = sorted(
        range(1, 30_001),
        key=lambda client: hashlib.sha256(f"credit-card-default:{client}".encode()).digest(),
    )
    assert accounts["client_id"].to_pylist() == order


def test_making_the_data_again_gives_exactly_the_committed_tables(accounts, customers, outcomes):
    spec = importlib.util.spec_from_file_location("make_credit_card_default", DATA / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    made = make.departments()
    committed = {"accounts": accounts, "customers": customers, "outcomes": outcomes}
    assert set(made) == set(committed)
    for name, table in committed.items():
        assert made[name].equals(table), name


def test_the_spec_names_columns_that_exist_and_its_slots_end_with_the_data(accounts):
    spec = load_model(
        str(ROOT / "deployments" / "models" / "credit_default.yaml"), Settings.from_environment({})
    ).spec
    assert set(spec.feature_names) | {"client_id", "business_date"} == set(accounts.column_names)
    assert not PROTECTED & set(spec.feature_names)
    assert spec.schedule.last_slot == NIGHTS[-1]
    assert spec.label.performance_window_days == 30
