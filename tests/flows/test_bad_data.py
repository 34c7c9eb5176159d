"""Bad data stops the run before training, says what to do, and leaves verifiable evidence.

Every client of this bank has a key that is a canary: wherever it turns up, a raw key leaked.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

pytestmark = [pytest.mark.server, pytest.mark.slow]

LAST = date(2025, 4, 10)
CANARY = "kanarie"


def read(path):
    return pq.read_table(path, partitioning=None)


def write(table, path):
    pq.write_table(table, path, compression="zstd")


def edit(path, change):
    write(change(read(path)), path)


def put(table, name, values):
    return table.set_column(table.column_names.index(name), name, values)


def blank(table, name, share):
    """Blank a share of a column, spread evenly."""
    values = table[name].to_pylist()
    step = round(1 / share)
    kept = [None if index % step == 0 else value for index, value in enumerate(values)]
    return put(table, name, pa.array(kept, table[name].type))


def thousands(table):
    for name in (n for n in table.column_names if "amt" in n or n == "limit_bal"):
        table = put(table, name, pc.divide(table[name], 1000))
    return table


def words(table):
    number = table["bill_amt2"].cast(pa.string())
    return put(table, "bill_amt2", pc.binary_join_element_wise(f"{CANARY}woord", number, " "))


def copied(table, day):
    """The same rows delivered again under another date."""
    return put(table, "business_date", pa.array([day] * len(table), table["business_date"].type))


def to_csv(bank, name, encoding="utf-8"):
    """Deliver a source as CSV, with a client's name in it, in some encoding."""
    parquet = bank.data / f"{name}.parquet"
    table = read(parquet)
    table = table.append_column("client_name", pa.array([f"Zoë {CANARY}"] * len(table)))
    path = parquet.with_suffix(".csv")
    pacsv.write_csv(table, path)
    path.write_bytes(path.read_bytes().decode().encode(encoding))
    parquet.unlink()
    bank.change_spec(f"{name}.parquet", f"{name}.csv")


# --- what can go wrong with a delivery: a sentence, how it is done, what must be said ----------


def a_column_is_missing(bank):
    edit(bank.night(), lambda table: table.drop_columns(["pay_amt6"]))


def a_column_is_renamed(bank):
    bank.change_everywhere(
        lambda table: table.rename_columns(
            ["credit_limit_bal" if n == "limit_bal" else n for n in table.column_names]
        )
    )


def values_are_of_the_wrong_type(bank):
    bank.change_everywhere(words)


def amounts_come_in_thousands(bank):
    bank.change_everywhere(thousands)


def twelve_percent_are_blank(bank):
    bank.change_everywhere(lambda table: blank(table, "bill_amt1", 0.12))


def the_newest_file_is_empty(bank):
    bank.night().write_bytes(b"")


def every_file_has_columns_but_no_row(bank):
    bank.change_everywhere(lambda table: table.slice(0, 0))


def the_newest_file_is_cut_off(bank):
    data = bank.night().read_bytes()
    bank.night().write_bytes(data[: len(data) // 2])


def the_middle_of_the_newest_file_is_garbage(bank):
    data = bytearray(bank.night().read_bytes())
    data[200:1200] = b"\x00" * 1000
    bank.night().write_bytes(bytes(data))


def a_csv_has_another_encoding(bank):
    to_csv(bank, "outcomes", encoding="latin-1")


def a_csv_row_has_a_field_too_many(bank):
    to_csv(bank, "outcomes")
    path = bank.data / "outcomes.csv"
    lines = path.read_text().splitlines()
    lines[700] += f",{CANARY}feld"
    path.write_text("\n".join(lines))


def a_csv_is_cut_off_inside_quotes(bank):
    to_csv(bank, "outcomes")
    path = bank.data / "outcomes.csv"
    path.write_text(path.read_text() + f'"{CANARY}-9,"{CANARY} ')


def a_file_comes_under_another_night(bank):
    shutil.copy(bank.night(LAST - timedelta(days=1)), bank.night())


def old_rows_come_under_a_new_date(bank):
    edit(bank.night(), lambda _: copied(read(bank.night(date(2025, 3, 1))), LAST))


def a_file_comes_twice_in_one_night(bank):
    shutil.copy(bank.night(), bank.night().with_name("accounts-2.parquet"))


def a_key_is_not_unique(bank):
    def repeat(table):
        keys = table["client_id"].to_pylist()
        return put(table, "client_id", pa.array([keys[0], keys[0], *keys[2:]]))

    edit(bank.night(), repeat)


def an_outcome_is_delivered_twice(bank):
    edit(bank.data / "outcomes.parquet", lambda table: pa.concat_tables([table, table.slice(0, 1)]))


def all_outcomes_are_of_one_class(bank):
    edit(
        bank.data / "outcomes.parquet",
        lambda table: put(
            table,
            "default_next_month",
            pa.array([0] * len(table), table["default_next_month"].type),
        ),
    )


def a_feature_is_constant(bank):
    bank.change_everywhere(
        lambda table: put(table, "pay_amt3", pa.array([1500] * len(table), pa.int64()))
    )


def the_label_is_not_a_number(bank):
    edit(
        bank.data / "outcomes.parquet",
        lambda table: put(
            table, "default_next_month", pa.array([float("nan")] * len(table), pa.float64())
        ),
    )


def twelve_percent_of_labels_are_blank(bank):
    edit(bank.data / "outcomes.parquet", lambda table: blank(table, "default_next_month", 0.12))


def an_application_lies_in_the_future(bank):
    def later(table):
        dates = table["business_date"].to_pylist()
        return put(
            table,
            "business_date",
            pa.array([date(2999, 1, 1), *dates[1:]], table["business_date"].type),
        )

    edit(bank.night(), later)


def a_whole_night_lies_in_the_future(bank):
    path = bank.night(date(2999, 1, 1))
    path.parent.mkdir()
    write(copied(read(bank.night()), date(2999, 1, 1)), path)


def outcomes_lie_in_the_future(bank):
    def later(table):
        kind = table["observed_on"].type
        return put(table, "observed_on", pa.array([date(2999, 1, 1)] * len(table), kind))

    edit(bank.data / "outcomes.parquet", later)


def the_outcomes_are_missing(bank):
    (bank.data / "outcomes.parquet").unlink()


def the_accounts_are_missing(bank):
    shutil.rmtree(bank.data / "accounts")


def the_customers_are_missing(bank):
    (bank.data / "customers.parquet").unlink()


def the_customers_do_not_know_the_newest_night(bank):
    newest = set(read(bank.night())["client_id"].to_pylist())
    edit(
        bank.data / "customers.parquet",
        lambda table: table.filter(
            pc.invert(pc.is_in(table["client_id"], pa.array(sorted(newest))))
        ),
    )


def the_two_newest_nights_are_missing(bank):
    for back in (0, 1):
        shutil.rmtree(bank.night(LAST - timedelta(days=back)).parent)


def the_newest_night_is_less_than_half(bank):
    edit(bank.night(), lambda table: table.slice(0, 19))


def the_newest_night_alone_comes_in_thousands(bank):
    edit(bank.night(), thousands)


def the_newest_night_alone_is_unreadable(bank):
    edit(bank.night(), words)


DAMAGES = {
    a_column_is_missing: [
        "DATA-001 accounts: failed. source accounts has no column pay_amt6 "
        "in business_date=2025-04-10/accounts.parquet",
        "Restore the column at the source, or have the model owner change the spec.",
    ],
    a_column_is_renamed: ["has no column limit_bal (renamed to credit_limit_bal?)"],
    values_are_of_the_wrong_type: [
        "DATA-001 accounts: failed. Values that are not of the declared type",
        "bill_amt2 (4000), in 4000 rows. Correct them at the source",
    ],
    amounts_come_in_thousands: ["DATA-003 limit_bal: failed.", "10,000"],
    twelve_percent_are_blank: ["DATA-002 bill_amt1: failed.", "12."],
    the_newest_file_is_empty: [
        "source accounts: business_date=2025-04-10/accounts.parquet is empty (0 bytes). "
        "Ask for the delivery again, whole."
    ],
    every_file_has_columns_but_no_row: [
        "source accounts is empty: it has columns but no row. Have it delivered again."
    ],
    the_newest_file_is_cut_off: [
        "source accounts: business_date=2025-04-10/accounts.parquet is no whole Parquet file; "
        "it was probably cut off while being delivered. Ask for the delivery again, whole."
    ],
    the_middle_of_the_newest_file_is_garbage: ["DATA-001 accounts: failed.", "source accounts"],
    a_csv_has_another_encoding: [
        "DATA-001 outcomes: failed. source outcomes is not encoded as utf-8. Set encoding of the "
        "source in the spec to what is delivered, or deliver utf-8."
    ],
    a_csv_row_has_a_field_too_many: [
        "DATA-001 outcomes: failed. source outcomes cannot be read (line 701): the delivery is "
        "damaged or its rows do not have the columns of its header."
    ],
    a_csv_is_cut_off_inside_quotes: ["DATA-001 outcomes: failed. source outcomes cannot be read"],
    a_file_comes_under_another_night: [
        "DATA-008 accounts: failed.",
        "1 file(s) have exactly the bytes of another.",
        "40 unlike the date of their folder",
    ],
    old_rows_come_under_a_new_date: [
        "DATA-008 accounts: failed. The 40 rows of 2025-04-10 are those of 2025-03-01 again. "
        "Withdraw the copy"
    ],
    a_file_comes_twice_in_one_night: ["DATA-008 accounts: failed.", "DATA-005 accounts: failed."],
    a_key_is_not_unique: ["DATA-005 accounts: failed.", "key"],
    an_outcome_is_delivered_twice: [
        "DATA-005 outcomes: failed. 1 of 2801 rows repeat a key",
        "Remove the repeats at the source.",
    ],
    all_outcomes_are_of_one_class: ["DATA-014 train: failed.", "DATA-014 out_of_time: failed."],
    a_feature_is_constant: ["DATA-013 pay_amt3: failed."],
    the_label_is_not_a_number: ["DATA-001 outcomes: failed.", "default_next_month ("],
    twelve_percent_of_labels_are_blank: ["DATA-001 outcomes: failed.", "default_next_month ("],
    an_application_lies_in_the_future: [
        "DATA-011 accounts: failed. Impossible dates: 1 after ",
        "Correct them at the source.",
    ],
    a_whole_night_lies_in_the_future: ["DATA-011 accounts: failed. Impossible dates: 1 after "],
    outcomes_lie_in_the_future: ["DATA-011 outcomes: failed. Impossible dates: "],
    the_outcomes_are_missing: [
        "DATA-010 outcomes: failed. source outcomes is missing: there is no file "
        "outcomes.parquet. See that the delivery arrived and that uri in the spec names it."
    ],
    the_accounts_are_missing: [
        "DATA-001 accounts: failed. source accounts is missing: there is no file or folder"
    ],
    the_customers_are_missing: ["DATA-010 customers: failed. source customers is missing: "],
    the_customers_do_not_know_the_newest_night: [
        "DATA-010 customers: failed. 3960 of 4000 applications have a row in source customers; "
        "of the 40 of 2025-04-10, 0.",
        "Source customers is late: wait for its delivery or ask for it, then run again.",
    ],
    the_two_newest_nights_are_missing: [
        "DATA-006 accounts: failed. accounts: the newest night is 2025-04-08, 2 days before "
        "2025-04-10"
    ],
    the_newest_night_is_less_than_half: [
        "DATA-007 accounts: failed. accounts: night 2025-04-10 has 19 rows, 0.47 times"
    ],
    the_newest_night_alone_comes_in_thousands: [
        "DATA-009 rows: failed. 40 of 4,000 rows set aside (1.0 %); 40 of the 40 of 2025-04-10."
    ],
    the_newest_night_alone_is_unreadable: [
        "DATA-009 rows: failed. 40 of 4,000 rows set aside (1.0 %); 40 of the 40 of 2025-04-10."
    ],
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.replace("_", " "))
def test_bad_data_stops_the_run_and_loses_nothing(bank, typed, leaks, damage):
    damage(bank)
    before = contents(bank.data)

    told = night(bank, typed, LAST)

    assert told.exit_code == 3, (told.stdout, told.stderr)
    reasons = " | ".join(told.summary["reasons_against"])
    for said in DAMAGES[damage]:
        assert said in reasons, reasons
    assert_stopped_whole(bank, typed, told)
    assert contents(bank.data) == before, "the deliveries are read, never changed"
    assert leaks(bank, told) == []


def test_a_column_more_changes_nothing(bank, typed):
    spared = [name for name in snapshots_of(bank, typed) if name]
    bank.change_everywhere(
        lambda table: table.append_column("branch_note", pa.array([CANARY] * len(table)))
    )
    assert snapshots_of(bank, typed) == spared


def snapshots_of(bank, typed):
    """What `pipelines check` finds in order, and the snapshots that it makes."""
    told = typed("check", bank.spec, "--as-of", LAST, "--json")
    assert told.exit_code == 0, told.stdout
    assert CANARY not in told.stdout + told.stderr
    return [name for name in bank.left_behind() if name.startswith("snapshots")]


def test_before_any_outcome_has_matured_the_run_says_from_when_on_it_can_be_made(
    bank, typed, leaks
):
    told = night(bank, typed, "2025-01-20")
    assert told.exit_code == 3, (told.stdout, told.stderr)
    reasons = " | ".join(told.summary["reasons_against"])
    assert "DATA-014 train: failed. There are no matured outcomes as of 2025-01-20" in reasons
    assert_stopped_whole(bank, typed, told)
    assert leaks(bank, told) == []


def test_one_late_night_is_what_the_policy_allows_and_a_spec_may_allow_none(bank, typed):
    shutil.rmtree(bank.night().parent)
    assert typed("check", bank.spec, "--as-of", LAST).exit_code == 0
    bank.change_spec("  PERF-001: 0.70", "  PERF-001: 0.70\n  DATA-006: 0")
    told = typed("check", bank.spec, "--as-of", LAST)
    assert told.exit_code == 3
    assert "DATA-006 accounts: failed. accounts: the newest night is 2025-04-09, 1 day" in " ".join(
        told.stdout.split()
    )


def test_what_a_person_reads_names_the_fault_first_and_where_the_report_is(bank, typed, leaks):
    the_outcomes_are_missing(bank)
    told = typed("run", bank.spec, "--as-of", LAST)
    said = " ".join(told.stdout.split())
    assert told.exit_code == 3
    assert "Stopped: credit_default as of 2025-04-10 reasons against: - DATA-001 outcomes" in said
    assert "source outcomes is missing: there is no file outcomes.parquet." in said
    report = next(line.split()[-1] for line in told.stdout.splitlines() if "Report" in line)
    assert "Traceback" not in said
    text = Path(report).read_text()
    assert "source outcomes is missing" in text
    assert leaks(bank, told) == []


def night(bank, typed, day):
    """One night, as a replay: it loads no library twice, which `pipelines run` does to be quick."""
    return typed("replay", bank.spec, "--from", day, "--nights", 1, "--json")


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_stopped_whole(bank, typed, told):
    """Stopped on the dashboard, evidence on file and whole, nothing trained or registered."""
    from pipelines_lib.governance.registry import Registry
    from pipelines_lib.spec.settings import Settings

    summary = told.summary
    assert (summary["verdict"], summary["version"]) == ("stopped", None)
    assert summary["metrics"] == {}
    state = told.state
    assert (state.type.value, state.name) == ("FAILED", "Stopped")
    assert summary["reasons_against"][0] in state.message

    verified = typed("evidence", "verify", bank.spec, "--json")
    assert (verified.exit_code, verified.summary["problems"]) == (0, []), verified.stdout
    assert verified.summary["verified"] > 0

    assert Registry(Settings.from_environment()).versions("credit_default") == ()
    left = bank.left_behind()
    assert not any(name.startswith("packages") for name in left)
    assert f"reports/credit_default/{summary['as_of']}.html" in left
    assert [name for name in left if ".part-" in name] == []
    assert [name for name in left if name.startswith("scratch")] == ["scratch/.lock"]
