"""Limits that tomorrow's honest values keep and a broken delivery does not.

The observed range with a margin, on numbers that a person would write. A margin also keeps the
smallest and the largest customer out of the file.
"""

import math

MARGIN = 0.25
"""Share of the observed spread that is allowed beyond each end."""

_HUGE = 1e300
"""Beyond this, arithmetic has no room for a margin."""

_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def limits(lowest: float, highest: float, *, whole: bool) -> tuple[float, float]:
    """Lowest and highest value to be allowed.

    What was never negative stays so, and what was never positive. Shares stay between 0 and 1.

    Args:
        lowest: Smallest observed value.
        highest: Largest observed value.
        whole: Whether only whole numbers are meant.
    """
    if whole and (lowest, highest) == (0, 1):
        return 0.0, 1.0
    if max(abs(lowest), abs(highest)) > _HUGE:
        return lowest, highest
    spread = highest - lowest
    margin = MARGIN * spread if spread > 0 else max(abs(highest), 1.0)
    low, high = _down(lowest - margin), _up(highest + margin)
    if lowest >= 0:
        low = max(low, 0.0)
    if highest <= 0:
        high = min(high, 0.0)
    if lowest >= 0 and 0.5 < highest <= 1 and not whole:  # noqa: PLR2004  (a share)
        low, high = 0.0, 1.0
    if whole:
        return float(math.floor(low)), float(math.ceil(high))
    return low, high


def _up(value: float) -> float:
    """The next readable number at or above."""
    if value == 0:
        return 0.0
    return _readable(value) if value > 0 else -_readable_below(-value)


def _down(value: float) -> float:
    return -_up(-value)


def _readable(value: float) -> float:
    power = _power(value)
    step = next(step for step in _STEPS if step >= value / power * (1 - 1e-12))
    return _tidy(step * power)


def _readable_below(value: float) -> float:
    power = _power(value)
    step = max(step for step in _STEPS if step <= value / power * (1 + 1e-12))
    return _tidy(step * power)


def _power(value: float) -> float:
    return float(10.0 ** math.floor(math.log10(value) + 1e-12))


def _tidy(value: float) -> float:
    """Nothing of the binary fractions that arithmetic leaves behind."""
    return float(f"{value:.6g}")
