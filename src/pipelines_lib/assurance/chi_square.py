"""How large may a chi-square figure be by chance alone? The assurance package's door to SciPy."""


def critical_value(degrees: int, significance: float) -> float:
    """The value that chance exceeds with probability ``significance``."""
    from scipy.special import chdtri

    return float(chdtri(degrees, significance))
