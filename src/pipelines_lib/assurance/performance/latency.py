"""How long does the package take to answer, for one application and for many?

``PERF-016``. Timed as production does it: encode raw values, score, name the reasons. Times
differ from run to run; they are recorded as figures and never become part of the package.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.scored import QUESTIONED
from pipelines_lib.modelling.package import ModelPackage
from pipelines_lib.modelling.rows import chosen_batches
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule

if TYPE_CHECKING:
    import pyarrow as pa

LATENCY: Final = "PERF-016"
TOPIC: Final = "latency"
ONE_ROW: Final = "one_row"
BATCH: Final = "batch"
SUBJECTS: Final = (ONE_ROW, BATCH)
_THOUSAND: Final = 1000
_NO_ROWS: Final = "there is no row to score"


@dataclass(frozen=True)
class LatencyFigures:
    """Times in milliseconds; ``rows_per_second`` is of encoding and scoring a batch."""

    repeats: int
    median_ms: float
    p99_ms: float
    batch_rows: int
    batch_ms: float
    rows_per_second: float


def ask(inquiry: Inquiry) -> Answer:
    """Time the candidate's package on rows it has not seen."""
    if not inquiry.asks(LATENCY):
        return unasked(TOPIC)
    rule = inquiry.rules.rule(LATENCY)
    return Answer(TOPIC, *check_latency(inquiry.package, _raw(inquiry, rule), rule))


def _raw(inquiry: Inquiry, rule: Rule) -> "pa.RecordBatch | None":
    """Newest unseen applications as they were delivered, not yet encoded."""
    most = int(rule.parameter("max_rows"))
    marked = np.zeros(inquiry.applications.rows, dtype=np.bool_)
    marked[inquiry.sample(QUESTIONED, most).places[-most:]] = True
    names = inquiry.package.contract.names
    batches = list(chosen_batches(inquiry.home, inquiry.applications, names, marked))
    return max(batches, key=len, default=None)


def check_latency(
    package: ModelPackage, raw: "pa.RecordBatch | None", rule: Rule
) -> tuple[tuple[CheckResult, ...], LatencyFigures | None]:
    """Judge one answer's 99th percentile, and a batch by the thousand rows.

    Args:
        package: The candidate.
        raw: Applications as delivered; None or empty where there is none.
        rule: The policy's.
    """
    if raw is None or not len(raw):
        return tuple(rule.judge(each, None, _NO_ROWS, n=0) for each in SUBJECTS), None
    repeats = int(rule.parameter("repeats"))
    rows = [raw.slice(place % len(raw), 1) for place in range(repeats)]
    _answer(package, rows[0])  # the first prediction also loads what the others find loaded
    times = np.array([_seconds(partial(_answer, package, row)) for row in rows]) * _THOUSAND
    batch = min(_seconds(partial(package.score, raw)) for _ in range(2)) * _THOUSAND
    shown = LatencyFigures(
        repeats=repeats,
        median_ms=_short(np.median(times)),
        p99_ms=_short(np.quantile(times, 0.99)),
        batch_rows=len(raw),
        batch_ms=_short(batch),
        rows_per_second=float(round(len(raw) / batch * _THOUSAND)),
    )
    return _verdicts(rule, shown), shown


def _verdicts(rule: Rule, shown: LatencyFigures) -> tuple[CheckResult, ...]:
    """The sentences hold no time: the same night, run again, says the same."""
    one = (
        f"99th percentile of {shown.repeats} answers to one application: encode, score, name "
        "the reasons"
    )
    many = f"milliseconds for a thousand rows, encoded and scored {shown.batch_rows} at a time"
    by_thousand = _short(shown.batch_ms / shown.batch_rows * _THOUSAND)
    return (
        rule.judge(ONE_ROW, shown.p99_ms, one),
        rule.judge(BATCH, by_thousand, many),
    )


def _answer(package: ModelPackage, row: "pa.RecordBatch") -> None:
    inputs = package.inputs(row)
    package.decline(package.score(inputs))
    package.reasons(inputs)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _short(value: float | np.floating) -> float:
    return float(f"{float(value):.4g}")
