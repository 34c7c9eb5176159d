"""Was the candidate tested on rows it was trained on? (LEAK-008).

Two rows may be alike by chance, and in a table of few values they often are. How often chance
does it, the training rows themselves tell: the share of them that repeats another one. Only
what goes beyond that counts, and an application that stands in both windows always does.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chosen_rows import in_window, read_scores
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.leakage.sampling import in_short, shared_confidence
from pipelines_lib.assurance.scored import QUESTIONED
from pipelines_lib.assurance.shares import Share
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.assurance.wording import percent
from pipelines_lib.modelling.features import Matrix, matrix
from pipelines_lib.modelling.rows import chosen_batches
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule

if TYPE_CHECKING:
    import pyarrow as pa

TOPIC = "shared_rows"
CODE = "LEAK-008"
TRAIN = "train"
_CLUSTERED = 2
"""Repeats come in pairs at least, which doubles the variance of their count."""

Hashes = NDArray[np.uint64]
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


@dataclass(frozen=True)
class Repeats:
    """Rows of one unseen window that occur in training.

    Attributes:
        window: Which one.
        rows: How many rows it has.
        repeated: Rows whose inputs are those of a training row.
        by_chance: Share of training rows whose inputs are those of another one.
        keys: Applications that stand in both windows.
    """

    window: str
    rows: int
    repeated: int
    by_chance: float
    keys: int


@dataclass(frozen=True)
class SharedRowsFigures:
    """Every unseen window, as the evidence holds it."""

    train_rows: int
    windows: tuple[Repeats, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Compare the rows of every unseen window with those of training, whole."""
    if not inquiry.asks(CODE):
        return unasked(TOPIC)
    head = read_scores(inquiry.home, inquiry.applications, inquiry.scores, ("window", "key"))
    train, keys = _hashes(inquiry, head, TRAIN), _keys_in_common(head)
    rule = inquiry.rules.rule(CODE)
    found = [
        judge_repeats(rule, window, train, _hashes(inquiry, head, window), keys[window])
        for window in QUESTIONED
    ]
    checks = tuple(check for check, _ in found)
    return Answer(
        TOPIC, checks, SharedRowsFigures(int(train.size), tuple(each for _, each in found))
    )


def hashed(rows: Matrix) -> Hashes:
    """One number for each row; equal rows have equal numbers, a blank equals a blank.

    Two of a million unlike rows share a number with a probability of about 10⁻⁷.
    """
    total = np.zeros(rows.shape[0], dtype=np.uint64)
    for column in rows.T:
        value = np.where(np.isnan(column), np.float32(np.nan), column + np.float32(0))
        total = (total ^ value.view(np.uint32).astype(np.uint64)) * _MULTIPLIER
        total ^= total >> _SHIFT
    return total


def judge_repeats(
    rule: Rule, window: str, train: Hashes, unseen: Hashes, keys: int
) -> tuple[CheckResult, Repeats]:
    """Judge by how much more often unseen rows repeat training rows than chance does.

    Args:
        rule: Limit on the excess.
        window: Name of the unseen window.
        train: Hashes of all training rows.
        unseen: Hashes of the window's rows.
        keys: Applications in both; one is enough to fail.
    """
    repeated = _found(unseen, np.sort(train))
    among = _repeating(train)
    chance = among / train.size if train.size else 0.0
    found = Repeats(window, int(unseen.size), repeated, round(chance, 6), keys)
    excess = _excess(rule, repeated, unseen.size, among, train.size)
    if excess is None:
        return rule.judge(window, None, "A window is empty.", n=int(unseen.size)), found
    story = (
        f"{percent(repeated / unseen.size)} of its rows have the inputs of a training row; "
        f"among the training rows themselves it is {percent(chance)}."
    )
    if keys:
        story = f"Keys that stand in training too: {keys:,}. {story}"
        failed = rule.answer(window, story, holds=False, n=int(unseen.size))
        return replace(failed, observed=keys / unseen.size), found
    return rule.judge(
        window, excess.value, story, interval=excess.interval, n=int(unseen.size)
    ), found


def _excess(rule: Rule, repeated: int, n: int, among: int, train: int) -> Estimate | None:
    """Share of unseen rows that repeat one, beyond the share among training rows.

    Newcombe's interval on half of the rows, because repeats come in pairs.
    """
    confidence = shared_confidence(rule, len(QUESTIONED))
    unseen = Share(repeated // _CLUSTERED, n // _CLUSTERED)
    own = Share(among // _CLUSTERED, train // _CLUSTERED)
    estimate = unseen.difference_to(own, confidence)
    if estimate is None:
        return None
    return in_short(Estimate(repeated / n - among / train, estimate.interval))


def _repeating(hashes: Hashes) -> int:
    """Rows that are not the only one of their kind."""
    ordered = np.sort(hashes)
    alike = ordered[1:] == ordered[:-1]
    padded = np.concatenate(([False], alike, [False]))
    return int(np.count_nonzero(padded[1:] | padded[:-1])) if ordered.size else 0


def _found(unseen: Hashes, ordered: Hashes) -> int:
    """How many of some hashes occur among sorted ones."""
    if not ordered.size:
        return 0
    place = np.minimum(np.searchsorted(ordered, np.sort(unseen)), ordered.size - 1)
    return int(np.count_nonzero(ordered[place] == np.sort(unseen)))


def _hashes(inquiry: Inquiry, head: "pa.Table", window: str) -> Hashes:
    contract = inquiry.package.contract
    marked = in_window(head, window)
    batches = chosen_batches(inquiry.home, inquiry.applications, contract.names, marked)
    parts = [hashed(matrix(contract, batch)) for batch in batches]
    return np.concatenate([np.empty(0, dtype=np.uint64), *parts])


def _keys_in_common(head: "pa.Table") -> dict[str, int]:
    """For each unseen window, how many of its applications stand in training too."""
    import pyarrow as pa
    import pyarrow.compute as pc

    labelled = head["key"].filter(pa.array(in_window(head, TRAIN, *QUESTIONED)))
    if pc.count_distinct(labelled).as_py() == len(labelled):
        return dict.fromkeys(QUESTIONED, 0)
    train = head["key"].filter(pa.array(in_window(head, TRAIN)))
    unseen = {name: head["key"].filter(pa.array(in_window(head, name))) for name in QUESTIONED}
    return {
        name: int(pc.sum(pc.is_in(keys, value_set=train)).as_py() or 0)
        for name, keys in unseen.items()
    }
