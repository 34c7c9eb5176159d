"""PERF-012 and PERF-013: which rows a segment holds, tonight and on any other night."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines_lib.assurance.performance.segments import Condition, Segment, cut
from pipelines_lib.assurance.sampled_rows import SampledRows
from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.modelling.features import FeatureContract, InputFeature

NAN = float("nan")


def feature(name, levels=()):
    kind = "category" if levels else "number"
    return InputFeature(name, kind, levels, "none", (), "why")


def rows(**columns):
    """Encoded rows; a column given as a pair is of a category with those levels."""
    pairs = {k: v if isinstance(v, tuple) else (v, ()) for k, v in columns.items()}
    contract = FeatureContract(tuple(feature(name, levels) for name, (_, levels) in pairs.items()))
    inputs = np.array([values for values, _ in pairs.values()], dtype=np.float32).T
    n = len(inputs)
    return SampledRows(
        contract=contract,
        inputs=inputs,
        labels=np.zeros(n, dtype=np.int8),
        windows=np.full(n, "validation"),
        dates=np.full(n, np.datetime64("2025-01-01")),
        scores={},
        places=np.arange(n),
    )


AGES = rows(age=[NAN, 1, 2, 3, 4], home=([0, 1, 1, NAN, 2], ("own", "rent", "family")))


@pytest.mark.parametrize(
    ("condition", "words", "expected"),
    [
        (Condition("age", low=2, high=4), "age from 2 to below 4", [0, 0, 1, 1, 0]),
        (Condition("age", high=2), "age below 2", [0, 1, 0, 0, 0]),
        (Condition("age", low=4), "age from 4", [0, 0, 0, 0, 1]),
        (Condition("age"), "age present", [0, 1, 1, 1, 1]),
        (Condition("age", missing=True), "age missing", [1, 0, 0, 0, 0]),
        (Condition("home", level="rent"), "home = rent", [0, 1, 1, 0, 0]),
        (Condition("home", missing=True), "home missing", [0, 0, 0, 1, 0]),
    ],
)
def test_a_condition_holds_for_its_rows_and_says_which(condition, words, expected):
    assert condition.holds(AGES).astype(int).tolist() == expected
    assert str(condition) == words


@pytest.mark.parametrize(
    "condition",
    [
        Condition("gone", low=1),
        Condition("home", level="boat"),
        Condition("home", low=1),
        Condition("age", level="own"),
    ],
)
def test_what_a_contract_does_not_know_cannot_be_asked(condition):
    assert condition.holds(AGES) is None
    assert Segment((Condition("age", low=2), condition)).holds(AGES) is None


def test_a_segment_holds_where_all_its_conditions_do():
    segment = Segment((Condition("age", low=2), Condition("home", level="rent")))
    assert segment.holds(AGES).tolist() == [False, False, True, False, False]
    assert str(segment) == "age from 2 and home = rent"


def test_a_segment_survives_the_evidence():
    segment = Segment((Condition("age", low=0.1, high=2.5), Condition("home", missing=True)))
    assert Segment.from_plain(parse(canonical_bytes(segment))) == segment


def test_numbers_are_cut_at_quantiles_that_are_values_and_categories_into_levels():
    cut_into = [str(each) for each in cut(AGES, ("age", "home"), 2)]
    assert cut_into == [
        *("age missing", "age below 2", "age from 2"),
        *("home missing", "home = own", "home = rent", "home = family"),
    ]


@pytest.mark.parametrize(
    "values", [[1.0, 1.0, 1.0], [NAN, NAN, NAN], ([0, 0, 0], ("a", "b")), ([], ())]
)
def test_what_does_not_vary_makes_no_segment(values):
    assert cut(rows(x=values), ("x", "unknown"), 5) == ()


def test_a_constant_beside_blanks_is_present_or_missing():
    assert [str(each) for each in cut(rows(x=[7.0, NAN, 7.0]), ("x",), 4)] == [
        "x missing",
        "x present",
    ]


numbers = st.one_of(st.just(NAN), st.floats(-(2.0**60), 2.0**60, width=32))


@settings(max_examples=60, deadline=None)
@given(values=st.lists(numbers, min_size=1, max_size=40), bands=st.integers(2, 6))
def test_conditions_of_a_feature_hold_every_row_exactly_once(values, bands):
    table = rows(x=values)
    found = cut(table, ("x",), bands)
    if found:
        assert (sum(each.holds(table).astype(int) for each in found) == 1).all()
