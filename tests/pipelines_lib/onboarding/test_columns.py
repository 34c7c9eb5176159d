"""What becomes of each kind of column: a feature with limits, or nothing, and why."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines_lib.errors import SpecError

N = 400


def with_column(rows, values, name="extra", n=N):
    table = rows(n)
    table[name] = list(values)
    return table


@pytest.mark.parametrize(
    ("values", "kind", "low", "high"),
    [
        ([i % 50 for i in range(N)], "integer", 0, 80),
        ([i % 50 - 25 for i in range(N)], "integer", -40, 40),
        ([i % 50 + 1000 for i in range(N)], "integer", 800, 1200),
        ([i % 50 / 10 for i in range(N)], "number", 0, 8),
        ([i % 50 / 50 for i in range(N)], "number", 0, 1),
        ([i % 2 for i in range(N)], "integer", 0, 1),
        ([-(i % 50) for i in range(N)], "integer", -80, 0),
        ([f"{i % 50 + 0.5:.1e}" for i in range(N)], "number", 0, 80),
    ],
)
def test_a_number_gets_limits_beyond_its_range_that_never_cross_zero(
    init, rows, values, kind, low, high
):
    feature = init(with_column(rows, values)).features["extra"]
    assert (feature.type, feature.minimum, feature.maximum) == (kind, low, high)


@pytest.mark.parametrize(
    ("write", "unit", "first"),
    [
        (lambda i: f"{i % 50} months", "months", 0),
        (lambda i: f"{i % 50 + 0.5} %", "%", 0),
        (lambda i: f"{i % 50},5%", "%", 0),
        (lambda i: f"${i % 50}.50", "$", 0),
        (lambda i: f"{i % 50} {'month' if i % 50 == 1 else 'months'}", "months", 0),
    ],
)
def test_a_number_with_a_unit_is_made_plain_in_a_copy(init, rows, write, unit, first):
    made = init(with_column(rows, [write(i) for i in range(N)]))
    feature = made.features["extra"]
    assert (feature.type, feature.unit, feature.minimum) == ("number", unit, first)
    assert "carry a unit" in " ".join(made.plan.copy_because)
    night = next(made.copy.glob("applications/*/part.parquet"))
    assert pq.read_schema(night).field("extra").type == pa.float64()


def test_decimal_commas_are_told_to_the_source_where_all_numbers_have_them(init, rows):
    table = with_column(rows, [f"{i % 50},25" for i in range(N)])
    table["rate"] = [str(rate).replace(".", ",") for rate in table["rate"]]
    made = init(table)
    assert made.copy is None
    assert {source.decimal for source in made.spec.sources} == {","}
    assert made.features["extra"].maximum == 80
    mixed = init(with_column(rows, [f"{i % 50},25" for i in range(N)]), name="mixed")
    assert "others decimal points" in mixed.plan.copy_because[0]


@pytest.mark.parametrize("write", ["{:,}", "{:,}.50"])
def test_thousands_set_apart_are_made_plain(init, rows, write):
    made = init(with_column(rows, [write.format(i * 1000 + 1234) for i in range(N)]))
    assert made.features["extra"].maximum >= 400_000
    assert "thousands" in made.plan.copy_because[0]


def test_a_code_with_leading_zeros_stays_text(init, rows):
    made = init(with_column(rows, [f"{i % 7:02d}" for i in range(N)]))
    assert made.features["extra"].levels == ("00", "01", "02", "03", "04", "05", "06")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([""] * N, "holds no value"),
        (["n/a"] * N, "holds no value"),
        (["same"] * N, "constant"),
        ([7] * N, "constant"),
        (["same"] * (N - 1) + ["other"], "one value in 99.8 % of the rows"),
        ([7] * (N - 1) + [8], "one value in 99.8 % of the rows"),
        ([f"text {i}" for i in range(N)], "different texts"),
        ([f"name {i % 60}" for i in range(N)], "60 different texts"),
        ([10**17 + i % 90 for i in range(N)], "beyond 2^53"),
        ([str(i % 90) if i % 10 else f"x{i}" for i in range(N)], "different texts"),
        (["inf" if i % 20 == 0 else i % 90 for i in range(N)], "infinite"),
        ([f"2024-{i % 12 + 1:02d}-01" for i in range(N)], "a date is no input"),
        ([N - i for i in range(N)], "numbers the rows"),
    ],
)
def test_a_column_that_can_be_no_input_is_left_out_and_says_why(init, rows, values, said):
    made = init(with_column(rows, values))
    assert made.roles["extra"].role == "excluded"
    assert said in made.why("extra")
    assert f"# - extra: {said.split()[0]}" in made.text or said in " ".join(made.text.split())


def test_a_hundred_thousand_categories_are_no_category(init, tmp_path):
    n = 100_000
    rng = np.random.default_rng(0)
    path = tmp_path / "big.parquet"
    columns = {
        "amount": rng.normal(size=n),
        "city": np.char.add("city ", np.arange(n).astype(str)),
        "defaulted": rng.integers(0, 2, n),
    }
    pq.write_table(pa.table(columns), path)
    made = init(path)
    assert made.roles["city"].role == "excluded"
    assert "different texts" in made.why("city")


def test_lists_and_records_are_no_values(init, rows, tmp_path):
    path = tmp_path / "nested.parquet"
    table = pa.table(rows()).append_column("nested", pa.array([[1, 2]] * N))
    pq.write_table(table, path)
    assert "lists or records" in init(path).why("nested")


def test_texts_that_mean_missing_become_missing_codes(init, rows):
    made = init(with_column(rows, [("a", "b", "Unknown", "?")[i % 4] for i in range(N)]))
    feature = made.features["extra"]
    assert (feature.levels, feature.missing) == (("a", "b"), "allowed")
    assert feature.missing_codes == ("?", "Unknown")
    numbers = init(with_column(rows, ["n/a" if i % 5 == 0 else i % 90 for i in range(N)]), name="m")
    assert numbers.features["extra"].type == "integer"
    assert numbers.features["extra"].missing_codes == ("n/a",)


@pytest.mark.parametrize(
    ("values", "codes", "high"),
    [
        ([999 if i % 3 else i % 28 for i in range(N)], ("999",), 40),
        ([-9 if i % 9 == 0 else i % 4 for i in range(N)], ("-9",), 4),
        ([(98, 99)[i // 4 % 2] if i % 4 == 0 else i % 20 for i in range(N)], ("98", "99"), 25),
        ([-999 if i % 9 == 0 else i % 90 / 7 for i in range(N)], ("-999",), 20),
        ([i % 100 for i in range(N)], (), 150),
        ([999 if i % 3 == 0 else i * 7 % 1000 for i in range(N)], (), 1500),
        ([i % 12 - 2 for i in range(N)], (), 12),
        ([999 if i == 0 else i % 28 for i in range(N)], (), 1500),
    ],
)
def test_a_number_that_stands_apart_is_suspected_of_being_a_code(init, rows, values, codes, high):
    feature = init(with_column(rows, values)).features["extra"]
    assert (feature.missing_codes, feature.maximum) == (codes, high)
    assert feature.missing == ("allowed" if codes else "refused")


def test_missing_values_are_allowed_where_there_are_some(init, rows):
    made = init(with_column(rows, ["" if i % 7 == 0 else i % 90 for i in range(N)]))
    assert made.features["extra"].missing == "allowed"
    assert made.features["income"].missing == "refused"


def test_a_column_that_varies_only_after_the_train_window_is_left_out(init, rows):
    made = init(with_column(rows, [0 if i < 300 else i % 5 for i in range(N)]))
    assert "varies only later" in made.why("extra")


def test_a_monotone_direction_is_only_a_comment(init, rows):
    table = rows(2000)
    made = init(table)
    assert "# monotone: decreasing" in made.text
    assert {feature.monotone for feature in made.spec.features} == {"none"}


def test_columns_a_spec_cannot_name_are_renamed_in_a_copy(init, rows):
    table = rows()
    table["label"] = [i % 50 for i in range(N)]
    table["amount [EUR], net"] = [i % 40 for i in range(N)]
    made = init(table)
    assert {"label_", "amount _EUR__ net"} <= set(made.features)
    assert len([why for why in made.plan.copy_because if "renamed" in why]) == 2


def test_a_table_without_inputs_is_refused(init, rows):
    table = {name: rows()[name] for name in ("application_id", "applied_on", "gender", "defaulted")}
    with pytest.raises(SpecError, match=r"No column of applications\.csv is left"):
        init(table)


def test_no_row_of_a_customer_stands_in_the_spec(init, rows):
    table = with_column(rows, [f"customer {i}" for i in range(N)])
    table["income"][7] = 98_765
    made = init(table)
    assert "customer 7" not in made.text
    assert "98765" not in made.text
    assert "A00007" not in made.text
