"""Would the bank be better off, in money, had the candidate decided instead of the champion?

``PERF-018`` prices the decisions of both, each at its own cut-off, on the same out-of-time
rows with the spec's costs. ``PERF-006`` asks the same of their ranking.
"""

from dataclasses import dataclass
from typing import Final

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.money import PER, Saved, row_costs, saved
from pipelines_lib.assurance.scored import CANDIDATE, CHAMPION, OUT_OF_TIME, Sample
from pipelines_lib.assurance.wording import and_too_few, between, no_figure, with_interval
from pipelines_lib.results import Answer, CheckResult, Interval
from pipelines_lib.spec.decision import Costs
from pipelines_lib.spec.rulebook import Rule

GAIN: Final = "PERF-018"
TOPIC: Final = "gain"


@dataclass(frozen=True)
class GainFigures:
    """Costs of both out of time and what the candidate saves, per 1,000 applications."""

    currency: str
    n: int
    cost_candidate: float | None
    cost_champion: float | None
    gain: float | None
    gain_interval: Interval | None


def ask(inquiry: Inquiry) -> Answer:
    """Ask what the change is worth; needs costs in the spec and a champion."""
    costs, champion = inquiry.spec.decision.costs, inquiry.champion_package
    if costs is None or champion is None or not inquiry.asks(GAIN):
        return unasked(TOPIC)
    check, figures = check_gain(
        inquiry.scored.sample(OUT_OF_TIME),
        inquiry.rules.rule(GAIN),
        costs,
        cutoff=inquiry.candidate.cutoff,
        champion_cutoff=champion.cutoff,
    )
    return Answer(TOPIC, (check,), figures)


def check_gain(
    sample: Sample, rule: Rule, costs: Costs, *, cutoff: float, champion_cutoff: float
) -> tuple[CheckResult, GainFigures]:
    """Judge what the candidate saves, as a share of what the champion's decisions cost.

    Args:
        sample: Outcomes and scores out of time.
        rule: What the policy asks; its negative limit is the non-inferiority margin.
        costs: What each mistake costs.
        cutoff: The candidate declines at or above it.
        champion_cutoff: The champion declines at or above it.
    """
    if CHAMPION not in sample.scores or sample.n < 2:  # noqa: PLR2004  (a spread needs two)
        why = no_figure(sample) if sample.n < 2 else "the champion has not scored these rows"  # noqa: PLR2004
        nothing = GainFigures(costs.currency, sample.n, None, None, None, None)
        return rule.judge(CHAMPION, None, why, n=sample.n), nothing
    own, other = (
        row_costs(sample.labels, sample.of(model) >= cut, costs)
        for model, cut in ((CANDIDATE, cutoff), (CHAMPION, champion_cutoff))
    )
    dearest = max(costs.approved_bad, costs.declined_good)
    found = saved(own, other, dearest, rule.parameter("confidence"))
    figures = GainFigures(
        currency=costs.currency,
        n=sample.n,
        cost_candidate=PER * float(own.mean()),
        cost_champion=PER * float(other.mean()),
        gain=found.money.value,
        gain_interval=found.money.interval,
    )
    return _judged(rule, sample, costs, found), figures


def _judged(rule: Rule, sample: Sample, costs: Costs, found: Saved) -> CheckResult:
    least = rule.parameter("minimum_positives")
    rarer = min(sample.positives, sample.n - sample.positives)
    if found.share is None or rarer < least:
        why = (
            "the champion's decisions cost nothing on these rows"
            if found.share is None
            else f"{rarer} rows of the rarer outcome where the policy asks for {least:g}"
        )
        return rule.judge(CHAMPION, None, why, n=sample.n)
    share = found.share
    said = (
        f"the candidate saves {with_interval(found.money, '+,.0f')} {costs.currency} per {PER:,} "
        f"applications against the champion, a share of {share.value:+.3f} "
        f"({between(share.interval, '+.3f')})"
    )
    return rule.judge(
        CHAMPION,
        share.value,
        said + and_too_few(rule, sample.n),
        interval=share.interval,
        n=sample.n,
    )
