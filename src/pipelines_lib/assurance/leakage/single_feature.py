"""Does one feature alone rank the outcome better than an honest feature can? (LEAK-001)."""

from collections.abc import Iterator

from pipelines_lib.assurance.leakage.columns import Rows
from pipelines_lib.assurance.leakage.cross_fitting import folds, power, power_later
from pipelines_lib.assurance.leakage.sampling import in_short, shared_confidence, thinned
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.rulebook import Rule

CODE = "LEAK-001"
_WINDOWS = 2


def check(rule: Rule, train: Rows, later: Rows | None) -> Iterator[CheckResult]:
    """Judge the AUC of each column alone, in training (cross-fitted) and out of time.

    Either window may speak against the column; training alone may speak for it. Both are
    judged at a confidence shared by all columns and windows (Bonferroni).
    """
    rows = thinned(train, int(rule.parameter("max_rows")))
    after = None if later is None else thinned(later, int(rule.parameter("max_rows")))
    confidence = shared_confidence(rule, _WINDOWS * len(rows.columns))
    fold = folds(rows.labels)
    for name, column in rows.columns.items():
        found = power(column, rows.labels, fold, confidence)
        again = None
        if after is not None:
            held = after.columns[name]
            again = power_later(column, rows.labels, held, after.labels, confidence)
        yield _judge(rule, name, rows.n, found, again)


def _judge(
    rule: Rule, name: str, n: int, found: Estimate | None, again: Estimate | None
) -> CheckResult:
    if found is None:
        return rule.judge(name, None, "Only one outcome occurred: nothing can be ranked.", n=n)
    story = f"AUC {found.value:.3f} alone"
    story += f"; out of time {again.value:.3f}." if again else "."
    told = in_short(found)
    if again is not None and rule.holds(told.interval.low) and not rule.holds(again.interval.low):
        told = in_short(again)
    return rule.judge(name, told.value, story, interval=told.interval, n=n)
