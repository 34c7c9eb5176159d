"""How a delivered value becomes a typed one, in SQL, and when it is unreadable.

Three steps, each a layer of one statement, so that nothing is computed twice:
``raw`` takes the text (or number) as delivered, with blanks and missing codes as NULL;
``parsed`` tries the type; ``value`` keeps what could be read. A value that is there but
cannot be read is ``bad``. Nothing is guessed: text is never dropped, rounded or clipped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "integer", "text", "date", "code", "moment"]

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMERIC = frozenset((*_WHOLE, *(f"U{name}" for name in _WHOLE), "FLOAT", "DOUBLE", "BOOLEAN"))
_EXACT = 9_007_199_254_740_992
"""2**53: from here on a double no longer tells whole numbers apart."""


@dataclass(frozen=True)
class Reading:
    """How one column is read.

    Attributes:
        name: The column as people know it; an unreadable value is reported under it.
        alias: Its name on the bench.
        column: Its quoted name in the delivery.
        delivered: Type in which the engine finds it there.
        kind: Type the spec declares.
        decimal: Decimal mark of text.
        missing: Codes that stand for a missing value.
        codes: For ``code``: text to small integer; any other text is unreadable.
        levels: For ``text``: the values that are known, where the spec lists them.
    """

    name: str
    alias: str
    column: str
    delivered: str
    kind: Kind
    decimal: str = "."
    missing: tuple[str, ...] = ()
    codes: tuple[tuple[str, int], ...] = ()
    levels: tuple[str, ...] = ()

    @property
    def raw(self) -> str:
        """The value as delivered; blanks and missing codes are NULL."""
        if self.kind in {"number", "integer"} and self._is_number:
            return f"{self.column} AS r_{self.alias}"
        if self.kind == "date" and self.delivered.startswith(("DATE", "TIMESTAMP")):
            return f"{_day(self.column, self.delivered)} AS r_{self.alias}"
        if self.kind == "moment" and self.delivered.startswith(("DATE", "TIMESTAMP")):
            return f"{_moment(self.column, self.delivered)} AS r_{self.alias}"
        text = self._whole(as_text(self.column, self.delivered))
        if self.missing:
            text = f"CASE WHEN {text} NOT IN ({listed(self.missing)}) THEN {text} END"
        return f"{text} AS r_{self.alias}"

    @property
    def parsed(self) -> str:
        """The value in its type, or NULL where that cannot be."""
        raw = f"r_{self.alias}"
        if self.kind in {"number", "integer"}:
            return f"{self._double(raw)} AS p_{self.alias}"
        if self.kind == "date":
            native = self.delivered.startswith(("DATE", "TIMESTAMP"))
            return f"{raw if native else _date(raw)} AS p_{self.alias}"
        if self.kind == "moment":
            return f"TRY_CAST({raw} AS TIMESTAMP) AS p_{self.alias}"
        if self.kind == "code":
            cases = " ".join(f"WHEN {quoted(text)} THEN {code}" for text, code in self.codes)
            return f"CAST(CASE {raw} {cases} END AS TINYINT) AS p_{self.alias}"
        return f"{raw} AS p_{self.alias}"

    @property
    def bad(self) -> str:
        """Whether a value is there that cannot be read."""
        raw, parsed = f"r_{self.alias}", f"p_{self.alias}"
        if self.kind == "text":
            return f"FALSE AS b_{self.alias}"
        unread = f"{parsed} IS NULL"
        if self.kind in {"number", "integer"}:
            unread += f" OR isinf({parsed})"
        if self.kind == "integer":
            unread += f" OR ({parsed} <> trunc({parsed}) OR abs({parsed}) >= {_EXACT})"
        # NaN is how many writers spell a missing number; it compares as unequal to nothing here.
        there = f"{raw} IS NOT NULL"
        if self.kind in {"number", "integer"}:
            there += f" AND NOT coalesce(isnan({parsed}), FALSE)"
        return f"({there} AND ({unread})) AS b_{self.alias}"

    @property
    def value(self) -> str:
        """What the snapshot holds."""
        parsed, bad = f"p_{self.alias}", f"b_{self.alias}"
        if self.kind not in {"number", "integer"}:
            return f"{parsed} AS {self.alias}"
        gone = f"{bad} OR isnan({parsed})"
        if numbers := _numbers(self.missing):
            gone += f" OR {parsed} IN ({', '.join(map(repr, numbers))})"
        # Adding zero turns -0.0 into 0.0: one meaning, one byte string.
        kept = f"CASE WHEN {gone} THEN NULL ELSE {parsed} + 0.0 END"
        return f"CAST({kept} AS {'BIGINT' if self.kind == 'integer' else 'DOUBLE'}) AS {self.alias}"

    @property
    def _is_number(self) -> bool:
        return self.delivered in _NUMERIC or self.delivered.startswith("DECIMAL")

    def _double(self, raw: str) -> str:
        if self._is_number:
            return f"CAST({raw} AS DOUBLE)"
        strange = f"contains({raw}, '_')"  # the engine reads 1_000 as a number; a bank does not
        text = raw
        if self.decimal == ",":
            strange += f" OR contains({raw}, '.')"
            text = f"replace({raw}, ',', '.')"
        return f"CASE WHEN {strange} THEN NULL ELSE TRY_CAST({text} AS DOUBLE) END"

    def _whole(self, text: str) -> str:
        """Read 2.0 as the code 2: what became of a whole number on its way through pandas."""
        known = (*self.levels, *(code for code, _ in self.codes))
        if not known or any(level.endswith(".0") for level in known):
            return text
        return f"CASE WHEN ends_with({text}, '.0') THEN {text}[:-3] ELSE {text} END"


def as_text(column: str, delivered: str) -> str:
    """A column's text; whole numbers without a decimal point, blanks as NULL."""
    if delivered == "VARCHAR":
        return f"nullif(trim({column}), '')"
    if delivered in {"FLOAT", "DOUBLE"}:
        whole = f"{column} = trunc({column}) AND abs({column}) < {_EXACT}"
        return (
            f"CASE WHEN isnan({column}) THEN NULL WHEN {whole} "
            f"THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
        )
    if delivered.startswith("DECIMAL") and not delivered.endswith(",0)"):
        return f"rtrim(rtrim(CAST({column} AS VARCHAR), '0'), '.')"
    return f"CAST({column} AS VARCHAR)"


def pseudonymised(text: str) -> str:
    """HMAC-SHA256 of a text as 32 bytes; NULL stays NULL. The secret is in two variables."""
    inner = f"unhex(sha256(getvariable('inner_pad') || encode({text})))"
    return f"unhex(sha256(getvariable('outer_pad') || {inner}))"


def quoted(text: str) -> str:
    """A text literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A column name, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def listed(texts: Iterable[str]) -> str:
    """Text literals, separated by commas."""
    return ", ".join(quoted(text) for text in texts)


def _day(column: str, delivered: str) -> str:
    """The day of a native date or moment; moments count in UTC, on every machine."""
    if delivered == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(make_timestamp(epoch_us({column})) AS DATE)"
    return f"CAST({column} AS DATE)"


def _moment(column: str, delivered: str) -> str:
    """A native moment in UTC, on every machine."""
    if delivered == "TIMESTAMP WITH TIME ZONE":
        return f"make_timestamp(epoch_us({column}))"
    return f"CAST({column} AS TIMESTAMP)"


def _date(raw: str) -> str:
    """An ISO date (2025-01-31 or 20250131), the day of an ISO timestamp, and nothing else."""
    day = f"substr({raw}, 1, 10)"
    iso = f"regexp_full_match({raw}, '\\d{{4}}-\\d\\d-\\d\\d([T ].*)?')"
    basic = f"regexp_full_match({raw}, '\\d{{8}}')"
    return (
        f"CASE WHEN {iso} THEN TRY_CAST({day} AS DATE) "
        f"WHEN {basic} THEN CAST(try_strptime({raw}, '%Y%m%d') AS DATE) END"
    )


def _numbers(codes: Iterable[str]) -> list[float]:
    numbers = []
    for code in codes:
        try:
            numbers.append(float(code))
        except ValueError:
            continue  # a text such as "n/a"; it was taken out of the raw text
    return [number for number in numbers if number == number]  # noqa: PLR0124  (not NaN)
