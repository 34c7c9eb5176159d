"""Is there a model as good that treats the group that is worst off better?

``FAIR-011`` less discriminatory alternatives: every model that was tried is set beside the
candidate on the same rows, which none has seen: how well it ranks, and the lowest adverse
impact ratio at the same share declined. ``search`` makes the models; this judges them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipelines_lib.assurance.fairness.groups import Grouping
from pipelines_lib.assurance.fairness.tradeoff import (
    Compared,
    Disparity,
    approved_at,
    disparity,
    frontier,
    gain,
)
from pipelines_lib.assurance.ranking import Ranking, auc, auc_difference
from pipelines_lib.assurance.statistics import Estimate, Floats, Labels
from pipelines_lib.assurance.wording import between
from pipelines_lib.results import CheckResult, Outcome
from pipelines_lib.spec.protected import ProtectedAttribute
from pipelines_lib.spec.rulebook import Rule

ALTERNATIVE = "FAIR-011"
THE_CANDIDATE = "candidate"
CUT_OFF = "cut-off"
_DECIMALS = 4
_WORST_FIRST = (Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE, Outcome.PASSED)


@dataclass(frozen=True)
class Treatment:
    """How one model treats the worst treated group of one attribute.

    ``low`` and ``high`` are the ends of what that group gains over the candidate.
    """

    attribute: str
    group: str
    ratio: float
    low: float | None
    high: float | None
    on_frontier: bool


@dataclass(frozen=True)
class Alternative:
    """One model of the search; the first is the candidate.

    ``not_inferior`` is None where the rows cannot tell; ``bad_rate`` is the share of bad
    outcomes among those it would approve out of time.
    """

    name: str
    made: str
    judged: bool
    auc: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    not_inferior: bool | None
    declined: float
    bad_rate: float | None
    treatments: tuple[Treatment, ...]


@dataclass(frozen=True)
class AlternativeFigures:
    """The whole search, as the evidence holds it."""

    train_rows: int
    out_of_time_rows: int
    decided_rows: int
    declined_share: float
    margin: float
    chosen_because: str | None
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, eq=False)
class Point:
    """One model on the rows of the search.

    Attributes:
        name: What is different about it.
        made: In which way it was made.
        out_of_time: What it ranks the rows with known outcomes by.
        decided: What it ranks all decided rows by.
        declined_share: Which share of them it declines.
    """

    name: str
    made: str
    out_of_time: Floats
    decided: Floats
    declined_share: float

    @property
    def judged(self) -> bool:
        """Whether it counts as an alternative.

        Another cut-off ranks exactly alike, so its price, more bad loans or fewer good ones,
        does not show in the AUC: it is drawn, and left to people.
        """
        return self.made != CUT_OFF


@dataclass(frozen=True, eq=False)
class Field:
    """The rows on which models are set beside each other: outcomes, and who is who."""

    labels: Labels
    groupings: Mapping[str, Grouping]
    groups: Mapping[str, Compared]


@dataclass(frozen=True, eq=False)
class _Seen:
    """One point with everything that was measured of it."""

    point: Point
    ranking: Ranking
    difference: Estimate | None
    not_inferior: bool | None
    disparities: Mapping[str, Disparity | None]
    gains: Mapping[str, Estimate | None]
    declined: float
    bad_rate: float | None


def check_alternatives(
    rule: Rule,
    attributes: Sequence[ProtectedAttribute],
    field: Field,
    points: Sequence[Point],
    *,
    train_rows: int,
    chosen_because: str | None,
) -> tuple[tuple[CheckResult, ...], AlternativeFigures]:
    """Judge each attribute by the best alternative there is for it.

    An alternative is found where it is not inferior (the paired interval of its AUC lies
    wholly above minus the rule's ``margin``) and the group worst off gains more than the
    rule's limit (the whole paired interval). The confidence of the gain is shared out over
    all alternatives and attributes (Bonferroni): the best of many tries looks good by chance.

    Args:
        rule: The rule that holds, with its parameters.
        attributes: What the spec declares.
        field: The rows.
        points: The candidate first, then every other model.
        train_rows: How many rows each of them learned from.
        chosen_because: Why the bank chose its point, where the spec says so.
    """
    tries = sum(point.judged for point in points[1:]) * len(attributes)
    confidence = 1 - (1 - rule.parameter("confidence")) / max(tries, 1)
    seen = _measure(rule, field, points, confidence)
    checks = tuple(_judge(rule, each, seen, field, chosen_because) for each in attributes)
    return checks, AlternativeFigures(
        train_rows=train_rows,
        out_of_time_rows=len(field.labels),
        decided_rows=len(points[0].decided),
        declined_share=round(points[0].declined_share, _DECIMALS),
        margin=rule.parameter("margin"),
        chosen_because=chosen_because,
        alternatives=_figures(seen, field),
    )


def _measure(
    rule: Rule, field: Field, points: Sequence[Point], confidence: float
) -> tuple[_Seen, ...]:
    seen: list[_Seen] = []
    for point in points:
        ranking = Ranking.of(field.labels, point.out_of_time)
        approved = approved_at(point.decided, point.declined_share)
        disparities = {
            name: disparity(approved, grouping, field.groups[name])
            for name, grouping in field.groupings.items()
        }
        first = seen[0] if seen else None
        difference = _difference(rule, ranking, first)
        seen.append(
            _Seen(
                point=point,
                ranking=ranking,
                difference=difference,
                not_inferior=_not_inferior(rule, difference),
                disparities=disparities,
                gains={
                    name: _gain(each, first, name, confidence) for name, each in disparities.items()
                },
                declined=1 - float(approved.mean()),
                bad_rate=_bad_rate(field.labels, point),
            )
        )
    return tuple(seen)


def _difference(rule: Rule, ranking: Ranking, first: _Seen | None) -> Estimate | None:
    if first is None:
        return None
    return auc_difference(ranking, first.ranking, rule.parameter("confidence"))


def _not_inferior(rule: Rule, difference: Estimate | None) -> bool | None:
    if difference is None:
        return None
    if difference.interval.low >= -rule.parameter("margin"):
        return True
    return False if difference.interval.high < -rule.parameter("margin") else None


def _gain(
    now: Disparity | None, first: _Seen | None, attribute: str, confidence: float
) -> Estimate | None:
    before = first.disparities[attribute] if first else None
    return gain(now, before, confidence) if now and before else None


def _bad_rate(labels: Labels, point: Point) -> float | None:
    if not len(labels):
        return None
    approved = approved_at(point.out_of_time, point.declined_share)
    return float(np.average(labels, weights=approved)) if approved.any() else None


def _judge(
    rule: Rule,
    attribute: ProtectedAttribute,
    seen: tuple[_Seen, ...],
    field: Field,
    chosen_because: str | None,
) -> CheckResult:
    """The alternative that speaks most against the candidate decides."""
    name = attribute.name
    tried = [each for each in seen[1:] if each.point.judged]
    known = [each for each in tried if each.difference and each.gains[name]]
    if not known:
        why = "the rows cannot carry the comparison" if tried else "no alternative was fitted"
        return rule.judge(name, None, f"Nothing to compare: {why}.", n=0)
    results = [
        _about(rule, name, each, seen[0], field) for each in known if each.not_inferior is not False
    ]
    if not results:
        said = f"None of {len(tried)} alternatives ranks as well as the candidate."
        return rule.answer(name, said, holds=len(known) == len(tried) or None)
    worst = min(results, key=lambda one: (_WORST_FIRST.index(one.outcome), -(one.observed or 0.0)))
    said = f"{worst.explanation}. Of {len(tried)} alternatives none speaks more for a change."
    if worst.outcome is Outcome.FAILED and chosen_because:
        said += f" On file, the candidate was chosen because: {chosen_because}"
    return replace(worst, explanation=said)


def _about(rule: Rule, name: str, seen: _Seen, candidate: _Seen, field: Field) -> CheckResult:
    """Judge the gain of one alternative; one that may be inferior is not found yet."""
    won, before = seen.gains[name], candidate.disparities[name]
    grouping, reference = field.groupings[name], field.groups[name].reference
    rows = np.bincount(grouping.index, minlength=len(grouping.names))
    behind = min(rows[before.group], rows[reference]) if before else 0
    result = rule.judge(
        name,
        won.value if won else None,
        _story(name, seen, candidate, grouping),
        interval=won.interval if won else None,
        n=int(behind),
    )
    if result.outcome is Outcome.FAILED and not seen.not_inferior:
        return replace(result, outcome=Outcome.NOT_ENOUGH_EVIDENCE)
    return result


def _story(name: str, seen: _Seen, candidate: _Seen, grouping: Grouping) -> str:
    told = [
        f"{each.ratio:.3f} ({grouping.names[each.group]})"
        for each in (seen.disparities[name], candidate.disparities[name])
        if each
    ]
    won, difference = seen.gains[name], seen.difference
    parts = [
        f"{seen.point.name}: lowest adverse impact ratio {' instead of '.join(told)}",
        f"gain {won.value:+.3f}, {between(won.interval, '+.3f')}" if won else "",
        f"AUC {difference.value:+.4f}, {between(difference.interval, '+.4f')}"
        if difference
        else "",
    ]
    return "; ".join(part for part in parts if part)


def _figures(seen: tuple[_Seen, ...], field: Field) -> tuple[Alternative, ...]:
    best = {name: _on_frontier(seen, name) for name in field.groupings}
    return tuple(_figure(each, field, best, place) for place, each in enumerate(seen))


def _on_frontier(seen: tuple[_Seen, ...], attribute: str) -> tuple[bool, ...]:
    """Which models no other one beats; those that cannot be placed are not among them."""
    places = [_place(each, attribute) for each in seen]
    flags = iter(frontier([place for place in places if place]))
    return tuple(next(flags) if place else False for place in places)


def _place(seen: _Seen, attribute: str) -> tuple[float, float] | None:
    treated, area = seen.disparities[attribute], auc(seen.ranking)
    if not seen.point.judged or treated is None or area is None:
        return None
    return area, treated.disadvantage


def _figure(
    seen: _Seen, field: Field, best: Mapping[str, tuple[bool, ...]], place: int
) -> Alternative:
    return Alternative(
        name=seen.point.name,
        made=seen.point.made,
        judged=seen.point.judged,
        auc=_rounded(auc(seen.ranking)),
        difference=_rounded(seen.difference.value if seen.difference else None),
        difference_low=_rounded(seen.difference.interval.low if seen.difference else None),
        difference_high=_rounded(seen.difference.interval.high if seen.difference else None),
        not_inferior=seen.not_inferior,
        declined=round(seen.declined, _DECIMALS),
        bad_rate=_rounded(seen.bad_rate),
        treatments=tuple(
            _treatment(name, treated, seen.gains[name], field.groupings[name], best[name][place])
            for name, treated in seen.disparities.items()
            if treated is not None
        ),
    )


def _treatment(
    attribute: str,
    treated: Disparity,
    won: Estimate | None,
    grouping: Grouping,
    on_frontier: bool,
) -> Treatment:
    return Treatment(
        attribute=attribute,
        group=grouping.names[treated.group],
        ratio=round(treated.ratio, _DECIMALS),
        low=_rounded(won.interval.low if won else None),
        high=_rounded(won.interval.high if won else None),
        on_frontier=on_frontier,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
