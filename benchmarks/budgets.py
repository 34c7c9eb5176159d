"""The budgets of the design, one function each: what is run, and what the result is."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.bank import NIGHTS, Bank
from benchmarks.installation import Installation
from benchmarks.measures import Measured, Series, exponent, interleaved
from benchmarks.table import MEGA, Finding, Line, dearest

FEATURES = 19
FLOAT32 = 4
KILO = 1000
FIRST_REPLAYED, REPLAYED = "2025-04-06", 5
LARGE = 2_000_000
"""A bank beyond this is run once: minutes a run, and nothing is compared with it."""


@dataclass(frozen=True)
class Sizes:
    """How many rows each benchmark takes."""

    share: int = 300_000
    training: int = 1_000_000
    growth: tuple[int, ...] = (30_000, 300_000, 3_000_000)
    scoring: int = 20_000

    @classmethod
    def quick(cls) -> "Sizes":
        """Small enough to try the code; the figures mean nothing."""
        return cls(share=30_000, training=60_000, growth=(30_000, 60_000), scoring=2_000)


@dataclass(frozen=True)
class Bench:
    """Where the benchmarks run, how large and how often."""

    place: Installation
    bank: Callable[[int], Bank]
    sizes: Sizes
    rounds: int
    tell: Callable[[str], None]

    def compare(self, rounds: int | None = None, **commands: Callable[[], Measured]) -> "Runs":
        """Measure commands in turn."""
        return interleaved(commands, rounds or self.rounds, self.tell)


Runs = dict[str, Series]


def presets(bench: Bench) -> Finding:
    """A whole run against a script of the libraries' presets."""
    sample, place = Bank.sample(), bench.place
    place.presets(sample)  # creates its database, as ours exist
    runs = bench.compare(
        up=partial(place.governed, sample),
        script=partial(place.presets, sample),
        cold=partial(place.governed_from_nothing, sample),
    )
    script = runs["script"].wall
    lines = [
        _ratio(
            f"Full governed run, 30,000 rows, {how}, against a script of the libraries' presets",
            budget,
            runs[name].wall,
            script,
            dearest(runs[name]),
        )
        for name, how, budget in (
            ("up", "Prefect server up", 0.5),
            ("cold", "nothing running", 0.8),
        )
    ]
    return Finding(
        tuple(lines),
        {
            "30,000, server up": runs["up"],
            "30,000, nothing running": runs["cold"],
            "30,000, presets": runs["script"],
        },
    )


def prefect(bench: Bench) -> Finding:
    """Prefect's share of a run."""
    rows, place = bench.sizes.share, bench.place
    bank = bench.bank(rows)
    runs = bench.compare(flow=partial(place.governed, bank), plain=partial(place.plain, bank))
    flow, plain = runs["flow"], runs["plain"]
    return Finding(
        (
            _ratio(
                f"Prefect's share: the flow against the same calls without it, {rows:,} rows",
                1.10,
                flow.wall,
                plain.wall,
                f"{flow.wall - plain.wall:+.1f} s, whatever the rows: the import of Prefect and a "
                "record of each task",
            ),
        ),
        {f"{rows:,}, flow": flow, f"{rows:,}, plain script": plain},
    )


def training(bench: Bench) -> Finding:
    """A whole run against the time XGBoost takes inside it."""
    rows, place = bench.sizes.training, bench.place
    bank = bench.bank(rows)
    runs = bench.compare(flow=partial(place.governed, bank), plain=partial(place.plain, bank))
    flow, plain = runs["flow"], runs["plain"]
    return Finding(
        (
            _ratio(
                f"Whole run against XGBoost's own training inside it, {rows:,} rows",
                1.5,
                flow.wall,
                plain.said("seconds_training"),
                dearest(flow, shown=4),
            ),
        ),
        {f"{rows:,}, flow": flow, f"{rows:,}, plain script": plain},
        (
            "XGBoost's own training is `Candidate.seconds_training` (the quantile matrix and "
            f"{plain.said('rounds'):.0f} rounds kept) as `benchmarks/plain.py` tells it; both "
            "scripts make the same model.",
        ),
    )


def growth(bench: Bench) -> Finding:
    """How time and memory grow with the rows."""
    sizes = bench.sizes.growth
    banks = {rows: bench.bank(rows) for rows in sizes}
    runs: dict[int, Series] = {}
    for large in (False, True):
        chosen = {
            str(rows): partial(bench.place.governed, bank)
            for rows, bank in banks.items()
            if (rows > LARGE) is large
        }
        measured = bench.compare(rounds=1 if large else None, **chosen)
        runs |= {int(name): series for name, series in measured.items()}
    least, most = runs[sizes[0]], runs[sizes[-1]]
    times = sizes[-1] / sizes[0]
    stages = {
        name: exponent(seconds, most.stages[name], times)
        for name, seconds in least.stages.items()
        if seconds > 0 and most.stages.get(name, 0) > 0
    }
    steep = sorted(stages.items(), key=lambda stage: -stage[1])
    matrix = sizes[-1] * FEATURES * FLOAT32
    return Finding(
        (
            Line(
                f"Growth of wall time from {sizes[0]:,} to {sizes[-1]:,} rows, as an exponent",
                1.0,
                exponent(least.wall, most.wall, times),
                f"{least.wall:.1f} s to {most.wall:.1f} s",
                dearest(most),
            ),
            Line(
                f"Peak memory at {sizes[-1]:,} rows: 3 float32 feature matrices and 800 MB",
                3 * matrix / MEGA + 800,
                most.peak_bytes / MEGA,
                f"one matrix is {matrix / MEGA:,.0f} MB",
                "libraries loaded, the training matrix and its quantised copy",
                unit="MB",
            ),
        ),
        {f"{rows:,}, flow, growth": series for rows, series in runs.items()},
        (
            "Exponents by stage (1 is proportional to the rows): "
            + ", ".join(f"{name} {power:.2f}" for name, power in steep)
            + ".",
        ),
    )


def evidence(bench: Bench) -> Finding:
    """What one night leaves on disk."""
    place = bench.place
    place.reset()
    before = _sizes(place.home)
    replayed = place.replay(Bank.sample(), FIRST_REPLAYED, REPLAYED)
    bench.tell(f"{REPLAYED} nights: {replayed.wall:.1f} s")
    grown = {
        part: (size - before.get(part, 0)) / REPLAYED / KILO
        for part, size in _sizes(place.home).items()
    }
    packs = grown["evidence"] + grown["runs"]
    others = sorted(grown.items(), key=lambda part: -part[1])
    return Finding(
        (
            Line(
                "Evidence stored per model and night (pack and run record)",
                300,
                packs,
                f"mean of {REPLAYED} nights of the sample",
                "curves, bins and one result a check and subject",
                unit="kB",
            ),
        ),
        {},
        (
            f"A night of the sample adds, in kB (mean of {REPLAYED} nights in one process, the "
            "first of them promoted): "
            + ", ".join(f"{part} {size:,.0f}" for part, size in others if size >= 1)
            + f". Snapshots are the night's data: {NIGHTS} nights of 300 applications each, "
            "again every night.",
            f"The {REPLAYED} nights took {replayed.wall:.1f} s together, each but the first "
            "with a champion to compare with.",
        ),
    )


def scoring(bench: Bench) -> Finding:
    """Scores with reasons against bare predictions with contributions."""
    place, rows = bench.place, bench.sizes.scoring
    done = place.governed(Bank.sample())
    pack = json.loads(Path(done.said["evidence"]["path"]).read_text())
    package = place.home / "packages" / pack["candidate"]["package_sha256"]
    snapshot = place.home / "snapshots" / f"{pack['snapshots']['clean']['sha256']}.parquet"
    runs = bench.compare(
        ours=partial(place.scoring, "package", package, snapshot, rows),
        bare=partial(place.scoring, "bare", package, snapshot, rows),
    )
    ours, bare = (runs[name].said("scoring") for name in ("ours", "bare"))
    return Finding(
        (
            _ratio(
                f"Batch scoring with reasons against bare prediction and contributions, "
                f"{rows:,} rows",
                1.3,
                ours,
                bare,
                "exact TreeSHAP, which both do",
            ),
        ),
        {},
    )


def questions(bench: Bench) -> Finding:
    """Every question alone, against the training and against the libraries' own way."""
    small, large = (bench.bank(rows) for rows in (bench.sizes.share // 10, bench.sizes.training))
    asked = [bench.place.questioning(bank).said for bank in (small, large)]
    dearest_name, cost = max(
        asked[1]["questions"].items(), key=lambda question: question[1]["seconds"]
    )
    return Finding(
        (
            _ratio(
                f"Dearest question against XGBoost's own training, {asked[1]['rows']:,} rows",
                1.0,
                cost["seconds"],
                asked[1]["seconds_training"],
                dearest_name,
            ),
            *(
                _ratio(
                    f"{ours} against {theirs}, {said['rows']:,} rows",
                    1.0,
                    said[name]["ours"],
                    said[name]["theirs"],
                    limits,
                )
                for said in asked[:1]
                for name, ours, theirs, limits in (
                    (
                        "fairlearn",
                        "Adverse impact and equal opportunity with intervals, every group",
                        "Fairlearn's own bootstrap of 100 for one attribute",
                        "joining people to scores",
                    ),
                    (
                        "evidently",
                        "Drift of every feature and the score",
                        "Evidently's preset",
                        "encoding the watched rows",
                    ),
                )
            ),
        ),
        {},
        (_by_question(*asked),),
    )


def _by_question(small: Mapping[str, Any], large: Mapping[str, Any]) -> str:
    heads = [f"{said['rows']:,} rows" for said in (small, large)]
    lines = [
        "Seconds and megabytes of every question, asked alone (samples read anew each time):",
        "",
        f"  | question | s, {heads[0]} | s, {heads[1]} | MB, {heads[0]} | MB, {heads[1]} |",
        "  |---|---:|---:|---:|---:|",
    ]
    for name, cost in large["questions"].items():
        before = small["questions"].get(name, {"seconds": 0.0, "megabytes": 0.0})
        lines.append(
            f"  | {name} | {before['seconds']:.2f} | {cost['seconds']:.2f} "
            f"| {before['megabytes']:.0f} | {cost['megabytes']:.0f} |"
        )
    return "\n".join(lines)


BUDGETS: dict[str, Callable[[Bench], Finding]] = {
    "presets": presets,
    "prefect": prefect,
    "training": training,
    "growth": growth,
    "evidence": evidence,
    "scoring": scoring,
    "questions": questions,
}


def _ratio(what: str, budget: float, ours: float, other: float, limits: str) -> Line:
    return Line(what, budget, ours / other, f"{ours:.2f} s / {other:.2f} s", limits)


def _sizes(home: Path) -> dict[str, int]:
    """Bytes on disk by part of the installation."""
    parts: dict[str, int] = {}
    for path in home.rglob("*"):
        if path.is_file():
            first, *rest = path.relative_to(home).parts
            kind = " database" if rest and ".db" in rest[0] else ""
            parts[first + kind] = parts.get(first + kind, 0) + path.stat().st_size
    return parts
