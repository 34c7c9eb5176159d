"""Policy packs: dated rules of one jurisdiction or house, as the YAML holds them."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipelines_lib.canonical import sha256_of
from pipelines_lib.errors import bounded
from pipelines_lib.results import Consequence
from pipelines_lib.spec.scalars import Name, Number, Texts, Tier, as_tuple
from pipelines_lib.spec.strict import Strict

Basis = Literal["law", "supervisory_expectation", "convention", "house"]
TIERS = (1, 2, 3)


class TierLimits(Strict):
    """One limit per tier."""

    tier_1: Number
    tier_2: Number
    tier_3: Number

    def for_tier(self, tier: int) -> float:
        """The limit that holds for a tier."""
        return (self.tier_1, self.tier_2, self.tier_3)[tier - 1]


def _same_for_all_tiers(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return dict.fromkeys(TierLimits.model_fields, value)
    return value


Limit = Annotated[TierLimits, BeforeValidator(_same_for_all_tiers)]


def _known_consequence(value: object) -> object:
    known = tuple(Consequence)
    if isinstance(value, str) and value in known:
        return Consequence(value)
    raise ValueError(f"{value!r} is not one of {', '.join(known)}")


OneConsequence = Annotated[Consequence, BeforeValidator(_known_consequence)]


class TierConsequences(Strict):
    """What a breach means, per tier: rigour follows the tier."""

    tier_1: OneConsequence
    tier_2: OneConsequence
    tier_3: OneConsequence

    def for_tier(self, tier: int) -> Consequence:
        """What a breach means for a tier."""
        return (self.tier_1, self.tier_2, self.tier_3)[tier - 1]


def _one_for_all_tiers(value: object) -> object:
    if isinstance(value, Mapping | TierConsequences):
        return value
    return dict.fromkeys(TierConsequences.model_fields, _known_consequence(value))


Consequences = Annotated[TierConsequences, BeforeValidator(_one_for_all_tiers)]


class PolicyRule(Strict):
    """One gate: what is measured, the limit per tier, what a breach means, and on what basis.

    A rule without a limit asks a yes-or-no question. ``parameters`` are the numbers a check
    needs besides its limit (confidence, minimum rows), ``words`` the names it looks for; a spec
    cannot change them. A rule may begin and end within the term of its pack. ``verified: false``
    marks a fact that nobody has yet read in its source: check it before quoting it.
    """

    check: Annotated[str, Field(pattern=r"^(DATA|LEAK|PERF|FAIR|DRIFT|STRESS|EXPL|GOV)-\d{3}$")]
    measure: str
    consequence: Consequences
    basis: Basis
    citation: str
    at_least: Limit | None = None
    at_most: Limit | None = None
    parameters: dict[str, Number] = Field(default_factory=dict)
    words: Texts = ()
    verified: bool = True
    effective_from: date | None = None
    effective_until: date | None = None

    @model_validator(mode="after")
    def _one_direction(self) -> "PolicyRule":
        if self.at_least is not None and self.at_most is not None:
            raise ValueError("give at_least or at_most, not both")
        return self

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "PolicyRule":
        if self.effective_from and self.effective_until:
            _refuse_reversed(self.effective_from, self.effective_until)
        return self

    def in_force(self, day: date) -> bool:
        """Whether the rule holds on a day on which its pack does (both ends included)."""
        return (self.effective_from or day) <= day <= (self.effective_until or day)

    def overlaps(self, other: "PolicyRule") -> bool:
        """Whether both rules hold on some day."""
        begin = max(each.effective_from or date.min for each in (self, other))
        return begin <= min(each.effective_until or date.max for each in (self, other))


def _refuse_reversed(begin: date, end: date) -> None:
    if end < begin:
        raise ValueError("effective_until is before effective_from; it is never in force")


class RescindedText(Strict):
    """A text that no longer stands and may not be cited as in force from that day on."""

    text: str
    rescinded_on: date
    replaced_by: str | None = None


class PolicyPack(Strict):
    """Dated rules of one jurisdiction or house."""

    policy: Name
    title: str
    effective_from: date
    effective_until: date | None = None
    approval_required_for_tiers: Annotated[
        tuple[Tier, ...],
        BeforeValidator(as_tuple),
    ]
    rules: Annotated[
        tuple[PolicyRule, ...],
        BeforeValidator(as_tuple),
        Field(min_length=1),
    ]
    jurisdiction: str | None = None
    rescinded: Annotated[tuple[RescindedText, ...], BeforeValidator(as_tuple)] = ()

    @model_validator(mode="after")
    def _one_rule_per_check(self) -> "PolicyPack":
        twice = {
            one.check
            for one, other in combinations(self.rules, 2)
            if one.check == other.check and one.overlaps(other)
        }
        if twice:
            raise ValueError(
                f"{bounded(sorted(twice))} has more than one rule on one day; give each check one"
            )
        return self

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "PolicyPack":
        if self.effective_until is not None:
            _refuse_reversed(self.effective_from, self.effective_until)
        return self

    @cached_property
    def sha256(self) -> str:
        """Hash of what the pack means."""
        return sha256_of(self.model_dump(mode="json", exclude_defaults=True))

    def in_force(self, day: date) -> bool:
        """Whether the pack's rules hold on a day (both ends included)."""
        return self.effective_from <= day and (
            self.effective_until is None or day <= self.effective_until
        )
