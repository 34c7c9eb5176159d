"""What is in each column, counted over every row in as few passes as possible."""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from pipelines_lib.onboarding.kinds import Kind, kind_of
from pipelines_lib.onboarding.special_codes import special_codes
from pipelines_lib.onboarding.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVELS = 100
"""Categories a spec lists at most; more are names or free text, not categories."""

NEARLY_UNIQUE = 0.8
"""Share of different values from which on a column may have one for every row; counts of
different values are estimates, off by some percent."""

_AT_ONCE = 40
_EXACT = 9_007_199_254_740_992
"""2**53: from here on a double no longer tells whole numbers apart."""


@dataclass(frozen=True)
class Profile:
    """One column over every row.

    Attributes:
        name: As delivered.
        place: Its position.
        kind: How it is read.
        rows: Rows of the table.
        there: Rows with a value, readable or not; special codes are not among them.
        unreadable: Rows with a value that does not fit the reading.
        lowest: Smallest finite number that is no special code.
        highest: Largest one.
        infinite: Rows with an infinite number.
        beyond: Rows with a whole number that a double cannot tell from its neighbour.
        distinct: About how many different values.
        first: Earliest date.
        last: Latest date.
        codes: Numbers that stand apart from all others and probably mean "missing".
        levels: Every value with its rows, the most frequent first; empty where there are too many.
    """

    name: str
    place: int
    kind: Kind
    rows: int
    there: int
    unreadable: int
    distinct: int
    lowest: float | None = None
    highest: float | None = None
    infinite: int = 0
    beyond: int = 0
    first: date | None = None
    last: date | None = None
    codes: tuple[float, ...] = ()
    levels: tuple[tuple[str, int], ...] = ()

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return self.rows - self.there

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.kind.form in {"number", "integer"}

    @property
    def numbers_the_rows(self) -> bool:
        """Whether it may count the rows: whole numbers, about all different, without a gap."""
        if self.lowest is None or self.highest is None or self.kind.form != "integer":
            return False
        gapless = self.highest - self.lowest + 1 == self.rows
        return gapless and self.distinct >= NEARLY_UNIQUE * self.rows

    @property
    def value(self) -> str:
        """SQL of its value, with special codes as NULL."""
        if not self.codes:
            return self.kind.sql
        return f"CASE WHEN {self.kind.sql} NOT IN ({_listed(self.codes)}) THEN {self.kind.sql} END"


def profile(table: Table) -> tuple[Profile, ...]:
    """Profile every column."""
    kinds = [kind_of(table, place) for place in range(len(table.columns))]
    codes = [_codes(table, kind) for kind in kinds]
    found: list[Profile] = []
    for start in range(0, len(kinds), _AT_ONCE):
        places = range(start, min(start + _AT_ONCE, len(kinds)))
        found += _count(table, places, kinds, codes)
    return tuple(_with_levels(table, each) for each in found)


def repeats(table: Table, place: int) -> tuple[int, int]:
    """How many rows of a column have no value, and how many repeat another's, exactly."""
    text = table.text(place)
    (row,) = table.bench.run(
        f"SELECT count(*) - count({text}), count({text}) - count(DISTINCT {text}) FROM {table.scan}"
    )
    return int(row[0]), int(row[1])


def counted_texts(table: Table, place: int, most: int) -> tuple[tuple[str, int], ...]:
    """Every text of a column with its rows; nothing where there are more than ``most``."""
    text = table.text(place)
    rows = table.bench.run(
        f"SELECT {text} AS t, count(*) AS n FROM {table.scan} WHERE {text} IS NOT NULL "
        f"GROUP BY t ORDER BY n DESC, t LIMIT {most + 1}"
    )
    return tuple((str(t), int(n)) for t, n in rows) if len(rows) <= most else ()


def sample_numbers(table: Table, profiled: Profile) -> "NDArray[np.float64]":
    """A number for each row of the sample; NaN where there is none."""
    return table.numbers(profiled.value)


def _codes(table: Table, kind: Kind) -> tuple[float, ...]:
    if kind.form not in {"number", "integer"}:
        return ()
    return special_codes(table.numbers(kind.sql))


def _count(
    table: Table, places: Sequence[int], kinds: Sequence[Kind], codes: Sequence[tuple[float, ...]]
) -> list[Profile]:
    wanted = [each for place in places for each in _aggregates(place, kinds[place], codes[place])]
    row = table.bench.one(f"SELECT {', '.join(wanted)} FROM {table.scan}")
    return [_read(table, place, kinds[place], codes[place], row) for place in places]


def _aggregates(place: int, kind: Kind, codes: tuple[float, ...]) -> list[str]:
    value, there = kind.sql, kind.there
    found = [
        f"count(*) FILTER (WHERE {there}) AS there_{place}",
        f"count({value}) AS read_{place}",
        f"approx_count_distinct({value}) AS distinct_{place}",
    ]
    if kind.form == "date":
        found += [f"min({value}) AS first_{place}", f"max({value}) AS last_{place}"]
    if kind.form in {"number", "integer"}:
        usual = f"NOT isinf({value})"
        if codes:
            usual += f" AND {value} NOT IN ({_listed(codes)})"
            coded = f"count(*) FILTER (WHERE {value} IN ({_listed(codes)})) AS coded_{place}"
            found.append(coded)
        whole = f"{value} = trunc({value}) AND NOT isinf({value})"
        found += [
            f"min({value}) FILTER (WHERE {usual}) AS lowest_{place}",
            f"max({value}) FILTER (WHERE {usual}) AS highest_{place}",
            f"count(*) FILTER (WHERE isinf({value})) AS infinite_{place}",
            f"count(*) FILTER (WHERE {whole} AND abs({value}) >= {_EXACT}) AS beyond_{place}",
            f"count(*) FILTER (WHERE NOT ({whole}) AND NOT isinf({value})) AS broken_{place}",
        ]
    return found


def _read(
    table: Table, place: int, kind: Kind, codes: tuple[float, ...], row: dict[str, object]
) -> Profile:
    def number(name: str) -> int:
        found = row.get(f"{name}_{place}")
        return int(found) if isinstance(found, int) else 0

    def value(name: str) -> float | None:
        found = row.get(f"{name}_{place}")
        return float(found) if isinstance(found, float) else None

    def day(name: str) -> date | None:
        found = row.get(f"{name}_{place}")
        return found if isinstance(found, date) else None

    if kind.form == "integer" and number("broken"):
        kind = replace(kind, form="number")
    return Profile(
        name=table.columns[place],
        place=place,
        kind=kind,
        rows=table.rows,
        there=number("there") - number("coded"),
        unreadable=number("there") - number("read"),
        distinct=number("distinct"),
        lowest=value("lowest"),
        highest=value("highest"),
        infinite=number("infinite"),
        beyond=number("beyond"),
        first=day("first"),
        last=day("last"),
        codes=codes,
    )


def _with_levels(table: Table, found: Profile) -> Profile:
    if found.kind.form != "text" or found.distinct > 2 * LEVELS:
        return found
    missing = set(found.kind.missing)
    levels = counted_texts(table, found.place, LEVELS + len(missing))
    return replace(found, levels=tuple(each for each in levels if each[0] not in missing))


def _listed(codes: Sequence[float]) -> str:
    return ", ".join(repr(code) for code in codes)
