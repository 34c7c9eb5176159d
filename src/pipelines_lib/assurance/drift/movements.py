"""What do counts in frozen bins say: an alarm, nothing, or too little to tell?

Every column has two pools: the whole watch window and its newest nights. The whole window
decides whether a column may pass; either pool may raise an alarm. Benjamini and Hochberg over
columns and pools hold false alarms down; the critical value shown is the strict one of
Bonferroni, beyond which an alarm stands whatever the other columns do. Few rows add to an index
and scatter it, so the newest nights must have moved beyond the limit surely, not just once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance.drift.discoveries import discoveries
from pipelines_lib.assurance.drift.stability import (
    Counted,
    Movement,
    Newest,
    movement,
    stability,
)
from pipelines_lib.assurance.shares import magnitude
from pipelines_lib.results import CheckResult, Outcome

if TYPE_CHECKING:
    from pipelines_lib.assurance.statistics import Estimate
    from pipelines_lib.spec.rulebook import Rule, RuleBook

_POOLS = 2


@dataclass(frozen=True, eq=False)
class Column:
    """Counts of one column beside its reference.

    Attributes:
        name: Feature, or ``score``.
        reference: Whose bins they are, as a person reads it.
        whole: All nights of the watch window.
        nights: How many those are.
        newest: The newest nights alone; None where only the whole window suffices.
        newest_nights: How many those are.
    """

    name: str
    reference: str
    whole: Counted
    nights: int
    newest: Counted | None
    newest_nights: int


@dataclass(frozen=True)
class Found:
    """One result and one movement for each column."""

    checks: tuple[CheckResult, ...] = ()
    movements: tuple[Movement, ...] = ()


def judge_columns(rules: "RuleBook", code: str, columns: Sequence[Column]) -> Found:
    """Judge the indices of some columns as one family; nothing where no policy asks."""
    if code not in rules:
        return Found()
    rule = rules.rule(code)
    rate = rule.parameter("false_discovery_rate")
    level = rate / (_POOLS * max(len(columns), 1))
    whole = [movement(each.name, each.whole, level) for each in columns]
    newest = [_newest_movement(each, level) for each in columns]
    chances = np.array(
        [[_chance(one), _chance(other)] for one, other in zip(whole, newest, strict=True)],
        dtype=np.float64,
    ).reshape(-1, _POOLS)
    stands = discoveries(chances, rate)
    judged = [
        _judge(rule, each, one, other, stands=(bool(real[0]), bool(real[1])))
        for each, one, other, real in zip(columns, whole, newest, stands, strict=True)
    ]
    moved = (
        replace(one, newest=_drawn(each, other))
        for each, one, other in zip(columns, whole, newest, strict=True)
    )
    return Found(tuple(judged), tuple(moved))


def judge_missing(
    rules: "RuleBook", code: str, columns: Sequence[Column]
) -> tuple[CheckResult, ...]:
    """Judge each change of a share of missing values, whichever way it points.

    A column passes by an interval of its own; for an alarm the intervals of all columns and
    both pools must hold together (Bonferroni).
    """
    if code not in rules:
        return ()
    rule = rules.rule(code)
    together = _POOLS * max(len(columns), 1)
    confidence = 1 - (1 - rule.parameter("confidence")) / together
    return tuple(_judge_missing(rule, each, confidence) for each in columns)


def _newest_movement(column: Column, level: float) -> Movement | None:
    return None if column.newest is None else movement(column.name, column.newest, level)


def _chance(moved: Movement | None) -> float:
    return np.nan if moved is None or moved.chance is None else moved.chance


def _drawn(column: Column, moved: Movement | None) -> Newest | None:
    if moved is None or column.newest is None:
        return None
    return Newest(
        nights=column.newest_nights,
        rows=round(float(column.newest.current.sum())),
        psi=moved.psi,
        critical=moved.critical,
        missing=moved.missing_current,
    )


def _judge(
    rule: "Rule",
    column: Column,
    whole: Movement,
    newest: Movement | None,
    *,
    stands: tuple[bool, bool],
) -> CheckResult:
    late = newest is not None and stands[1] and _surely_beyond(rule, column.newest)
    enough = enough_reference(rule, column.whole)
    alarm = enough and (late or (_beyond(rule, whole) and stands[0]))
    holds: bool | None = not alarm
    if not enough or (not alarm and not _can_tell(rule, whole)):
        holds = None
    word = _word(rule, whole, newest, holds=holds)
    rows = round(float(column.whole.current.sum()))
    answer = rule.answer(column.name, _story(word, column, whole, newest), holds=holds, n=rows)
    told = newest if newest is not None and late and not _beyond(rule, whole) else whole
    return replace(answer, observed=told.psi)


def enough_reference(rule: "Rule", counted: Counted) -> bool:
    """Whether the reference has the rows that the chi-square approximation needs."""
    least = dict(rule.parameters).get("minimum_reference", 0)
    return float(counted.reference.sum()) >= least


def _beyond(rule: "Rule", moved: Movement) -> bool:
    return moved.psi is not None and not rule.holds(moved.psi)


def _surely_beyond(rule: "Rule", newest: Counted | None) -> bool:
    """Few rows add to an index and scatter it: what they surely moved must be too far."""
    found = stability(newest.reference, newest.current) if newest is not None else None
    rate = rule.parameter("false_discovery_rate")
    return found is not None and not rule.holds(found.least(rate))


def _can_tell(rule: "Rule", moved: Movement) -> bool:
    """Whether a movement to the limit would stand out, and this one does not reach it."""
    if moved.psi is None or moved.critical is None:
        return False
    return rule.holds(moved.psi) and rule.holds(moved.critical)


def _word(rule: "Rule", whole: Movement, newest: Movement | None, *, holds: bool | None) -> str:
    if holds is None:
        return "too few rows to tell"
    if not holds:
        return "act"
    watched = (
        each.psi >= rule.parameter("watch") and each.psi > each.critical
        for each in (whole, newest)
        if each is not None and each.psi is not None and each.critical is not None
    )
    return "watch" if any(watched) else "stable"


def _story(word: str, column: Column, whole: Movement, newest: Movement | None) -> str:
    then = round(float(column.whole.reference.sum()))
    now = round(float(column.whole.current.sum()))
    nights = _nights(column.nights)
    windows = f"{now:,} current rows of {nights} against {then:,} of the {column.reference}"
    if whole.psi is None or whole.critical is None:
        why = "a window is empty" if not (now and then) else "there is one bin only"
        return f"No stability index from {windows}: {why}."
    said = f"{word}: PSI {whole.psi:.4f} from {windows}; chance alone reaches {whole.critical:.4f}."
    if newest is None or column.newest is None or newest.psi is None or newest.critical is None:
        return said
    rows = round(float(column.newest.current.sum()))
    return (
        f"{said} The newest {_nights(column.newest_nights)} alone ({rows:,} rows): "
        f"PSI {newest.psi:.4f}, chance {newest.critical:.4f}."
    )


def _nights(number: int) -> str:
    return f"{number:,} night{'' if number == 1 else 's'}"


def _judge_missing(rule: "Rule", column: Column, confidence: float) -> CheckResult:
    """Judge the size of the change: values that appear are as odd as values that vanish."""
    now, then = column.whole.missing
    story = f"Missing in {now} current rows against {then} of the {column.reference}."
    whole = _judge_change(rule, column.name, column.whole, rule.parameter("confidence"), story)
    if whole.outcome is Outcome.FAILED:
        sure = _judge_change(rule, column.name, column.whole, confidence, story)
        whole = replace(whole, outcome=sure.outcome, interval=sure.interval)
    if column.newest is None or whole.outcome is Outcome.FAILED:
        return whole
    late = f"{story} The newest {_nights(column.newest_nights)}: {column.newest.missing[0]}."
    newest = _judge_change(rule, column.name, column.newest, confidence, late)
    return newest if newest.outcome is Outcome.FAILED else replace(whole, explanation=late)


def _judge_change(
    rule: "Rule", name: str, counted: Counted, confidence: float, story: str
) -> CheckResult:
    now, then = counted.missing
    change = now.difference_to(then, confidence)
    size: Estimate | None = magnitude(change) if change else None
    return rule.judge(
        name,
        size.value if size else None,
        story,
        interval=size.interval if size else None,
        n=now.of,
    )
