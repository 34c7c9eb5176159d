"""Rows set aside, and the snapshot without them.

The quarantine file says which rule each row broke, under its pseudonym and without its
values. Both files are content-addressed: the same breaches give the same bytes.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.canonical import sha256_file
from pipelines_lib.data.scratch import scratch_folder
from pipelines_lib.data.snapshots import (
    ROW_GROUP,
    Snapshot,
    read_snapshot,
    snapshot_path,
    write_snapshot,
)
from pipelines_lib.storage import storage_errors

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Breach:
    """Rows that broke one rule in one column, by their position in the snapshot."""

    check: str
    column: str
    positions: "NDArray[np.int64]"


@dataclass(frozen=True)
class SetAside:
    """What setting rows aside left behind.

    Attributes:
        clean: The rows that stay: the very same snapshot where none was set aside, None
            where none stays.
        rows: How many rows were set aside.
        sha256: The quarantine file; None where no row was set aside.
    """

    clean: Snapshot | None
    rows: int
    sha256: str | None


def quarantine_path(home: Path, sha256: str) -> Path:
    """Where a quarantine file lies."""
    return home / "quarantine" / f"{sha256}.parquet"


def set_aside(home: Path, applications: Snapshot, breaches: Sequence[Breach]) -> SetAside:
    """Write the quarantine file and the snapshot without the rows in it.

    Args:
        home: Where everything written lies.
        applications: All rows.
        breaches: What was broken; their order is the order of the quarantine's lines.

    Raises:
        ServiceError: The disk is full or ``home`` cannot be written.
    """
    bad = np.zeros(applications.rows, dtype=np.bool_)
    for breach in breaches:
        bad[breach.positions] = True
    if not bad.any():
        return SetAside(applications if applications.rows else None, 0, None)
    keys = read_snapshot(home, applications, ["key"])["key"]
    sha256 = _write_quarantine(home, keys, breaches)
    clean = None if bad.all() else _write_clean(home, applications, ~bad)
    return SetAside(clean, int(bad.sum()), sha256)


def _write_clean(home: Path, applications: Snapshot, good: "NDArray[np.bool_]") -> Snapshot:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(snapshot_path(home, applications)) as file:
        batches = _good_batches(file, good)
        return write_snapshot(
            home,
            pa.RecordBatchReader.from_batches(file.schema_arrow, batches),
            kind=applications.kind,
            as_of=applications.as_of,
            sources=applications.sources,
        )


def _good_batches(file: "pq.ParquetFile", good: "NDArray[np.bool_]") -> Iterator["pa.RecordBatch"]:
    import pyarrow as pa

    start = 0
    for batch in file.iter_batches(batch_size=ROW_GROUP):
        yield batch.filter(pa.array(good[start : start + batch.num_rows]))
        start += batch.num_rows


def _write_quarantine(home: Path, keys: "pa.ChunkedArray", breaches: Sequence[Breach]) -> str:
    with scratch_folder(home) as scratch:
        part = scratch / "quarantine.parquet"
        with storage_errors(home / "quarantine" / "file"):
            _write(part, keys, breaches)
            sha256 = sha256_file(part)
            final = quarantine_path(home, sha256)
            final.parent.mkdir(parents=True, exist_ok=True)
            with part.open("rb") as stream:
                os.fsync(stream.fileno())
            part.replace(final)
    return sha256


def _write(path: Path, keys: "pa.ChunkedArray", breaches: Sequence[Breach]) -> None:
    """One breach at a time, so that a wholly broken delivery still fits in memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("key", pa.string()), ("rule", pa.string()), ("column", pa.string())])
    # No statistics: they would put smallest and largest keys into the footer.
    with pq.ParquetWriter(
        path,
        schema,
        version="2.6",
        compression="zstd",
        compression_level=3,
        use_dictionary=["rule", "column"],
        write_statistics=False,
    ) as writer:
        for breach in breaches:
            for start in range(0, len(breach.positions), ROW_GROUP):
                chosen = pa.array(breach.positions[start : start + ROW_GROUP])
                key = keys.take(chosen).combine_chunks()
                rule = pa.repeat(breach.check, len(chosen))
                column = pa.repeat(breach.column, len(chosen))
                writer.write_table(pa.table([key, rule, column], schema=schema))
