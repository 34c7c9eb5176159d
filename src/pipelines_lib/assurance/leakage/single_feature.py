"""Does one feature alone rank the outcome better than an honest feature can? (LEAK-001)."""

from collections.abc import Iterator

from pipelines_lib.assurance.leakage.columns import Rows
from pipelines_lib.assurance.leakage.cross_fitting import alone, alone_later, folds
from pipelines_lib.assurance.leakage.sampling import thinned, told
from pipelines_lib.assurance.ranking import Ranking, auc_estimate
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.rulebook import Rule

CODE = "LEAK-001"
_LOOKS = 2


def check(rule: Rule, rows: Rows, train: Rows, later: Rows | None) -> Iterator[CheckResult]:
    """Judge the AUC of each column alone.

    Args:
        rule: The limit.
        rows: All rows with a known outcome, ranked by cross-fitting; they may clear a column.
        train: Those of training, which teach how to rank the later ones.
        later: Rows out of time; what shows only there speaks against the column too.
    """
    most = int(rule.parameter("max_rows"))
    rows, train = thinned(rows, most), thinned(train, most)
    later = None if later is None else thinned(later, most)
    fold, looks = folds(rows.labels), _LOOKS * len(rows.columns)
    for name, column in rows.columns.items():
        found = _estimate(rule, looks, alone(column, rows.labels, fold))
        again = None
        if later is not None:
            ranking = alone_later(
                train.columns[name], train.labels, later.columns[name], later.labels
            )
            again = _estimate(rule, looks, ranking)
        yield _judge(rule, name, rows.n, found, again)


def _estimate(rule: Rule, looks: int, ranking: Ranking | None) -> Estimate | None:
    if ranking is None:
        return None
    return told(rule, looks, lambda confidence: auc_estimate(ranking, confidence))


def _judge(
    rule: Rule, name: str, n: int, found: Estimate | None, again: Estimate | None
) -> CheckResult:
    if found is None:
        return rule.judge(name, None, "Only one outcome occurred: nothing can be ranked.", n=n)
    story = f"AUC {found.value:.3f} alone"
    story += f"; out of time {again.value:.3f}." if again else "."
    if again is not None and rule.holds(found.interval.low) and not rule.holds(again.interval.low):
        found = again
    return rule.judge(name, found.value, story, interval=found.interval, n=n)
