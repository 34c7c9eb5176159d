"""How would a registered version stand under the rules of another day?

Nothing is computed again. What a check measured stands in the evidence; only the verdict on it
is drawn anew. Four ways, and each result says which one it went:

- *judged*: figure, interval and rows of the night against the limit of the day (``Rule.judge``).
- *kept*: nothing that this check is judged by has changed, or it is a yes-or-no answer.
- *figure alone*: the check does not judge by its limit alone (drift also asks for a significant
  shift, a replacement also for an age), so a changed limit can confirm its outcome or put it in
  doubt, never overturn it: what speaks the other way is not enough evidence.
- *asked again*: paperwork, which needs no more than the spec, the policies and the day.

A check that the rules of the day require and the evidence has no result for was never asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

from pipelines_lib.assurance import requirements
from pipelines_lib.assurance.fairness import forbidden_inputs
from pipelines_lib.assurance.model_risk import (
    citations,
    documents,
    inventory,
    monitoring,
    soundness,
)
from pipelines_lib.errors import SpecError, bounded
from pipelines_lib.governance.pack_wording import required_of
from pipelines_lib.results import CheckResult, Consequence, Outcome, Requirement
from pipelines_lib.spec.loading import parse_model, parse_policy
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.rulebook import Rule, RuleBook, rulebook

How = Literal["judged", "kept", "figure alone", "asked again", "never asked"]
Standing = Literal["would be rejected", "cannot be said", "would need people", "would pass"]
STANDINGS: Final[tuple[Standing, ...]] = (
    "would be rejected",
    "cannot be said",
    "would need people",
    "would pass",
)
"""Worst first."""

OWN_JUDGEMENT: Final = frozenset(
    {
        *("DATA-002", "DATA-007", "DATA-009", "PERF-007", "PERF-009", "STRESS-001", "STRESS-004"),
        *("DRIFT-001", "DRIFT-002", "DRIFT-003", "DRIFT-004", "DRIFT-005", "DRIFT-006"),
        *("DRIFT-007", "LEAK-003", "LEAK-005", "LEAK-006", "LEAK-007", "LEAK-008"),
        *("FAIR-010", "FAIR-011", "EXPL-006"),
    }
)
"""Checks that judge by more than their limit: significance, a second bound, what a spec
justifies. Others are found out where a recorded outcome does not follow from figure and limit."""
_ROWS: Final = "minimum_rows"
_BY_GROUP: Final = "FAIR-"
_WORST_FIRST = (Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE, Outcome.PASSED)


@dataclass(frozen=True)
class Rejudged:
    """One result the rules of the day insist on.

    ``was`` is None where the night did not ask, ``now`` is None where it was never asked.
    ``policy`` names every pack that rules the check, first the one whose limit holds.
    """

    code: str
    subject: str
    consequence: Consequence
    was: Outcome | None
    now: Outcome | None
    how: How
    required: str
    policy: str
    observed: float | None
    explanation: str

    @property
    def blocks(self) -> bool:
        """Whether it was asked and would reject the version."""
        return self.consequence is Consequence.HARD and self.now in _OPEN

    @property
    def needs_people(self) -> bool:
        """Whether a person would have to judge it."""
        return self.consequence is Consequence.SCREEN and self.now in _OPEN


_OPEN = frozenset({Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE})


@dataclass(frozen=True)
class Rejudgement:
    """One version under the rules of another day.

    Attributes:
        day: The day whose rules were taken.
        tier: The model's tier, as its spec said on the night.
        in_force: Policies that hold on that day.
        not_in_force: Policies that were named but do not hold on that day.
        approval_required: Whether the rules ask for people even when nothing is wrong.
        results: One for each result that the rules of the day insist on.
    """

    day: date
    tier: int
    in_force: tuple[str, ...]
    not_in_force: tuple[str, ...]
    approval_required: bool
    results: tuple[Rejudged, ...]

    @property
    def against(self) -> tuple[Rejudged, ...]:
        """What would reject the version."""
        return tuple(each for each in self.results if each.blocks)

    @property
    def never_asked(self) -> tuple[Rejudged, ...]:
        """What the rules insist on and the night did not ask."""
        return tuple(each for each in self.results if each.now is None)

    @property
    def to_judge(self) -> tuple[Rejudged, ...]:
        """What a person would have to judge."""
        return tuple(each for each in self.results if each.needs_people)

    @property
    def standing(self) -> Standing:
        """Rejected, not to be said, in people's hands, or through; in this order."""
        if self.against:
            return "would be rejected"
        if self.never_asked or not self.in_force:
            return "cannot be said"
        return "would need people" if self.to_judge or self.approval_required else "would pass"

    @property
    def badness(self) -> tuple[int, int, int, int]:
        """For sorting: the worst version has the smallest."""
        against, unasked, open_ = (
            -len(each) for each in (self.against, self.never_asked, self.to_judge)
        )
        return STANDINGS.index(self.standing), against, unasked, open_


def rejudge(
    evidence: Mapping[str, Any],
    packs: Mapping[str, PolicyPack],
    day: date,
    *,
    added: Iterable[str] = (),
) -> Rejudgement:
    """Hold what the evidence of a version says against the rules of another day.

    Args:
        evidence: The JSON of its evidence pack.
        packs: The policy packs there are now; one that is gone is taken from the evidence.
        day: The day whose rules count.
        added: Packs that count besides those the spec names.

    Raises:
        SpecError: A policy is nowhere to be found, or rules a check nobody makes.
    """
    spec = parse_model(evidence["spec"]["text"])
    named = tuple(dict.fromkeys((*spec.policies, *added)))
    held = {**packs, **_written(evidence, set(named) - packs.keys())}
    if unknown := [name for name in named if name not in held]:
        raise SpecError(
            f"Policy {bounded(unknown)} is neither among the policies nor in the evidence.",
            fix="Put the pack back into the policies folder.",
        )
    valid = tuple(name for name in named if held[name].in_force(day))
    today = spec.model_copy(update={"policies": valid})
    rules = rulebook(today, held, day)
    return Rejudgement(
        day=day,
        tier=spec.tier,
        in_force=valid,
        not_in_force=tuple(name for name in named if name not in valid),
        approval_required=rules.approval_required,
        results=_results(evidence, today, rules, _paperwork(today, held, rules, day)),
    )


def _written(evidence: Mapping[str, Any], names: AbstractSet[str]) -> dict[str, PolicyPack]:
    """Packs as the evidence holds them."""
    texts = {each["policy"]: each["text"] for each in evidence["policies"]}
    return {name: parse_policy(texts[name]) for name in names if name in texts}


def _paperwork(
    spec: ModelSpec, packs: Mapping[str, PolicyPack], rules: RuleBook, day: date
) -> dict[tuple[str, str], CheckResult]:
    """Everything that the spec, the policies and the day answer by themselves."""
    found = [
        *inventory.check_governance(spec, packs, rules, as_of=day, champion_as_of=None),
        *soundness.check_soundness(spec, rules),
        *monitoring.check_monitoring(spec, rules),
        *citations.check_citations(spec, packs, rules, day=day),
        *documents.check_documents(spec, rules),
    ]
    if forbidden_inputs.CODE in rules:
        found += forbidden_inputs.check_forbidden_inputs(spec, rules, spec.feature_names)
    return {(each.code, each.subject): each for each in found}


def _results(
    evidence: Mapping[str, Any],
    spec: ModelSpec,
    rules: RuleBook,
    paperwork: Mapping[tuple[str, str], CheckResult],
) -> tuple[Rejudged, ...]:
    then = {rule.check: rule for rule in map(_rule_of, evidence["rules"])}
    told = _told(evidence)
    own = OWN_JUDGEMENT | _judged_otherwise(told.values(), then)
    results = []
    for one in _insisted(evidence, spec, rules, then):
        rule, about = rules.rule(one.code), (one.code, one.subject)
        recorded = told.get(about)
        result, how = _again(recorded, then.get(one.code), rule, own=one.code in own)
        if about in paperwork:
            result, how = paperwork[about], "asked again"
        results.append(_rejudged(one, rule, recorded, result, how))
    return tuple(results)


def _again(
    recorded: CheckResult | None, then: Rule | None, rule: Rule, *, own: bool
) -> tuple[CheckResult | None, How]:
    """Draw the verdict anew from what was recorded, as far as that can be done honestly."""
    if recorded is None or (then is not None and not set(rule.words) <= set(then.words)):
        return None, "never asked"  # or it was asked about other words
    if rule.limit is None or recorded.observed is None or _same(then, rule):
        return recorded, "kept"
    if own or then is None or then.limit is None:
        return _by_figure_alone(recorded, rule), "figure alone"
    judged = rule.judge(
        recorded.subject,
        recorded.observed,
        recorded.explanation,
        interval=recorded.interval,
        n=recorded.n,
    )
    return replace(judged, explanation=_with_changes(recorded.explanation, then, rule)), "judged"


def _same(then: Rule | None, rule: Rule) -> bool:
    """Whether a check would be judged by exactly the same numbers."""
    return then is not None and (then.direction, then.limit, then.parameters) == (
        rule.direction,
        rule.limit,
        rule.parameters,
    )


def _by_figure_alone(recorded: CheckResult, rule: Rule) -> CheckResult:
    """Confirm an outcome that the figure agrees with; doubt one that it contradicts."""
    holds = recorded.observed is not None and rule.holds(recorded.observed)
    agrees = recorded.outcome is (Outcome.PASSED if holds else Outcome.FAILED)
    outcome = recorded.outcome if agrees else Outcome.NOT_ENOUGH_EVIDENCE
    return replace(recorded, outcome=outcome)


def _with_changes(explanation: str, then: Rule, rule: Rule) -> str:
    """Name other numbers that changed: the figures are still those of the night."""
    before, after = dict(then.parameters), dict(rule.parameters)
    changed = sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
    named = [name for name in changed if name != _ROWS]
    if not named:
        return explanation
    return f"{explanation.rstrip('. ')}; measured with the {', '.join(named)} of the night"


def _rejudged(
    one: Requirement,
    rule: Rule,
    recorded: CheckResult | None,
    result: CheckResult | None,
    how: How,
) -> Rejudged:
    return Rejudged(
        code=one.code,
        subject=one.subject,
        consequence=one.consequence,
        was=None if recorded is None else recorded.outcome,
        now=None if result is None else result.outcome,
        how=how,
        required=rule.required,
        policy=", ".join(dict.fromkeys((rule.policy, *(each.policy for each in rule.also)))),
        observed=None if result is None else result.observed,
        explanation="the evidence has no answer to it" if result is None else result.explanation,
    )


def _told(evidence: Mapping[str, Any]) -> dict[tuple[str, str], CheckResult]:
    """What the night found; of two results about one subject the worse counts."""
    found = [CheckResult.from_plain(each) for each in evidence["checks"]]
    ranked = sorted(found, key=lambda each: _WORST_FIRST.index(each.outcome), reverse=True)
    return {(each.code, each.subject): each for each in ranked}


def _rule_of(written: Mapping[str, Any]) -> Rule:
    """The rule as the evidence holds it, which leaves out what it does not say."""
    return Rule(
        check=written["check"],
        measure=written["measure"],
        consequence=Consequence(written["consequence"]),
        basis=written["basis"],
        citation=written["citation"],
        policy=written["policy"],
        direction=written.get("direction"),
        limit=written.get("limit"),
        parameters=tuple((name, float(value)) for name, value in written.get("parameters") or ()),
        words=tuple(written.get("words") or ()),
    )


def _judged_otherwise(results: Iterable[CheckResult], then: Mapping[str, Rule]) -> frozenset[str]:
    """Checks whose recorded outcomes do not follow from their figures and the limit alone."""
    return frozenset(
        each.code
        for each in results
        if (rule := then.get(each.code)) is not None
        and rule.limit is not None
        and each.observed is not None
        and rule.judge(each.subject, each.observed, "", interval=each.interval, n=each.n).outcome
        is not each.outcome
    )


def _insisted(
    evidence: Mapping[str, Any], spec: ModelSpec, rules: RuleBook, then: Mapping[str, Rule]
) -> Iterator[Requirement]:
    """What the rules of the day insist on, without groups that the night found too small."""
    known = {(each.code, each.subject) for each in required_of(evidence)}
    champion = evidence["champion"] is not None
    for one in requirements.required(spec, rules, champion=champion, stage="challenge"):
        too_small = one.code.startswith(_BY_GROUP) and one.code in then
        if not too_small or (one.code, one.subject) in known:
            yield one
