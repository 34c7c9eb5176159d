"""The page people read: each budget, what was measured, met or missed, and what limits it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.measures import Series

MEGA = 1_000_000
MACHINE = "2 cores, 24 GiB"


@dataclass(frozen=True)
class Line:
    """One budget and how it was kept.

    Attributes:
        what: What was measured.
        budget: The largest result that keeps it.
        result: What was measured, in the budget's unit.
        behind: The figures the result was made from.
        limits: What the time or the space goes to.
        unit: Of budget and result; a ratio has none.
    """

    what: str
    budget: float
    result: float
    behind: str
    limits: str
    unit: str = ""

    @property
    def verdict(self) -> str:
        """Met, or missed by how much."""
        if self.result <= self.budget:
            return "met"
        return f"**missed** by {(self.result / self.budget - 1):.0%}"


@dataclass(frozen=True)
class Finding:
    """What one benchmark found: its lines, and the runs its seconds per stage come from."""

    lines: tuple[Line, ...]
    series: Mapping[str, Series]
    notes: tuple[str, ...] = ()


def page(findings: Sequence[Finding], day: str, rounds: int) -> str:
    """The whole document."""
    series = {name: each for found in findings for name, each in found.series.items()}
    lines = [line for found in findings for line in found.lines]
    notes = [note for found in findings for note in found.notes]
    parts = [
        "# Performance",
        f"Measured on {day} on a machine with {MACHINE} by `make bench`, which rewrites this page. "
        "Budgets are ratios of two things measured side by side in one run, so that they mean "
        f"the same on another machine. Every run is a fresh process; what is compared takes turns. "
        f"Medians of {rounds} rounds, unless the second table says otherwise.",
        _budgets(lines),
        "## What was run",
        _runs(series),
        "## Seconds by stage",
        _stages(series),
        "## Notes",
        "\n".join(f"- {note}" for note in (*notes, *_METHOD)),
    ]
    return "\n\n".join(parts) + "\n"


_METHOD = (
    "Wall time includes the start and end of the process. Processor time and peak memory are "
    "the process's own as the kernel counts them; the Prefect server runs beside it.",
    "Each run starts from an installation whose databases exist and in which the model was "
    "never run, so every run trains, is promoted and registers.",
    "Banks other than the sample are drawn from it (`benchmarks/bank.py`): their clients repeat "
    "with changed amounts, so their AUC means nothing.",
    "Telemetry of all libraries is switched off for both sides of every comparison.",
)


def _budgets(lines: Iterable[Line]) -> str:
    rows = [
        (
            line.what,
            f"≤ {_figure(line.budget, line.unit)}",
            _figure(line.result, line.unit),
            line.verdict,
            line.behind,
            line.limits,
        )
        for line in lines
    ]
    return markdown(("measure", "budget", "result", "", "figures", "what limits it"), rows)


def _runs(series: Mapping[str, Series]) -> str:
    rows = [
        (
            name,
            str(len(each.runs)),
            f"{each.wall:.2f}",
            f"{each.cpu:.2f}",
            f"{each.peak_bytes / MEGA:,.0f}",
            str(each.runs[0].said.get("verdict", "")),
        )
        for name, each in series.items()
    ]
    return markdown(("run", "times", "wall s", "processor s", "peak MB", "verdict"), rows)


def _stages(series: Mapping[str, Series]) -> str:
    timed = {name: each for name, each in series.items() if each.stages}
    names = dict.fromkeys(stage for each in timed.values() for stage in each.stages)
    rows = [
        (stage, *(_seconds(each.stages.get(stage)) for each in timed.values())) for stage in names
    ]
    rest = ("before, between and after", *(_seconds(_rest(each)) for each in timed.values()))
    return markdown(("stage", *timed), [*rows, rest])


def _rest(series: Series) -> float:
    return series.wall - sum(series.stages.values())


def dearest(series: Series, shown: int = 3) -> str:
    """The stages that take most of a run's wall time."""
    parts = {**series.stages, "starting and importing": _rest(series)}
    most = sorted(parts.items(), key=lambda part: -part[1])[:shown]
    return ", ".join(f"{name} {seconds / series.wall:.0%}" for name, seconds in most)


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; figures line up to the right."""
    ruled = ["---" if place == 0 else "---:" for place in range(len(head))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ruled, *rows))


def _figure(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if unit else f"{value:.2f}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
