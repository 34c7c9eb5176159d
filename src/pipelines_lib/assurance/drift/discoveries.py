"""Which of many alarms may be believed? False discoveries held down over all of them.

Twenty features asked twenty times give an alarm by chance alone. Benjamini and Hochberg
(1995): order the probabilities, and reject all up to the last one that lies on or below
rate x rank / number. Of the alarms raised, at most that share is false on average; where
nothing moved at all, the chance of any alarm is at most the rate. It holds for independent
tests and for positively dependent ones (Benjamini and Yekutieli 2001), as those of features
that rise and fall together are.
"""

import numpy as np
from numpy.typing import NDArray


def discoveries(chances: NDArray[np.float64], rate: float) -> NDArray[np.bool_]:
    """Say which alarms stand at this rate of false discoveries.

    Args:
        chances: The probability of each figure by chance alone; NaN where none was measured,
            which counts as a question asked and never stands.
        rate: The share of false ones among the alarms that stand, at most.
    """
    asked = np.where(np.isnan(chances), 1.0, chances).ravel()
    order = np.argsort(asked, kind="stable")
    allowed = rate * np.arange(1, asked.size + 1) / max(asked.size, 1)
    on_or_below = np.flatnonzero(asked[order] <= allowed)
    stands = np.zeros(asked.size, dtype=np.bool_)
    if on_or_below.size:
        stands[order[: on_or_below[-1] + 1]] = True
    return stands.reshape(chances.shape)
