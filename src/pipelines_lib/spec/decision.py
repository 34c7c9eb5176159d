"""How a score becomes a decision, what a wrong one costs, and how many can be looked at."""

from typing import Annotated

from pydantic import Field, model_validator

from pipelines_lib.spec.scalars import Number, Share
from pipelines_lib.spec.strict import Strict

Cost = Annotated[Number, Field(gt=0)]


class Costs(Strict):
    """What each wrong decision costs the bank, in one currency, on average.

    ``approved_bad``: an application that was approved and turned out badly (exposure times loss
    given default). ``declined_good``: a good one that was turned away (the margin it would have
    brought).
    """

    currency: str
    approved_bad: Cost
    declined_good: Cost


class Capacity(Strict):
    """How many cases people can look at: the highest scores of a night, so many of them.

    ``entity``: the column of the population source that says whom a case is about (a card, a
    customer); each counts once a night. Without it every application is a case of its own.
    """

    per_night: Annotated[int, Field(ge=1)]
    entity: str | None = None


class Decision(Strict):
    """How a score becomes a decision: scores at or above the cut-off are declined.

    ``cutoff`` is a probability; ``decline_share`` sets the cut-off on the calibration
    window so that this share is declined.
    """

    cutoff: Share | None = None
    decline_share: Share | None = None
    costs: Costs | None = None
    capacity: Capacity | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Decision":
        if (self.cutoff is None) == (self.decline_share is None):
            raise ValueError("give cutoff or decline_share; one of both")
        return self
