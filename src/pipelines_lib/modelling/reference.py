"""What the population looked like at training: bins frozen for good, shares in each.

Drift is measured against these, years later and whatever the data have become. Bins are
cut once, on the training window; a bin edge never moves with the data it judges.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.modelling.features import FeatureContract, InputFeature, Matrix

Bins = Mapping[str, Any]
Counts = NDArray[np.int64]

BINS: Final = 10
"""Deciles: the convention of the population stability index."""


def feature_bins(
    contract: FeatureContract, train: Matrix, missing: Mapping[str, int]
) -> dict[str, Bins]:
    """Freeze the bins of every feature on the train window.

    Args:
        contract: The columns of ``train``.
        train: The encoded train window.
        missing: For each category, how many rows had no value at all: in ``train`` these
            look like the rows whose level is unknown.
    """
    return {
        feature.name: _levels(feature, train[:, place], missing[feature.name])
        if feature.is_category
        else number_bins(train[:, place])
        for place, feature in enumerate(contract.features)
    }


def number_bins(values: NDArray[np.floating]) -> Bins:
    """Cut numbers at their deciles; shares are of all values, missing ones included."""
    present = values[~np.isnan(values)]
    edges = _inner_edges(present)
    bins = {"kind": "number", "edges": edges, "n": len(values)}
    counted = counts(bins, values)
    return {
        **bins,
        "shares": [_share(rows, len(values)) for rows in counted[:-1]],
        "missing_share": _share(counted[-1], len(values)),
    }


def counts(bins: Bins, values: NDArray[np.floating]) -> Counts:
    """Rows in each frozen bin, and last those with no value (or no known level).

    A value belongs to the bin whose lower edge it reaches: ``edge <= value < next edge``.
    Numbers are compared as float32, which is how the model and the edges hold them.
    """
    compared = np.asarray(values, dtype=np.float32 if bins["kind"] == "number" else np.float64)
    present = compared[~np.isnan(compared)]
    if bins["kind"] == "number":
        edges = np.asarray(bins["edges"], dtype=np.float32)
        places = np.searchsorted(edges, present, side="right")
        length = len(edges) + 1
    else:
        places, length = present.astype(np.intp), len(bins["levels"])
    counted = np.bincount(places, minlength=length)
    return np.append(counted, len(compared) - len(present)).astype(np.int64)


def _levels(feature: InputFeature, column: Matrix, missing: int) -> Bins:
    bins = {"kind": "category", "levels": list(feature.levels), "n": len(column)}
    counted = counts(bins, column)
    return {
        **bins,
        "shares": [_share(rows, len(column)) for rows in counted[:-1]],
        "other_share": _share(counted[-1] - missing, len(column)),
        "missing_share": _share(missing, len(column)),
    }


def _inner_edges(present: NDArray[np.floating]) -> list[float]:
    """Deciles that are values of the column, each once; none where all values are the same.

    Where nine rows of ten hold the smallest value, the next larger one is the only edge.
    """
    if not len(present):
        return []
    held = present.astype(np.float32)
    smallest = held.min()
    inner = np.arange(1, BINS) / BINS
    deciles = np.unique(np.quantile(held, inner, method="inverted_cdf"))
    if edges := [float(edge) for edge in deciles if edge > smallest]:
        return edges
    larger = held[held > smallest]
    return [float(larger.min())] if len(larger) else []


def _share(rows: int | np.integer[Any], total: int) -> float:
    return float(rows) / total if total else 0.0
