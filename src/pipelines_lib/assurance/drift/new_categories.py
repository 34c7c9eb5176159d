"""Do applications carry what the candidate never trained on? (``DRIFT-004``).

A level may be declared in the spec, and so pass the data contract (DATA-004), without a single
row of it in the train window: the model then has no opinion on it, only a default. The same
goes for numbers far beyond all that was seen; those are counted for the report.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chosen_rows import WATCH
from pipelines_lib.assurance.drift.newest_nights import newest_nights
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.sampled_rows import SampledRows
from pipelines_lib.assurance.shares import Share
from pipelines_lib.assurance.statistics import wilson_interval, z_value
from pipelines_lib.errors import bounded
from pipelines_lib.results import Answer, CheckResult, Outcome
from pipelines_lib.spec.rulebook import Rule

TOPIC = "new_values"
NEW_CATEGORIES = "DRIFT-004"
_POOLS = 2


@dataclass(frozen=True)
class UnseenLevels:
    """Rows of one category with a level that no row of the train window had."""

    feature: str
    levels: tuple[str, ...]
    rows: int
    share: float | None


@dataclass(frozen=True)
class BeyondRange:
    """Rows of one number further out than the train window by more than the margin."""

    feature: str
    rows: int
    share: float | None


@dataclass(frozen=True)
class NewValueFigures:
    """What is new in the watch window; only features with anything new are listed."""

    rows: int
    margin: float
    categories: tuple[UnseenLevels, ...]
    numbers: tuple[BeyondRange, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Count levels and numbers of the newest applications that training never met."""
    if not inquiry.asks(NEW_CATEGORIES):
        return unasked(TOPIC)
    rule = inquiry.rules.rule(NEW_CATEGORIES)
    most = int(rule.parameter("max_rows"))
    rows = inquiry.sample((WATCH,), most)
    names = [each.name for each in inquiry.spec.features if each.type == "category"]
    frozen = inquiry.package.reference["features"]
    judged = [_judge(rule, name, frozen[name], rows, family=len(names)) for name in names]
    margin = rule.parameter("margin")
    figures = NewValueFigures(
        rows=rows.n,
        margin=margin,
        categories=tuple(found for _, found in judged if found.rows),
        numbers=_beyond(inquiry.sample(("train",), most), rows, margin),
    )
    return Answer(TOPIC, tuple(check for check, _ in judged), figures)


def _judge(
    rule: Rule, name: str, frozen: Mapping[str, Any], rows: SampledRows, *, family: int
) -> tuple[CheckResult, UnseenLevels]:
    """Judge all nights, and beside them the newest alone: what began last week is diluted."""
    alone = rule.parameter("confidence")
    together = 1 - (1 - alone) / (_POOLS * family)
    untaught = np.asarray(frozen["shares"]) == 0
    values = rows.column(name)
    new = np.zeros(rows.n, dtype=np.bool_)
    present = ~np.isnan(values)
    new[present] = untaught[values[present].astype(np.intp)]
    met = np.unique(values[new].astype(np.intp))
    levels = tuple(str(frozen["levels"][place]) for place in met[:5])
    whole = Share(int(new.sum()), rows.n)
    story = f"{whole} rows hold a level that the train window has not"
    story += f": {bounded(levels)}." if levels else "."
    result = _held(rule, name, whole, alone, story)
    if result.outcome is Outcome.FAILED:  # an alarm must stand among all questions asked
        result = _held(rule, name, whole, together, story)
    least = _rows_needed(rule, together)
    late = newest_nights(rows.dates, rows=least, least=rule.parameter("nights"))
    if late is not None and result.outcome is not Outcome.FAILED:
        recent = Share(int(new[rows.dates >= late.first].sum()), late.rows)
        told = f"{story} Of the newest {late.nights} nights: {recent}."
        newest = _held(rule, name, recent, together, told)
        result = newest if newest.outcome is Outcome.FAILED else replace(result, explanation=told)
    return result, UnseenLevels(name, levels, whole.some, _rounded(whole.value))


def _held(rule: Rule, name: str, share: Share, confidence: float, story: str) -> CheckResult:
    interval = wilson_interval(share.some, share.of, confidence)
    return rule.judge(name, share.value, story, interval=interval, n=share.of)


def _rows_needed(rule: Rule, confidence: float) -> float:
    """With so many rows and nothing new among them, the interval stays below the limit."""
    limit, square = rule.limit or 0.0, z_value(confidence) ** 2
    return square * (1 - limit) / limit if limit > 0 else np.inf


def _beyond(train: SampledRows, rows: SampledRows, margin: float) -> tuple[BeyondRange, ...]:
    """Rows outside the range of the train window, widened by a margin of its width."""
    found = []
    for feature in rows.contract.features:
        seen = _present(train.column(feature.name))
        if feature.is_category or not seen.size or not rows.n:
            continue
        low, high = float(seen.min()), float(seen.max())
        reach = margin * (high - low)
        now = _present(rows.column(feature.name)).astype(np.float64)
        outside = int(np.count_nonzero((now < low - reach) | (now > high + reach)))
        if outside:
            share = _rounded(outside / rows.n)
            found.append(BeyondRange(feature.name, outside, share))
    return tuple(found)


def _present(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values[~np.isnan(values)]


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)
