"""In which ways can a model be weak among some rows, and how surely is it?

Three ways: it ranks worse there than its own scores promise (``ranking``), it hardly ranks at
all (``chance``), or its probabilities are off (``calibration``). Each is one figure, larger is
worse, with an interval, so that one search and one proof serve all three.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipelines_lib.assurance.performance.standing import promised_auc
from pipelines_lib.assurance.performance.unseen import log_distance
from pipelines_lib.assurance.ranking import Ranking, auc_estimate
from pipelines_lib.assurance.statistics import (
    Estimate,
    Floats,
    Labels,
    observed_to_expected,
    z_value,
)
from pipelines_lib.results import Interval
from pipelines_lib.spec.rulebook import Rule

Kind = Literal["ranking", "chance", "calibration"]


@dataclass(frozen=True)
class Limits:
    """From where on a segment is weak.

    Attributes:
        shortfall: AUC below what the scores promise, beyond that of all rows.
        floor: An AUC below this is hardly better than chance.
        log_ratio: Size of the log of observed over expected outcomes.
    """

    shortfall: float
    floor: float
    log_ratio: float

    @classmethod
    def of(cls, rule: Rule) -> "Limits":
        """The policy's."""
        return cls(
            rule.parameter("auc_shortfall"),
            rule.parameter("auc_floor"),
            rule.parameter("log_ratio"),
        )

    def excess(self, kind: Kind, figure: Estimate) -> Estimate:
        """How far beyond its limit a figure lies; above 0 is weak."""
        limit = {
            "ranking": self.shortfall,
            "chance": 1 - self.floor,
            "calibration": self.log_ratio,
        }[kind]
        low, high = figure.interval.low - limit, figure.interval.high - limit
        return Estimate(figure.value - limit, Interval(low, high, figure.interval.confidence))


def figures(
    labels: Labels, scores: Floats, confidence: float, *, whole: float = 0.0
) -> Mapping[Kind, Estimate]:
    """Measure every weakness that some rows can carry; larger is worse.

    Args:
        labels: Known outcomes.
        scores: Probabilities of the same rows.
        confidence: Of each interval alone.
        whole: What all rows rank below promise: no segment is blamed for that.
    """
    found: dict[Kind, Estimate] = {}
    ranked, promised = auc_estimate(Ranking.of(labels, scores), confidence), promised_auc(scores)
    if ranked is not None:
        found["chance"] = _below(1.0, ranked)
    if ranked is not None and promised is not None:
        found["ranking"] = _below(promised - whole, ranked)
    ratio = observed_to_expected(labels, scores, confidence)
    if ratio is not None:
        found["calibration"] = log_distance(ratio)
    return found


def shortfall(labels: Labels, scores: Floats) -> float:
    """By how much rows are ranked below what their scores promise; 0 where nobody can tell."""
    ranking, promised = Ranking.of(labels, scores), promised_auc(scores)
    return promised - ranking.area if promised is not None and ranking.both_classes else 0.0


def surprise(excess: Estimate) -> float:
    """How many standard errors a figure lies beyond its limit."""
    interval = excess.interval
    error = (interval.high - interval.low) / 2 / z_value(interval.confidence)
    return excess.value / error if error > 0 else 0.0


def _below(top: float, estimate: Estimate) -> Estimate:
    """How far an estimate lies below a figure that is known."""
    interval = estimate.interval
    return Estimate(
        top - estimate.value,
        Interval(top - interval.high, top - interval.low, interval.confidence),
    )
