"""What every kind of model can do, and which kind the spec asks for."""

from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.errors import EvidenceError
from pipelines_lib.modelling.features import FeatureContract, Matrix
from pipelines_lib.spec.model_spec import Training

Floats = NDArray[np.float64]
Outcomes = NDArray[np.float32]

XGBOOST: Final = "xgboost"
SCORECARD: Final = "scorecard"
SKLEARN: Final = "sklearn"


class FittedModel(Protocol):
    """A model that has learned. Everything is in log-odds, before calibration."""

    def margin(self, X: Matrix) -> Floats:  # noqa: N803  (the field's name for inputs)
        """The log-odds of each row."""
        ...

    def contributions(self, X: Matrix) -> tuple[Floats, float]:  # noqa: N803
        """What each feature adds to each row's margin, and the bias: together, the margin."""
        ...

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write the model to files that hold no code; return their names."""
        ...


def kind_of(estimator: str) -> str:
    """``xgboost``, ``scorecard`` or ``sklearn`` (any dotted path)."""
    return estimator if estimator in (XGBOOST, SCORECARD) else SKLEARN


def check_training(training: Training) -> None:
    """Refuse a training section that names what its estimator does not know.

    Costs no import of a heavy library. Scikit-learn's classifiers are the exception: they
    judge their own parameters, when they are fitted.

    Raises:
        SpecError: A parameter is unknown, belongs elsewhere, or is out of its range.
    """
    space = training.search.space if training.search else {}
    if training.estimator == XGBOOST:
        from pipelines_lib.modelling import xgboost_door

        xgboost_door.check_parameters(training.parameters)
        for place in (0, 1):
            ends = {name: bounds[place] for name, bounds in space.items()}
            xgboost_door.check_parameters(ends, where="training.search.space")
    if training.estimator == SCORECARD:
        from pipelines_lib.modelling import scorecard

        scorecard.check_parameters({**training.parameters, **space})


def fit_model(
    X: Matrix,  # noqa: N803
    y: Outcomes,
    X_cal: Matrix,  # noqa: N803
    y_cal: Outcomes,
    *,
    contract: FeatureContract,
    training: Training,
    threads: int,
    weights: Floats | None = None,
) -> FittedModel:
    """Fit the estimator the spec names on the train window.

    The calibration window only tells XGBoost when to stop. Weights count for XGBoost alone:
    the others learn from rows that are all alike.
    """
    if training.estimator == XGBOOST:
        from pipelines_lib.modelling import xgboost_door

        return xgboost_door.fit(
            X,
            y,
            X_cal,
            y_cal,
            contract=contract,
            training=training,
            threads=threads,
            weights=weights,
        )
    if training.estimator == SCORECARD:
        from pipelines_lib.modelling import scorecard

        return scorecard.fit(X, y, contract)
    from pipelines_lib.modelling import sklearn_door

    return sklearn_door.fit_classifier(training.estimator, X, y, contract, training, threads)


def load_model(kind: str, folder: Path, *, threads: int = 0) -> FittedModel:
    """Read a saved model back; nothing that is read can run.

    Args:
        kind: As ``kind_of`` named it when the model was saved.
        folder: Where its files lie.
        threads: To predict with; 0 for as many as the machine has.
    """
    if kind == XGBOOST:
        from pipelines_lib.modelling import xgboost_door

        return xgboost_door.load(folder, threads=threads)
    if kind == SCORECARD:
        from pipelines_lib.modelling import scorecard

        return scorecard.load(folder)
    if kind == SKLEARN:
        from pipelines_lib.modelling import sklearn_door

        return sklearn_door.load(folder)
    raise EvidenceError(
        f"The package holds a model of the unknown kind {kind!r}.",
        fix="Open it with the version of this product that wrote it.",
    )


def rounds_of(model: FittedModel) -> int:
    """Boosting rounds kept after early stopping; 0 for models that have none."""
    return int(getattr(model, "rounds", 0))
