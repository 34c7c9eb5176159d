"""From a snapshot and its windows to two packages: the candidate and its plain baseline."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.errors import DataContractError
from pipelines_lib.modelling.calibration import Calibration, fit_calibration
from pipelines_lib.modelling.cutoff import choose_cutoff
from pipelines_lib.modelling.estimators import (
    SCORECARD,
    SKLEARN,
    XGBOOST,
    FittedModel,
    check_training,
    fit_model,
    kind_of,
    rounds_of,
)
from pipelines_lib.modelling.features import (
    FeatureContract,
    Matrix,
    answer_variation,
    matrix,
    varying,
)
from pipelines_lib.modelling.logistic import log_loss
from pipelines_lib.modelling.package import ModelPackage, PackageRef, Provenance, write_package
from pipelines_lib.modelling.reference import feature_bins, number_bins
from pipelines_lib.modelling.rows import WindowRows, chosen_batches, read_window
from pipelines_lib.modelling.windows import PLACES, WindowPlan, timeline, window_of
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.model_spec import ModelSpec, Training
from pipelines_lib.spec.rulebook import RuleBook

logger = logging.getLogger(__name__)

Progress = Callable[[str], None]
Parameters = tuple[tuple[str, bool | int | float | str], ...]

BASELINE_ROWS: Final = 100_000
"""Rows the baseline learns from at most: its hundred or so numbers are settled long before."""
TYPICAL_DRAWN: Final = 10_000
TYPICAL_ROWS: Final = 1_000
"""Approved rows, of those drawn, whose contributions are averaged: TreeSHAP is dear a row."""
_LIBRARIES: Final = {XGBOOST: ("numpy", "xgboost"), SKLEARN: ("numpy", "scikit-learn", "skops")}


@dataclass(frozen=True)
class Candidate:
    """What training made, by reference, and the few figures of it that are told at once.

    Attributes:
        package: The candidate.
        baseline: The scorecard made from the same windows.
        cutoff: The candidate's cut-off.
        rounds: Boosting rounds kept; 0 where the estimator has none.
        parameters: As used: the spec's, overlaid by what the search found.
        seconds_training: The candidate's own fit, any search included.
    """

    package: PackageRef
    baseline: PackageRef
    cutoff: float
    rounds: int
    parameters: Parameters
    seconds_training: float


@dataclass(frozen=True)
class Lessons:
    """The rows to learn from, those to calibrate on, and what they mean."""

    contract: FeatureContract
    train: WindowRows
    calibration: WindowRows


def train_candidate(
    spec: ModelSpec,
    snapshot: Snapshot,
    plan: WindowPlan,
    *,
    home: Path,
    threads: int,
    progress: Progress | None = None,
) -> Candidate:
    """Train the candidate and the baseline on the same windows, and put both at rest.

    Args:
        spec: What the bank decided.
        snapshot: Clean applications.
        plan: Which of them belong to which window.
        home: Where snapshots lie and packages go.
        threads: For the fit; part of what makes two runs give the same bytes.
        progress: Told in a few words what happens next.

    Raises:
        SpecError: The estimator or one of its parameters is not known.
        DataContractError: A window holds one class only, or a column is missing.
    """
    tell = progress or logger.info
    check_training(spec.training)
    tell("reading the train and calibration windows")
    lessons = read_lessons(spec, snapshot, plan, home)
    tell(f"fitting {spec.training.estimator} on {len(lessons.train.y)} rows")
    started = time.perf_counter()
    training = _searched(spec.training, lessons, threads)
    fitted = _fit(training, lessons, threads)
    seconds = time.perf_counter() - started
    bins = feature_bins(lessons.contract, lessons.train.X, lessons.train.missing)
    make = _Maker(spec, snapshot, lessons, threads, bins, home)
    candidate, cutoff = make.package(fitted, training)
    tell("fitting the baseline scorecard")
    plain = training.model_copy(update={"estimator": SCORECARD, "parameters": {}})
    baseline, _ = make.package(_fit(plain, _fewer(lessons, training.seed), threads), plain)
    return Candidate(
        package=candidate,
        baseline=baseline,
        cutoff=cutoff,
        rounds=rounds_of(fitted),
        parameters=tuple(sorted(training.parameters.items())),
        seconds_training=seconds,
    )


@dataclass(frozen=True)
class _Maker:
    """Turns fitted models into packages; what both packages share is made once."""

    spec: ModelSpec
    snapshot: Snapshot
    lessons: Lessons
    threads: int
    bins: Mapping[str, Any]
    home: Path

    def package(self, fitted: FittedModel, training: Training) -> tuple[PackageRef, float]:
        """Calibrate, set the cut-off, freeze the score's bins, and put everything at rest."""
        held_out = self.lessons.calibration
        margin = fitted.margin(held_out.X)
        calibration = fit_calibration(training.calibration, margin, held_out.y)
        scores = calibration.probability(margin)
        cutoff = choose_cutoff(self.spec.decision, scores)
        package = ModelPackage(
            model=self.spec.model,
            estimator=training.estimator,
            kind=kind_of(training.estimator),
            contract=self.lessons.contract,
            calibration=calibration,
            cutoff=cutoff,
            # Scores of rows a model was trained on are too sure of themselves: they would
            # make every later month look like drift. The calibration window is the nearest
            # to training that the model has not learned from.
            reference={"features": self.bins, "score": number_bins(scores)},
            typical=_typical(fitted, self.lessons.train, training.seed, calibration, cutoff),
            provenance=self._provenance(fitted, training),
            fitted=fitted,
        )
        return write_package(self.home, package), cutoff

    def _provenance(self, fitted: FittedModel, training: Training) -> Provenance:
        names = _LIBRARIES.get(kind_of(training.estimator), ("numpy",))
        return Provenance(
            spec_sha256=self.spec.sha256,
            snapshot_sha256=self.snapshot.sha256,
            seed=training.seed,
            threads=self.threads,
            rounds=rounds_of(fitted),
            parameters=tuple(sorted(training.parameters.items())),
            libraries=tuple((name, version(name)) for name in names),
        )


def check_inputs(
    spec: ModelSpec, snapshot: Snapshot, plan: WindowPlan, *, home: Path, rules: RuleBook
) -> tuple[CheckResult, ...]:
    """Does each feature vary in the train window? (DATA-013).

    Reads no further than to the row where the last of them has been seen to.
    """
    contract = FeatureContract.from_spec(spec)
    _, places = _places(spec, snapshot, plan, home)
    train = places == PLACES.index("train")
    varies = np.zeros(len(contract.features), dtype=np.bool_)
    first: Matrix | None = None
    for batch in chosen_batches(home, snapshot, contract.names, train):
        encoded = matrix(contract, batch)
        first = encoded[:1] if first is None else first
        varies |= varying(np.concatenate([first, encoded]))
        if varies.all():
            break
    return answer_variation(varies, contract, rules, n=int(train.sum()))


def read_lessons(spec: ModelSpec, snapshot: Snapshot, plan: WindowPlan, home: Path) -> Lessons:
    """Read and encode the two windows a model learns from.

    Raises:
        DataContractError: A window holds one class only, or a column is missing.
    """
    contract = FeatureContract.from_spec(spec)
    label, places = _places(spec, snapshot, plan, home)
    chosen = [places == PLACES.index(name) for name in ("train", "calibration")]
    train, calibration = (read_window(home, snapshot, contract, mask, label) for mask in chosen)
    for name, window in (("train", train), ("calibration", calibration)):
        _refuse_one_class(name, window.y)
    return Lessons(contract, train, calibration)


def _places(
    spec: ModelSpec, snapshot: Snapshot, plan: WindowPlan, home: Path
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """The outcome of each row of the snapshot, and the window it belongs to."""
    calendar = read_snapshot(home, snapshot, ["business_date", "observed_on", "label"])
    rows = timeline(spec, calendar, snapshot.as_of)
    return rows.label, window_of(plan, rows.business_date, rows.matured)


def _refuse_one_class(name: str, y: NDArray[np.float32]) -> None:
    positives = int(y.sum())
    if 0 < positives < len(y):
        return
    raise DataContractError(
        f"The {name} window holds {positives} positive outcomes among {len(y)}.",
        fix="A model needs both outcomes in it; check the label's codes, or widen the window.",
    )


def _fit(training: Training, lessons: Lessons, threads: int) -> FittedModel:
    return fit_model(
        lessons.train.X,
        lessons.train.y,
        lessons.calibration.X,
        lessons.calibration.y,
        contract=lessons.contract,
        training=training,
        threads=threads,
    )


def _searched(training: Training, lessons: Lessons, threads: int) -> Training:
    """Overlay the spec's parameters by the best of a bounded search, if it asks for one."""
    if training.search is None:
        return training
    from pipelines_lib.modelling.search import search

    def likelihood(parameters: Mapping[str, Any]) -> float:
        fitted = _fit(_overlaid(training, parameters), lessons, threads)
        return -log_loss(fitted.margin(lessons.calibration.X), lessons.calibration.y)

    found = search(training.search, likelihood, seed=training.seed)
    return _overlaid(training, dict(found.parameters))


def _overlaid(training: Training, parameters: Mapping[str, Any]) -> Training:
    return training.model_copy(update={"parameters": {**training.parameters, **parameters}})


def _fewer(lessons: Lessons, seed: int) -> Lessons:
    """Draw the baseline's rows, seeded; all of them where there are few."""
    rows = _draw(len(lessons.train.y), BASELINE_ROWS, seed)
    train = WindowRows(lessons.train.X[rows], lessons.train.y[rows], lessons.train.missing)
    return Lessons(lessons.contract, train, lessons.calibration)


def _typical(
    fitted: FittedModel, train: WindowRows, seed: int, calibration: Calibration, cutoff: float
) -> tuple[float, ...]:
    """Mean contribution of each feature among approved train rows, drawn with the seed.

    A declined applicant lies above their mean margin, so at least one feature lies above its
    mean: nobody is declined without a reason. Where a draw holds no approved row, all count.
    """
    rows = train.X[_draw(len(train.y), TYPICAL_DRAWN, seed)]
    approved = rows[calibration.probability(fitted.margin(rows)) < cutoff]
    values, _ = fitted.contributions((approved if len(approved) else rows)[:TYPICAL_ROWS])
    return tuple(float(value) for value in values.mean(axis=0))


def _draw(rows: int, wanted: int, seed: int) -> NDArray[np.int64]:
    if rows <= wanted:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, wanted, replace=False))
