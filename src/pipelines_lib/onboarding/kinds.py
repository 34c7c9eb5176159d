"""What a column holds: numbers, whole numbers, categories or dates, and how it is written.

Typed columns say it themselves. Texts are looked at: a reading is taken only if every text of
the sample fits it, save those that stand for a missing value; the whole table is counted
afterwards, so nothing rests on the sample alone.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines_lib.data.columns import listed, quoted
from pipelines_lib.onboarding.table import Table
from pipelines_lib.onboarding.words import is_missing, looks_like_a_key, parts, time_rank

Form = Literal["number", "integer", "text", "date", "nested"]

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
WHOLE = frozenset((*_WHOLE, *(f"U{name}" for name in _WHOLE), "BOOLEAN"))
"""Types of the engine that hold whole numbers."""

_LOOKED_AT = 5000
_NEARLY_ALL = 0.995
"""From this share of fitting values on, the rest are faults of rows, not of the reading."""

_PLAIN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?inf(?:inity)?", re.I)
_WHOLE_TEXT = re.compile(r"[-+]?\d+")
_LEADING_ZERO = re.compile(r"0\d+")
_COMMA = re.compile(r"[-+]?\d*,?\d+")
_BY_POINTS = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_BY_COMMAS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_UNIT = re.compile(
    r"(?P<before>[€$£]?)\s*[-+]?\d+(?:[.,]\d+)?(?P<after>\s*[%€$£]|\s+[A-Za-z]+|(?:k|m|mo|yrs?)?)"
)
"""A sign, or a word set apart by a space: 920xx is no number of anything."""

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?")
_BASIC = re.compile(r"(?:19|20)\d{6}")
_FORMATS = (
    ("%d/%m/%Y", re.compile(r"\d\d?/\d\d?/\d{4}")),
    ("%m/%d/%Y", re.compile(r"\d\d?/\d\d?/\d{4}")),
    ("%d.%m.%Y", re.compile(r"\d\d?\.\d\d?\.\d{4}")),
    ("%d-%m-%Y", re.compile(r"\d\d?-\d\d?-\d{4}")),
    ("%Y/%m/%d", re.compile(r"\d{4}/\d\d?/\d\d?")),
    ("%d-%b-%Y", re.compile(r"\d\d?-[A-Za-z]{3}-\d{4}")),
    ("%b-%Y", re.compile(r"[A-Za-z]{3}-\d{4}")),
    ("%b %Y", re.compile(r"[A-Za-z]{3} \d{4}")),
    ("%Y-%m", re.compile(r"\d{4}-\d\d")),
    ("%m/%Y", re.compile(r"\d\d?/\d{4}")),
)
_MONTHS_FIRST = 12


@dataclass(frozen=True)
class Kind:
    """How a column is read.

    Attributes:
        form: What it holds.
        sql: Its value: DOUBLE of a number, VARCHAR of a text, DATE of a date; NULL if unreadable.
        there: Whether a value is there at all, readable or not.
        missing: Texts in it that stand for a missing value.
        unit: What its numbers count, where the texts say so.
        decimal: Decimal mark, where texts have one.
        rewrite: Why a nightly run cannot read it as it is; None where it can.
    """

    form: Form
    sql: str
    there: str
    missing: tuple[str, ...] = ()
    unit: str | None = None
    decimal: str | None = None
    rewrite: str | None = None


def kind_of(table: Table, place: int) -> Kind:
    """What does a column hold?"""
    column, delivered = f"c{place}", table.types[place]
    if table.is_nested(place):
        return Kind("nested", "NULL", "FALSE")
    if delivered in WHOLE or (delivered.startswith("DECIMAL") and delivered.endswith(",0)")):
        return Kind("integer", f"CAST({column} AS DOUBLE)", f"{column} IS NOT NULL")
    if delivered in {"FLOAT", "DOUBLE"} or delivered.startswith("DECIMAL"):
        value = f"nullif(CAST({column} AS DOUBLE), 'nan'::DOUBLE)"
        return Kind("number", value, f"{value} IS NOT NULL")
    if delivered == "TIMESTAMP WITH TIME ZONE":
        day = f"CAST(make_timestamp(epoch_us({column})) AS DATE)"
        return Kind("date", day, f"{column} IS NOT NULL")
    if delivered.startswith(("DATE", "TIMESTAMP")):
        return Kind("date", f"CAST({column} AS DATE)", f"{column} IS NOT NULL")
    return _of_texts(table.text(place), table.commonest(place, _LOOKED_AT), table.columns[place])


def _of_texts(text: str, found: Sequence[tuple[str, int]], name: str) -> Kind:
    missing = tuple(sorted({each for each, _ in found if is_missing(each)}))
    there = f"({text} IS NOT NULL{f' AND {text} NOT IN ({listed(missing)})' if missing else ''})"
    values = [(each, count) for each, count in found if not is_missing(each)]
    if not values:
        return Kind("text", _only(text, there), there, missing)
    for reading in (_date, _number):
        kind = reading(text, there, missing, values, name)
        if kind is not None:
            return kind
    return Kind("text", _only(text, there), there, missing)


def _only(text: str, there: str) -> str:
    return f"CASE WHEN {there} THEN {text} END"


def _fits(values: Sequence[tuple[str, int]], test: Callable[[str], object]) -> bool:
    """Whether (nearly) every value fits a reading."""
    good = sum(count for text, count in values if test(text))
    return good >= _NEARLY_ALL * sum(count for _, count in values)


def _date(
    text: str, there: str, missing: tuple[str, ...], values: Sequence[tuple[str, int]], name: str
) -> Kind | None:
    if _fits(values, _ISO.fullmatch):
        sql = f"TRY_CAST(substr({text}, 1, 10) AS DATE)"
        return Kind("date", _only(sql, there), there, missing)
    named = time_rank(name) or "dt" in parts(name)
    if named and not looks_like_a_key(name) and _fits(values, _BASIC.fullmatch):
        sql = f"CAST(try_strptime({text}, '%Y%m%d') AS DATE)"
        return Kind("date", _only(sql, there), there, missing)
    fitting = [form for form, shape in _FORMATS if _fits(values, shape.fullmatch)]
    if "%m/%d/%Y" in fitting:  # 13/02/2025 can only begin with a day
        day_first = any(int(each.split("/")[0]) > _MONTHS_FIRST for each, _ in values)
        month_first = any(int(each.split("/")[1]) > _MONTHS_FIRST for each, _ in values)
        fitting = ["%m/%d/%Y" if month_first and not day_first else "%d/%m/%Y"]
    if not fitting:
        return None
    sql = f"CAST(try_strptime({text}, {quoted(fitting[0])}) AS DATE)"
    why = f"its dates are written like {_EXAMPLES[fitting[0]]}"
    return Kind("date", _only(sql, there), there, missing, rewrite=why)


_EXAMPLES = {
    "%d/%m/%Y": "31/01/2025 (day first)",
    "%m/%d/%Y": "01/31/2025 (month first)",
    "%d.%m.%Y": "31.01.2025",
    "%d-%m-%Y": "31-01-2025",
    "%Y/%m/%d": "2025/01/31",
    "%d-%b-%Y": "31-Jan-2025",
    "%b-%Y": "Jan-2025",
    "%b %Y": "Jan 2025",
    "%Y-%m": "2025-01",
    "%m/%Y": "01/2025",
}


def _number(
    text: str, there: str, missing: tuple[str, ...], values: Sequence[tuple[str, int]], _: str
) -> Kind | None:
    if any(_LEADING_ZERO.fullmatch(each) for each, _ in values):
        return None  # 01234 is a code: its zero would be lost
    if _fits(values, _PLAIN.fullmatch):
        whole = _fits(values, _WHOLE_TEXT.fullmatch)
        mark = "." if any("." in each for each, _ in values) else None
        return Kind(
            "integer" if whole and mark is None else "number",
            _only(f"TRY_CAST({text} AS DOUBLE)", there),
            there,
            missing,
            decimal=mark,
        )
    if _fits(values, _BY_COMMAS.fullmatch) or (
        _fits(values, lambda each: _BY_COMMAS.fullmatch(each) or _PLAIN.fullmatch(each))
        and any("," in each and "." in each for each, _ in values)
    ):
        sql = f"TRY_CAST(replace({text}, ',', '') AS DOUBLE)"
        why = "its thousands are set apart by commas"
        return Kind("number", _only(sql, there), there, missing, rewrite=why)
    if _fits(values, _COMMA.fullmatch):
        sql = f"TRY_CAST(replace({text}, ',', '.') AS DOUBLE)"
        return Kind("number", _only(sql, there), there, missing, decimal=",")
    if _fits(values, lambda each: _BY_POINTS.fullmatch(each) or _COMMA.fullmatch(each)):
        sql = f"TRY_CAST(replace(replace({text}, '.', ''), ',', '.') AS DOUBLE)"
        why = "its thousands are set apart by points"
        return Kind("number", _only(sql, there), there, missing, rewrite=why)
    return _with_unit(text, there, missing, values)


def _with_unit(
    text: str, there: str, missing: tuple[str, ...], values: Sequence[tuple[str, int]]
) -> Kind | None:
    """Numbers with one unit: 36 months, 12.5 %, $100."""
    matches = [_UNIT.fullmatch(each) for each, _ in values]
    if not all(matches):
        return None
    units = {match["before"] + match["after"].strip() for match in matches if match}
    if len({unit.removesuffix("s") for unit in units}) != 1 or units == {""}:
        return None
    unit = max(units, key=len)  # months, where one says month
    digits = f"regexp_extract({text}, '[-+]?[0-9]+([.,][0-9]+)?')"
    sql = f"TRY_CAST(replace({digits}, ',', '.') AS DOUBLE)"
    why = f"its numbers carry a unit ({unit})"
    return Kind("number", _only(sql, there), there, missing, unit=unit, rewrite=why)
