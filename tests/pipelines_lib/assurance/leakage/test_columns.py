"""Columns as they were delivered: kinds, blanks and every digit."""

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.leakage.columns import category, date, from_arrow, number


def test_integers_keep_every_digit_beyond_what_a_float_holds():
    exact = from_arrow("id", pa.array([2**53 + 1, None, 2**62 + 3], pa.int64()))
    assert exact.kind == "number"
    assert exact.values[[0, 2]].tolist() == [2**53 + 1, 2**62 + 3]
    assert exact.blank.tolist() == [False, True, False]
    assert exact.whole_numbers.tolist() == [2**53 + 1, 0, 2**62 + 3]


def test_floats_that_are_all_whole_are_whole_numbers_and_others_are_not():
    assert number("a", np.array([1.0, np.nan, 3.0])).whole_numbers.tolist() == [1, 0, 3]
    assert number("a", np.array([1.0, 2.5])).whole_numbers is None
    assert number("a", np.array([1.0, np.inf])).whole_numbers is None
    assert number("a", np.array([1.0, 2.0**60])).whole_numbers is None  # its digits are lost
    assert category("a", ["1", "2"]).whole_numbers is None


def test_missing_codes_blank_texts_and_nothing_are_blanks():
    numbers = from_arrow("a", pa.array([1, -999, 3]), missing_codes=("-999", "n/a"))
    assert numbers.blank.tolist() == [False, True, False]
    texts = from_arrow("a", pa.array(["x", " ", None, "n/a", " x"]), missing_codes=("n/a",))
    assert texts.blank.tolist() == [False, True, True, True, False]
    assert texts.levels == ("x",)


def test_booleans_and_dictionaries_are_categories():
    assert sorted(from_arrow("a", pa.array([True, False])).levels) == ["false", "true"]
    encoded = from_arrow("a", pa.chunked_array([pa.array(["x", "y"]).dictionary_encode()]))
    assert (encoded.kind, sorted(encoded.levels)) == ("category", ["x", "y"])


@pytest.mark.parametrize(
    "array",
    [
        pa.array(["2025-01-31", None, "2025-02-01"]),
        pa.array(["2025-01-31T10:00:00", "", "2025-02-01 08:30"]),
        pa.array(np.array(["2025-01-31", "NaT", "2025-02-01"], dtype="datetime64[us]")),
    ],
)
def test_dates_are_read_from_dates_and_from_iso_texts(array):
    found = from_arrow("a", array)
    assert found.kind == "date"
    assert found.values[[0, 2]].astype(str).tolist() == ["2025-01-31", "2025-02-01"]
    assert found.blank.tolist() == [False, True, False]


def test_texts_that_only_look_like_dates_stay_texts():
    assert from_arrow("a", pa.array(["2025-02-31"])).kind == "category"
    assert from_arrow("a", pa.array(["2025-01-31", "later"])).kind == "category"
    assert from_arrow("a", pa.array([None, ""], pa.string())).kind == "category"


def test_some_rows_keep_kind_and_levels():
    column = category("a", ["x", "y", None, "z"]).where(np.array([3, 2]))
    assert (column.n, column.levels, column.blank.tolist()) == (2, ("x", "y", "z"), [False, True])
    days = date("a", np.array(["2025-01-31"], dtype="datetime64[D]"))
    assert days.ordered.tolist() == [20119]
