"""A bounded sample of applications with all that is known about each, as arrays.

Questions about inputs look at rows, not only at scores. A sample is spread evenly over the
nights of its windows and is the same in every process; a million rows cost no more memory
than the sample.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chosen_rows import (
    evenly_spread,
    in_window,
    marked_rows,
    read_scores,
)
from pipelines_lib.assurance.statistics import Floats, Labels
from pipelines_lib.data.snapshots import Snapshot
from pipelines_lib.modelling.features import FeatureContract, Matrix, matrix

UNKNOWN: Final = -1
"""The label of a row whose outcome has not matured."""
_SUFFIX: Final = "_score"


@dataclass(frozen=True, eq=False)
class SampledRows:
    """Applications row by row; every array has the same length.

    Attributes:
        contract: Whose encoding ``inputs`` is, and the names of its columns.
        inputs: Encoded features: positions of levels for categories, NaN for missing.
        labels: 1, 0, or ``UNKNOWN``.
        windows: Name of each row's window.
        dates: Business date of each row (datetime64[D]).
        scores: Each model's probability.
        places: Position of each row in the applications snapshot.
    """

    contract: FeatureContract
    inputs: Matrix
    labels: Labels
    windows: NDArray[np.str_]
    dates: NDArray[np.datetime64]
    scores: Mapping[str, Floats]
    places: NDArray[np.intp]

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.labels)

    def column(self, name: str) -> NDArray[np.float32]:
        """One encoded feature."""
        return np.asarray(self.inputs[:, self.contract.names.index(name)])

    def where(self, chosen: NDArray[np.bool_]) -> "SampledRows":
        """Some of the rows."""
        return SampledRows(
            contract=self.contract,
            inputs=self.inputs[chosen],
            labels=self.labels[chosen],
            windows=self.windows[chosen],
            dates=self.dates[chosen],
            scores={name: scores[chosen] for name, scores in self.scores.items()},
            places=self.places[chosen],
        )

    def within(self, *windows: str) -> "SampledRows":
        """The rows of some windows."""
        return self.where(np.isin(self.windows, windows))

    @property
    def labelled(self) -> "SampledRows":
        """The rows whose outcome is known."""
        return self.where(self.labels != UNKNOWN)


def read_sample(
    home: Path,
    applications: Snapshot,
    scores: Snapshot,
    contract: FeatureContract,
    *,
    windows: Sequence[str],
    most: int,
) -> SampledRows:
    """Read at most so many rows of some windows, evenly over their nights.

    Raises:
        EvidenceError: A snapshot is missing or altered.
        CheckNotRunError: The scores do not belong to the applications.
    """
    models = [name for name in scores.columns if name.endswith(_SUFFIX)]
    table = read_scores(home, applications, scores, ["business_date", "window", "label", *models])
    places = evenly_spread(in_window(table, *windows), most)
    marked = np.zeros(applications.rows, dtype=np.bool_)
    marked[places] = True
    parts = [
        matrix(contract, part) for part in marked_rows(home, applications, contract.names, marked)
    ]
    empty = np.empty((0, len(contract.names)), dtype=np.float32)
    chosen = table.take(places)
    return SampledRows(
        contract=contract,
        inputs=np.concatenate(parts) if parts else empty,
        labels=chosen["label"].fill_null(UNKNOWN).to_numpy().astype(np.int8),
        windows=np.asarray(chosen["window"].to_pylist(), dtype=np.str_),
        dates=chosen["business_date"].to_numpy().astype("datetime64[D]"),
        scores={
            name.removesuffix(_SUFFIX): chosen[name].to_numpy().astype(np.float64)
            for name in models
        },
        places=places,
    )
