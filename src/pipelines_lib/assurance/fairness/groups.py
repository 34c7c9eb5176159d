"""Which group of a protected attribute does each application belong to?

A value that no declared group covers, and a value that is missing, both belong to
``unknown``: a group of its own, never a zero and never dropped.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines_lib.spec.protected import ProtectedAttribute

UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Grouping:
    """One group per row: ``names[index[i]]`` is the group of row ``i``."""

    names: tuple[str, ...]
    index: np.ndarray

    def sizes(self, among: np.ndarray | None = None) -> np.ndarray:
        """Rows per group, among some rows or all."""
        chosen = self.index if among is None else self.index[among]
        return np.bincount(chosen, minlength=len(self.names))

    def sums(self, values: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
        """Sum of a value per group, among some rows or all."""
        index, chosen = (
            (self.index, values) if among is None else (self.index[among], values[among])
        )
        return np.bincount(index, weights=chosen, minlength=len(self.names))

    def crossed(self, other: "Grouping", between: str = " & ") -> "Grouping":
        """The intersections with the groups of another attribute, row after row of a table."""
        many = len(other.names)
        return Grouping(
            names=tuple(f"{one}{between}{two}" for one in self.names for two in other.names),
            index=self.index.astype(np.int32) * many + other.index,
        )

    def counts(self, approved: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
        """Count declined (column 0) and approved (column 1) per group, among some rows or all."""
        cell = self.index.astype(np.int32) * 2 + approved
        chosen = cell if among is None else cell[among]
        return np.bincount(chosen, minlength=2 * len(self.names)).reshape(-1, 2)


def subject(attribute: str, group: str) -> str:
    """How results and requirements name a group: ``sex=female``."""
    return f"{attribute}={group}"


def group_names(attribute: "ProtectedAttribute") -> tuple[str, ...]:
    """Declared groups in the spec's order, then ``unknown``."""
    declared = attribute.group_names
    return declared if UNKNOWN in declared else (*declared, UNKNOWN)


def group_rows(attribute: "ProtectedAttribute", values: "pa.ChunkedArray | pa.Array") -> Grouping:
    """Put every value into a declared group or into ``unknown``.

    Bands include both ends. Where two declared groups claim a value, the first one has it.
    """
    names = group_names(attribute)
    index = _by_code(attribute, values) if attribute.groups else _by_band(attribute, values)
    index[index < 0] = names.index(UNKNOWN)
    return Grouping(names=names, index=index)


@dataclass(frozen=True, eq=False)
class Protected:
    """The protected table, looked up once for all its attributes.

    ``places`` holds, for each application, its row in ``table``; null where it has none.
    """

    table: "pa.Table | None"
    places: "pa.ChunkedArray"

    @classmethod
    def of(cls, keys: "pa.ChunkedArray", table: "pa.Table | None") -> Self:
        """Find the protected row of every application."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if table is None:
            return cls(None, pa.chunked_array([pa.nulls(len(keys), pa.int32())]))
        return cls(table, pc.index_in(keys, value_set=table["key"].cast(keys.type)))

    def values(self, attribute: str) -> "pa.ChunkedArray":
        """One attribute, application by application; null where it is not known."""
        import pyarrow as pa

        if self.table is None or attribute not in self.table.column_names:
            return pa.chunked_array([pa.nulls(len(self.places), pa.string())])
        return self.table[attribute].take(self.places)


def _by_code(attribute: "ProtectedAttribute", values: "pa.ChunkedArray | pa.Array") -> np.ndarray:
    import pyarrow as pa
    import pyarrow.compute as pc

    owner: dict[str, int] = {}
    for position, codes in enumerate(attribute.groups.values()):
        for code in codes:
            owner.setdefault(code, position)
    place = pc.index_in(_as_codes(values), value_set=pa.array(list(owner), pa.string()))
    positions = np.array([*owner.values(), -1], dtype=np.int16)
    index: npt.NDArray[np.int16] = positions[pc.fill_null(place, len(owner)).to_numpy()]
    return index


def _as_codes(values: "pa.ChunkedArray | pa.Array") -> "pa.ChunkedArray | pa.Array":
    """Text of each value; a whole number reads the same from a float and from an integer."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_floating(values.type):
        whole = pc.and_(pc.is_finite(values), pc.equal(pc.floor(values), values))
        numbers = pc.if_else(whole, values, None).cast(pa.int64(), safe=False)
        return pc.if_else(whole, numbers.cast(pa.string()), values.cast(pa.string()))
    return pc.utf8_trim_whitespace(values.cast(pa.string()))


def _by_band(attribute: "ProtectedAttribute", values: "pa.ChunkedArray | pa.Array") -> np.ndarray:
    import pandas as pd

    numbers = pd.to_numeric(values.to_pandas(), errors="coerce").to_numpy(
        np.float64, na_value=np.nan
    )
    index = np.full(len(numbers), -1, dtype=np.int16)
    for position, (low, high) in enumerate(attribute.bands.values()):
        inside = ~np.isnan(numbers) & (index < 0)
        if low is not None:
            inside &= numbers >= low
        if high is not None:
            inside &= numbers <= high
        index[inside] = position
    return index
