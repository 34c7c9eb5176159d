"""The prepared copy: what a table lacks for a nightly run, made once and said to be made.

Applications lie in one folder a business date, outcomes and protected attributes apart, as
departments of a bank would deliver them. Rows stream from the engine to disk; only a batch of
them is ever held.
"""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines_lib.data.columns import identifier, listed, quoted
from pipelines_lib.onboarding.placing import FIRST_NIGHT
from pipelines_lib.onboarding.plan import Plan, spec_name
from pipelines_lib.onboarding.profile import Profile
from pipelines_lib.onboarding.protection import fold
from pipelines_lib.onboarding.table import Table
from pipelines_lib.storage import storage_errors

if TYPE_CHECKING:
    import pyarrow as pa

BUSINESS_DATE = "business_date"
OBSERVED_ON = "observed_on"
APPLICATIONS, OUTCOMES, CUSTOMERS = "applications", "outcomes.parquet", "customers.parquet"
SEED = "made business dates"
_HEX_DIGITS = 12
"""Of a hash of 32: enough that nights come out about equal, and no more than a BIGINT holds."""

POSITIVE, NEGATIVE = "1", "0"
"""Codes of a folded target."""


@dataclass(frozen=True)
class _Select:
    """One column of a copy: its SQL, its name, and its Arrow type."""

    sql: str
    name: str
    kind: "pa.DataType"

    def __str__(self) -> str:
        return f"{self.sql} AS {identifier(self.name)}"


def key_name(plan: Plan) -> str:
    """Name of the key in the copy; a made one takes no other column's name."""
    if plan.key.profile:
        return spec_name(plan.key.profile.name)
    taken = {name.casefold() for name in plan.profiles}
    name = "row_number"
    while name in taken:
        name += "_"
    return name


def write_copy(table: Table, plan: Plan, folder: Path) -> None:
    """Write the copy to a folder that is there in whole or not at all."""
    with _whole(folder) as part:
        rows = _dated_rows(table, plan)
        _write_nights(table, plan, rows, part / APPLICATIONS)
        _write_one(table, _outcome_columns(table, plan), _known(table, plan, rows), part / OUTCOMES)
        if plan.attributes:
            columns = _protected_columns(table, plan)
            _write_one(table, columns, rows, part / CUSTOMERS)
        (part / "README.md").write_text(_readme(plan), encoding="utf-8")


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a folder beside the target; at the end it takes the target's place."""
    with storage_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".part-{folder.name}-", dir=folder.parent))
        try:
            yield part
            part.chmod(0o755)
            if folder.exists():
                shutil.rmtree(folder)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _dated_rows(table: Table, plan: Plan) -> str:
    """The FROM clause with every row that has a business date."""
    if plan.time.profile:
        day = f"{plan.time.profile.kind.sql} AS day"
        return f"(SELECT *, {day} FROM {table.scan}) WHERE day IS NOT NULL"
    named = table.text(plan.key.profile.place) if plan.key.profile else "CAST(row AS VARCHAR)"
    digits = f"substr(md5({quoted(SEED)} || {named}), 1, {_HEX_DIGITS})"
    night = f"CAST(CAST('0x' || {digits} AS BIGINT) % {plan.time.nights} AS INTEGER)"
    day = f"CAST(DATE {quoted(str(FIRST_NIGHT))} + {night} AS DATE) AS day"
    return f"(SELECT *, {day} FROM {table.scan}) WHERE TRUE"


def _key(table: Table, plan: Plan) -> _Select:
    import pyarrow as pa

    if plan.key.profile:
        return _Select(table.text(plan.key.profile.place), key_name(plan), pa.string())
    return _Select("CAST(row + 1 AS VARCHAR)", key_name(plan), pa.string())


def _write_nights(table: Table, plan: Plan, rows: str, folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = [_key(table, plan), _Select("day", BUSINESS_DATE, pa.date32())]
    columns += [_as_delivered(table, plan.profiles[each.column]) for each in plan.features]
    schema = _schema(columns)
    listed_columns = ", ".join(map(str, columns))
    night: date | None = None
    writer: Any = None
    for batch in table.bench.stream(
        f"SELECT {listed_columns} FROM {rows} ORDER BY day, row", schema
    ):
        for day, part in _by_night(batch):
            if day != night:
                if writer is not None:
                    writer.close()
                path = folder / f"{BUSINESS_DATE}={day}" / "part.parquet"
                path.parent.mkdir(parents=True)
                night, writer = day, pq.ParquetWriter(path, schema, compression="zstd")
            writer.write_batch(part)
    if writer is not None:
        writer.close()


def _by_night(batch: "pa.RecordBatch") -> Iterator[tuple[date, "pa.RecordBatch"]]:
    """Cut a batch, which is in order of time, at the changes of its business date."""
    days = np.asarray(batch.column(1).to_numpy(zero_copy_only=False), dtype="datetime64[D]")
    starts = [0, *(np.flatnonzero(days[1:] != days[:-1]) + 1).tolist(), len(days)]
    for start, end in pairwise(starts):
        if end > start:
            yield days[start].astype(object), batch.slice(start, end - start)


def _write_one(table: Table, columns: list[_Select], rows: str, path: Path) -> None:
    import pyarrow.parquet as pq

    schema = _schema(columns)
    listed_columns = ", ".join(map(str, columns))
    reader = table.bench.stream(f"SELECT {listed_columns} FROM {rows} ORDER BY day, row", schema)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)


def _known(table: Table, plan: Plan, rows: str) -> str:
    """Rows whose outcome is known."""
    codes = listed((*plan.outcome.positive, *plan.outcome.negative))
    known = f"{rows} AND {table.text(plan.outcome.place)} IN ({codes})"
    return f"{known} AND {plan.observed.kind.sql} IS NOT NULL" if plan.observed else known


def _outcome_columns(table: Table, plan: Plan) -> list[_Select]:
    import pyarrow as pa

    label = table.text(plan.outcome.place)
    if plan.outcome.folded:
        codes = listed(plan.outcome.positive)
        label = f"CASE WHEN {label} IN ({codes}) THEN '{POSITIVE}' ELSE '{NEGATIVE}' END"
    seen = plan.observed.kind.sql if plan.observed else f"CAST(day + {plan.delay} AS DATE)"
    return [
        _key(table, plan),
        _Select(label, spec_name(plan.outcome.name), pa.string()),
        _Select(seen, OBSERVED_ON, pa.date32()),
    ]


def _protected_columns(table: Table, plan: Plan) -> list[_Select]:
    import pyarrow as pa

    columns = [_key(table, plan)]
    for each in plan.attributes:
        if each.flags:
            columns.append(_Select(fold(table, each.flags), each.column, pa.string()))
        else:
            columns.append(_as_delivered(table, plan.profiles[each.column]))
    return columns


def _as_delivered(table: Table, found: Profile) -> _Select:
    """A column as it was, but for what a nightly run cannot read."""
    import pyarrow as pa

    name, value = spec_name(found.name), found.kind.sql
    if found.is_number and (found.kind.rewrite or not found.unreadable):
        if found.kind.form == "integer":
            return _Select(f"CAST({value} AS BIGINT)", name, pa.int64())
        return _Select(value, name, pa.float64())
    return _Select(table.text(found.place), name, pa.string())


def _schema(columns: list[_Select]) -> "pa.Schema":
    import pyarrow as pa

    return pa.schema([(each.name, each.kind) for each in columns])


def _readme(plan: Plan) -> str:
    reasons = "\n".join(f"- {reason}" for reason in plan.copy_because)
    return (
        f"# Prepared copy of {plan.intake.shown}\n\n"
        f"Written by `pipelines init` for model {plan.name}. A nightly run cannot read the table "
        f"as it is:\n\n{reasons}\n\n"
        "Made columns and dates say nothing about the world. A live model gets deliveries of "
        "its own, with the columns and folders of this copy.\n"
    )
