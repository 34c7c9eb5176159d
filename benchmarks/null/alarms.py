"""How often does a question alarm in a bank in which nothing is wrong?

Every question of the first round is asked as a run asks it, under the house policy for the
strictest tier. An alarm is a result that failed. Nights follow each other: the champion of
each was promoted on the evidence of the one before, whose people are others.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.null.world import Bench, Made, night
from pipelines_lib.assurance import questions
from pipelines_lib.assurance.performance import latency
from pipelines_lib.canonical import plain
from pipelines_lib.results import Answer, CheckResult, Outcome

NOT_STATISTICAL: Final = frozenset({"governance"})
"""Topics that ask about papers: they are right or wrong and never unlucky."""
NOT_ASKED: Final = frozenset({latency.ask})
"""Asks the clock of the machine, not the data."""
BY_DESIGN: Final = frozenset({"PERF-007"})
"""No reason to replace an equal champion: to fail is the right answer here."""
ALLOWED: Final = 0.05
"""One run in twenty."""


@dataclass(frozen=True)
class Tally:
    """Runs of one size, and in how many of them something alarmed.

    Attributes:
        out_of_time: Rows of the out-of-time window.
        runs: How many.
        anywhere: Runs with any alarm.
        topics: Runs with an alarm, by topic.
        checks: Runs with an alarm, by code.
        asked: Codes that gave a result.
    """

    out_of_time: int
    runs: int
    anywhere: int
    topics: Mapping[str, int]
    checks: Mapping[str, int]
    asked: frozenset[str]

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.out_of_time,
            self.runs + other.runs,
            self.anywhere + other.anywhere,
            Counter(self.topics) + Counter(other.topics),
            Counter(self.checks) + Counter(other.checks),
            self.asked | other.asked,
        )


def topics() -> tuple[str, ...]:
    """Topics of the first round that chance can touch."""
    return tuple(name for name in questions.FIRST_ROUND if name not in NOT_STATISTICAL)


def count(out_of_time: int, first: int, runs: int) -> Tally:
    """Simulate some nights one after the other and count alarms.

    Args:
        out_of_time: Rows of the out-of-time window.
        first: Seed of the first night.
        runs: How many nights are counted; one more, before them, makes the first champion.
    """
    anywhere, by_topic, by_check = 0, Counter[str](), Counter[str]()
    asked: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="null-") as folder:
        nights = _nights(Path(folder), out_of_time, first, runs)
        next(nights)
        for answered in nights:
            alarms = {topic: alarming(answers) for topic, answers in answered.items()}
            anywhere += any(alarms.values())
            by_topic.update(topic for topic, codes in alarms.items() if codes)
            by_check.update({code for codes in alarms.values() for code in codes})
            asked |= {check.code for each in answered.values() for check in results(each)}
    return Tally(out_of_time, runs, anywhere, by_topic, by_check, frozenset(asked))


def results(answers: tuple[Answer, ...]) -> Iterator[CheckResult]:
    """Every result of some answers."""
    yield from (check for answer in answers for check in answer.checks)


def alarming(answers: tuple[Answer, ...]) -> frozenset[str]:
    """Codes that failed without being meant to."""
    failed = {check.code for check in results(answers) if check.outcome is Outcome.FAILED}
    return frozenset(failed - BY_DESIGN)


def _nights(
    home: Path, out_of_time: int, first: int, runs: int
) -> Iterator[dict[str, tuple[Answer, ...]]]:
    bench, evidence = Bench.at(home), None
    for seed in range(first, first + runs + 1):
        made = night(bench, out_of_time, seed, evidence=evidence)
        answered = _asked(made)
        evidence = _evidence(made, answered)
        yield answered
        for snapshot in home.rglob("*.parquet"):
            snapshot.unlink()


def _asked(made: Made) -> dict[str, tuple[Answer, ...]]:
    return {
        topic: questions.put(
            (ask for ask in questions.FIRST_ROUND[topic] if ask not in NOT_ASKED), made
        )
        for topic in topics()
    }


def _evidence(made: Made, answered: Mapping[str, tuple[Answer, ...]]) -> dict[str, Any]:
    """What the next night's questions may read of this one."""
    every = [answer for answers in answered.values() for answer in answers]
    return {
        "as_of": str(made.as_of),
        "figures": {answer.topic: plain(answer.figures) for answer in every},
        "checks": [plain(check) for check in results(tuple(every))],
    }
