"""Pooling adjacent violators, by hand and by property."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines_lib.modelling.monotone import pool_adjacent


def test_rising_shares_stay_as_they_are():
    assert pool_adjacent(np.array([1.0, 2, 3]), np.array([10.0, 10, 10])) == (
        (0, 0),
        (1, 1),
        (2, 2),
    )


def test_a_fall_is_pooled_back_as_far_as_it_reaches():
    """Shares 0.2, 0.5, 0.4, 0.0: the last pulls the two before it down to 0.3, above 0.2."""
    assert pool_adjacent(np.array([2.0, 5, 4, 0]), np.array([10.0] * 4)) == ((0, 0), (1, 3))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(20, 40)), min_size=1, max_size=30))
def test_pools_cover_everything_once_and_never_fall(groups):
    positives, counts = (np.array(each, dtype=float) for each in zip(*groups, strict=True))

    pools = pool_adjacent(positives, counts)

    covered = [place for first, last in pools for place in range(first, last + 1)]
    shares = [positives[a : b + 1].sum() / counts[a : b + 1].sum() for a, b in pools]
    assert covered == list(range(len(groups)))
    assert (np.diff(shares) >= -1e-12).all()
