"""Would another method give the same reasons?

``EXPL-005`` compares the reasons an applicant would be given with Shapley values that are
estimated from the model's own answers alone: features of an approved application are replaced
by the applicant's, one after the other in random order, and each change of the log-odds is
credited to the feature that was replaced.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines_lib.assurance.explanation.declines import (
    Agreement,
    Sides,
    agreement,
    both_sides,
    strongest,
)
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.statistics import wilson_interval
from pipelines_lib.assurance.wording import and_too_few, between, percent
from pipelines_lib.modelling.features import Matrix
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipelines_lib.modelling.package import ModelPackage

SECOND_METHOD: Final = "EXPL-005"
TOPIC: Final = "second_method"
DECLINES: Final = "declines"
_CELLS = 4_000_000
"""Values held at once: rows x features x features."""
_DECIMALS = 4


@dataclass(frozen=True)
class SecondMethodFigures:
    """How far both methods agree, over so many declines and draws for each."""

    declines: int
    draws: int
    same: float | None
    kept: float | None
    overlap: float | None


def ask(inquiry: Inquiry) -> Answer:
    """Explain a sample of declines a second time."""
    if not inquiry.asks(SECOND_METHOD):
        return unasked(TOPIC)
    rule = inquiry.rules.rule(SECOND_METHOD)
    most, sampled = int(rule.parameter("max_rows")), int(rule.parameter("sample_rows"))
    sides = both_sides(inquiry, sampled, most)
    check, figures = check_second_method(
        rule, inquiry.package, sides, seed=inquiry.spec.training.seed
    )
    return Answer(TOPIC, (check,), figures)


def check_second_method(
    rule: Rule, package: "ModelPackage", sides: Sides, *, seed: int
) -> tuple[CheckResult, SecondMethodFigures]:
    """Judge how often the principal reason is among the first of the second method.

    Args:
        rule: What the policy asks.
        package: The candidate.
        sides: Declined applications, and approved ones to start from.
        seed: Of the random orders.
    """
    draws, n = int(rule.parameter("draws")), len(sides.declined)
    if n == 0 or len(sides.approved) == 0:
        which = "declined" if n == 0 else "approved"
        said = f"nobody sampled would be {which}: there is nothing to explain twice."
        return rule.judge(DECLINES, None, said, n=0), SecondMethodFigures(n, draws, *[None] * 3)
    most = int(rule.parameter("max_reasons"))
    given = package.reasons_from(package.contributions(sides.declined)[0], most)
    values = sampled_shapley(package, sides, draws=draws, seed=seed)
    again = strongest(package, values, np.zeros(values.shape[1]), most)
    found = agreement(given, again, int(rule.parameter("among")))
    return _judged(rule, found), SecondMethodFigures(
        n, draws, _short(found.same), _short(found.kept), _short(found.overlap)
    )


def sampled_shapley(
    package: "ModelPackage", sides: Sides, *, draws: int, seed: int
) -> "NDArray[np.float64]":
    """Shapley values of the margin against approved applications, estimated by permutations.

    Castro, Gómez and Tejada (2009); each random order is walked forwards and backwards, which
    halves the noise (Mitchell et al. 2022). For each row the values add up to its margin less
    the mean margin of the approved applications it was held against.

    Args:
        package: Asked for margins only, never for contributions.
        sides: Declined rows to explain, approved ones to start from.
        draws: Random orders for each row, each with an approved row of its own.
        seed: Of the orders and of the approved rows.
    """
    rng = np.random.default_rng(seed)
    rows, columns = sides.declined.shape
    total = np.zeros((rows, columns))
    block = max(1, _CELLS // max(columns * columns, 1))
    for first in range(0, rows, block):
        some = sides.declined[first : first + block]
        for _ in range(draws):
            start = sides.approved[rng.integers(0, len(sides.approved), len(some))]
            order = np.argsort(rng.random(some.shape), axis=1)
            for walked in (order, order[:, ::-1]):
                total[first : first + block] += _credited(package, some, start, walked)
    return total / (2 * draws)


def _credited(
    package: "ModelPackage", rows: Matrix, start: Matrix, order: "NDArray[np.intp]"
) -> "NDArray[np.float64]":
    """Change of the margin as each feature, in its order, takes the applicant's value."""
    n, columns = rows.shape
    turn = np.argsort(order, axis=1)
    # Step s of a row: features whose turn has come have the applicant's value.
    come = turn[:, None, :] < np.arange(columns + 1)[None, :, None]
    steps = np.where(come, rows[:, None, :], start[:, None, :]).reshape(-1, columns)
    margins = package.margin(steps).reshape(n, columns + 1)
    return np.take_along_axis(np.diff(margins, axis=1), turn, axis=1)


def _judged(rule: Rule, found: Agreement) -> CheckResult:
    if found.kept is None or found.same is None or found.overlap is None:
        return rule.judge(DECLINES, None, "no decline has a reason to compare.", n=0)
    interval = wilson_interval(round(found.kept * found.n), found.n, rule.parameter("confidence"))
    among = rule.parameter("among")
    said = (
        f"of {found.n:,} would-be declines {percent(found.kept)} have their principal reason "
        f"among the first {among:g} of a second method"
        f"{f' ({between(interval)})' if interval else ''}, {percent(found.same)} as the first; "
        f"{percent(found.overlap)} of all reasons are shared{and_too_few(rule, found.n)}."
    )
    return rule.judge(DECLINES, found.kept, said, interval=interval, n=found.n)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
