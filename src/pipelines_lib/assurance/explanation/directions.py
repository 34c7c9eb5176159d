"""Does a feature with a declared direction ever act against it?

``EXPL-003``: each such feature is swept through its range while everything else about an
application stays as it is, and the calibrated score is watched. The training library's own
constraint is not taken on trust.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.results import CheckResult

if TYPE_CHECKING:
    from pipelines_lib.modelling.features import Matrix
    from pipelines_lib.modelling.package import ModelPackage
    from pipelines_lib.spec.inputs import Feature
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.rulebook import RuleBook

DIRECTION = "EXPL-003"
_SIGN = {"increasing": 1.0, "decreasing": -1.0}
_TWO_POINTS = 2


def directed(spec: "ModelSpec") -> tuple["Feature", ...]:
    """The features that must act in one direction."""
    return tuple(feature for feature in spec.features if feature.monotone in _SIGN)


def check_directions(
    spec: "ModelSpec", rules: "RuleBook", candidate: "ModelPackage", sample: "Matrix"
) -> tuple[CheckResult, ...]:
    """Sweep every directed feature over a sample of applications.

    Args:
        spec: The model; it declares the directions.
        rules: The rules that hold.
        candidate: The package that is questioned.
        sample: Encoded applications to start from.
    """
    return tuple(_check(feature, rules, candidate, sample) for feature in directed(spec))


def _check(
    feature: "Feature", rules: "RuleBook", candidate: "ModelPackage", sample: "Matrix"
) -> CheckResult:
    rule = rules.rule(DIRECTION)
    points = _points(feature.name, candidate, sample)
    if len(sample) == 0 or len(points) < _TWO_POINTS:
        explanation = f"{len(sample)} applications and {len(points)} values: nothing to sweep."
        return rule.judge(feature.name, None, explanation, n=len(sample))
    steps = np.diff(_swept(feature.name, candidate, sample, points), axis=1)
    against = -steps * _SIGN[feature.monotone]
    broken = int((against > rule.parameter("tolerance")).any(axis=1).sum())
    return rule.judge(
        feature.name,
        float(broken),
        f"Declared {feature.monotone}: {broken} of {len(sample)} applications move against it "
        f"over {len(points)} values; the largest step against it is {max(against.max(), 0.0):.2g}.",
        n=len(sample),
    )


def _points(name: str, candidate: "ModelPackage", sample: "Matrix") -> NDArray[np.float32]:
    """Frozen bin edges, and the ends of what the sample holds."""
    edges = np.asarray(candidate.reference["features"][name]["edges"], dtype=np.float32)
    held = sample[:, candidate.contract.names.index(name)]
    held = held[~np.isnan(held)]
    ends = [held.min(), held.max()] if len(held) else []
    return np.unique(np.concatenate([edges, np.asarray(ends, dtype=np.float32)]))


def _swept(
    name: str, candidate: "ModelPackage", sample: "Matrix", points: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Scores with the feature set to each point: one row an application, one column a point."""
    rows = np.repeat(sample, len(points), axis=0)
    rows[:, candidate.contract.names.index(name)] = np.tile(points, len(sample))
    return np.asarray(candidate.score(rows), dtype=np.float64).reshape(len(sample), -1)
