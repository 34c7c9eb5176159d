"""The queries that join typed tables by pseudonym: each fact as it was known on its day.

Rows of the population are never multiplied: where a source repeats a key, the first row in
a fixed order is taken, and DATA-005 says so.
"""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

from typing import TYPE_CHECKING

from pipelines_lib.data.columns import pseudonymised
from pipelines_lib.data.loading import Loaded, made_from
from pipelines_lib.spec.model_spec import ModelSpec

if TYPE_CHECKING:
    import pyarrow as pa

HEAD = ("key", "business_date", "observed_on", "label")
TAIL = "unreadable"
ENTITY = "entity"
"""Pseudonym of whom a case is about, where the spec's capacity names a column for it."""


def applications_schema(spec: ModelSpec) -> "pa.Schema":
    """Columns and types of an applications snapshot."""
    import pyarrow as pa

    types = {"number": pa.float64(), "integer": pa.int64(), "category": pa.string()}
    head = [pa.string(), pa.date32(), pa.date32(), pa.int8()]
    features = [(feature.name, types[feature.type]) for feature in spec.features]
    entity = [(ENTITY, pa.string())] if spec.entity_column else []
    return pa.schema([*zip(HEAD, head, strict=True), *entity, *features, (TAIL, pa.string())])


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


def spine(population: Loaded, *, repeated: bool) -> str:
    """One row per visible application's key, with the (first) date it applied on."""
    rows = f"FROM {population.table} WHERE visible"
    if repeated:
        return f"SELECT key, min(business_date) AS applied_on {rows} GROUP BY key"
    return f"SELECT key, business_date AS applied_on {rows}"


def applications(
    spec: ModelSpec, population: Loaded, others: list[Loaded], repeated: frozenset[str]
) -> str:
    """One row per visible application with its features and outcome, unsorted."""
    named = {loaded.source.name: f"s{index}" for index, loaded in enumerate(others)}
    label = named[spec.label.source]
    unreadable = ", ".join(f"{alias}.unreadable" for alias in ("p", *named.values()))
    columns = [
        f"p.key, p.business_date, {label}.observed_on, {label}.label",
        *_entity(spec, population),
        *_features(spec, population, named),
        f"nullif(concat_ws(',', {unreadable}), '') AS unreadable",
    ]
    return f"SELECT {', '.join(columns)} FROM {_joined(population, others, named, repeated)}"


def features_only(
    spec: ModelSpec, population: Loaded, others: list[Loaded], repeated: frozenset[str]
) -> str:
    """One row per visible application: its date and its features."""
    bearing = [loaded for loaded in others if loaded.source.role == "features"]
    named = {loaded.source.name: f"s{index}" for index, loaded in enumerate(bearing)}
    columns = ["p.business_date", *_features(spec, population, named)]
    return f"SELECT {', '.join(columns)} FROM {_joined(population, bearing, named, repeated)}"


def applications_query(spec: ModelSpec, rows: str, *, repeated: bool) -> str:
    """The rows of the snapshot in their order: business date, then pseudonym.

    Only where keys repeat is every column needed to tell rows apart.
    """
    values = [f"f{index}" for index in range(len(spec.features))]
    entity = [ENTITY] if spec.entity_column else []
    order = ["business_date", "key"]
    if repeated:
        order += ["observed_on", "label", *entity, *values, "unreadable"]
    ordered = ", ".join(f"{name} NULLS LAST" for name in order)
    shown = [*(f"lower(hex({name}))" for name in entity), *values]
    return (
        f"SELECT lower(hex(key)), business_date, observed_on, label, {', '.join(shown)}, "
        f"unreadable FROM ({rows}) ORDER BY {ordered}"
    )


def protected_query(spec: ModelSpec, protected: Loaded, *, repeated: bool) -> str:
    """Attributes of the visible applications' keys, one row each, sorted by pseudonym."""
    values = [f"a{index}" for index in range(len(spec.fairness.attributes))]
    newest = [f"{protected.day} DESC"] if protected.day else []
    order = ", ".join(f"{name} NULLS LAST" for name in [*newest, *values])
    one = f"QUALIFY row_number() OVER (PARTITION BY key ORDER BY {order}) = 1"
    return (
        f"SELECT lower(hex(key)), {', '.join(values)} FROM {protected.table} "
        f"WHERE {known(protected)} {one if repeated or protected.day else ''} ORDER BY key"
    )


def known(loaded: Loaded) -> str:
    """Visible rows; of other sources than the population only those of its applications.

    What is appended to a source later changes no answer about an earlier day.
    """
    return "visible" if loaded.source.role == "population" else "visible AND applied_on IS NOT NULL"


def repeats_query(loaded: Loaded, *, spine_known: bool) -> str:
    """How many rows repeat a key (and a date of availability) among those that matter."""
    unit = "(key, available_on)" if loaded.source.available_on else "key"
    rows = known(loaded) if spine_known else "visible"
    return (
        f"SELECT count(*) AS rows, count(*) - count(DISTINCT {unit}) AS repeats "
        f"FROM {loaded.table} WHERE {rows}"
    )


def _features(spec: ModelSpec, population: Loaded, named: dict[str, str]) -> list[str]:
    places = {**named, population.source.name: "p"}
    return [f"{places[feature.source]}.f{index}" for index, feature in enumerate(spec.features)]


def _entity(spec: ModelSpec, population: Loaded) -> list[str]:
    """The pseudonym of the entity, made as that of the key is."""
    if spec.entity_column is None:
        return []
    place = made_from(spec, population.source).index((spec.entity_column, "text"))
    return [f"{pseudonymised(f'p.w{place}')} AS {ENTITY}"]


def _joined(
    population: Loaded, others: list[Loaded], named: dict[str, str], repeated: frozenset[str]
) -> str:
    joins = [_join(loaded, named[loaded.source.name], repeated) for loaded in others]
    return " ".join([f"(SELECT * FROM {population.table} WHERE visible) p", *joins])


def _join(loaded: Loaded, alias: str, repeated: frozenset[str]) -> str:
    rows = f"SELECT * FROM {loaded.table} WHERE {known(loaded)}"
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
