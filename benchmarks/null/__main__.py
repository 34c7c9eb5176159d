"""Count false alarms and measure power: ``python -m benchmarks.null``.

A whole run takes about half an hour on two cores and rewrites the end of ``docs/checks.md``;
with ``--quick`` a few small runs only try the code.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime
from functools import reduce
from operator import add

from benchmarks.null.alarms import Tally, count
from benchmarks.null.power import TRIALS, Caught, smallest
from benchmarks.null.table import page, replaced, too_often
from benchmarks.null.world import ROOT

DOCUMENT = ROOT / "docs" / "checks.md"
RUNS = {50: 400, 200: 400, 1_000: 300, 20_000: 60}
"""Nights that are counted, by rows out of time."""
QUICK_RUNS = {50: 4, 200: 4}
POWER_RUNS = {50: 20, 200: 20, 1_000: 10, 20_000: 5}
"""Nights for each strength of each effect that is tried."""
QUICK_POWER_RUNS = {200: 5}
CHAIN = 10
"""Nights that follow each other in one process."""


def main() -> None:
    """Count, measure, print; only a whole run replaces the page."""
    asked = _arguments()
    runs, power = (QUICK_RUNS, QUICK_POWER_RUNS) if asked.quick else (RUNS, POWER_RUNS)
    runs = {size: max(1, round(number * asked.share)) for size, number in runs.items()}
    with ProcessPoolExecutor(asked.processes) as pool:
        tallies = list(_tallies(pool, runs))
        for line in too_often(tallies):
            _tell(f"more than one run in twenty: {line}")
        caught = _caught(pool, power, quick=asked.quick)
    made = page(tallies, caught, str(datetime.now(UTC).date()))
    print(made)
    if not asked.quick:
        DOCUMENT.write_text(replaced(DOCUMENT.read_text(encoding="utf-8"), made), encoding="utf-8")
        _tell(f"wrote {DOCUMENT.relative_to(ROOT)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.null", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few small runs, to try the code")
    parser.add_argument("--share", type=float, default=1.0, help="of the nights to count")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _tallies(pool: Executor, runs: dict[int, int]) -> Iterator[Tally]:
    chains = {
        size: [
            pool.submit(count, size, first, min(CHAIN, number - first))
            for first in range(0, number, CHAIN)
        ]
        for size, number in runs.items()
    }
    for size, parts in chains.items():
        yield reduce(add, (part.result() for part in parts))
        _tell(f"counted {runs[size]} nights of {size:,} rows out of time")


def _caught(pool: Executor, runs: dict[int, int], *, quick: bool) -> list[Caught]:
    trials = TRIALS[:2] if quick else TRIALS
    jobs = [
        pool.submit(smallest, trial.name, size, number)
        for trial in trials
        for size, number in runs.items()
    ]
    return [job.result() for job in jobs]


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
