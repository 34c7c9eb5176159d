"""Would the same applicant be told the same, had other clients been in the training data?

``EXPL-004`` trains the model again on bootstrap draws of its own rows and asks each variant
for its reasons on the same would-be declines. Reasons that change with the draw say more
about chance than about the applicant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines_lib.assurance.explanation.declines import (
    Agreement,
    Reasons,
    Sides,
    agreement,
    both_sides,
    strongest,
)
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.statistics import wilson_interval
from pipelines_lib.assurance.wording import and_too_few, between, percent
from pipelines_lib.modelling.variants import Workshop
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule

if TYPE_CHECKING:
    from pipelines_lib.modelling.package import ModelPackage

RETRAINED: Final = "EXPL-004"
TOPIC: Final = "retrained_reasons"
DECLINES: Final = "declines"
_DECIMALS = 4


@dataclass(frozen=True)
class RetrainedFigures:
    """How far each retraining agrees with the candidate, over so many declines."""

    declines: int
    rows: int
    retrainings: tuple[Agreement, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Train again, and ask for reasons again."""
    if not inquiry.asks(RETRAINED):
        return unasked(TOPIC)
    rule, package = inquiry.rules.rule(RETRAINED), inquiry.package
    most, sampled = int(rule.parameter("max_rows")), int(rule.parameter("sample_rows"))
    sides = both_sides(inquiry, sampled, most)
    if not len(sides.declined) or not len(sides.approved):
        return Answer(TOPIC, *check_retrained(rule, (), (), rows=0))
    reasons = int(rule.parameter("max_reasons"))
    given = package.reasons_from(package.contributions(sides.declined)[0], reasons)
    others = reasons_again(inquiry.workshop, package, sides, rule)
    rows = min(len(inquiry.workshop.lessons.train.y), int(rule.parameter("draw_rows")))
    return Answer(TOPIC, *check_retrained(rule, given, others, rows=rows))


def reasons_again(
    workshop: Workshop, package: "ModelPackage", sides: Sides, rule: Rule
) -> tuple[Reasons, ...]:
    """What variants trained on bootstrap draws would tell the declined, one list a variant.

    A draw takes rows with replacement, as many as there are but at most ``draw_rows``; one
    that holds a single outcome teaches nothing and is left out.
    """
    y = workshop.lessons.train.y
    size = min(len(y), int(rule.parameter("draw_rows")))
    found = []
    for place in range(int(rule.parameter("retrainings"))):
        seed = workshop.training.seed + 1 + place
        rows = np.sort(np.random.default_rng(seed).integers(0, len(y), size))
        if not 0 < y[rows].sum() < size:
            continue
        variant = workshop.fit(rows=rows, seed=seed)
        usual = variant.contributions(sides.approved).mean(axis=0)
        pushes = variant.contributions(sides.declined)
        found.append(strongest(package, pushes, usual, int(rule.parameter("max_reasons"))))
    return tuple(found)


def check_retrained(
    rule: Rule, given: Reasons, others: Sequence[Reasons], *, rows: int
) -> tuple[tuple[CheckResult, ...], RetrainedFigures]:
    """Judge how often the principal reason is still among the reasons.

    Declines are the sample, not their repetitions: the interval rests on their number alone.

    Args:
        rule: What the policy asks.
        given: What the candidate tells the declined.
        others: What each variant would tell them.
        rows: How many rows each variant learned from.
    """
    most = int(rule.parameter("max_reasons"))
    found = tuple(agreement(given, other, most) for other in others)
    figures = RetrainedFigures(len(given), rows, tuple(_short(each) for each in found))
    n = found[0].n if found else 0
    kept = _mean([each.kept for each in found])
    same, overlap = _mean([each.same for each in found]), _mean([each.overlap for each in found])
    if kept is None or same is None or overlap is None:
        why = (
            "no draw held both outcomes: nothing could be trained again."
            if given and not others
            else "no would-be decline has a reason to compare."
        )
        return (rule.judge(DECLINES, None, why, n=n),), figures
    interval = wilson_interval(round(kept * n), n, rule.parameter("confidence"))
    said = (
        f"after {len(found)} retrainings on draws of {rows:,} rows, {percent(kept)} of {n:,} "
        f"would-be declines keep their principal reason among the reasons"
        f"{f' ({between(interval)})' if interval else ''}, {percent(same)} as the first; "
        f"{percent(overlap)} of all reasons stay{and_too_few(rule, n)}."
    )
    return (rule.judge(DECLINES, kept, said, interval=interval, n=n),), figures


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _short(each: Agreement) -> Agreement:
    return Agreement(
        each.n,
        *(
            None if value is None else round(value, _DECIMALS)
            for value in (each.same, each.kept, each.overlap)
        ),
    )
