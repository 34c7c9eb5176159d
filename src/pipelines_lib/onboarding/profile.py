"""What is in each column, counted over every row in as few passes as possible."""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines_lib.onboarding.kinds import WHOLE, Kind, kind_of
from pipelines_lib.onboarding.special_codes import special_codes
from pipelines_lib.onboarding.table import Table

if TYPE_CHECKING:
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
    looked = [_look(table, place) for place in range(len(table.columns))]
    found: list[Profile] = []
    for start in range(0, len(looked), _AT_ONCE):
        found += _count(table, looked[start : start + _AT_ONCE])
    return tuple(_with_levels(table, _with_faults(table, each)) for each in found)


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


@dataclass(frozen=True)
class _Looked:
    """What the sample shows of a column: its kind, special codes, and different numbers."""

    place: int
    kind: Kind
    codes: tuple[float, ...] = ()
    distinct: int = 0

    @property
    def is_number(self) -> bool:
        return self.kind.form in {"number", "integer"}

    @property
    def usual(self) -> str:
        """SQL of its value without special codes."""
        if not self.codes:
            return f"v{self.place}"
        return f"CASE WHEN v{self.place} NOT IN ({_listed(self.codes)}) THEN v{self.place} END"


def _look(table: Table, place: int) -> _Looked:
    kind = kind_of(table, place)
    if kind.form not in {"number", "integer"}:
        return _Looked(place, kind)
    values = table.numbers(kind.sql)
    different = len(np.unique(values[np.isfinite(values)]))
    many = different > len(values) / 2  # then there are more of them outside of the sample
    scaled = round(different / len(values) * table.rows) if many else different
    return _Looked(place, kind, special_codes(values), scaled)


def _count(table: Table, looked: Sequence[_Looked]) -> list[Profile]:
    """One pass over every row; each value is computed once."""
    values = ", ".join(
        f"{each.kind.sql} AS v{each.place}, {each.kind.there} AS t{each.place}" for each in looked
    )
    wanted = ", ".join(part for each in looked for part in _aggregates(each))
    row = table.bench.one(f"SELECT {wanted} FROM (SELECT {values} FROM {table.scan})")
    return [_read(table, each, row) for each in looked]


def _aggregates(each: _Looked) -> list[str]:
    place, value = each.place, f"v{each.place}"
    found = [f"count_if(t{place}) AS there_{place}", f"count({value}) AS read_{place}"]
    if each.is_number:
        found += [
            f"min({each.usual}) AS lowest_{place}",
            f"max({each.usual}) AS highest_{place}",
            f"count({each.usual}) AS usual_{place}",
        ]
        return found
    found.append(f"approx_count_distinct({value}) AS distinct_{place}")
    if each.kind.form == "date":
        found += [f"min({value}) AS first_{place}", f"max({value}) AS last_{place}"]
    return found


def _read(table: Table, each: _Looked, row: Mapping[str, Any]) -> Profile:
    def value(name: str) -> Any:  # noqa: ANN401  (what the engine gives)
        return row.get(f"{name}_{each.place}")

    there, read = int(value("there")), int(value("read"))
    coded = read - int(value("usual")) if each.is_number else 0
    return Profile(
        name=table.columns[each.place],
        place=each.place,
        kind=each.kind,
        rows=table.rows,
        there=there - coded,
        unreadable=there - read,
        distinct=each.distinct if each.is_number else int(value("distinct")),
        lowest=value("lowest"),
        highest=value("highest"),
        first=value("first"),
        last=value("last"),
        codes=each.codes,
    )


def _with_faults(table: Table, found: Profile) -> Profile:
    """Count what is rare: infinite numbers, too large ones, broken ones among whole ones.

    Most columns show by their ends that they have none; the others are read once more.
    """
    ends = [abs(end) for end in (found.lowest, found.highest) if end is not None]
    from_text = found.kind.form == "integer" and table.types[found.place] not in WHOLE
    if not ends or (max(ends) < _EXACT and not from_text):
        return found
    value = found.value
    row = table.bench.one(
        f"SELECT min(v) FILTER (WHERE NOT isinf(v)) AS lowest, "
        f"max(v) FILTER (WHERE NOT isinf(v)) AS highest, count_if(isinf(v)) AS infinite, "
        f"count_if(NOT isinf(v) AND v = trunc(v) AND abs(v) >= {_EXACT}) AS beyond, "
        f"count_if(NOT isinf(v) AND v <> trunc(v)) AS broken "
        f"FROM (SELECT {value} AS v FROM {table.scan})"
    )
    kind = replace(found.kind, form="number") if row["broken"] else found.kind
    return replace(
        found,
        kind=kind,
        lowest=row["lowest"],
        highest=row["highest"],
        infinite=int(row["infinite"]),
        beyond=int(row["beyond"]),
    )


def _with_levels(table: Table, found: Profile) -> Profile:
    if found.kind.form != "text" or found.distinct > 2 * LEVELS:
        return found
    missing = set(found.kind.missing)
    levels = counted_texts(table, found.place, LEVELS + len(missing))
    return replace(found, levels=tuple(each for each in levels if each[0] not in missing))


def _listed(codes: Sequence[float]) -> str:
    return ", ".join(repr(code) for code in codes)
