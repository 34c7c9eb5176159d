"""Measure the budgets and write ``docs/performance.md``: ``python -m benchmarks``."""

import argparse
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from benchmarks.bank import Bank
from benchmarks.budgets import BUDGETS, Bench, Sizes
from benchmarks.installation import Installation
from benchmarks.measures import ROOT
from benchmarks.table import Finding, page

PAGE = ROOT / "docs" / "performance.md"


def main() -> None:
    """Measure what was asked for; only a whole run at full size replaces the page."""
    asked = _arguments()
    names = asked.only or list(BUDGETS)
    findings: list[Finding] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        place = Installation(folder)
        stack.callback(place.stop_server)
        _tell("creating the databases")
        place.prepare()
        sizes = Sizes.quick() if asked.quick else Sizes()
        rounds = 1 if asked.quick else asked.rounds
        bench = Bench(place, cache(partial(_bank, folder)), sizes, rounds, _tell)
        for name in names:
            _tell(f"{name}: {(BUDGETS[name].__doc__ or '').strip()}")
            findings.append(BUDGETS[name](bench))
    text = page(findings, str(datetime.now(UTC).date()), rounds)
    print(text)
    if not asked.quick and not asked.only:
        PAGE.write_text(text)
        _tell(f"wrote {PAGE.relative_to(ROOT)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small banks, once: to try the code")
    parser.add_argument("--only", action="append", choices=list(BUDGETS), help="one of them")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    return parser.parse_args()


def _bank(folder: Path, rows: int) -> Bank:
    """Make a bank in a process of its own: this one must stay small (benchmarks.measures)."""
    _tell(f"making a bank of {rows:,} rows")
    path = folder / f"bank-{rows}"
    subprocess.run([sys.executable, "-m", "benchmarks.bank", path, str(rows)], cwd=ROOT, check=True)
    return Bank.at(path)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
