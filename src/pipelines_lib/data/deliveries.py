"""Are the deliveries whole, in time, delivered once, and of the declared types?

DATA-001 columns and types, DATA-005 keys of joined sources, DATA-008 delivered twice,
DATA-010 source complete, DATA-011 dates possible. Keys of the population and the values
themselves are judged on the snapshot, in quality.
"""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipelines_lib.canonical import sha256_of
from pipelines_lib.data.columns import quoted
from pipelines_lib.data.joining import known, repeats_query
from pipelines_lib.data.loading import Loaded, wanted_columns
from pipelines_lib.data.snapshots import SourceLineage
from pipelines_lib.errors import DataContractError, bounded
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.model_spec import ModelSpec, SourceSpec
from pipelines_lib.spec.rulebook import RuleBook

if TYPE_CHECKING:
    from pipelines_lib.data.tables import Workbench

TYPES, KEYS, TWICE, COMPLETE, POSSIBLE = (
    "DATA-001",
    "DATA-005",
    "DATA-008",
    "DATA-010",
    "DATA-011",
)


@dataclass(frozen=True)
class Facts:
    """Counts of one delivery."""

    delivered: int
    visible: int
    broken: int
    latest: date | None
    future: int
    misplaced: int
    early: int


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


def count(bench: "Workbench", loaded: Loaded, today: date) -> Facts:
    """Count what one delivery holds."""
    limit = f"DATE {quoted(str(today))}"
    late = " OR ".join(f"{name} > {limit}" for name in loaded.dates) or "FALSE"
    placed = f"{loaded.day} <> partition_day" if loaded.source.role == "population" else "FALSE"
    early = "observed_on < applied_on" if loaded.source.observed_on else "FALSE"
    latest = f"max({loaded.day}) FILTER (WHERE visible)" if loaded.day else "CAST(NULL AS DATE)"
    row = bench.one(
        f"SELECT count(*) AS delivered, count(*) FILTER (WHERE visible) AS visible, "
        f"count(broken) AS broken, {latest} AS latest, "
        f"count(*) FILTER (WHERE {late}) AS future, "
        f"count(*) FILTER (WHERE visible AND {placed}) AS misplaced, "
        f"count(*) FILTER (WHERE visible AND {early}) AS early FROM {loaded.table}"
    )
    return Facts(**row)


def lineage(bench: "Workbench", loaded: Loaded, facts: Facts) -> SourceLineage:
    """Where a source's rows came from."""
    delivery = loaded.delivery
    content = delivery.content_sha256 or _content(bench, loaded)
    return SourceLineage(
        name=loaded.source.name,
        uri=delivery.uri,
        content_sha256=content,
        rows_delivered=facts.delivered,
        rows_visible=facts.visible,
        latest=facts.latest,
    )


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
    named = bounded(f"{column} ({number})" for column, number in columns)
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


def check_delivered_twice(
    bench: "Workbench",
    spec: ModelSpec,
    population: Loaded | None,
    features: str | None,
    rules: RuleBook,
) -> CheckResult:
    """DATA-008: is the newest delivery a copy of an earlier one?

    Files are compared by their bytes; nights by their rows without key and date, in any
    order, where the night has ``minimum_rows`` rows (fewer can be equal by chance).
    Observed is the number of copies.
    """
    rule, name = rules.rule(TWICE), spec.population.name
    minimum = int(rule.parameter("minimum_rows"))
    copies = _copied_files(population) if population else 0
    if features is None and not copies:
        return rule.answer(name, "Not computed: a source could not be read.", holds=None)
    newest, rows, equal = _equal_nights(bench, spec, population, features, minimum)
    told = [f"{copies} file(s) have exactly the bytes of another."] if copies else []
    if equal:
        told.append(f"The {rows} rows of {newest} are those of {bounded(equal)} again.")
    advice = "Withdraw the copy, have the right file delivered, and run again."
    if not told:
        advice = "The newest delivery is no copy of an earlier one."
        if rows < minimum:
            advice += f" Its {rows} rows are too few to compare contents."
    return rule.judge(name, float(copies + len(equal)), " ".join([*told, advice]))


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


def _copied_files(population: Loaded) -> int:
    """How many of the newest files are copies; without dates in their names, of all files."""
    files = population.delivery.files
    same = Counter(file.sha256 for file in files if file.sha256)
    newest = files[-1].partition
    if newest is None:
        return sum(number - 1 for number in same.values())
    return sum(1 for file in files if file.partition == newest and same[file.sha256] > 1)


def _equal_nights(
    bench: "Workbench",
    spec: ModelSpec,
    population: Loaded | None,
    features: str | None,
    minimum: int,
) -> tuple[date | None, int, list[date]]:
    """The newest night, its rows, and the earlier nights of the same content."""
    if population is None or features is None:
        return None, 0, []
    sizes = bench.run(
        f"SELECT business_date, count(*) FROM {population.table} WHERE visible "
        "GROUP BY business_date ORDER BY business_date DESC"
    )
    newest, rows = sizes[0]
    alike = [night for night, number in sizes if number == rows]
    if rows < minimum or len(alike) == 1:
        return newest, rows, []
    nights = ", ".join(f"DATE {quoted(str(night))}" for night in alike)
    values = ", ".join(f"f{index}" for index in range(len(spec.features)))
    # Two sums over 64-bit hashes: equal only where the rows are, whatever their order.
    digests = bench.run(
        "SELECT business_date, sum(h) AS total, bit_xor(hash(h)) AS mix "
        f"FROM (SELECT business_date, hash({values}) AS h FROM ({features}) "
        f"WHERE business_date IN ({nights})) GROUP BY business_date"
    )
    content = {night: (total, mix) for night, total, mix in digests}
    return newest, rows, sorted(n for n in alike if n < newest and content[n] == content[newest])


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


def _content(bench: "Workbench", loaded: Loaded) -> str:
    """Hash rows that have no bytes of their own (SQL): the same in any order.

    Each row is hashed; the hashes are added up in four lanes of 64 bits, and hashed again.
    """
    names = ("hex(key)", *loaded.dates, *(name for name in loaded.values), "unreadable", "broken")
    texts = ", ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in names)
    lanes = ", ".join(
        f"CAST(sum(CAST('0x' || substr(h, {1 + 16 * lane}, 16) AS UBIGINT)) AS VARCHAR)"
        for lane in range(4)
    )
    rows = f"SELECT sha256(concat_ws(chr(31), {texts})) AS h FROM {loaded.table}"
    return sha256_of(
        [str(each) for each in bench.run(f"SELECT count(*), {lanes} FROM ({rows})")[0]]
    )
