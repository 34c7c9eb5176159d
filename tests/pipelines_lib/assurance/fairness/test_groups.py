import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.fairness.groups import UNKNOWN, Protected, group_names, group_rows
from pipelines_lib.spec.protected import ProtectedAttribute

SEX = ProtectedAttribute(
    name="sex", column="SEX", reference="men", groups={"men": ("1", "M"), "women": ("2", "F")}
)
AGE = ProtectedAttribute(
    name="age",
    column="AGE",
    reference="adult",
    bands={"young": (None, 24), "adult": (25, 59), "senior": (60, None)},
)


def groups_of(attribute, values):
    grouping = group_rows(attribute, values)
    return [grouping.names[place] for place in grouping.index]


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["1", "2", "2"]),
        pa.array([1, 2, 2]),
        pa.array([1.0, 2.0, 2.0]),
        pa.array(["1", "2", "2"]).dictionary_encode(),
        pa.chunked_array([["1"], [" 2 ", "F"]]),
    ],
)
def test_a_code_is_the_same_code_as_text_as_a_number_and_as_a_category(values):
    assert groups_of(SEX, values) == ["men", "women", "women"]


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["3", None, "", "m", "1.5"]),
        pa.array([3.0, None, float("nan"), 1.5, float("inf")]),
        pa.nulls(5, pa.string()),
    ],
)
def test_an_undeclared_code_and_a_missing_one_are_unknown(values):
    assert groups_of(SEX, values) == [UNKNOWN] * 5


def test_bands_include_both_ends():
    ages = pa.array([24, 25, 59, 60, 119])
    assert groups_of(AGE, ages) == ["young", "adult", "adult", "senior", "senior"]


def test_between_two_bands_and_outside_all_numbers_lies_unknown():
    assert groups_of(AGE, pa.array([24.5, None, float("nan")])) == [UNKNOWN] * 3
    assert groups_of(AGE, pa.array(["30", "thirty", None])) == ["adult", UNKNOWN, UNKNOWN]


def test_unknown_is_the_last_group_unless_the_bank_declares_it_itself():
    assert group_names(SEX) == ("men", "women", "unknown")
    own = ProtectedAttribute(
        name="sex", column="S", reference="men", groups={"unknown": ("9",), "men": ("1",)}
    )
    assert group_names(own) == ("unknown", "men")
    assert groups_of(own, pa.array(["9", "1", "7"])) == ["unknown", "men", "unknown"]


def test_counts_are_declined_then_approved_per_group():
    grouping = group_rows(SEX, pa.array(["1", "1", "2", "9"]))
    approved = np.array([True, False, True, True])
    assert grouping.counts(approved).tolist() == [[1, 1], [0, 1], [0, 1]]
    among = np.array([True, False, False, True])
    assert grouping.counts(approved, among).tolist() == [[0, 1], [0, 0], [0, 1]]


def test_a_key_without_a_protected_row_has_no_value():
    protected = pa.table({"key": ["a", "c"], "sex": ["1", "2"]})
    keys = pa.chunked_array([["c", "b"], ["a"]])
    assert Protected.of(keys, protected).values("sex").to_pylist() == ["2", None, "1"]


def test_without_a_protected_table_or_column_nothing_is_known():
    keys = pa.chunked_array([["a", "b"]])
    assert Protected.of(keys, None).values("sex").to_pylist() == [None, None]
    table = pa.table({"key": ["a", "b"]})
    assert Protected.of(keys, table).values("sex").to_pylist() == [None, None]
