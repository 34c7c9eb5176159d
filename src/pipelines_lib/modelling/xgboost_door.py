"""The only module that knows XGBoost.

Inputs are float32 matrices by our own feature contract: categories are positions of
levels, never pandas categoricals, so a model read back in another process cannot meet a
different encoding. Models are stored as UBJSON, which holds numbers and no code.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.errors import EvidenceError, SpecError
from pipelines_lib.modelling.features import FeatureContract, Matrix
from pipelines_lib.spec.model_spec import Training

Floats = NDArray[np.float64]
Value = bool | int | float | str

MODEL_FILE: Final = "model.ubj"
_DIRECTION: Final = {"increasing": "1", "decreasing": "-1", "none": "0"}


@dataclass(frozen=True)
class _Range:
    """What a parameter may be: numbers between two ends (both included), or words."""

    low: float = 0.0
    high: float = float("inf")
    whole: bool = False
    words: tuple[str, ...] = ()

    def holds(self, value: Value) -> bool:
        if self.words:
            return value in self.words
        if isinstance(value, bool | str) or (self.whole and value != int(value)):
            return False
        return self.low <= value <= self.high

    def __str__(self) -> str:
        if self.words:
            return f"one of {', '.join(self.words)}"
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}"


_TINY = 1e-9  # stands for "above zero"
PARAMETERS: Final[Mapping[str, _Range]] = {
    "learning_rate": _Range(_TINY, 1),
    "max_depth": _Range(0, 32, whole=True),
    "max_leaves": _Range(0, 65_536, whole=True),
    "grow_policy": _Range(words=("depthwise", "lossguide")),
    "max_bin": _Range(2, 65_536, whole=True),
    "min_child_weight": _Range(0),
    "gamma": _Range(0),
    "max_delta_step": _Range(0),
    "subsample": _Range(_TINY, 1),
    "colsample_bytree": _Range(_TINY, 1),
    "colsample_bylevel": _Range(_TINY, 1),
    "colsample_bynode": _Range(_TINY, 1),
    "reg_lambda": _Range(0),
    "reg_alpha": _Range(0),
    "scale_pos_weight": _Range(_TINY),
    "max_cat_to_onehot": _Range(1, 65_536, whole=True),
    "max_cat_threshold": _Range(1, 65_536, whole=True),
}
"""The parameters a spec may set. XGBoost itself only warns of a misspelt one."""

_ELSEWHERE: Final = {
    "eta": "write learning_rate",
    "lambda": "write reg_lambda",
    "alpha": "write reg_alpha",
    "min_split_loss": "write gamma",
    "n_estimators": "set training.rounds",
    "num_boost_round": "set training.rounds",
    "early_stopping_rounds": "set training.early_stopping_rounds",
    "seed": "set training.seed",
    "random_state": "set training.seed",
    "nthread": "threads come from the settings of the installation",
    "n_jobs": "threads come from the settings of the installation",
    "monotone_constraints": "set monotone on each feature",
    "objective": "it is always binary:logistic",
    "tree_method": "it is always hist",
}


def check_parameters(
    parameters: Mapping[str, Value], *, where: str = "training.parameters"
) -> None:
    """Refuse what XGBoost would ignore or misread; ``where`` is the section that says it.

    Raises:
        SpecError: A parameter is unknown, belongs elsewhere, or is out of its range.
    """
    for name, value in parameters.items():
        if name not in PARAMETERS:
            raise SpecError(f"{where}: {name!r} cannot be set.", fix=_advice(name))
        if not PARAMETERS[name].holds(value):
            raise SpecError(
                f"{where}: {name} is {value!r}.",
                fix=f"Give {name} {PARAMETERS[name]}.",
            )


def fit(
    X: Matrix,  # noqa: N803
    y: NDArray[np.float32],
    X_cal: Matrix,  # noqa: N803
    y_cal: NDArray[np.float32],
    *,
    contract: FeatureContract,
    training: Training,
    threads: int,
    weights: NDArray[np.float64] | None = None,
) -> "XGBoostModel":
    """Boost trees on the train window; stop early where the calibration window stops gaining."""
    xgb = _xgboost()

    check_parameters(training.parameters)
    max_bin = int(training.parameters.get("max_bin", 256))
    types = _types(contract)
    common: dict[str, Any] = {
        "feature_types": types,
        "enable_categorical": True,
        "max_bin": max_bin,
        "nthread": threads,
    }
    train = xgb.QuantileDMatrix(X, label=y, weight=weights, **common)
    stop, watched = [], []
    if training.early_stopping_rounds:
        held_out = xgb.QuantileDMatrix(X_cal, label=y_cal, ref=train, **common)
        watched = [(held_out, "calibration")]
        stop = [xgb.callback.EarlyStopping(rounds=training.early_stopping_rounds, save_best=True)]
    booster = xgb.train(
        _settings(contract, training, threads),
        train,
        num_boost_round=training.rounds,
        evals=watched,
        callbacks=stop,
        verbose_eval=False,
    )
    return XGBoostModel(booster, types, threads)


def load(folder: Path, *, threads: int = 0) -> "XGBoostModel":
    """Read a booster back from UBJSON."""
    xgb = _xgboost()

    booster = xgb.Booster()
    try:
        booster.load_model(folder / MODEL_FILE)
    except xgb.core.XGBoostError as exc:
        raise EvidenceError(
            f"{MODEL_FILE} cannot be read as an XGBoost model.",
            fix="Restore the package from a backup; its bytes are not those that were written.",
        ) from exc
    if threads:
        booster.set_param({"nthread": threads})
    return XGBoostModel(booster, tuple(booster.feature_types or ()), threads)


@dataclass(frozen=True)
class XGBoostModel:
    """Boosted trees; margins are those of ``binary:logistic``."""

    booster: Any
    types: tuple[str, ...]
    threads: int

    @property
    def rounds(self) -> int:
        """Rounds kept after early stopping."""
        return int(self.booster.num_boosted_rounds())

    def margin(self, X: Matrix) -> Floats:  # noqa: N803
        """The log-odds of each row."""
        if not len(X):
            return np.empty(0)
        margins = self.booster.inplace_predict(np.ascontiguousarray(X), predict_type="margin")
        return np.asarray(margins, dtype=np.float64)

    def contributions(self, X: Matrix) -> tuple[Floats, float]:  # noqa: N803
        """Exact TreeSHAP values of each feature, and the expected margin."""
        xgb = _xgboost()

        inputs = xgb.DMatrix(
            np.ascontiguousarray(X),
            feature_types=self.types,
            enable_categorical=True,
            nthread=self.threads or None,
        )
        values = np.asarray(self.booster.predict(inputs, pred_contribs=True), dtype=np.float64)
        return values[:, :-1], float(values[0, -1]) if len(values) else 0.0

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write UBJSON."""
        (folder / MODEL_FILE).write_bytes(bytes(self.booster.save_raw("ubj")))
        return (MODEL_FILE,)


def _xgboost() -> Any:  # noqa: ANN401  (XGBoost has no types)
    """Load XGBoost so that its threads sleep while they wait.

    By default they spin, and runs that share cores keep each other from working: training
    took ten times as long. It is read once, when the thread library loads; what the
    environment already says wins.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import xgboost

    return xgboost


def _settings(contract: FeatureContract, training: Training, threads: int) -> dict[str, Any]:
    directions = ",".join(_DIRECTION[feature.monotone] for feature in contract.features)
    return {
        **training.parameters,
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "device": "cpu",
        "monotone_constraints": f"({directions})",
        "seed": training.seed,
        "nthread": threads,
    }


def _types(contract: FeatureContract) -> tuple[str, ...]:
    return tuple("c" if feature.is_category else "q" for feature in contract.features)


def _advice(name: str) -> str:
    if name in _ELSEWHERE:
        return f"Remove {name}: {_ELSEWHERE[name]}."
    near = get_close_matches(name, PARAMETERS, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f"{hint}Known parameters are {', '.join(sorted(PARAMETERS))}."
