"""Would more data still help?

``PERF-015``. The model is fitted again on an eighth, a quarter, a half and all of its rows, and
each variant is tested on the same out-of-time rows. What the last doubling brought says what
the next one may.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.ranking import Ranking, auc_difference, auc_estimate
from pipelines_lib.assurance.sampled_rows import SampledRows
from pipelines_lib.assurance.scored import CANDIDATE, OUT_OF_TIME
from pipelines_lib.assurance.statistics import Estimate, Floats, Labels
from pipelines_lib.assurance.wording import with_interval
from pipelines_lib.modelling.variants import Workshop
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule

LEARNING_CURVE: Final = "PERF-015"
TOPIC: Final = "learning_curve"
SUBJECT: Final = "out_of_time"
SHARES: Final = (0.125, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Step:
    """How well a variant does that learned from so many rows; None where nobody can tell."""

    rows: int
    auc: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class LearningCurveFigures:
    """The curve, and what the last doubling brought with its paired interval."""

    n: int
    steps: tuple[Step, ...]
    gain: float | None
    low: float | None
    high: float | None


def ask(inquiry: Inquiry) -> Answer:
    """Fit variants on ever more rows and test them on the newest."""
    if not inquiry.asks(LEARNING_CURVE):
        return unasked(TOPIC)
    rule = inquiry.rules.rule(LEARNING_CURVE)
    most = int(rule.parameter("max_rows"))
    newest = inquiry.sample((OUT_OF_TIME,), most).labelled
    scores = _scores(inquiry.workshop, newest, most)
    return Answer(TOPIC, *check_curve(newest.labels, scores, rule))


def _scores(workshop: Workshop, newest: SampledRows, most: int) -> Mapping[int, Floats]:
    """What each variant says of the newest rows, by the rows it learned from.

    Each smaller part lies within the larger ones. All rows were fitted once already, by the
    candidate itself.
    """
    y = workshop.lessons.train.y
    drawn = np.random.default_rng(workshop.training.seed).permutation(len(y))[:most]
    scores: dict[int, Floats] = {}
    for share in SHARES:
        rows = np.sort(drawn[: round(share * len(drawn))])
        if len(rows) == len(y) and CANDIDATE in newest.scores:
            scores[len(rows)] = newest.scores[CANDIDATE]
            continue
        learnable = 0 < y[rows].sum() < len(rows)  # so few rows may hold one outcome only
        said = workshop.fit(rows=rows).score(newest.inputs) if learnable else np.empty(0)
        scores[len(rows)] = said
    return scores


def check_curve(
    labels: Labels, scores: Mapping[int, Floats], rule: Rule
) -> tuple[tuple[CheckResult, ...], LearningCurveFigures]:
    """Judge what the last doubling of the rows brought.

    Args:
        labels: Outcomes of the out-of-time rows.
        scores: What each variant said of them, by the rows it learned from, fewest first;
            empty where there was nothing to learn from.
        rule: The policy's.
    """
    confidence, n = rule.parameter("confidence"), len(labels)
    rankings = {
        rows: Ranking.of(labels, said) if len(said) == n else None for rows, said in scores.items()
    }
    steps = tuple(_step(rows, ranking, confidence) for rows, ranking in rankings.items())
    gain = _last_doubling(list(rankings.values()), confidence)
    if gain is None:
        said = "too few outcomes to tell what the last doubling of the rows brought"
        figures = LearningCurveFigures(n, steps, None, None, None)
        return (rule.judge(SUBJECT, None, said, n=n),), figures
    value, interval = gain.value, gain.interval
    said = (
        f"from {steps[-2].rows:,} to {steps[-1].rows:,} rows the AUC out of time gained "
        f"{with_interval(gain, '+.3f')}"
    )
    result = rule.judge(SUBJECT, value, said, interval=interval, n=n)
    ends = (round(value, 5), round(interval.low, 5), round(interval.high, 5))
    return (result,), LearningCurveFigures(n, steps, *ends)


def _step(rows: int, ranking: Ranking | None, confidence: float) -> Step:
    estimate = auc_estimate(ranking, confidence) if ranking else None
    if estimate is None:
        return Step(rows, None, None, None)
    ends = (estimate.value, estimate.interval.low, estimate.interval.high)
    return Step(rows, *(round(each, 5) for each in ends))


def _last_doubling(rankings: Sequence[Ranking | None], confidence: float) -> Estimate | None:
    if len(rankings) < 2:  # noqa: PLR2004  (a doubling has two ends)
        return None
    half, whole = rankings[-2:]
    return auc_difference(whole, half, confidence) if half and whole else None
