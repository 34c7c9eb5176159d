"""How sure is a share, a ratio, a difference or a probability score?

Plain formulas with their sources, on counts and numpy arrays. Nothing here knows a limit.
Where a normal approximation breaks down (no successes, all successes, no spread) an interval
that is too wide is returned, never one that is too narrow; where no figure exists, None.
"""

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from pipelines_lib.results import Interval

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]
"""1 for the outcome the model predicts, 0 for its absence; nothing else."""
_NO_SPREAD = 1e-12
"""A standard error below this is rounding, not certainty."""


@dataclass(frozen=True)
class Estimate:
    """A figure and how far the data allow it to be off."""

    value: float
    interval: Interval


@cache
def z_value(confidence: float) -> float:
    """Normal quantile of a two-sided interval: 1.96 for a confidence of 0.95."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def never_seen(n: int, confidence: float) -> float:
    """How frequent may something be that was not seen once in n independent tries?

    Upper Clopper-Pearson limit for 0 of n: 1 - (alpha/2)^(1/n); for large n this is the
    "rule of three" (about 3.7/n at 95 %, two-sided). One, when nothing was tried.
    """
    return 1.0 if n < 1 else -math.expm1(math.log((1 - confidence) / 2) / n)


def normal_interval(
    value: float,
    standard_error: float,
    confidence: float,
    *,
    low: float = -math.inf,
    high: float = math.inf,
) -> Interval:
    """Value ± z standard errors, cut at what is possible."""
    reach = z_value(confidence) * standard_error
    return Interval(max(value - reach, low), min(value + reach, high), confidence)


def wilson_interval(successes: int, n: int, confidence: float) -> Interval | None:
    """How sure is a share? None without rows.

    Wilson (1927) score interval: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n).
    It stays inside [0, 1] and has width even for 0 of n and n of n.
    """
    if n < 1:
        return None
    z = z_value(confidence)
    share = successes / n
    centre = share + z * z / (2 * n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if successes == 0 else (centre - reach) / scale
    high = 1.0 if successes == n else (centre + reach) / scale
    return Interval(low, high, confidence)


def ratio_of_proportions(
    successes: int, n: int, reference_successes: int, reference_n: int, confidence: float
) -> Estimate | None:
    """How does a group's share compare with the reference group's? 1 means equal.

    Katz et al. (1978) log interval: exp(ln r ± z √((1-p₁)/x₁ + (1-p₂)/x₂)). Where a group has
    no success or no failure its variance term breaks down; there MOVER-R (Donner and Zou 2012)
    recovers the limits from the two Wilson intervals.

    Returns:
        None where a group is empty or the reference has no success: no ratio exists.
    """
    if n < 1 or reference_n < 1 or reference_successes < 1:
        return None
    share, reference = successes / n, reference_successes / reference_n
    value = share / reference
    if 0 < successes < n and reference_successes < reference_n:
        spread = math.sqrt((1 - share) / successes + (1 - reference) / reference_successes)
        reach = z_value(confidence) * spread
        low, high = value * math.exp(-reach), value * math.exp(reach)
        return Estimate(value, Interval(low, high, confidence))
    one = wilson_interval(successes, n, confidence)
    two = wilson_interval(reference_successes, reference_n, confidence)
    if one is None or two is None:
        return None
    return Estimate(value, _recovered_ratio(share, one, reference, two))


def _recovered_ratio(share: float, one: Interval, reference: float, two: Interval) -> Interval:
    """MOVER-R limits of share/reference; the lower one rationalised so that it cannot be 0/0."""
    product = share * reference
    down = one.low * (2 * share - one.low)
    low = 0.0
    if down > 0:
        under = product**2 - down * two.high * (2 * reference - two.high)
        low = down / (product + math.sqrt(max(under, 0.0)))
    up = one.high * (2 * share - one.high)
    bottom = two.low * (2 * reference - two.low)
    high = (product + math.sqrt(max(product**2 - up * bottom, 0.0))) / bottom
    return Interval(low, high, one.confidence)


def difference_of_proportions(
    successes: int, n: int, reference_successes: int, reference_n: int, confidence: float
) -> Estimate | None:
    """By how much does a group's share exceed the reference group's? 0 means equal.

    Newcombe (1998), method 10: limits from the two Wilson intervals,
    d - √((p₁-l₁)² + (u₂-p₂)²) and d + √((u₁-p₁)² + (p₂-l₂)²). None where a group is empty.
    """
    one = wilson_interval(successes, n, confidence)
    two = wilson_interval(reference_successes, reference_n, confidence)
    if one is None or two is None:
        return None
    share, reference = successes / n, reference_successes / reference_n
    value = share - reference
    low = value - math.hypot(share - one.low, two.high - reference)
    high = value + math.hypot(one.high - share, reference - two.low)
    return Estimate(value, Interval(low, high, confidence))


def brier_score(labels: Labels, scores: Floats) -> float | None:
    """Mean squared distance between probability and outcome (Brier 1950); 0 is best."""
    return None if labels.size == 0 else float(np.mean((scores - labels) ** 2))


def brier_skill(labels: Labels, scores: Floats, confidence: float) -> Estimate | None:
    """How much better than telling everybody the base rate? 1 is perfect, 0 no better.

    1 - A/B with A the Brier score and B = ȳ(1-ȳ), the Brier score of the window's own base
    rate (Murphy 1973). Interval by the delta method on rows: each row moves the figure by
    -(aᵢ-A)/B + A/B² (1-2ȳ)(yᵢ-ȳ), and the mean square of that over n is the variance.

    Returns:
        None where only one outcome occurred: the base rate cannot be beaten.
    """
    n, positives = labels.size, int(labels.sum())
    if not 0 < positives < n:
        return None
    rate = positives / n
    chance = rate * (1 - rate)
    squares = (scores - labels) ** 2
    brier = float(squares.mean())
    value = 1 - brier / chance
    pull = (squares - brier) / chance - brier / chance**2 * (1 - 2 * rate) * (labels - rate)
    error = float(np.sqrt(np.mean(pull**2) / n))
    if error < _NO_SPREAD:  # no error seen is not no error: bound the share of rows with one
        error = never_seen(n, confidence) / chance / z_value(confidence)
    return Estimate(value, normal_interval(value, error, confidence, high=1.0))


def observed_to_expected(labels: Labels, scores: Floats, confidence: float) -> Estimate | None:
    """Do as many outcomes occur as were predicted? 1 means exactly.

    Calibration in the large: ȳ/p̄, with a log interval by the delta method on rows, where each
    row moves ln(ȳ/p̄) by yᵢ/ȳ - pᵢ/p̄.

    Returns:
        None where only one outcome occurred, or nothing was predicted: a ratio of 0 or of
        infinity has no honest interval on this scale.
    """
    n, positives = labels.size, int(labels.sum())
    expected = float(scores.mean()) if n else 0.0
    if not 0 < positives < n or expected <= 0:
        return None
    observed = positives / n
    error = float(np.sqrt(np.mean((labels / observed - scores / expected) ** 2) / n))
    reach = z_value(confidence) * error
    if error < _NO_SPREAD:  # every prediction came true: bound the share of rows that will not
        reach = never_seen(n, confidence) / observed
    value = observed / expected
    return Estimate(value, Interval(value * math.exp(-reach), value * math.exp(reach), confidence))
