"""Does it tell the outcome that a value is missing? (LEAK-002)."""

from collections.abc import Iterator

import numpy as np

from pipelines_lib.assurance.leakage.columns import Column, Rows
from pipelines_lib.assurance.leakage.sampling import thinned, told
from pipelines_lib.assurance.ranking import Ranking, auc_estimate
from pipelines_lib.assurance.shares import magnitude
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.assurance.wording import percent
from pipelines_lib.results import CheckResult, Interval
from pipelines_lib.spec.rulebook import Rule

CODE = "LEAK-002"
_CHANCE = 0.5


def check(rule: Rule, rows: Rows) -> Iterator[CheckResult]:
    """Judge the AUC of blank against given for each column."""
    rows = thinned(rows, int(rule.parameter("max_rows")))
    for name, column in rows.columns.items():
        yield _judge(rule, name, column, rows)


def power_of_blanks(ranking: Ranking, confidence: float) -> Estimate | None:
    """AUC of the indicator, whichever way it points: 0.5 tells nothing."""
    signed = auc_estimate(ranking, confidence)
    if signed is None:
        return None
    low, high = signed.interval.low - _CHANCE, signed.interval.high - _CHANCE
    size = magnitude(Estimate(signed.value - _CHANCE, Interval(low, high, confidence)))
    ends = Interval(size.interval.low + _CHANCE, size.interval.high + _CHANCE, confidence)
    return Estimate(size.value + _CHANCE, ends)


def _judge(rule: Rule, name: str, column: Column, rows: Rows) -> CheckResult:
    blanks = int(np.count_nonzero(column.blank))
    if blanks in (0, column.n):
        story = "Every value is missing." if blanks else "No value is missing."
        return rule.judge(name, _CHANCE, story, n=column.n)
    ranking = Ranking.of(rows.labels, column.blank.astype(np.float64))
    found = told(rule, len(rows.columns), lambda sure: power_of_blanks(ranking, sure))
    if found is None:
        story = "Only one outcome occurred: nothing can be ranked."
        return rule.judge(name, None, story, n=column.n)
    story = f"Missing in {percent(blanks / column.n)} of the rows: AUC {found.value:.3f} alone."
    return rule.judge(name, found.value, story, interval=found.interval, n=column.n)
