"""What was counted, as a page for the documentation."""

from collections.abc import Sequence
from textwrap import fill
from typing import Final

from benchmarks.null.alarms import ALLOWED, BY_DESIGN, Tally, topics
from benchmarks.null.power import Caught
from pipelines_lib.assurance.statistics import wilson_interval

BEGIN: Final = "<!-- null and power: made by python -m benchmarks.null -->"
END: Final = "<!-- end -->"
HEADING: Final = "# False alarms and power"
_WIDTH: Final = 115


def page(tallies: Sequence[Tally], caught: Sequence[Caught], day: str) -> str:
    """Both tables and what they mean."""
    return "\n\n".join(map(wrapped, [BEGIN, *_alarms(tallies, day), *_power(caught), END]))


def wrapped(paragraph: str) -> str:
    """A paragraph in lines of the documentation's width; tables and markers stay whole."""
    return paragraph if paragraph.startswith(("|", "<")) else fill(paragraph, _WIDTH)


def too_often(tallies: Sequence[Tally]) -> tuple[str, ...]:
    """Topics and checks that surely alarm in more than one run of twenty, with their rates."""
    found = []
    for tally in tallies:
        for name, runs in {**tally.topics, **tally.checks}.items():
            surely = wilson_interval(runs, tally.runs, 0.95)
            if surely and surely.low > ALLOWED:
                rows = f"{tally.out_of_time:,} rows"
                found.append(f"{name} in {runs / tally.runs:.0%} of {tally.runs} runs at {rows}")
    return tuple(found)


def replaced(document: str, made: str) -> str:
    """The document with what was made between the markers; appended where there are none."""
    if BEGIN not in document:
        return f"{document.rstrip()}\n\n{HEADING}\n\n{made}\n"
    before, rest = document.split(BEGIN, 1)
    return f"{before}{made}{rest.split(END, 1)[1]}"


def _alarms(tallies: Sequence[Tally], day: str) -> list[str]:
    sizes = [f"{tally.out_of_time:,} rows" for tally in tallies]
    rows = [_row(topic, [_rate(t.topics.get(topic, 0), t) for t in tallies]) for topic in topics()]
    anywhere = _row("anything at all", [_rate(tally.anywhere, tally) for tally in tallies])
    alarmed = sorted({code for tally in tallies for code in tally.checks})
    checks = [_row(code, [_rate(t.checks.get(code, 0), t) for t in tallies]) for code in alarmed]
    asked = sorted(frozenset().union(*(tally.asked for tally in tallies)))
    runs = ", ".join(f"{tally.runs} at {tally.out_of_time:,}" for tally in tallies)
    return [
        "A bank is made up in which nothing is wrong: the candidate is the function that makes the "
        "outcomes, an equally good champion sees another input, groups are dealt out at random and "
        "nights are alike. Every question of the first round is asked as a run asks it, under the "
        "house policy for tier 1. In how many runs does something *fail*? (*Not enough evidence* "
        f"is no alarm.) At most one run in twenty may, for each topic. Counted on {day}; runs: "
        f"{runs} rows out of time.",
        _table(["topic", *sizes], [*rows, anywhere]),
        _table(["check that ever alarmed", *sizes], checks)
        if checks
        else "No check alarmed in any of these runs.",
        f"Asked: {len(asked)} checks, {', '.join(asked)}. Left out: "
        f"{', '.join(sorted(BY_DESIGN))}, "
        "which fails by design where a candidate is no better than its champion, PERF-016, which "
        "asks the clock, and governance, which chance does not touch.",
    ]


def _power(caught: Sequence[Caught]) -> list[str]:
    sizes = list(dict.fromkeys(each.out_of_time for each in caught))
    names = dict.fromkeys((each.trial, each.code) for each in caught)
    found = {(each.trial, each.out_of_time): each.size or "not caught" for each in caught}
    rows = [_row(f"{name} ({code})", [found[name, size] for size in sizes]) for name, code in names]
    return [
        "The same bank with one thing wrong. The smallest effect that is caught in at least 80 % "
        "of the runs (the check fails; before that it already lacks evidence and does not pass):",
        _table(["effect (check)", *(f"{size:,} rows" for size in sizes)], rows),
        "Rows are those out of time; fairness and drift look at more (validation and the newest "
        "nights, about twice to four times as many). With 50 rows little can be shown either way: "
        "such a night ends in *not enough evidence*, which opens no gate.",
    ]


def _rate(runs: int, tally: Tally) -> str:
    return f"{runs / tally.runs:.1%}".replace("%", " %")


def _table(head: list[str], rows: list[str]) -> str:
    rule = "|".join(["---", *["---:"] * (len(head) - 1)])
    return "\n".join([_row(head[0], head[1:]), f"|{rule}|", *rows])


def _row(name: str, cells: list[str]) -> str:
    return f"| {' | '.join([name, *cells])} |"
