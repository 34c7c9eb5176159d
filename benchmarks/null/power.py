"""How large must an effect be to be caught in four runs of five?

One thing at a time is made wrong, a little more or a little less, until the check that should
notice fails in at least 80 % of the runs.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.null.world import (
    CUTOFF,
    NAMES,
    NOTHING,
    Bench,
    Effects,
    Floats,
    make_spec,
    night,
    people,
    seeing,
    spoilt,
)
from pipelines_lib.assurance.comparison import paired
from pipelines_lib.assurance.drift import frozen_bins
from pipelines_lib.assurance.fairness import parity
from pipelines_lib.assurance.leakage import features
from pipelines_lib.assurance.performance import recalibration, unseen, weak_segments
from pipelines_lib.assurance.questions import Question
from pipelines_lib.assurance.ranking import Ranking, auc
from pipelines_lib.modelling.features import FeatureContract, Matrix, matrix
from pipelines_lib.modelling.logistic import sigmoid
from pipelines_lib.results import Outcome

WANTED: Final = 0.8
LARGE: Final = 200_000
HALVINGS: Final = 5
_INCOME, _HOME, _TENURE = (NAMES.index(name) for name in ("income", "home", "tenure"))


@dataclass(frozen=True)
class Trial:
    """One effect and the check that should notice it.

    Attributes:
        name: The effect, as the table names it.
        effect: Which of the effects is turned up.
        most: The strongest that is tried.
        code: The check.
        subject: What it must fail about; None for anything.
        ask: The question that makes it.
        size: What the strength means, as a person reads it.
    """

    name: str
    effect: str
    most: float
    code: str
    subject: str | None
    ask: Question
    size: Callable[["Effects"], str]


@dataclass(frozen=True)
class Caught:
    """The smallest effect caught, as a person reads it; None where even the strongest is not."""

    trial: str
    code: str
    out_of_time: int
    size: str | None


def smallest(name: str, out_of_time: int, runs: int) -> Caught:
    """Halve the range until the smallest effect that is caught is known well enough."""
    (trial,) = (each for each in TRIALS if each.name == name)
    with tempfile.TemporaryDirectory(prefix="power-") as folder:
        bench = Bench.at(Path(folder))
        if not _is_caught(bench, trial, trial.most, out_of_time, runs):
            return Caught(trial.name, trial.code, out_of_time, None)
        low, high = 0.0, trial.most
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            if _is_caught(bench, trial, middle, out_of_time, runs):
                high = middle
            else:
                low = middle
    return Caught(trial.name, trial.code, out_of_time, trial.size(_of(trial, high)))


def _of(trial: Trial, strength: float) -> Effects:
    return replace(NOTHING, **{trial.effect: strength})


def _is_caught(bench: Bench, trial: Trial, strength: float, out_of_time: int, runs: int) -> bool:
    """Whether enough of the runs fail; no more are made than it takes to know."""
    needed = int(np.ceil(WANTED * runs))
    caught = missed = 0
    for seed in range(runs):
        made = night(bench, out_of_time, seed, _of(trial, strength), evidence={"figures": {}})
        failed = any(
            check.outcome is Outcome.FAILED
            and check.code == trial.code
            and trial.subject in (None, check.subject)
            for check in trial.ask(made).checks
        )
        caught, missed = caught + failed, missed + (not failed)
        for snapshot in bench.home.rglob("*.parquet"):
            snapshot.unlink()
        if caught >= needed or missed > runs - needed:
            break
    return caught >= needed


@dataclass(frozen=True, eq=False)
class _Crowd:
    """So many people that what is measured on them is true."""

    inputs: Matrix
    margin: Floats
    bad: NDArray[np.bool_]
    sex: NDArray[np.intp]


@cache
def _crowd(effects: Effects) -> _Crowd:
    rng = np.random.default_rng(7)
    crowd = people(rng, LARGE, effects, np.ones(LARGE, dtype=np.bool_))
    contract = FeatureContract.from_spec(make_spec(1))
    inputs = matrix(contract, crowd.table)
    margin = spoilt(rng, seeing("heads").margin(inputs), crowd, effects)
    return _Crowd(inputs, margin, crowd.bad, crowd.sex)


def impact_ratio(effects: Effects) -> str:
    """The adverse impact ratio of women."""
    crowd = _crowd(effects)
    approved = sigmoid(crowd.margin) < CUTOFF
    women, men = approved[crowd.sex == 1].mean(), approved[crowd.sex == 0].mean()
    return f"ratio {women / men:.2f}"


def stability(effects: Effects) -> str:
    """The stability index of income against its own deciles."""
    then, now = _crowd(NOTHING).inputs[:, _INCOME], _crowd(effects).inputs[:, _INCOME]
    edges = np.quantile(then, np.arange(1, 10) / 10)
    share = np.bincount(np.searchsorted(edges, now), minlength=10) / LARGE
    return f"PSI {np.sum((share - 0.1) * np.log(share / 0.1)):.2f}"


def auc_lost(effects: Effects) -> str:
    """How much AUC the candidate loses."""
    return f"AUC -{_area(NOTHING) - _area(effects):.3f}"


def _area(effects: Effects, *, rents: bool = False) -> float:
    crowd = _crowd(effects)
    among = (crowd.inputs[:, _HOME] == 1) | (not rents)
    return auc(Ranking.of(crowd.bad[among].astype(np.int8), crowd.margin[among])) or 0.0


def auc_lost_among_renters(effects: Effects) -> str:
    """How much AUC the candidate loses among those who rent, 40 in 100."""
    return f"AUC -{_area(NOTHING, rents=True) - _area(effects, rents=True):.3f}"


def observed_to_predicted(effects: Effects) -> str:
    """Outcomes observed over outcomes predicted."""
    crowd = _crowd(effects)
    return f"observed/predicted {crowd.bad.mean() / sigmoid(crowd.margin).mean():.2f}"


def slope(effects: Effects) -> str:
    """The calibration slope."""
    return f"slope {1 / (1 + effects.too_sure):.2f}"


def leak(effects: Effects) -> str:
    """The AUC with which the leaking input alone tells the outcome."""
    crowd = _crowd(effects)
    tenure = crowd.inputs[:, _TENURE].astype(np.float64)
    known = ~np.isnan(tenure)
    area = auc(Ranking.of(crowd.bad[known].astype(np.int8), -tenure[known]))
    return f"AUC {area or 0.0:.2f}"


TRIALS: Final = (
    Trial(
        name="women approved less often",
        effect="impact",
        most=3.0,
        code="FAIR-001",
        subject="sex=women",
        ask=parity.ask,
        size=impact_ratio,
    ),
    Trial(
        name="income has moved",
        effect="drift",
        most=2.0,
        code="DRIFT-001",
        subject="income",
        ask=frozen_bins.ask,
        size=stability,
    ),
    Trial(
        name="ranks worse than the champion",
        effect="blunt",
        most=6.0,
        code="PERF-006",
        subject=None,
        ask=paired.ask,
        size=auc_lost,
    ),
    Trial(
        name="scores too high as a whole",
        effect="too_high",
        most=3.0,
        code="PERF-002",
        subject="out_of_time",
        ask=unseen.ask,
        size=observed_to_predicted,
    ),
    Trial(
        name="scores too far apart",
        effect="too_sure",
        most=4.0,
        code="PERF-008",
        subject=None,
        ask=recalibration.ask,
        size=slope,
    ),
    Trial(
        name="an input knows the outcome",
        effect="leak",
        most=6.0,
        code="LEAK-001",
        subject="tenure",
        ask=features.ask,
        size=leak,
    ),
    Trial(
        name="ranks badly among 40 % of people",
        effect="weak",
        most=8.0,
        code="PERF-012",
        subject=None,
        ask=weak_segments.ask,
        size=auc_lost_among_renters,
    ),
)
