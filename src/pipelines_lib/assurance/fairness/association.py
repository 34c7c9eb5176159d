"""How much do inputs know about which group somebody belongs to?

Two measures on the same bins, neither of which knows a limit: Cramér's V of one input with an
attribute, and what a small model of all inputs says of rows it was not fitted on. Missing
values have a bin of their own, so that a blank can be a proxy like any other value.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.fairness.groups import Grouping
from pipelines_lib.assurance.statistics import Floats
from pipelines_lib.modelling.features import FeatureContract, Matrix

Codes = NDArray[np.int32]
_RIDGE = 10.0
"""Rows of no information added to each bin: a bin of five people says little about a group."""
_FOLDS = 2
_SEED = 9


@dataclass(frozen=True, eq=False)
class Coded:
    """Inputs in bins: ``codes[i, j]`` is the bin of row i in column j, of ``sizes[j]`` bins."""

    names: tuple[str, ...]
    codes: Codes
    sizes: tuple[int, ...]

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.codes)

    def indicators(self) -> Floats:
        """One column a bin, 1 where the row lies in it."""
        starts = np.concatenate(([0], np.cumsum(self.sizes)))
        filled = np.zeros((self.n, int(starts[-1])))
        filled[np.arange(self.n)[:, None], self.codes + starts[:-1]] = 1.0
        return filled


def coded(contract: FeatureContract, inputs: Matrix, bins: int) -> Coded:
    """Cut every input into at most so many bins, and one more for missing values.

    Numbers are cut at their quantiles. Of a category the most frequent levels keep a bin each
    and all others share the last one: a hundred thousand levels are no hundred thousand bins.
    """
    columns = [
        _frequent(inputs[:, place], bins) if feature.is_category else _cut(inputs[:, place], bins)
        for place, feature in enumerate(contract.features)
    ]
    codes = np.empty(inputs.shape, dtype=np.int32)
    for place, (column, _) in enumerate(columns):
        codes[:, place] = column
    return Coded(contract.names, codes, tuple(size for _, size in columns))


def _cut(column: NDArray[np.float32], bins: int) -> tuple[Codes, int]:
    blank = np.isnan(column)
    present = column[~blank]
    if not len(present):
        return np.zeros(len(column), dtype=np.int32), 1
    inner = np.arange(1, bins) / bins
    edges = np.unique(np.quantile(present, inner, method="inverted_cdf"))
    edges = edges[edges > present.min()]
    places = np.searchsorted(edges, column, side="right")
    return np.where(blank, len(edges) + 1, places).astype(np.int32), len(edges) + 2


def _frequent(column: NDArray[np.float32], bins: int) -> tuple[Codes, int]:
    blank = np.isnan(column)
    levels, index, rows = np.unique(
        np.where(blank, np.float32(-1), column), return_inverse=True, return_counts=True
    )
    order = np.argsort(-np.where(levels < 0, 0, rows), kind="stable")
    rank = np.empty(len(levels), dtype=np.int32)
    rank[order] = np.minimum(np.arange(len(levels)), bins - 1)
    return np.where(blank, bins, rank[index]).astype(np.int32), bins + 1


def cramers_v(codes: Codes, size: int, grouping: Grouping) -> float | None:
    """How strongly one input goes with an attribute: 0 not at all, 1 entirely.

    Cramér's V with Bergsma's correction (2013), without which many bins and few people look
    like a strong relation. None where the input or the attribute takes one value.
    """
    groups = len(grouping.names)
    cell = codes.astype(np.int64) * groups + grouping.index
    table = np.bincount(cell, minlength=size * groups).reshape(size, groups).astype(np.float64)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    n, (rows, columns) = float(table.sum()), table.shape
    if rows < 2 or columns < 2:  # noqa: PLR2004  (one value goes with everything)
        return None
    expected = table.sum(axis=1)[:, None] * table.sum(axis=0) / n
    squared = float(np.sum((table - expected) ** 2 / expected)) / n
    corrected = max(0.0, squared - (rows - 1) * (columns - 1) / (n - 1))
    smaller = min(each - (each - 1) ** 2 / (n - 1) for each in (rows, columns)) - 1
    return math.sqrt(min(1.0, corrected / smaller)) if smaller > 0 else None


def strengths(inputs: Coded, grouping: Grouping) -> tuple[tuple[str, float], ...]:
    """Every input that goes with an attribute at all, the strongest first."""
    found = []
    for place, (name, size) in enumerate(zip(inputs.names, inputs.sizes, strict=True)):
        value = cramers_v(inputs.codes[:, place], size, grouping)
        if value:
            found.append((name, value))
    return tuple(sorted(found, key=lambda each: (-each[1], each[0])))


def membership_scores(inputs: Coded, groupings: tuple[Grouping, ...]) -> tuple[Floats, ...]:
    """Score every row for every group of some attributes, by a model fitted on the other rows.

    Fisher's linear discriminant on the bins, as ridge regression of every membership at once:
    additive like a scorecard, and one factorisation serves all groups. Rows are dealt out to
    two folds by a fixed draw, never by their order, which may itself know the group. Columns and
    memberships are centred by the rows fitted on, so that the folds' scores are on one scale and
    neither fold's share of a group shows in them.

    Returns:
        For each attribute one row an application and one column a group.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    members = [np.eye(len(each.names))[each.index] for each in groupings]
    together, design = np.concatenate(members, axis=1), inputs.indicators()
    scores = np.zeros_like(together)
    fold = np.random.default_rng(_SEED).permutation(inputs.n) % _FOLDS
    with threadpool_limits(1, user_api="blas"):  # sums in one order, whatever the machine
        for held_out in (fold == number for number in range(_FOLDS)):
            scores[held_out] = _predicted(design, together, held_out)
    ends = np.cumsum([len(each.names) for each in groupings])
    return tuple(np.split(scores, ends[:-1], axis=1))


def _predicted(design: Floats, members: Floats, held_out: NDArray[np.bool_]) -> Floats:
    fitted_on = ~held_out
    if not fitted_on.any():
        return np.zeros((int(held_out.sum()), members.shape[1]))
    centre, share = design[fitted_on].mean(axis=0), members[fitted_on].mean(axis=0)
    columns = design[fitted_on] - centre
    curvature = columns.T @ columns + _RIDGE * np.eye(columns.shape[1])
    weights = np.linalg.solve(curvature, columns.T @ (members[fitted_on] - share))
    return np.asarray((design[held_out] - centre) @ weights, dtype=np.float64)
