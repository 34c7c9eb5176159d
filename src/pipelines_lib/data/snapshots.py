"""Tables at rest: content-addressed Parquet, the same rows giving the same bytes.

A snapshot is named after the SHA-256 of its bytes. It is written in scratch space and
renamed when it is whole, so that nothing under a final name is ever half-written.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pipelines_lib.canonical import canonical_bytes, parse, plain, sha256_file
from pipelines_lib.data.scratch import scratch_folder
from pipelines_lib.errors import EvidenceError
from pipelines_lib.storage import storage_errors, write_atomically

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)

ROW_GROUP = 131_072
"""Rows in a row group; part of the bytes, so never derived from the machine."""

_LOST = "Restore the file from backup, or run the night again; the same data gives the same bytes."


@dataclass(frozen=True)
class SourceLineage:
    """What one source delivered, and how much of it a run for ``as_of`` may see.

    Attributes:
        name: The source's name in the spec.
        uri: Where it lies; never a secret.
        content_sha256: Hash of what was delivered.
        rows_delivered: Rows in the delivery.
        rows_visible: Rows known as of the run's date.
        latest: Newest date among the visible rows, where the source carries dates.
    """

    name: str
    uri: str
    content_sha256: str
    rows_delivered: int
    rows_visible: int
    latest: date | None


@dataclass(frozen=True)
class Snapshot:
    """A reference to a table at rest; it travels between stages in the table's place."""

    sha256: str
    rows: int
    columns: tuple[str, ...]
    as_of: date
    kind: str
    sources: tuple[SourceLineage, ...] = ()

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Self:
        """Rebuild a reference from the JSON of a manifest or an evidence pack."""
        day = date.fromisoformat
        sources = tuple(
            SourceLineage(**{**each, "latest": day(each["latest"]) if each["latest"] else None})
            for each in data["sources"]
        )
        columns = tuple(data["columns"])
        return cls(**{**data, "columns": columns, "as_of": day(data["as_of"]), "sources": sources})


def snapshot_path(home: Path, snapshot: Snapshot | str) -> Path:
    """Where the bytes of a snapshot lie."""
    sha256 = snapshot if isinstance(snapshot, str) else snapshot.sha256
    return home / "snapshots" / f"{sha256}.parquet"


def write_snapshot(
    home: Path,
    table: "pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch]",
    *,
    kind: str,
    as_of: date,
    sources: tuple[SourceLineage, ...] = (),
) -> Snapshot:
    """Put a table at rest and give the reference to it.

    Args:
        home: Where everything written lies.
        table: The rows in their final order; a stream is never held in memory as a whole.
        kind: What the table holds (``applications``, ``protected``, ``scores``).
        as_of: What the run that made it was allowed to know.
        sources: Where the rows came from.

    Returns:
        The reference. The same rows give the same hash, whatever batches they came in.

    Raises:
        ServiceError: The disk is full or ``home`` cannot be written.
    """
    with scratch_folder(home) as scratch:
        part = scratch / "snapshot.parquet"
        with storage_errors(snapshot_path(home, kind)):
            rows, columns = _write_parquet(part, table)
        snapshot = Snapshot(sha256_file(part), rows, columns, as_of, kind, sources)
        _keep(home, part, snapshot)
    logger.info("Snapshot %s %s: %d rows", kind, snapshot.sha256[:12], rows)
    return snapshot


def open_snapshot(home: Path, sha256: str) -> Snapshot:
    """Find the reference to a snapshot by its hash, as the run that first made it wrote it."""
    return Snapshot.from_plain(_manifest(home, sha256)["snapshot"])


def read_snapshot(
    home: Path, snapshot: Snapshot | str, columns: Sequence[str] | None = None
) -> "pa.Table":
    """Read a snapshot, or some of its columns.

    Raises:
        EvidenceError: The file is missing or no longer the one that was written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = _present(home, snapshot)
    try:
        # Not read_table: it imports pandas, which a reader of one file does not need.
        with pq.ParquetFile(path) as file:
            table = file.read(None if columns is None else list(columns))
    except (pa.ArrowInvalid, OSError) as exc:
        raise EvidenceError(f"Snapshot {path.name} cannot be read.", fix=_LOST) from exc
    return table if columns is None else table.select(list(columns))


def verify_snapshot(home: Path, snapshot: Snapshot | str) -> None:
    """Hash a snapshot's bytes again.

    Raises:
        EvidenceError: The file is missing, or one byte of it has changed.
    """
    path = _present(home, snapshot)
    if sha256_file(path) != path.stem:
        raise EvidenceError(f"Snapshot {path.name} was altered: its hash differs.", fix=_LOST)


def _write_parquet(
    path: Path, table: "pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch]"
) -> tuple[int, tuple[str, ...]]:
    import pyarrow.parquet as pq

    schema, batches = _opened(table)
    rows = 0
    # No dictionary for the key: its values never repeat. No statistics: nothing prunes by them,
    # and they would put smallest and largest values into a file's footer.
    dictionary = [field.name for field in schema if _repeats(field)]
    with pq.ParquetWriter(
        path,
        schema,
        version="2.6",
        compression="zstd",
        compression_level=3,
        use_dictionary=dictionary,
        write_statistics=False,
        data_page_size=1 << 20,
    ) as writer:
        for group in _groups(batches, schema):
            writer.write_table(group, row_group_size=ROW_GROUP)
            rows += group.num_rows
    return rows, tuple(schema.names)


def _repeats(field: "pa.Field") -> bool:
    return field.name != "key" and not str(field.type).startswith(("double", "float"))


def _opened(
    table: "pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch]",
) -> "tuple[pa.Schema, Iterator[pa.RecordBatch]]":
    import pyarrow as pa

    if isinstance(table, pa.Table):
        return table.schema.remove_metadata(), iter(table.to_batches())
    if isinstance(table, pa.RecordBatchReader):
        return table.schema.remove_metadata(), iter(table)
    batches = iter(table)
    first = next(batches)
    return first.schema.remove_metadata(), chain([first], batches)


def _groups(batches: "Iterable[pa.RecordBatch]", schema: "pa.Schema") -> "Iterator[pa.Table]":
    """Cut a stream into equal groups of one chunk each, so that batch sizes leave no trace."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch.replace_schema_metadata(None))
        rows += batch.num_rows
        while rows >= ROW_GROUP:
            whole = pa.Table.from_batches(held, schema)
            yield _compact(whole.slice(0, ROW_GROUP))
            held = whole.slice(ROW_GROUP).to_batches()
            rows -= ROW_GROUP
    if rows:
        yield _compact(pa.Table.from_batches(held, schema))


def _compact(table: "pa.Table") -> "pa.Table":
    """Copy into fresh buffers: what lies under a null must not reach the file."""
    return table.combine_chunks()


def _keep(home: Path, part: Path, snapshot: Snapshot) -> None:
    """Name the bytes after their hash, unless exactly they are there already."""
    final = snapshot_path(home, snapshot)
    size = part.stat().st_size
    manifest = final.with_suffix(".json")
    facts = {"format": "pipelines-snapshot/1", "bytes": size, "snapshot": plain(snapshot)}
    if not _described(manifest, size, snapshot.sha256):
        write_atomically(manifest, canonical_bytes(facts))
    if _is_whole(final, size, snapshot.sha256):
        return
    with storage_errors(final), part.open("rb") as stream:
        os.fsync(stream.fileno())
        part.replace(final)


def _is_whole(path: Path, size: int, sha256: str) -> bool:
    return path.is_file() and path.stat().st_size == size and sha256_file(path) == sha256


def _described(manifest: Path, size: int, sha256: str) -> bool:
    try:
        facts = parse(manifest.read_bytes())
        return bool(facts["bytes"] == size and facts["snapshot"]["sha256"] == sha256)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _manifest(home: Path, sha256: str) -> dict[str, Any]:
    path = snapshot_path(home, sha256).with_suffix(".json")
    try:
        return dict(parse(path.read_bytes()))
    except (OSError, ValueError) as exc:
        raise EvidenceError(f"Manifest {path.name} is missing or damaged.", fix=_LOST) from exc


def _present(home: Path, snapshot: Snapshot | str) -> Path:
    path = snapshot_path(home, snapshot)
    if not path.is_file():
        raise EvidenceError(f"Snapshot {path.name} is missing from {path.parent}.", fix=_LOST)
    if path.stat().st_size != _manifest(home, path.stem)["bytes"]:
        raise EvidenceError(f"Snapshot {path.name} was altered: its size differs.", fix=_LOST)
    return path
