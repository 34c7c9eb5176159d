"""Any scikit-learn classifier as an estimator of ours.

The only module that knows scikit-learn. Estimators see prepared columns: numbers centred
and scaled by the train window, categories one column a level, missing numbers replaced by
the median unless the estimator takes them as they are.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.errors import DataContractError, EvidenceError, SpecError, bounded
from pipelines_lib.modelling.preparation import Preparation, fit_preparation
from pipelines_lib.modelling.skops_door import load_estimator, save_estimator
from pipelines_lib.storage import write_atomically

if TYPE_CHECKING:
    from pipelines_lib.modelling.features import FeatureContract
    from pipelines_lib.spec.model_spec import Training

logger = logging.getLogger(__name__)

Matrix = NDArray[np.float32]
Vector = NDArray[np.float64]
Outcomes = NDArray[np.number[Any]]

MODEL_FILE: Final = "model.skops"
PREPARATION_FILE: Final = "preparation.json"
CONTRIBUTION_METHOD: Final = "single_feature_replacement"
"""Each feature alone is set to its usual value of the train window (median, or most
frequent level); the change of the margin is its contribution. What the features do
together is shared out in proportion, so that contributions add up to margin minus bias."""

_ROOT = "sklearn."
_OURS = {"random_state": "training.seed", "n_jobs": "PIPELINES_THREADS"}
_CERTAIN = 1e-6  # nearest a stated probability may come to 0 or 1: a log-odds of 13.8
_ROWS_AT_ONCE = 20_000
_OPTIMIZER = "_optimizer"  # what a neural network needs only to go on fitting, and skops refuses


@dataclass(frozen=True)
class SklearnModel:
    """A fitted scikit-learn classifier behind our contract of features."""

    estimator: Any
    preparation: Preparation
    contribution_method: str = CONTRIBUTION_METHOD

    def margin(self, X: Matrix) -> Vector:  # noqa: N803  (the field's name for inputs)
        """Log-odds of the positive class before calibration.

        An estimator without probabilities gives its decision function instead, which
        calibration turns into log-odds.
        """
        parts = [X[at : at + _ROWS_AT_ONCE] for at in range(0, len(X), _ROWS_AT_ONCE)]
        return np.concatenate([self._margin(part) for part in parts]) if parts else np.zeros(0)

    def contributions(self, X: Matrix) -> tuple[Vector, float]:  # noqa: N803
        """Share of each feature in the margin of each row (log-odds), and the bias.

        The bias is the margin of a row that is usual in every feature.
        """
        usual = self.preparation.usual
        bias = float(self.margin(usual[None, :])[0])
        whole = self.margin(X)
        alone = np.empty(X.shape, dtype=np.float64)
        for column in range(X.shape[1]):
            replaced = X.copy()
            replaced[:, column] = usual[column]
            alone[:, column] = whole - self.margin(replaced)
        return _adding_up(alone, whole - bias), bias

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write the model's files; no pickle among them."""
        save_estimator(self.estimator, folder / MODEL_FILE)
        write_atomically(folder / PREPARATION_FILE, canonical_bytes(self.preparation.to_plain()))
        return MODEL_FILE, PREPARATION_FILE

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the model's files back, running no code from them."""
        try:
            plain = parse((folder / PREPARATION_FILE).read_bytes())
            preparation = Preparation.from_plain(plain)
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise EvidenceError(
                f"The model file {PREPARATION_FILE} is missing or damaged.",
                fix="Restore the package from the artifact store, or retrain the same night.",
            ) from exc
        estimator = load_estimator(folder / MODEL_FILE, columns=preparation.columns)
        return cls(estimator, preparation)

    def _margin(self, x: Matrix) -> Vector:
        prepared = self.preparation.apply(x)
        if hasattr(self.estimator, "predict_proba"):
            positive = np.asarray(self.estimator.predict_proba(prepared)[:, 1], dtype=np.float64)
            positive = np.clip(positive, _CERTAIN, 1 - _CERTAIN)
            return np.asarray(np.log(positive) - np.log1p(-positive))
        return np.asarray(self.estimator.decision_function(prepared), dtype=np.float64)


def fit_classifier(  # noqa: PLR0917  (called from one place, in this order)
    dotted_path: str,
    X: Matrix,  # noqa: N803  (the field's name for inputs)
    y: Outcomes,
    contract: "FeatureContract",
    training: "Training",
    threads: int,
) -> SklearnModel:
    """Fit any scikit-learn classifier that can tell how sure it is.

    Raises:
        SpecError: The path names no such classifier, a parameter is unknown or refused, or
            the fitted estimator has no form that is safe to read back.
    """
    kind = _classifier(dotted_path)
    estimator = _built(kind, dotted_path, training)
    _refuse_one_class(y)
    directions = _constrain(estimator, contract)
    preparation = fit_preparation(X, contract, keep_missing=_takes_missing(estimator, directions))
    if directions:
        estimator.set_params(monotonic_cst=preparation.spread(directions))
    with _quietly(dotted_path), _threads(threads):
        _fit(estimator, preparation.apply(X), np.asarray(y, dtype=np.int64), dotted_path)
    vars(estimator).pop(_OPTIMIZER, None)
    return SklearnModel(estimator, preparation)


def load(folder: Path) -> SklearnModel:
    """Read a saved classifier back, running no code from its files."""
    return SklearnModel.load(folder)


def _classifier(dotted_path: str) -> type[Any]:
    """Find the class; only scikit-learn's own modules are ever imported."""
    from sklearn.base import ClassifierMixin

    module, _, name = dotted_path.rpartition(".")
    found = None
    if module.startswith(_ROOT):
        try:
            found = getattr(import_module(module), name, None)
        except ImportError:
            found = None
    if isinstance(found, type) and issubclass(found, ClassifierMixin):
        return found
    raise SpecError(
        f"training.estimator {dotted_path!r} is not a scikit-learn classifier.",
        fix=f"{_nearest(dotted_path)} xgboost and scorecard are built in.",
    )


def _nearest(dotted_path: str) -> str:
    from sklearn.utils import all_estimators

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing every module meets some that are deprecated
        known = dict(all_estimators(type_filter="classifier"))
    near = get_close_matches(dotted_path.rpartition(".")[2], known, n=1, cutoff=0.5)
    if not near:
        return "Give a dotted path such as sklearn.linear_model.LogisticRegression."
    module = known[near[0]].__module__.split("._")[0]
    return f"Did you mean {module}.{near[0]}?"


def _built(kind: type[Any], path: str, training: "Training") -> Any:  # noqa: ANN401
    given = dict(training.parameters)
    if taken := [name for name in _OURS if name in given]:
        raise SpecError(
            f"training.parameters sets {bounded(taken)}, which other settings decide.",
            fix=" ".join(f"Set {_OURS[name]} instead of {name}." for name in taken),
        )
    try:
        estimator = kind()
    except TypeError as exc:
        raise SpecError(
            f"{path} needs another estimator to be built; YAML parameters cannot give it one.",
            fix="Choose a classifier whose parameters are numbers, texts and true or false.",
        ) from exc
    known = estimator.get_params(deep=False)
    _refuse_unknown(path, given, known)
    seed = {"random_state": training.seed} if "random_state" in known else {}
    estimator.set_params(**given, **seed)
    if not (hasattr(estimator, "predict_proba") or hasattr(estimator, "decision_function")):
        raise SpecError(
            f"{path} with these parameters says yes or no, not how sure it is.",
            fix="Choose a classifier with predict_proba or decision_function.",
        )
    return estimator


def _refuse_unknown(path: str, given: dict[str, Any], known: dict[str, Any]) -> None:
    hints = []
    for name in sorted(set(given) - set(known)):
        near = get_close_matches(name, known, n=1)
        hints.append(f"{name} (did you mean {near[0]}?)" if near else name)
    if hints:
        raise SpecError(
            f"{path} has no parameter {bounded(hints)}.",
            fix=f"Its parameters are {bounded(sorted(known), shown=40)}.",
        )


def _refuse_one_class(y: Outcomes) -> None:
    if len(np.unique(y)) != 2:  # noqa: PLR2004  (positive and negative)
        raise DataContractError(
            "The train window does not hold both outcomes.",
            fix="Wait until both outcomes have matured, or widen the train window.",
        )


def _constrain(estimator: Any, contract: "FeatureContract") -> tuple[int, ...]:  # noqa: ANN401
    """Direction of each feature where the spec gives any and the estimator can keep to it."""
    sign = {"increasing": 1, "decreasing": -1, "none": 0}
    directions = tuple(sign[feature.monotone] for feature in contract.features)
    can = "monotonic_cst" in estimator.get_params(deep=False)
    return directions if can and any(directions) else ()


def _takes_missing(estimator: Any, directions: tuple[int, ...]) -> bool:  # noqa: ANN401
    """Forests take missing values or directions, not both; histogram boosting takes both."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.utils import get_tags

    both = isinstance(estimator, HistGradientBoostingClassifier)
    return bool(get_tags(estimator).input_tags.allow_nan) and (both or not directions)


def _fit(estimator: Any, x: Matrix, y: NDArray[np.int64], path: str) -> None:  # noqa: ANN401
    try:
        estimator.fit(x, y)
    except (ValueError, TypeError) as exc:  # scikit-learn judges parameters when it fits
        raise SpecError(
            f"{path} refused its parameters or these columns: {str(exc).splitlines()[0][:200]}",
            fix="Correct training.parameters; see the class's page in scikit-learn's manual.",
        ) from exc


def _adding_up(alone: Vector, total: Vector) -> Vector:
    """Share out what single features leave over, in proportion to their size."""
    size = np.abs(alone)
    all_of_it = size.sum(axis=1, keepdims=True)
    even = np.full_like(size, 1 / alone.shape[1])
    share = np.divide(size, all_of_it, out=even, where=all_of_it > 0)
    return np.asarray(alone + share * (total - alone.sum(axis=1))[:, None])


@contextmanager
def _quietly(what: str) -> Iterator[None]:
    """Log what scikit-learn warns of, once each; a fit that ends with a warning is a fit."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for kind in sorted({warning.category.__name__ for warning in caught}):
        logger.warning("%s: scikit-learn warned while fitting: %s", what, kind)


@contextmanager
def _threads(threads: int) -> Iterator[None]:
    """Hold linear algebra and OpenMP to so many threads, and fan out within this process.

    Both libraries come with scikit-learn, which does its own work through them. ``n_jobs``
    stays unset: estimators take it from here, and predict with one thread afterwards, because
    several add up the votes of a forest in the order in which they finish.
    """
    from joblib import parallel_config  # type: ignore[import-untyped]
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(threads), parallel_config(backend="threading", n_jobs=threads):
        yield
