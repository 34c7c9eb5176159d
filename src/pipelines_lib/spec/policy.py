"""Policy packs: dated rules of one jurisdiction or house, as the YAML holds them."""

from collections import Counter
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipelines_lib.canonical import sha256_of
from pipelines_lib.errors import bounded
from pipelines_lib.results import Consequence
from pipelines_lib.spec.model_spec import Name, Number, Tier
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


class PolicyRule(Strict):
    """One gate: what is measured, the limit per tier, what a breach means, and on what basis.

    A rule without a limit asks a yes-or-no question. ``parameters`` are the numbers a check
    needs besides its limit (confidence, minimum rows); a spec cannot change them.
    """

    check: Annotated[str, Field(pattern=r"^(DATA|LEAK|PERF|FAIR|DRIFT|STRESS|EXPL|GOV)-\d{3}$")]
    measure: str
    consequence: Consequence
    basis: Basis
    citation: str
    at_least: Limit | None = None
    at_most: Limit | None = None
    parameters: dict[str, Number] = Field(default_factory=dict)
    verified: bool = True

    @field_validator("consequence", mode="before")
    @classmethod
    def _consequence_is_known(cls, value: object) -> object:
        known = tuple(Consequence)
        if isinstance(value, str) and value in known:
            return Consequence(value)
        raise ValueError(f"{value!r} is not one of {', '.join(known)}")

    @model_validator(mode="after")
    def _one_direction(self) -> "PolicyRule":
        if self.at_least is not None and self.at_most is not None:
            raise ValueError("give at_least or at_most, not both")
        return self


class PolicyPack(Strict):
    """Dated rules of one jurisdiction or house."""

    policy: Name
    title: str
    effective_from: date
    effective_until: date | None = None
    approval_required_for_tiers: Annotated[
        tuple[Tier, ...],
        BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v),
    ]
    rules: Annotated[
        tuple[PolicyRule, ...],
        BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v),
        Field(min_length=1),
    ]

    @model_validator(mode="after")
    def _one_rule_per_check(self) -> "PolicyPack":
        counts = Counter(rule.check for rule in self.rules)
        if twice := [check for check, count in counts.items() if count > 1]:
            raise ValueError(f"{bounded(twice)} has more than one rule; give each check one")
        return self

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "PolicyPack":
        if self.effective_until is not None and self.effective_until < self.effective_from:
            raise ValueError("effective_until is before effective_from; it is never in force")
        return self

    @cached_property
    def sha256(self) -> str:
        """Hash of what the pack means."""
        return sha256_of(self.model_dump(mode="json"))

    def in_force(self, day: date) -> bool:
        """Whether the pack's rules hold on a day (both ends included)."""
        return self.effective_from <= day and (
            self.effective_until is None or day <= self.effective_until
        )
