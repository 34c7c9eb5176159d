"""Does it tell the outcome that a value is missing? (LEAK-002)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.leakage.columns import Column, Rows
from pipelines_lib.assurance.leakage.sampling import in_short, shared_confidence, thinned
from pipelines_lib.assurance.ranking import Ranking, auc_estimate
from pipelines_lib.assurance.shares import magnitude
from pipelines_lib.assurance.statistics import Estimate, Labels
from pipelines_lib.assurance.wording import percent
from pipelines_lib.results import CheckResult, Interval
from pipelines_lib.spec.rulebook import Rule

CODE = "LEAK-002"
_CHANCE = 0.5


def check(rule: Rule, train: Rows) -> Iterator[CheckResult]:
    """Judge the AUC of blank against given for each column, at a shared confidence."""
    rows = thinned(train, int(rule.parameter("max_rows")))
    confidence = shared_confidence(rule, len(rows.columns))
    for name, column in rows.columns.items():
        yield _judge(rule, name, column, rows.labels, confidence)


def power_of_blanks(blank: NDArray[np.bool_], labels: Labels, confidence: float) -> Estimate | None:
    """AUC of the indicator, whichever way it points: 0.5 tells nothing."""
    signed = auc_estimate(Ranking.of(labels, blank.astype(np.float64)), confidence)
    if signed is None:
        return None
    low, high = signed.interval.low - _CHANCE, signed.interval.high - _CHANCE
    size = magnitude(Estimate(signed.value - _CHANCE, Interval(low, high, confidence)))
    ends = Interval(size.interval.low + _CHANCE, size.interval.high + _CHANCE, confidence)
    return Estimate(size.value + _CHANCE, ends)


def _judge(rule: Rule, name: str, column: Column, labels: Labels, confidence: float) -> CheckResult:
    blanks = int(np.count_nonzero(column.blank))
    if blanks in (0, column.n):
        story = "Every value is missing." if blanks else "No value is missing."
        return rule.judge(name, _CHANCE, story, n=column.n)
    found = power_of_blanks(column.blank, labels, confidence)
    if found is None:
        story = "Only one outcome occurred: nothing can be ranked."
        return rule.judge(name, None, story, n=column.n)
    found = in_short(found)
    story = f"Missing in {percent(blanks / column.n)} of the rows: AUC {found.value:.3f} alone."
    return rule.judge(name, found.value, story, interval=found.interval, n=column.n)
