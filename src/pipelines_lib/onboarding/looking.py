"""What a sample of the rows shows: suspected leaks, and directions worth a thought."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.leakage import columns as leak_columns
from pipelines_lib.assurance.leakage.suspicion import Suspicion, SuspicionLimits, suspect
from pipelines_lib.data.columns import listed
from pipelines_lib.onboarding.outcome import Outcome
from pipelines_lib.onboarding.placing import Time
from pipelines_lib.onboarding.profile import Profile
from pipelines_lib.onboarding.table import Table

if TYPE_CHECKING:
    from pipelines_lib.assurance.leakage.columns import Column

_SLICES = 4
_WORTH_A_THOUGHT = 0.05
_FEWEST = 200


def labels_of(table: Table, outcome: Outcome) -> NDArray[np.int8]:
    """1, 0, or -1 where the outcome is not known, for each row of the sample."""
    text = table.text(outcome.place)
    sql = (
        f"CASE WHEN {text} IN ({listed(outcome.positive)}) THEN 1 "
        f"WHEN {text} IN ({listed(outcome.negative)}) THEN 0 ELSE -1 END"
    )
    return table.numbers(sql).astype(np.int8)


def dates_of(table: Table, time: Time) -> NDArray[np.datetime64] | None:
    """The business date of each row of the sample; None where dates are made."""
    if time.profile is None:
        return None
    import pyarrow as pa

    days = table.sample_column(time.profile.kind.sql, pa.date32())
    return np.asarray(days.to_numpy(zero_copy_only=False), dtype="datetime64[D]")


def suspicions(
    table: Table,
    candidates: Sequence[Profile],
    labels: NDArray[np.int8],
    dates: NDArray[np.datetime64] | None,
    *,
    train: NDArray[np.bool_] | None,
    limits: SuspicionLimits | None,
) -> tuple[Suspicion, ...]:
    """Which candidates know the outcome before it happened?

    Asked of all rows, and of those a model would be trained on: a habit of writing down what
    was known later may have ended since.
    """
    if limits is None or not candidates:
        return ()
    read = {each.name: _column(table, each) for each in candidates}
    found = suspect(read, labels, dates, limits)
    if train is None or dates is None or train.all():
        return found
    named = {each.column for each in found}
    left = {name: column.where(train) for name, column in read.items() if name not in named}
    return (*found, *suspect(left, labels[train], dates[train], limits))


def trained_on(
    dates: NDArray[np.datetime64] | None, time: Time, delay: int, share: float
) -> NDArray[np.bool_] | None:
    """Which rows of the sample lie in the train window; None where dates are made."""
    if dates is None:
        return None
    days = np.unique(dates[~np.isnat(dates)])
    matured = days[days <= np.datetime64(time.last) - np.timedelta64(delay, "D")]
    if len(matured) < 2:  # noqa: PLR2004  (nothing to cut)
        return None
    end = matured[max(0, round(share * len(matured)) - 1)]
    return np.asarray(dates <= end)


def stands_still(table: Table, found: Profile, rows: NDArray[np.bool_]) -> bool:
    """Whether a column takes one value, or none, in some rows of the sample."""
    import pyarrow as pa

    if found.is_number:
        values = table.numbers(found.value)[rows]
        return len(np.unique(values)) <= 1  # NaN counts as a value
    texts = table.sample_column(found.kind.sql, pa.string())
    return len(texts.filter(pa.array(rows)).unique()) <= 1


def direction(
    values: NDArray[np.float64], labels: NDArray[np.int8], dates: NDArray[np.datetime64] | None
) -> str:
    """A direction that holds in every slice of time, in words; empty where there is none.

    Spearman's rank correlation with the outcome, in four slices of equal size, oldest first.
    """
    usable = np.isfinite(values) & (labels >= 0)
    place = np.flatnonzero(usable)
    if len(place) < _FEWEST * _SLICES:
        return ""
    if dates is not None:
        place = place[np.argsort(dates[place], kind="stable")]
    found = [_spearman(values[part], labels[part]) for part in np.array_split(place, _SLICES)]
    weakest = min(abs(each) for each in found)
    if weakest < _WORTH_A_THOUGHT or len({each > 0 for each in found}) > 1:
        return ""
    word = "increasing" if found[0] > 0 else "decreasing"
    low, high = min(found), max(found)
    return f"{word}   # worth a thought: rank correlation {low:.2f} to {high:.2f} in 4 slices"


def _spearman(values: NDArray[np.float64], labels: NDArray[np.int8]) -> float:
    ranks = _ranks(values)
    other = labels.astype(np.float64)
    spread = ranks.std() * other.std()
    if spread == 0:
        return 0.0
    return float(np.mean((ranks - ranks.mean()) * (other - other.mean())) / spread)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mid-ranks: equal values share one."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2.0)[inverse], dtype=np.float64)


def _column(table: Table, found: Profile) -> "Column":
    import pyarrow as pa

    if found.is_number:
        values = table.numbers(found.value)
        if found.kind.form == "integer" and np.isfinite(values).all():
            return leak_columns.number(found.name, values.astype(np.int64))
        return leak_columns.number(found.name, np.where(np.isinf(values), np.nan, values))
    return leak_columns.from_arrow(found.name, table.sample_column(found.kind.sql, pa.string()))
