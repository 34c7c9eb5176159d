"""The bank the benchmarks run on: of the asked size, always the same, and no night twice."""

from datetime import date

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks.bank import NIGHTS, SAMPLE, make_bank
from deployments.checking import check_model
from pipelines_lib.spec.settings import Settings

ROWS = 10_000


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    return make_bank(tmp_path_factory.mktemp("bank"), ROWS)


def nights(bank):
    return sorted(bank.data.glob("accounts/*/accounts.parquet"))


def read(path):
    return pq.read_table(path, partitioning=None)


def test_a_bank_has_the_rows_asked_for_the_same_number_each_night(bank):
    assert [read(path).num_rows for path in nights(bank)] == [ROWS // NIGHTS] * NIGHTS
    for name in ("outcomes", "customers"):
        assert read(bank.data / f"{name}.parquet").num_rows == ROWS


def test_every_client_is_new_and_known_to_every_department(bank):
    clients = [client for path in nights(bank) for client in read(path)["client_id"].to_pylist()]
    assert clients == list(range(1, ROWS + 1))
    for name in ("outcomes", "customers"):
        assert sorted(read(bank.data / f"{name}.parquet")["client_id"].to_pylist()) == clients


def test_departments_deliver_the_columns_of_the_sample(bank):
    night = "accounts/business_date=2025-01-01/accounts.parquet"
    for name in (night, "outcomes.parquet", "customers.parquet"):
        assert read(bank.data / name).column_names == read(SAMPLE / name).column_names


def test_outcomes_become_known_thirty_nights_after_the_application(bank):
    observed = pc.unique(read(bank.data / "outcomes.parquet")["observed_on"]).to_pylist()
    assert (min(observed), max(observed)) == (date(2025, 1, 31), date(2025, 5, 10))


def test_the_default_rate_is_that_of_the_sample(bank):
    rate = pc.mean(read(bank.data / "outcomes.parquet")["default_next_month"]).as_py()
    assert rate == pytest.approx(0.2212, abs=0.02)


def test_the_same_size_gives_the_same_bytes(bank, tmp_path):
    again = make_bank(tmp_path, ROWS)
    files = [path.relative_to(bank.data) for path in bank.data.rglob("*.parquet")]
    assert len(files) == NIGHTS + 2
    for name in files:
        assert (again.data / name).read_bytes() == (bank.data / name).read_bytes()


def test_the_bank_passes_the_data_gate(bank, tmp_path, monkeypatch):
    monkeypatch.setenv("PIPELINES_HOME", str(tmp_path / "home"))
    found = check_model(str(bank.spec), date(2025, 4, 10), Settings.from_environment())
    assert found["reasons_against"] == []
    assert found["checks"] > 50
