"""PERF-016: one answer and a batch are timed; the sentences never tell the time."""

import re
import time

import pyarrow as pa
import pytest

from pipelines_lib.assurance.performance.latency import check_latency
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def rule(limit=1000.0, repeats=10):
    return Rule(
        check="PERF-016",
        measure="milliseconds",
        consequence=Consequence.RECORD,
        basis="house",
        citation="test",
        policy="house",
        direction="at_most",
        limit=limit,
        parameters=(("max_rows", 100.0), ("repeats", float(repeats))),
    )


def batch(table):
    return table.combine_chunks().to_batches()[0]


@pytest.fixture
def timed(bank):
    """A package and raw applications."""
    people = bank.people(100)
    return bank.package(people), batch(people)


def test_both_are_timed_and_agree_with_a_clock(timed):
    started = time.perf_counter()
    checks, figures = check_latency(*timed, rule())
    elapsed = (time.perf_counter() - started) * 1000
    assert [(check.code, check.subject, check.outcome) for check in checks] == [
        ("PERF-016", "one_row", PASSED),
        ("PERF-016", "batch", PASSED),
    ]
    assert 0 < figures.median_ms <= figures.p99_ms < elapsed
    assert figures.batch_ms < elapsed
    assert figures.rows_per_second == pytest.approx(100 / figures.batch_ms * 1000, rel=0.01)
    assert checks[1].observed == pytest.approx(figures.batch_ms * 10, rel=0.01)


def test_a_slow_model_fails(bank, timed):
    class Slow(bank.weighted):
        def margin(self, X):  # noqa: N803
            time.sleep(0.005)
            return super().margin(X)

    slow = bank.package(bank.people(100), Slow([-0.1, 1.0, 0.0]))
    one, many = check_latency(slow, timed[1], rule(limit=4.9))[0]
    assert (one.outcome, many.outcome) == (FAILED, FAILED)


def test_sentences_are_the_same_every_time(timed):
    told = [[check.explanation for check in check_latency(*timed, rule())[0]] for _ in range(2)]
    assert told[0] == told[1]
    assert all(not re.search(r"\d ms", text) for text in told[0])


@pytest.mark.parametrize("rows", [None, 0])
def test_without_rows_nothing_is_timed(timed, rows):
    raw = None if rows is None else timed[1].slice(0, 0)
    checks, figures = check_latency(timed[0], raw, rule())
    assert ([check.outcome for check in checks], figures) == ([OPEN, OPEN], None)


def test_one_row_is_enough(timed):
    checks, figures = check_latency(timed[0], timed[1].slice(0, 1), rule())
    assert ({check.outcome for check in checks}, figures.batch_rows) == ({PASSED}, 1)


def test_blank_values_are_timed_like_any(timed):
    blank = pa.RecordBatch.from_pydict(
        {name: pa.nulls(3, timed[1].schema.field(name).type) for name in timed[1].schema.names}
    )
    assert all(check.passed for check in check_latency(timed[0], blank, rule())[0])
