"""Is anybody treated worse for being two things at once?

``FAIR-007`` adverse impact over intersections: every two attributes, every pair of their
groups, approved how often against the intersection of both references.

The reference is fixed by the spec before any data are seen. The most favoured intersection,
with which New York City's audits compare, is chosen by the data: of many small cells the luckiest
is always approved more often than it deserves, and a fair model would look unfair against it.
The rates are in the figures, so that ratio can be read off as well.

Cells below the policy's minimum share, and those without anybody, are reported and not judged.
All intervals hold together (Bonferroni over the judged cells of all pairs).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance.fairness.coding import believed
from pipelines_lib.assurance.fairness.cohort import Marks
from pipelines_lib.assurance.fairness.equalised_odds import odds
from pipelines_lib.assurance.fairness.group_calibration import against_whole
from pipelines_lib.assurance.fairness.groups import subject
from pipelines_lib.assurance.fairness.judged import (
    confidence_of,
    crossing,
    drawn,
    minimum_share,
    pairs,
    parts,
    simultaneous,
)
from pipelines_lib.assurance.fairness.score_gap import gaps
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.shares import Share
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.results import Answer, CheckResult

if TYPE_CHECKING:
    from pipelines_lib.assurance.fairness.cohort import Cohort
    from pipelines_lib.assurance.fairness.groups import Grouping
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.protected import ProtectedAttribute
    from pipelines_lib.spec.rulebook import RuleBook

CODE = "FAIR-007"
TOPIC = "intersections"

Table = tuple[tuple[float | None, ...], ...]
"""A figure for each group of one attribute (rows) and of the other (columns)."""
Counts = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Measure:
    """One measure over all intersections of two attributes, with its interval."""

    value: Table
    low: Table
    high: Table


@dataclass(frozen=True)
class PairFigures:
    """All intersections of two attributes; ``unknown`` is a group of each.

    Attributes:
        attribute: The attribute of the rows.
        other: The attribute of the columns.
        groups: Names of the rows.
        others: Names of the columns.
        reference: Row and column of the reference.
        rows: People.
        approved: Of those, approved.
        judged: 1 where the policy judges the cell.
        ratio: Adverse impact ratio.
        score_gap: Standardised mean difference of the scores.
        odds: Larger difference of false and true positive rates, without its sign.
        calibration: Observed/expected over that of everybody.
    """

    attribute: str
    other: str
    groups: tuple[str, ...]
    others: tuple[str, ...]
    reference: tuple[int, int]
    rows: Counts
    approved: Counts
    judged: Counts
    ratio: Measure
    score_gap: Measure
    odds: Measure
    calibration: Measure


@dataclass(frozen=True)
class IntersectionFigures:
    """Every pair of attributes; all intervals of one measure hold together at ``confidence``."""

    confidence: float
    pairs: tuple[PairFigures, ...]

    @property
    def small(self) -> frozenset[str]:
        """Every intersection that is reported and not judged."""
        return frozenset(
            crossing(subject(pair.attribute, group), subject(pair.other, other))
            for pair in self.pairs
            for row, group in enumerate(pair.groups)
            for column, other in enumerate(pair.others)
            if not pair.judged[row][column]
        )


@dataclass(frozen=True, eq=False)
class Pair:
    """Two attributes, crossed.

    Attributes:
        one: The attribute of the rows.
        other: The attribute of the columns.
        grouping: The intersection of each row of the cohort.
        base: Number of the reference intersection.
        shape: Groups of the one, groups of the other.
        judged: Which intersections are judged.
    """

    one: "ProtectedAttribute"
    other: "ProtectedAttribute"
    grouping: "Grouping"
    base: int
    shape: tuple[int, int]
    judged: Marks

    def subject(self, place: int) -> str:
        """How results name an intersection: ``sex=women & age=under_25``."""
        group, other = self.grouping.names[place].split(_SEPARATOR)
        return crossing(subject(self.one.name, group), subject(self.other.name, other))


_SEPARATOR = "\x1f"
"""Between the names of two groups; no name of a spec holds it."""


def ask(inquiry: Inquiry) -> Answer:
    """Compare approvals over all intersections of two attributes."""
    if not inquiry.asks(CODE) or inquiry.spec.fairness.not_applicable:
        return unasked(TOPIC)
    checks, figures = check_intersections(
        inquiry.spec, inquiry.rules, inquiry.cohort, inquiry.candidate.cutoff
    )
    return Answer(TOPIC, believed(inquiry, checks), figures)


def check_intersections(
    spec: "ModelSpec", rules: "RuleBook", cohort: "Cohort", cutoff: float
) -> tuple[tuple[CheckResult, ...], IntersectionFigures]:
    """Judge every intersection that is large enough; report all of them."""
    crossed = crossings(spec, rules, cohort)
    confidence = confidence_of(rules, CODE)
    each = simultaneous(confidence, sum(int(pair.judged.sum()) for pair in crossed))
    approved = cohort.approved(cutoff)
    checks: list[CheckResult] = []
    figures = []
    for pair in crossed:
        shares = _shares(pair.grouping.counts(approved))
        ratios = [
            None if place == pair.base else impact(share, shares[pair.base], each)
            for place, share in enumerate(shares)
        ]
        checks += _results(rules, pair, shares, ratios)
        figures.append(_drawn(pair, shares, ratios, cohort, approved=approved, confidence=each))
    return tuple(checks), IntersectionFigures(confidence, tuple(figures))


def least_share(rules: "RuleBook") -> float:
    """Below which share an intersection is reported only."""
    if CODE not in rules:
        return minimum_share(rules)
    return rules.rule(CODE).parameter("minimum_share")


def crossings(spec: "ModelSpec", rules: "RuleBook", cohort: "Cohort") -> tuple[Pair, ...]:
    """Every two attributes, crossed."""
    least = least_share(rules) * cohort.n
    return tuple(_crossed(cohort, one, other, least) for one, other in pairs(spec))


def _crossed(
    cohort: "Cohort", one: "ProtectedAttribute", other: "ProtectedAttribute", least: float
) -> Pair:
    first, second = cohort.groupings[one.name], cohort.groupings[other.name]
    grouping = first.crossed(second, _SEPARATOR)
    shape = len(first.names), len(second.names)
    row, column = first.names.index(one.reference), second.names.index(other.reference)
    base = row * shape[1] + column
    declared = np.outer(
        np.isin(first.names, one.group_names), np.isin(second.names, other.group_names)
    )
    judged = (declared & _missed_or_large(grouping.sizes().reshape(shape), least)).ravel()
    judged[base] = False
    return Pair(one, other, grouping, base, shape, judged)


def _missed_or_large(sizes: np.ndarray, least: float) -> Marks:
    """Cells with people enough, and those of a group that vanished: it must be missed here too."""
    gone = (sizes.sum(axis=1) == 0)[:, None] | (sizes.sum(axis=0) == 0)
    return np.asarray(gone | ((sizes > 0) & (sizes >= least)))


def _shares(counts: np.ndarray) -> list[Share]:
    return [Share(int(approved), int(declined + approved)) for declined, approved in counts]


def impact(share: Share, reference: Share, confidence: float) -> Estimate | None:
    """Approval rate over the reference's; None where everybody or nobody was approved."""
    some, every = share.some + reference.some, share.of + reference.of
    if not share.of or not reference.of or not 0 < some < every:
        return None
    return share.ratio_to(reference, confidence)


def _results(
    rules: "RuleBook", pair: Pair, shares: Sequence[Share], ratios: Sequence[Estimate | None]
) -> list[CheckResult]:
    rule, base = rules.rule(CODE), shares[pair.base]
    results = []
    for place in map(int, np.flatnonzero(pair.judged)):
        share, (ratio, interval) = shares[place], parts(ratios[place])
        story = (
            "Not comparable with" if ratio is None else f"Approved {ratio:.3f} times as often as"
        )
        reference = f"{pair.one.reference} & {pair.other.reference}"
        results.append(
            rule.judge(
                pair.subject(place),
                ratio,
                f"{story} {reference}: {share} against {base}.",
                interval=interval,
                n=min(share.of, base.of),
            )
        )
    return results


def _drawn(
    pair: Pair,
    shares: Sequence[Share],
    ratios: Sequence[Estimate | None],
    cohort: "Cohort",
    *,
    approved: Marks,
    confidence: float,
) -> PairFigures:
    grouping, base, columns = pair.grouping, pair.base, pair.shape[1]
    errors = odds(grouping, base, approved, cohort.labels, confidence)
    meant = against_whole(grouping, cohort.labels, cohort.scores, confidence)
    return PairFigures(
        attribute=pair.one.name,
        other=pair.other.name,
        groups=tuple(name.split(_SEPARATOR)[0] for name in grouping.names[::columns]),
        others=tuple(name.split(_SEPARATOR)[1] for name in grouping.names[:columns]),
        reference=divmod(base, columns),
        rows=_counts([share.of for share in shares], columns),
        approved=_counts([share.some for share in shares], columns),
        judged=_counts([int(mark) for mark in pair.judged], columns),
        ratio=_measure(ratios, columns),
        score_gap=_measure(gaps(grouping, base, cohort.scores, confidence), columns),
        odds=_measure([one.larger for one in errors], columns),
        calibration=_measure([one.against_whole for one in meant], columns),
    )


def _counts(values: Sequence[int], columns: int) -> Counts:
    return tuple(tuple(values[at : at + columns]) for at in range(0, len(values), columns))


def _measure(found: Sequence[Estimate | None], columns: int) -> Measure:
    def table(read: Callable[[Estimate], float]) -> Table:
        written = [None if one is None else drawn(read(one), 3) for one in found]
        return tuple(tuple(written[at : at + columns]) for at in range(0, len(found), columns))

    return Measure(
        table(lambda one: one.value),
        table(lambda one: one.interval.low),
        table(lambda one: one.interval.high),
    )
