"""Numbers that are no numbers: 999 for never, -9 for not asked.

A value is suspected where three things hold: it is one of the few that people use for this, it
stands at an end of the column far from all other values, and enough rows have it.
"""

from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

_NINES = tuple(10.0**digits - 1 for digits in range(2, 10))
_LIKELY = frozenset(
    [*_NINES, *(nines - 1 for nines in _NINES), *(nines - 2 for nines in _NINES)]
    + [-nines for nines in (9.0, *_NINES)]
    + [-8.0, -88.0, -888.0, 888.0, 8888.0, -1000.0, -1111.0]
)
_AT_MOST = 3
_FEWEST = 0.001
"""Share of the rows below which an odd value is a single fault."""
_FAR = 1.0
"""How far from the rest, in spreads of the rest."""


def special_codes(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Which values of a column probably stand for something else?

    Args:
        values: A sample of the column; NaN where there is none.

    Returns:
        The codes in ascending order; mostly none.
    """
    distinct, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    if len(distinct) <= 2:  # noqa: PLR2004  (a flag has no room for a code)
        return ()
    high = _at_the_end(distinct[::-1], counts[::-1])
    low = _at_the_end(distinct, counts)
    if len(high) + len(low) >= len(distinct) - 1:
        return ()
    return tuple(sorted((*low, *high)))


def _at_the_end(distinct: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[float, ...]:
    """The likely codes that come first, if they lie far from what follows them."""
    first = distinct[: _AT_MOST + 1].tolist()
    codes = list(takewhile(lambda value: value in _LIKELY, first))[:_AT_MOST]
    rest = distinct[len(codes) :]
    if not codes or len(rest) < 2:  # noqa: PLR2004  (one value has no spread)
        return ()
    if counts[: len(codes)].sum() < max(3.0, _FEWEST * counts.sum()):
        return ()
    beside = _without_the_other_end(rest)
    gap = abs(codes[-1] - beside[0])
    spread = float(abs(beside[-1] - beside[0]))
    return tuple(codes) if gap > max(1.0, _FAR * spread) else ()


def _without_the_other_end(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out likely codes at the far end, which would make the spread look large."""
    kept = len(values)
    while kept > 2 and values[kept - 1] in _LIKELY:  # noqa: PLR2004
        kept -= 1
    return values[:kept]
