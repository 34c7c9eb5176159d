"""Would-be declines with the reasons they would be given, and how far two lists of reasons agree.

The questions about reasons look at the same declines: a sample of what the candidate was not
trained on, spread over its nights.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance.chosen_rows import NOT_TRAINED_ON
from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.assurance.scored import CANDIDATE
from pipelines_lib.modelling.features import Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipelines_lib.modelling.package import ModelPackage

Reasons = tuple[tuple[int, ...], ...]
"""For each decline, positions of features in the contract, strongest first."""


@dataclass(frozen=True, eq=False)
class Sides:
    """Encoded applications on either side of the cut-off."""

    declined: Matrix
    approved: Matrix


@dataclass(frozen=True)
class Agreement:
    """How far other reasons agree with those an applicant would be given.

    Attributes:
        n: Declines with a reason to compare.
        same: Share whose principal reason is the other's principal reason too.
        kept: Share whose principal reason is among the other's first so many.
        overlap: Mean share of an applicant's reasons that the other names as well.
    """

    n: int
    same: float | None
    kept: float | None
    overlap: float | None


def both_sides(inquiry: Inquiry, sampled: int, most: int) -> Sides:
    """At most so many declines and so many approvals, of so many sampled applications."""
    rows = inquiry.sample(NOT_TRAINED_ON, sampled)
    declined = inquiry.package.decline(rows.scores[CANDIDATE])
    return Sides(_spread(rows.inputs[declined], most), _spread(rows.inputs[~declined], most))


def agreement(
    given: Sequence[Sequence[int]], other: Sequence[Sequence[int]], among: int
) -> Agreement:
    """Compare the reasons given with others for the same declines.

    Args:
        given: What applicants would be told, strongest first.
        other: What another model or method would tell them.
        among: Up to which place the principal reason counts as kept.
    """
    pairs = [(one, two) for one, two in zip(given, other, strict=True) if one]
    if not pairs:
        return Agreement(0, None, None, None)
    n = len(pairs)
    return Agreement(
        n=n,
        same=sum(one[0] in two[:1] for one, two in pairs) / n,
        kept=sum(one[0] in two[:among] for one, two in pairs) / n,
        overlap=sum(len(set(one) & set(two)) / len(one) for one, two in pairs) / n,
    )


def strongest(
    package: "ModelPackage", pushes: "NDArray[np.float64]", usual: "NDArray[np.float64]", most: int
) -> Reasons:
    """Reasons from other contributions, chosen as the package chooses its own.

    Args:
        package: Whose way to choose is followed.
        pushes: What each feature of the contract adds to each row.
        usual: What it adds to a usual row; only what lies above that is a reason.
        most: Reasons at most.
    """
    typical = tuple(float(value) for value in usual)
    return replace(package, typical=typical).reasons_from(pushes, most)


def _spread(inputs: Matrix, most: int) -> Matrix:
    if len(inputs) <= most:
        return inputs
    return inputs[np.linspace(0, len(inputs) - 1, most).astype(np.intp)]
