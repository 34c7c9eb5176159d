"""Which rows a model learns from, and which it is questioned on.

Windows follow time and are cut at whole business dates, oldest first: train,
calibration, validation, out of time. Only rows with a matured outcome have a place in
them. What is later than the newest matured date is watched; what lies among the labelled
dates without a matured outcome is excluded.
"""

import logging
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.data.maturity import matured as is_matured
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.model_spec import ModelSpec, Windows
from pipelines_lib.spec.rulebook import RuleBook

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)

WINDOWS: Final = ("train", "calibration", "validation", "out_of_time")
WATCH: Final = "watch"
EXCLUDED: Final = "excluded"
PLACES: Final = (*WINDOWS, WATCH, EXCLUDED)
"""What the numbers of ``window_of`` stand for, by position."""

Dates = NDArray[np.datetime64]
Mask = NDArray[np.bool_]
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Window:
    """A span of business dates (both ends included) and what was found in it.

    ``positives`` counts matured outcomes only: zero in the watch window.
    """

    name: str
    first: date
    last: date
    rows: int
    positives: int


@dataclass(frozen=True)
class WindowPlan:
    """Where each row of one snapshot belongs.

    Attributes:
        windows: The four labelled windows, oldest first.
        watch: Everything after them; an empty one is the day after the last of them.
        excluded: Rows not later than the labelled windows whose outcome has not matured, or
            that are older than the history the spec learns from.
    """

    windows: tuple[Window, ...]
    watch: Window
    excluded: int

    def window(self, name: str) -> Window:
        """The window of that name; ``watch`` is one."""
        return next(each for each in (*self.windows, self.watch) if each.name == name)


@dataclass(frozen=True)
class Timeline:
    """What the calendar knows of each row of an applications snapshot, in its order.

    ``label`` is 1, 0 or NaN (not known as of); ``matured`` says whether it may be used.
    """

    business_date: Dates
    label: NDArray[np.float64]
    matured: Mask


@dataclass(frozen=True)
class Split:
    """The windows of one snapshot, if it can be cut, and the answers about them."""

    plan: WindowPlan | None
    checks: tuple[CheckResult, ...]


def split_by_time(spec: ModelSpec, table: "pa.Table", rules: RuleBook, as_of: date) -> Split:
    """Cut a snapshot into windows, and answer whether each can carry what is asked of it."""
    plan = plan_windows(spec, table, as_of)
    reason = "" if plan else why_no_windows(spec, table, as_of)
    logger.info("windows as of %s: %s", as_of, [w.rows for w in plan.windows] if plan else reason)
    return Split(plan, check_windows(plan, rules, reason=reason))


def timeline(spec: ModelSpec, table: "pa.Table", as_of: date) -> Timeline:
    """Read the dates and outcomes of a snapshot, and which outcomes have matured."""
    business_date = _dates(table["business_date"])
    label = np.asarray(table["label"].cast("float64").to_numpy(), dtype=np.float64)
    return Timeline(
        business_date=business_date,
        label=label,
        matured=is_matured(
            business_date,
            _dates(table["observed_on"]),
            label,
            as_of=as_of,
            window_days=spec.label.performance_window_days,
        ),
    )


def plan_windows(spec: ModelSpec, table: "pa.Table", as_of: date) -> WindowPlan | None:
    """Cut the matured business dates of a snapshot by the spec's shares.

    Returns None where fewer dates than windows have matured outcomes: there is no plan
    then, and ``why_no_windows`` says why.
    """
    rows = timeline(spec, table, as_of)
    days = np.unique(rows.business_date[rows.matured])[-(spec.windows.history or 0) :]
    if len(days) < len(WINDOWS):
        return None
    ends = _ends(spec.windows, len(days))
    spans = zip(WINDOWS, (0, *ends[:-1]), ends, strict=True)
    empty = [_empty(name, days[start], days[end - 1]) for name, start, end in spans]
    plan = WindowPlan(tuple(empty), _watch(rows.business_date, days[-1]), excluded=0)
    return _counted(plan, rows)


def window_of(plan: WindowPlan, business_date: Dates, matured: Mask) -> NDArray[np.int8]:
    """The place of each row, as a position in ``PLACES``.

    A matured row belongs to the window whose dates hold its own; any row after the
    labelled windows is watched; every other row is excluded.
    """
    days = business_date.astype("datetime64[D]", copy=False)
    firsts = np.array([window.first for window in plan.windows], dtype="datetime64[D]")
    lasts = np.array([window.last for window in plan.windows], dtype="datetime64[D]")
    nearest = np.searchsorted(lasts, days).astype(np.int8)  # first window ending on or after
    later = (nearest == len(WINDOWS)) & ~np.isnat(days)
    started = days >= firsts[nearest % len(WINDOWS)]  # a row without a date never started
    labelled = np.where(started & matured, nearest, np.int8(PLACES.index(EXCLUDED)))
    return np.where(later, np.int8(PLACES.index(WATCH)), labelled)


def check_windows(
    plan: WindowPlan | None, rules: RuleBook, *, reason: str = ""
) -> tuple[CheckResult, ...]:
    """Does each labelled window hold both outcomes, and enough of the rarer one (DATA-014)?"""
    if plan is None:
        rule = rules.rule("DATA-014")
        return tuple(rule.answer(name, reason, holds=False, n=0) for name in WINDOWS)
    return tuple(_check_window(window, rules) for window in plan.windows)


def why_no_windows(spec: ModelSpec, table: "pa.Table", as_of: date) -> str:
    """Say why a snapshot cannot be cut, and from which night it can at the earliest."""
    rows = timeline(spec, table, as_of)
    dates = len(np.unique(rows.business_date[rows.matured]))
    found = (
        f"Only {dates} of at least {len(WINDOWS)} business dates have matured outcomes"
        if dates
        else "There are no matured outcomes"
    )
    waits = spec.label.performance_window_days
    earliest = _earliest(rows.business_date, waits)
    if earliest is None:
        return f"{found} as of {as_of}; the snapshot holds no dated row."
    if earliest <= as_of:
        return (
            f"{found} as of {as_of}, although the {waits} days of the performance window are "
            f"over since {earliest}: the outcomes have not arrived."
        )
    return f"{found} as of {as_of}; earliest possible: {earliest}, when {waits} days have passed."


def _check_window(window: Window, rules: RuleBook) -> CheckResult:
    rule = rules.rule("DATA-014")
    minimum = rule.parameter("minimum_positives")
    negatives = window.rows - window.positives
    rarer = min(window.positives, negatives)
    found = (
        f"{window.first} to {window.last}: {window.positives} positive and {negatives} negative "
        f"matured outcomes"
    )
    holds: bool | None = True
    if rarer == 0:
        found, holds = f"{found}; all are of one class.", False
    elif rarer < minimum:
        found, holds = f"{found}; at least {minimum:g} of each are needed.", None
    else:
        found = f"{found}."
    result = rule.answer(window.name, found, holds=holds, n=window.rows)
    return replace(result, observed=float(rarer))


def _ends(shares: Windows, days: int) -> tuple[int, ...]:
    """Where each window ends, as a count of days from the oldest; every window gets one."""
    each = (shares.train, shares.calibration, shares.validation)
    wanted = (int(total * days + 0.5 + _ROUNDING) for total in accumulate(each))
    ends: list[int] = []
    for position, end in enumerate(wanted):
        left = len(WINDOWS) - 1 - position  # windows still to come, one day each
        at_least = (ends[-1] if ends else 0) + 1
        ends.append(min(max(end, at_least), days - left))
    return (*ends, days)


def _counted(plan: WindowPlan, rows: Timeline) -> WindowPlan:
    places = window_of(plan, rows.business_date, rows.matured)
    total = np.bincount(places, minlength=len(PLACES))
    positive = np.bincount(places[rows.matured & (rows.label == 1)], minlength=len(PLACES))
    windows = tuple(
        replace(window, rows=int(total[place]), positives=int(positive[place]))
        for place, window in enumerate(plan.windows)
    )
    watch = replace(plan.watch, rows=int(total[PLACES.index(WATCH)]))
    return WindowPlan(windows, watch, excluded=int(total[PLACES.index(EXCLUDED)]))


def _watch(business_date: Dates, newest_matured: np.datetime64) -> Window:
    later = business_date[business_date > newest_matured]
    next_day = newest_matured + np.timedelta64(1, "D")
    return _empty(
        WATCH,
        later.min() if len(later) else next_day,
        later.max() if len(later) else next_day,
    )


def _earliest(business_date: Dates, window_days: int) -> date | None:
    days = np.unique(business_date[~np.isnat(business_date)])
    if not len(days):
        return None
    needed = len(WINDOWS)
    last_needed = _day(days[min(needed, len(days)) - 1])
    still_to_come = max(0, needed - len(days))  # at best one more business date a day
    return last_needed + timedelta(days=still_to_come + window_days)


def _empty(name: str, first: np.datetime64, last: np.datetime64) -> Window:
    return Window(name, first=_day(first), last=_day(last), rows=0, positives=0)


def _day(value: np.datetime64) -> date:
    return date.fromisoformat(str(value.astype("datetime64[D]")))


def _dates(column: Any) -> Dates:  # noqa: ANN401  (pyarrow has no types)
    return np.asarray(column.to_numpy(), dtype="datetime64[D]")
