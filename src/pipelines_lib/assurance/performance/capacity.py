"""Of the cases people can look at in a night, how many are worth the look?

``PERF-019``. Precision among the highest scores of each night, so many as the spec's capacity
says; each entity (a card, a customer) counts once, with its highest score, and one that is
already known to be positive is not looked at again.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chosen_rows import in_window, read_scores
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.scored import CANDIDATE, OUT_OF_TIME
from pipelines_lib.assurance.statistics import Estimate, Floats, Labels
from pipelines_lib.assurance.wording import with_interval
from pipelines_lib.data.joining import ENTITY
from pipelines_lib.modelling.rows import batches
from pipelines_lib.results import Answer, CheckResult, Interval
from pipelines_lib.spec.rulebook import Rule

CAPACITY: Final = "PERF-019"
TOPIC: Final = "capacity"
SUBJECT: Final = "out_of_time"
Days = NDArray[np.datetime64]
Codes = NDArray[np.int64]
_NO_SPREAD = 1e-12
"""A spread below this is rounding, not agreement."""


@dataclass(frozen=True)
class Night:
    """One night's cases: looked at, and positive among them."""

    night: date
    looked_at: int
    positive: int


@dataclass(frozen=True)
class CapacityFigures:
    """Precision at capacity, and every night behind it."""

    per_night: int
    by_entity: bool
    precision: float | None
    low: float | None
    high: float | None
    nights: tuple[Night, ...]


@dataclass(frozen=True, eq=False)
class Cases:
    """Labelled applications that compete for people's time.

    Attributes:
        nights: Business date of each.
        scores: The candidate's.
        labels: Their outcomes.
        entities: Whom each is about, as a number; every row its own where nobody said.
        known: Entities of which a positive outcome became known, once for each.
        known_on: The day on which it did.
    """

    nights: Days
    scores: Floats
    labels: Labels
    entities: Codes
    known: Codes
    known_on: Days


def ask(inquiry: Inquiry) -> Answer:
    """Measure precision at the capacity that the spec gives, if it gives one."""
    capacity = inquiry.spec.decision.capacity
    if capacity is None or not inquiry.asks(CAPACITY):
        return unasked(TOPIC)
    rule, by_entity = inquiry.rules.rule(CAPACITY), inquiry.spec.entity_column is not None
    days = int(rule.parameter("known_days"))
    looked = precision_by_night(_cases(inquiry, by_entity), capacity.per_night, days)
    checks, estimate = judge_nights(looked, rule)
    figures = CapacityFigures(capacity.per_night, by_entity, *_ends(estimate), looked)
    return Answer(TOPIC, checks, figures)


def _ends(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    if estimate is None:
        return None, None, None
    interval = estimate.interval
    return round(estimate.value, 5), round(interval.low, 5), round(interval.high, 5)


def precision_by_night(cases: Cases, per_night: int, known_days: int) -> tuple[Night, ...]:
    """Look at the highest scores of each night, oldest night first.

    As the card precision of the Fraud Detection Handbook (Le Borgne et al., 2022, chapter 4): an
    entity has its highest score and its worst outcome of the night. Left out are entities of
    which a positive outcome became known before the night, but not longer than ``known_days``
    before it; a look that finds one makes it known. Of equal scores the first in the snapshot
    is looked at.
    """
    known, known_on = cases.known, cases.known_on
    looked = []
    for night in np.unique(cases.nights):
        fresh = (known_on < night) & (known_on >= night - np.timedelta64(known_days, "D"))
        rows = np.flatnonzero(cases.nights == night)
        rows = rows[~np.isin(cases.entities[rows], known[fresh])]
        chosen, positive = _highest(cases, rows, per_night)
        known = np.append(known, chosen[positive])
        known_on = np.append(known_on, np.full(int(positive.sum()), night))
        looked.append(Night(date.fromisoformat(str(night)), len(chosen), int(positive.sum())))
    return tuple(looked)


def _highest(cases: Cases, rows: NDArray[np.intp], most: int) -> tuple[Codes, NDArray[np.bool_]]:
    """The entities with the highest scores, and which of them had a positive outcome."""
    best_first = rows[np.argsort(-cases.scores[rows], kind="stable")]
    ordered = cases.entities[best_first]
    _, first = np.unique(ordered, return_index=True)
    chosen = ordered[np.sort(first)][:most]
    positive = np.unique(cases.entities[rows[cases.labels[rows] == 1]])
    return chosen, np.asarray(np.isin(chosen, positive))


def judge_nights(
    nights: Sequence[Night], rule: Rule
) -> tuple[tuple[CheckResult, ...], Estimate | None]:
    """Judge the mean precision of the nights; its interval is over nights, not over cases."""
    shares = np.array([each.positive / each.looked_at for each in nights if each.looked_at])
    estimate = mean_of_nights(shares, rule.parameter("confidence"))
    if estimate is None:
        said = f"{len(shares)} nights out of time with a case to look at: too few"
        return (rule.judge(SUBJECT, None, said, n=len(shares)),), None
    said = f"precision {with_interval(estimate)} over {len(shares)} nights"
    return (
        rule.judge(SUBJECT, estimate.value, said, interval=estimate.interval, n=len(shares)),
    ), estimate


def mean_of_nights(shares: Floats, confidence: float) -> Estimate | None:
    """The mean of some nights' shares with Student's interval; None below two nights.

    Where all nights are alike nothing is known of their spread: an interval from 0 to 1.
    """
    n = len(shares)
    if n < 2:  # noqa: PLR2004  (a spread needs two)
        return None
    mean, spread = float(shares.mean()), float(shares.std(ddof=1))
    if spread < _NO_SPREAD:
        return Estimate(mean, Interval(0.0, 1.0, confidence))
    reach = student(confidence, n - 1) * spread / math.sqrt(n)
    return Estimate(mean, Interval(max(0.0, mean - reach), min(1.0, mean + reach), confidence))


def student(confidence: float, freedom: int) -> float:
    """Two-sided quantile of Student's t: 2.262 for 0.95 and 9 degrees of freedom.

    By bisection on the exact distribution for whole degrees of freedom (Abramowitz and Stegun
    1964, 26.7.3 and 26.7.4).
    """
    low, high = 0.0, 1.0
    while _within(high, freedom) < confidence:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if _within(middle, freedom) >= confidence else (middle, high)
    return high


def _within(t: float, freedom: int) -> float:
    """P(|T| < t)."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2 == 1
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    start = 1 if odd else 0
    for step in range(start, freedom - 1, 2):
        total += term
        term *= cosine**2 * (step + 1) / (step + 2)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def _cases(inquiry: Inquiry, by_entity: bool) -> Cases:
    columns = ["business_date", "window", "label", f"{CANDIDATE}_score"]
    table = read_scores(inquiry.home, inquiry.applications, inquiry.scores, columns)
    newest = in_window(table, OUT_OF_TIME) & np.asarray(table["label"].is_valid().to_numpy())
    places = np.flatnonzero(newest)
    chosen = table.take(places)
    alone = np.arange(len(places)), np.empty(0, np.int64), np.empty(0, "datetime64[D]")
    entities, known, known_on = _entities(inquiry, newest) if by_entity else alone
    return Cases(
        nights=chosen["business_date"].to_numpy().astype("datetime64[D]"),
        scores=chosen[f"{CANDIDATE}_score"].to_numpy().astype(np.float64),
        labels=chosen["label"].to_numpy().astype(np.int8),
        entities=entities,
        known=known,
        known_on=known_on,
    )


def _entities(inquiry: Inquiry, newest: NDArray[np.bool_]) -> tuple[Codes, Codes, Days]:
    """Number the entities of the newest rows, and those of all outcomes known to be positive."""
    names: dict[str, int] = {}
    codes: list[int] = []
    known: list[int] = []
    days: list[np.datetime64] = []
    for who, observed, wanted in _stream(inquiry, newest):
        # A row that names nobody is a case of its own.
        number = names.setdefault(who, len(names)) if who is not None else -len(codes) - 1
        if wanted:
            codes.append(number)
        if observed is not None and who is not None:
            known.append(number)
            days.append(observed)
    return (
        np.asarray(codes, dtype=np.int64),
        np.asarray(known, dtype=np.int64),
        np.asarray(days, dtype="datetime64[D]"),
    )


def _stream(
    inquiry: Inquiry, newest: NDArray[np.bool_]
) -> Iterator[tuple[str | None, np.datetime64 | None, bool]]:
    """Entity, day of a known positive outcome, and whether it is a newest row; few rows only."""
    import pyarrow as pa

    start = 0
    for batch in batches(inquiry.home, inquiry.applications, [ENTITY, "observed_on", "label"]):
        wanted = newest[start : start + batch.num_rows]
        start += batch.num_rows
        label = batch["label"].fill_null(0).to_numpy(zero_copy_only=False)
        dated = batch["observed_on"].is_valid().to_numpy(zero_copy_only=False)
        positive = np.asarray((label == 1) & dated)
        kept = wanted | positive
        part = batch.filter(pa.array(kept))
        days = part["observed_on"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
        for who, day, known, new in zip(
            part[ENTITY].to_pylist(), days, positive[kept], wanted[kept], strict=True
        ):
            yield who, (day if known else None), bool(new)
