"""Is the data what the spec declares? Judges every promise, and sets bad rows aside.

A row that breaks a promise about a critical column goes into quarantine. Whether the
delivery as a whole is acceptable is for the limits of the policy: the checks say.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from pipelines_lib.data.column_checks import judge_column, percent
from pipelines_lib.data.contract import (
    Examiner,
    Finding,
    feature_clauses,
    outcome_clause,
    readable_clause,
    structure_clauses,
)
from pipelines_lib.data.keys import check_key
from pipelines_lib.data.nights import Night, check_nights, count_nights
from pipelines_lib.data.quarantine import Breach, SetAside, set_aside
from pipelines_lib.data.snapshots import Snapshot, read_snapshot, snapshot_path
from pipelines_lib.errors import DataContractError, bounded
from pipelines_lib.results import CheckResult, Outcome
from pipelines_lib.spec.inputs import Feature
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import RuleBook

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

_CELLS = 4_000_000
"""Values examined at once; Great Expectations copies a table for every clause."""

_SHOWN_NIGHTS = 30

_BASE = ("key", "business_date", "observed_on", "label")


@dataclass(frozen=True)
class RuleCount:
    """How many rows broke one rule in one column."""

    rule: str
    column: str
    rows: int


@dataclass(frozen=True)
class QualityFigures:
    """What the evidence shows of the data's quality.

    Attributes:
        rows: Rows delivered.
        quarantined: Rows set aside; a row that broke two rules counts once.
        by_rule: Rows set aside by rule and column; such a row counts in both.
        nights: The newest thirty nights and their rows.
    """

    rows: int
    quarantined: int
    by_rule: tuple[RuleCount, ...]
    nights: tuple[Night, ...]


@dataclass(frozen=True)
class Quality:
    """What the quality stage found.

    Attributes:
        clean: The rows without those in quarantine; the very same snapshot where none is,
            None where no row is left.
        quarantined: Rows set aside.
        quarantine_sha256: The file that says which rows broke which rule; None if none did.
        checks: One result for each promise.
        figures: What the evidence shows.
    """

    clean: Snapshot | None
    quarantined: int
    quarantine_sha256: str | None
    checks: tuple[CheckResult, ...]
    figures: QualityFigures

    @classmethod
    def not_run(cls) -> Self:
        """No answer at all, because there is no snapshot; the gate sees what is absent."""
        return cls(None, 0, None, (), QualityFigures(0, 0, (), ()))


def check_quality(
    spec: ModelSpec, applications: Snapshot, *, home: Path, rules: RuleBook
) -> Quality:
    """Judge DATA-002 to 007, 009 and 012, set bad rows aside and write the clean snapshot.

    Args:
        spec: What is promised.
        applications: The rows delivered.
        home: Where everything written lies.
        rules: The limits.

    Raises:
        DataContractError: The snapshot lacks a declared column or holds it in another type.
        EvidenceError: The snapshot is missing or altered.
        ServiceError: The disk is full or ``home`` cannot be written.
    """
    case = _Case(spec, applications, home, rules, Examiner())
    base = read_snapshot(home, applications, ["business_date", "label", "unreadable"])
    _refuse_other_structure(case)
    unreadable = _unreadable(case, base["unreadable"])
    column_checks, column_breaches = _check_columns(case, unreadable)
    nights = count_nights(base["business_date"])
    breaches = _unreadable_breaches(spec, unreadable) + column_breaches
    aside = set_aside(home, applications, breaches)
    logger.info("Quality: %d of %d rows set aside", aside.rows, applications.rows)
    return Quality(
        clean=aside.clean,
        quarantined=aside.rows,
        quarantine_sha256=aside.sha256,
        checks=(
            *column_checks,
            check_key(spec.population.name, applications, home, rules, case.examiner),
            *check_nights(nights, spec.population.name, applications.as_of, rules, case.examiner),
            _check_quarantine(case, aside, _newest_aside(case, breaches, nights), nights),
            _check_outcomes(case, base),
        ),
        figures=_figures(case, aside, breaches, nights),
    )


@dataclass(frozen=True)
class _Case:
    """What every part of one examination needs."""

    spec: ModelSpec
    applications: Snapshot
    home: Path
    rules: RuleBook
    examiner: Examiner


def _refuse_other_structure(case: _Case) -> None:
    import pyarrow.parquet as pq

    schema = pq.read_schema(snapshot_path(case.home, case.applications))
    declared = (*_BASE, *case.spec.feature_names, "unreadable")
    clauses = [
        clause
        for clause in structure_clauses(case.spec, declared)
        if clause.column in schema.names or clause.expectation == "ExpectColumnToExist"
    ]
    findings = case.examiner.examine(schema.empty_table().to_pandas(), clauses)
    broken = [finding.clause.column for finding in findings if not finding.kept]
    if broken:
        raise DataContractError(
            f"The snapshot lacks a declared column or holds it in another type: {bounded(broken)}.",
            fix="Compare the features in the spec with the columns the sources deliver.",
        )


def _unreadable(case: _Case, names: "pa.ChunkedArray") -> Mapping[str, "NDArray[np.int64]"]:
    """Find, per column, the rows whose value could not be read as its declared type."""
    import pandas as pd
    import pyarrow as pa

    frame = pd.DataFrame({"unreadable": names.dictionary_encode().to_pandas()})
    (finding,) = case.examiner.examine(frame, [readable_clause()])
    listed = names.take(pa.array(finding.positions)).to_pylist()
    found: dict[str, list[int]] = {}
    for position, row in zip(finding.positions.tolist(), listed, strict=True):
        for name in row.split(","):
            found.setdefault(name, []).append(position)
    return {name: np.asarray(rows, dtype=np.int64) for name, rows in sorted(found.items())}


def _unreadable_breaches(
    spec: ModelSpec, unreadable: Mapping[str, "NDArray[np.int64]"]
) -> list[Breach]:
    tolerated = {feature.name for feature in spec.features if feature.severity == "warning"}
    return [
        Breach("DATA-001", spec.label.column if name == "label" else name, positions)
        for name, positions in unreadable.items()
        if name not in tolerated
    ]


def _check_columns(
    case: _Case, unreadable: Mapping[str, "NDArray[np.int64]"]
) -> tuple[list[CheckResult], list[Breach]]:
    """DATA-002, 003, 004, a few columns at a time: memory does not grow with their number."""
    checks: list[CheckResult] = []
    breaches: list[Breach] = []
    for features in _groups(case.spec.features, case.applications.rows):
        frame = _frame(case, features)
        clauses = [clause for feature in features for clause in feature_clauses(feature)]
        named = {feature.name: feature for feature in features}
        for found in case.examiner.examine(frame, clauses):
            column = found.clause.column
            finding = _without_unreadable(found, unreadable.get(column))
            checks.append(judge_column(finding, named[column], frame[column], case.rules))
            if finding.positions.size:
                breaches.append(Breach(finding.clause.check, column, finding.positions))
    return checks, breaches


def _groups(features: Sequence[Feature], rows: int) -> Iterator[tuple[Feature, ...]]:
    size = max(1, _CELLS // max(1, rows))
    for start in range(0, len(features), size):
        yield tuple(features[start : start + size])


def _frame(case: _Case, features: Sequence[Feature]) -> "pd.DataFrame":
    table = read_snapshot(case.home, case.applications, [feature.name for feature in features])
    for number, feature in enumerate(features):
        if feature.type == "category":  # codes and a few levels, not a text for every row
            column = table[feature.name].dictionary_encode()
            table = table.set_column(number, feature.name, column)
    frame: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True)
    return frame


def _without_unreadable(finding: Finding, unreadable: "NDArray[np.int64] | None") -> Finding:
    """Do not call a value blank that was there but could not be read."""
    if unreadable is None or finding.clause.check != "DATA-002":
        return finding
    return replace(
        finding,
        violations=finding.violations - len(unreadable),
        positions=np.setdiff1d(finding.positions, unreadable, assume_unique=True),
    )


def _check_outcomes(case: _Case, base: "pa.Table") -> CheckResult:
    """DATA-012: of the applications whose performance window is complete, share with an outcome."""
    import pandas as pd

    as_of, label = case.applications.as_of, case.spec.label
    last = np.datetime64(as_of - timedelta(days=label.performance_window_days))
    complete = base["business_date"].to_numpy().astype("datetime64[D]") <= last
    frame = pd.DataFrame({"label": base["label"].to_pandas()[complete].reset_index(drop=True)})
    (finding,) = case.examiner.examine(frame, [outcome_clause()])
    known = finding.rows - finding.violations
    share = known / finding.rows if finding.rows else None
    text = (
        f"{label.source}: the outcome of {known:,} of {finding.rows:,} applications is known whose "
        f"performance window of {label.performance_window_days} days is complete on {as_of}"
    )
    return case.rules.rule("DATA-012").judge(label.source, share, text, n=finding.rows)


def _check_quarantine(
    case: _Case, aside: SetAside, newest: int, nights: Sequence[Night]
) -> CheckResult:
    """DATA-009: share of rows set aside; on the newest night too, where the policy limits that.

    One night that is broken all through hides in a long history.
    """
    rule, rows = case.rules.rule("DATA-009"), case.applications.rows
    share = aside.rows / rows if rows else None
    text = f"{aside.rows:,} of {rows:,} rows set aside ({percent(share or 0.0)})"
    highest = dict(rule.parameters).get("newest_at_most")
    if highest is None or not nights:
        return rule.judge("rows", share, text, n=rows)
    night = nights[-1]
    text += f"; {newest:,} of the {night.rows:,} of {night.date}"
    result = rule.judge("rows", share, text, n=rows)
    result = replace(result, required=f"{rule.required}, on the newest night <= {highest:g}")
    return replace(result, outcome=Outcome.FAILED) if newest > highest * night.rows else result


def _newest_aside(case: _Case, breaches: Sequence[Breach], nights: Sequence[Night]) -> int:
    """Rows of the newest night that are set aside; a snapshot is in the order of its dates."""
    first = case.applications.rows - (nights[-1].rows if nights else 0)
    late = [breach.positions[breach.positions >= first] for breach in breaches]
    return len(np.unique(np.concatenate(late))) if late else 0


def _figures(
    case: _Case, aside: SetAside, breaches: Sequence[Breach], nights: Sequence[Night]
) -> QualityFigures:
    return QualityFigures(
        rows=case.applications.rows,
        quarantined=aside.rows,
        by_rule=tuple(RuleCount(b.check, b.column, len(b.positions)) for b in breaches),
        nights=tuple(nights[-_SHOWN_NIGHTS:]),
    )
