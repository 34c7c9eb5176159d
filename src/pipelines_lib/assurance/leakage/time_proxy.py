"""Can the business date be told from a feature? (LEAK-004).

A running number, the order of the rows or a monthly economic indicator tells when a row came.
A model learns from it which months were bad, which no later month repeats.
"""

from collections.abc import Iterator

import numpy as np

from pipelines_lib.assurance.leakage.columns import Dates, Rows
from pipelines_lib.assurance.leakage.cross_fitting import alone, folds
from pipelines_lib.assurance.leakage.sampling import thinned, told
from pipelines_lib.assurance.ranking import Ranking, auc_estimate
from pipelines_lib.assurance.statistics import Estimate, Labels
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.rulebook import Rule

CODE = "LEAK-004"


def check(rule: Rule, rows: Rows) -> Iterator[CheckResult]:
    """Judge how well each column tells rows of the later half from those of the earlier."""
    rows = thinned(rows, int(rule.parameter("max_rows")))
    late = None if rows.dates is None else later_half(rows.dates)
    fold = None if late is None else folds(late)
    for name, column in rows.columns.items():
        found = None
        if late is not None and fold is not None:
            found = _estimate(rule, len(rows.columns), alone(column, late, fold))
        if found is None:
            yield rule.judge(name, None, "All rows bear one date: time tells nothing.", n=rows.n)
            continue
        story = f"Tells later nights from earlier ones with AUC {found.value:.3f}."
        yield rule.judge(name, found.value, story, interval=found.interval, n=rows.n)


def _estimate(rule: Rule, looks: int, ranking: Ranking | None) -> Estimate | None:
    if ranking is None:
        return None
    return told(rule, looks, lambda confidence: auc_estimate(ranking, confidence))


def later_half(dates: Dates) -> Labels | None:
    """Mark the rows of the later nights; whole nights, as near to half of the rows as can be."""
    days, rows = np.unique(dates[~np.isnat(dates)], return_counts=True)
    if days.size < 2:  # noqa: PLR2004  (an earlier and a later one)
        return None
    before = np.cumsum(rows)[:-1]
    cut = int(np.argmin(np.abs(before - rows.sum() / 2)))
    return np.asarray(dates > days[cut], dtype=np.int8)
