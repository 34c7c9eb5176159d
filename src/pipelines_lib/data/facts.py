"""What one delivery holds, in counts and hashes."""

# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipelines_lib.canonical import sha256_of
from pipelines_lib.data.columns import quoted
from pipelines_lib.data.loading import Loaded
from pipelines_lib.data.snapshots import SourceLineage

if TYPE_CHECKING:
    from pipelines_lib.data.tables import Workbench


@dataclass(frozen=True)
class Facts:
    """Counts of one delivery.

    Attributes:
        delivered: Rows in it.
        visible: Rows that the run may see.
        broken: Rows without the key or the date that would place them.
        latest: Newest date among the visible rows.
        future: Rows dated after today.
        misplaced: Visible rows dated unlike their folder.
        early: Visible outcomes dated before their application.
    """

    delivered: int
    visible: int
    broken: int
    latest: date | None
    future: int
    misplaced: int
    early: int


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
