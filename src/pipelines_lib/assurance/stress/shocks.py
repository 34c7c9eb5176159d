"""What do applications look like after something has gone wrong with the world?

A shock changes one number of the applications it strikes; a scenario is several of them. A
missing value and a documented code stay what they are, for there is nothing to multiply. What
comes out is a value the spec allows: inside minimum and maximum, whole where it is an integer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pipelines_lib.modelling.features import FeatureContract, Matrix
    from pipelines_lib.spec.inputs import Feature
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.stress import Scenario, Shock

Column = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shocked:
    """Applications under one scenario, encoded; ``moved`` says which way each feature went.

    ``moved``: 1 where values only rose, -1 where they only fell, 0 where both or neither.
    """

    inputs: "Matrix"
    moved: dict[str, int]


def drawn(seed: int, name: str, rows: int) -> Column:
    """One number from 0 to 1 for each application, the same in every process.

    A shock strikes the applications whose number lies below its share, so that all shocks of
    one scenario strike the same people.
    """
    return np.random.default_rng([seed, crc32(name.encode())]).random(rows)


def apply_scenario(
    spec: "ModelSpec",
    contract: "FeatureContract",
    inputs: "Matrix",
    scenario: "Scenario",
    *,
    multiple: float = 1.0,
    only: Sequence[str] | None = None,
) -> Shocked:
    """Let a scenario happen to encoded applications.

    Args:
        spec: What values are possible, and the seed.
        contract: The columns of ``inputs``.
        inputs: One row an application; it is left as it is.
        scenario: What happens.
        multiple: How often each shock is dealt: twice x 0.7 is x 0.49.
        only: Features that are shocked; all of the scenario's where not given.
    """
    luck = drawn(spec.training.seed, scenario.name, len(inputs))
    features = {feature.name: feature for feature in spec.features}
    after, moved = inputs.copy(), {}
    for shock in scenario.shocks:
        if only is not None and shock.feature not in only:
            continue
        place = contract.names.index(shock.feature)
        before = after[:, place].astype(np.float64)
        struck = luck < (1.0 if shock.share is None else shock.share)
        feature = features[shock.feature]
        values = np.where(struck, _dealt(shock, before, multiple), before)
        after[:, place] = kept_possible(feature, before, values)
        moved[shock.feature] = _way(inputs[:, place], after[:, place])
    return Shocked(after, moved)


def kept_possible(feature: "Feature", before: Column, after: Column) -> Column:
    """Changed values as the spec allows them; codes and missing values unchanged.

    What was already outside minimum or maximum is not pulled inside.
    """
    if feature.type == "integer":
        after = np.rint(after)
    low = -np.inf if feature.minimum is None else feature.minimum
    high = np.inf if feature.maximum is None else feature.maximum
    inside = np.clip(after, np.minimum(low, before), np.maximum(high, before))
    untouched = np.isnan(before) | np.isin(before, codes_of(feature))
    return np.where(untouched | (after == before), before, inside)


def codes_of(feature: "Feature") -> list[float]:
    """Documented codes that are numbers."""
    found = []
    for code in feature.codes:
        try:
            found.append(float(code))
        except ValueError:
            continue
    return found


def _dealt(shock: "Shock", values: Column, multiple: float) -> Column:
    factor = shock.multiply**multiple if shock.multiply > 0 else 1 + multiple * (shock.multiply - 1)
    largest = float(np.finfo(np.float32).max)
    return np.clip(
        np.clip(values, -largest, largest) * factor + multiple * shock.add, -largest, largest
    )


def _way(before: NDArray[np.float32], after: NDArray[np.float32]) -> int:
    rose, fell = bool((after > before).any()), bool((after < before).any())
    return int(rose) - int(fell)
