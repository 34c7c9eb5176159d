"""How bad must it get before a gate breaks? (``STRESS-004``).

Reverse stress: each scenario is dealt in multiples until approvals fall too far, too much more
is lost on those approved today, or the score ranks worse than PERF-001 allows. A coarse ladder
finds the first multiple that breaks a gate, bisection the place below it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.ranking import Ranking, auc
from pipelines_lib.assurance.sampled_rows import UNKNOWN, SampledRows
from pipelines_lib.assurance.stress.book import Book, book_of
from pipelines_lib.assurance.stress.scenarios import NONE_NAMED, UNSEEN
from pipelines_lib.assurance.stress.shocks import apply_scenario
from pipelines_lib.results import Answer, CheckResult

if TYPE_CHECKING:
    from pipelines_lib.spec.rulebook import Rule
    from pipelines_lib.spec.stress import Scenario, Stress

TOPIC = "reverse_stress"
REVERSE = "STRESS-004"
RANKING = "PERF-001"
_STEPS = 6
"""Halvings of the last step of the ladder: finer than anybody reads a multiple."""
_LADDER = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)

Broken = Callable[[float], str | None]


@dataclass(frozen=True)
class Reverse:
    """The multiple of one scenario at which a gate breaks; None where none does."""

    name: str
    multiple: float | None
    gate: str | None


@dataclass(frozen=True)
class ReverseFigures:
    """Every scenario, and how far it was driven."""

    rows: int
    largest: float
    scenarios: tuple[Reverse, ...]


@dataclass(frozen=True, eq=False)
class _Bench:
    """The applications that are driven, and the gates that may break."""

    inquiry: Inquiry
    rule: "Rule"
    stress: "Stress"
    rows: SampledRows
    before: Book

    def broken(self, scenario: "Scenario", multiple: float) -> str | None:
        """Which gate breaks, if one does."""
        package = self.inquiry.package
        shocked = apply_scenario(
            self.inquiry.spec, package.contract, self.rows.inputs, scenario, multiple=multiple
        )
        after = book_of(package, self.stress, shocked.inputs)
        approved = self.before.approved
        drop = float(approved.mean() - after.approved.mean())
        if drop > self.rule.parameter("approval_drop"):
            return "approvals"
        lost = float(self.before.losses[approved].sum())
        more = float(after.losses[approved].sum())
        if more > lost * (1 + self.rule.parameter("loss_increase")):
            return "expected loss"
        return "ranking" if self._ranks_badly(after) else None

    def _ranks_badly(self, after: Book) -> bool:
        rules = self.inquiry.rules
        known = self.rows.labels != UNKNOWN
        area = auc(Ranking.of(self.rows.labels[known], after.scores[known]))
        return RANKING in rules and area is not None and not rules.rule(RANKING).holds(area)


def ask(inquiry: Inquiry) -> Answer:
    """Drive every scenario of the spec until a gate breaks."""
    if not inquiry.asks(REVERSE):
        return unasked(TOPIC)
    rule, stress = inquiry.rules.rule(REVERSE), inquiry.spec.stress
    if stress is None:
        return Answer(TOPIC, (rule.answer(NONE_NAMED, "The spec names no scenario.", holds=None),))
    rows = inquiry.sample(UNSEEN, int(rule.parameter("max_rows")))
    if not rows.n:
        checks = (rule.judge(each.name, None, "No application.", n=0) for each in stress.scenarios)
        return Answer(TOPIC, tuple(checks))
    before = book_of(inquiry.package, stress, rows.inputs)
    bench = _Bench(inquiry, rule, stress, rows, before)
    largest = rule.parameter("largest")
    found = [_drive(bench, scenario, largest) for scenario in stress.scenarios]
    checks = (_judge(rule, each, largest, rows.n) for each in found)
    return Answer(TOPIC, tuple(checks), ReverseFigures(rows.n, largest, tuple(found)))


def _drive(bench: _Bench, scenario: "Scenario", largest: float) -> Reverse:
    """The smallest multiple at which a gate breaks, and which one."""
    held = 0.0
    for step in (*(each for each in _LADDER if each < largest), largest):
        gate = bench.broken(scenario, step)
        if gate is not None:
            breaks, gate = _between(lambda at: bench.broken(scenario, at), held, step, gate)
            return Reverse(scenario.name, round(breaks, 3), gate)
        held = step
    return Reverse(scenario.name, None, None)


def _between(broken: Broken, held: float, breaks: float, gate: str) -> tuple[float, str]:
    """Halve the span between a multiple that holds and one that breaks a gate."""
    for _ in range(_STEPS if breaks > held else 0):
        middle = float(np.mean([held, breaks]))
        found = broken(middle)
        if found is None:
            held = middle
        else:
            breaks, gate = middle, found
    return breaks, gate


def _judge(rule: "Rule", found: Reverse, largest: float, rows: int) -> CheckResult:
    if found.multiple is None:
        told = f"No gate breaks up to {largest:g} times the scenario."
        return replace(rule.judge(found.name, largest, told, n=rows), observed=largest)
    told = f"At {found.multiple:.2f} times the scenario the first gate breaks: {found.gate}."
    return rule.judge(found.name, found.multiple, told, n=rows)
