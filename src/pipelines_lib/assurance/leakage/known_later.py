"""Is a value known only after the outcome? Names and dates betray it. (LEAK-003).

Sources joined to the applications give what was known on the business date (see the joins), as
far as they say when it became known. A column of the applications themselves says nothing of
the kind: only its name and its dates can be looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.leakage.columns import Column, Dates, Rows
from pipelines_lib.assurance.leakage.sampling import thinned
from pipelines_lib.assurance.wording import percent
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.rulebook import Rule

CODE = "LEAK-003"
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_FIRST_DAY, _LAST_DAY = np.datetime64("1900-01-01"), np.datetime64("2199-12-31")
_EPOCH = {
    "s": (631_152_000, 4_102_444_800),
    "ms": (631_152_000_000, 4_102_444_800_000),
}
"""Seconds and milliseconds of 1990 to 2100; a column wholly in between is taken for moments."""
_MONTHS, _DAYS = 12, 31


def check(rule: Rule, rows: Rows) -> Iterator[CheckResult]:
    """Look at the name of every column, and at its dates where it holds any."""
    rows = thinned(rows, int(rule.parameter("max_rows")))
    for name, column in rows.columns.items():
        yield _judge(rule, column, name, rows.dates)


def betraying_word(name: str, words: tuple[str, ...]) -> str | None:
    """The first of the words that a name holds as whole parts; None where it holds none.

    ``charge_off`` is in ``months_since_charge_off`` and in ``ChargeOff``, not in
    ``surcharge_offer``. A word that ends in ``*`` may go on: ``recover*`` is in ``recoveries``.
    """
    parts = [part.casefold() for part in _PARTS.findall(name)]
    for word in words:
        wanted = [part.casefold() for part in _PARTS.findall(word)]
        ends = range(len(wanted), len(parts) + 1)
        if wanted and any(_same(parts[end - len(wanted) : end], wanted, word) for end in ends):
            return word
    return None


def _same(parts: list[str], wanted: list[str], word: str) -> bool:
    if not word.endswith("*"):
        return parts == wanted
    return parts[:-1] == wanted[:-1] and parts[-1].startswith(wanted[-1])


def days_in(column: Column) -> Dates | None:
    """The column as days, where it holds dates in one of the usual writings; else None.

    Dates proper, numbers of the form 20250131, and seconds or milliseconds since 1970.
    """
    if column.kind == "date":
        return column.values.astype("datetime64[D]")
    whole = column.whole_numbers
    if whole is None or not column.given.any():
        return None
    given = whole[column.given]
    for unit, (first, last) in _EPOCH.items():
        if given.min() >= first and given.max() <= last:
            return whole.astype(f"datetime64[{unit}]").astype("datetime64[D]")
    return _written_as_numbers(whole, given)


def _written_as_numbers(whole: NDArray[np.int64], given: NDArray[np.int64]) -> Dates | None:
    """20250131 as a day; None where any given number is no such day."""
    months, day = given // 100 % 100, given % 100
    possible = (months >= 1) & (months <= _MONTHS) & (day >= 1) & (day <= _DAYS)
    years = given // 10_000
    if not np.all(possible & (years >= 1900) & (years < 2200)):  # noqa: PLR2004  (years of people)
        return None
    start = (whole // 10_000 - 1970).astype("datetime64[Y]").astype("datetime64[M]")
    month = start + (whole // 100 % 100 - 1).astype("timedelta64[M]")
    days: Dates = month.astype("datetime64[D]") + (whole % 100 - 1).astype("timedelta64[D]")
    return days


def _judge(rule: Rule, column: Column, name: str, dates: Dates | None) -> CheckResult:
    word = betraying_word(name, rule.words)
    share = _share_later(column, dates)
    found = share is not None and not rule.holds(share)
    said = []
    if word:
        said.append(f'The name holds "{word}", which speaks of what follows an outcome')
    if share is not None:
        said.append(f"{percent(share)} of its dates are later than the business date")
    story = "; ".join(said) if said else "Neither name nor values speak of what came later"
    answer = rule.answer(name, f"{story}.", holds=not word and not found, n=column.n)
    return replace(answer, observed=share)


def _share_later(column: Column, dates: Dates | None) -> float | None:
    """Share of given dates after the business date; None where there are no dates."""
    days = None if dates is None else days_in(column)
    if days is None or dates is None:
        return None
    known = column.given & (days >= _FIRST_DAY) & (days <= _LAST_DAY) & ~np.isnat(dates)
    if not known.any():
        return None
    return float(np.mean(days[known] > dates.astype("datetime64[D]")[known]))
