"""Every question that is put to a candidate, by topic, in the order of the report.

Two rounds. The first is asked of every candidate. The second is the challenge: it fits the
model again in other ways, which is dear, so it is put only to a candidate that nothing in the
first round speaks against.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pipelines_lib.assurance.comparison import paired
from pipelines_lib.assurance.drift import frozen_bins
from pipelines_lib.assurance.explanation import reasons
from pipelines_lib.assurance.fairness import parity
from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.assurance.model_risk import inventory
from pipelines_lib.assurance.performance import unseen
from pipelines_lib.results import Answer

Question = Callable[[Inquiry], Answer]

FIRST_ROUND: Final[Mapping[str, tuple[Question, ...]]] = {
    "leakage": (),
    "performance": (unseen.ask,),
    "comparison": (paired.ask,),
    "fairness": (parity.ask,),
    "drift": (frozen_bins.ask,),
    "stress": (),
    "explanation": (reasons.ask,),
    "governance": (inventory.ask,),
}

CHALLENGE: Final[Mapping[str, tuple[Question, ...]]] = {
    "performance": (),
    "fairness": (),
    "explanation": (),
}


def put(questions: Iterable[Question], inquiry: Inquiry) -> tuple[Answer, ...]:
    """Ask one after the other."""
    return tuple(ask(inquiry) for ask in questions)
