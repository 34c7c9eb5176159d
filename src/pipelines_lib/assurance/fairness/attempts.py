"""Other ways to train the same model, each of them a lender could have taken.

None sees a protected attribute when it scores: attributes only weigh the rows that are learned
from, or say which inputs to do without. Cut-offs of a group's own are not among them: to treat
two people with one score in two ways because of their group is disparate treatment.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.fairness.association import coded, strengths
from pipelines_lib.assurance.fairness.groups import Grouping
from pipelines_lib.assurance.fairness.tradeoff import Approved, approved_at
from pipelines_lib.assurance.statistics import Floats
from pipelines_lib.modelling.estimators import XGBOOST
from pipelines_lib.modelling.features import Matrix
from pipelines_lib.modelling.logistic import log_odds
from pipelines_lib.modelling.variants import Variant, Workshop

REWEIGHTED = "reweighted"
REMOVED = "inputs left out"
SIMPLER = "parameters"
PENALISED = "disparity penalised"
_STEP = 1.0
"""The largest change of a weight's logarithm in one round; more than that does not settle."""
_DEFAULT_DEPTH = 6
_REGULARISED = 10.0


@dataclass(frozen=True, eq=False)
class Attempt:
    """One alternative, fitted.

    Attributes:
        name: What is different, in a few words.
        made: Which of the ways it is.
        variant: The model.
    """

    name: str
    made: str
    variant: Variant


@dataclass(frozen=True, eq=False)
class Ground:
    """What alternatives are made from.

    Attributes:
        workshop: Where they are fitted.
        control: The candidate, fitted there with nothing changed.
        groupings: The group of each train row, by attribute; the worst treated first.
        references: The reference group of each attribute.
        declined_share: What the bank declines.
        bins: To measure with how strongly an input goes with an attribute.
        rounds: How often the penalty is turned up.
    """

    workshop: Workshop
    control: Variant
    groupings: Mapping[str, Grouping]
    references: Mapping[str, str]
    declined_share: float
    bins: int
    rounds: int

    @cached_property
    def inputs(self) -> Matrix:
        """What is learned from."""
        return self.workshop.lessons.train.X

    @cached_property
    def labels(self) -> NDArray[np.bool_]:
        """Who had the outcome."""
        return np.asarray(self.workshop.lessons.train.y == 1)

    @cached_property
    def proxies(self) -> dict[str, tuple[str, ...]]:
        """For each attribute the inputs that know about it, strongest first."""
        inputs = coded(self.workshop.lessons.contract, self.inputs, self.bins)
        return {
            attribute: tuple(name for name, _ in strengths(inputs, grouping))
            for attribute, grouping in self.groupings.items()
        }


def attempts(ground: Ground, most: int) -> tuple[Attempt, ...]:
    """Fit at most so many alternatives, the attribute with the worst ratio first.

    One of each kind for each attribute before a second of any kind.
    """
    return tuple(islice(_in_turn(ground), most))


def _in_turn(ground: Ground) -> Iterator[Attempt]:
    yield from (_reweighted(ground, attribute) for attribute in ground.groupings)
    tried: set[frozenset[str]] = set()
    yield from _without(ground, 1, tried)
    yield from _simpler(ground)
    first, *others = ground.groupings
    yield from _penalised(ground, first)
    yield from _without(ground, 2, tried)
    for attribute in others:
        yield from _penalised(ground, attribute)


def balancing_weights(grouping: Grouping, labels: NDArray[np.bool_]) -> Floats:
    """Weights under which group and outcome are independent: P(g) P(y) / P(g, y).

    Reweighing as in Kamiran and Calders (2012); the weights of all rows add up to their number.
    """
    cell = grouping.index.astype(np.intp) * 2 + labels
    together = np.bincount(cell, minlength=2 * len(grouping.names)).reshape(-1, 2)
    expected = np.outer(together.sum(axis=1), together.sum(axis=0)) / len(labels)
    weights = np.divide(expected, together, out=np.ones_like(expected), where=together > 0)
    return np.asarray(weights.reshape(-1)[cell], dtype=np.float64)


def penalised_weights(
    weights: Floats,
    grouping: Grouping,
    reference: str,
    labels: NDArray[np.bool_],
    approved: Approved,
) -> Floats:
    """Turn up the penalty: for each group that is declined more often than the reference.

    Its good outcomes weigh more and its bad ones less, by half the distance of the two rates
    of decline in log-odds. A group declined less often is left alone: nobody is made worse off
    to make the rates equal.
    """
    many = len(grouping.names)
    rows = np.bincount(grouping.index, minlength=many)
    declined = np.bincount(grouping.index, weights=1 - approved, minlength=many)
    # Half a row each way, so that every rate has log-odds.
    odds = [log_odds(share) for share in ((declined + 0.5) / (rows + 1)).tolist()]
    apart = np.array(odds) - odds[grouping.names.index(reference)]
    push = np.clip(apart, 0.0, _STEP)[grouping.index] / 2
    turned = weights * np.exp(np.where(labels, -push, push))
    return np.asarray(turned / turned.mean(), dtype=np.float64)


def _reweighted(ground: Ground, attribute: str) -> Attempt:
    weights = balancing_weights(ground.groupings[attribute], ground.labels)
    variant = ground.workshop.fit(weights=weights)
    return Attempt(f"rows reweighted by {attribute}", REWEIGHTED, variant)


def _without(ground: Ground, number: int, tried: set[frozenset[str]]) -> Iterator[Attempt]:
    """Leave out the strongest proxies of each attribute that were not left out yet."""
    for known in ground.proxies.values():
        untried = (one for one in combinations(known, number) if frozenset(one) not in tried)
        left_out = next(untried, None)
        kept = [name for name in ground.workshop.names if name not in (left_out or ())]
        if left_out is None or not kept:
            continue
        tried.add(frozenset(left_out))
        variant = ground.workshop.fit(features=kept)
        yield Attempt(f"without {' and '.join(left_out)}", REMOVED, variant)


def _simpler(ground: Ground) -> Iterator[Attempt]:
    """Shallower trees, and stronger regularisation; only XGBoost's parameters are known."""
    training = ground.workshop.training
    if training.estimator != XGBOOST:
        return
    depth = int(training.parameters.get("max_depth", _DEFAULT_DEPTH))
    if depth > 1:
        shallower = ground.workshop.fit(parameters={"max_depth": depth - 1})
        yield Attempt(f"trees of depth {depth - 1}", SIMPLER, shallower)
    penalty = _REGULARISED * max(1.0, float(training.parameters.get("reg_lambda", 1.0)))
    smoother = ground.workshop.fit(parameters={"reg_lambda": penalty})
    yield Attempt(f"regularisation {penalty:g}", SIMPLER, smoother)


def _penalised(ground: Ground, attribute: str) -> Iterator[Attempt]:
    """Fit, see whom it declines, weigh again: the loop of a constrained training."""
    grouping, reference = ground.groupings[attribute], ground.references[attribute]
    weights = np.ones(len(ground.labels))
    variant = ground.control
    for number in range(1, ground.rounds + 1):
        approved = approved_at(variant.margin(ground.inputs), ground.declined_share)
        weights = penalised_weights(weights, grouping, reference, ground.labels, approved)
        variant = ground.workshop.fit(weights=weights)
        name = f"disparity by {attribute} penalised, round {number}"
        yield Attempt(name, PENALISED, variant)
