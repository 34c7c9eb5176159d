"""One column as it was delivered: exact values, no encoding of a model in between.

A model's input is float32, in which an integer beyond 2**24 loses its last digits and with them
its remainder. Suspicion needs the digits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.statistics import Labels

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["number", "category", "date"]
Codes = NDArray[np.int64]
Dates = NDArray[np.datetime64]
UNKNOWN = -1
"""The label of a row without a known outcome; position of a blank among levels."""


@dataclass(frozen=True, eq=False)
class Column:
    """A column of n rows.

    Attributes:
        name: As in the table.
        kind: ``number``, ``category`` or ``date``.
        values: float64 or int64 of a number; int64 positions in ``levels`` of a category;
            datetime64[D] of a date. What stands in a blank row is of no account.
        blank: Whether a row holds no value (NaN, NaT and empty text are blanks).
        levels: Distinct texts of a category, in any order.
    """

    name: str
    kind: Kind
    values: NDArray[Any]
    blank: NDArray[np.bool_]
    levels: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Rows, blanks included."""
        return int(self.blank.size)

    @property
    def given(self) -> NDArray[np.bool_]:
        """Rows that hold a value."""
        return ~self.blank

    @cached_property
    def ordered(self) -> NDArray[Any]:
        """Values that can be sorted and subtracted: dates as days; needs an order."""
        return self.values.astype(np.int64) if self.kind == "date" else self.values

    @cached_property
    def whole_numbers(self) -> Codes | None:
        """The values as int64 where all that are given are whole; blanks are 0. Else None."""
        if self.kind != "number":
            return None
        values = np.where(self.blank, 0, self.values)
        if values.dtype.kind in "iu":
            return values.astype(np.int64)
        exact = np.isfinite(values) & (np.abs(values) <= _EXACT)
        if not exact.all() or np.any(values != np.rint(values)):
            return None
        return values.astype(np.int64)

    def where(self, chosen: NDArray[Any]) -> "Column":
        """Some of the rows, by a mask or by position."""
        return Column(self.name, self.kind, self.values[chosen], self.blank[chosen], self.levels)


_EXACT = float(2**53)
"""Up to here a float64 holds every integer."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows whose outcome is known, column by column, in order of business date.

    Attributes:
        columns: By name.
        labels: 1 or 0.
        dates: Business dates (datetime64[D]); None where the table carries none.
    """

    columns: Mapping[str, Column]
    labels: Labels
    dates: Dates | None

    @property
    def n(self) -> int:
        """How many rows."""
        return int(self.labels.size)

    @property
    def positives(self) -> int:
        """Rows with the outcome."""
        return int(np.count_nonzero(self.labels == 1))

    @property
    def rarer(self) -> int:
        """Rows of the outcome that has fewer."""
        return min(self.positives, self.n - self.positives)

    def where(self, chosen: NDArray[Any]) -> "Rows":
        """Some of the rows, by a mask or by position."""
        return Rows(
            columns={name: column.where(chosen) for name, column in self.columns.items()},
            labels=self.labels[chosen],
            dates=None if self.dates is None else self.dates[chosen],
        )


def number(name: str, values: NDArray[Any]) -> Column:
    """A column of numbers: integers stay integers, anything else becomes float64."""
    if values.dtype.kind in "iu":
        return Column(
            name, "number", values.astype(np.int64), np.zeros(values.size, dtype=np.bool_)
        )
    floats = values.astype(np.float64)
    return Column(name, "number", floats, np.isnan(floats))


def category(name: str, texts: Sequence[str | None]) -> Column:
    """A column of texts; None and blank texts are blanks."""
    import pyarrow as pa

    return from_arrow(name, pa.array(texts, pa.string()))


def date(name: str, values: Dates) -> Column:
    """A column of days."""
    days = values.astype("datetime64[D]")
    return Column(name, "date", days, np.isnat(days))


def from_arrow(
    name: str,
    column: "pa.Array | pa.ChunkedArray",
    *,
    missing_codes: Sequence[str] = (),
) -> Column:
    """Read a column of a table; its type decides its kind.

    Numbers keep their digits; booleans and texts are categories; texts that are all ISO dates
    (``2025-01-31``, with or without a time) are dates.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    if pa.types.is_temporal(kind):
        return date(name, column.cast(pa.timestamp("s"), safe=False).to_numpy(zero_copy_only=False))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _without_codes(_number_from(name, column), missing_codes)
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    texts = pc.utf8_trim_whitespace(column.cast(pa.string()))
    blank_texts = pa.array(["", *missing_codes], pa.string())
    texts = pc.if_else(pc.is_in(texts, value_set=blank_texts), None, texts)
    return _dates_in_text(name, texts) or _category_from(name, texts)


def _number_from(name: str, column: Any) -> Column:  # noqa: ANN401  (pyarrow has no types)
    import pyarrow as pa

    blank = np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)
    if pa.types.is_integer(column.type) and not pa.types.is_uint64(column.type):
        values = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        return Column(name, "number", np.asarray(values, dtype=np.int64), blank)
    floats = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return number(name, np.asarray(floats, dtype=np.float64))


def _without_codes(column: Column, codes: Sequence[str]) -> Column:
    """Blank what stands for a missing value."""
    numbers = [code for code in map(_as_number, codes) if code is not None]
    if not numbers:
        return column
    blank = column.blank | np.isin(column.values, numbers)
    return Column(column.name, column.kind, column.values, blank)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _category_from(name: str, texts: Any) -> Column:  # noqa: ANN401  (pyarrow has no types)
    encoded = texts.dictionary_encode()
    codes = encoded.indices.fill_null(UNKNOWN).to_numpy(zero_copy_only=False).astype(np.int64)
    levels = tuple(str(level) for level in encoded.dictionary.to_pylist())
    return Column(name, "category", codes, codes == UNKNOWN, levels)


def _dates_in_text(name: str, texts: Any) -> Column | None:  # noqa: ANN401
    """The column as days, where every text that is given begins with an ISO date."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = pc.drop_null(texts)
    if not len(given):
        return None
    iso = pc.match_substring_regex(given, r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([T ]|$)")
    if not pc.all(iso).as_py():
        return None
    try:
        days = pc.utf8_slice_codeunits(texts, 0, 10).cast(pa.date32())
    except pa.ArrowInvalid:  # the 31st of February
        return None
    return date(name, np.asarray(days.to_numpy(zero_copy_only=False)))
