"""Which columns of a table know the outcome before it happened?

For a table that has no model yet. The same questions are put to every candidate later (see
``features``), by the same rules; here there is neither spec nor snapshot, only columns::

    limits = SuspicionLimits.from_packs([pack], tier=2, day=today)
    columns = {name: from_arrow(name, table[name]) for name in table.column_names}
    found = suspect(columns, labels, dates, limits)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.leakage import time_proxy
from pipelines_lib.assurance.leakage.asking import ASKED, AskedRows
from pipelines_lib.assurance.leakage.columns import UNKNOWN, Column, Rows
from pipelines_lib.results import Outcome
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.rulebook import Rule, RuleBook, rules_of


@dataclass(frozen=True)
class Suspicion:
    """One column and what speaks against it.

    Attributes:
        column: Name of the column.
        code: The check it would fail (``LEAK-001``).
        figure: The figure of that check; None where only the name betrays the column.
        story: One plain sentence, without any row of data.
    """

    column: str
    code: str
    figure: float | None
    story: str


@dataclass(frozen=True)
class SuspicionLimits:
    """The rules of a policy on leakage: every number comes from there."""

    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, book: RuleBook) -> "SuspicionLimits":
        """The rules that hold for a model."""
        return cls(tuple(rule for rule in book.rules if rule.check in ASKED))

    @classmethod
    def from_packs(cls, packs: Iterable[PolicyPack], *, tier: int, day: date) -> "SuspicionLimits":
        """The rules for a model that does not exist yet; the strictest of all packs."""
        rules = rules_of(packs, tier, day)
        return cls(tuple(rule for code, rule in rules.items() if code in ASKED))


def suspect(
    columns: Mapping[str, Column],
    labels: NDArray[np.int8],
    dates: NDArray[np.datetime64] | None,
    limits: SuspicionLimits,
) -> tuple[Suspicion, ...]:
    """Name every column that fails LEAK-001 to LEAK-007, and why.

    Args:
        columns: Every candidate input, by name, rows in the order of the table. Leave out the
            label, and the key if it is known.
        labels: 1, 0, or -1 where the outcome is not known; such rows are left aside.
        dates: Business date of each row, or None: then nothing can be said about time.
        limits: The rules.

    Returns:
        In the order of the columns, then of the codes. A column may be named more than once.
        Empty where no row of one of the outcomes is known.
    """
    known = np.asarray(labels != UNKNOWN)
    rows = Rows(dict(columns), np.asarray(labels, dtype=np.int8), dates).where(known)
    if rows.rarer == 0:
        return ()
    rows = _in_time(rows)
    asked = AskedRows(all=rows, train=rows, later=None)
    found = [
        Suspicion(result.subject, result.code, result.observed, result.explanation)
        for rule in limits.rules
        if not (rows.dates is None and rule.check == time_proxy.CODE)
        for result in ASKED[rule.check](rule, asked)
        if result.outcome is Outcome.FAILED
    ]
    order = {name: place for place, name in enumerate(columns)}
    return tuple(sorted(found, key=lambda each: (order[each.column], each.code)))


def _in_time(rows: Rows) -> Rows:
    """Rows in the order of their dates; without dates as they came."""
    if rows.dates is None or np.all(rows.dates[1:] >= rows.dates[:-1]):
        return rows
    return rows.where(np.argsort(rows.dates, kind="stable"))
