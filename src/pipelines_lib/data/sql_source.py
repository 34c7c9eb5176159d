"""SQL deliveries: a table or view, asked only for the columns and dates a run may see.

The URL comes from the environment and stays here: it is in no lineage, log or message.
Values travel as text, as the database writes them, and are typed like those of a file.
"""

import logging
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines_lib.data.sources import DeliveredFile, Delivery, Request, require_columns
from pipelines_lib.errors import DataContractError, ServiceError, SpecError
from pipelines_lib.storage import storage_errors

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Connection, Engine, Select

    from pipelines_lib.spec.inputs import SourceSpec

logger = logging.getLogger(__name__)

_ROWS = 50_000
_CONNECT_SECONDS = 10


class SqlSource:
    """A table or view in a database that SQLAlchemy speaks to."""

    def __init__(self, spec: "SourceSpec") -> None:
        self._spec = spec

    def read(self, request: Request) -> Delivery:
        """Copy the visible rows to scratch space."""
        from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

        path = request.scratch / f"{self._spec.name}.parquet"
        try:
            engine = self._engine(request)
            try:
                with engine.connect() as connection:
                    present = self._columns(connection)
                    rows = self._copy(connection, present, request, path)
                    future = self._future(connection, present, request)
            finally:
                engine.dispose()
        except (OperationalError, InterfaceError) as exc:
            raise self._unreachable(exc) from None  # the cause's text holds the address
        except SQLAlchemyError as exc:
            raise self._refused(exc) from None
        logger.info("Source %s: %d row(s) from SQL", self._spec.name, rows)
        return Delivery(
            source=self._spec.name,
            uri=f"{self._spec.uri}#{self._spec.table}",
            form="parquet",
            files=(DeliveredFile(path, tuple(present), sha256=""),),
            future=future,
        )

    def _engine(self, request: Request) -> "Engine":
        from sqlalchemy import create_engine
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
        from sqlalchemy.pool import NullPool

        variable = self._spec.sql_variable or ""
        text = request.environment.get(variable, "").strip()
        if not text:
            raise SpecError(
                f"source {self._spec.name}: the environment variable {variable} is not set.",
                fix=f"Set {variable} to the SQL URL, such as postgresql+psycopg://USER@HOST/DB.",
            )
        try:
            url = make_url(text)
            if url.drivername in {"postgresql", "postgres"}:
                url = url.set(drivername="postgresql+psycopg")
            waiting = {"connect_timeout": _CONNECT_SECONDS} if _is_postgres(url) else {}
            engine = create_engine(url, connect_args=waiting, poolclass=NullPool)
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
            raise SpecError(
                f"source {self._spec.name}: {variable} holds no SQL URL that can be used here.",
                fix="Use sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/DB.",
            ) from None
        self._refuse_new_file(url)
        return engine

    def _refuse_new_file(self, url: Any) -> None:  # noqa: ANN401  (URL, imported lazily)
        """Keep SQLite from creating an empty database where a path is wrong."""
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            return
        if not url.database.startswith("file:") and not Path(url.database).is_file():
            raise DataContractError(
                f"source {self._spec.name} is missing: the database file that "
                f"{self._spec.sql_variable} names does not exist.",
                fix="See that the database was delivered and that the variable names it.",
            )

    def _copy(
        self, connection: "Connection", present: dict[str, Any], request: Request, path: Path
    ) -> int:
        import pyarrow as pa
        import pyarrow.parquet as pq

        wanted = list(dict.fromkeys(request.columns)) or list(present)  # none named: every one
        require_columns(self._spec.name, wanted, present)
        schema = pa.schema([(name, pa.string()) for name in wanted])
        rows = 0
        cursor = connection.execution_options(stream_results=True, yield_per=_ROWS).execute(
            self._query(connection, present, request, wanted)
        )
        with storage_errors(path), pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for part in cursor.partitions():
                writer.write_batch(_batch(part, schema))
                rows += len(part)
        return rows

    def _columns(self, connection: "Connection") -> dict[str, Any]:
        from sqlalchemy import inspect
        from sqlalchemy.exc import NoSuchTableError

        schema, table = self._table()
        try:
            found = inspect(connection).get_columns(table, schema=schema)
        except NoSuchTableError:
            found = []
        if not found:
            raise DataContractError(
                f"source {self._spec.name} is missing: the database has no table or view "
                f"{self._spec.table} that this user can see.",
                fix="Create it, grant SELECT on it, or correct table in the spec.",
            )
        return {str(column["name"]): column["type"] for column in found}

    def _query(
        self,
        connection: "Connection",
        present: dict[str, Any],
        request: Request,
        wanted: list[str],
    ) -> "Select[Any]":
        """Ask for rows up to ``as_of``, and for rows without a date: a fault to be reported."""
        import sqlalchemy as sql

        schema, name = self._table()
        table = sql.table(name, *(sql.column(each) for each in wanted), schema=schema)
        # SQLite's own text of a number drops digits; there the values are turned in Python.
        as_is = connection.dialect.name == "sqlite"
        query = sql.select(
            *(table.c[c] if as_is else sql.cast(table.c[c], sql.Text).label(c) for c in wanted)
        )
        for column in self._dates():
            limit = _after(request.as_of, typed=_is_date(present[column]) and not as_is)
            query = query.where(sql.or_(table.c[column] < limit, table.c[column].is_(None)))
        return query

    def _future(self, connection: "Connection", present: dict[str, Any], request: Request) -> int:
        """Count rows that carry a date after today."""
        import sqlalchemy as sql

        if not self._dates():
            return 0
        schema, name = self._table()
        table = sql.table(name, *(sql.column(each) for each in self._dates()), schema=schema)
        as_is = connection.dialect.name == "sqlite"
        late = (
            table.c[column] >= _after(request.today, typed=_is_date(present[column]) and not as_is)
            for column in self._dates()
        )
        query = sql.select(sql.func.count()).select_from(table).where(sql.or_(*late))
        return int(connection.execute(query).scalar_one())

    def _dates(self) -> list[str]:
        spec = self._spec
        return [day for day in (spec.business_date, spec.observed_on, spec.available_on) if day]

    def _table(self) -> tuple[str | None, str]:
        schema, _, table = (self._spec.table or "").rpartition(".")
        return schema or None, table

    def _unreachable(self, exc: Exception) -> ServiceError:
        return ServiceError(
            f"source {self._spec.name}: the database named by {self._spec.sql_variable} cannot be "
            f"reached or broke off ({_kind(exc)}).",
            fix="See that it is up and that user, password and network are right; then run again.",
        )

    def _refused(self, exc: Exception) -> DataContractError:
        return DataContractError(
            f"source {self._spec.name}: the database refused to read {self._spec.table} "
            f"({_kind(exc)}).",
            fix="See that this user may SELECT from it and that the table or view is sound.",
        )


def _kind(exc: Exception) -> str:
    """The driver's name for what happened; never its text, which can quote address and rows."""
    return type(getattr(exc, "orig", None) or exc).__name__


def _is_date(kind: Any) -> bool:  # noqa: ANN401  (a column type, imported lazily)
    import sqlalchemy as sql

    return isinstance(kind, sql.Date | sql.DateTime)


def _after(day: date, *, typed: bool) -> Any:  # noqa: ANN401  (a literal, imported lazily)
    """The first moment after a day, as a date or as ISO text, whichever the column holds."""
    import sqlalchemy as sql

    following = day + timedelta(days=1)
    return sql.literal(following, sql.Date()) if typed else sql.literal(str(following))


def _is_postgres(url: Any) -> bool:  # noqa: ANN401  (URL, imported lazily)
    return bool(url.get_backend_name() == "postgresql")


def _batch(rows: Any, schema: "pa.Schema") -> "pa.RecordBatch":  # noqa: ANN401  (rows of a cursor)
    import pyarrow as pa

    columns = zip(*rows, strict=True)
    arrays = [
        pa.array([None if value is None else str(value) for value in column], pa.string())
        for column in columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
