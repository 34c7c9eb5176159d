"""Frozen bins: cut once at training, counted the same for ever."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines_lib.modelling.features import FeatureContract, InputFeature
from pipelines_lib.modelling.reference import counts, feature_bins, number_bins

NAN = np.nan


def test_one_to_twenty_is_cut_at_every_second_number():
    """The first decile of 1..20 is 2; a bin holds its lower edge, so 1 is alone below it."""
    bins = number_bins(np.arange(1, 21, dtype=np.float32))

    assert bins["edges"] == [2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert bins["shares"] == pytest.approx([1 / 20, *[2 / 20] * 8, 3 / 20])
    assert (bins["missing_share"], bins["n"]) == (0, 20)


def test_missing_values_have_a_share_of_their_own():
    bins = number_bins(np.array([1, 2, NAN, NAN], dtype=np.float32))

    assert bins["missing_share"] == 0.5
    assert sum(bins["shares"]) == 0.5


def test_a_heavy_value_gives_one_edge_and_no_empty_bin():
    bins = number_bins(np.array([0] * 85 + [1] * 10 + [2] * 5, dtype=np.float32))

    assert bins["edges"] == [1]
    assert bins["shares"] == pytest.approx([0.85, 0.15])


def test_a_rare_larger_value_still_gets_an_edge():
    """Else a column that is nearly always zero could never be seen to move."""
    bins = number_bins(np.array([0] * 95 + [3] * 3 + [9] * 2, dtype=np.float32))

    assert bins["edges"] == [3]
    assert bins["shares"] == pytest.approx([0.95, 0.05])


@pytest.mark.parametrize("column", [[7, 7, 7], [NAN, NAN], []])
def test_a_column_without_variation_has_one_bin(column):
    bins = number_bins(np.array(column, dtype=np.float32))

    assert bins["edges"] == []
    assert len(bins["shares"]) == 1


def test_values_on_an_edge_and_just_below_it_lie_in_neighbouring_bins():
    bins = {"kind": "number", "edges": [np.float32(0.1).item()]}
    just_below = np.nextafter(np.float32(0.1), np.float32(0))

    assert counts(bins, np.array([0.1])).tolist() == [0, 1, 0]  # 0.1 the double is float32's 0.1
    assert counts(bins, np.array([just_below, NAN])).tolist() == [1, 0, 1]


def test_categories_keep_unknown_and_missing_apart():
    region = InputFeature("region", "category", ("a", "b"), "none", (), "because")
    train = np.array([[0], [0], [1], [NAN], [NAN]], dtype=np.float32)

    bins = feature_bins(FeatureContract((region,)), train, {"region": 1})["region"]

    assert bins == {
        "kind": "category",
        "levels": ["a", "b"],
        "shares": [0.4, 0.2],
        "other_share": 0.2,
        "missing_share": 0.2,
        "n": 5,
    }


@given(st.lists(st.floats(-1e6, 1e6, width=32) | st.just(NAN), min_size=1, max_size=200))
@settings(deadline=None)
def test_every_row_is_counted_once(values):
    column = np.array(values, dtype=np.float32)
    bins = number_bins(column)

    assert counts(bins, column).sum() == len(column)
    assert sum(bins["shares"]) + bins["missing_share"] == pytest.approx(1)
    assert all(share > 0 for share in bins["shares"]) or np.isnan(column).all()
