"""What does another model change for the group that is worst off?

Two models decide the same people and decline the same share of them. Their adverse impact
ratios then differ only in whom they decline, and the difference has a paired interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.fairness.groups import Grouping
from pipelines_lib.assurance.statistics import (
    Estimate,
    Floats,
    never_seen,
    normal_interval,
    z_value,
)

Approved = NDArray[np.float64]
"""1 for approved, 0 for declined, and between for rows of one score that share the last place."""
_NO_SPREAD = 1e-12
"""A standard error below this is rounding, not certainty."""


@dataclass(frozen=True)
class Compared:
    """Which groups of one attribute are compared, as places in its grouping."""

    reference: int
    others: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Disparity:
    """How one model treats the group that is worst off under it.

    Attributes:
        group: Place of that group.
        ratio: Its selection rate over the reference's.
        pull: How far each row moves the ratio; the sum of squares is its variance.
    """

    group: int
    ratio: float
    pull: Floats

    @property
    def disadvantage(self) -> float:
        """The ratio, counted up to 1: a group approved more often is not worse off."""
        return min(self.ratio, 1.0)


def approved_at(scores: Floats, declined_share: float) -> Approved:
    """Decline exactly the wanted share, the highest scores first.

    Rows of equal score share what is left between them: were all of them declined, or none, a
    model of few distinct scores would look fairer only because it declines fewer people.
    """
    wanted = declined_share * len(scores)
    _, index, rows = np.unique(scores, return_inverse=True, return_counts=True)
    higher = rows.sum() - np.cumsum(rows)
    declined = np.clip(wanted - higher, 0, rows) / rows
    return np.asarray(1 - declined[index], dtype=np.float64)


def compared(
    grouping: Grouping, reference: str, declared: Sequence[str], *, fewest: float
) -> Compared:
    """Take the declared groups of at least so many rows, beside the reference."""
    rows = np.bincount(grouping.index, minlength=len(grouping.names))
    others = tuple(
        place
        for place, name in enumerate(grouping.names)
        if name in declared and name != reference and rows[place] >= fewest
    )
    return Compared(grouping.names.index(reference), others)


def disparity(approved: Approved, grouping: Grouping, groups: Compared) -> Disparity | None:
    """Find the group with the lowest adverse impact ratio; None where there is no ratio."""
    many = len(grouping.names)
    rows = np.bincount(grouping.index, minlength=many)
    chosen = np.bincount(grouping.index, weights=approved, minlength=many)
    reference = groups.reference
    others = [place for place in groups.others if rows[place]]
    if not others or not chosen[reference] or (approved == 1).all():
        return None
    rates = {place: chosen[place] / rows[place] for place in (*others, reference)}
    worst = min(others, key=lambda place: (rates[place], place))
    ratio = float(rates[worst] / rates[reference])
    pull = np.zeros(len(approved))
    for place, weight in ((worst, 1.0), (reference, -ratio)):
        inside = grouping.index == place
        pull[inside] = (approved[inside] - rates[place]) * weight / rates[reference] / rows[place]
    return Disparity(worst, ratio, pull)


def gain(after: Disparity, before: Disparity, confidence: float) -> Estimate:
    """By how much is the group that is worst off better off under another model?

    The difference of the lowest adverse impact ratios, each counted up to 1. Interval by the
    delta method on rows: a row moves p/q by (s - p)/(q n) in the group and by
    -(p/q) (s - q)/(q m) in the reference, and what it does to both models is taken off each
    other before squaring, since both decided the same people.
    """
    value = after.disadvantage - before.disadvantage
    pull = after.pull - before.pull
    error = math.sqrt(float(np.sum(pull**2)))
    if error < _NO_SPREAD and not np.array_equal(after.pull, before.pull):
        error = never_seen(len(pull), confidence) / z_value(confidence)
    return Estimate(value, normal_interval(value, error, confidence, low=-1.0, high=1.0))


def frontier(points: Sequence[tuple[float, float]]) -> tuple[bool, ...]:
    """Which points no other one beats in both coordinates (higher is better)?

    Of equal points all are on the frontier.
    """
    return tuple(
        not any(x >= own_x and y >= own_y and (x, y) != (own_x, own_y) for x, y in points)
        for own_x, own_y in points
    )
