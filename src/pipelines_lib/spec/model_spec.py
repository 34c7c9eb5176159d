"""The model spec: one YAML file per bank model decides everything the bank decides.

Tuples, never sets or lists, so that the hash of a spec is the same in every process.
No number that can open a gate has a default: those live in policy packs.
"""

import re
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from pipelines_lib.canonical import sha256_of
from pipelines_lib.spec.decision import Decision
from pipelines_lib.spec.inputs import Feature, Leakage, SourceSpec
from pipelines_lib.spec.protected import Fairness
from pipelines_lib.spec.scalars import (
    Code,
    Days,
    Name,
    Number,
    Scalar,
    Share,
    Texts,
    Tier,
    as_tuple,
)
from pipelines_lib.spec.stress import Stress
from pipelines_lib.spec.strict import Strict

_NO_CLOCK = re.compile(r"(?<![A-Z])[HR](?![A-Z])", re.IGNORECASE)
"""Cron letters for a random or a hashed minute: such a line has no fixed slots."""


class People(Strict):
    """Who answers for the model: different people or teams.

    ``approver`` says who may put it live; optional, because policy asks for it by tier.
    """

    owner: str
    developer: str
    validator: str
    approver: str | None = None


class Documentation(Strict):
    """What a validator needs to judge whether the concept is sound."""

    assumptions: Annotated[Texts, Field(min_length=1)]
    limitations: Annotated[Texts, Field(min_length=1)]
    rejected_alternatives: Annotated[Texts, Field(min_length=1)]


class MonitoringPlan(Strict):
    """Who watches the model after promotion, what, how often, and what happens on a breach."""

    owner: str
    metrics: Annotated[Texts, Field(min_length=1)]
    review_every_days: Annotated[Days, Field(gt=0)]
    action_on_breach: str


class Schedule(Strict):
    """When the model is due. ``last_slot`` freezes a history: no slot exists after it."""

    cron: str
    timezone: str
    last_slot: date | None = None

    @field_validator("cron")
    @classmethod
    def _cron_is_known(cls, value: str) -> str:
        from croniter import CroniterBadDateError, croniter

        fields = len(value.split())
        if not croniter.is_valid(value) or fields != 5 or _NO_CLOCK.search(value):  # noqa: PLR2004
            raise ValueError(f"{value!r} is not a cron line of five fields, such as '0 2 * * *'")
        try:
            croniter(value, datetime(2025, 1, 1)).get_next()  # noqa: DTZ001  (any day will do)
        except CroniterBadDateError as exc:
            raise ValueError(f"{value!r} names a day that no calendar has") from exc
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise ValueError(
                f"{value!r} is not a time zone, such as 'Europe/Brussels' or 'UTC'"
            ) from exc
        return value


class Label(Strict):
    """What is predicted, and how long it takes until it can be known."""

    source: Name
    column: str
    positive: Code
    negative: Code
    meaning: str
    performance_window_days: Days


class Windows(Strict):
    """Shares of the matured business dates, oldest first; newest is out of time.

    ``history``: how many of the newest matured business dates are shared out. What is older only
    feeds features made from what happened before; without it everything is learned from.
    """

    train: Share
    calibration: Share
    validation: Share
    out_of_time: Share
    history: Annotated[int, Field(ge=4)] | None = None

    @model_validator(mode="after")
    def _shares_add_up(self) -> "Windows":
        total = self.train + self.calibration + self.validation + self.out_of_time
        if abs(total - 1) > 1e-9:  # noqa: PLR2004  (rounding of four decimal shares)
            raise ValueError(f"the four shares add up to {total:g}, not 1")
        return self


class Search(Strict):
    """A bounded Optuna search: how many trials, and the range of each parameter."""

    trials: Annotated[int, Field(ge=1, le=500)]
    space: dict[str, Annotated[tuple[Number, Number], BeforeValidator(as_tuple)]] = Field(
        min_length=1
    )


class Training(Strict):
    """How the candidate is fitted.

    ``estimator``: ``xgboost``, ``scorecard``, or the dotted path of a scikit-learn classifier.
    """

    estimator: str
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    rounds: Annotated[int, Field(ge=1, le=10_000)] = 300
    early_stopping_rounds: Annotated[int, Field(ge=1, le=10_000)] | None = None
    calibration: Literal["sigmoid", "isotonic", "none"]
    search: Search | None = None


class ModelSpec(Strict):
    """One bank model, as the bank decided it. Its hash is carried by all evidence."""

    model: Name
    title: str
    purpose: str
    tier: Tier
    tier_rationale: str
    people: People
    documentation: Documentation
    monitoring: MonitoringPlan
    policies: Annotated[tuple[Name, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    schedule: Schedule
    sources: Annotated[tuple[SourceSpec, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    features: Annotated[tuple[Feature, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    label: Label
    fairness: Fairness
    decision: Decision
    windows: Windows
    training: Training
    limits: dict[str, Number] = Field(default_factory=dict)
    leakage: Leakage = Field(default_factory=Leakage)
    segments: Texts = ()
    """Features by which weak segments are looked for; all of them where none is named."""
    stress: Stress | None = None
    documents: dict[Name, str] = Field(default_factory=dict)
    """Documents that a policy asks for by name, and where each one lies."""

    @cached_property
    def sha256(self) -> str:
        """Hash of what the spec means: comments, order of keys, layout and defaults do not count.

        So a key that a later version adds changes no hash of a spec without it.
        """
        return sha256_of(self.model_dump(mode="json", exclude_defaults=True))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Model inputs in the order of the feature contract."""
        return tuple(feature.name for feature in self.features)

    def source(self, name: str) -> SourceSpec:
        """The source of that name; the loader has made sure that it exists."""
        return next(source for source in self.sources if source.name == name)

    @property
    def population(self) -> SourceSpec:
        """The spine: the source with one row per application."""
        return next(source for source in self.sources if source.role == "population")

    @property
    def entity_column(self) -> str | None:
        """Column of the population that says whom a case is about; None where its key does."""
        capacity = self.decision.capacity
        entity = capacity.entity if capacity else None
        return None if entity == self.population.key else entity

    @property
    def protected_source(self) -> SourceSpec | None:
        """Where protected attributes lie, if the model decides about people."""
        return next((source for source in self.sources if source.role == "protected"), None)

    def summary(self) -> dict[str, Any]:
        """What an inventory shows of the model."""
        return {
            "model": self.model,
            "title": self.title,
            "tier": self.tier,
            "owner": self.people.owner,
            "developer": self.people.developer,
            "validator": self.people.validator,
        }
