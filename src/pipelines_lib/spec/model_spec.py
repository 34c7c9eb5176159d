"""The model spec: one YAML file per bank model decides everything the bank decides.

Tuples, never sets or lists, so that the hash of a spec is the same in every process.
No number that can open a gate has a default: those live in policy packs.
"""

import math
import re
from collections import Counter
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from pipelines_lib.canonical import sha256_of
from pipelines_lib.errors import bounded
from pipelines_lib.spec.strict import Strict


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _as_text(value: object) -> object:
    """Let a code be written as a number in YAML; it is compared as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_text_tuple(value: object) -> object:
    return tuple(_as_text(item) for item in value) if isinstance(value, list) else value


def _whole(value: object) -> object:
    """Keep a literal number from being met by ``true`` or ``1.0``, which equal 1 in Python."""
    if type(value) in (bool, float):
        raise ValueError(f"it must be 1, 2 or 3, not {value!r}")
    return value


def _as_scalar(value: object) -> object:
    """Let a parameter be one plain value that JSON, and so the hash of a spec, can hold."""
    if isinstance(value, int):
        fits = abs(value) <= _LARGEST_EXACT
    else:
        fits = isinstance(value, str) or (isinstance(value, float) and math.isfinite(value))
    if fits:
        return value
    raise ValueError("it must be one number, one word, true or false")


_LARGEST_EXACT = 2**53 - 1
_NO_CLOCK = re.compile(r"(?<![A-Z])[HR](?![A-Z])", re.IGNORECASE)
"""Cron letters for a random or a hashed minute: such a line has no fixed slots."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
Code = Annotated[str, BeforeValidator(_as_text)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Codes = Annotated[tuple[Code, ...], BeforeValidator(_as_text_tuple)]
Share = Annotated[float, Field(gt=0, lt=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Scalar = Annotated[bool | int | float | str, BeforeValidator(_as_scalar)]
Tier = Annotated[Literal[1, 2, 3], BeforeValidator(_whole)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Separator = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1)]


class People(Strict):
    """Who answers for the model. Three different people or teams."""

    owner: str
    developer: str
    validator: str


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


class SourceSpec(Strict):
    """One delivery: where it lies, what its key is, and which dates it carries.

    ``uri`` is a file, a glob, a folder with date partitions (``business_date=2025-01-31``),
    each relative to the spec file, or ``env:NAME``: the SQL URL in that environment variable,
    with ``table`` naming what to read.

    Roles: ``population`` is the spine (one row per application, with its business date);
    ``features`` adds columns by key, point in time where ``available_on`` is given;
    ``label`` carries outcomes with the date on which each became known; ``protected``
    carries protected attributes, which are kept apart from everything else.
    """

    name: Name
    role: Literal["population", "features", "label", "protected"]
    uri: str
    key: str
    table: str | None = None
    business_date: str | None = None
    observed_on: str | None = None
    available_on: str | None = None
    separator: Separator = ","
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"

    @model_validator(mode="after")
    def _dates_fit_the_role(self) -> "SourceSpec":
        needs = {"population": "business_date", "label": "observed_on"}.get(self.role)
        if needs and getattr(self, needs) is None:
            raise ValueError(f"a {self.role} source needs {needs}: the column that holds it")
        if self.uri.startswith("env:") and self.table is None:
            raise ValueError("an SQL source (env:NAME) needs table: the table or view to read")
        return self

    @property
    def sql_variable(self) -> str | None:
        """Name of the environment variable with the SQL URL, or None for files."""
        return self.uri.removeprefix("env:") if self.uri.startswith("env:") else None


class Feature(Strict):
    """One model input: its type, what values are possible, and how it may act.

    ``codes`` documents numbers that stand for something else (they stay values);
    ``missing_codes`` are numbers or texts that stand for a missing value.
    ``levels`` are the known categories; they are frozen into the model package.
    """

    name: str
    source: Name
    type: Literal["number", "integer", "category"]
    meaning: str
    reason: str
    unit: str | None = None
    minimum: Number | None = None
    maximum: Number | None = None
    levels: Codes = ()
    codes: dict[str, str] = Field(default_factory=dict)
    missing: Literal["refused", "allowed"] = "refused"
    missing_codes: Codes = ()
    monotone: Literal["increasing", "decreasing", "none"] = "none"
    severity: Literal["critical", "warning"] = "critical"

    @field_validator("codes", mode="before")
    @classmethod
    def _codes_are_text(cls, value: object) -> object:
        return {_as_text(k): v for k, v in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _values_fit_the_type(self) -> "Feature":
        if self.type == "category":
            if not self.levels:
                raise ValueError("a category needs levels: the values that are known")
            if self.minimum is not None or self.maximum is not None or self.monotone != "none":
                raise ValueError("a category has no minimum, maximum or monotone direction")
            _refuse_repeats("level", self.levels)
        elif self.levels:
            raise ValueError("levels belong to type: category")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("minimum is above maximum")
        return self


def _refuse_repeats(kind: str, names: tuple[str, ...]) -> None:
    if repeats := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"{kind} {bounded(repeats)} is given twice")


class Label(Strict):
    """What is predicted, and how long it takes until it can be known."""

    source: Name
    column: str
    positive: Code
    negative: Code
    meaning: str
    performance_window_days: Days


class ProtectedAttribute(Strict):
    """An attribute no model may use and every model must be fair about.

    Give ``groups`` (name to codes) or ``bands`` (name to an inclusive range, null for open).
    ``reference`` is the group that others are compared with.
    """

    name: Name
    column: str
    reference: str
    groups: dict[str, Codes] = Field(default_factory=dict)
    bands: dict[str, Annotated[tuple[Number | None, Number | None], BeforeValidator(_as_tuple)]] = (
        Field(default_factory=dict)
    )

    @model_validator(mode="after")
    def _groups_are_complete(self) -> "ProtectedAttribute":
        if bool(self.groups) == bool(self.bands):
            raise ValueError("give either groups or bands")
        if self.reference not in self.group_names:
            raise ValueError(
                f"reference {self.reference!r} is not one of {', '.join(self.group_names)}"
            )
        return self

    @property
    def group_names(self) -> tuple[str, ...]:
        """Declared groups, in the spec's order."""
        return tuple(self.groups or self.bands)


class Fairness(Strict):
    """The protected attributes, or the reason why the model decides about no person."""

    attributes: Annotated[tuple[ProtectedAttribute, ...], BeforeValidator(_as_tuple)] = ()
    not_applicable: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Fairness":
        if bool(self.attributes) == bool(self.not_applicable):
            raise ValueError("give attributes, or not_applicable with the reason; one of both")
        return self


class Decision(Strict):
    """How a score becomes a decision: scores at or above the cut-off are declined.

    ``cutoff`` is a probability; ``decline_share`` sets the cut-off on the calibration
    window so that this share is declined.
    """

    cutoff: Share | None = None
    decline_share: Share | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Decision":
        if (self.cutoff is None) == (self.decline_share is None):
            raise ValueError("give cutoff or decline_share; one of both")
        return self


class Windows(Strict):
    """Shares of the matured business dates, oldest first; newest is out of time."""

    train: Share
    calibration: Share
    validation: Share
    out_of_time: Share

    @model_validator(mode="after")
    def _shares_add_up(self) -> "Windows":
        total = self.train + self.calibration + self.validation + self.out_of_time
        if abs(total - 1) > 1e-9:  # noqa: PLR2004  (rounding of four decimal shares)
            raise ValueError(f"the four shares add up to {total:g}, not 1")
        return self


class Search(Strict):
    """A bounded Optuna search: how many trials, and the range of each parameter."""

    trials: Annotated[int, Field(ge=1, le=500)]
    space: dict[str, Annotated[tuple[Number, Number], BeforeValidator(_as_tuple)]] = Field(
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
    policies: Annotated[tuple[Name, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
    schedule: Schedule
    sources: Annotated[tuple[SourceSpec, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
    features: Annotated[tuple[Feature, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
    label: Label
    fairness: Fairness
    decision: Decision
    windows: Windows
    training: Training
    limits: dict[str, Number] = Field(default_factory=dict)

    @cached_property
    def sha256(self) -> str:
        """Hash of what the spec means: comments, order of keys and layout do not count."""
        return sha256_of(self.model_dump(mode="json"))

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
