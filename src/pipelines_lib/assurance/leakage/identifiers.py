"""Is a feature a name of its row and no property of it? (LEAK-006).

A model that knows each row by name remembers instead of learning. Amounts have values of their
own too; what tells an identifier is that its values were given out, not measured.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.leakage.columns import Codes, Column, Rows
from pipelines_lib.assurance.leakage.sampling import thinned
from pipelines_lib.assurance.wording import percent
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.rulebook import Rule

CODE = "LEAK-006"
_PIECES = 50
"""Pieces of equally many rows in which the density of a column is taken for even."""
_REPEATS_OWED = 20
"""So many repeats by chance and hardly one seen is no chance (Poisson: below one in a million)."""
_FEW = 0.1


def check(rule: Rule, rows: Rows) -> Iterator[CheckResult]:
    """Judge the share of rows with a value of their own, where values look given out."""
    rows = thinned(rows, int(rule.parameter("max_rows")))
    for name, column in rows.columns.items():
        yield _judge(rule, name, column, rows)


def _judge(rule: Rule, name: str, column: Column, rows: Rows) -> CheckResult:
    own = own_values(column)
    if own is None:
        story = "Every value is missing."
        return replace(rule.answer(name, story, holds=True, n=column.n), observed=0.0)
    own = round(own, 6)
    story, n = f"{percent(own)} of its values are distinct", int(column.given.sum())
    if rule.holds(own):
        return replace(rule.answer(name, f"{story}.", holds=True, n=n), observed=own)
    sign = sign_of_an_identifier(
        column, rows, running=rule.parameter("running"), digits=int(rule.parameter("digits"))
    )
    if sign:
        return rule.judge(name, own, f"{story}, and {sign}.", n=n)
    story = f"{story}, but they look measured, not given out."
    return replace(rule.answer(name, story, holds=True, n=n), observed=own)


def own_values(column: Column) -> float | None:
    """Distinct values over values given; None where none is given."""
    given = column.values[column.given]
    return np.unique(given).size / given.size if given.size else None


def sign_of_an_identifier(column: Column, rows: Rows, *, running: float, digits: int) -> str | None:
    """What tells that values were given out, as the end of a sentence; None where nothing does.

    Args:
        column: With (nearly) a value of its own in every row.
        rows: The table it stands in.
        running: Rank correlation with time or row order from which it counts as running.
        digits: Length from which numbers of one length count as given out.
    """
    if column.kind == "category":
        return "texts that name one row each describe none"
    given = np.flatnonzero(column.given)
    order = given if rows.dates is None else rows.dates[given].astype(np.int64)
    values = column.ordered[given]
    if max(_correlation(values, order), _correlation(values, given)) >= running:
        return "they run with time or with the order of the rows"
    whole = column.whole_numbers
    if whole is None:
        return None
    return _given_out(whole[given], digits)


def _given_out(whole: Codes, digits: int) -> str | None:
    owed = repeats_by_chance(whole)
    repeats = whole.size - np.unique(whole).size
    if owed >= _REPEATS_OWED and repeats <= _FEW * owed:
        return f"chance alone would have repeated about {owed:.0f} of them"
    shortest, longest = whole.min(), whole.max()
    if shortest >= 10 ** (digits - 1) and len(str(shortest)) == len(str(longest)):
        return f"they are all numbers of {len(str(longest))} digits"
    return None


def repeats_by_chance(whole: Codes) -> float:
    """How many pairs would be equal, if values were drawn at the density seen?

    n(n-1)/2w in each of a number of pieces of equally many rows, w whole numbers wide.
    """
    ordered = np.sort(whole)
    cuts = np.linspace(0, ordered.size, min(_PIECES, ordered.size) + 1).astype(np.intp)
    rows = np.diff(cuts).astype(np.float64)
    ends = ordered[cuts[1:] - 1].astype(np.float64)
    width = ends - ordered[cuts[:-1]].astype(np.float64) + 1
    return float(np.sum(rows * (rows - 1) / 2 / width))


def _correlation(values: NDArray[np.float64] | Codes, order: NDArray[np.int64]) -> float:
    """Size of Spearman's rank correlation, ties at their mean rank."""
    one, other = _ranks(values), _ranks(order)
    spread = float(one.std() * other.std())
    if spread == 0:
        return 0.0
    return abs(float(np.mean((one - one.mean()) * (other - other.mean())))) / spread


def _ranks(values: NDArray[np.float64] | Codes) -> NDArray[np.float64]:
    _, place, rows = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(rows) - (rows - 1) / 2
    return np.asarray(middle[place], dtype=np.float64)
