"""What a scikit-learn estimator sees of the feature matrix, learned on the train window.

Numbers are centred and scaled, so that penalties and distances treat features alike;
categories become one column a level, of which at most one is 1. The same numbers say what
is usual: the median of a number, the most frequent level of a category.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pipelines_lib.modelling.features import FeatureContract

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Column:
    """How one feature is prepared; ``levels`` is 0 for a number.

    ``usual`` is the median or the position of the most frequent level.
    """

    levels: int
    usual: float
    mean: float
    scale: float


@dataclass(frozen=True)
class Preparation:
    """How every feature is prepared, in the order of the contract."""

    features: tuple[Column, ...]
    keep_missing: bool

    @property
    def columns(self) -> int:
        """How many columns the estimator sees."""
        return sum(column.levels or 1 for column in self.features)

    @property
    def usual(self) -> Matrix:
        """A row that is usual in every feature, as the feature matrix holds it."""
        return np.array([column.usual for column in self.features], dtype=np.float32)

    def apply(self, x: Matrix) -> Matrix:
        """Prepare rows of the feature matrix."""
        ready = np.empty((len(x), self.columns), dtype=np.float32)
        at = 0
        for values, column in zip(x.T, self.features, strict=True):
            width = column.levels or 1
            if column.levels:  # a level that is unknown or missing is none of them
                ready[:, at : at + width] = values[:, None] == np.arange(width)
            else:
                ready[:, at] = self._number(values, column)
            at += width
        return ready

    def spread(self, per_feature: Sequence[int]) -> list[int]:
        """Give every prepared column what its feature has (a direction)."""
        pairs = zip(per_feature, self.features, strict=True)
        return [value for value, column in pairs for _ in range(column.levels or 1)]

    def to_plain(self) -> dict[str, Any]:
        """The preparation as JSON values."""
        return asdict(self)

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a preparation from a package's JSON."""
        return cls(tuple(Column(**column) for column in data["features"]), data["keep_missing"])

    def _number(self, values: Matrix, column: Column) -> NDArray[np.float64]:
        filled = values.astype(np.float64)
        if not self.keep_missing:
            filled[np.isnan(filled)] = column.usual
        return (filled - column.mean) / column.scale


def fit_preparation(x: Matrix, contract: "FeatureContract", *, keep_missing: bool) -> Preparation:
    """Learn the preparation from the rows a model is trained on."""
    columns = (
        _category(values, len(feature.levels)) if feature.is_category else _number(values)
        for values, feature in zip(x.T, contract.features, strict=True)
    )
    return Preparation(tuple(columns), keep_missing)


def _category(values: Matrix, levels: int) -> Column:
    seen = np.bincount(values[~np.isnan(values)].astype(np.int64), minlength=levels)
    return Column(levels=levels, usual=float(np.argmax(seen)), mean=0.0, scale=1.0)


def _number(values: Matrix) -> Column:
    known = values[~np.isnan(values)].astype(np.float64)
    if not len(known):
        return Column(levels=0, usual=0.0, mean=0.0, scale=1.0)
    spread = float(known.std())
    return Column(
        levels=0,
        usual=float(np.median(known)),
        mean=float(known.mean()),
        scale=spread if spread > 0 else 1.0,
    )
