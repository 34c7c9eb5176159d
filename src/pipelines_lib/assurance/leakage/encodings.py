"""Do the digits of a value tell what its size does not? (LEAK-005).

A remainder, the number of decimals, the length of a text: how a system writes a value may
depend on what became of the case. Size is smoothed first, and what is left to the encoding is
learnt in every other stretch of values and tried in those between: a remainder that tells
something tells it all along the range; a value that is unlike its neighbours does not recur.
Where values differ from each other anyway, as codes do, classes must differ more than they.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chi_square import critical_ratio, critical_value
from pipelines_lib.assurance.leakage.columns import Codes, Column, Rows
from pipelines_lib.assurance.leakage.cross_fitting import (
    Binning,
    cross_fitted,
    first_places,
    folds,
)
from pipelines_lib.assurance.leakage.sampling import shared_confidence, thinned, told
from pipelines_lib.assurance.leakage.writings import classes, divisor
from pipelines_lib.assurance.ranking import Ranking, auc_difference
from pipelines_lib.assurance.statistics import Estimate, Floats, Labels
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.rulebook import Rule

CODE = "LEAK-005"
_STRETCHES = 16
"""Into so many stretches the range of a column is cut, where it is long enough."""
_ROWS_EACH = 50
_FAR, _FINE = 16.0, 256
"""Log-odds beyond which, and steps within one below which, choosing sees no difference."""
_SURE = 1e-6
"""A smoothed share keeps so far away from 0 and 1 that its log-odds are finite."""


Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Encoding:
    """One way to write a column: classes, what size alone tells, and where to learn.

    Attributes:
        name: As the policy calls it.
        classes: Class of each row, from 0.
        size: What the value itself, smoothed, says of the outcome.
        odd: 1 for rows in every other stretch of values (or levels), else 0.
    """

    name: str
    classes: Codes
    size: Floats
    odd: Codes


@dataclass(frozen=True, eq=False)
class Gain:
    """What the best encoding adds to the value: rows ranked with it and without."""

    encoding: str
    after: Ranking
    before: Ranking

    def at(self, confidence: float) -> Estimate | None:
        """AUC added, paired DeLong."""
        return auc_difference(self.after, self.before, confidence)


def check(rule: Rule, rows: Rows) -> Iterator[CheckResult]:
    """Judge the AUC that the best of the policy's encodings adds to each column."""
    rows = thinned(rows, int(rule.parameter("max_rows")))
    looks = len(rows.columns) * len(rule.words)
    for name, column in rows.columns.items():
        yield _judge(rule, name, column, rows.labels, looks)


def _judge(rule: Rule, name: str, column: Column, labels: Labels, looks: int) -> CheckResult:
    if not 0 < int(labels.sum()) < labels.size:
        return rule.judge(name, None, "Only one outcome occurred: nothing can be ranked.")
    found = best_gain(column, labels, rule.words, shared_confidence(rule, looks))
    gain = None if found is None else told(rule, looks, found.at)
    if found is None or gain is None:
        story = "No way of writing it tells more than the value itself."
        return replace(rule.answer(name, story, holds=True, n=labels.size), observed=0.0)
    story = f'"{found.encoding}" adds AUC {gain.value:.3f} to the value itself.'
    return rule.judge(name, gain.value, story, interval=gain.interval, n=labels.size)


def best_gain(
    column: Column, labels: Labels, names: tuple[str, ...], confidence: float
) -> Gain | None:
    """The encoding that adds most to the value itself.

    Args:
        column: Of n rows; dates have no encodings.
        labels: 1 or 0; both must occur.
        names: Encodings to try, as the policy words them.
        confidence: Of one look.

    Returns:
        None where no encoding differs from what size says by more than chance (at that
        confidence, in either half of the stretches), or none adds anything.
    """
    rows = np.flatnonzero(column.given)
    rows = rows[np.argsort(column.ordered[rows], kind="stable")]
    given, marks = column.where(rows), labels[rows]
    if not 0 < int(marks.sum()) < marks.size:
        return None
    starts = first_places(given.ordered)
    shifts = (_shifted(each, marks, starts, confidence) for each in encodings(given, marks, names))
    best = max(
        (each for each in shifts if each is not None), key=lambda each: each.gain, default=None
    )
    if best is None or best.gain <= 0:  # learnt in one half, wrong in the other: no pattern
        return None
    one, other = Ranking.of(marks, best.after), Ranking.of(marks, best.before)
    return Gain(best.name, one, other)


def encodings(column: Column, labels: Labels, names: tuple[str, ...]) -> Iterator[Encoding]:
    """Every encoding that fits the column and takes more than one class on it.

    Rows stand in the order of the column's values and have one.

    Raises:
        SpecError: The policy names an encoding that nobody has defined.
    """
    for name in names:
        found = classes(column, name)
        if found is None or np.all(found == found[0]):
            continue
        if column.kind == "category":
            yield _of_levels(column, labels, name, found)
        else:
            yield _of_numbers(column, labels, name, found)


def _of_levels(column: Column, labels: Labels, name: str, classes: Codes) -> Encoding:
    """A level is its own size; what its text tells is learnt from every other level."""
    rates = cross_fitted(column.values, len(column.levels), labels, folds(labels))
    return Encoding(name, classes, rates, column.values % 2)


def _of_numbers(column: Column, labels: Labels, name: str, classes: Codes) -> Encoding:
    if (by := divisor(name)) is not None:
        steps = np.asarray(column.whole_numbers) // by
        return Encoding(name, classes, _smoothed(column.ordered, labels, steps), steps % 2)
    # Two cuts for each stretch of smoothing, so that either half is learnt near the other.
    bins = Binning.of(column, 2 * _stretches(column.n)).codes(column)
    return Encoding(name, classes, _smoothed(column.ordered, labels, bins // 2), bins % 2)


def _stretches(n: int) -> int:
    return max(1, min(_STRETCHES, n // _ROWS_EACH))


def _smoothed(values: NDArray[np.float64] | Codes, labels: Labels, steps: Codes) -> Floats:
    """The outcome's share along the value, in stretches of whole steps joined by lines.

    A stretch spans at least one whole cycle of remainders, so that it cannot know one class.
    """
    starts = np.flatnonzero(np.concatenate(([True], steps[1:] != steps[:-1])))
    rows = np.diff(starts, append=steps.size)
    quantile = ((starts + rows / 2) / steps.size * _stretches(steps.size)).astype(np.int64)
    firsts = starts[np.concatenate(([True], quantile[1:] != quantile[:-1]))]
    near, counts = _near(values), np.diff(firsts, append=steps.size)
    shares = np.add.reduceat(labels.astype(np.float64), firsts) / counts
    middles = np.add.reduceat(near, firsts) / counts
    return np.interp(near, middles, shares)


def _near(values: NDArray[np.float64] | Codes) -> Floats:
    """Numbers that can be added up: infinity is the largest that can."""
    most = 1e300 / max(values.size, 1)
    return np.clip(values.astype(np.float64), -most, most)


@dataclass(frozen=True, eq=False)
class _Shifted:
    """Log-odds before and after an encoding's shifts, and about how much AUC they add."""

    name: str
    before: Floats
    after: Floats
    gain: float


def _shifted(
    encoding: Encoding, labels: Labels, starts: Places, confidence: float
) -> _Shifted | None:
    """Shift every row by what the other half of the stretches teaches about its class."""
    size = np.clip(encoding.size, _SURE, 1 - _SURE)
    count = int(encoding.classes.max()) + 1
    cells = encoding.odd * count + encoding.classes
    tallies = [
        _Tally(
            classes=encoding.classes[starts][half],
            beyond=np.add.reduceat(labels - size, starts)[half],
            variance=np.add.reduceat(size * (1 - size), starts)[half],
        )
        for half in (encoding.odd[starts] == 0, encoding.odd[starts] == 1)
    ]
    even, odd = (tally.effects(count, confidence) for tally in tallies)
    if even is None and odd is None:
        return None
    nothing = np.zeros(count)
    learnt = np.concatenate([nothing if each is None else each for each in (odd, even)])
    before = np.log(size / (1 - size))
    after = np.round(before + learnt[cells], 9)
    gain = _about_auc(after, labels) - _about_auc(before, labels)
    return _Shifted(encoding.name, before, after, gain)


def _about_auc(scores: Floats, labels: Labels) -> float:
    """AUC of log-odds cut into fine steps: good enough to choose by, and fast."""
    steps = (np.clip(scores, -_FAR, _FAR) + _FAR) * _FINE
    found = np.bincount(steps.astype(np.int64) * 2 + labels, minlength=int(4 * _FAR * _FINE) + 2)
    without, marked = found[::2], found[1::2]
    below = np.cumsum(without) - without / 2
    return float(np.sum(below * marked)) / float(without.sum() * marked.sum())


@dataclass(frozen=True, eq=False)
class _Tally:
    """One half of the stretches, value by value.

    Attributes:
        classes: Class of each distinct value.
        beyond: Outcomes observed beyond those expected (O - E).
        variance: Binomial variance of those expected (V).
    """

    classes: Codes
    beyond: Floats
    variance: Floats

    def effects(self, count: int, confidence: float) -> Floats | None:
        """Shift of each class in log-odds, drawn to none as far as chance explains it.

        One step from what size expects, (O - E) / V; the spread of true shifts by DerSimonian
        and Laird. None where classes differ by no more than the values within a class do, or
        than chance does: Fisher's F and chi-square on the sums of (O - E)² / V.
        """
        beyond = np.bincount(self.classes, weights=self.beyond, minlength=count)
        variance = np.bincount(self.classes, weights=self.variance, minlength=count)
        seen = variance > 1  # below one expected case chi-square does not hold
        freedom = int(seen.sum()) - 1
        if freedom < 1:
            return None
        weights = variance[seen]
        shift = beyond[seen] / weights
        # What all classes share is an error of the smoothing, not of the encoding.
        shift -= float(np.sum(weights * shift) / weights.sum())
        spread = float(np.sum(weights * shift**2))
        noise = self._within(seen, beyond[seen] ** 2 / weights)
        if noise is None or spread <= self._by_chance(freedom, noise, confidence):
            return None
        scale = float(weights.sum() - (weights**2).sum() / weights.sum())
        true = (spread - freedom * noise.level) / scale
        drawn = np.zeros(count)
        drawn[seen] = shift * true / (true + noise.level / weights)
        return drawn

    def _within(self, seen: NDArray[np.bool_], of_classes: Floats) -> "_Noise | None":
        """How much more values of one class differ than chance lets them; at least 1."""
        used = seen[self.classes] & (self.variance > 0)
        freedom = int(used.sum()) - int(seen.sum())
        if freedom < 1:
            return None
        total = float(np.sum(self.beyond[used] ** 2 / self.variance[used]))
        return _Noise(max(1.0, (total - float(of_classes.sum())) / freedom), freedom)

    def _by_chance(self, freedom: int, noise: "_Noise", confidence: float) -> float:
        # Few values cannot show how unlike values are: F asks for more the fewer there are.
        ratio = critical_ratio(freedom, noise.freedom, 1 - confidence)
        return max(critical_value(freedom, 1 - confidence), ratio * freedom * noise.level)


@dataclass(frozen=True)
class _Noise:
    """Mean square of (O - E) / √V among values of one class, and its degrees of freedom."""

    level: float
    freedom: int
