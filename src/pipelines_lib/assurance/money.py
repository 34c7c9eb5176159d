"""What do decisions cost, row by row, and how sure is a comparison of two ways to decide?

A declined good application loses its margin, an approved bad one its loss; everything else
costs nothing. Two ways to decide are compared on the same rows, so that what they have in
common cancels out.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines_lib.assurance.statistics import (
    Estimate,
    Floats,
    Labels,
    never_seen,
    normal_interval,
    z_value,
)
from pipelines_lib.results import Interval
from pipelines_lib.spec.decision import Costs

Declined = npt.NDArray[np.bool_]
PER = 1000
"""Money is told per so many applications."""
_NO_SPREAD = 1e-12


@dataclass(frozen=True)
class Saved:
    """What one way to decide saves against another on the same rows.

    Attributes:
        money: Per 1,000 applications, in the currency of the costs.
        share: Of what the other way costs; None where that costs nothing.
    """

    money: Estimate
    share: Estimate | None


def row_costs(labels: Labels, declined: Declined, costs: Costs) -> Floats:
    """What each decision cost, in the currency of the costs."""
    bad = labels == 1
    return np.asarray(
        costs.approved_bad * (bad & ~declined) + costs.declined_good * (~bad & declined),
        dtype=np.float64,
    )


def saved(mine: Floats, theirs: Floats, dearest: float, confidence: float) -> Saved:
    """Compare two ways to decide on the same rows; above 0, the first is cheaper.

    Money: mean of the paired differences with a normal interval. Share: 1 - Σ mine / Σ theirs,
    its interval by the delta method on rows (Cochran 1977, 6.4). Where no row differs, none
    differs yet: the interval allows for as many rows as could have stayed unseen, each at the
    price of the dearest mistake.

    Args:
        mine: Cost of each row, one way; at least two rows.
        theirs: Cost of each row, the other way.
        dearest: The larger of both costs of a mistake.
        confidence: Of both intervals.
    """
    n = mine.size
    gaps = theirs - mine
    unseen = never_seen(n, confidence) * dearest / z_value(confidence)
    money = float(gaps.mean())
    error = max(float(gaps.std(ddof=1)) / math.sqrt(n), 0.0)
    error = error if error > _NO_SPREAD * dearest else unseen
    return Saved(
        money=_scaled(money, error, PER, confidence),
        share=_share(mine, theirs, unseen, confidence),
    )


def _share(mine: Floats, theirs: Floats, unseen: float, confidence: float) -> Estimate | None:
    base = float(theirs.mean())
    if base <= 0:
        return None
    ratio = float(mine.mean()) / base
    error = float(np.sqrt(np.mean((mine - ratio * theirs) ** 2) / mine.size)) / base
    error = error if error > _NO_SPREAD else unseen / base
    return Estimate(1 - ratio, normal_interval(1 - ratio, error, confidence, high=1.0))


def _scaled(value: float, error: float, by: int, confidence: float) -> Estimate:
    return Estimate(by * value, normal_interval(by * value, by * error, confidence))


def against_both(one: Estimate, other: Estimate) -> Estimate:
    """The worse of two comparisons, neither of which was chosen beforehand.

    Both ends are the lower of the two: to claim a gain over the better of two rivals it must
    be shown over each (intersection-union test, Berger 1982), and no correction is needed.
    """
    return Estimate(
        min(one.value, other.value),
        Interval(
            min(one.interval.low, other.interval.low),
            min(one.interval.high, other.interval.high),
            one.interval.confidence,
        ),
    )
