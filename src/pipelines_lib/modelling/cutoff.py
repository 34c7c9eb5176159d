"""From a score to a decision: at which score the bank begins to decline."""

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.spec.decision import Decision


def choose_cutoff(decision: Decision, scores: NDArray[np.float64]) -> float:
    """The spec's cut-off, or the one that declines nearest to the wanted share.

    Equal scores are decided alike, so the wanted share can be out of reach: of the scores
    present, the one whose declined share (scores at or above it) is nearest is taken; of
    two equally near ones the higher, which declines fewer.

    Args:
        decision: What the spec says.
        scores: Calibrated scores of the calibration window.
    """
    if decision.decline_share is None:
        return float(decision.cutoff or 0.0)  # the spec holds one of both
    distinct, rows = np.unique(scores, return_counts=True)
    declined = np.cumsum(rows[::-1])[::-1]
    distance = np.abs(declined - decision.decline_share * len(scores))
    nearest = len(distance) - 1 - int(np.argmin(distance[::-1]))
    return float(distinct[nearest])
