"""How far apart are the shares of two groups? Counts that know how to compare themselves."""

from dataclasses import dataclass

from pipelines_lib.assurance.statistics import (
    Estimate,
    difference_of_proportions,
    ratio_of_proportions,
)
from pipelines_lib.results import Interval


@dataclass(frozen=True)
class Share:
    """Some of many: 40 of 100 women approved."""

    some: int
    of: int

    @property
    def value(self) -> float | None:
        """The share itself; None where there is nobody."""
        return self.some / self.of if self.of else None

    def ratio_to(self, reference: "Share", confidence: float) -> Estimate | None:
        """This share over the reference's (Katz interval); None where no ratio exists."""
        return ratio_of_proportions(self.some, self.of, reference.some, reference.of, confidence)

    def difference_to(self, reference: "Share", confidence: float) -> Estimate | None:
        """This share minus the reference's (Newcombe interval); None where one is empty."""
        return difference_of_proportions(
            self.some, self.of, reference.some, reference.of, confidence
        )

    def __str__(self) -> str:
        """The way a person says it."""
        return f"{self.some:,} of {self.of:,}"


def magnitude(signed: Estimate) -> Estimate:
    """The absolute value of a difference, whichever way it points.

    Its interval holds every size the signed interval allows, from 0 where that one holds 0:
    a difference surely below -0.3 is as surely large as one above +0.3.
    """
    ends = sorted((abs(signed.interval.low), abs(signed.interval.high)))
    low = 0.0 if signed.interval.low <= 0 <= signed.interval.high else ends[0]
    return Estimate(abs(signed.value), Interval(low, ends[1], signed.interval.confidence))
