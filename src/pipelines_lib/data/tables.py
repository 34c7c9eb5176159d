"""The one door to DuckDB: a private workbench in scratch space, and its errors in our words.

Messages of the engine can quote a line of input; none of their text leaves this module.
"""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pipelines_lib.data.pseudonyms import pads
from pipelines_lib.errors import CheckNotRunError, DataContractError, PipelineError, ServiceError

if TYPE_CHECKING:
    import pyarrow as pa

MEMORY_MB = 448
"""What the engine may hold before it moves work to disk; the rest of a run is about as much."""

BATCH = 65_536
_FULL = re.compile(
    r"no space left|disk quota|file too large|failed to offload|max_temp_directory_size", re.I
)
_ENCODING = re.compile(r"invalid unicode|not utf-8 encoded", re.I)
_LINE = re.compile(r"\bline:? (\d+)", re.I)


class Workbench:
    """Tables in progress of one ingestion; nothing of it survives the ``with`` block."""

    def __init__(self, folder: Path, *, threads: int, key: bytes) -> None:
        import duckdb

        self._engine = duckdb
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "threads": threads,
                "memory_limit": f"{MEMORY_MB}MB",
                "temp_directory": str(folder / "spill"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": False,
            },
        )
        inner, outer = pads(key)  # as variables: no statement, and so no message, holds them
        self.run("SET VARIABLE inner_pad = ?", [inner])
        self.run("SET VARIABLE outer_pad = ?", [outer])

    def __enter__(self) -> Self:
        """Open the workbench."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        with suppress(self._engine.Error):
            self._connection.close()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement on tables that are on the bench."""
        try:
            return list(self._connection.execute(sql, list(parameters)).fetchall())
        except self._engine.Error as exc:
            raise self._trouble(exc) from exc

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> dict[str, Any]:
        """Run a statement that gives one row, by column name."""
        try:
            cursor = self._connection.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description or ()]
            (row,) = cursor.fetchall()
        except self._engine.Error as exc:
            raise self._trouble(exc) from exc
        return dict(zip(names, row, strict=True))

    def describe(self, scan: str, *, source: str, encoding: str) -> dict[str, str]:
        """The engine's type of each column of a delivery."""
        try:
            rows = self._connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
        except self._engine.Error as exc:
            raise self._fault(exc, source, encoding) from None
        return {str(row[0]): str(row[1]) for row in rows}

    def load(self, sql: str, *, source: str, encoding: str) -> None:
        """Run the statement that reads a delivery; what is wrong in it is the source's fault."""
        try:
            self._connection.execute(sql).fetchall()
        except self._engine.Error as exc:
            raise self._fault(exc, source, encoding) from None

    def stream(self, sql: str, schema: "pa.Schema") -> "pa.RecordBatchReader":
        """Give the rows of a query, batch by batch, in exactly this schema."""
        import pyarrow as pa

        try:
            reader = self._connection.sql(sql).to_arrow_reader(BATCH)
        except self._engine.Error as exc:
            raise self._trouble(exc) from exc

        def batches() -> Any:  # noqa: ANN401  (a generator of untyped Arrow batches)
            try:
                for batch in reader:
                    columns = [
                        column.cast(field.type)
                        for column, field in zip(batch.columns, schema, strict=True)
                    ]
                    yield pa.RecordBatch.from_arrays(columns, schema=schema)
            except (self._engine.Error, OSError) as exc:
                raise self._trouble(exc) from exc

        return pa.RecordBatchReader.from_batches(schema, batches())

    def _trouble(self, exc: Exception) -> PipelineError:
        """Tell a full disk from a defect of ours."""
        if isinstance(exc, self._engine.OutOfMemoryException) or _FULL.search(str(exc)):
            return ServiceError(
                "No space left to sort and join the data.",
                fix="Free disk space under PIPELINES_HOME or point it at a larger disk.",
            )
        return CheckNotRunError(
            f"The tables could not be computed ({type(exc).__name__}).",
            fix="Report this with the model spec; it is a defect, not a fault of the data.",
        )

    def _fault(self, exc: Exception, source: str, encoding: str) -> PipelineError:
        """Say what is wrong with a delivery without quoting it."""
        trouble = self._trouble(exc)
        if isinstance(trouble, ServiceError):
            return trouble
        text = str(exc)
        place = f" (line {found.group(1)})" if (found := _LINE.search(text)) else ""
        if _ENCODING.search(text):
            return DataContractError(
                f"source {source} is not encoded as {encoding}{place}.",
                fix="Set encoding of the source in the spec to what is delivered, or deliver "
                f"{encoding}.",
            )
        return DataContractError(
            f"source {source} cannot be read{place}: the delivery is damaged or its rows do not "
            "have the columns of its header.",
            fix="Ask for the delivery again; for CSV check separator and quotes in the spec.",
        )
