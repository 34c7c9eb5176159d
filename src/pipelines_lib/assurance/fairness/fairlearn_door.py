"""The only place that knows Fairlearn: selection and opportunity rates by group.

Fairlearn is given counted cells with weights instead of rows. The rates are the same,
and three million applications cost no more than thirty.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_DECLINED, _APPROVED = 0, 1
_DESERVING = 1


def selection_rates(names: Sequence[str], counts: "np.ndarray") -> tuple[float | None, ...]:
    """Share approved of each group; None for a group without rows.

    Args:
        names: One name per group.
        counts: One row per group: declined, approved.
    """
    from fairlearn.metrics import selection_rate

    return _rates(selection_rate, names, counts)


def opportunity_rates(names: Sequence[str], counts: "np.ndarray") -> tuple[float | None, ...]:
    """Share approved of each group among those who deserved it (true positive rate).

    Args:
        names: One name per group.
        counts: One row per group, of applications that turned out well: declined, approved.
    """
    from fairlearn.metrics import true_positive_rate

    return _rates(true_positive_rate, names, counts)


def _rates(metric: object, names: Sequence[str], counts: "np.ndarray") -> tuple[float | None, ...]:
    from fairlearn.metrics import MetricFrame

    cells = [
        (name, decision, int(counts[position, decision]))
        for position, name in enumerate(names)
        for decision in (_DECLINED, _APPROVED)
        if counts[position, decision]
    ]
    if not cells:
        return (None,) * len(names)
    groups, decisions, weights = zip(*cells, strict=True)
    frame = MetricFrame(
        metrics={"rate": metric},
        y_true=[_DESERVING] * len(cells),
        y_pred=list(decisions),
        sensitive_features=list(groups),
        sample_params={"rate": {"sample_weight": list(weights)}},
    )
    rates = frame.by_group["rate"]
    return tuple(float(rates[name]) if name in rates.index else None for name in names)
