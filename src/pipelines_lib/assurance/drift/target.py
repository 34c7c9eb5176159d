"""Does the outcome occur as often as in the train window? (``DRIFT-005``).

The rate of positives out of time, and in the newest of those nights alone, over the rate of
the train window. The candidate learned that rate; where the world has left it, probabilities
are off as a whole, whatever the inputs say.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chosen_rows import in_window, read_scores
from pipelines_lib.assurance.drift.newest_nights import newest_nights
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.scored import OUT_OF_TIME
from pipelines_lib.assurance.shares import Share, magnitude
from pipelines_lib.assurance.statistics import Estimate, z_value
from pipelines_lib.assurance.wording import between, percent
from pipelines_lib.results import Answer, CheckResult, Interval
from pipelines_lib.spec.rulebook import Rule

TOPIC = "target_drift"
TARGET = "DRIFT-005"
NEWEST = "newest_outcomes"
_FAMILY = 2
_UNKNOWN = -1
_DRAWN = 60
"""Nights that evidence keeps; the picture has no room for more."""


@dataclass(frozen=True)
class Night:
    """Rows and positives of one business date."""

    date: str
    rows: int
    positives: int


@dataclass(frozen=True)
class TargetFigures:
    """Rates of positives: in training, out of time, and in the newest nights of that."""

    train_rate: float | None
    rate: float | None
    newest_rate: float | None
    newest_nights: int
    nights: tuple[Night, ...]


@dataclass(frozen=True, eq=False)
class _Outcomes:
    labels: NDArray[np.int8]
    dates: NDArray[np.datetime64]

    @property
    def share(self) -> Share:
        return Share(int(self.labels.sum()), len(self.labels))

    def since(self, first: np.datetime64) -> Share:
        late = self.labels[self.dates >= first]
        return Share(int(late.sum()), len(late))


def ask(inquiry: Inquiry) -> Answer:
    """Hold the newest known outcomes against those the candidate learned from."""
    if not inquiry.asks(TARGET):
        return unasked(TOPIC)
    rule = inquiry.rules.rule(TARGET)
    train, late = (_outcomes(inquiry, window) for window in ("train", OUT_OF_TIME))
    # Both answers together hold at the policy's confidence (Bonferroni).
    confidence = 1 - (1 - rule.parameter("confidence")) / _FAMILY
    needed = _rows_needed(rule, train.share, confidence)
    slice_ = newest_nights(late.dates, rows=needed, least=rule.parameter("nights"))
    newest = late.share if slice_ is None else late.since(slice_.first)
    nights = len(np.unique(late.dates)) if slice_ is None else slice_.nights
    what = {OUT_OF_TIME: "out of time", NEWEST: f"in the newest {nights} nights"}
    found = ((OUT_OF_TIME, late.share), (NEWEST, newest))
    checks = tuple(
        _judge(rule, name, share, train.share, confidence=confidence, where=what[name])
        for name, share in found
    )
    figures = TargetFigures(
        train_rate=_rounded(train.share),
        rate=_rounded(late.share),
        newest_rate=_rounded(newest),
        newest_nights=nights,
        nights=_nights(late),
    )
    return Answer(TOPIC, checks, figures)


def _outcomes(inquiry: Inquiry, window: str) -> _Outcomes:
    import pyarrow.compute as pc

    columns = ("window", "label", "business_date")
    table = read_scores(inquiry.home, inquiry.applications, inquiry.scores, columns)
    labels = pc.fill_null(table["label"], _UNKNOWN).to_numpy().astype(np.int8)
    known = in_window(table, window) & (labels != _UNKNOWN)
    dates = table["business_date"].to_numpy().astype("datetime64[D]")
    return _Outcomes(labels[known], dates[known])


def _rows_needed(rule: Rule, train: Share, confidence: float) -> float:
    """With so many rows half an interval is at most half the limit.

    Half an interval of a ratio of rates is about z sqrt((1 - p) / (n p)).
    """
    rate, limit = train.value, rule.limit or 0.0
    if not rate or limit <= 0:
        return math.inf
    return (1 - rate) / rate * (z_value(confidence) / (limit / 2)) ** 2


def _judge(
    rule: Rule, subject: str, now: Share, train: Share, *, confidence: float, where: str
) -> CheckResult:
    if now.value is None or not train.value:
        why = f"Positives {where}: {now}; in training: {train}: there is no ratio of rates."
        return rule.judge(subject, None, why, n=now.of)
    ratio = now.ratio_to(train, confidence)
    if ratio is None:
        return rule.judge(subject, None, "There is no ratio of rates.", n=now.of)
    change = magnitude(_from_one(ratio))
    story = (
        f"{percent(now.value)} positives {where} ({now}) against {percent(train.value)} in "
        f"training: {ratio.value:.3f} times ({between(ratio.interval)})."
    )
    return rule.judge(subject, change.value, story, interval=change.interval, n=now.of)


def _from_one(ratio: Estimate) -> Estimate:
    low, high = ratio.interval.low - 1, ratio.interval.high - 1
    return Estimate(ratio.value - 1, Interval(low, high, ratio.interval.confidence))


def _nights(outcomes: _Outcomes) -> tuple[Night, ...]:
    days, place = np.unique(outcomes.dates, return_inverse=True)
    rows = np.bincount(place, minlength=len(days))
    positives = np.bincount(place, weights=outcomes.labels, minlength=len(days))
    counted = zip(days, rows.tolist(), positives.tolist(), strict=True)
    return tuple(Night(str(day), each, int(some)) for day, each, some in counted)[-_DRAWN:]


def _rounded(share: Share) -> float | None:
    return None if share.value is None else round(share.value, 6)
