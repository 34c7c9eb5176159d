"""What a model reads: the deliveries, and the features they carry."""

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipelines_lib.errors import bounded
from pipelines_lib.spec.scalars import Codes, Days, Name, Number, Separator, as_text
from pipelines_lib.spec.strict import Strict


class SourceSpec(Strict):
    """One delivery: where it lies, what its key is, and which dates it carries.

    ``uri`` is a file, a glob, a folder with date partitions (``business_date=2025-01-31``),
    each relative to the spec file, or ``env:NAME``: the SQL URL in that environment variable,
    with ``table`` naming what to read.

    Roles: ``population`` is the spine (one row per application, with its business date);
    ``features`` adds columns by key, point in time where ``available_on`` is given;
    ``label`` carries outcomes with the date on which each became known; ``protected``
    carries protected attributes, which are kept apart from everything else.

    ``moment`` is the column of a population with the time of day; without it, what happened
    earlier on the same day is not known to have happened earlier.
    """

    name: Name
    role: Literal["population", "features", "label", "protected"]
    uri: str
    key: str
    table: str | None = None
    business_date: str | None = None
    observed_on: str | None = None
    available_on: str | None = None
    moment: str | None = None
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


class Window(Strict):
    """What happened before: an aggregate over earlier applications of the same entity.

    ``by`` is the column of the population that names the entity (a card, a terminal, a customer).
    ``count``, ``sum`` and ``mean`` run over its applications of the last ``days`` up to this one,
    this one included where the population has a ``moment``, else over earlier days alone; ``of``
    is the number that is summed or averaged. ``outcomes`` counts the outcomes that became known
    in the last ``days``, today included, and ``positive_share`` is the share of positives among
    them; an outcome counts from the day it was observed on, as a nightly run knows it.
    """

    by: str
    days: Annotated[Days, Field(gt=0)]
    measure: Literal["count", "sum", "mean", "outcomes", "positive_share"]
    of: str | None = None

    @model_validator(mode="after")
    def _column_fits_the_measure(self) -> "Window":
        if (self.measure in {"sum", "mean"}) != (self.of is not None):
            raise ValueError(
                "sum and mean need of: the column that is summed; the others have none"
            )
        return self


class Feature(Strict):
    """One model input: its type, what values are possible, and how it may act.

    ``codes`` documents numbers that stand for something else (they stay values);
    ``missing_codes`` are numbers or texts that stand for a missing value.
    ``levels`` are the known categories; they are frozen into the model package.

    A feature is delivered under its name, or made from the population: ``window`` counts what
    happened before, ``clock`` takes the hour (0 to 23) or the weekday (1, Monday, to 7) of
    its moment.
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
    window: Window | None = None
    clock: Literal["hour", "weekday"] | None = None

    @property
    def is_made(self) -> bool:
        """Whether it is made from other columns instead of being delivered."""
        return self.window is not None or self.clock is not None

    @field_validator("codes", mode="before")
    @classmethod
    def _codes_are_text(cls, value: object) -> object:
        return {as_text(k): v for k, v in value.items()} if isinstance(value, dict) else value

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

    @model_validator(mode="after")
    def _made_from_one_thing(self) -> "Feature":
        if self.window is not None and self.clock is not None:
            raise ValueError("give window or clock, not both")
        if self.is_made and self.type == "category":
            raise ValueError("what is counted is a number: use type: integer or number")
        broken = self.window is not None and self.window.measure in {
            "sum",
            "mean",
            "positive_share",
        }
        if broken and self.type != "number":
            raise ValueError("a sum, a mean and a share may be broken numbers: use type: number")
        return self


def _refuse_repeats(kind: str, names: tuple[str, ...]) -> None:
    if repeats := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"{kind} {bounded(repeats)} is given twice")


class Leakage(Strict):
    """Inputs under suspicion of knowing the outcome that stay all the same.

    ``justified``: feature to the recorded reason why its value is known on the business date.
    """

    justified: dict[str, str] = Field(default_factory=dict)
