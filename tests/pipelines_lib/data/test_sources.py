"""Files and SQL tables, found by the scheme of their address; secrets stay secret."""

# ruff: noqa: S608  (table names of the test itself)

import logging
import sqlite3
from datetime import date

import pyarrow.compute as pc
import pytest

from pipelines_lib.data.sources import Request, source_for
from pipelines_lib.errors import DataContractError, ServiceError, SpecError
from pipelines_lib.results import Outcome
from pipelines_lib.spec.inputs import SourceSpec

AS_OF = date(2025, 1, 10)
PASSWORD = "hunter2-canary"


def request_of(tmp_path, columns=("id", "day"), as_of=AS_OF, **environment):
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    return Request(as_of, date(2025, 2, 1), columns, tmp_path, scratch, environment)


def source_of(uri, **changes):
    given = {"name": "accounts", "role": "population", "key": "id", "business_date": "day"}
    return SourceSpec.model_validate({**given, "uri": uri, **changes})


def sqlite_bank(bank, tables, rows=60):
    """The ordinary deliveries in an SQLite database; dates are text, as SQLite keeps them."""
    path = bank.folder / "bank.db"
    with sqlite3.connect(path) as database:
        for name in ("accounts", "outcomes"):
            table = tables[name](rows)
            columns = ", ".join(f'"{column}"' for column in table.column_names)
            marks = ", ".join("?" * table.num_columns)
            database.execute(f"DROP TABLE IF EXISTS {name}")
            database.execute(f"CREATE TABLE {name} ({columns})")
            values = [
                tuple(str(v) if isinstance(v, date) else v for v in row.values())
                for row in table.to_pylist()
            ]
            database.executemany(f"INSERT INTO {name} VALUES ({marks})", values)
    database.close()
    use_sql(bank, f"sqlite:///{path}")
    return path


def postgres_bank(bank, tables, url, rows=60):
    """The ordinary deliveries in PostgreSQL, with the types a bank would give them."""
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as database:
        database.execute("DROP TABLE IF EXISTS accounts, outcomes CASCADE")
        database.execute(
            "CREATE TABLE accounts (id char(8), day date, income numeric(12, 2), cards smallint, "
            "region text)"
        )
        database.execute("CREATE TABLE outcomes (id varchar, bad boolean, seen timestamptz)")
        for name in ("accounts", "outcomes"):
            for row in tables[name](rows).to_pylist():
                values = [bool(v) if k == "bad" else v for k, v in row.items()]
                marks = ", ".join(["%s"] * len(values))
                database.execute(f"INSERT INTO {name} VALUES ({marks})", values)
    use_sql(bank, url)


def use_sql(bank, url):
    bank.environment["BANK_URL"] = url
    bank.accounts = {"uri": "env:BANK_URL", "table": "accounts"}
    bank.outcomes = {"uri": "env:BANK_URL", "table": "outcomes"}


# --- SQL --------------------------------------------------------------------------------------


def test_sqlite_gives_the_same_bytes_as_files(bank, tables):
    bank.deliver()
    expected = bank.ingest().applications.sha256
    sqlite_bank(bank, tables)
    ingestion = bank.ingest()
    assert ingestion.applications.sha256 == expected
    assert [s.uri for s in ingestion.sources] == ["env:BANK_URL#accounts", "env:BANK_URL#outcomes"]


@pytest.mark.postgres
def test_postgresql_gives_the_same_rows_as_files(bank, tables, postgres):
    bank.deliver()
    expected = bank.ingest().applications.sha256
    postgres_bank(bank, tables, postgres)
    from pipelines_lib.data.snapshots import read_snapshot

    bank_spec = bank.spec
    assert bank_spec.label.positive == "1"
    ingestion = bank.ingest()
    rows = read_snapshot(bank.home, ingestion.applications)
    files = read_snapshot(bank.home, expected)
    # The database says true and false, the spec 1 and 0: unreadable, not guessed.
    assert rows.drop_columns(["label", "unreadable"]) == files.drop_columns(["label", "unreadable"])
    assert pc.unique(rows["unreadable"]).to_pylist() == ["label", None]


@pytest.mark.postgres
def test_postgresql_is_cut_by_the_day_in_the_query(bank, tables, postgres):
    postgres_bank(bank, tables, postgres)
    sources = {s.name: s for s in bank.ingest().sources}
    assert (sources["accounts"].rows_delivered, sources["accounts"].latest) == (50, AS_OF)
    assert (sources["outcomes"].rows_delivered, sources["outcomes"].latest) == (35, AS_OF)


@pytest.mark.postgres
def test_a_schema_a_view_and_a_missing_table_in_postgresql(bank, tables, postgres, answer):
    import psycopg

    postgres_bank(bank, tables, postgres)
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as database:
        database.execute("CREATE SCHEMA IF NOT EXISTS mart")
        database.execute("CREATE OR REPLACE VIEW mart.v AS SELECT * FROM public.accounts")
    bank.accounts["table"] = "mart.v"
    assert bank.ingest().applications.rows == 50
    bank.accounts["table"] = "mart.w"
    result = answer(bank.ingest(), "DATA-001", "accounts")
    assert "no table or view mart.w" in result.explanation


@pytest.mark.postgres
def test_a_wrong_password_is_a_service_error_that_shows_no_address(bank, tables, postgres):
    bank.deliver()
    use_sql(bank, postgres.replace("bank@", f"nobody:{PASSWORD}@"))
    with pytest.raises(ServiceError, match="cannot be reached") as caught:
        bank.ingest()
    assert PASSWORD not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


@pytest.mark.postgres
def test_a_table_this_user_may_not_read_is_a_fault_of_the_delivery(bank, tables, postgres, answer):
    import psycopg

    postgres_bank(bank, tables, postgres)
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as database:
        database.execute("DROP ROLE IF EXISTS clerk")
        database.execute("CREATE ROLE clerk LOGIN")
    use_sql(bank, postgres.replace("bank@", "clerk@"))
    told = answer(bank.ingest(), "DATA-001", "accounts").explanation
    assert "the database refused to read accounts (InsufficientPrivilege)" in told


def test_a_file_that_is_no_database_is_a_fault_of_the_delivery(bank, answer):
    bank.deliver()
    use_sql(bank, f"sqlite:///{bank.write('bank.db', 'this is no database' * 100)}")
    told = answer(bank.ingest(), "DATA-001", "accounts").explanation
    assert "the database refused to read accounts (DatabaseError)" in told


def test_an_sql_source_is_cut_by_the_day_in_the_query(bank, tables):
    sqlite_bank(bank, tables)
    sources = {s.name: s for s in bank.ingest().sources}
    assert (sources["accounts"].rows_delivered, sources["accounts"].rows_visible) == (50, 50)
    assert (sources["outcomes"].rows_delivered, sources["outcomes"].latest) == (35, AS_OF)


def test_rows_inserted_later_change_neither_bytes_nor_lineage(bank, tables):
    path = sqlite_bank(bank, tables)
    before = bank.ingest()
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO accounts VALUES ('C9', '2025-01-11', 1, 1, 'n')")
        database.execute("INSERT INTO outcomes VALUES ('C0001', 0, '2025-01-11 00:00:00')")
    database.close()
    assert bank.ingest() == before


def test_the_order_of_rows_in_a_database_changes_no_hash(bank, tables):
    path = sqlite_bank(bank, tables)
    before = bank.ingest()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE b AS SELECT * FROM accounts ORDER BY income DESC")
        database.execute("DROP TABLE accounts")
        database.execute("ALTER TABLE b RENAME TO accounts")
    database.close()
    assert bank.ingest() == before


def test_the_last_moment_of_the_day_is_seen_and_the_first_of_the_next_is_not(bank, tables):
    path = sqlite_bank(bank, tables)
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO accounts VALUES ('X1', '2025-01-10 23:59:59', 1, 1, 'n')")
        database.execute("INSERT INTO accounts VALUES ('X2', '2025-01-11 00:00:00', 1, 1, 'n')")
    database.close()
    assert bank.ingest().applications.rows == 51


def test_a_future_row_in_a_database_is_counted_without_being_read(bank, tables, answer):
    path = sqlite_bank(bank, tables)
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO accounts VALUES ('X1', '2025-02-02', 1, 1, 'n')")
    database.close()
    result = answer(bank.ingest(), "DATA-011", "accounts")
    assert (result.outcome, result.n) == (Outcome.FAILED, 51)
    assert "1 after 2025-02-01, not read" in result.explanation


def test_a_number_keeps_every_digit_on_its_way_through_sqlite(bank, tables):
    from pipelines_lib.data.snapshots import read_snapshot

    path = sqlite_bank(bank, tables)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE accounts SET income = 0.1 + 0.2")
    database.close()
    rows = read_snapshot(bank.home, bank.ingest().applications)
    assert pc.unique(rows["income"]).to_pylist() == [0.1 + 0.2]


def test_a_variable_that_is_not_set_is_named(bank, tables):
    bank.deliver()
    bank.accounts = {"uri": "env:BANK_URL", "table": "accounts"}
    with pytest.raises(SpecError, match="environment variable BANK_URL is not set"):
        bank.ingest()


@pytest.mark.parametrize(
    "url",
    [
        f"not a url {PASSWORD}",
        f"oracle_x://u:{PASSWORD}@h/d",
        f"postgresql://u:{PASSWORD}@h:port/d",
    ],
)
def test_an_address_that_is_none_is_not_shown(bank, url):
    bank.deliver()
    use_sql(bank, url)
    with pytest.raises(SpecError, match="BANK_URL holds no SQL URL") as caught:
        bank.ingest()
    assert PASSWORD not in str(caught.value)


def test_a_database_that_is_down_is_worth_a_retry_and_shows_no_address(bank, caplog):
    caplog.set_level(logging.DEBUG)
    bank.deliver()
    use_sql(bank, f"postgresql+psycopg://teller:{PASSWORD}@127.0.0.1:9/ledger")
    with pytest.raises(ServiceError, match="named by BANK_URL cannot be reached") as caught:
        bank.ingest()
    assert caught.value.retryable
    shown = f"{caught.value} {caught.value.__cause__} {caplog.text}"
    assert not [word for word in (PASSWORD, "teller", "ledger", "127.0.0.1") if word in shown]


def test_a_database_file_that_is_not_there_is_a_missing_source_and_is_not_created(bank, answer):
    bank.deliver()
    path = bank.folder / "absent.db"
    use_sql(bank, f"sqlite:///{path}")
    told = answer(bank.ingest(), "DATA-001", "accounts").explanation
    assert "source accounts is missing: the database file" in told
    assert not path.exists()


def test_a_missing_table_and_a_renamed_column_are_named(bank, tables, answer):
    path = sqlite_bank(bank, tables)
    bank.accounts["table"] = "acounts"
    told = answer(bank.ingest(), "DATA-001", "accounts").explanation
    assert "no table or view acounts" in told
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE accounts RENAME COLUMN income TO income_eur")
    database.close()
    bank.accounts["table"] = "accounts"
    told = answer(bank.ingest(), "DATA-001", "accounts").explanation
    assert "no column income (renamed to income_eur?)" in told


# --- Files ------------------------------------------------------------------------------------


def test_partitions_after_the_day_are_not_even_opened(tmp_path):
    for day in ("2025-01-10", "2025-01-11", "2025-02-02"):
        folder = tmp_path / "accounts" / f"business_date={day}"
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text("id,day\n1,2025-01-10\n" if day == "2025-01-10" else "")
        (folder / "_SUCCESS").touch()
    delivery = source_for(source_of("accounts")).read(request_of(tmp_path))
    assert [file.partition for file in delivery.files] == [AS_OF]
    assert delivery.future == 1


def test_a_folder_that_is_no_date_is_named(tmp_path):
    (tmp_path / "accounts" / "business_date=yesterday").mkdir(parents=True)
    with pytest.raises(DataContractError, match="folder business_date=yesterday carries no date"):
        source_for(source_of("accounts")).read(request_of(tmp_path))


def test_a_folder_without_a_partition_that_far_is_missing(tmp_path):
    (tmp_path / "accounts" / "business_date=2025-01-11").mkdir(parents=True)
    with pytest.raises(DataContractError, match=r"no partition .* as of 2025-01-10"):
        source_for(source_of("accounts")).read(request_of(tmp_path))


def test_formats_are_not_mixed(tmp_path):
    (tmp_path / "a.csv").write_text("id,day\n")
    (tmp_path / "a.parquet").write_text("x")
    with pytest.raises(DataContractError, match="not all CSV or all Parquet"):
        source_for(source_of("a.*")).read(request_of(tmp_path))


def test_one_file_of_many_that_lacks_a_column_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("id,day\n1,2025-01-01\n")
    (tmp_path / "b.csv").write_text("id,night\n2,2025-01-01\n")
    with pytest.raises(DataContractError, match=r"no column day.* in b\.csv"):
        source_for(source_of("*.csv")).read(request_of(tmp_path))


def test_files_with_their_columns_in_another_order_are_one_delivery(bank, tables):
    bank.deliver()
    expected = bank.ingest().applications.sha256
    accounts = tables["accounts"]()
    bank.table("parts/a.csv", accounts.slice(0, 30))
    bank.table("parts/b.csv", accounts.slice(30).select(accounts.column_names[::-1]))
    bank.accounts = {"uri": "parts/*.csv"}
    assert bank.ingest().applications.sha256 == expected


def test_a_compressed_file_with_a_byte_order_mark_is_read(bank, tables):
    import gzip

    bank.deliver()
    expected = bank.ingest().applications.sha256
    text = (bank.folder / "accounts.csv").read_bytes()
    bank.write("accounts.csv.gz", gzip.compress(b"\xef\xbb\xbf" + text))
    bank.accounts = {"uri": "accounts.csv.gz"}
    assert bank.ingest().applications.sha256 == expected


def test_an_unknown_scheme_is_an_error_of_the_spec(tmp_path):
    with pytest.raises(SpecError, match="nothing installed reads s3: addresses"):
        source_for(source_of("s3://bucket/accounts"))


def test_only_the_columns_the_spec_names_are_read(bank, tables):
    """A column nobody asked for may hold anything; it is not even parsed."""
    import pyarrow as pa

    bank.deliver()
    accounts = tables["accounts"]()
    odd = pa.array([{"nested": [index]} for index in range(60)])
    bank.table("accounts.parquet", accounts.append_column("odd", odd))
    bank.accounts = {"uri": "accounts.parquet"}
    assert "odd" not in bank.ingest().applications.columns
