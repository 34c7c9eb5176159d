"""What did every model say about the rows whose outcome is known?

The one way from the scores snapshot to numpy arrays: opened once, split by window, checked to
be probabilities, so that no question below has to doubt its numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines_lib.assurance.statistics import Floats, Labels
from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.errors import CheckNotRunError, EvidenceError

if TYPE_CHECKING:
    import pyarrow as pa

CANDIDATE: Final = "candidate"
BASELINE: Final = "baseline"
CHAMPION: Final = "champion"
LABELLED: Final = ("train", "calibration", "validation", "out_of_time")
QUESTIONED: Final = ("validation", "out_of_time")
OUT_OF_TIME: Final = "out_of_time"
_SUFFIX = "_score"
_UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class Sample:
    """The rows of one window: known outcomes, and each model's probability for them."""

    labels: Labels = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    scores: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Rows with a known outcome."""
        return int(self.labels.size)

    @property
    def positives(self) -> int:
        """Rows with the outcome the model predicts."""
        return int(self.labels.sum())

    def of(self, model: str) -> Floats:
        """The probabilities one model gave; empty where nothing was scored."""
        return self.scores.get(model, np.empty(0))


@dataclass(frozen=True, eq=False)
class Scored:
    """The labelled windows of one run; a window without rows is an empty sample."""

    windows: Mapping[str, Sample]

    def sample(self, window: str) -> Sample:
        """The rows of a window."""
        return self.windows.get(window, Sample())

    @property
    def models(self) -> frozenset[str]:
        """Which models scored the rows."""
        return frozenset(name for sample in self.windows.values() for name in sample.scores)


def open_scored(home: Path, snapshot: Snapshot) -> Scored:
    """Open a scores snapshot for questioning.

    Raises:
        EvidenceError: The snapshot is missing, altered, or holds no scores.
        CheckNotRunError: A score is not a probability.
    """
    needed = {"window", "label", f"{CANDIDATE}{_SUFFIX}"}
    if not needed <= set(snapshot.columns):
        raise EvidenceError(
            f"Snapshot {snapshot.sha256[:12]} ({snapshot.kind}) holds no candidate's scores.",
            fix="Hand over the snapshot that scoring wrote, of kind scores.",
        )
    others = [name for name in snapshot.columns if name.endswith(_SUFFIX) and name not in needed]
    return scored_from(read_snapshot(home, snapshot, [*sorted(needed), *others]))


def scored_from(table: "pa.Table") -> Scored:
    """Split a scores table by window; rows without a known outcome are left aside."""
    import pyarrow.compute as pc

    labels = pc.fill_null(table["label"], _UNKNOWN).to_numpy().astype(np.int8)
    models = {
        name.removesuffix(_SUFFIX): _probabilities(table, name)
        for name in table.column_names
        if name.endswith(_SUFFIX)
    }
    windows = {}
    for name in LABELLED:
        inside = pc.fill_null(pc.equal(table["window"], name), False).to_numpy()
        rows = np.flatnonzero(inside & (labels != _UNKNOWN))
        windows[name] = Sample(
            labels[rows], {model: scores[rows] for model, scores in models.items()}
        )
    return Scored(windows)


def _probabilities(table: "pa.Table", name: str) -> Floats:
    scores: Floats = table[name].to_numpy().astype(np.float64)
    wrong = int(np.count_nonzero(~((scores >= 0) & (scores <= 1))))
    if wrong:
        raise CheckNotRunError(
            f"{wrong} of {scores.size} values of {name} are not probabilities between 0 and 1.",
            fix="Correct the model package that made them; a model must score every row.",
        )
    return scores
