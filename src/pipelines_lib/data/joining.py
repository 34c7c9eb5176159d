"""The queries that join typed tables by pseudonym: each fact as it was known on its day.

Rows of the population are never multiplied: where a source repeats a key, the first row in
a fixed order is taken, and DATA-005 says so.
"""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

from typing import TYPE_CHECKING

from pipelines_lib.data.loading import Loaded
from pipelines_lib.spec.model_spec import ModelSpec

if TYPE_CHECKING:
    import pyarrow as pa

HEAD = ("key", "business_date", "observed_on", "label")
TAIL = "unreadable"


def applications_schema(spec: ModelSpec) -> "pa.Schema":
    """Columns and types of an applications snapshot."""
    import pyarrow as pa

    types = {"number": pa.float64(), "integer": pa.int64(), "category": pa.string()}
    head = [pa.string(), pa.date32(), pa.date32(), pa.int8()]
    features = [(feature.name, types[feature.type]) for feature in spec.features]
    return pa.schema([*zip(HEAD, head, strict=True), *features, (TAIL, pa.string())])


def protected_schema(spec: ModelSpec) -> "pa.Schema":
    """Columns and types of a protected snapshot."""
    import pyarrow as pa

    return pa.schema(
        [
            ("key", pa.string()),
            *(
                (each.name, pa.float64() if each.bands else pa.string())
                for each in spec.fairness.attributes
            ),
        ]
    )


def applications_view(
    spec: ModelSpec, population: Loaded, others: list[Loaded], repeated: frozenset[str]
) -> str:
    """A view of one row per visible application, unsorted, with aliases for columns."""
    by_source = {loaded.source.name: f"s{index}" for index, loaded in enumerate(others)}
    by_source[population.source.name] = "p"
    features = [
        f"{by_source[feature.source]}.f{index}" for index, feature in enumerate(spec.features)
    ]
    label = by_source[spec.label.source]
    unreadable = ", ".join(f"{alias}.unreadable" for alias in sorted(by_source.values()))
    columns = ", ".join(
        [
            "p.key, p.business_date",
            f"{label}.observed_on, {label}.label",
            *features,
            f"nullif(concat_ws(',', {unreadable}), '') AS unreadable",
        ]
    )
    joins = " ".join(_join(loaded, by_source[loaded.source.name], repeated) for loaded in others)
    rows = f"(SELECT * FROM {population.table} WHERE visible) p"
    return f"CREATE VIEW applications AS SELECT {columns} FROM {rows} {joins}"


def applications_query(spec: ModelSpec, *, repeated: bool) -> str:
    """The rows of the snapshot in their order: business date, then pseudonym.

    Only where keys repeat is every column needed to tell rows apart.
    """
    values = [f"f{index}" for index in range(len(spec.features))]
    order = ["business_date", "key"]
    if repeated:
        order += ["observed_on", "label", *values, "unreadable"]
    ordered = ", ".join(f"{name} NULLS LAST" for name in order)
    return (
        f"SELECT lower(hex(key)), business_date, observed_on, label, {', '.join(values)}, "
        f"unreadable FROM applications ORDER BY {ordered}"
    )


def protected_query(spec: ModelSpec, protected: Loaded, population: Loaded) -> str:
    """Attributes of the visible applications' keys, one row each, sorted by pseudonym."""
    values = [f"a{index}" for index in range(len(spec.fairness.attributes))]
    newest = [f"{protected.day} DESC"] if protected.day else []
    order = ", ".join(f"{name} NULLS LAST" for name in [*newest, *values])
    return (
        f"SELECT lower(hex(key)), {', '.join(values)} FROM {protected.table} "
        f"WHERE visible AND key IN (SELECT key FROM {population.table} WHERE visible) "
        f"QUALIFY row_number() OVER (PARTITION BY key ORDER BY {order}) = 1 ORDER BY key"
    )


def repeats_query(loaded: Loaded, population: Loaded | None) -> str:
    """How many rows repeat a key (and a date of availability) among those that matter."""
    unit = "key, available_on" if loaded.source.available_on else "key"
    rows = relevant_rows(loaded, population)
    return (
        f"SELECT CAST(coalesce(sum(n), 0) AS BIGINT) AS rows, "
        f"CAST(coalesce(sum(n - 1), 0) AS BIGINT) AS repeats "
        f"FROM (SELECT count(*) AS n FROM {rows} GROUP BY {unit})"
    )


def relevant_rows(loaded: Loaded, population: Loaded | None) -> str:
    """Visible rows; of other sources only those of visible applications.

    What is appended to a source later changes no answer about an earlier day.
    """
    rows = f"SELECT * FROM {loaded.table} WHERE visible"
    if population is not None and population is not loaded:
        rows += f" AND key IN (SELECT key FROM {population.table} WHERE visible)"
    return f"({rows})"


def _join(loaded: Loaded, alias: str, repeated: frozenset[str]) -> str:
    rows = f"SELECT * FROM {loaded.table} WHERE visible"
    if loaded.source.name in repeated:
        rows += f" QUALIFY row_number() OVER ({_first(loaded)}) = 1"
    if loaded.source.available_on:
        return (
            f"ASOF LEFT JOIN ({rows}) {alias} "
            f"ON p.key = {alias}.key AND p.business_date >= {alias}.available_on"
        )
    return f"LEFT JOIN ({rows}) {alias} ON p.key = {alias}.key"


def _first(loaded: Loaded) -> str:
    """Which of several rows counts: every column takes part, the order of delivery none."""
    unit = "key, available_on" if loaded.source.available_on else "key"
    order = ", ".join(f"{name} NULLS LAST" for name in (*loaded.dates, *loaded.values))
    return f"PARTITION BY {unit} ORDER BY {order or 'key'}"
