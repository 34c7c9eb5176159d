"""Is the newest delivery like its neighbours, or is it one-sided? (``DRIFT-007``).

A file sorted by customer number, a single branch, a rerun of the branch in arrears: such a
night differs from training, but nothing drifted. Nights are put together, newest first, into
deliveries that are large enough to be compared. The newest is held against all others of the
watch window, column by column and the score, with false discoveries held down.

Where it is unlike them, time tells drift from a one-sided delivery: a change that stays has
deliveries like it right before it, and quiet ones before those. A delivery that stands alone,
or that follows deliveries which come and go as unlike each other, speaks for itself only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chi_square import chances
from pipelines_lib.assurance.chosen_rows import WATCH
from pipelines_lib.assurance.drift.discoveries import discoveries
from pipelines_lib.assurance.drift.stability import rows_needed, stability
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.sampled_rows import SampledRows
from pipelines_lib.assurance.scored import CANDIDATE
from pipelines_lib.errors import bounded
from pipelines_lib.modelling.reference import counts
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule

TOPIC = "representative"
REPRESENTATIVE = "DRIFT-007"
NEWEST = "newest_night"
_SCORE = "score"
_NAMED = 5

Counted = NDArray[np.float64]


@dataclass(frozen=True)
class Unlike:
    """One column in which the newest delivery differs from the others."""

    column: str
    psi: float


@dataclass(frozen=True)
class RepresentativeFigures:
    """How the newest delivery stands to its neighbours.

    ``history`` is the largest index of each delivery against the others, oldest first.
    """

    nights: int
    rows: int
    others: int
    largest: tuple[Unlike, ...]
    history: tuple[float, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Compare the newest delivery with the others that are too young for outcomes."""
    if not inquiry.asks(REPRESENTATIVE):
        return unasked(TOPIC)
    rule = inquiry.rules.rule(REPRESENTATIVE)
    rows = inquiry.sample((WATCH,), int(rule.parameter("max_rows")))
    reference = inquiry.package.reference
    check, figures = check_newest_delivery(rule, rows, reference["features"], reference["score"])
    return Answer(TOPIC, (check,), figures)


def check_newest_delivery(
    rule: Rule,
    rows: SampledRows,
    features: Mapping[str, Mapping[str, Any]],
    score: Mapping[str, Any],
) -> tuple[CheckResult, RepresentativeFigures | None]:
    """Judge whether the newest delivery may be read like the others.

    Args:
        rule: Its limit is the index from which a difference matters.
        rows: Applications of the watch window.
        features: Frozen bins of each feature.
        score: Frozen bins of the candidate's score.
    """
    family = len(features) + 1
    needed = rows_needed(_others(score, rows.n), rule.limit or 0.0, _rate(rule) / family)
    delivery, nights = _deliveries(rows, needed, int(rule.parameter("nights")))
    if delivery is None:
        story = f"{rows.n:,} rows do not make two deliveries that could be compared."
        return rule.answer(NEWEST, story, holds=None, n=rows.n), None
    columns = _columns(rows, delivery, features, score)
    newest = _differences(rule, columns, [_others_than(0, range(_number(columns)))])
    figures = _figures(rule, columns, newest, nights, delivery)
    holds, story = _read(rule, columns, newest, figures)
    answer = rule.answer(NEWEST, story, holds=holds, n=figures.rows)
    return replace(answer, observed=figures.largest[0].psi if figures.largest else None), figures


def _rate(rule: Rule) -> float:
    return rule.parameter("false_discovery_rate")


def _others(score: Mapping[str, Any], rows: int) -> Counted:
    """The score's bins as the other deliveries would fill them: they are at least half."""
    shares = [*score["shares"], score["missing_share"]]
    return np.array(shares, dtype=np.float64) * rows / 2


def _deliveries(
    rows: SampledRows, needed: float, nights: int
) -> tuple[NDArray[np.intp] | None, int]:
    """Each row's delivery, 0 the newest and -1 none; and how many nights make the newest."""
    days, place = np.unique(rows.dates, return_inverse=True)
    newest_first = np.bincount(place, minlength=len(days))[::-1][:nights]
    number = np.full(len(days), -1, dtype=np.intp)
    current, gathered = 0, 0
    for back, count in enumerate(newest_first.tolist()):
        number[len(days) - 1 - back] = current
        gathered += count
        if gathered >= needed:
            current, gathered = current + 1, 0
    if gathered:  # a remainder that is too small belongs to the delivery after it
        number[number == current] = current - 1
    if current < 2:  # noqa: PLR2004  (one to compare, one to compare with)
        return None, 0
    return number[place], int((number == 0).sum())


def _columns(
    rows: SampledRows,
    delivery: NDArray[np.intp],
    features: Mapping[str, Mapping[str, Any]],
    score: Mapping[str, Any],
) -> dict[str, Counted]:
    """Rows per delivery and bin of every column."""
    groups = [delivery == each for each in range(int(delivery.max()) + 1)]
    found = {
        name: np.array([counts(bins, rows.column(name)[each]) for each in groups], np.float64)
        for name, bins in features.items()
    }
    scores = rows.scores[CANDIDATE]
    found[_SCORE] = np.array([counts(score, scores[each]) for each in groups], np.float64)
    return found


@dataclass(frozen=True, eq=False)
class _Difference:
    """Indices of some deliveries, each against others: one row a delivery, one place a column.

    ``counts`` marks what is far enough, and further than chance explains in all of them.
    """

    names: tuple[str, ...]
    index: Counted
    counts: NDArray[np.bool_]

    @property
    def any(self) -> bool:
        return bool(self.counts.any())


def _differences(
    rule: Rule, columns: Mapping[str, Counted], pairs: Sequence[tuple[list[int], list[int]]]
) -> _Difference:
    """Hold deliveries against others, all of them as one family."""
    found = [
        [stability(rows[other].sum(axis=0), rows[one].sum(axis=0)) for rows in columns.values()]
        for one, other in pairs
    ]
    flat = [each for row in found for each in row]
    shape = (len(pairs), len(columns))
    index = np.array([each.index if each else np.nan for each in flat])
    chance = chances(
        np.array([each.index / each.spread if each else 0.0 for each in flat]),
        np.array([each.degrees if each else 0 for each in flat], dtype=np.float64),
    )
    far = np.array([each is not None and not rule.holds(each.index) for each in flat])
    stands = discoveries(chance, _rate(rule)) & far
    return _Difference(tuple(columns), index.reshape(shape), stands.reshape(shape))


def _number(columns: Mapping[str, Counted]) -> int:
    return len(next(iter(columns.values())))


def _others_than(place: int, among: Sequence[int]) -> tuple[list[int], list[int]]:
    return [place], [each for each in among if each != place]


def _figures(
    rule: Rule,
    columns: Mapping[str, Counted],
    newest: _Difference,
    nights: int,
    delivery: NDArray[np.intp],
) -> RepresentativeFigures:
    index = newest.index[0]
    order = np.argsort(-np.nan_to_num(index), kind="stable")[:_NAMED]
    every = range(_number(columns))
    past = _differences(rule, columns, [_others_than(place, every) for place in every]).index
    return RepresentativeFigures(
        nights=nights,
        rows=int((delivery == 0).sum()),
        others=_number(columns) - 1,
        largest=tuple(
            Unlike(newest.names[at], round(float(index[at]), 6))
            for at in order
            if not np.isnan(index[at])
        ),
        history=tuple(round(float(each), 4) for each in np.nan_to_num(past).max(axis=1)[::-1]),
    )


def _read(
    rule: Rule,
    columns: Mapping[str, Counted],
    newest: _Difference,
    figures: RepresentativeFigures,
) -> tuple[bool | None, str]:
    what = f"The newest {figures.nights} night(s), {figures.rows:,} rows"
    if not newest.any:
        largest = figures.largest[0] if figures.largest else None
        told = f"{what}: like the {figures.others} deliveries before"
        told += f"; largest PSI {largest.psi:.3f} ({largest.column})." if largest else "."
        return (True, told) if _can_tell(rule, columns) else (None, f"{told} Too few rows to tell.")
    names = [newest.names[at] for at in np.flatnonzero(newest.counts[0])]
    unlike = f"{what}: unlike the {figures.others} deliveries before in {bounded(names)}"
    lasting = _lasting(rule, columns, names)
    if lasting:
        return True, f"{unlike}, but so are the {lasting} before it: read it as drift."
    return False, f"{unlike}: not representative, do not read it as drift."


def _can_tell(rule: Rule, columns: Mapping[str, Counted]) -> bool:
    """Whether the score of the newest delivery would have shown a difference at the limit."""
    rows = columns[_SCORE]
    found = stability(rows[1:].sum(axis=0), rows[0])
    return found is not None and rule.holds(found.critical(_rate(rule) / len(columns)))


def _lasting(rule: Rule, columns: Mapping[str, Counted], moved: Sequence[str]) -> int:
    """How many deliveries before the newest share its change; 0 where it comes and goes.

    The window is cut where its two sides differ most. The change stays if more than one
    delivery lies on the newer side and no delivery is unlike the others of its own side.
    """
    number = _number(columns)
    cuts = [_gap([columns[name] for name in moved], cut) for cut in range(1, number)]
    cut = int(np.argmax(cuts)) + 1
    sides = [side for side in (range(cut), range(cut, number)) if len(side) > 1]
    pairs = [_others_than(place, side) for side in sides for place in side]
    if cut == 1 or (pairs and _differences(rule, columns, pairs).any):
        return 0
    return cut - 1


def _gap(columns: Sequence[Counted], cut: int) -> float:
    """How far the deliveries before and after a cut lie apart, in units of chance."""
    found = (stability(rows[cut:].sum(axis=0), rows[:cut].sum(axis=0)) for rows in columns)
    return sum(each.index / each.spread for each in found if each)
