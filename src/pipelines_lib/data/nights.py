"""How much arrived on each night, whether the newest is recent, and whether it is complete."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.data.contract import Examiner, Finding, freshness_clause, volume_clause
from pipelines_lib.results import CheckResult, Outcome
from pipelines_lib.spec.rulebook import Rule, RuleBook

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Night:
    """One business date and how many applications it brought."""

    date: date
    rows: int


def count_nights(business_dates: "pa.ChunkedArray") -> tuple[Night, ...]:
    """How many rows has each business date? Oldest first."""
    counts = business_dates.value_counts()
    pairs = zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True)
    return tuple(Night(day, rows) for day, rows in sorted(pairs))


def check_nights(
    nights: Sequence[Night], subject: str, as_of: date, rules: RuleBook, examiner: Examiner
) -> tuple[CheckResult, ...]:
    """DATA-006 and DATA-007: is the newest night recent, and as large as those before it?

    Freshness is the days between ``as_of`` and the newest business date. Volume is the
    newest night's rows divided by the median of the nights before it (1 is best); with
    fewer than ``minimum_nights`` of those there is not enough evidence.
    """
    fresh, full = rules.rule("DATA-006"), rules.rule("DATA-007")
    earlier = nights[:-1][-round(full.parameter("nights")) :]
    if not nights:
        return (
            fresh.judge(subject, None, f"{subject}: no night has arrived", n=0),
            full.judge(subject, None, f"{subject}: no night has arrived", n=0),
        )
    clauses = (
        freshness_clause(fresh.limit or 0),
        volume_clause(full.limit or 0, full.parameter("at_most")),
    )
    age, volume = examiner.examine(_frame(nights, earlier, as_of), clauses)
    return (
        _freshness(fresh, subject, age, nights[-1].date, as_of),
        _volume(full, subject, volume, nights[-1], earlier),
    )


def _frame(nights: Sequence[Night], earlier: Sequence[Night], as_of: date) -> "pd.DataFrame":
    import pandas as pd

    middle = median(night.rows for night in earlier) if earlier else np.nan
    volume = np.full(len(nights), np.nan)
    volume[-1] = nights[-1].rows / middle
    days_old = [(as_of - night.date).days for night in nights]
    return pd.DataFrame({"days_old": days_old, "volume": volume})


def _freshness(rule: Rule, subject: str, age: Finding, newest: date, as_of: date) -> CheckResult:
    days = int(age.observed)
    plural = "day" if days == 1 else "days"
    text = f"{subject}: the newest night is {newest}, {days} {plural} before {as_of}"
    return rule.judge(subject, float(days), text)


def _volume(
    rule: Rule, subject: str, volume: Finding, newest: Night, earlier: Sequence[Night]
) -> CheckResult:
    highest = rule.parameter("at_most")
    required = f"{rule.required} and <= {highest:g}"
    known = len(earlier)
    if known < rule.parameter("minimum_nights"):
        text = f"{subject}: only {known} nights before {newest.date} to compare its rows with"
        return replace(rule.judge(subject, None, text, n=known), required=required)
    ratio = float(volume.observed)
    middle = median(night.rows for night in earlier)
    text = (
        f"{subject}: night {newest.date} has {newest.rows:,} rows, {ratio:.2f} times "
        f"the median {middle:,.10g} of the {known} nights before it"
    )
    result = replace(rule.judge(subject, ratio, text, n=known), required=required)
    return replace(result, outcome=Outcome.FAILED) if ratio > highest else result
