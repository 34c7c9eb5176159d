"""Pooling adjacent violators: the monotone rates nearest to observed ones."""

import numpy as np
from numpy.typing import NDArray


def pool_adjacent(
    positives: NDArray[np.float64], counts: NDArray[np.float64]
) -> tuple[tuple[int, int], ...]:
    """Join neighbouring groups until their shares of positives never fall.

    Args:
        positives: Positives in each group, in order.
        counts: Rows in each group, all above zero.

    Returns:
        First and last group (both included) of each pool, in order.
    """
    pools: list[tuple[int, int, float, float]] = []
    for place, (hits, rows) in enumerate(zip(positives, counts, strict=True)):
        pool = (place, place, float(hits), float(rows))
        # Cross-multiplied, so that equal shares stay apart exactly when they are equal.
        while pools and pools[-1][2] * pool[3] > pool[2] * pools[-1][3]:
            before = pools.pop()
            pool = (before[0], pool[1], before[2] + pool[2], before[3] + pool[3])
        pools.append(pool)
    return tuple((first, last) for first, last, _, _ in pools)
