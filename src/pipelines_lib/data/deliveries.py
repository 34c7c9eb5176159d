"""Are the deliveries whole, in time, possible, and of the declared types?

DATA-001 columns and types, DATA-005 keys of joined sources, DATA-010 source complete,
DATA-011 dates possible. Keys of the population and the values
themselves are judged on the snapshot, in quality.
"""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipelines_lib.data.copies import TWICE
from pipelines_lib.data.facts import Facts
from pipelines_lib.data.joining import known, repeats_query
from pipelines_lib.data.loading import LABEL, Loaded, wanted_columns
from pipelines_lib.errors import DataContractError, bounded
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.inputs import SourceSpec
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import RuleBook

if TYPE_CHECKING:
    from pipelines_lib.data.tables import Workbench

TYPES, KEYS, COMPLETE, POSSIBLE = "DATA-001", "DATA-005", "DATA-010", "DATA-011"


@dataclass(frozen=True)
class Inquiry:
    """One source on the bench, and what is needed to question it."""

    bench: "Workbench"
    spec: ModelSpec
    rules: RuleBook
    loaded: Loaded
    facts: Facts
    population: Loaded | None

    @property
    def name(self) -> str:
        """The source's name."""
        return self.loaded.source.name


@dataclass(frozen=True)
class Coverage:
    """How many applications found their row in another source, in all and on the last night."""

    rows: int
    found: int
    newest_rows: int
    newest_found: int
    newest: date | None

    @property
    def share(self) -> float:
        """The smaller of both shares: one missing night hides in a long history."""
        if not self.rows:
            return 0.0
        return min(self.found / self.rows, self.newest_found / self.newest_rows)


def codes_for(source: SourceSpec) -> tuple[str, ...]:
    """The checks that ingestion answers about a source."""
    dated = source.business_date or source.observed_on or source.available_on
    own = [TYPES, TWICE] if source.role == "population" else [TYPES, KEYS, COMPLETE]
    return (*own, POSSIBLE) if dated else tuple(own)


def unusable(source: SourceSpec, fault: DataContractError, rules: RuleBook) -> list[CheckResult]:
    """What the checks of a source say that could not be read."""
    failing = {TYPES, COMPLETE}
    why = f"{fault.problem} {fault.fix}"
    skipped = f"Not computed: source {source.name} could not be read."
    return [
        rules.rule(code).answer(source.name, why, holds=False)
        if code in failing
        else rules.rule(code).answer(source.name, skipped, holds=None)
        for code in codes_for(source)
    ]


def check_types(inquiry: Inquiry) -> CheckResult:
    """DATA-001: are the columns there, and are the values of the declared types?

    Observed is the share of rows with a value that cannot be read, or without the key and
    dates that place them. Columns of severity ``warning`` are named but not counted.
    """
    rule, facts, name = inquiry.rules.rule(TYPES), inquiry.facts, inquiry.name
    if empty := _empty(inquiry):
        return rule.answer(name, empty, holds=False, n=0)
    extra = inquiry.loaded.extra_columns(wanted_columns(inquiry.spec, inquiry.loaded.source))
    columns, rows, bad = _unreadable(inquiry)
    total = rows + facts.broken
    own = {LABEL: inquiry.spec.label.column}
    named = bounded(f"{own.get(column, column)} ({number})" for column, number in columns)
    told = f"Every declared column is there and all values of {total} rows can be read."
    if columns:
        told = (
            f"Values that are not of the declared type or are no known code: {named}, in {total} "
            "rows. Correct them at the source, or type, decimal mark or codes in the spec."
        )
    told += f" {extra} column(s) the spec does not name were ignored." if extra else ""
    return rule.judge(name, (bad + facts.broken) / total if total else 0.0, told, n=total)


def check_keys(inquiry: Inquiry) -> CheckResult:
    """DATA-005: is each key delivered once? Observed is the share of rows that repeat one."""
    spine_known = inquiry.population is not None
    row = inquiry.bench.one(repeats_query(inquiry.loaded, spine_known=spine_known))
    rows, repeats = int(row["rows"]), int(row["repeats"])
    told = f"No key repeats in {rows} rows."
    if repeats:
        told = (
            f"{repeats} of {rows} rows repeat a key; the first in a fixed order counts. "
            "Remove the repeats at the source."
        )
    share = repeats / rows if rows else 0.0
    return inquiry.rules.rule(KEYS).judge(inquiry.name, share, told, n=rows)


def check_complete(inquiry: Inquiry) -> CheckResult:
    """DATA-010: is a source there, and does it know the applications?

    Observed for outcomes is 1 where they are there; else the share of applications found,
    over all nights or on the newest, whichever is smaller: one late night hides in a history.
    """
    rule, facts, name = inquiry.rules.rule(COMPLETE), inquiry.facts, inquiry.name
    newest = f" Its newest date is {facts.latest}." if facts.latest else ""
    if empty := _empty(inquiry):
        return rule.answer(name, empty, holds=False, n=0)
    if inquiry.loaded.source.role == "label":
        told = f"Outcomes are there; {facts.visible} were known on that day.{newest}"
        return rule.judge(name, 1.0, told, n=facts.visible)
    if inquiry.population is None:
        told = "Not computed: the population could not be read."
        return rule.answer(name, told, holds=None)
    found = _coverage(inquiry)
    told = (
        f"{found.found} of {found.rows} applications have a row in source {name}; "
        f"of the {found.newest_rows} of {found.newest}, {found.newest_found}.{newest}"
    )
    if not rule.holds(found.share):
        late = found.newest_found * found.rows < found.found * found.newest_rows
        told += (
            f" Source {name} is late: wait for its delivery or ask for it, then run again."
            if late
            else " Keys are compared as text: see that both sources write them alike."
        )
    return rule.judge(name, found.share, told, n=found.rows)


def check_dates(inquiry: Inquiry, today: date) -> CheckResult:
    """DATA-011: are all dates possible? Observed is the share of rows with one that is not."""
    facts, delivery = inquiry.facts, inquiry.loaded.delivery
    found = {
        f"after {today}": facts.future,
        "unlike the date of their folder": facts.misplaced,
        "of an outcome before its application": facts.early,
        f"after {today}, not read": delivery.future,
    }
    rows = facts.visible + facts.broken + facts.future + delivery.future
    named = bounded(f"{number} {what}" for what, number in found.items() if number)
    told = (
        f"Impossible dates: {named}. Correct them at the source."
        if named
        else f"All dates of {rows} rows are possible."
    )
    share = min(1.0, sum(found.values()) / rows) if rows else 0.0
    return inquiry.rules.rule(POSSIBLE).judge(inquiry.name, share, told, n=rows)


def _empty(inquiry: Inquiry) -> str | None:
    """Why a delivery without a usable row is no delivery."""
    facts, name = inquiry.facts, inquiry.name
    if facts.delivered == 0:
        return f"source {name} is empty: it has columns but no row. Have it delivered again."
    if inquiry.loaded.source.role == "population" and not (facts.visible or facts.broken):
        return (
            f"source {name} has no row that was known on that day: all its dates are later. "
            "Choose a later day, or correct the dates at the source."
        )
    return None


def _unreadable(inquiry: Inquiry) -> tuple[list[tuple[str, int]], int, int]:
    """Rows by unreadable column (worst first), all relevant rows, rows that count against."""
    bench, loaded = inquiry.bench, inquiry.loaded
    rows = known(loaded) if inquiry.population else "visible"
    groups = bench.run(
        f"SELECT unreadable, count(*) FROM {loaded.table} WHERE {rows} GROUP BY unreadable"
    )
    lost = bench.run(
        f"SELECT broken, count(*) FROM {loaded.table} WHERE broken IS NOT NULL GROUP BY broken"
    )
    mild = {feature.name for feature in inquiry.spec.features if feature.severity == "warning"}
    counts: Counter[str] = Counter()
    bad = 0
    for text, number in groups:
        names = text.split(",") if text else []
        bad += number if set(names) - mild else 0
        counts.update(dict.fromkeys(names, number))
    for text, number in lost:
        counts.update(dict.fromkeys(text.split(","), number))
    return counts.most_common(), sum(number for _, number in groups), bad


def _coverage(inquiry: Inquiry) -> Coverage:
    loaded, population = inquiry.loaded, inquiry.population
    spine = f"(SELECT key, business_date FROM {population.table if population else ''} "
    keys = f"SELECT key FROM {loaded.table} WHERE {known(loaded)}"
    rows, hit = f"{spine} WHERE visible) p", f"p.key IN ({keys})"
    if loaded.source.available_on:
        first = (
            f"SELECT key, min(available_on) AS since FROM {loaded.table} WHERE visible GROUP BY key"
        )
        rows += f" LEFT JOIN ({first}) k ON p.key = k.key AND k.since <= p.business_date"
        hit = "k.key IS NOT NULL"
    by_night = (
        f"SELECT d, count(*) AS n, count(*) FILTER (WHERE hit) AS k "
        f"FROM (SELECT p.business_date AS d, {hit} AS hit FROM {rows}) GROUP BY d"
    )
    row = inquiry.bench.one(
        "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) AS rows, "
        "CAST(coalesce(sum(k), 0) AS BIGINT) AS found, coalesce(max_by(n, d), 0) AS newest_rows, "
        f"coalesce(max_by(k, d), 0) AS newest_found, max(d) AS newest FROM ({by_night})"
    )
    return Coverage(**row)
