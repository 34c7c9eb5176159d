"""What may this run know? Deliveries, cut by date and pseudonymised, become snapshots.

A delivery that is missing, late or damaged is not an error: it becomes failed checks, for
every source at once, and no snapshot is made of what is not whole. Only a database that
cannot be reached, or a disk that is full, stops the run with an error worth a retry.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines_lib.data import joining
from pipelines_lib.data.copies import TWICE, check_delivered_twice
from pipelines_lib.data.deliveries import (
    Inquiry,
    check_complete,
    check_dates,
    check_keys,
    check_types,
    unusable,
)
from pipelines_lib.data.facts import count, lineage
from pipelines_lib.data.loading import Loaded, load, wanted_columns
from pipelines_lib.data.scratch import scratch_folder
from pipelines_lib.data.snapshots import Snapshot, SourceLineage, write_snapshot
from pipelines_lib.data.sources import Request, source_for
from pipelines_lib.data.tables import Workbench
from pipelines_lib.data.windowed import with_made_features
from pipelines_lib.errors import DataContractError, SpecError, bounded
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.inputs import SourceSpec
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import RuleBook

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ingestion:
    """What one run may know, or why it may know nothing.

    Attributes:
        applications: One row per visible application; None where a source is not whole.
        protected: Protected attributes by pseudonym, apart; None where there are none.
        checks: Answers about each source.
        sources: What each readable source delivered.
    """

    applications: Snapshot | None
    protected: Snapshot | None
    checks: tuple[CheckResult, ...]
    sources: tuple[SourceLineage, ...]


@dataclass(frozen=True)
class _Work:
    """The workbench of one ingestion, and the lists that it fills."""

    spec: ModelSpec
    request: Request
    rules: RuleBook
    bench: Workbench
    home: Path
    checks: list[CheckResult] = field(default_factory=list)
    sources: list[SourceLineage] = field(default_factory=list)
    repeated: set[str] = field(default_factory=set)


def ingest(
    spec: ModelSpec,
    spec_folder: Path,
    as_of: date,
    *,
    home: Path,
    rules: RuleBook,
    pseudonym_key: bytes,
    today: date,
    environment: Mapping[str, str],
    threads: int,
) -> Ingestion:
    """Read every source of a model as of a date and put what is known at rest.

    Args:
        spec: The model.
        spec_folder: Folder of its spec file; relative addresses start there.
        as_of: What the run may know; the same day gives the same bytes, today and in a year.
        home: Where snapshots and work in progress lie.
        rules: The limits that hold.
        pseudonym_key: The secret that turns keys into pseudonyms.
        today: No date can be later than this.
        environment: Where SQL addresses are, by name.
        threads: Threads for tables.

    Returns:
        Snapshots where they could be made, and the checks of every source.

    Raises:
        ServiceError: A database cannot be reached, or the disk is full.
        SpecError: The spec or the environment names something that does not exist.
    """
    _refuse_reserved(spec)
    with (
        scratch_folder(home) as scratch,
        Workbench(scratch, threads=threads, key=pseudonym_key) as bench,
    ):
        request = Request(as_of, today, (), spec_folder, scratch, environment)
        work = _Work(spec, request, rules, bench, home)
        population = _take(work, spec.population, None)
        others = {
            s.name: _take(work, s, population) for s in spec.sources if s.role != "population"
        }
        applications = _applications(work, population, others)
        protected = _protected(work, population, others)
    checks = sorted(work.checks, key=lambda check: (check.code, check.subject))
    return Ingestion(applications, protected, tuple(checks), tuple(work.sources))


def _spine(work: _Work, population: Loaded | None) -> str | None:
    if population is None:
        return None
    return joining.spine(population, repeated=population.source.name in work.repeated)


def _take(work: _Work, source: SourceSpec, population: Loaded | None) -> Loaded | None:
    """Read, type and question one source; None where it cannot be used."""
    request = replace(work.request, columns=wanted_columns(work.spec, source))
    try:
        delivery = source_for(source).read(request)
        loaded = load(
            work.bench, work.spec, delivery, as_of=request.as_of, spine=_spine(work, population)
        )
    except DataContractError as fault:
        logger.warning("Source %s cannot be used", source.name)
        work.checks.extend(unusable(source, fault, work.rules))
        return None
    facts = count(work.bench, loaded, request.today)
    work.sources.append(lineage(work.bench, loaded, facts))
    inquiry = Inquiry(work.bench, work.spec, work.rules, loaded, facts, population)
    work.checks.append(check_types(inquiry))
    keys = check_keys(inquiry)
    work.repeated.update({source.name} if keys.observed else ())
    if source.role != "population":  # the population's own keys are judged with its values
        work.checks.extend([keys, check_complete(inquiry)])
    if loaded.dates:
        work.checks.append(check_dates(inquiry, request.today))
    empty = facts.visible == 0 if source.role == "population" else facts.delivered == 0
    return None if empty else loaded


def _applications(
    work: _Work, population: Loaded | None, others: Mapping[str, Loaded | None]
) -> Snapshot | None:
    """Join what is needed to learn and decide; nothing where a part of it is missing."""
    spec, repeated = work.spec, frozenset(work.repeated)
    needed = [s.name for s in spec.sources if s.role in {"features", "label"}]
    present = [loaded for name in needed if (loaded := others[name]) is not None]
    whole = len(present) == len(needed)
    features = None
    if population is not None and whole:
        outcomes = others[spec.label.source]
        population = with_made_features(work.bench, spec, population, outcomes)
        features = joining.features_only(spec, population, present, repeated)
    if not any(check.code == TWICE for check in work.checks):
        work.checks.append(
            check_delivered_twice(work.bench, spec, population, features, work.rules)
        )
    if population is None or not whole:
        return None
    rows = joining.applications(spec, population, present, repeated)
    query = joining.applications_query(spec, rows, repeated=population.source.name in repeated)
    return _put(work, query, joining.applications_schema(spec), "applications")


def _protected(
    work: _Work, population: Loaded | None, others: Mapping[str, Loaded | None]
) -> Snapshot | None:
    source = work.spec.protected_source
    loaded = others[source.name] if source else None
    if population is None or loaded is None or not work.spec.fairness.attributes:
        return None
    query = joining.protected_query(work.spec, loaded, repeated=loaded.source.name in work.repeated)
    return _put(work, query, joining.protected_schema(work.spec), "protected")


def _put(work: _Work, query: str, schema: "pa.Schema", kind: str) -> Snapshot:
    rows = work.bench.stream(query, schema)
    return write_snapshot(
        work.home, rows, kind=kind, as_of=work.request.as_of, sources=tuple(work.sources)
    )


def _refuse_reserved(spec: ModelSpec) -> None:
    """Keep features apart from the snapshot's own columns."""
    entity = [joining.ENTITY] if spec.entity_column else []
    reserved = {*joining.HEAD, joining.TAIL, *entity}
    taken = [name for name in spec.feature_names if name.lower() in reserved]
    if taken:
        raise SpecError(
            f"Feature name {bounded(taken)} is a column every snapshot has of its own.",
            fix="Have the source deliver that column under another name.",
        )
