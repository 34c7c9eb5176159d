"""Which applications does a question look at, and how are they read?

A scores snapshot has the order of the applications it scored, so rows chosen by window and
score are read from the applications by position, batch by batch, never as a whole table.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.errors import CheckNotRunError
from pipelines_lib.modelling.rows import batches

if TYPE_CHECKING:
    import pyarrow as pa

NOT_TRAINED_ON = ("out_of_time", "watch", "validation")
"""Windows a candidate has not seen; the order is that of preference for a sample."""
WATCH = "watch"


def read_scores(
    home: Path, applications: Snapshot, scores: Snapshot, columns: Sequence[str]
) -> "pa.Table":
    """Read columns of the scores; they must belong to these applications, row by row."""
    if scores.rows != applications.rows:
        raise CheckNotRunError(
            f"{scores.rows} scores do not belong to {applications.rows} applications.",
            fix="Score the clean snapshot that is questioned.",
        )
    return read_snapshot(home, scores, columns)


def in_window(table: "pa.Table", *windows: str) -> NDArray[np.bool_]:
    """Mark the rows of some windows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    marked = pc.is_in(table["window"], value_set=pa.array(windows, pa.string()))
    return np.asarray(marked.to_numpy(), dtype=np.bool_)


def marked_rows(
    home: Path, applications: Snapshot, columns: Sequence[str], marked: NDArray[np.bool_]
) -> Iterator["pa.RecordBatch"]:
    """Read the marked rows, in their order."""
    import pyarrow as pa

    start = 0
    for batch in batches(home, applications, columns):
        chosen = marked[start : start + batch.num_rows]
        start += batch.num_rows
        if chosen.any():
            yield batch.filter(pa.array(chosen))


def newest_first(table: "pa.Table", marked: NDArray[np.bool_], most: int) -> NDArray[np.intp]:
    """Choose at most so many marked rows: out of time first, and the newest of each window.

    Rows lie in order of business date and key, so the choice is the same in every process.
    """
    chosen: list[NDArray[np.intp]] = []
    for window in NOT_TRAINED_ON:
        rows = np.flatnonzero(marked & in_window(table, window))[::-1]
        chosen.append(rows[: most - sum(map(len, chosen))])
    return np.concatenate(chosen)


def evenly_spread(marked: NDArray[np.bool_], most: int) -> NDArray[np.intp]:
    """Choose at most so many marked rows, evenly over all nights."""
    rows = np.flatnonzero(marked)
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]
