"""Whom the model must be fair about."""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from pipelines_lib.spec.scalars import Codes, Name, Number, as_tuple
from pipelines_lib.spec.strict import Strict


class ProtectedAttribute(Strict):
    """An attribute no model may use and every model must be fair about.

    Give ``groups`` (name to codes) or ``bands`` (name to an inclusive range, null for open).
    ``reference`` is the group that others are compared with.
    """

    name: Name
    column: str
    reference: str
    groups: dict[str, Codes] = Field(default_factory=dict)
    bands: dict[str, Annotated[tuple[Number | None, Number | None], BeforeValidator(as_tuple)]] = (
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
    """The protected attributes, or the reason why the model decides about no person.

    ``chosen_because``: why this model was preferred to a less discriminatory alternative. It is
    told with every alternative that is found, and opens no gate.
    """

    attributes: Annotated[tuple[ProtectedAttribute, ...], BeforeValidator(as_tuple)] = ()
    not_applicable: str | None = None
    chosen_because: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Fairness":
        if bool(self.attributes) == bool(self.not_applicable):
            raise ValueError("give attributes, or not_applicable with the reason; one of both")
        return self
