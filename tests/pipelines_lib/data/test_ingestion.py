"""DATA-001, DATA-005, DATA-008, DATA-010, DATA-011: what a run may know, and what is refused."""

import re
import subprocess
import sys
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines_lib.data.pseudonyms import pseudonym
from pipelines_lib.data.snapshots import read_snapshot
from pipelines_lib.errors import SpecError
from pipelines_lib.results import Outcome

AS_OF = date(2025, 1, 10)
SECRET = b"a secret of the test bank, long enough"


def rows_of(bank, ingestion, kind="applications"):
    return read_snapshot(bank.home, getattr(ingestion, kind)).to_pylist()


def row_of(bank, ingestion, key, kind="applications"):
    (found,) = [r for r in rows_of(bank, ingestion, kind) if r["key"] == pseudonym(SECRET, key)]
    return found


def failed(ingestion):
    return {(c.code, c.subject) for c in ingestion.checks if c.outcome is Outcome.FAILED}


def test_an_ordinary_night_passes_every_check(bank):
    bank.deliver()
    ingestion = bank.ingest()
    assert {(c.code, c.subject) for c in ingestion.checks} == {
        ("DATA-001", "accounts"),
        ("DATA-001", "outcomes"),
        ("DATA-005", "outcomes"),
        ("DATA-008", "accounts"),
        ("DATA-010", "outcomes"),
        ("DATA-011", "accounts"),
        ("DATA-011", "outcomes"),
    }
    assert all(check.passed for check in ingestion.checks)
    assert list(rows_of(bank, ingestion)[0]) == [
        *("key", "business_date", "observed_on", "label", "income", "cards", "region"),
        "unreadable",
    ]


def test_rows_are_as_delivered_and_sorted_by_date_and_pseudonym(bank):
    bank.deliver()
    ingestion = bank.ingest()
    rows = rows_of(bank, ingestion)
    assert [(r["business_date"], r["key"]) for r in rows] == sorted(
        (r["business_date"], r["key"]) for r in rows
    )
    # C0025: night 25 % 12 = 1, so of 2 January; known on 5 January; 25 % 3 = 1, so good.
    assert row_of(bank, ingestion, "C0025") == {
        "key": pseudonym(SECRET, "C0025"),
        "business_date": date(2025, 1, 2),
        "observed_on": date(2025, 1, 5),
        "label": 0,
        "income": 1025.5,
        "cards": 1,
        "region": "s",
        "unreadable": None,
    }


def test_only_what_had_happened_by_the_day_exists(bank):
    """60 applications over 12 nights: 10 nights by 10 January, outcomes of 7 of them known."""
    bank.deliver()
    ingestion = bank.ingest()
    rows = rows_of(bank, ingestion)
    assert len(rows) == 50
    assert max(r["business_date"] for r in rows) == AS_OF
    assert sum(r["label"] is not None for r in rows) == 35
    assert max(r["observed_on"] for r in rows if r["observed_on"]) == AS_OF
    assert [(s.rows_delivered, s.rows_visible, s.latest) for s in ingestion.sources] == [
        (60, 50, AS_OF),
        (60, 35, AS_OF),
    ]


def test_the_same_day_gives_the_same_bytes_and_answers_after_more_was_delivered(bank):
    bank.customers = {}
    bank.attributes = [ATTRIBUTES[0]]
    bank.deliver(rows=60)
    bank.write("customers.csv", "id,sex\n" + "".join(f"C{i:04d},1\n" for i in range(60)))
    before = bank.ingest()
    bank.deliver(rows=60, nights=12)
    more, later = 40, date(2025, 1, 20)
    accounts = (bank.folder / "accounts.csv").read_text()
    bank.write("accounts.csv", accounts + "".join(f"D{i},{later},1,1,n\n" for i in range(more)))
    outcomes = (bank.folder / "outcomes.csv").read_text()
    bank.write("outcomes.csv", outcomes + "".join(f"D{i},1,{later}\n" for i in range(more)))
    customers = (bank.folder / "customers.csv").read_text()
    bank.write("customers.csv", customers + "".join(f"D{i},2\n" for i in range(more)))
    after = bank.ingest()
    assert after.applications.sha256 == before.applications.sha256
    assert after.protected.sha256 == before.protected.sha256
    assert after.checks == before.checks
    assert after.sources[0].rows_delivered == 100


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(list(range(24))), repeats=st.booleans())
def test_the_order_of_delivery_changes_no_byte(bank, tables, order, repeats):
    """Also where keys repeat with other values: what counts does not depend on order."""
    accounts, outcomes = tables["accounts"](24, 6), tables["outcomes"](24, 6)
    if repeats:
        accounts = pa.concat_tables(
            [accounts, twin(accounts.slice(0, 3), "income", [5.0, 6.0, 7.0])]
        )
        outcomes = pa.concat_tables([outcomes, twin(outcomes.slice(0, 2), "bad", [0, 1])])
        order = [*order, *range(24, accounts.num_rows)][::-1]
    bank.table("accounts.csv", accounts)
    bank.table("outcomes.csv", outcomes)
    expected = bank.ingest().applications.sha256
    bank.table("accounts.csv", accounts.take(order))
    bank.table("outcomes.csv", outcomes.take([i for i in order if i < outcomes.num_rows]))
    assert bank.ingest().applications.sha256 == expected


def twin(table, column, values):
    index = table.schema.get_field_index(column)
    return table.set_column(index, column, pa.array(values, table.schema.field(column).type))


def test_every_form_of_delivery_gives_the_same_bytes(bank, tables):
    accounts, outcomes = tables["accounts"](), tables["outcomes"]()
    bank.deliver()
    expected = bank.ingest().applications.sha256
    bank.table("accounts.parquet", accounts)
    bank.table("outcomes.parquet", outcomes)
    bank.accounts, bank.outcomes = {"uri": "accounts.parquet"}, {"uri": "outcomes.parquet"}
    assert bank.ingest().applications.sha256 == expected
    for index in range(3):
        bank.table(f"parts/{index}.parquet", accounts.slice(index * 20, 20))
    bank.accounts = {"uri": "parts/*.parquet"}
    assert bank.ingest().applications.sha256 == expected
    for day in pc.unique(accounts["day"]).to_pylist():
        night = accounts.filter(pc.equal(accounts["day"], day))
        bank.table(f"nights/day={day}/part.csv", night.drop_columns(["day"]))
    bank.accounts = {"uri": "nights"}
    assert bank.ingest().applications.sha256 == expected


def test_integers_that_became_floats_through_pandas_are_read_as_integers(bank, tables, answer):
    accounts, outcomes = tables["accounts"](), tables["outcomes"]()
    bank.table("accounts.parquet", twin_type(accounts, "cards", pa.float64()))
    bank.table("outcomes.parquet", twin_type(outcomes, "bad", pa.float64()))
    bank.accounts, bank.outcomes = {"uri": "accounts.parquet"}, {"uri": "outcomes.parquet"}
    ingestion = bank.ingest()
    assert row_of(bank, ingestion, "C0003")["cards"] == 3
    assert row_of(bank, ingestion, "C0003")["label"] == 1
    assert answer(ingestion, "DATA-001", "outcomes").passed


def twin_type(table, column, kind):
    index = table.schema.get_field_index(column)
    return table.set_column(index, column, table[column].cast(kind))


# --- Values that can and cannot be read -----------------------------------------------------


@pytest.mark.parametrize(
    ("text", "income", "unreadable"),
    [
        ("12.5", 12.5, None),
        (" 12.5 ", 12.5, None),
        ("-1e3", -1000.0, None),
        ("", None, None),
        ("nan", None, None),
        ("inf", None, "income"),
        ("1e999", None, "income"),
        ("1_000", None, "income"),
        ("12a", None, "income"),
        ("NA", None, "income"),
        ('"1,5"', None, "income"),
    ],
)
def test_a_number_is_read_or_named(bank, text, income, unreadable):
    bank.deliver()
    bank.write("accounts.csv", f"id,day,income,cards,region\nC0001,2025-01-02,{text},1,n\n")
    row = row_of(bank, bank.ingest(), "C0001")
    assert (row["income"], row["unreadable"]) == (income, unreadable)


@pytest.mark.parametrize(
    ("text", "cards", "unreadable"),
    [
        ("12", 12, None),
        ("12.0", 12, None),
        ("12.5", None, "cards"),
        ("-9", None, None),
        ("-9.0", None, None),
        ("9007199254740993", None, "cards"),
        ("", None, None),
    ],
)
def test_a_whole_number_is_never_rounded(bank, text, cards, unreadable):
    bank.deliver()
    bank.write("accounts.csv", f"id,day,income,cards,region\nC0001,2025-01-02,1,{text},n\n")
    row = row_of(bank, bank.ingest(), "C0001")
    assert (row["cards"], row["unreadable"]) == (cards, unreadable)


def test_decimal_comma_separator_and_encoding_come_from_the_spec(bank):
    bank.deliver()
    bank.features[2] = {**bank.features[2], "levels": ["süd"]}
    rows = ["id;day;income;cards;region", "C0001;2025-01-02;1234,5;1;süd"]
    rows += ["C0002;2025-01-02;1.234,5;1;süd", ""]
    bank.write("accounts.csv", "\n".join(rows).encode("latin-1"))
    bank.accounts = {"separator": ";", "decimal": ",", "encoding": "latin-1"}
    ingestion = bank.ingest()
    assert row_of(bank, ingestion, "C0001")["income"] == 1234.5
    assert row_of(bank, ingestion, "C0001")["region"] == "süd"
    assert row_of(bank, ingestion, "C0002")["unreadable"] == "income"


@pytest.mark.parametrize("text", ["2", "", "x", "nan"])
def test_an_outcome_that_is_neither_code_is_null_and_named(bank, answer, text):
    bank.deliver()
    bank.write("outcomes.csv", f"id,bad,seen\nC0001,{text},2025-01-05\nC0002,1,2025-01-06\n")
    ingestion = bank.ingest()
    row = row_of(bank, ingestion, "C0001")
    assert (row["label"], row["unreadable"]) == (None, "label")
    result = answer(ingestion, "DATA-001", "outcomes")
    assert (result.outcome, result.observed, result.n) == (Outcome.FAILED, 0.5, 2)


def test_an_outcome_still_to_come_is_no_fault(bank, answer):
    bank.deliver()
    bank.write("outcomes.csv", "id,bad,seen\nC0001,,\nC0002,1,2025-01-06\n")
    ingestion = bank.ingest()
    assert answer(ingestion, "DATA-001", "outcomes").passed
    assert row_of(bank, ingestion, "C0001")["unreadable"] is None


def test_one_unreadable_row_in_a_hundred_passes_and_two_fail(bank, tables, answer):
    bank.deliver(rows=100, nights=10)
    text = (bank.folder / "accounts.csv").read_text()
    one = text.replace("1007.5", "1007.5x")
    for body, outcome in [(one, Outcome.PASSED), (one.replace("1008.5", "?"), Outcome.FAILED)]:
        bank.write("accounts.csv", body)
        assert answer(bank.ingest(), "DATA-001", "accounts").outcome is outcome


def test_a_column_of_the_wrong_type_fails_by_name_and_shows_no_value(bank, answer):
    bank.deliver()
    text = (bank.folder / "accounts.csv").read_text()
    bank.write("accounts.csv", text.replace(".5,", ".5 CANARY,"))
    result = answer(bank.ingest(), "DATA-001", "accounts")
    assert (result.outcome, result.observed) == (Outcome.FAILED, 1.0)
    assert "income (50)" in result.explanation
    assert "CANARY" not in result.explanation


def test_a_column_of_severity_warning_is_named_and_blocks_nothing(bank, answer):
    bank.deliver()
    bank.features[0] = {**bank.features[0], "severity": "warning"}
    text = (bank.folder / "accounts.csv").read_text()
    bank.write("accounts.csv", text.replace(".5,", ".5x,"))
    result = answer(bank.ingest(), "DATA-001", "accounts")
    assert (result.outcome, result.observed) == (Outcome.PASSED, 0.0)
    assert "income (50)" in result.explanation


def test_a_row_without_key_or_date_is_left_out_and_counted(bank, answer):
    bank.deliver(rows=98, nights=10)
    text = (bank.folder / "accounts.csv").read_text()
    bank.write("accounts.csv", text + ",2025-01-02,1,1,n\nC9999,32 January,1,1,n\n")
    ingestion = bank.ingest()
    result = answer(ingestion, "DATA-001", "accounts")
    assert (result.observed, result.n) == (0.02, 100)
    assert ingestion.applications.rows == 98


# --- Deliveries that are not what was agreed ------------------------------------------------


def test_a_missing_file_is_named_with_what_to_do(bank, answer):
    bank.deliver()
    (bank.folder / "accounts.csv").unlink()
    ingestion = bank.ingest()
    result = answer(ingestion, "DATA-001", "accounts")
    assert (result.outcome, ingestion.applications) == (Outcome.FAILED, None)
    assert "source accounts is missing: there is no file accounts.csv" in result.explanation
    assert "See that the delivery arrived" in result.explanation
    for code in ("DATA-008", "DATA-011"):
        assert answer(ingestion, code, "accounts").outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_a_glob_that_matches_nothing_is_named(bank, answer):
    bank.deliver()
    bank.outcomes = {"uri": "outcomes-*.csv"}
    ingestion = bank.ingest()
    assert failed(ingestion) == {("DATA-001", "outcomes"), ("DATA-010", "outcomes")}
    told = answer(ingestion, "DATA-010", "outcomes").explanation
    assert "source outcomes is missing: no file matches outcomes-*.csv" in told
    assert ingestion.applications is None


def test_every_source_is_questioned_even_if_one_is_missing(bank, answer):
    bank.deliver()
    (bank.folder / "accounts.csv").unlink()
    bank.write("outcomes.csv", "id,outcome,seen\n")
    assert failed(bank.ingest()) == {
        *(("DATA-001", "accounts"), ("DATA-001", "outcomes"), ("DATA-010", "outcomes")),
    }


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("id,day,income_eur,cards,region", r"no column income \(renamed to income_eur\?\)"),
        ("id,day,INCOME,cards,region", r"no column income \(renamed to INCOME\?\)"),
        ("id,day,zzz,cards,region", r"no column income\."),
    ],
)
def test_a_renamed_column_is_named_with_the_nearest(bank, answer, header, hint):
    bank.deliver()
    text = (bank.folder / "accounts.csv").read_text()
    bank.write("accounts.csv", header + text[text.index("\n") :])
    ingestion = bank.ingest()
    assert ingestion.applications is None
    assert re.search(hint, answer(ingestion, "DATA-001", "accounts").explanation)


def test_an_extra_column_is_ignored_and_counted(bank, tables, answer):
    bank.deliver()
    expected = bank.ingest().applications.sha256
    accounts = tables["accounts"]().append_column("note", pa.array(["private"] * 60))
    bank.table("accounts.csv", accounts)
    ingestion = bank.ingest()
    assert ingestion.applications.sha256 == expected
    assert (
        "1 column(s) the spec does not name"
        in answer(ingestion, "DATA-001", "accounts").explanation
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty (0 bytes)"),
        (b"id,day,income,cards,region\n", "is empty: it has columns but no row"),
        (b"id,day,income,cards,region\nC1,2025-01-02,1,CANARY\n", "cannot be read (line 2)"),
        (b"id,day,income,cards,region\nC1,2025-01-02,1,1,caf\xe9CANARY\n", "not encoded as utf-8"),
        (
            b"id,day,income,cards,region\n"
            + b"C1,2025-01-02,1,1,n\n" * 9_999
            + b"C1,2025-01-02,1,1,caf\xe9CANARY\n",
            "not encoded as utf-8 (line 10001)",
        ),
        (b"id,day,inc\xf6me,cards,region\n", "not encoded as utf-8"),
        (b'id,day,income,cards,region\nC1,2025-01-02,1,1,"CANARY\n', "cannot be read (line 2)"),
        (b"id,id,income,cards,region\n", "column id appears twice"),
    ],
)
def test_a_damaged_file_fails_and_no_row_is_shown(bank, answer, data, words):
    bank.deliver()
    bank.write("accounts.csv", data)
    ingestion = bank.ingest()
    result = answer(ingestion, "DATA-001", "accounts")
    assert (result.outcome, ingestion.applications) == (Outcome.FAILED, None)
    assert words in result.explanation
    assert "CANARY" not in str(ingestion.checks)


def test_the_wrong_encoding_is_said_for_any_encoding(bank, answer):
    bank.deliver()
    bank.accounts = {"encoding": "ascii"}
    bank.outcomes = {"encoding": "utf-16"}
    told = answer(bank.ingest(), "DATA-001", "outcomes").explanation
    assert "source outcomes is not encoded as utf-16" in told


def test_an_encoding_nobody_knows_is_an_error_of_the_spec(bank):
    bank.deliver()
    bank.accounts = {"encoding": "utf-88"}
    with pytest.raises(SpecError, match="'utf-88' is no encoding"):
        bank.ingest()


def test_a_truncated_parquet_file_is_named(bank, tables, answer):
    bank.deliver()
    path = bank.table("accounts.parquet", tables["accounts"]())
    path.write_bytes(path.read_bytes()[:-30])
    bank.accounts = {"uri": "accounts.parquet"}
    told = answer(bank.ingest(), "DATA-001", "accounts").explanation
    assert "accounts.parquet is no whole Parquet file" in told


def test_no_row_yet_on_that_day_is_said(bank, answer):
    bank.deliver()
    ingestion = bank.ingest(as_of=date(2024, 12, 31))
    assert ingestion.applications is None
    told = answer(ingestion, "DATA-001", "accounts").explanation
    assert "no row that was known on that day" in told


# --- Keys, copies, coverage, dates ----------------------------------------------------------


def test_a_repeated_outcome_fails_and_multiplies_no_application(bank, answer):
    bank.deliver()
    text = (bank.folder / "outcomes.csv").read_text()
    bank.write("outcomes.csv", text + "C0001,0,2025-01-09\n")
    ingestion = bank.ingest()
    result = answer(ingestion, "DATA-005", "outcomes")
    assert (result.outcome, result.observed, result.n) == (Outcome.FAILED, 1 / 36, 36)
    assert ingestion.applications.rows == 50
    assert row_of(bank, ingestion, "C0001")["observed_on"] == date(2025, 1, 5)


def test_a_repeated_application_stays_for_quality_to_judge(bank):
    bank.deliver()
    text = (bank.folder / "accounts.csv").read_text()
    bank.write("accounts.csv", text + "C0001,2025-01-02,7,1,n\n")
    assert bank.ingest().applications.rows == 51


def test_a_night_with_an_earlier_nights_rows_is_a_copy_whatever_order_and_keys(bank, answer):
    rows = [f"{1000 + i}.5,{i % 4},n" for i in range(20)]
    night = [f"A{i},2025-01-08,{row}\n" for i, row in enumerate(rows)]
    copy = [f"B{i},2025-01-10,{row}\n" for i, row in enumerate(reversed(rows))]
    bank.deliver()
    header = "id,day,income,cards,region\n"
    bank.write("accounts.csv", header + "".join(night + copy))
    result = answer(bank.ingest(), "DATA-008", "accounts")
    assert (result.outcome, result.observed) == (Outcome.FAILED, 1.0)
    assert "2025-01-10 are those of 2025-01-08 again" in result.explanation
    bank.write(
        "accounts.csv",
        header + "".join(night + copy).replace("B3,2025-01-10,1016.5", "B3,2025-01-10,1016.6"),
    )
    assert answer(bank.ingest(), "DATA-008", "accounts").passed


def test_nineteen_equal_rows_can_be_chance(bank, answer):
    bank.deliver()
    night = "".join(
        f"{key}{i},{day},{i},1,n\n"
        for key, day in (("A", "2025-01-08"), ("B", "2025-01-10"))
        for i in range(19)
    )
    bank.write("accounts.csv", "id,day,income,cards,region\n" + night)
    assert answer(bank.ingest(), "DATA-008", "accounts").passed


def test_the_same_file_under_two_names_is_a_copy(bank, tables, answer):
    bank.deliver()
    bank.table("parts/a.csv", tables["accounts"]())
    bank.table("parts/b.csv", tables["accounts"]())
    bank.accounts = {"uri": "parts/*.csv"}
    result = answer(bank.ingest(), "DATA-008", "accounts")
    assert (result.outcome, result.observed) == (Outcome.FAILED, 1.0)


ATTRIBUTES = [
    {"name": "sex", "column": "sex", "reference": "m", "groups": {"m": [1], "w": [2]}},
    {
        "name": "age",
        "column": "years",
        "reference": "old",
        "bands": {"young": [None, 24], "old": [25, None]},
    },
]


def test_protected_attributes_are_kept_apart_under_their_own_names(bank):
    bank.customers, bank.attributes = {}, ATTRIBUTES
    bank.deliver()
    body = "".join(f"C{i:04d},{i % 2 + 1}.0,{20 + i}\n" for i in range(60))
    bank.write("customers.csv", "id,sex,years\n" + body)
    ingestion = bank.ingest()
    assert row_of(bank, ingestion, "C0003", "protected") == {
        "key": pseudonym(SECRET, "C0003"),
        "sex": "2",
        "age": 23.0,
    }
    assert ingestion.protected.rows == 50
    assert not {"sex", "age", "years"} & set(ingestion.applications.columns)


def test_a_late_department_is_named_even_in_a_long_history(bank, answer):
    """95 % of all are found, but none of the newest night."""
    bank.customers, bank.attributes = {}, ATTRIBUTES
    bank.deliver(rows=200, nights=10)
    body = "".join(f"C{i:04d},1,30\n" for i in range(200) if i % 10 != 9)
    bank.write("customers.csv", "id,sex,years\n" + body)
    ingestion = bank.ingest()
    result = answer(ingestion, "DATA-010", "customers")
    assert (result.outcome, result.observed) == (Outcome.FAILED, 0.0)
    assert "Source customers is late" in result.explanation
    assert ingestion.applications is not None


@pytest.mark.parametrize("department", ["customers", "bureau"])
def test_a_department_of_which_nothing_is_used_is_read_and_judged_like_any_other(
    bank, answer, department
):
    setattr(bank, department, {})
    bank.deliver()
    body = "".join(f"C{i:04d},1\n" for i in range(60))
    bank.write(f"{department}.csv", "id,sex\n" + body)
    ingestion = bank.ingest()
    assert failed(ingestion) == set()
    assert answer(ingestion, "DATA-010", department).observed == 1.0


def test_features_of_another_department_are_joined_by_key(bank, answer):
    bank.bureau = {}
    bank.features.append({"name": "score", "source": "bureau", "type": "number"})
    bank.deliver()
    body = "".join(f"C{i:04d},{i}\n" for i in range(60) if i != 1)
    bank.write("bureau.csv", "id,score\n" + body + "C0002,99\n")
    ingestion = bank.ingest()
    assert row_of(bank, ingestion, "C0001")["score"] is None
    assert row_of(bank, ingestion, "C0002")["score"] == 2.0
    assert ingestion.applications.rows == 50
    assert answer(ingestion, "DATA-010", "bureau").observed == pytest.approx(0.98)
    assert answer(ingestion, "DATA-005", "bureau").observed == pytest.approx(1 / 50)


def test_a_feature_is_what_was_available_on_the_day_of_the_application(bank, answer):
    bank.bureau = {"available_on": "known"}
    bank.features.append({"name": "score", "source": "bureau", "type": "number"})
    bank.deliver()
    # C0003 applied on 4 January.
    days = {"2025-01-01": 1, "2025-01-04": 2, "2025-01-05": 3, "2025-01-20": 4}
    body = "".join(f"C0003,{score},{day}\n" for day, score in days.items())
    bank.write("bureau.csv", "id,score,known\n" + body + "C0004,7,2025-01-06\n")
    ingestion = bank.ingest()
    assert row_of(bank, ingestion, "C0003")["score"] == 2.0
    assert row_of(bank, ingestion, "C0004")["score"] is None  # applied on 5 January
    assert answer(ingestion, "DATA-010", "bureau").observed == 0.0
    assert answer(ingestion, "DATA-005", "bureau").passed


def test_a_date_of_tomorrow_is_impossible_and_one_of_today_is_not(bank, answer):
    bank.deliver()
    text = (bank.folder / "accounts.csv").read_text()
    for today, outcome in [
        (date(2025, 1, 12), Outcome.PASSED),
        (date(2025, 1, 11), Outcome.FAILED),
    ]:
        bank.write("accounts.csv", text)
        result = answer(bank.ingest(today=today), "DATA-011", "accounts")
        assert result.outcome is outcome
    assert "5 after 2025-01-11" in result.explanation


def test_an_outcome_before_its_application_is_impossible(bank, answer):
    bank.deliver()
    bank.write("outcomes.csv", "id,bad,seen\nC0003,1,2025-01-03\nC0004,1,2025-01-05\n")
    result = answer(bank.ingest(), "DATA-011", "outcomes")
    assert (result.outcome, result.observed) == (Outcome.FAILED, 0.5)
    assert "1 of an outcome before its application" in result.explanation


def test_a_row_in_the_wrong_partition_is_found(bank, tables, answer):
    bank.deliver()
    accounts = tables["accounts"]()
    for offset in range(10):
        day = date(2025, 1, 1) + timedelta(days=offset)
        night = accounts.filter(pc.equal(accounts["day"], day))
        if offset == 4:
            wrong = pa.array([day - timedelta(days=1)] + [day] * (night.num_rows - 1))
            night = night.set_column(1, "day", wrong)
        bank.table(f"nights/day={day}/part.parquet", night)
    bank.accounts = {"uri": "nights"}
    result = answer(bank.ingest(), "DATA-011", "accounts")
    assert (result.outcome, result.observed) == (Outcome.FAILED, 1 / 50)


def test_a_feature_may_not_take_a_name_of_the_snapshot(bank):
    bank.features.append({"name": "Label", "source": "accounts", "type": "number"})
    bank.deliver()
    with pytest.raises(SpecError, match="Feature name Label"):
        bank.ingest()


def test_no_key_of_a_customer_leaves_ingestion(bank):
    bank.deliver()
    bank.ingest()
    for path in bank.home.rglob("*"):
        assert not path.is_file() or b"C0001" not in path.read_bytes()


FULL = """
import resource, signal, sys
from datetime import date
from pathlib import Path
from pipelines_lib.data import tables
from pipelines_lib.errors import ServiceError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
tables.MEMORY_MB = 24
with tables.Workbench(Path(sys.argv[1]), threads=1, key=b"k" * 16) as bench:
    try:
        bench.run("CREATE TABLE t AS SELECT sha256(i::VARCHAR) AS k FROM range(2_000_000) r(i)")
    except ServiceError as error:
        print(error)
        sys.exit(5)
"""


def test_a_disk_that_is_full_while_tables_are_joined_is_said(tmp_path):
    """A limit on file size stands in for the disk."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "No space left to sort and join" in done.stdout) == (5, True)


def test_nothing_of_the_work_is_left_behind(bank):
    bank.deliver()
    bank.ingest()
    assert [path.name for path in (bank.home / "scratch").iterdir()] == [".lock"]
