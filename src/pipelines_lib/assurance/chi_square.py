"""What may a chi-square figure be by chance alone? The assurance package's door to SciPy."""

import numpy as np
from numpy.typing import NDArray


def critical_value(degrees: float, significance: float) -> float:
    """The value that chance exceeds with probability ``significance``."""
    from scipy.special import chdtri

    return float(chdtri(degrees, significance))


def exceeded_by_chance(value: float, degrees: float) -> float:
    """The probability that chance exceeds ``value``."""
    from scipy.special import chdtrc

    return float(chdtrc(degrees, value))


def critical_ratio(first: float, second: float, significance: float) -> float:
    """The ratio of two mean squares that chance exceeds with that probability (Fisher's F)."""
    from scipy.special import fdtri

    return float(fdtri(first, second, 1 - significance))


def chances(values: NDArray[np.float64], degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same of many figures at once; 1 where there are no degrees of freedom."""
    from scipy.special import chdtrc

    tails = chdtrc(np.maximum(degrees, 1.0), values)
    return np.where(degrees > 0, tails, 1.0).astype(np.float64)
