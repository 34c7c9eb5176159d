"""Whatever way a table is written, the same spec comes of it, or an error that says what to do."""

import csv
import gzip
import io
import sqlite3
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines_lib.errors import DataContractError, SpecError


def written(columns, separator=","):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue()


def test_a_table_with_key_date_and_target_is_read_where_it_lies(init, rows):
    made = init(rows())
    assert made.copy is None
    sources = {source.role: source for source in made.spec.sources}
    assert {source.uri for source in sources.values()} == {"../applications.csv"}
    assert {source.key for source in sources.values()} == {"application_id"}
    assert sources["population"].business_date == "applied_on"
    assert sources["label"].observed_on == "applied_on"
    assert made.spec.label.performance_window_days == 30
    assert list(made.features) == ["income", "rate", "home"]
    assert made.spec.fairness.attributes[0].groups == {"f": ("f",), "m": ("m",)} or (
        made.spec.fairness.attributes[0].groups == {"m": ("m",), "f": ("f",)}
    )
    assert (made.spec.label.positive, made.spec.label.negative) == ("1", "0")
    assert str(made.spec.schedule.last_slot) == "2025-04-10"


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_any_separator_is_found(init, rows, separator):
    made = init(written(rows(), separator))
    assert made.copy is None
    assert {source.separator for source in made.spec.sources} == {separator}
    assert list(made.features) == ["income", "rate", "home"]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("latin-1", "cp1252"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
    ],
)
def test_any_usual_encoding_is_found(init, rows, encoding, found):
    table = rows()
    table["home"] = ["propriété" if home == "own" else home for home in table["home"]]
    made = init(written(table).encode(encoding))
    assert {source.encoding for source in made.spec.sources} == {found}
    assert made.features["home"].levels == ("mortgage", "propriété", "rent")
    assert made.roles["application_id"].role == "key"


def test_an_encoding_that_does_not_fit_is_refused(init, rows):
    table = rows()
    table["home"] = ["propriété"] * len(table["home"])
    with pytest.raises(SpecError, match="is not encoded as utf-8") as caught:
        init(written(table).encode("latin-1"), encoding="utf-8")
    assert "--encoding" in caught.value.fix
    with pytest.raises(SpecError, match="'klingon' is no encoding"):
        init(written(table).encode(), encoding="klingon")


def test_a_packed_csv_is_read_and_a_zip_is_copied(init, rows):
    text = written(rows()).encode()
    packed = init(gzip.compress(text), file="applications.csv.gz")
    assert packed.copy is None
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("inside.csv", text)
    zipped = init(out.getvalue(), file="applications.zip", name="zipped")
    assert zipped.copy is not None
    assert "zip" in zipped.plan.copy_because[0]
    assert list(zipped.features) == list(packed.features)


def test_quoted_separators_quotes_and_line_breaks_are_part_of_a_value(init, rows):
    table = rows()
    odd = ['to, rent\nor "not"' if home == "rent" else home for home in table["home"]]
    table["home"] = odd
    made = init(table)
    assert len(made.features["home"].levels) == 3
    assert made.plan.outcome.positives + made.plan.outcome.negatives == 400


def test_parquet_keeps_its_types(init, rows, tmp_path):
    table = rows()
    path = tmp_path / "applications.parquet"
    columns = pa.table(table).append_column("flag", pa.array([i % 3 == 0 for i in range(400)]))
    pq.write_table(columns, path)
    made = init(path)
    assert made.copy is None
    flag = made.features["flag"]
    assert (flag.type, flag.minimum, flag.maximum) == ("integer", 0, 1)
    assert made.features["income"].type == "integer"
    assert made.features["rate"].type == "number"


def test_sql_is_read_by_variable_and_table(init, rows, tmp_path):
    table, path = rows(), tmp_path / "bank.db"
    connection = sqlite3.connect(path)
    columns = ", ".join(f'"{name}"' for name in table)
    connection.execute(f"CREATE TABLE loans ({columns})")
    marks = ", ".join("?" * len(table))
    insert = f"INSERT INTO loans VALUES ({marks})"  # noqa: S608
    connection.executemany(insert, zip(*table.values(), strict=True))
    connection.commit()
    connection.close()
    made = init("env:BANK_URL/loans", environment={"BANK_URL": f"sqlite:///{path}"})
    assert made.copy is None
    assert {(source.uri, source.table) for source in made.spec.sources} == {
        ("env:BANK_URL", "loans")
    }
    assert made.spec.model == "loans"
    assert str(path) not in made.text
    with pytest.raises(SpecError, match="names no SQL table"):
        init("env:BANK_URL")
    with pytest.raises(SpecError, match="OTHER_URL is not set"):
        init("env:OTHER_URL/loans", name="other")
    with pytest.raises(SpecError, match="is an SQLite database"):
        init(path)


@pytest.mark.parametrize(
    ("table", "error", "said"),
    [
        (b"", DataContractError, "is empty"),
        (b"\n\n", DataContractError, "is empty"),
        (b"a,b,defaulted\n", DataContractError, "has a header but no row"),
        (b"defaulted\n1\n0\n", DataContractError, "only one column"),
        (b"1,2,0\n2,3,1\n", DataContractError, "has no header"),
        (b"a,A,defaulted\n1,2,0\n", DataContractError, "cannot be told apart: A, a"),
        (b"a,b,a,defaulted\n1,2,3,0\n", DataContractError, "cannot be told apart: a"),
        (b"a,b,defaulted\n1,2,0\n1,2\n1,2,3,4,5\n", DataContractError, "cannot be read"),
        (b"PAR1 and no more", DataContractError, "no whole Parquet file"),
        (b"PK\x03\x04 and no more", DataContractError, "cannot be unpacked"),
        (b"\x1f\x8b and no more", DataContractError, "damaged"),
    ],
)
def test_what_is_no_table_is_refused_in_plain_words(init, table, error, said):
    with pytest.raises(error, match=said) as caught:
        init(table)
    assert caught.value.fix


def test_a_table_that_is_not_there_or_is_a_folder_or_may_not_be_read_is_refused(init, tmp_path):
    with pytest.raises(SpecError, match=r"There is no file gone\.csv"):
        init(tmp_path / "gone.csv")
    with pytest.raises(SpecError, match="is a folder"):
        init(tmp_path)


def test_a_spreadsheet_and_an_archive_of_several_files_are_refused(init):
    for names, said in ((["[Content_Types].xml"], "spreadsheet"), (["a.csv", "b.csv"], "2 files")):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in names:
                archive.writestr(name, "x")
        with pytest.raises(SpecError, match=said):
            init(out.getvalue(), file="applications.xlsx")


def test_a_name_that_looks_like_a_pattern_or_an_address_is_still_a_file(init, rows):
    made = init(rows(), file="loans [2025].csv", name="loans")
    assert made.spec.sources[0].uri == "../loans [[]2025].csv"


def test_a_column_without_a_name_gets_one(init, rows):
    table = {"": list(range(400)), **rows()}
    made = init(table)
    assert made.roles["unnamed_1"].role in {"excluded", "key"}


def test_a_spec_that_exists_is_kept_unless_force_is_said(init, rows):
    before = init(rows()).found.spec.read_bytes()
    with pytest.raises(SpecError, match="exists already") as caught:
        init(rows(seed=2))
    assert "--force" in caught.value.fix
    assert init(rows(), force=True).found.spec.read_bytes() == before


def test_a_name_is_made_of_the_table_or_refused_with_one_that_fits(init, rows):
    assert init(rows(), file="2025 Loans (final).csv").spec.model == "model_2025_loans_final"
    with pytest.raises(SpecError, match="cannot be the name of a model") as caught:
        init(rows(), name="My Model")
    assert "my_model" in caught.value.fix


def test_nothing_is_left_behind_where_onboarding_fails(init, rows, tmp_path):
    table = rows()
    table["defaulted"] = [1] * 400
    with pytest.raises(SpecError):
        init(table)
    assert not list((tmp_path / "specs").glob("**/*")) if (tmp_path / "specs").exists() else True
    assert not list((tmp_path / "home" / "scratch").glob("run-*"))
