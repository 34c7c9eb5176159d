"""One delivery becomes one typed table: pseudonymised, nothing lost, everything counted."""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipelines_lib.data.columns import (
    Kind,
    Reading,
    as_text,
    identifier,
    listed,
    pseudonymised,
    quoted,
)
from pipelines_lib.data.sources import DeliveredFile, Delivery
from pipelines_lib.spec.inputs import Feature, SourceSpec
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.protected import ProtectedAttribute

if TYPE_CHECKING:
    from pipelines_lib.data.tables import Workbench

DATES = ("business_date", "observed_on", "available_on")
LABEL = "label"


@dataclass(frozen=True)
class Loaded:
    """A typed table on the bench.

    Columns: ``key`` (the pseudonym), its dates, ``partition_day``, one column for each
    feature (``f0`` in the spec's order), ``label`` or attribute (``a0``), ``unreadable``
    (names of columns whose value could not be read) and ``broken`` (names of key and date
    columns without which the row cannot be placed). ``visible`` tells what the run may see,
    ``applied_on`` the date of the visible application with that key, if there is one.
    """

    source: SourceSpec
    delivery: Delivery
    table: str
    values: tuple[str, ...]

    @property
    def dates(self) -> tuple[str, ...]:
        """The dates its rows carry."""
        return tuple(name for name in DATES if getattr(self.source, name))

    @property
    def day(self) -> str | None:
        """The date by which its rows become visible."""
        own = {"population": "business_date", "label": "observed_on"}.get(self.source.role)
        return own or next((name for name in reversed(self.dates)), None)

    def extra_columns(self, wanted: Sequence[str]) -> int:
        """How many columns were delivered that the spec does not name."""
        return len(self.delivery.columns - set(wanted))


def wanted_columns(spec: ModelSpec, source: SourceSpec) -> tuple[str, ...]:
    """The columns of a source that the spec names; no other is read."""
    names = [source.key, *(getattr(source, name) for name in DATES if getattr(source, name))]
    own = [feature for feature in spec.features if feature.source == source.name]
    names += [feature.name for feature in own if not feature.is_made]
    names += [column for column, _ in made_from(spec, source)]
    if spec.label.source == source.name:
        names.append(spec.label.column)
    if source.role == "protected":
        names += [attribute.column for attribute in spec.fairness.attributes]
    return tuple(dict.fromkeys(names))


def made_from(spec: ModelSpec, source: SourceSpec) -> tuple[tuple[str, Kind], ...]:
    """Columns of the population that features are made from, and what each is read as.

    On the bench they are ``w0``, ``w1`` and so on, in this order; no snapshot holds them. Among
    them is the entity that cases are about, of which snapshots hold the pseudonym.
    """
    found: dict[tuple[str, Kind], None] = {}
    if source.role == "population":
        windows = [feature.window for feature in spec.features if feature.window]
        found = {(window.by, "text"): None for window in windows}
        found |= {(window.of, "number"): None for window in windows if window.of}
        found |= {(source.moment, "moment"): None} if source.moment else {}
        found |= {(spec.entity_column, "text"): None} if spec.entity_column else {}
    return tuple(found)


def load(
    bench: "Workbench",
    spec: ModelSpec,
    delivery: Delivery,
    *,
    as_of: date,
    spine: str | None = None,
) -> Loaded:
    """Type a delivery and put it on the bench.

    Args:
        bench: The workbench.
        spec: The model.
        delivery: What one of its sources delivered.
        as_of: What the run may know.
        spine: Query of ``key`` and ``applied_on``, one row per key, where the population is known.

    Returns:
        The typed table.

    Raises:
        DataContractError: It cannot be read as what it says it is.
        ServiceError: The disk is full.
    """
    source = spec.source(delivery.source)
    wanted = wanted_columns(spec, source)
    scan = _scan(delivery, wanted, source.separator)
    types = _types(bench, delivery, scan, source)
    readings = _readings(spec, source, types, "." if source.sql_variable else source.decimal)
    values = tuple(each.alias for each in readings if each.kind != "date")
    loaded = Loaded(source, delivery, f"source_{spec.sources.index(source)}", values)
    rows = _typed(loaded, readings, scan, types, as_of)
    known = f"LEFT JOIN ({spine}) USING (key)" if spine else ""
    applied = "applied_on" if spine else "CAST(NULL AS DATE) AS applied_on"
    statement = f"SELECT typed.*, {applied} FROM ({rows}) typed {known}"
    bench.load(
        f"CREATE TABLE {loaded.table} AS {statement}", source=source.name, encoding=source.encoding
    )
    return loaded


def _types(bench: "Workbench", delivery: Delivery, scan: str, source: SourceSpec) -> dict[str, str]:
    if delivery.form == "csv":
        return {}
    found = bench.describe(scan, source=source.name, encoding=source.encoding)
    return {name: kind for name, kind in found.items() if kind != "VARCHAR"}


def _readings(
    spec: ModelSpec, source: SourceSpec, types: dict[str, str], decimal: str
) -> tuple[Reading, ...]:
    def kind_of(column: str) -> str:
        return types.get(column, "VARCHAR")

    readings = [
        Reading(column, name, identifier(column), kind_of(column), "date")
        for name in DATES
        if (column := getattr(source, name))
    ]
    readings += [
        _feature(feature, index, kind_of(feature.name), decimal)
        for index, feature in enumerate(spec.features)
        if feature.source == source.name and not feature.is_made
    ]
    readings += [
        Reading(column, f"w{index}", identifier(column), kind_of(column), kind, decimal)
        for index, (column, kind) in enumerate(made_from(spec, source))
    ]
    label = spec.label
    if label.source == source.name:
        codes = ((label.positive, 1), (label.negative, 0))
        column = identifier(label.column)
        readings.append(Reading(LABEL, LABEL, column, kind_of(label.column), "code", codes=codes))
    if source.role == "protected":
        readings += [
            _attribute(attribute, index, kind_of(attribute.column), decimal)
            for index, attribute in enumerate(spec.fairness.attributes)
        ]
    return tuple(readings)


def _feature(feature: Feature, index: int, delivered: str, decimal: str) -> Reading:
    return Reading(
        name=feature.name,
        alias=f"f{index}",
        column=identifier(feature.name),
        delivered=delivered,
        kind="text" if feature.type == "category" else feature.type,
        decimal=decimal,
        missing=feature.missing_codes,
        levels=feature.levels,
    )


def _attribute(attribute: ProtectedAttribute, index: int, delivered: str, decimal: str) -> Reading:
    return Reading(
        name=attribute.column,
        alias=f"a{index}",
        column=identifier(attribute.column),
        delivered=delivered,
        kind="number" if attribute.bands else "text",
        decimal=decimal,
        levels=tuple(code for codes in attribute.groups.values() for code in codes),
    )


def _typed(
    loaded: Loaded,
    readings: tuple[Reading, ...],
    scan: str,
    types: dict[str, str],
    as_of: date,
) -> str:
    source = loaded.source
    key = as_text(identifier(source.key), types.get(source.key, "VARCHAR"))
    raw = ", ".join([f"{key} AS r_key", *(each.raw for each in readings), "partition_day"])
    parsed = ", ".join(each.parsed for each in readings)
    bad = ", ".join(_bad(each, source) for each in readings)
    values = "".join(f"{each.value}, " for each in readings)
    named = [each for each in readings if each.kind != "date"]
    columns = f"key, {values}partition_day, {_names(named)} AS unreadable, {_broken(loaded)}"
    visible = [f"{name} <= DATE {quoted(str(as_of))}" for name in loaded.dates]
    seen = " AND ".join(["broken IS NULL", *visible])
    return (
        f"SELECT *, coalesce({seen}, FALSE) AS visible FROM (SELECT {columns} "
        f"FROM (SELECT *, {pseudonymised('r_key')} AS key, {bad or 'NULL'} "
        f"FROM (SELECT *, {parsed or 'NULL'} FROM (SELECT {raw} FROM {scan}))))"
    )


def _bad(reading: Reading, source: SourceSpec) -> str:
    """A label is also unreadable where the outcome is said to be known but is blank."""
    if reading.alias == LABEL and source.observed_on:
        return "(p_label IS NULL AND p_observed_on IS NOT NULL) AS b_label"
    return reading.bad


def _names(readings: list[Reading]) -> str:
    """Name the columns of a row that could not be read; hardly ever, so ask that first."""
    if not readings:
        return "CAST(NULL AS VARCHAR)"
    any_bad = " OR ".join(f"b_{each.alias}" for each in readings)
    each_bad = ", ".join(
        f"CASE WHEN b_{each.alias} THEN {quoted(each.name)} END" for each in readings
    )
    return f"CASE WHEN {any_bad} THEN concat_ws(',', {each_bad}) END"


def _broken(loaded: Loaded) -> str:
    """Name the key and date columns that are blank or unreadable but cannot be."""
    source = loaded.source
    problems = [f"CASE WHEN key IS NULL THEN {quoted(source.key)} END"]
    for name in loaded.dates:
        gone = f"p_{name} IS NULL"
        if source.role == "label" and name == "observed_on":
            gone += " AND (b_observed_on OR r_label IS NOT NULL)"  # blank: not known yet
        problems.append(f"CASE WHEN {gone} THEN {quoted(getattr(source, name))} END")
    return f"nullif(concat_ws(',', {', '.join(problems)}), '') AS broken"


def _scan(delivery: Delivery, wanted: tuple[str, ...], separator: str) -> str:
    """The FROM clause that reads a delivery's files, with the date in each folder's name."""
    if delivery.form == "csv":
        rows = _csv(delivery, wanted, separator)
    else:
        rows = _parquet(delivery, wanted)
    if delivery.partition_column is None:
        return f"(SELECT *, CAST(NULL AS DATE) AS partition_day FROM ({rows}))"
    days = ", ".join(
        f"({quoted(str(file.path))}, DATE {quoted(str(file.partition))})" for file in delivery.files
    )
    virtual = ""
    if delivery.partition_column in wanted and not _everywhere(delivery):
        virtual = f", CAST(partition_day AS VARCHAR) AS {identifier(delivery.partition_column)}"
    return (
        f"(SELECT *{virtual} FROM ({rows}) "
        f"JOIN (VALUES {days}) AS folder(folder_file, partition_day) ON file_name = folder_file)"
    )


def _everywhere(delivery: Delivery) -> bool:
    return all(delivery.partition_column in file.columns for file in delivery.files)


def _parquet(delivery: Delivery, wanted: tuple[str, ...]) -> str:
    schemas = {file.columns for file in delivery.files}
    options = ["binary_as_string=true", "hive_partitioning=false"]
    if len(schemas) > 1 or len(delivery.files) > 1:
        options.append("union_by_name=true")
    columns = [identifier(name) for name in wanted if name in delivery.files[0].columns]
    if delivery.partition_column:
        options.append("filename='file_name'")
        columns.append("file_name")
    paths = listed(str(file.path) for file in delivery.files)
    return f"SELECT {', '.join(columns)} FROM read_parquet([{paths}], {', '.join(options)})"


def _csv(delivery: Delivery, wanted: tuple[str, ...], separator: str) -> str:
    """Columns are addressed by their place, so that no name can clash or need quoting."""
    groups: dict[tuple[str, ...], list[DeliveredFile]] = {}
    for file in delivery.files:
        groups.setdefault(file.columns, []).append(file)
    return " UNION ALL BY NAME ".join(
        _csv_group(header, files, wanted, separator) for header, files in groups.items()
    )


def _csv_group(
    header: tuple[str, ...], files: list[DeliveredFile], wanted: tuple[str, ...], separator: str
) -> str:
    places = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(header)))
    columns = [f"c{header.index(name)} AS {identifier(name)}" for name in wanted if name in header]
    paths = listed(str(file.path) for file in files)
    return (
        f"SELECT {', '.join(columns)}, file_name FROM read_csv([{paths}], auto_detect=false, "
        f"header=true, delim={quoted(separator)}, quote='\"', escape='\"', "
        f"columns={{{places}}}, filename='file_name')"
    )
