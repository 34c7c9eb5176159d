"""Limits learnt from a range: wide enough for honest values, readable, never across zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines_lib.onboarding.ranges import MARGIN, limits

ends = st.floats(-1e12, 1e12).filter(lambda end: end == 0 or abs(end) > 1e-6)


@pytest.mark.parametrize(
    ("lowest", "highest", "whole", "expected"),
    [
        (0, 27, True, (0, 40)),
        (-2, 8, True, (-5, 12)),
        (10_000, 1_000_000, True, (0, 1_500_000)),
        (0, 1, True, (0, 1)),
        (0.001, 0.97, False, (0, 1)),
        (0, 0.5, False, (0, 0.8)),
        (0.05, 0.24, False, (0.0025, 0.3)),
        (-50, -27, False, (-60, -20)),
        (5, 5, True, (0, 10)),
        (1e305, 1e306, False, (1e305, 1e306)),
    ],
)
def test_limits_by_hand(lowest, highest, whole, expected):
    assert limits(lowest, highest, whole=whole) == pytest.approx(expected)


@given(ends, ends, st.booleans())
def test_limits_hold_the_range_and_never_cross_zero(one, other, whole):
    lowest, highest = sorted((one, other))
    if whole:
        lowest, highest = float(round(lowest)), float(round(highest))
    low, high = limits(lowest, highest, whole=whole)
    assert low <= lowest <= highest <= high
    assert not (lowest >= 0 > low)
    assert not (highest <= 0 < high)


@given(ends, ends)
def test_an_end_that_may_move_has_a_margin(one, other):
    lowest, highest = sorted((one, other))
    low, high = limits(lowest, highest, whole=False)
    spread = highest - lowest
    if low not in {0, lowest}:
        assert lowest - low >= MARGIN * spread * (1 - 1e-6)
    if high not in {0, 1, highest}:
        assert high - highest >= MARGIN * spread * (1 - 1e-6)
