"""Every question that is put to a candidate, by topic, in the order of the report.

Two rounds. The first is asked of every candidate. The second is the challenge: it fits the
model again in other ways, which is dear, so it is put only to a candidate that nothing in the
first round speaks against.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pipelines_lib.assurance.comparison import changes, gain, paired
from pipelines_lib.assurance.drift import (
    frozen_bins,
    new_categories,
    representative,
    target,
)
from pipelines_lib.assurance.explanation import reasons, retrained, second_method, texts
from pipelines_lib.assurance.fairness import (
    along_the_score,
    coding,
    equalised_odds,
    forbidden_inputs,
    group_calibration,
    intersections,
    parity,
    proxies,
    score_gap,
    search,
)
from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.assurance.leakage import features, shared_rows
from pipelines_lib.assurance.model_risk import (
    citations,
    documents,
    inventory,
    monitoring,
    reproducible,
    soundness,
)
from pipelines_lib.assurance.performance import (
    bands,
    capacity,
    cost,
    latency,
    learning_curve,
    random_split,
    recalibration,
    remembered,
    slices,
    unseen,
    weak_segments,
)
from pipelines_lib.assurance.stress import measurement, missing, reverse, scenarios
from pipelines_lib.results import Answer

Question = Callable[[Inquiry], Answer]

FIRST_ROUND: Final[Mapping[str, tuple[Question, ...]]] = {
    "leakage": (features.ask, shared_rows.ask),
    "performance": (
        unseen.ask,
        recalibration.ask,
        bands.ask,
        cost.ask,
        slices.ask,
        weak_segments.ask,
        remembered.ask,
        latency.ask,
        capacity.ask,
    ),
    "comparison": (paired.ask, changes.ask, gain.ask),
    "fairness": (
        parity.ask,
        score_gap.ask,
        equalised_odds.ask,
        group_calibration.ask,
        intersections.ask,
        along_the_score.ask,
        proxies.ask,
        coding.ask,
        forbidden_inputs.ask,
    ),
    "drift": (frozen_bins.ask, new_categories.ask, target.ask, representative.ask),
    "stress": (scenarios.ask, measurement.ask, missing.ask, reverse.ask),
    "explanation": (reasons.ask, second_method.ask, texts.ask),
    "governance": (
        inventory.ask,
        soundness.ask,
        monitoring.ask,
        citations.ask,
        documents.ask,
        reproducible.ask,
    ),
}

CHALLENGE: Final[Mapping[str, tuple[Question, ...]]] = {
    "performance": (random_split.ask, learning_curve.ask),
    "fairness": (search.ask,),
    "explanation": (retrained.ask,),
}


def put(questions: Iterable[Question], inquiry: Inquiry) -> tuple[Answer, ...]:
    """Ask one after the other."""
    return tuple(ask(inquiry) for ask in questions)
