"""Which parameters within the spec's bounds do best, found in a fixed number of trials.

The only module that knows Optuna. The same bounds, objective and seed give the same trials.
"""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines_lib.errors import CheckNotRunError, SpecError, bounded
from pipelines_lib.spec.model_spec import Search

if TYPE_CHECKING:
    import optuna

logger = logging.getLogger(__name__)

Parameters = dict[str, int | float]

COUNTS: Final = frozenset(
    {
        "degree",
        "depth",
        "leaf_size",
        "max_bin",
        "max_bins",
        "max_depth",
        "max_iter",
        "max_leaf_nodes",
        "max_leaves",
        "max_samples",
        "min_samples_leaf",
        "min_samples_split",
        "n_estimators",
        "n_neighbors",
        "num_parallel_tree",
    }
)
"""Parameters that count something where both bounds are whole; all others are measured."""

ALWAYS_WHOLE: Final = COUNTS - {"max_samples", "min_samples_leaf", "min_samples_split"}
"""Of these, the ones that may not be a share of the rows instead."""

_DECADE = 10  # bounds this many times apart are searched by order of magnitude


@dataclass(frozen=True)
class Trial:
    """One set of parameters that was tried and what came of it; None where nothing did."""

    parameters: tuple[tuple[str, int | float], ...]
    value: float | None


@dataclass(frozen=True)
class SearchResult:
    """The best parameters, their value, and every trial in its order."""

    parameters: tuple[tuple[str, int | float], ...]
    value: float
    trials: tuple[Trial, ...]


def search(spec: Search, objective: Callable[[Parameters], float], *, seed: int) -> SearchResult:
    """Try so many parameters within the bounds, and return those with the largest value.

    Args:
        spec: Bounds of each parameter and the number of trials.
        objective: What to make large. NaN says that nothing came of a trial.
        seed: Fixes which parameters are tried.
    """
    import optuna

    _refuse_impossible(spec)
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # it prints tracebacks of its own
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(lambda trial: objective(_suggested(trial, spec)), n_trials=spec.trials)
    result = _result(study)
    logger.info("search: %d trials, best value %.6f", len(result.trials), result.value)
    return result


def is_count(name: str, low: float, high: float) -> bool:
    """Whether a parameter takes whole numbers: it counts something and both bounds are whole."""
    return name in COUNTS and low.is_integer() and high.is_integer()


def _refuse_impossible(spec: Search) -> None:
    problems = []
    for name, (low, high) in spec.space.items():
        if low > high:
            problems.append(f"{name} runs from {low:g} down to {high:g}")
        elif name in ALWAYS_WHOLE and not is_count(name, low, high):
            problems.append(f"{name} takes whole numbers, not {low:g} to {high:g}")
    if problems:
        raise SpecError(
            f"training.search.space cannot be searched: {bounded(problems)}.",
            fix="Give each parameter as [lowest, highest], such as max_depth: [2, 6].",
        )


def _suggested(trial: "optuna.Trial", spec: Search) -> Parameters:
    chosen: Parameters = {}
    for name in sorted(spec.space):  # the order of keys in YAML decides nothing
        low, high = spec.space[name]
        if is_count(name, low, high):
            chosen[name] = trial.suggest_int(name, int(low), int(high))
        else:
            wide = low > 0 and high / low >= _DECADE
            chosen[name] = trial.suggest_float(name, low, high, log=wide)
    return chosen


def _result(study: "optuna.Study") -> SearchResult:
    trials = tuple(
        Trial(tuple(sorted(each.params.items())), _finite(each.value)) for each in study.trials
    )
    best = max((trial for trial in trials if trial.value is not None), default=None, key=_value)
    if best is None or best.value is None:
        raise CheckNotRunError(
            f"None of the {len(trials)} trials of the search gave a value.",
            fix="Train without training.search to see what is wrong with the model itself.",
        )
    return SearchResult(best.parameters, best.value, trials)


def _value(trial: Trial) -> float:
    return -math.inf if trial.value is None else trial.value


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
