"""A table on the bench: its columns by place, and a seeded sample of its rows."""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines_lib.data.columns import as_text, identifier, quoted
from pipelines_lib.errors import DataContractError
from pipelines_lib.onboarding.intake import Intake

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipelines_lib.data.tables import Workbench

SAMPLE = 100_000
"""Rows that are looked at one by one."""

_CELLS = 6_000_000
"""Values of a sample at most; a table of a thousand columns gets fewer rows."""

_FEWEST = 1000
_MANY = 2**64
_NESTED = ("STRUCT", "MAP", "UNION", "BLOB")


@dataclass(frozen=True)
class Table:
    """A table that can be asked; its columns are ``c0``, ``c1`` and so on, its rows ``row``.

    Attributes:
        bench: The workbench.
        intake: What was delivered.
        types: The engine's type of each column.
        rows: How many rows it has.
    """

    bench: "Workbench"
    intake: Intake
    types: tuple[str, ...]
    rows: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Names as delivered."""
        return self.intake.columns

    @property
    def scan(self) -> str:
        """The FROM clause with every row."""
        return _scan(self.intake)

    def place(self, name: str) -> int:
        """Position of a column."""
        return self.columns.index(name)

    def text(self, place: int) -> str:
        """SQL for a column's text; blanks are NULL."""
        kind = self.types[place]
        return as_text(f"c{place}", "OTHER" if self.is_nested(place) else kind)

    def is_nested(self, place: int) -> bool:
        """Whether a column holds lists or records instead of values."""
        kind = self.types[place]
        return kind.startswith(_NESTED) or kind.endswith("]")

    def commonest(self, place: int, most: int) -> list[tuple[str, int]]:
        """Texts of a column in the sample, the most frequent first."""
        text = self.text(place)
        return self.bench.run(
            f"SELECT {text} AS t, count(*) AS n FROM sample WHERE {text} IS NOT NULL "
            f"GROUP BY t ORDER BY n DESC, t LIMIT {most}"
        )

    def numbers(self, sql: str) -> "NDArray[np.float64]":
        """A number for each row of the sample, in the order of the table; NaN where none."""
        import numpy as np
        import pyarrow as pa

        column = self.sample_column(f"CAST({sql} AS DOUBLE)", pa.float64())
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)

    def sample_column(self, sql: str, kind: Any) -> Any:  # noqa: ANN401  (pyarrow has no types)
        """One value for each row of the sample, in the order of the table."""
        import pyarrow as pa

        schema = pa.schema([("v", kind)])
        table = self.bench.stream(f"SELECT {sql} AS v FROM sample ORDER BY row", schema).read_all()
        return table["v"].combine_chunks()


def open_table(bench: "Workbench", intake: Intake) -> Table:
    """Put a table on the bench.

    Raises:
        DataContractError: It has no rows, or fewer than two columns.
    """
    scan = _scan(intake)
    found = bench.describe(scan, source=intake.shown, encoding=intake.encoding)
    types = tuple(found[f"c{place}"] for place in range(len(intake.columns)))
    rows = int(bench.run(f"SELECT count(*) FROM {scan}")[0][0])
    if rows == 0:
        raise DataContractError(
            f"{intake.shown} has a header but no row.", fix="Give a table with rows."
        )
    if len(types) < 2:  # noqa: PLR2004  (a target and something to predict it from)
        raise DataContractError(
            f"{intake.shown} has only one column.",
            fix="A model needs a target and inputs; for CSV say how it is separated: --separator.",
        )
    _take_sample(bench, intake, rows)
    return Table(bench, intake, types, rows)


def _take_sample(bench: "Workbench", intake: Intake, rows: int) -> None:
    """Choose rows by a seeded hash of their place; every column is read, so damage shows here."""
    most = min(SAMPLE, max(_FEWEST, _CELLS // len(intake.columns)))
    chosen = f"WHERE hash(row, 20250410) < {int(_MANY * most * 0.98 / rows)}" if rows > most else ""
    bench.load(
        f"CREATE TABLE sample AS SELECT * FROM {_scan(intake)} {chosen} ORDER BY row",
        source=intake.shown,
        encoding=intake.encoding,
    )


def _scan(intake: Intake) -> str:
    columns = ", ".join(
        f"{identifier(name)} AS c{place}" for place, name in enumerate(intake.columns)
    )
    return (
        f"(SELECT {columns}, file_row_number AS row FROM read_parquet({quoted(str(intake.path))}, "
        "binary_as_string=true, hive_partitioning=false, file_row_number=true))"
    )
