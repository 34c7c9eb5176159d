"""What could go wrong with the world, as the bank imagines it, in terms of the inputs."""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from pipelines_lib.spec.scalars import Name, Number, Share, as_tuple
from pipelines_lib.spec.strict import Strict


class Shock(Strict):
    """How one numeric input changes: first multiplied, then added to.

    ``share`` is how many of the applications it strikes; all of them where it is not given. A
    missing value and a documented code stay what they are.
    """

    feature: str
    multiply: Number = 1.0
    add: Number = 0.0
    share: Share | None = None

    @model_validator(mode="after")
    def _something_changes(self) -> "Shock":
        if self.multiply == 1 and self.add == 0:
            raise ValueError("give multiply or add: this shock changes nothing")
        return self


class Scenario(Strict):
    """A state of the world: unemployment up, incomes down, limits drawn."""

    name: Name
    meaning: str
    shocks: Annotated[tuple[Shock, ...], BeforeValidator(as_tuple), Field(min_length=1)]


class Stress(Strict):
    """The scenarios a model is held against, and what a default costs in them.

    ``exposure`` names the feature with the amount at risk; without it every application counts
    as 1. ``measurement_error`` says by what share of its value an input may be off by mistake.
    """

    scenarios: Annotated[tuple[Scenario, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    loss_given_default: Share
    exposure: str | None = None
    measurement_error: dict[str, Share] = Field(default_factory=dict)
