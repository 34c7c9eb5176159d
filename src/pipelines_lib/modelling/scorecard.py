"""The permanent baseline: weights of evidence in bins, added up by a logistic regression.

Every bank can read it: each feature is cut into bins, each bin has one number, the margin
is their weighted sum. It is stored as JSON. Here a weight of evidence is the log-odds of a
bin minus the log-odds of all rows, so a higher one means a higher probability of the
positive class, and a zero means a bin like the average.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.errors import SpecError, bounded
from pipelines_lib.modelling.features import FeatureContract, InputFeature, Matrix
from pipelines_lib.modelling.logistic import fit_logistic, log_odds
from pipelines_lib.modelling.monotone import pool_adjacent

Floats = NDArray[np.float64]

MODEL_FILE: Final = "scorecard.json"
BINS: Final = 10
BORROWED_ROWS: Final = 10.0
"""Rows of average risk added to each bin: a bin of five rows says little, an empty one nothing."""
RIDGE: Final = 1.0
"""The penalty of scikit-learn's default logistic regression, in the same unit."""
_DIGITS: Final = 12  # beyond what Newton leaves to the order of additions


@dataclass(frozen=True)
class ScorecardFeature:
    """The bins of one feature.

    Attributes:
        name: The column.
        edges: Lower edges of all bins but the first; empty for a category.
        woe: Weight of evidence of each bin, or of each level of a category.
        missing_woe: Weight of evidence of missing and unknown values.
        coefficient: What the margin takes of it; never negative.
        mean: Mean contribution in the train window; contributions are told from here.
    """

    name: str
    edges: tuple[float, ...]
    woe: tuple[float, ...]
    missing_woe: float
    coefficient: float = 0.0
    mean: float = 0.0

    def evidence(self, column: NDArray[np.floating]) -> Floats:
        """The weight of evidence of each value."""
        return np.array([*self.woe, self.missing_woe])[self.places(column)]

    def places(self, column: NDArray[np.floating]) -> NDArray[np.intp]:
        """The bin of each value; one past the last for a missing one."""
        if self.edges or len(self.woe) == 1:
            edges = np.array(self.edges, dtype=np.float32)
            found = np.searchsorted(edges, column, side="right")
        else:
            found = np.nan_to_num(column).astype(np.intp)
        return np.where(np.isnan(column), len(self.woe), found)


@dataclass(frozen=True)
class Scorecard:
    """A fitted scorecard."""

    features: tuple[ScorecardFeature, ...]
    intercept: float

    def margin(self, X: Matrix) -> Floats:  # noqa: N803
        """The log-odds of each row: the intercept and one number per feature."""
        total = np.full(len(X), self.intercept)
        for place, feature in enumerate(self.features):
            if feature.coefficient:
                total += feature.coefficient * feature.evidence(X[:, place])
        return total

    def contributions(self, X: Matrix) -> tuple[Floats, float]:  # noqa: N803
        """What each feature adds beyond its mean in the train window, and the bias."""
        values = np.empty((len(X), len(self.features)))
        for place, feature in enumerate(self.features):
            values[:, place] = feature.coefficient * feature.evidence(X[:, place]) - feature.mean
        return values, self.intercept + sum(feature.mean for feature in self.features)

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write JSON."""
        (folder / MODEL_FILE).write_bytes(canonical_bytes(asdict(self)))
        return (MODEL_FILE,)


def load(folder: Path) -> Scorecard:
    """Read a scorecard back from its JSON."""
    data = parse((folder / MODEL_FILE).read_bytes())
    return Scorecard(
        features=tuple(_feature_from(one) for one in data["features"]),
        intercept=float(data["intercept"]),
    )


def check_parameters(parameters: Mapping[str, object]) -> None:
    """Refuse parameters: a scorecard has none to set."""
    if parameters:
        raise SpecError(
            f"training.parameters: a scorecard takes none, but {bounded(parameters)} is set.",
            fix="Remove training.parameters and training.search.",
        )


def fit(X: Matrix, y: NDArray[np.float32], contract: FeatureContract) -> Scorecard:  # noqa: N803
    """Bin each feature, weigh the bins, and fit one coefficient a feature.

    A feature whose coefficient comes out negative is left out (coefficient zero) and the
    others are fitted again: turned round, it would contradict its own bins, the reason
    codes and any monotone direction the spec demands.
    """
    binned = [_weigh(feature, X[:, place], y) for place, feature in enumerate(contract.features)]
    evidence = np.empty(X.shape, dtype=np.float32)
    for place, feature in enumerate(binned):
        evidence[:, place] = feature.evidence(X[:, place])
    coefficients, intercept = _fit_non_negative(evidence, y)
    means = evidence.mean(axis=0, dtype=np.float64) * coefficients
    return Scorecard(
        features=tuple(
            _with(feature, float(coefficient), float(mean))
            for feature, coefficient, mean in zip(binned, coefficients, means, strict=True)
        ),
        intercept=_rounded(intercept),
    )


def _fit_non_negative(evidence: Matrix, y: NDArray[np.float32]) -> tuple[Floats, float]:
    coefficients = np.zeros(evidence.shape[1])
    kept = np.flatnonzero(np.ptp(evidence, axis=0) > 0)
    while True:
        fitted, intercept = fit_logistic(evidence[:, kept], y, ridge=RIDGE)
        if (fitted >= 0).all():
            coefficients[kept] = fitted
            return coefficients, intercept
        kept = kept[fitted >= 0]


def _weigh(feature: InputFeature, column: Matrix, y: NDArray[np.float32]) -> ScorecardFeature:
    if feature.is_category:
        blank = ScorecardFeature(feature.name, (), (0.0,) * len(feature.levels), 0.0)
        return _weighed(blank, *_tally(blank, column, y))
    edges = _inner_edges(column)
    if feature.monotone != "none":
        edges = _monotone_edges(feature, edges, column, y)
    blank = ScorecardFeature(feature.name, edges, (0.0,) * (len(edges) + 1), 0.0)
    return _weighed(blank, *_tally(blank, column, y))


def _weighed(blank: ScorecardFeature, positives: Floats, rows: Floats) -> ScorecardFeature:
    """Weigh each bin against all rows.

    ``ln((positives + b p) / (negatives + b (1 - p))) - ln(p / (1 - p))``, where ``p`` is the
    share of positives among all rows and ``b`` is ``BORROWED_ROWS``.
    """
    average = float(positives.sum() / rows.sum())
    bad = positives + BORROWED_ROWS * average
    good = rows - positives + BORROWED_ROWS * (1 - average)
    woe = [_rounded(value) for value in np.log(bad / good) - log_odds(average)]
    return ScorecardFeature(blank.name, blank.edges, tuple(woe[:-1]), woe[-1])


def _tally(bins: ScorecardFeature, column: Matrix, y: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Positives and rows of each bin, the missing one last."""
    places = bins.places(column)
    length = len(bins.woe) + 1
    positives = np.bincount(places, weights=y, minlength=length).astype(np.float64)
    return positives, np.bincount(places, minlength=length).astype(np.float64)


def _inner_edges(column: Matrix) -> tuple[float, ...]:
    present = column[~np.isnan(column)]
    if not len(present):
        return ()
    inner = np.arange(1, BINS) / BINS
    deciles = np.unique(np.quantile(present, inner, method="inverted_cdf"))
    return tuple(float(edge) for edge in deciles if edge > present.min())


def _monotone_edges(
    feature: InputFeature, edges: tuple[float, ...], column: Matrix, y: NDArray[np.float32]
) -> tuple[float, ...]:
    """Join neighbouring bins until their rates follow the direction the spec demands."""
    blank = ScorecardFeature(feature.name, edges, (0.0,) * (len(edges) + 1), 0.0)
    positives, rows = (tallied[:-1] for tallied in _tally(blank, column, y))
    if not rows.all():
        return edges  # a column without values has one bin and nothing to join
    events = positives if feature.monotone == "increasing" else rows - positives
    return tuple(edges[first - 1] for first, _ in pool_adjacent(events, rows) if first)


def _with(feature: ScorecardFeature, coefficient: float, mean: float) -> ScorecardFeature:
    return ScorecardFeature(
        feature.name,
        feature.edges,
        feature.woe,
        feature.missing_woe,
        coefficient=_rounded(coefficient),
        mean=_rounded(mean),
    )


def _rounded(value: float) -> float:
    return float(f"{float(value):.{_DIGITS}g}")


def _feature_from(data: Mapping[str, Any]) -> ScorecardFeature:
    return ScorecardFeature(
        name=data["name"],
        edges=tuple(float(edge) for edge in data["edges"]),
        woe=tuple(float(value) for value in data["woe"]),
        missing_woe=float(data["missing_woe"]),
        coefficient=float(data["coefficient"]),
        mean=float(data["mean"]),
    )
