"""Which rows does a segment hold, in words that another night and another model understand?

A segment is one or two conditions on declared features: a band of a number, a level of a
category, or the absence of a value. It is kept as plain values, so that whoever reads it in
the evidence of an old champion can ask the same rows of a new candidate.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.sampled_rows import SampledRows
from pipelines_lib.modelling.features import InputFeature

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Condition:
    """What one feature must be.

    Attributes:
        feature: Name of the feature.
        low: Smallest number that belongs to the band; None where it has no lower end.
        high: First number beyond the band; None where it has no upper end.
        level: The level of a category; None for a number.
        missing: The value is missing (or, for a category, a level nobody knows).
    """

    feature: str
    low: float | None = None
    high: float | None = None
    level: str | None = None
    missing: bool = False

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a condition from the JSON of an evidence pack."""
        known = {name: data[name] for name in ("low", "high", "level", "missing")}
        return cls(feature=data["feature"], **known)

    def holds(self, rows: SampledRows) -> Mask | None:
        """Mark the rows; None where their contract does not know such a feature or level."""
        found = [each for each in rows.contract.features if each.name == self.feature]
        if not found or not self._fits(found[0]):
            return None
        column = rows.column(self.feature)
        if self.missing:
            return np.asarray(np.isnan(column))
        if self.level is not None:
            return np.asarray(column == found[0].levels.index(self.level))
        low = -np.inf if self.low is None else np.float32(self.low)
        high = np.inf if self.high is None else np.float32(self.high)
        return np.asarray((column >= low) & (column < high))

    def _fits(self, feature: InputFeature) -> bool:
        if self.missing:
            return True
        return self.level in feature.levels if self.level is not None else not feature.is_category

    def __str__(self) -> str:
        """The way a person says it."""
        if self.missing:
            return f"{self.feature} missing"
        if self.level is not None:
            return f"{self.feature} = {self.level}"
        if self.low is None and self.high is None:
            return f"{self.feature} present"
        if self.low is None:
            return f"{self.feature} below {self.high:g}"
        if self.high is None:
            return f"{self.feature} from {self.low:g}"
        return f"{self.feature} from {self.low:g} to below {self.high:g}"


@dataclass(frozen=True)
class Segment:
    """Rows for which every condition holds."""

    conditions: tuple[Condition, ...]

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a segment from the JSON of an evidence pack."""
        return cls(tuple(Condition.from_plain(each) for each in data["conditions"]))

    def holds(self, rows: SampledRows) -> Mask | None:
        """Mark the rows; None where one of the conditions cannot be asked of them."""
        marked = np.ones(rows.n, dtype=np.bool_)
        for condition in self.conditions:
            held = condition.holds(rows)
            if held is None:
                return None
            marked &= held
        return marked

    def __str__(self) -> str:
        """The way a person says it."""
        return " and ".join(str(each) for each in self.conditions)


def cut(rows: SampledRows, features: Sequence[str], bands: int) -> tuple[Condition, ...]:
    """Cut features into levels, bands of about equal numbers of rows, and missing values.

    A condition that holds for every row, or for none, is no segment.
    """
    declared = {feature.name: feature for feature in rows.contract.features}
    return tuple(
        condition
        for name in features
        if name in declared
        for condition in _conditions(declared[name], rows.column(name), bands)
    )


def _conditions(
    feature: InputFeature, column: NDArray[np.float32], bands: int
) -> Iterator[Condition]:
    blank = np.isnan(column)
    present = column[~blank]
    if 0 < len(present) < len(column):
        yield Condition(feature.name, missing=True)
    if feature.is_category:
        met = np.unique(present.astype(np.intp))
        if len(met) > 1 or blank.any():
            yield from (Condition(feature.name, level=feature.levels[place]) for place in met)
        return
    edges = _edges(present, bands)
    if edges or (blank.any() and len(present)):
        for low, high in zip((None, *edges), (*edges, None), strict=True):
            yield Condition(feature.name, low=low, high=high)


def _edges(present: NDArray[np.float32], bands: int) -> tuple[float, ...]:
    """Quantiles that are values of the column, each once; none where all values are equal."""
    if not len(present):
        return ()
    inner = np.arange(1, bands) / bands
    edges = np.unique(np.quantile(present, inner, method="inverted_cdf"))
    return tuple(float(edge) for edge in edges if edge > present.min())
