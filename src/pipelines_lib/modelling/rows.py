"""Reading a snapshot's features window by window, without ever holding the whole table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.data.snapshots import Snapshot, snapshot_path
from pipelines_lib.modelling.features import FeatureContract, Matrix, matrix

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH: Final = 65_536
"""Rows decoded at a time: what streaming costs in memory."""


@dataclass(frozen=True)
class WindowRows:
    """The encoded rows of one window.

    Attributes:
        X: One row an application, in the snapshot's order.
        y: Outcomes, 0 and 1.
        missing: For each category, rows without any value (unknown levels do not count).
    """

    X: Matrix
    y: NDArray[np.float32]
    missing: dict[str, int]


def read_window(
    home: Path,
    snapshot: Snapshot,
    contract: FeatureContract,
    rows: NDArray[np.bool_],
    label: NDArray[np.float64],
) -> WindowRows:
    """Encode the marked rows of a snapshot into one matrix, filled batch by batch.

    Args:
        home: Where the snapshot lies.
        snapshot: What is read.
        contract: Which columns, in which order.
        rows: One flag for each row of the snapshot.
        label: One outcome for each row of the snapshot.
    """
    inputs = np.empty((int(rows.sum()), len(contract.features)), dtype=np.float32)
    missing = {feature.name: 0 for feature in contract.features if feature.is_category}
    filled = 0
    for wanted in chosen_batches(home, snapshot, contract.names, rows):
        inputs[filled : filled + wanted.num_rows] = matrix(contract, wanted)
        filled += wanted.num_rows
        for name in missing:
            missing[name] += wanted[name].null_count
    return WindowRows(inputs, label[rows].astype(np.float32), missing)


def chosen_batches(
    home: Path, snapshot: Snapshot, columns: Sequence[str], rows: NDArray[np.bool_]
) -> Iterator["pa.RecordBatch"]:
    """The marked rows of a snapshot in their order; what holds none of them is not decoded.

    Snapshots are sorted by date, so a window is a few neighbouring row groups.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    start = 0
    with pq.ParquetFile(snapshot_path(home, snapshot)) as stored:
        for group in range(stored.num_row_groups):
            length = stored.metadata.row_group(group).num_rows
            chosen = rows[start : start + length]
            start += length
            if not chosen.any():
                continue
            at = 0
            for batch in _decoded(stored, columns, [group]):
                marked = chosen[at : at + batch.num_rows]
                at += batch.num_rows
                yield batch if marked.all() else batch.filter(pa.array(marked))


def batches(home: Path, snapshot: Snapshot, columns: Sequence[str]) -> Iterator["pa.RecordBatch"]:
    """All rows of a snapshot in their order, a few columns and a bounded number at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(snapshot_path(home, snapshot)) as stored:
        yield from _decoded(stored, columns, list(range(stored.num_row_groups)))


def _decoded(
    stored: "pq.ParquetFile", columns: Sequence[str], groups: list[int]
) -> Iterator["pa.RecordBatch"]:
    present = set(stored.schema_arrow.names)
    # A column that is absent is left to the encoder, which can say who needs it.
    wanted = [name for name in columns if name in present]
    yield from stored.iter_batches(BATCH, row_groups=groups, columns=wanted, use_threads=False)
