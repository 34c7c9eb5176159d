"""The data contract: the spec's promises as a Great Expectations suite, held against data.

The only door to Great Expectations. Nothing that is judged comes from its overall
``success``, which a mere warning turns to False; every clause is answered on its own.
Results carry counts and row positions, never values.
"""

import gc
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipelines_lib.errors import CheckNotRunError
from pipelines_lib.spec.inputs import Feature
from pipelines_lib.spec.model_spec import ModelSpec

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Severity = Literal["critical", "warning", "info"]

_COUNTS = {
    "result_format": "BASIC",
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
}
_POSITIONS = {**_COUNTS, "result_format": "COMPLETE", "return_unexpected_index_query": False}
_MUCH = 12_000_000
"""Values examined with one context; each may leave ten bytes behind in it."""

_PANDAS_TYPES = {"number": "float64", "integer": "int64", "category": "str"}


@dataclass(frozen=True)
class Clause:
    """One promise about one column.

    Attributes:
        check: Code of the check the promise belongs to (``DATA-003``).
        column: The column it is about.
        expectation: Name of the Great Expectations class that examines it.
        arguments: What that class needs besides the column.
        severity: What the spec says a breach means for this column.
        names_rows: Whether a breach must say which rows break the promise.
    """

    check: str
    column: str
    expectation: str
    arguments: tuple[tuple[str, object], ...] = ()
    severity: Severity = "critical"
    names_rows: bool = False


@dataclass(frozen=True)
class Finding:
    """What examining one clause found.

    Attributes:
        clause: The promise.
        kept: Whether it holds without exception.
        rows: Rows it was asked about.
        violations: Rows that break it.
        observed: The figure, where the clause is about a figure of the whole column.
        positions: Which rows break it, ascending; empty unless the clause names rows.
    """

    clause: Clause
    kept: bool
    rows: int
    violations: int
    observed: Any
    positions: "NDArray[np.int64]"


def structure_clauses(spec: ModelSpec, columns: Sequence[str]) -> tuple[Clause, ...]:
    """Is every declared column there, with its declared type? Asked of a table without rows."""
    exist = tuple(Clause("DATA-001", name, "ExpectColumnToExist") for name in columns)
    types = tuple(
        Clause(
            "DATA-001",
            feature.name,
            "ExpectColumnValuesToBeOfType",
            (("type_", _PANDAS_TYPES[feature.type]),),
        )
        for feature in spec.features
    )
    return exist + types


def readable_clause() -> Clause:
    """Could every value be read as its declared type?"""
    return Clause("DATA-001", "unreadable", "ExpectColumnValuesToBeNull", names_rows=True)


def key_clause() -> Clause:
    """Does every application appear once?"""
    return Clause("DATA-005", "key", "ExpectColumnValuesToBeUnique")


def freshness_clause(most_days: float) -> Clause:
    """Is the newest night recent enough?"""
    return _between("DATA-006", "days_old", "ExpectColumnMinToBeBetween", None, most_days)


def volume_clause(lowest: float, highest: float) -> Clause:
    """Is the newest night about as large as the nights before it?"""
    return _between("DATA-007", "volume", "ExpectColumnMaxToBeBetween", lowest, highest)


def outcome_clause() -> Clause:
    """Is the outcome of every application known whose performance window is complete?"""
    return Clause("DATA-012", "label", "ExpectColumnValuesToNotBeNull")


def feature_clauses(feature: Feature) -> tuple[Clause, ...]:
    """What does the spec promise about the values of one feature?"""
    critical = feature.severity == "critical"
    refused = feature.missing == "refused"
    clauses = [
        Clause(
            "DATA-002",
            feature.name,
            "ExpectColumnValuesToNotBeNull",
            severity=feature.severity if refused else "info",
            names_rows=critical and refused,
        )
    ]
    if feature.minimum is not None or feature.maximum is not None:
        bounds = (("min_value", feature.minimum), ("max_value", feature.maximum))
        name = "ExpectColumnValuesToBeBetween"
        clauses.append(
            Clause("DATA-003", feature.name, name, bounds, feature.severity, names_rows=critical)
        )
    if feature.levels:
        levels = (("value_set", list(feature.levels)),)
        name = "ExpectColumnValuesToBeInSet"
        clauses.append(
            Clause("DATA-004", feature.name, name, levels, feature.severity, names_rows=critical)
        )
    return tuple(clauses)


class Examiner:
    """One ephemeral Great Expectations context, for one table after another.

    Nothing on disk, no progress bars, nothing sent anywhere. Opening it costs the import
    (seconds, once per process); not for use by two threads at once.
    """

    def __init__(self) -> None:
        self._gx = _great_expectations()
        self._whole = _open(self._gx)
        self._examined = 0

    def examine(self, frame: "pd.DataFrame", clauses: Sequence[Clause]) -> tuple[Finding, ...]:
        """Hold a table against clauses, one finding for each, in their order.

        Counts come first and cheaply; the positions of rows are computed only for clauses
        that name rows and were found broken.

        Args:
            frame: The columns the clauses are about, with a plain row number as index.
            clauses: The promises.

        Raises:
            CheckNotRunError: Great Expectations could not compute a clause.
        """
        held = frame.copy(deep=False)
        batch = self._whole.get_batch(batch_parameters={"dataframe": held})
        answers = self._ask(batch, dict(enumerate(clauses)), _COUNTS)
        broken = {
            number: clause
            for number, clause in enumerate(clauses)
            if clause.names_rows and not answers[number].success
        }
        answers.update(self._ask(batch, broken, _POSITIONS))
        self._let_go(held)
        return tuple(_finding(clause, answers[number]) for number, clause in enumerate(clauses))

    def _let_go(self, held: "pd.DataFrame") -> None:
        """Free what the library would keep alive.

        The table is emptied at once. What was computed from it stays in the context's caches
        and in cyclic references: both go with a new context and a garbage collection, which
        take tenths of a second and so are left until there is much to free.
        """
        self._examined += held.size
        held.drop(columns=list(held.columns), inplace=True)  # noqa: PD002  (for all who hold it)
        if self._examined > _MUCH:
            self._whole = _open(self._gx)
            gc.collect()
            self._examined = 0

    def _ask(
        self,
        batch: Any,  # noqa: ANN401
        clauses: Mapping[int, Clause],
        result_format: Mapping[str, object],
    ) -> dict[int, Any]:
        if not clauses:
            return {}
        asked = [_expectation(self._gx, number, clause) for number, clause in clauses.items()]
        suite = self._gx.ExpectationSuite(name="contract", expectations=asked)
        results = batch.validate(suite, result_format=dict(result_format)).results
        # By number: results come back in another order.
        answers = {result.expectation_config.meta["clause"]: result for result in results}
        for number, clause in clauses.items():
            _refuse_exception(clause, answers[number])
        return answers


def _between(check: str, column: str, name: str, low: float | None, high: float | None) -> Clause:
    return Clause(check, column, name, (("min_value", low), ("max_value", high)))


def _great_expectations() -> ModuleType:
    """Import once, here; its import of two retired standard modules warns and is not ours."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"module 'sre_\w+' is deprecated", DeprecationWarning)
        import great_expectations
        import great_expectations.expectations
    return great_expectations


def _open(gx: ModuleType) -> Any:  # noqa: ANN401  (untyped library)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    context.enable_analytics(False)
    asset = context.data_sources.add_pandas("snapshot").add_dataframe_asset("columns")
    return asset.add_batch_definition_whole_dataframe("whole")


def _expectation(gx: ModuleType, number: int, clause: Clause) -> Any:  # noqa: ANN401
    kind = getattr(gx.expectations, clause.expectation)
    return kind(
        column=clause.column,
        severity=clause.severity,
        meta={"clause": number},
        **dict(clause.arguments),
    )


def _refuse_exception(clause: Clause, answer: Any) -> None:  # noqa: ANN401
    """Never take a clause that could not be computed for one that failed.

    The exception's own text is left out: it may quote a value.
    """
    info = answer.exception_info or {}
    nested = (part for part in info.values() if isinstance(part, Mapping))
    if info.get("raised_exception") or any(part.get("raised_exception") for part in nested):
        raise CheckNotRunError(
            f"{clause.check} could not be computed for column {clause.column} "
            f"({clause.expectation}).",
            fix="This is a defect of the product, not of the data: report it with the spec.",
        )


def _finding(clause: Clause, answer: Any) -> Finding:  # noqa: ANN401
    result = answer.result
    return Finding(
        clause=clause,
        kept=bool(answer.success),
        rows=int(result.get("element_count") or 0),
        violations=int(result.get("unexpected_count") or 0),
        observed=result.get("observed_value"),
        positions=np.asarray(result.get("unexpected_index_list") or (), dtype=np.int64),
    )
