"""What do the scenarios of the spec do to scores, approvals and losses? (``STRESS-001``).

Each scenario happens to a sample of applications the model has not seen. The people approved
today are followed: how much more would be lost on them, and how many of all would still be
approved? Where shocks move features of a declared direction, no score may move against it.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.assurance.stress.book import Book, approval_drop, book_of, loss_increase
from pipelines_lib.assurance.stress.shocks import apply_scenario
from pipelines_lib.assurance.wording import percent
from pipelines_lib.results import Answer, CheckResult, Outcome

if TYPE_CHECKING:
    from pipelines_lib.modelling.features import Matrix
    from pipelines_lib.spec.rulebook import Rule
    from pipelines_lib.spec.stress import Scenario, Stress

TOPIC = "scenarios"
SCENARIOS = "STRESS-001"
NONE_NAMED = "scenarios"
UNSEEN: Final = ("validation", "out_of_time", "watch")
"""Windows whose applications the candidate was neither fitted nor calibrated on."""
_SIGN = {"increasing": 1, "decreasing": -1, "none": 0}


@dataclass(frozen=True)
class ScenarioFigures:
    """One scenario, before and after.

    ``loss_*``: expected loss of those approved today over their exposure today.
    """

    name: str
    meaning: str
    mean_score_before: float | None
    mean_score_after: float | None
    approval_before: float | None
    approval_after: float | None
    loss_before: float | None
    loss_after: float | None
    loss_increase: float | None
    loss_low: float | None
    loss_high: float | None


@dataclass(frozen=True)
class ScenariosFigures:
    """All scenarios, on how many applications."""

    rows: int
    scenarios: tuple[ScenarioFigures, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Let every scenario of the spec happen."""
    if not inquiry.asks(SCENARIOS):
        return unasked(TOPIC)
    rule, stress = inquiry.rules.rule(SCENARIOS), inquiry.spec.stress
    if stress is None:
        return Answer(TOPIC, (rule.answer(NONE_NAMED, "The spec names no scenario.", holds=None),))
    inputs = inquiry.sample(UNSEEN, int(rule.parameter("max_rows"))).inputs
    before = book_of(inquiry.package, stress, inputs)
    # All intervals hold together: two for each scenario (Bonferroni).
    confidence = 1 - (1 - rule.parameter("confidence")) / (2 * len(stress.scenarios))
    found = [
        _judge(inquiry, rule, stress, scenario, inputs=inputs, before=before, confidence=confidence)
        for scenario in stress.scenarios
    ]
    figures = ScenariosFigures(len(inputs), tuple(each for _, each in found))
    return Answer(TOPIC, tuple(check for check, _ in found), figures)


def _judge(
    inquiry: Inquiry,
    rule: "Rule",
    stress: "Stress",
    scenario: "Scenario",
    *,
    inputs: "Matrix",
    before: Book,
    confidence: float,
) -> tuple[CheckResult, ScenarioFigures]:
    package = inquiry.package
    shocked = apply_scenario(inquiry.spec, package.contract, inputs, scenario)
    after = book_of(package, stress, shocked.inputs)
    loss = loss_increase(before, after, confidence)
    drop = approval_drop(before, after, confidence)
    figures = _figures(scenario, before, after, loss)
    if loss is None or drop is None:
        why = f"{len(inputs):,} applications, nobody approved with anything at risk."
        return rule.judge(scenario.name, None, why, n=len(inputs)), figures
    check = rule.judge(
        scenario.name, loss.value, _story(figures, loss), interval=loss.interval, n=len(inputs)
    )
    check = _with_approvals(rule, check, drop)
    if wrong := _against_directions(inquiry, scenario, inputs, shocked.moved, before):
        told = f"{check.explanation} {wrong}"
        check = replace(check, outcome=Outcome.FAILED, explanation=told)
    return check, figures


def _with_approvals(rule: "Rule", check: CheckResult, drop: Estimate) -> CheckResult:
    """The same limit for everybody: so many points of approvals may fall away, not more."""
    most = rule.parameter("approval_drop")
    if drop.interval.high <= most:
        return check
    told = f"{check.explanation} Approvals may fall by {percent(most)} at most."
    if drop.interval.low > most:
        return replace(check, outcome=Outcome.FAILED, explanation=told)
    if check.outcome is Outcome.FAILED:
        return check
    return replace(check, outcome=Outcome.NOT_ENOUGH_EVIDENCE, explanation=told)


def _against_directions(
    inquiry: Inquiry, scenario: "Scenario", inputs: "Matrix", moved: dict[str, int], before: Book
) -> str | None:
    """How many scores move against what the shocks of directed features must do to them."""
    spec, package = inquiry.spec, inquiry.package
    declared = {each.name: _SIGN[each.monotone] for each in spec.features}
    tolerance = inquiry.rules.rule(SCENARIOS).parameter("tolerance")
    for sign, words in ((1, "fall"), (-1, "rise")):
        names = [name for name, way in moved.items() if way * declared[name] == sign]
        if not names:
            continue
        part = apply_scenario(spec, package.contract, inputs, scenario, only=names)
        change = sign * (package.score(part.inputs) - before.scores)
        if wrong := int(np.count_nonzero(change < -tolerance)):
            return f"{wrong:,} scores {words} against the declared direction."
    return None


def _figures(
    scenario: "Scenario", before: Book, after: Book, loss: Estimate | None
) -> ScenarioFigures:
    exposed = float(before.exposure[before.approved].sum())
    lost = float(after.losses[before.approved].sum())
    return ScenarioFigures(
        name=scenario.name,
        meaning=scenario.meaning,
        mean_score_before=_rounded(before.mean_score),
        mean_score_after=_rounded(after.mean_score),
        approval_before=_rounded(before.approval_rate),
        approval_after=_rounded(after.approval_rate),
        loss_before=_rounded(before.loss_rate(before.approved)),
        loss_after=_rounded(lost / exposed if exposed > 0 else None),
        loss_increase=_rounded(loss.value if loss else None),
        loss_low=_rounded(loss.interval.low if loss else None),
        loss_high=_rounded(loss.interval.high if loss else None),
    )


def _story(figures: ScenarioFigures, loss: Estimate) -> str:
    rates = (
        figures.mean_score_before,
        figures.mean_score_after,
        figures.approval_before,
        figures.approval_after,
    )
    score, then, approved, still = (percent(each or 0.0) for each in rates)
    return (
        f"Mean score {score} becomes {then}, approvals {approved} become {still}; expected loss "
        f"of those approved today changes by {loss.value * 100:+.1f} %."
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
