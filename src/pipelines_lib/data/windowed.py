"""Features made from what happened before: earlier applications, outcomes known by then.

A window never looks ahead. It runs over applications up to this one's moment (or, without a
moment, of earlier days), and over outcomes from the day on which they were observed.
"""
# ruff: noqa: S608  (names in SQL are our own, values are numbers of the spec)

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines_lib.data.columns import Kind
from pipelines_lib.data.loading import Loaded, made_from
from pipelines_lib.spec.inputs import Feature, Window
from pipelines_lib.spec.model_spec import ModelSpec

if TYPE_CHECKING:
    from pipelines_lib.data.tables import Workbench

_CLOCK = {"hour": "hour", "weekday": "isodow"}
_EXACT = "DECIMAL(32, 6)"
"""Sums of doubles depend on the order of rows, and that on the threads; these do not."""
_OF_OUTCOMES = frozenset({"outcomes", "positive_share"})
_Over = tuple[str, int]
"""Column of the entity and days of a window over outcomes."""
_Places = Mapping[tuple[str, Kind], str]


def with_made_features(
    bench: "Workbench", spec: ModelSpec, population: Loaded, outcomes: Loaded | None
) -> Loaded:
    """Add the features that are made from other columns to the population on the bench.

    Args:
        bench: Where the tables lie.
        spec: The model.
        population: Its visible rows are what windows run over.
        outcomes: The label source; without it no outcome was known.

    Returns:
        The population as it was where nothing is made, else a table of its visible rows with
        one more column for each feature that is.
    """
    made = {index: each for index, each in enumerate(spec.features) if each.is_made}
    if not made:
        return population
    places = {what: f"w{place}" for place, what in enumerate(made_from(spec, population.source))}
    rows, table = f"{population.table}_numbered", f"{population.table}_made"
    numbered = f"SELECT *, row_number() OVER () AS place FROM {population.table} WHERE visible"
    bench.run(f"CREATE TABLE {rows} AS {numbered}")
    overs = _over_outcomes(made.values(), places)
    moment = places.get((population.source.moment or "", "moment"))
    values = (f"{_value(each, places, overs, moment)} AS f{n}" for n, each in made.items())
    joins = [
        f"LEFT JOIN ({_known(rows, outcomes, over)}) {alias} ON {alias}.place = p.place"
        for over, alias in overs.items()
    ]
    made_rows = f"SELECT p.*, {', '.join(values)} FROM {rows} p {' '.join(joins)}"
    bench.run(f"CREATE TABLE {table} AS {made_rows}")
    bench.run(f"DROP TABLE {rows}")
    return replace(population, table=table)


def _over_outcomes(features: Iterable[Feature], places: _Places) -> dict[_Over, str]:
    """Each window over outcomes once, with the name under which it is joined."""
    windows = [feature.window for feature in features if feature.window]
    overs = dict.fromkeys(
        (places[window.by, "text"], window.days)
        for window in windows
        if window.measure in _OF_OUTCOMES
    )
    return {over: f"o{place}" for place, over in enumerate(overs)}


def _value(
    feature: Feature, places: _Places, overs: Mapping[_Over, str], moment: str | None
) -> str:
    if feature.window is None:
        return f"CAST({_CLOCK[feature.clock or 'hour']}(p.{moment}) AS BIGINT)"
    window = feature.window
    entity = places[window.by, "text"]
    if window.measure in _OF_OUTCOMES:
        value = _of_outcomes(window.measure, overs[entity, window.days])
    else:
        number = places[window.of, "number"] if window.of else None
        value = _of_applications(window, entity, number, moment)
    return f"CASE WHEN p.{entity} IS NOT NULL THEN {value} END"


def _of_applications(window: Window, entity: str, number: str | None, moment: str | None) -> str:
    """Up to this moment, this application included; without a moment, earlier days alone."""
    order, until = ("business_date", "INTERVAL 1 DAY PRECEDING")
    if moment:
        order, until = moment, "CURRENT ROW"
    span = f"INTERVAL {window.days} DAY PRECEDING AND {until}"
    over = f"OVER (PARTITION BY p.{entity} ORDER BY p.{order} RANGE BETWEEN {span})"
    if number is None:
        return f"count(*) {over}"
    total = f"CAST(sum(TRY_CAST(p.{number} AS {_EXACT})) {over} AS DOUBLE)"
    if window.measure == "sum":
        return total
    return f"{total} / nullif(count(p.{number}) {over}, 0)"


def _of_outcomes(measure: str, alias: str) -> str:
    known = f"coalesce({alias}.known, 0)"
    return known if measure == "outcomes" else f"{alias}.positive / nullif({known}, 0)"


def _known(rows: str, outcomes: Loaded | None, over: _Over) -> str:
    """For each row, how many outcomes of its entity had become known, and how many positive."""
    entity, days = over
    nothing = "0 AS one, 0 AS positive"
    events = f"SELECT place, {entity} AS entity, business_date AS day, {nothing} FROM {rows}"
    if outcomes is not None:
        events += (
            f" UNION ALL SELECT NULL, p.{entity}, o.observed_on, 1, o.label "
            f"FROM {outcomes.table} o JOIN {rows} p USING (key) "
            "WHERE o.visible AND o.label IS NOT NULL"
        )
    span = f"INTERVAL {days - 1} DAY PRECEDING AND CURRENT ROW"
    window = f"(PARTITION BY entity ORDER BY day RANGE BETWEEN {span})"
    return (
        "SELECT place, known, positive FROM ("
        f"SELECT place, sum(one) OVER w AS known, sum(positive) OVER w AS positive FROM ({events}) "
        f"WINDOW w AS {window}) WHERE place IS NOT NULL"
    )
