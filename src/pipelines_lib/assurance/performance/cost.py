"""Does deciding by the score cost less than deciding without it?

``PERF-010`` prices every decision with the spec's costs and compares the chosen cut-off with
the cheaper of two rules that need no model: approve everybody, decline everybody. What the
cheapest cut-off would have cost is on record beside it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.money import PER, Declined, against_both, row_costs, saved
from pipelines_lib.assurance.ranking import Ranking
from pipelines_lib.assurance.scored import CANDIDATE, OUT_OF_TIME, Sample, Scored
from pipelines_lib.assurance.statistics import Estimate, Floats
from pipelines_lib.assurance.wording import and_too_few, between, no_figure, percent, with_interval
from pipelines_lib.results import Answer, CheckResult, Interval
from pipelines_lib.spec.decision import Costs
from pipelines_lib.spec.rulebook import Rule

COST: Final = "PERF-010"
TOPIC: Final = "expected_cost"
_CHOSEN_ON = "validation"
"""Where the cheapest cut-off is looked for; it is priced out of time, which it has not seen."""
_POINTS = 101
_DIGITS = 5


@dataclass(frozen=True)
class CostFigures:
    """Costs out of time, per 1,000 applications, in one currency.

    Attributes:
        saving: Against the cheaper of approving and declining everybody; None where the
            rows carry no figure.
        break_even: Where a calibrated score makes both mistakes equally dear.
        cheapest_cutoff: The cheapest on validation.
        beyond: What the chosen cut-off costs more than that one, out of time.
        curve: Points (cut-off, cost).
    """

    currency: str
    approved_bad: float
    declined_good: float
    n: int
    cutoff: float
    approved_share: float | None
    cost: float | None
    approve_all: float | None
    decline_all: float | None
    saving: float | None
    saving_interval: Interval | None
    break_even: float
    cheapest_cutoff: float | None
    cheapest_cost: float | None
    beyond: float | None
    beyond_interval: Interval | None
    curve: tuple[tuple[float, float], ...]


def ask(inquiry: Inquiry) -> Answer:
    """Ask what the decisions cost; a spec without costs is not asked."""
    costs = inquiry.spec.decision.costs
    if costs is None or not inquiry.asks(COST):
        return unasked(TOPIC)
    check, figures = check_cost(
        inquiry.scored, inquiry.rules.rule(COST), costs, cutoff=inquiry.candidate.cutoff
    )
    return Answer(TOPIC, (check,), figures)


def check_cost(
    scored: Scored, rule: Rule, costs: Costs, *, cutoff: float
) -> tuple[CheckResult, CostFigures]:
    """Judge the share of cost that the cut-off saves, out of time.

    Args:
        scored: Outcomes and scores by window.
        rule: What the policy asks.
        costs: What each mistake costs.
        cutoff: Scores at or above it are declined.
    """
    sample = scored.sample(OUT_OF_TIME)
    declined = sample.of(CANDIDATE) >= cutoff
    confidence = rule.parameter("confidence")
    share, money = _saving(sample, declined, costs, confidence)
    figures = _figures(scored, costs, cutoff, money, confidence)
    why = _no_decision(rule, sample, declined)
    if why or share is None or money is None:
        said = why or "approving or declining everybody costs nothing on these rows"
        return rule.judge(OUT_OF_TIME, None, said, n=sample.n), figures
    said = (
        f"deciding by the score saves {with_interval(money, ',.0f')} {costs.currency} per {PER:,} "
        f"applications against {_cheaper(figures)}, which is {percent(share.value)} of its cost "
        f"({between(share.interval)})"
    )
    return rule.judge(
        OUT_OF_TIME,
        share.value,
        said + and_too_few(rule, sample.n),
        interval=share.interval,
        n=sample.n,
    ), figures


def _saving(
    sample: Sample, declined: Declined, costs: Costs, confidence: float
) -> tuple[Estimate | None, Estimate | None]:
    """Share and money saved against the cheaper of the two rules without a model."""
    if sample.n < 2:  # noqa: PLR2004  (a spread needs two)
        return None, None
    mine = row_costs(sample.labels, declined, costs)
    dearest = max(costs.approved_bad, costs.declined_good)
    approving, declining = (
        saved(
            mine,
            row_costs(sample.labels, np.full(sample.n, everybody), costs),
            dearest,
            confidence,
        )
        for everybody in (False, True)
    )
    if approving.share is None or declining.share is None:
        return None, None
    return (
        against_both(approving.share, declining.share),
        against_both(approving.money, declining.money),
    )


def _no_decision(rule: Rule, sample: Sample, declined: Declined) -> str:
    """Why the rows cannot be priced, or nothing."""
    rarer = min(sample.positives, sample.n - sample.positives)
    least = rule.parameter("minimum_positives")
    if rarer == 0:
        return no_figure(sample)
    if not declined.any() or declined.all():
        everybody = "declines" if declined.all() else "approves"
        return f"the cut-off {everybody} everybody: the score decides nothing that could be priced"
    if rarer < least:
        return f"{rarer} rows of the rarer outcome where the policy asks for {least:g}"
    return ""


def _cheaper(figures: CostFigures) -> str:
    approving, declining = figures.approve_all or 0.0, figures.decline_all or 0.0
    return "approving everybody" if approving <= declining else "declining everybody"


def _figures(
    scored: Scored, costs: Costs, cutoff: float, money: Estimate | None, confidence: float
) -> CostFigures:
    sample = scored.sample(OUT_OF_TIME)
    scores, n = sample.of(CANDIDATE), sample.n
    cheapest = _cheapest(scored.sample(_CHOSEN_ON), costs)
    beyond = _beyond(sample, costs, (cutoff, cheapest), confidence)
    return CostFigures(
        currency=costs.currency,
        approved_bad=costs.approved_bad,
        declined_good=costs.declined_good,
        n=n,
        cutoff=cutoff,
        approved_share=float((scores < cutoff).mean()) if n else None,
        cost=_per(sample, costs, cutoff),
        approve_all=PER * costs.approved_bad * sample.positives / n if n else None,
        decline_all=PER * costs.declined_good * (n - sample.positives) / n if n else None,
        saving=money.value if money else None,
        saving_interval=money.interval if money else None,
        break_even=costs.declined_good / (costs.approved_bad + costs.declined_good),
        cheapest_cutoff=cheapest,
        cheapest_cost=None if cheapest is None else _per(sample, costs, cheapest),
        beyond=beyond.value if beyond else None,
        beyond_interval=beyond.interval if beyond else None,
        curve=_curve(sample, costs, cutoff),
    )


def _per(sample: Sample, costs: Costs, cutoff: float) -> float | None:
    if not sample.n:
        return None
    spent = row_costs(sample.labels, sample.of(CANDIDATE) >= cutoff, costs)
    return PER * float(spent.mean())


def _spent(ranking: Ranking, costs: Costs) -> Floats:
    """Cost of all rows, declining from each distinct score upwards; last, declining nobody."""
    approved = np.concatenate(([0], np.cumsum(ranking.positives)))
    declined = ranking.n_negative - np.concatenate(([0], np.cumsum(ranking.negatives)))
    return np.asarray(
        costs.approved_bad * approved + costs.declined_good * declined, dtype=np.float64
    )


def _cheapest(sample: Sample, costs: Costs) -> float | None:
    """The lowest cut-off at the least cost.

    0 where everybody is declined, a hair above 1 where nobody is: both hold for scores that
    validation has not seen.
    """
    if not sample.n:
        return None
    ranking = Ranking.of(sample.labels, sample.of(CANDIDATE))
    place = int(np.argmin(_spent(ranking, costs)))
    if place == ranking.scores.size:
        return float(np.nextafter(1.0, 2.0))
    return float(ranking.scores[place]) if place else 0.0


def _beyond(
    sample: Sample, costs: Costs, cutoffs: tuple[float, float | None], confidence: float
) -> Estimate | None:
    chosen, cheapest = cutoffs
    if cheapest is None or sample.n < 2:  # noqa: PLR2004  (a spread needs two)
        return None
    scores = sample.of(CANDIDATE)
    best, own = (row_costs(sample.labels, scores >= cutoff, costs) for cutoff in (cheapest, chosen))
    return saved(best, own, max(costs.approved_bad, costs.declined_good), confidence).money


def _curve(sample: Sample, costs: Costs, cutoff: float) -> tuple[tuple[float, float], ...]:
    """Cost per 1,000 at even steps of the cut-off, from 0 to just past the highest score."""
    if not sample.n:
        return ()
    ranking = Ranking.of(sample.labels, sample.of(CANDIDATE))
    top = min(1.0, 1.05 * max(float(ranking.scores[-1]), cutoff))
    steps = np.linspace(0.0, top, _POINTS)
    spent = _spent(ranking, costs)[np.searchsorted(ranking.scores, steps)] * PER / sample.n
    return tuple(
        (round(float(x), _DIGITS), float(f"{y:.{_DIGITS}g}"))
        for x, y in zip(steps, spent, strict=True)
    )
