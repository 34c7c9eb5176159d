"""How well does one column alone tell rows with a mark from rows without it?

Target encoding out of fold: a row is scored by the share of marks among other rows that share
its bin or level, never by its own mark. A hundred thousand levels of one row each therefore
score alike, where an encoding in sample would rank them perfectly.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.leakage.columns import Codes, Column
from pipelines_lib.assurance.ranking import Ranking
from pipelines_lib.assurance.statistics import Floats, Labels

FOLDS = 5
_PRIOR_ROWS = 10.0
"""A level counts as if so many rows at the average rate had been seen beside its own."""
_SEED = 20_250_101
"""Folds are the same in every process."""
_BINS = 64
"""Bins of a number; a value of its own weight has a bin of its own."""


@dataclass(frozen=True, eq=False)
class Binning:
    """Cuts of one column, applied alike to any rows of it. The last bin is the blank.

    Attributes:
        edges: Lowest value of every bin but the first; None for a category.
        count: Bins, the blank included.
    """

    edges: NDArray[Any] | None
    count: int

    @classmethod
    def of(cls, column: Column, most: int = _BINS) -> "Binning":
        """Cut at quantiles; a value as heavy as a bin is kept apart from its neighbours."""
        if column.kind == "category":
            return cls(None, len(column.levels) + 1)
        edges = _edges(np.sort(column.ordered[column.given]), most)
        return cls(edges, edges.size + 2)

    def codes(self, column: Column) -> Codes:
        """The bin of each row."""
        if self.edges is None:
            found = column.values
        else:
            found = np.searchsorted(self.edges, column.ordered, side="right")
        return np.where(column.blank, self.count - 1, found).astype(np.int64)


def _edges(values: NDArray[Any], most: int) -> NDArray[Any]:
    distinct = values[first_places(values)]
    if distinct.size <= most:
        return distinct[1:]
    cuts = values[np.linspace(0, values.size - 1, most + 1).astype(np.intp)[1:-1]]
    heavy = np.unique(cuts[1:][cuts[1:] == cuts[:-1]])
    after = np.searchsorted(distinct, heavy, side="right")
    ends = distinct[after[after < distinct.size]]
    edges = np.unique(np.concatenate((cuts, ends)))
    return np.asarray(edges[edges > distinct[0]])


def first_places(ordered: NDArray[Any]) -> NDArray[np.intp]:
    """Where each distinct value begins among sorted ones."""
    if not ordered.size:
        return np.empty(0, dtype=np.intp)
    return np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))


def folds(labels: Labels) -> Codes:
    """Assign each row to a fold by lot, either outcome spread evenly."""
    fold = np.empty(labels.size, dtype=np.int64)
    rng = np.random.default_rng(_SEED)
    for outcome in (0, 1):
        rows = np.flatnonzero(labels == outcome)
        fold[rng.permutation(rows)] = np.arange(rows.size) % FOLDS
    return fold


def cross_fitted(codes: Codes, count: int, labels: Labels, fold: Codes) -> Floats:
    """The rate of each row's bin among the rows of other folds, drawn to the average."""
    places = fold * count + codes
    rows = np.bincount(places, minlength=FOLDS * count).reshape(FOLDS, count)
    hits = np.bincount(places, weights=labels, minlength=FOLDS * count).reshape(FOLDS, count)
    rates = _rates(hits.sum(axis=0) - hits, rows.sum(axis=0) - rows, float(labels.mean()))
    return np.asarray(rates[fold, codes], dtype=np.float64)


def fitted(codes: Codes, count: int, labels: Labels) -> Floats:
    """The rate of every bin, drawn to the average: what these rows teach about others."""
    rows = np.bincount(codes, minlength=count)
    hits = np.bincount(codes, weights=labels, minlength=count)
    return _rates(hits, rows, float(labels.mean()))


def _rates(hits: NDArray[Any], rows: NDArray[Any], average: float) -> Floats:
    # Rounded, so that the order of a sum never parts two equal rates.
    drawn = (hits + _PRIOR_ROWS * average) / (rows + _PRIOR_ROWS)
    return np.asarray(np.round(drawn, 12), dtype=np.float64)


def alone(column: Column, marks: Labels, fold: Codes) -> Ranking | None:
    """Rank rows by one column alone, cross-fitted: an AUC of 0.5 tells nothing, 1 everything.

    Any shape counts: high, low, middle and missing values alike. None without both marks.

    Args:
        column: Of n rows.
        marks: 1 or 0.
        fold: What ``folds`` makes of the marks; the same for every column.
    """
    if not 0 < int(np.count_nonzero(marks)) < marks.size:
        return None
    binning = Binning.of(column)
    return Ranking.of(marks, cross_fitted(binning.codes(column), binning.count, marks, fold))


def alone_later(
    column: Column, marks: Labels, later: Column, later_marks: Labels
) -> Ranking | None:
    """Rank later rows by what earlier rows taught; both columns share their levels."""
    if not marks.size or not 0 < int(np.count_nonzero(later_marks)) < later_marks.size:
        return None
    binning = Binning.of(column)
    rates = fitted(binning.codes(column), binning.count, marks)
    return Ranking.of(later_marks, rates[binning.codes(later)])
