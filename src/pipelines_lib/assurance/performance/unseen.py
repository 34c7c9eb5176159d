"""Does the candidate rank and price risk well enough on rows it has not seen?

``PERF-001`` discrimination, ``PERF-002`` calibration in the large, ``PERF-003`` skill over the
base rate, ``PERF-004`` overfit. Judged on validation and out of time; reported on every
labelled window. Every limit is the policy's.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.assurance.performance.curves import Curves, curves
from pipelines_lib.assurance.ranking import (
    Ranking,
    auc,
    auc_estimate,
    auc_gap,
    average_precision,
    ks,
)
from pipelines_lib.assurance.scored import (
    CANDIDATE,
    LABELLED,
    OUT_OF_TIME,
    QUESTIONED,
    Sample,
    Scored,
)
from pipelines_lib.assurance.statistics import (
    Estimate,
    Floats,
    brier_score,
    brier_skill,
    observed_to_expected,
)
from pipelines_lib.assurance.wording import and_too_few, between, no_figure, percent, with_interval
from pipelines_lib.results import Answer, CheckResult, Interval
from pipelines_lib.spec.rulebook import Rule, RuleBook

DISCRIMINATION = "PERF-001"
CALIBRATION = "PERF-002"
SKILL = "PERF-003"
OVERFIT = "PERF-004"

REPORTED_CONFIDENCE = 0.95
"""For figures that are shown and not judged, where no policy states a confidence."""


@dataclass(frozen=True)
class WindowFigures:
    """How the candidate does on one window; None where the window cannot carry the figure."""

    n: int
    positives: int
    auc: float | None
    auc_interval: Interval | None
    gini: float | None
    ks: float | None
    average_precision: float | None
    brier: float | None
    brier_skill: float | None
    mean_score: float | None
    observed_rate: float | None
    declined_share: float | None


@dataclass(frozen=True)
class PerformanceFigures:
    """The figures of every labelled window, and the curves of those that are judged."""

    windows: Mapping[str, WindowFigures]
    curves: Mapping[str, Curves]


def ask(inquiry: Inquiry) -> Answer:
    """Question the candidate alone."""
    found = check_performance(inquiry.scored, inquiry.rules, cutoff=inquiry.candidate.cutoff)
    return Answer("performance", *found)


def check_performance(
    scored: Scored, rules: RuleBook, *, cutoff: float
) -> tuple[tuple[CheckResult, ...], PerformanceFigures]:
    """Question the candidate alone: ranking, calibration, skill and overfit.

    Args:
        scored: Outcomes and scores by window.
        rules: The rules that hold; a check that no policy rules is not asked.
        cutoff: Probability at or above which an application is declined.

    Returns:
        One result per ruled check and window, and the figures for the evidence.
    """
    rankings = {
        name: Ranking.of(scored.sample(name).labels, scored.sample(name).of(CANDIDATE))
        for name in LABELLED
    }
    samples = {name: scored.sample(name) for name in QUESTIONED}
    results = [
        ask(rules.rule(code), name, sample, rankings[name])
        for code, ask in _QUESTIONS.items()
        if code in rules
        for name, sample in samples.items()
    ]
    if OVERFIT in rules:
        results.append(_overfit(rules.rule(OVERFIT), scored, rankings))
    return tuple(results), _figures(scored, rankings, reported_confidence(rules), cutoff)


def reported_confidence(rules: RuleBook, code: str = DISCRIMINATION) -> float:
    """The confidence at which a figure is shown: that of its check, where one is ruled."""
    return rules.rule(code).parameter("confidence") if code in rules else REPORTED_CONFIDENCE


def _discrimination(rule: Rule, window: str, sample: Sample, ranking: Ranking) -> CheckResult:
    estimate = auc_estimate(ranking, rule.parameter("confidence"))
    if estimate is None:
        return _no_verdict(rule, window, sample)
    alike = "; every row has the same score" if ranking.scores.size == 1 else ""
    said = f"AUC {with_interval(estimate)}{alike}"
    return _verdict(rule, window, estimate, said, sample.n)


def _calibration(rule: Rule, window: str, sample: Sample, _: Ranking) -> CheckResult:
    """Judge the size of the log ratio; too many and too few outcomes count alike."""
    scores = sample.of(CANDIDATE)
    ratio = observed_to_expected(sample.labels, scores, rule.parameter("confidence"))
    if ratio is None:
        return _no_verdict(rule, window, sample)
    observed, expected = percent(sample.positives / sample.n), percent(float(scores.mean()))
    how_far = f"ratio {ratio.value:.2f} ({between(ratio.interval, '.2f')})"
    said = f"observed {observed} against {expected} predicted, {how_far}"
    return _verdict(rule, window, log_distance(ratio), said, sample.n)


def log_distance(ratio: Estimate) -> Estimate:
    """How far off a ratio is, whichever side: |ln r|; 0 is exact, 0.25 covers 0.78 to 1.28."""
    low, high = math.log(ratio.interval.low), math.log(ratio.interval.high)
    return Estimate(
        abs(math.log(ratio.value)),
        Interval(max(low, -high, 0.0), max(-low, high), ratio.interval.confidence),
    )


def _skill(rule: Rule, window: str, sample: Sample, _: Ranking) -> CheckResult:
    estimate = brier_skill(sample.labels, sample.of(CANDIDATE), rule.parameter("confidence"))
    if estimate is None:
        return _no_verdict(rule, window, sample)
    said = f"Brier skill over the base rate {with_interval(estimate)}"
    return _verdict(rule, window, estimate, said, sample.n)


_QUESTIONS: Mapping[str, Callable[[Rule, str, Sample, Ranking], CheckResult]] = {
    DISCRIMINATION: _discrimination,
    CALIBRATION: _calibration,
    SKILL: _skill,
}


def _overfit(rule: Rule, scored: Scored, rankings: Mapping[str, Ranking]) -> CheckResult:
    seen, unseen = rankings["train"], rankings[OUT_OF_TIME]
    sample = scored.sample(OUT_OF_TIME)
    gap = auc_gap(seen, unseen, rule.parameter("confidence"))
    if gap is None:
        short = min((OUT_OF_TIME, "train"), key=lambda name: rankings[name].rarer)
        said = f"{short}: {no_figure(scored.sample(short))}"
        return rule.judge(OUT_OF_TIME, None, said, n=sample.n)
    said = (
        f"AUC {auc(seen):.3f} on train and {auc(unseen):.3f} out of time, "
        f"gap {with_interval(gap, '+.3f')}"
    )
    return _verdict(rule, OUT_OF_TIME, gap, said, sample.n)


def _verdict(rule: Rule, window: str, estimate: Estimate, said: str, n: int) -> CheckResult:
    return rule.judge(
        window,
        estimate.value,
        said + and_too_few(rule, n),
        interval=estimate.interval,
        n=n,
    )


def _no_verdict(rule: Rule, window: str, sample: Sample) -> CheckResult:
    return rule.judge(window, None, no_figure(sample), n=sample.n)


def _figures(
    scored: Scored, rankings: Mapping[str, Ranking], confidence: float, cutoff: float
) -> PerformanceFigures:
    return PerformanceFigures(
        windows={
            name: _window(scored.sample(name), rankings[name], confidence, cutoff)
            for name in LABELLED
        },
        curves={name: curves(rankings[name], confidence) for name in QUESTIONED},
    )


def _window(sample: Sample, ranking: Ranking, confidence: float, cutoff: float) -> WindowFigures:
    scores = sample.of(CANDIDATE)
    estimate = auc_estimate(ranking, confidence)
    skill = brier_skill(sample.labels, scores, confidence)
    return WindowFigures(
        n=sample.n,
        positives=sample.positives,
        auc=estimate.value if estimate else None,
        auc_interval=estimate.interval if estimate else None,
        gini=2 * estimate.value - 1 if estimate else None,
        ks=ks(ranking),
        average_precision=average_precision(ranking),
        brier=brier_score(sample.labels, scores),
        brier_skill=skill.value if skill else None,
        mean_score=_mean(scores),
        observed_rate=_mean(sample.labels.astype(np.float64)),
        declined_share=_mean((scores >= cutoff).astype(np.float64)),
    )


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if values.size else None
