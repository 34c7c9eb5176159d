"""What would have come of it, had the candidate been trained otherwise?

A workshop holds the train and calibration windows once and fits variants on them: fewer rows,
other rows, fewer features, other weights, another seed. Variants are questions, never
candidates: none of them is packaged, registered or promoted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.data.snapshots import Snapshot
from pipelines_lib.modelling.calibration import Calibration, fit_calibration
from pipelines_lib.modelling.estimators import XGBOOST, FittedModel, fit_model
from pipelines_lib.modelling.features import FeatureContract, Matrix
from pipelines_lib.modelling.training import Lessons, Parameters, read_lessons
from pipelines_lib.modelling.windows import WindowPlan
from pipelines_lib.spec.model_spec import ModelSpec, Training

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Variant:
    """A model that was only fitted to answer a question.

    ``columns`` are the positions of its features in the full contract.
    """

    fitted: FittedModel
    calibration: Calibration
    contract: FeatureContract
    columns: Places

    def margin(self, inputs: Matrix) -> Floats:
        """Log-odds before calibration, for rows encoded by the full contract."""
        return self.fitted.margin(inputs[:, self.columns])

    def score(self, inputs: Matrix) -> Floats:
        """Calibrated probabilities, for rows encoded by the full contract."""
        return self.calibration.probability(self.margin(inputs))

    def contributions(self, inputs: Matrix) -> Floats:
        """What each of its features adds to each row's margin (columns as in ``columns``)."""
        return self.fitted.contributions(inputs[:, self.columns])[0]


@dataclass(frozen=True, eq=False)
class Workshop:
    """The lessons of one candidate, ready for other ways to learn from them.

    Attributes:
        training: As the candidate was trained: parameters found, rounds kept, no early stop.
        lessons: Train and calibration windows, encoded by the full contract.
        threads: To fit with.
    """

    training: Training
    lessons: Lessons
    threads: int

    @property
    def names(self) -> tuple[str, ...]:
        """Features of the full contract."""
        return self.lessons.contract.names

    def fit(
        self,
        *,
        rows: Places | None = None,
        features: Sequence[str] | None = None,
        weights: Floats | None = None,
        parameters: Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> Variant:
        """Fit and calibrate one variant.

        Args:
            rows: Positions in the train window; all of them where not given.
            features: Names to keep; all of them where not given.
            weights: One for each chosen row, above 0; equal where not given.
            parameters: Laid over the candidate's own.
            seed: Instead of the candidate's own.
        """
        lessons = self.lessons
        kept = set(features or self.names)
        columns = np.flatnonzero([name in kept for name in self.names])
        contract = FeatureContract(tuple(lessons.contract.features[i] for i in columns))
        chosen = np.arange(len(lessons.train.y)) if rows is None else rows
        training = self._training(parameters, seed)
        if weights is not None and training.estimator != XGBOOST:
            chosen, weights = _drawn(chosen, weights, training.seed), None
        held_out = lessons.calibration.X[:, columns]
        fitted = fit_model(
            lessons.train.X[chosen][:, columns],
            lessons.train.y[chosen],
            held_out,
            lessons.calibration.y,
            contract=contract,
            training=training,
            threads=self.threads,
            weights=weights,
        )
        calibration = fit_calibration(
            self.training.calibration, fitted.margin(held_out), lessons.calibration.y
        )
        return Variant(fitted, calibration, contract, columns)

    def _training(self, parameters: Mapping[str, Any] | None, seed: int | None) -> Training:
        overlaid = {**self.training.parameters, **(parameters or {})}
        chosen = self.training.seed if seed is None else seed
        return self.training.model_copy(update={"parameters": overlaid, "seed": chosen})


def _drawn(rows: Places, weights: Floats, seed: int) -> Places:
    """Draw rows by their weight: what stands in for weights where an estimator takes none."""
    chances = weights / weights.sum()
    drawn = np.random.default_rng(seed).choice(rows, len(rows), p=chances)
    return np.asarray(np.sort(drawn), dtype=np.intp)


def open_workshop(
    spec: ModelSpec,
    snapshot: Snapshot,
    plan: WindowPlan,
    *,
    home: Path,
    threads: int,
    rounds: int,
    parameters: Parameters,
) -> Workshop:
    """Read the windows a candidate learned from, to fit variants of it.

    Args:
        spec: What the bank decided.
        snapshot: Clean applications.
        plan: Which of them belong to which window.
        home: Where the snapshot lies.
        threads: To fit with.
        rounds: What the candidate kept; a variant stops there and not early.
        parameters: As the candidate used them.
    """
    as_trained = {
        "parameters": dict(parameters),
        "rounds": rounds or spec.training.rounds,
        "early_stopping_rounds": None,
        "search": None,
    }
    return Workshop(
        training=spec.training.model_copy(update=as_trained),
        lessons=read_lessons(spec, snapshot, plan, home),
        threads=threads,
    )
