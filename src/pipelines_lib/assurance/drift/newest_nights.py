"""How many of the newest nights make a pool that can carry a verdict?

A shift of the last three nights drowns in a pool with twenty-seven quiet ones, and a single
night is often too small to tell anything from chance. So beside the whole window the fewest
newest nights are judged whose rows suffice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Dates = NDArray[np.datetime64]


@dataclass(frozen=True)
class NewestNights:
    """The newest nights of a window: how many, since when, and their rows."""

    nights: int
    first: np.datetime64
    rows: int


def newest_nights(dates: Dates, *, rows: float, least: float) -> NewestNights | None:
    """The fewest newest nights with enough rows, at least so many nights.

    Args:
        dates: Business date of each row of the window.
        rows: How many rows suffice; may be infinite.
        least: At least so many nights, for one night alone may be odd in itself.

    Returns:
        None where only the whole window will do, or not even that: there is nothing newer
        to hold beside it.
    """
    nights, counts = np.unique(dates, return_counts=True)
    together = np.cumsum(counts[::-1])
    taken = max(int(least), int(np.searchsorted(together, rows)) + 1)
    if taken >= len(nights):
        return None
    return NewestNights(taken, nights[-taken], int(together[taken - 1]))
