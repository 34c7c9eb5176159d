"""Logistic regression by Newton's method: few columns, any number of rows, exact and repeatable.

The scorecard and the sigmoid calibration need nothing more, and a handful of Newton steps
on the normal equations costs less than importing a general solver.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.errors import CheckNotRunError

Floats = NDArray[np.float64]
Values = NDArray[np.floating]

_BLOCK = 65_536  # rows in float64 at a time, so that no second matrix is ever held
_KEPT = 131_072  # rows up to which they are worth holding from step to step
_STEPS = 100
_CLOSE = 1e-10  # largest change of a coefficient at which Newton has arrived
_HALVINGS = 40


def sigmoid(margin: Values) -> Floats:
    """The probability of a log-odds, without overflow at either end."""
    exact = np.ascontiguousarray(margin, dtype=np.float64)
    small = np.exp(-np.abs(exact))
    return np.where(exact >= 0, 1.0, small) / (1.0 + small)


def log_odds(share: float) -> float:
    """The log-odds of a share strictly between 0 and 1."""
    return float(np.log(share) - np.log1p(-share))


def log_loss(margin: Values, target: Values) -> float:
    """The mean negative log-likelihood of outcomes (or shares) under log-odds."""
    exact = np.asarray(margin, dtype=np.float64)
    return float(np.mean(np.logaddexp(0.0, exact) - target * exact))


def fit_logistic(columns: Values, target: Values, *, ridge: float) -> tuple[Floats, float]:
    """Coefficients and intercept that minimise log-loss plus ``ridge / 2 * |coefficients|²``.

    The loss is a sum over rows and the intercept is not penalised, as in scikit-learn's
    ``LogisticRegression`` with ``C = 1 / ridge``.

    Args:
        columns: One row an application, one column an input.
        target: Outcomes 0 and 1, or shares between them.
        ridge: Strength of the penalty; 0 for none.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    # One thread: products this small gain nothing from a second, which would spin against
    # other processes, and sums taken in one order are the same on every machine.
    with threadpool_limits(1, user_api="blas"):
        return _newton(columns, target, ridge)


def _newton(columns: Values, target: Values, ridge: float) -> tuple[Floats, float]:
    start = min(max(float(np.mean(target)), 1e-9), 1 - 1e-9)
    at = np.zeros(columns.shape[1] + 1)
    at[0] = log_odds(start)
    blocks = _Blocks(columns, target)
    loss = blocks.loss(at, ridge)
    for _ in range(_STEPS):
        step, loss = _downhill(blocks, at, loss, ridge)
        at = at - step
        if np.max(np.abs(step)) < _CLOSE:
            return at[1:], float(at[0])
    raise CheckNotRunError(
        "A logistic regression did not settle.",
        fix="Report this: Newton's method should end within a hundred steps.",
    )


class _Blocks:
    """The rows with a leading one, in float64: kept where they are few, else made each time."""

    def __init__(self, columns: Values, target: Values) -> None:
        self._columns = columns
        self._target = target
        self._kept = list(self._made()) if len(columns) <= _KEPT else None

    def __iter__(self) -> Iterator[tuple[Floats, Values]]:
        return self._made() if self._kept is None else iter(self._kept)

    def _made(self) -> Iterator[tuple[Floats, Values]]:
        for start in range(0, len(self._columns), _BLOCK):
            part = self._columns[start : start + _BLOCK]
            rows = np.ones((len(part), self._columns.shape[1] + 1))
            rows[:, 1:] = part
            yield rows, self._target[start : start + _BLOCK]

    def loss(self, at: Floats, ridge: float) -> float:
        total = 0.5 * ridge * float(at[1:] @ at[1:])
        for rows, wanted in self:
            margin = rows @ at
            total += float(np.sum(np.logaddexp(0.0, margin) - wanted * margin))
        return total

    def newton_step(self, at: Floats, ridge: float) -> Floats:
        slope = np.zeros_like(at)
        curvature = np.zeros((len(at), len(at)))
        for rows, wanted in self:
            share = sigmoid(rows @ at)
            slope += rows.T @ (share - wanted)
            curvature += (rows * (share * (1 - share))[:, None]).T @ rows
        slope[1:] += ridge * at[1:]
        curvature[np.arange(1, len(at)), np.arange(1, len(at))] += ridge
        return np.asarray(np.linalg.lstsq(curvature, slope, rcond=None)[0], dtype=np.float64)


def _downhill(blocks: _Blocks, at: Floats, loss: float, ridge: float) -> tuple[Floats, float]:
    """The Newton step, or the largest half of it that does not lead uphill; and the loss there."""
    step = blocks.newton_step(at, ridge)
    for _ in range(_HALVINGS):
        reached = blocks.loss(at - step, ridge)
        if reached <= loss:
            return step, reached
        step = step / 2
    return np.zeros_like(step), loss  # only rounding is left to gain
