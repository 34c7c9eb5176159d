"""Two snapshots to be joined by key, without holding millions of long keys in memory.

A key is 64 characters; of three million rows they take a gigabyte once joined. Eight bytes
of hash stand in for each. Two keys of three million share a hash once in four million
tables; it is noticed, and then the keys themselves are read.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.data.snapshots import Snapshot, read_snapshot, snapshot_path

if TYPE_CHECKING:
    import pyarrow as pa

KEY = "key"
Hashes = NDArray[np.uint64]


def read_for_join(
    home: Path, one: Snapshot, other: Snapshot, columns: Sequence[str]
) -> tuple["pa.Table", "pa.Table"]:
    """Read two snapshots whose ``key`` columns match each other, and only each other.

    Args:
        home: Where the snapshots lie.
        one: Of this, ``columns`` are read.
        other: Of this, every column is read.
        columns: Without the key.
    """
    rest = [name for name in other.columns if name != KEY]
    short, other_short = key_hashes(home, one), key_hashes(home, other)
    if _shared(short) or _shared(other_short):
        return read_snapshot(home, one, [KEY, *columns]), read_snapshot(home, other, [KEY, *rest])
    tables = read_snapshot(home, one, columns), read_snapshot(home, other, rest)
    return _with_key(tables[0], short), _with_key(tables[1], other_short)


def key_hashes(home: Path, snapshot: Snapshot) -> Hashes:
    """Hash every key of a snapshot, piece by piece, in its order."""
    import pandas as pd
    import pyarrow.parquet as pq

    with pq.ParquetFile(snapshot_path(home, snapshot)) as file:
        pieces = [
            pd.util.hash_array(batch[KEY].to_numpy(zero_copy_only=False), categorize=False)
            for batch in file.iter_batches(columns=[KEY])
        ]
    return np.concatenate([np.empty(0, np.uint64), *pieces])


def _shared(hashes: Hashes) -> bool:
    return len(np.unique(hashes)) < len(hashes)


def _with_key(table: "pa.Table", hashes: Hashes) -> "pa.Table":
    import pyarrow as pa

    return table.add_column(0, KEY, pa.array(hashes))
