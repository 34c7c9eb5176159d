"""How far have the inputs moved as a whole, in the eyes of the model? (``DRIFT-006``).

The sum over features of the importance share times the stability index: a feature the model
hardly uses may move, many features it lives on may not creep together. The shares are each
feature's part of the mean size of contributions.

Where nothing moved, each index is about spread x chi-square(bins - 1), so the total is a
weighted sum of chi-squares. Satterthwaite (1946) gives it a scaled chi-square with the same
mean and variance. Features move together; the variance taken is that of perfect dependence,
(sum of standard deviations) squared, which no dependence exceeds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance.chi_square import critical_value, exceeded_by_chance
from pipelines_lib.assurance.drift.discoveries import discoveries
from pipelines_lib.assurance.drift.movements import Column, enough_reference
from pipelines_lib.assurance.drift.stability import Stability, stability
from pipelines_lib.results import CheckResult

if TYPE_CHECKING:
    from pipelines_lib.modelling.features import Matrix
    from pipelines_lib.modelling.package import ModelPackage
    from pipelines_lib.spec.rulebook import Rule

SUBJECT = "inputs"
_POOLS = 2
_LARGEST = 5


@dataclass(frozen=True)
class Part:
    """What one feature adds to the total."""

    feature: str
    share: float
    adds: float


@dataclass(frozen=True)
class Total:
    """The weighted total of the whole window and of its newest nights."""

    whole: float | None
    critical: float | None
    newest: float | None
    newest_critical: float | None
    largest: tuple[Part, ...]


@dataclass(frozen=True)
class _Sum:
    """A weighted total with what chance makes of it: ``scale`` x chi-square(``degrees``)."""

    value: float
    scale: float
    degrees: float

    @property
    def chance(self) -> float:
        return exceeded_by_chance(self.value / self.scale, self.degrees) if self.scale else 1.0

    def critical(self, significance: float) -> float:
        return self.scale * critical_value(self.degrees, significance) if self.scale else 0.0


def shares_of(package: "ModelPackage", inputs: "Matrix") -> dict[str, float]:
    """Each feature's part of the mean size of contributions; none without rows or effect."""
    if not len(inputs):
        return {}
    sizes = np.abs(package.contributions(inputs)[0]).mean(axis=0)
    total = float(sizes.sum())
    if not (math.isfinite(total) and total > 0):
        return {}
    parts = (sizes / total).tolist()
    return dict(zip(package.contract.names, parts, strict=True))


def judge_total(
    rule: "Rule", columns: Sequence[Column], shares: Mapping[str, float]
) -> tuple[CheckResult, Total | None]:
    """Hold the weighted total of both pools against the limit."""
    measured = {each.name: stability(each.whole.reference, each.whole.current) for each in columns}
    known = {name: found for name, found in measured.items() if found and shares.get(name)}
    if not known:
        return rule.answer(SUBJECT, "No feature could be compared and weighed.", holds=None), None
    late = {
        each.name: stability(each.newest.reference, each.newest.current)
        for each in columns
        if each.newest is not None and each.name in known
    }
    newest = {name: late.get(name) or found for name, found in known.items()}
    sums = [_summed(known, shares), _summed(newest, shares)]
    rate = rule.parameter("false_discovery_rate")
    stands = discoveries(np.array([each.chance for each in sums]), rate)
    whole, recent = (each.critical(rate / _POOLS) for each in sums)
    total = Total(sums[0].value, whole, sums[1].value, recent, _largest(known, shares))
    alarms = [
        not rule.holds(each.value) and bool(real) for each, real in zip(sums, stands, strict=True)
    ]
    can_tell = rule.holds(sums[0].value) and rule.holds(whole)
    holds = False if any(alarms) else (True if can_tell else None)
    if not all(enough_reference(rule, each.whole) for each in columns):
        holds = None
    rows = round(max(float(each.whole.current.sum()) for each in columns))
    answer = rule.answer(SUBJECT, _story(total, len(known)), holds=holds, n=rows)
    late_only = alarms[1] and not alarms[0]
    return replace(answer, observed=total.newest if late_only else total.whole), total


def _summed(found: Mapping[str, Stability], shares: Mapping[str, float]) -> _Sum:
    weights = np.array([shares[name] for name in found])
    weights = weights / weights.sum()
    index = np.array([each.index for each in found.values()])
    degrees = np.array([each.degrees for each in found.values()], dtype=np.float64)
    spread = np.array([each.spread for each in found.values()])
    mean = float(np.sum(weights * degrees * spread))
    deviation = float(np.sum(weights * np.sqrt(2 * degrees) * spread))
    value = float(np.sum(weights * index))
    if not mean:
        return _Sum(value, 0.0, 1.0)
    return _Sum(value, deviation**2 / (2 * mean), 2 * mean**2 / deviation**2)


def _largest(found: Mapping[str, Stability], shares: Mapping[str, float]) -> tuple[Part, ...]:
    parts = (Part(name, shares[name], shares[name] * each.index) for name, each in found.items())
    return tuple(sorted(parts, key=lambda part: (-part.adds, part.feature))[:_LARGEST])


def _story(total: Total, features: int) -> str:
    top = total.largest[0]
    return (
        f"Weighted total {total.whole:.4f} over {features} features, chance alone reaches "
        f"{total.critical:.4f}; of the newest nights {total.newest:.4f}, chance "
        f"{total.newest_critical:.4f}. {top.feature} adds most ({top.adds:.4f})."
    )
