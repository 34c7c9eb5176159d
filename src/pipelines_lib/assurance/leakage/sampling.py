"""How many rows does a question on leakage look at, and how sure must it be?"""

from collections.abc import Callable

import numpy as np

from pipelines_lib.assurance.leakage.columns import Rows
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.results import Interval
from pipelines_lib.spec.rulebook import Rule


def thinned(rows: Rows, most: int) -> Rows:
    """At most so many rows, evenly spread over their order."""
    if rows.n <= most:
        return rows
    return rows.where(np.linspace(0, rows.n - 1, most).astype(np.intp))


def shared_confidence(rule: Rule, looks: int) -> float:
    """The confidence of one look, so that all looks together keep that of the rule.

    Bonferroni: one minus alpha over the number of looks.
    """
    return 1 - (1 - rule.parameter("confidence")) / max(looks, 1)


def told(rule: Rule, looks: int, estimate: Callable[[float], Estimate | None]) -> Estimate | None:
    """The estimate to judge by, of a figure that an ``at_most`` limits.

    Many columns are looked at, so an accusation needs an interval as wide as all looks together
    ask for. To clear one column its own interval is enough: otherwise no small sample could.

    Args:
        rule: With ``confidence``.
        looks: At how many figures the rule looks.
        estimate: The figure at any confidence; None where it does not exist.
    """
    plain = estimate(rule.parameter("confidence"))
    if plain is None:
        return None
    short = in_short(plain)
    wide = None
    if not rule.holds(short.interval.high):
        wide = estimate(shared_confidence(rule, looks))
    return short if wide is None else in_short(wide)


def in_short(estimate: Estimate) -> Estimate:
    """The estimate as it is judged and kept: a result per feature and check adds up."""
    ends = estimate.interval
    kept = Interval(round(ends.low, 6), round(ends.high, 6), round(ends.confidence, 8))
    return Estimate(round(estimate.value, 6), kept)
