"""Which applications may be learned from: outcome known, and its window complete."""

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def matured(
    business_date: "NDArray[np.datetime64]",
    observed_on: "NDArray[np.datetime64]",
    label: "NDArray[np.floating]",
    *,
    as_of: date,
    window_days: int,
) -> "NDArray[np.bool_]":
    """Which applications may be trained on and judged as of a date?

    Both must hold: the outcome was observed on or before ``as_of``, and the performance
    window is complete (``business_date + window_days <= as_of``). The second keeps early
    bads out until the goods of the same night are known as well.

    Args:
        business_date: Day of each application (``datetime64``).
        observed_on: Day on which the outcome became known; NaT where it is not.
        label: 1, 0, or NaN where the outcome is not known.
        as_of: What the run may know.
        window_days: Length of the performance window in days.

    Returns:
        One flag for each application.
    """
    day = np.datetime64(as_of, "D")
    known = ~np.isnan(np.asarray(label, dtype=np.float64))
    observed = np.asarray(observed_on, dtype="datetime64[D]") <= day  # NaT compares as False
    complete = np.asarray(business_date, dtype="datetime64[D]") + window_days <= day
    return np.asarray(known & observed & complete, dtype=np.bool_)
