"""What would a book of applications cost: who is approved, and what is expected to be lost?

Expected loss of an application is score x exposure x loss given default; of a book, the sum
over those approved. Compared are the same people before and after, so errors are paired.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.statistics import Estimate, never_seen, normal_interval

if TYPE_CHECKING:
    from pipelines_lib.modelling.features import Matrix
    from pipelines_lib.modelling.package import ModelPackage
    from pipelines_lib.spec.stress import Stress

Floats = NDArray[np.float64]
_NO_SPREAD = 1e-12


@dataclass(frozen=True, eq=False)
class Book:
    """Applications with their scores, decisions and amounts at risk."""

    scores: Floats
    approved: NDArray[np.bool_]
    exposure: Floats
    loss_given_default: float

    @property
    def mean_score(self) -> float | None:
        """Mean probability over all applications."""
        return float(self.scores.mean()) if self.scores.size else None

    @property
    def approval_rate(self) -> float | None:
        """Share that is not declined."""
        return float(self.approved.mean()) if self.scores.size else None

    @property
    def losses(self) -> Floats:
        """Expected loss of each application, were it approved."""
        return self.scores * self.exposure * self.loss_given_default

    def loss_rate(self, approved: NDArray[np.bool_]) -> float | None:
        """Expected loss of some applications over their exposure."""
        exposed = float(self.exposure[approved].sum())
        return float(self.losses[approved].sum()) / exposed if exposed > 0 else None


def book_of(package: "ModelPackage", stress: "Stress", inputs: "Matrix") -> Book:
    """Score applications and put a price on them.

    Without a feature of exposure every application counts as 1. A negative amount is nothing
    at risk; a missing one counts like the mean of those known.
    """
    scores = package.score(inputs)
    exposure = np.ones(len(inputs))
    if stress.exposure is not None:
        amounts = inputs[:, package.contract.names.index(stress.exposure)].astype(np.float64)
        known = np.maximum(amounts[~np.isnan(amounts)], 0.0)
        usual = float(known.mean()) if known.size else 1.0
        exposure = np.where(np.isnan(amounts), usual, np.maximum(amounts, 0.0))
    return Book(scores, ~package.decline(scores), exposure, stress.loss_given_default)


def loss_increase(before: Book, after: Book, confidence: float) -> Estimate | None:
    """By how much more is expected to be lost on those approved before? 0.5 is half as much again.

    The ratio of both sums less 1, with the interval of a ratio estimator: the rows' residuals
    after - ratio x before over the sum before (Cochran, Sampling Techniques, 6.4). None where
    nobody is approved or nothing is at risk.
    """
    first, second = before.losses[before.approved], after.losses[before.approved]
    total = float(first.sum())
    if total <= 0:
        return None
    ratio = float(second.sum()) / total
    error = float(np.sqrt(np.sum((second - ratio * first) ** 2))) / total
    return Estimate(ratio - 1, normal_interval(ratio - 1, error, confidence, low=-1.0))


def approval_drop(before: Book, after: Book, confidence: float) -> Estimate | None:
    """By how much does the share of approvals fall? Paired, person by person."""
    rows = before.scores.size
    if not rows:
        return None
    change = before.approved.astype(np.float64) - after.approved
    value = float(change.mean())
    error = float(change.std()) / np.sqrt(rows)
    interval = normal_interval(value, error, confidence, low=-1.0, high=1.0)
    if error < _NO_SPREAD:
        reach = never_seen(rows, confidence)
        interval = type(interval)(max(value - reach, -1.0), min(value + reach, 1.0), confidence)
    return Estimate(value, interval)
