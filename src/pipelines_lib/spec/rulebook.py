"""The rules that hold for one model on one day: policies resolved, spec limits applied.

A spec may tighten a policy limit, never loosen it; where several packs rule the same
check, the strictest limit and the gravest consequence win.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from pipelines_lib.errors import SpecError, bounded
from pipelines_lib.results import CheckResult, Consequence, Interval, Outcome
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.policy import PolicyPack, PolicyRule

Direction = Literal["at_least", "at_most"]
_GRAVITY = {Consequence.RECORD: 0, Consequence.SCREEN: 1, Consequence.HARD: 2}


@dataclass(frozen=True)
class Alongside:
    """Another pack that rules the same check: what it makes of a breach, and on what basis."""

    policy: str
    consequence: Consequence
    basis: str
    citation: str
    verified: bool = True


@dataclass(frozen=True)
class Rule:
    """One gate as it holds for one model: the limit, its direction and where it comes from.

    ``basis``, ``citation`` and ``policy`` are those of the pack whose limit holds; ``also``
    names every other pack that rules the check, one of which may have made it graver.
    """

    check: str
    measure: str
    consequence: Consequence
    basis: str
    citation: str
    policy: str
    direction: Direction | None = None
    limit: float | None = None
    parameters: tuple[tuple[str, float], ...] = ()
    words: tuple[str, ...] = ()
    verified: bool = True
    also: tuple[Alongside, ...] = ()

    @property
    def required(self) -> str:
        """The limit as a person reads it."""
        if self.limit is None:
            return self.measure
        sign = ">=" if self.direction == "at_least" else "<="
        return f"{self.measure} {sign} {self.limit:g}"

    def parameter(self, name: str) -> float:
        """A number the check needs besides its limit; the policy must state it."""
        for key, value in self.parameters:
            if key == name:
                return value
        raise SpecError(
            f"Policy {self.policy} rules {self.check} without the parameter {name!r}.",
            fix=f"Add parameters: {{{name}: ...}} to that rule.",
        )

    def holds(self, value: float) -> bool:
        """Whether a value satisfies the limit; the limit itself does."""
        if self.limit is None:
            raise SpecError(
                f"Policy {self.policy} rules {self.check} without a limit.",
                fix="Add at_least or at_most to that rule.",
            )
        return value >= self.limit if self.direction == "at_least" else value <= self.limit

    def judge(
        self,
        subject: str,
        observed: float | None,
        explanation: str,
        *,
        interval: Interval | None = None,
        n: int | None = None,
    ) -> CheckResult:
        """Judge a figure: an interval wholly inside passes, wholly outside fails.

        An interval that straddles the limit, a figure that could not be computed, or fewer
        rows than the policy's ``minimum_rows`` is not enough evidence. Without an interval
        the figure itself is compared.
        """
        outcome = self._outcome(observed, interval, n)
        return self._result(
            subject, outcome, explanation, observed=observed, interval=interval, n=n
        )

    def answer(
        self, subject: str, explanation: str, *, holds: bool | None, n: int | None = None
    ) -> CheckResult:
        """Answer a yes-or-no question; None is not enough evidence."""
        outcome = {True: Outcome.PASSED, False: Outcome.FAILED, None: Outcome.NOT_ENOUGH_EVIDENCE}
        return self._result(subject, outcome[holds], explanation, n=n)

    def _outcome(self, observed: float | None, interval: Interval | None, n: int | None) -> Outcome:
        minimum = dict(self.parameters).get("minimum_rows", 0)
        if observed is None or (n is not None and n < minimum):
            return Outcome.NOT_ENOUGH_EVIDENCE
        if interval is None:
            return Outcome.PASSED if self.holds(observed) else Outcome.FAILED
        ends = {self.holds(interval.low), self.holds(interval.high)}
        if len(ends) > 1:
            return Outcome.NOT_ENOUGH_EVIDENCE
        return Outcome.PASSED if ends.pop() else Outcome.FAILED

    def _result(
        self,
        subject: str,
        outcome: Outcome,
        explanation: str,
        *,
        observed: float | None = None,
        interval: Interval | None = None,
        n: int | None = None,
    ) -> CheckResult:
        return CheckResult(
            code=self.check,
            subject=subject,
            outcome=outcome,
            required=self.required,
            basis=self.basis,
            explanation=explanation,
            observed=observed,
            interval=interval,
            n=n,
        )


@dataclass(frozen=True)
class RuleBook:
    """Every rule that holds for one model on one day."""

    rules: tuple[Rule, ...]
    approval_required: bool
    policies: tuple[tuple[str, str], ...]
    """Name and hash of each pack."""

    def __contains__(self, check: str) -> bool:
        return any(rule.check == check for rule in self.rules)

    def rule(self, check: str) -> Rule:
        """The rule for a check; a check that no policy rules cannot be judged."""
        for rule in self.rules:
            if rule.check == check:
                return rule
        raise SpecError(
            f"No policy of this model rules {check}.",
            fix=f"Add a rule for {check} to a pack the spec names under policies.",
        )


def rulebook(spec: ModelSpec, packs: Mapping[str, PolicyPack], day: date) -> RuleBook:
    """Resolve the policies of a model on a day and apply the spec's tighter limits."""
    chosen = [packs[name] for name in spec.policies]
    if expired := [pack.policy for pack in chosen if not pack.in_force(day)]:
        raise SpecError(
            f"Policy {bounded(expired)} is not in force on {day}.",
            fix="Name a pack that is in force on that day under policies.",
        )
    merged = _merged(chosen, spec.tier, day)
    tightened = (_tighten(rule, spec.limits) for rule in merged.values())
    return RuleBook(
        rules=tuple(sorted(tightened, key=lambda rule: rule.check)),
        approval_required=any(spec.tier in pack.approval_required_for_tiers for pack in chosen),
        policies=tuple((pack.policy, pack.sha256) for pack in chosen),
    )


def rules_of(packs: Iterable[PolicyPack], tier: int, day: date) -> dict[str, Rule]:
    """The rules for models of a tier on a day, before any spec tightens them, by check."""
    return _merged([pack for pack in packs if pack.in_force(day)], tier, day)


def looser_limits(
    limits: Mapping[str, float], packs: Iterable[PolicyPack], tier: int
) -> dict[str, str]:
    """Explain, per check, every spec limit that would loosen a policy or has no rule."""
    problems: dict[str, str] = {}
    rules = _merged(packs, tier)
    for check, limit in limits.items():
        rule = rules.get(check)
        if rule is None or rule.limit is None:
            problems[check] = f"no policy of this model sets a limit for {check}"
        elif not rule.holds(limit):
            problems[check] = (
                f"{limit:g} is looser than policy {rule.policy}, which requires {rule.required}"
            )
    return problems


def _merged(packs: Iterable[PolicyPack], tier: int, day: date | None = None) -> dict[str, Rule]:
    """The strictest of every rule for a check; those of one day, or of all days."""
    merged: dict[str, Rule] = {}
    for pack in packs:
        for written in pack.rules:
            if day is not None and not written.in_force(day):
                continue
            rule = _resolve(written, pack, tier)
            merged[rule.check] = _strictest(merged.get(rule.check), rule)
    return merged


def _resolve(written: PolicyRule, pack: PolicyPack, tier: int) -> Rule:
    direction: Direction | None = None
    limit: float | None = None
    if written.at_least is not None:
        direction, limit = "at_least", written.at_least.for_tier(tier)
    elif written.at_most is not None:
        direction, limit = "at_most", written.at_most.for_tier(tier)
    return Rule(
        check=written.check,
        measure=written.measure,
        consequence=written.consequence.for_tier(tier),
        basis=written.basis,
        citation=written.citation,
        policy=pack.policy,
        direction=direction,
        limit=limit,
        parameters=tuple(sorted(written.parameters.items())),
        words=written.words,
        verified=written.verified,
    )


def _strictest(one: Rule | None, other: Rule) -> Rule:
    """What two packs ask of one check, together.

    A pack may leave the number to another: a rule without a limit adds its consequence, its
    words and its parameters, and the limit of the other stays.
    """
    if one is None:
        return other
    _refuse_opposite(one, other)
    stricter, lesser = (other, one) if _is_stricter(other, one) else (one, other)
    # A rule of another pack may lack a number that the check needs: every pack's numbers stay,
    # and where both state one, that of the stricter rule counts.
    parameters = {**dict(lesser.parameters), **dict(stricter.parameters)}
    return replace(
        stricter,
        consequence=max(one.consequence, other.consequence, key=_GRAVITY.__getitem__),
        words=tuple(dict.fromkeys((*one.words, *other.words))),
        parameters=tuple(sorted(parameters.items())),
        also=(*stricter.also, _alongside(lesser), *lesser.also),
    )


def _refuse_opposite(one: Rule, other: Rule) -> None:
    stated = {one.direction, other.direction} - {None}
    if len(stated) > 1:
        raise SpecError(
            f"Policies {one.policy} and {other.policy} judge {one.check} in opposite directions.",
            fix="Let both packs state at_least, or both at_most, for that check.",
        )


def _is_stricter(other: Rule, one: Rule) -> bool:
    """Whether the other's limit is at least as strict; a limit is stricter than none."""
    if one.limit is None or other.limit is None:
        return one.limit is None and other.limit is not None
    return one.holds(other.limit)


def _alongside(rule: Rule) -> Alongside:
    return Alongside(rule.policy, rule.consequence, rule.basis, rule.citation, rule.verified)


def _tighten(rule: Rule, limits: Mapping[str, float]) -> Rule:
    """The spec's own limit where it is stricter; one written for other rules may not be."""
    own = limits.get(rule.check)
    if own is None or rule.limit is None or not rule.holds(own):
        return rule
    return replace(rule, limit=own, policy=f"{rule.policy} + spec")
