"""Are the scores spread as the outcomes are, or too bold, too timid, too high, too low?

``PERF-008`` refits the outcome on the log-odds of the score (Cox 1958). A slope below 1 says
that the scores lie too far apart, above 1 too close together; an intercept above 0, with the
slope held at 1, that too little was predicted. Judged on validation and out of time.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.scored import CANDIDATE, QUESTIONED, Sample, Scored
from pipelines_lib.assurance.shares import magnitude
from pipelines_lib.assurance.statistics import Estimate, Floats, Labels, normal_interval
from pipelines_lib.assurance.wording import and_too_few, no_figure, with_interval
from pipelines_lib.modelling.logistic import log_loss, sigmoid
from pipelines_lib.results import Answer, CheckResult, Interval
from pipelines_lib.spec.rulebook import Rule

RECALIBRATION: Final = "PERF-008"
TOPIC: Final = "recalibration"
SLOPE: Final = "slope"
INTERCEPT: Final = "intercept"

_NEAREST = 1e-6
"""A score nearer to 0 or 1 than this counts as this near: certainty has no log-odds."""
_STEPS = 60
_HALVINGS = 40
_CLOSE = 1e-9
_NO_SPREAD = 1e-12
_FLAT = 1e-9
"""Log-odds that differ by less are one score: no slope can be drawn through one point."""


@dataclass(frozen=True)
class Recalibrated:
    """How far one window's scores are from calibrated; None where rows carry no figure.

    ``spiegelhalter`` is the standardised distance of the Brier score from what calibrated
    scores would give: beyond 1.96 either way is more than chance at 95 %. ``clipped`` counts
    scores that were certain.
    """

    n: int
    positives: int
    slope: float | None
    slope_interval: Interval | None
    intercept: float | None
    intercept_interval: Interval | None
    spiegelhalter: float | None
    clipped: int


@dataclass(frozen=True)
class RecalibrationFigures:
    """Every judged window."""

    windows: Mapping[str, Recalibrated]


def ask(inquiry: Inquiry) -> Answer:
    """Ask for slope and intercept."""
    if not inquiry.asks(RECALIBRATION):
        return unasked(TOPIC)
    checks, figures = check_recalibration(inquiry.scored, inquiry.rules.rule(RECALIBRATION))
    return Answer(TOPIC, checks, figures)


def check_recalibration(
    scored: Scored, rule: Rule
) -> tuple[tuple[CheckResult, ...], RecalibrationFigures]:
    """Judge |slope - 1| and |intercept| of both unseen windows.

    Four figures are judged, so each interval has a confidence of 1 - (1 - c)/4 (Bonferroni).

    Args:
        scored: Outcomes and scores by window.
        rule: What the policy asks.

    Returns:
        One result per window and figure, and the figures for the evidence.
    """
    confidence = 1 - (1 - rule.parameter("confidence")) / (2 * len(QUESTIONED))
    checks: list[CheckResult] = []
    windows: dict[str, Recalibrated] = {}
    for window in QUESTIONED:
        sample = scored.sample(window)
        found = _fitted(rule, sample, confidence)
        checks += [
            _judged(rule, f"{window} {name}", name, sample, estimate)
            for name, estimate in found.items()
        ]
        windows[window] = _figures(sample, found)
    return tuple(checks), RecalibrationFigures(windows)


def slope_estimate(labels: Labels, scores: Floats, confidence: float) -> Estimate | None:
    """The slope b of logit P(y = 1) = a + b logit(score), fitted by maximum likelihood.

    Interval: Wald, from the curvature at the fit. None where the outcomes are all alike, all
    scores are, or a cut separates the outcomes: no finite slope exists then.
    """
    odds, outcomes = _log_odds(scores), labels.astype(np.float64)
    if not _overlap(labels, odds):
        return None
    intercept, slope = 0.0, 1.0
    loss = log_loss(odds, outcomes)
    curve = (1.0, 0.0, 1.0)
    for _ in range(_STEPS):
        (here, there), curve = _step(labels, odds, intercept + slope * odds)
        reach = 1.0
        for _ in range(_HALVINGS):
            next_intercept, next_slope = intercept + reach * here, slope + reach * there
            reached = log_loss(next_intercept + next_slope * odds, outcomes)
            if reached <= loss:
                break
            reach /= 2
        else:
            break
        moved = reach * max(abs(here), abs(there))
        intercept, slope, loss = next_intercept, next_slope, reached
        if moved < _CLOSE:
            break
    return _wald(slope, curve[0] / _determinant(curve), confidence)


def intercept_estimate(labels: Labels, scores: Floats, confidence: float) -> Estimate | None:
    """The intercept a of logit P(y = 1) = a + logit(score): calibration in the large.

    Interval: Wald. None where only one outcome occurred: the intercept has no end then.
    """
    if not _both(labels):
        return None
    odds = _log_odds(scores)
    low, high = -2 * math.log(1 / _NEAREST), 2 * math.log(1 / _NEAREST)
    wanted = float(labels.sum())
    at, curvature = 0.0, 1.0
    for _ in range(_STEPS):
        share = sigmoid(at + odds)
        short = wanted - float(share.sum())
        curvature = float(np.sum(share * (1 - share)))
        low, high = (at, high) if short > 0 else (low, at)
        ahead = at + short / curvature if curvature > _NO_SPREAD else math.inf
        # Newton, kept between the ends that are known: expected positives only rise with it.
        ahead = ahead if low < ahead < high else (low + high) / 2
        moved, at = abs(ahead - at), ahead
        if moved < _CLOSE:
            break
    return _wald(at, 1 / curvature, confidence) if curvature > _NO_SPREAD else None


def spiegelhalter_z(labels: Labels, scores: Floats) -> float | None:
    """How far the Brier score is from that of calibrated scores, in standard deviations.

    Spiegelhalter (1986): Σ (y - p)(1 - 2p) / √Σ (1 - 2p)² p (1 - p). None where every score
    is 0, ½ or 1: the figure then has no spread under calibration.
    """
    tilt = 1 - 2 * scores
    spread = float(np.sum(tilt**2 * scores * (1 - scores)))
    if spread < _NO_SPREAD:
        return None
    return float(np.sum((labels - scores) * tilt)) / math.sqrt(spread)


def _fitted(rule: Rule, sample: Sample, confidence: float) -> dict[str, Estimate | None]:
    labels, scores = sample.labels, sample.of(CANDIDATE)
    if min(sample.positives, sample.n - sample.positives) < rule.parameter("minimum_positives"):
        return {SLOPE: None, INTERCEPT: None}
    return {
        SLOPE: slope_estimate(labels, scores, confidence),
        INTERCEPT: intercept_estimate(labels, scores, confidence),
    }


def _judged(
    rule: Rule, subject: str, name: str, sample: Sample, estimate: Estimate | None
) -> CheckResult:
    if estimate is None:
        return rule.judge(subject, None, _why(rule, sample), n=sample.n)
    off = _shifted(estimate, 1.0) if name == SLOPE else estimate
    size = magnitude(off)
    said = f"{name} {with_interval(estimate, '.3f' if name == SLOPE else '+.3f')}"
    return rule.judge(
        subject,
        size.value,
        f"{said}, {_meant(name, off)}{and_too_few(rule, sample.n)}",
        interval=size.interval,
        n=sample.n,
    )


def _meant(name: str, off: Estimate) -> str:
    """What the figure says of the scores, as far as the interval allows."""
    if off.interval.low <= 0 <= off.interval.high:
        return "what chance alone would explain"
    if name == INTERCEPT:
        return "too low a prediction" if off.value > 0 else "too high a prediction"
    return "scores lie too close together" if off.value > 0 else "scores lie too far apart"


def _shifted(estimate: Estimate, by: float) -> Estimate:
    span = estimate.interval
    return Estimate(estimate.value - by, Interval(span.low - by, span.high - by, span.confidence))


def _why(rule: Rule, sample: Sample) -> str:
    least = rule.parameter("minimum_positives")
    if not _both(sample.labels):
        return no_figure(sample)
    rarer = min(sample.positives, sample.n - sample.positives)
    if rarer < least:
        return f"{rarer} rows of the rarer outcome where the policy asks for {least:g}"
    odds = _log_odds(sample.of(CANDIDATE))
    if np.ptp(odds) <= _FLAT:
        return "every row has the same score: no slope can be drawn"
    return "the score separates the outcomes without overlap: no finite slope exists"


def _figures(sample: Sample, found: Mapping[str, Estimate | None]) -> Recalibrated:
    slope, intercept = found[SLOPE], found[INTERCEPT]
    scores = sample.of(CANDIDATE)
    return Recalibrated(
        n=sample.n,
        positives=sample.positives,
        slope=slope.value if slope else None,
        slope_interval=slope.interval if slope else None,
        intercept=intercept.value if intercept else None,
        intercept_interval=intercept.interval if intercept else None,
        spiegelhalter=spiegelhalter_z(sample.labels, scores) if sample.n else None,
        clipped=int(np.count_nonzero((scores < _NEAREST) | (scores > 1 - _NEAREST))),
    )


def _log_odds(scores: Floats) -> Floats:
    inside = np.clip(scores, _NEAREST, 1 - _NEAREST)
    return np.asarray(np.log(inside) - np.log1p(-inside), dtype=np.float64)


def _both(labels: Labels) -> bool:
    return 0 < int(labels.sum()) < labels.size


def _overlap(labels: Labels, odds: Floats) -> bool:
    """Whether some positive lies below some negative and the other way round."""
    if not _both(labels) or np.ptp(odds) <= _FLAT:
        return False
    with_it, without = odds[labels == 1], odds[labels == 0]
    return bool(with_it.min() < without.max() and without.min() < with_it.max())


def _step(
    labels: Labels, odds: Floats, margin: Floats
) -> tuple[tuple[float, float], tuple[float, float, float]]:
    """One Newton step for intercept and slope, and the curvature (aa, ab, bb) it used."""
    share = sigmoid(margin)
    gap, weight = labels - share, share * (1 - share)
    # np.sum, not a matrix product: what BLAS adds up depends on its threads.
    curve = (
        float(np.sum(weight)),
        float(np.sum(weight * odds)),
        float(np.sum(weight * odds * odds)),
    )
    up, along = float(np.sum(gap)), float(np.sum(gap * odds))
    base = _determinant(curve)
    return ((curve[2] * up - curve[1] * along) / base, (curve[0] * along - curve[1] * up) / base), (
        curve
    )


def _determinant(curve: tuple[float, float, float]) -> float:
    return max(curve[0] * curve[2] - curve[1] ** 2, _NO_SPREAD)


def _wald(value: float, variance: float, confidence: float) -> Estimate:
    return Estimate(value, normal_interval(value, math.sqrt(variance), confidence))
