"""What a model reads: the deliveries, and the features they carry."""

from collections import Counter
from typing import Literal

from pydantic import Field, field_validator, model_validator

from pipelines_lib.errors import bounded
from pipelines_lib.spec.scalars import Codes, Name, Number, Separator, as_text
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


def _refuse_repeats(kind: str, names: tuple[str, ...]) -> None:
    if repeats := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"{kind} {bounded(repeats)} is given twice")


class Leakage(Strict):
    """Inputs under suspicion of knowing the outcome that stay all the same.

    ``justified``: feature to the recorded reason why its value is known on the business date.
    """

    justified: dict[str, str] = Field(default_factory=dict)
