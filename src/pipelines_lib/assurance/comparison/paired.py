"""Is the candidate worth having: against a plain baseline, and against the champion?

``PERF-005`` not inferior to the baseline, ``PERF-006`` not inferior to the champion,
``PERF-007`` a reason to replace the champion. All on the same out-of-time rows, which none
of the models was trained on, with the paired DeLong test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.assurance.performance.unseen import reported_confidence
from pipelines_lib.assurance.ranking import Ranking, auc, auc_difference
from pipelines_lib.assurance.scored import (
    BASELINE,
    CANDIDATE,
    CHAMPION,
    OUT_OF_TIME,
    Sample,
    Scored,
)
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.assurance.wording import and_too_few, between, no_figure, too_few
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule, RuleBook

AGAINST_BASELINE = "PERF-005"
AGAINST_CHAMPION = "PERF-006"
REASON_TO_REPLACE = "PERF-007"


@dataclass(frozen=True)
class Champion:
    """What a comparison must know of the model in use, besides its scores."""

    version: int
    as_of: date
    cutoff: float


@dataclass(frozen=True)
class Versus:
    """The candidate beside another model on the same rows."""

    window: str
    n: int
    auc_candidate: float | None
    auc_other: float | None
    difference: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class VersusChampion(Versus):
    """Beside the champion also: how alike the scores are, and whose decision would change."""

    version: int
    score_correlation: float | None
    to_declined: int
    to_approved: int


@dataclass(frozen=True)
class ComparisonFigures:
    """Who the candidate was compared with; None where there was nobody."""

    baseline: Versus | None
    champion: VersusChampion | None


def ask(inquiry: Inquiry) -> Answer:
    """Compare the candidate with baseline and champion."""
    found = check_comparison(
        inquiry.scored,
        inquiry.rules,
        cutoff=inquiry.candidate.cutoff,
        as_of=inquiry.as_of,
        champion=_in_use(inquiry),
    )
    return Answer("comparison", *found)


def _in_use(inquiry: Inquiry) -> Champion | None:
    rival, package = inquiry.champion, inquiry.champion_package
    if rival is None or package is None:
        return None
    return Champion(version=rival.version, as_of=rival.as_of, cutoff=package.cutoff)


def check_comparison(
    scored: Scored,
    rules: RuleBook,
    *,
    cutoff: float,
    as_of: date,
    champion: Champion | None,
) -> tuple[tuple[CheckResult, ...], ComparisonFigures]:
    """Compare the candidate with the baseline and, where there is one, with the champion.

    Args:
        scored: Outcomes and scores by window.
        rules: The rules that hold; a check that no policy rules is not asked.
        cutoff: The candidate's cut-off, for decisions that would change.
        as_of: The night of the run, from which the champion's age counts.
        champion: The model in use, or None before the first promotion.

    Returns:
        One result per ruled check, and the figures for the evidence.
    """
    sample = scored.sample(OUT_OF_TIME)
    rankings: dict[str, Ranking] = {
        name: Ranking.of(sample.labels, sample.of(name))
        for name in (CANDIDATE, BASELINE, CHAMPION)
        if name in scored.models
    }
    results = [_no_worse(AGAINST_BASELINE, BASELINE, rules, sample, rankings)]
    if champion is not None:
        results.append(_no_worse(AGAINST_CHAMPION, CHAMPION, rules, sample, rankings))
        results.append(_reason(rules, sample, rankings, (as_of - champion.as_of).days))
    baseline = _versus(BASELINE, AGAINST_BASELINE, rules, sample, rankings)
    return tuple(result for result in results if result), ComparisonFigures(
        baseline, _versus_champion(champion, rules, sample, rankings, cutoff)
    )


def _difference(rule: Rule, other: str, rankings: Mapping[str, Ranking]) -> Estimate | None:
    if other not in rankings:
        return None
    return auc_difference(rankings[CANDIDATE], rankings[other], rule.parameter("confidence"))


def _no_worse(
    code: str, other: str, rules: RuleBook, sample: Sample, rankings: Mapping[str, Ranking]
) -> CheckResult | None:
    if code not in rules:
        return None
    rule = rules.rule(code)
    difference = _difference(rule, other, rankings)
    if difference is None:
        return rule.judge(other, None, _incomparable(other, sample, rankings), n=sample.n)
    mine, theirs = auc(rankings[CANDIDATE]), auc(rankings[other])
    said = f"AUC {mine:.3f} against {theirs:.3f} of the {other}, {_told(difference)}"
    return rule.judge(
        other,
        difference.value,
        said + and_too_few(rule, sample.n),
        interval=difference.interval,
        n=sample.n,
    )


def _reason(
    rules: RuleBook, sample: Sample, rankings: Mapping[str, Ranking], age_days: int
) -> CheckResult | None:
    """Answer yes or no, for a champion is either replaced or kept.

    Yes, where the whole interval lies at or above the minimum gain; or where the champion is
    older than the policy allows and the candidate is not inferior by the policy's own margin.
    Otherwise no. Only data that cannot carry a comparison leave the question open.
    """
    if REASON_TO_REPLACE not in rules:
        return None
    rule = rules.rule(REASON_TO_REPLACE)
    difference = _difference(rule, CHAMPION, rankings)
    if difference is None or too_few(rule, sample.n):
        why = _incomparable(CHAMPION, sample, rankings) if difference is None else "not comparable"
        return rule.answer(CHAMPION, why + and_too_few(rule, sample.n), holds=None, n=sample.n)
    holds, said = _replace_or_keep(rules, difference, age_days)
    return replace(
        rule.answer(CHAMPION, said, holds=holds, n=sample.n),
        observed=difference.value,
        interval=difference.interval,
    )


def _replace_or_keep(rules: RuleBook, difference: Estimate, age_days: int) -> tuple[bool, str]:
    rule, margin = rules.rule(REASON_TO_REPLACE), rules.rule(AGAINST_CHAMPION)
    oldest = rule.parameter("maximum_age_days")
    age = f"the champion is {age_days} days old (limit {oldest:g})"
    shown = f"({_told(difference)})"
    gain = f"better by {rule.limit:g}"
    if rule.holds(difference.interval.low):
        return True, f"replace: the candidate is shown to be {gain} {shown}"
    if age_days <= oldest:
        return False, f"kept: the candidate is not shown to be {gain} {shown} and {age}"
    if margin.holds(difference.interval.low):
        return True, f"replace: {age} and the candidate is not inferior {shown}"
    return False, f"kept: {age}, but the candidate is not shown to be as good {shown}"


def _told(difference: Estimate) -> str:
    return f"difference {difference.value:+.3f}, {between(difference.interval, '+.3f')}"


def _incomparable(other: str, sample: Sample, rankings: Mapping[str, Ranking]) -> str:
    if other not in rankings:
        return f"the {other} has not scored these rows"
    return no_figure(sample)


def _versus(
    other: str, code: str, rules: RuleBook, sample: Sample, rankings: Mapping[str, Ranking]
) -> Versus | None:
    if other not in rankings:
        return None
    one, two = rankings[CANDIDATE], rankings[other]
    difference = auc_difference(one, two, reported_confidence(rules, code))
    return Versus(
        window=OUT_OF_TIME,
        n=sample.n,
        auc_candidate=auc(one),
        auc_other=auc(two),
        difference=difference.value if difference else None,
        low=difference.interval.low if difference else None,
        high=difference.interval.high if difference else None,
    )


def _versus_champion(
    champion: Champion | None,
    rules: RuleBook,
    sample: Sample,
    rankings: Mapping[str, Ranking],
    cutoff: float,
) -> VersusChampion | None:
    compared = _versus(CHAMPION, AGAINST_CHAMPION, rules, sample, rankings)
    if champion is None or compared is None:
        return None
    declined = sample.of(CANDIDATE) >= cutoff
    declined_before = sample.of(CHAMPION) >= champion.cutoff
    return VersusChampion(
        **vars(compared),
        version=champion.version,
        score_correlation=_correlation(sample),
        to_declined=int(np.count_nonzero(declined & ~declined_before)),
        to_approved=int(np.count_nonzero(declined_before & ~declined)),
    )


def _correlation(sample: Sample) -> float | None:
    """Pearson correlation of the two scores; None where one of them never varies."""
    one, other = sample.of(CANDIDATE), sample.of(CHAMPION)
    if sample.n == 0 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1].clip(-1.0, 1.0))
