"""Would a decision survive that inputs were measured a little wrong? (``STRESS-002``).

Every number is moved at random within the error the spec or the policy states; codes, missing
values and categories stay. A decision that flips for that was none. The drawing is seeded.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.statistics import Estimate, never_seen, normal_interval
from pipelines_lib.assurance.stress.scenarios import UNSEEN
from pipelines_lib.assurance.stress.shocks import drawn, kept_possible
from pipelines_lib.assurance.wording import percent
from pipelines_lib.results import Answer, Interval

if TYPE_CHECKING:
    from pipelines_lib.modelling.features import Matrix
    from pipelines_lib.spec.inputs import Feature
    from pipelines_lib.spec.rulebook import Rule

TOPIC = "measurement"
MEASUREMENT = "STRESS-002"
DECISIONS = "decisions"
_NO_SPREAD = 1e-12
_SHOWN = 6


@dataclass(frozen=True)
class Sensitive:
    """How often a decision flips when this feature alone is off by its error."""

    feature: str
    error: float
    flips: float


@dataclass(frozen=True)
class MeasurementFigures:
    """Flips with all numbers off at once, and of single features the most sensitive ones."""

    rows: int
    draws: int
    flips: float | None
    rank_correlation: float | None
    largest_change: float | None
    features: tuple[Sensitive, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Perturb the numbers of unseen applications and decide again."""
    if not inquiry.asks(MEASUREMENT):
        return unasked(TOPIC)
    rule = inquiry.rules.rule(MEASUREMENT)
    inputs = inquiry.sample(UNSEEN, int(rule.parameter("max_rows"))).inputs
    errors = _errors(inquiry, rule)
    if not len(inputs) or not errors:
        why = "No application to perturb." if errors else "No number among the inputs."
        return Answer(TOPIC, (rule.answer(DECISIONS, why, holds=None, n=len(inputs)),))
    package = inquiry.package
    before = package.score(inputs)
    draws = int(rule.parameter("draws"))
    scores = [
        package.score(_perturbed(inquiry, inputs, errors, draw=draw)) for draw in range(draws)
    ]
    declined = package.decline(before)
    flipped = np.mean([package.decline(each) != declined for each in scores], axis=0)
    flips = _share(flipped, rule.parameter("confidence"))
    figures = MeasurementFigures(
        rows=len(inputs),
        draws=draws,
        flips=round(flips.value, 6),
        rank_correlation=_rounded(_mean([rank_correlation(before, each) for each in scores])),
        largest_change=round(float(np.max([np.abs(each - before) for each in scores])), 6),
        features=_most_sensitive(inquiry, inputs, errors, declined),
    )
    check = rule.judge(
        DECISIONS, flips.value, _story(figures), interval=flips.interval, n=len(inputs)
    )
    return Answer(TOPIC, (check,), figures)


def rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """Spearman's coefficient with mean ranks for ties; None where one of them never varies."""
    first, second = _ranks(one), _ranks(other)
    first, second = first - first.mean(), second - second.mean()
    spread = float(np.sqrt(np.sum(first**2) * np.sum(second**2)))
    return float(np.clip(np.sum(first * second) / spread, -1, 1)) if spread > 0 else None


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], dtype=np.float64)


def _errors(inquiry: Inquiry, rule: "Rule") -> dict[str, float]:
    """By what share of its value each number may be off."""
    stress = inquiry.spec.stress
    stated = stress.measurement_error if stress else {}
    known = set(inquiry.package.contract.names)
    return {
        feature.name: stated.get(feature.name, rule.parameter("error"))
        for feature in inquiry.spec.features
        if feature.type != "category" and feature.name in known
    }


def _perturbed(
    inquiry: Inquiry, inputs: "Matrix", errors: dict[str, float], *, draw: int
) -> "Matrix":
    """Each number off by at most its error, evenly in both directions."""
    after = inputs.copy()
    features: dict[str, Feature] = {each.name: each for each in inquiry.spec.features}
    for name, error in errors.items():
        place = inquiry.package.contract.names.index(name)
        before = inputs[:, place].astype(np.float64)
        luck = drawn(inquiry.spec.training.seed, f"{name} {draw}", len(inputs))
        values = np.clip(before, *_FINITE) * (1 + error * (2 * luck - 1))
        after[:, place] = np.clip(kept_possible(features[name], before, values), *_FINITE)
    return after


_FINITE = (-float(np.finfo(np.float32).max), float(np.finfo(np.float32).max))


def _share(flipped: NDArray[np.float64], confidence: float) -> Estimate:
    """Mean share of draws in which a decision flips; people, not draws, are independent."""
    value, rows = float(flipped.mean()), flipped.size
    error = float(flipped.std()) / np.sqrt(rows)
    if error < _NO_SPREAD:
        reach = never_seen(rows, confidence)
        ends = Interval(max(value - reach, 0.0), min(value + reach, 1.0), confidence)
        return Estimate(value, ends)
    return Estimate(value, normal_interval(value, error, confidence, low=0.0, high=1.0))


def _most_sensitive(
    inquiry: Inquiry,
    inputs: "Matrix",
    errors: dict[str, float],
    declined: NDArray[np.bool_],
) -> tuple[Sensitive, ...]:
    package = inquiry.package
    found = []
    for name, error in errors.items():
        alone = package.score(_perturbed(inquiry, inputs, {name: error}, draw=0))
        flips = float(np.mean(package.decline(alone) != declined))
        found.append(Sensitive(name, error, round(flips, 6)))
    return tuple(sorted(found, key=lambda each: (-each.flips, each.feature))[:_SHOWN])


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _story(figures: MeasurementFigures) -> str:
    told = "no rank correlation"
    if figures.rank_correlation is not None:
        told = f"rank correlation {figures.rank_correlation:.4f}"
    return (
        f"{percent(figures.flips or 0.0)} of {figures.rows:,} decisions flip when every number is "
        f"off by its error, in {figures.draws} draws; {told}, the largest change of a score is "
        f"{figures.largest_change:.3f}."
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
