"""Would a random split have flattered the model?

``PERF-014``. Rows drawn at random resemble those learned from more than the rows of tomorrow
do. The figure a random split gives is shown beside the one out of time, never alone.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.ranking import Ranking, auc_estimate, auc_gap
from pipelines_lib.assurance.scored import OUT_OF_TIME
from pipelines_lib.assurance.statistics import Estimate, Floats, Labels
from pipelines_lib.assurance.wording import with_interval
from pipelines_lib.modelling.variants import Places, Workshop
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule

RANDOM_SPLIT: Final = "PERF-014"
TOPIC: Final = "random_split"
SUBJECT: Final = "out_of_time"


@dataclass(frozen=True)
class Split:
    """What one split says of a model; None where it cannot."""

    n: int
    positives: int
    auc: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class RandomSplitFigures:
    """One model, tested on rows drawn at random and on the newest rows."""

    learned_from: int
    random: Split
    out_of_time: Split
    gap: float | None
    low: float | None
    high: float | None


def ask(inquiry: Inquiry) -> Answer:
    """Fit one variant on a random part of the train window, and test it on both."""
    if not inquiry.asks(RANDOM_SPLIT):
        return unasked(TOPIC)
    rule = inquiry.rules.rule(RANDOM_SPLIT)
    most = int(rule.parameter("max_rows"))
    newest = inquiry.sample((OUT_OF_TIME,), most).labelled
    workshop = inquiry.workshop
    learn, test = drawn_apart(workshop, most, rule.parameter("held_out"))
    train = workshop.lessons.train
    if not 0 < train.y[learn].sum() < len(learn):
        said = "a random part of the train window holds one outcome only: nothing to learn from"
        return Answer(TOPIC, (rule.judge(SUBJECT, None, said, n=newest.n),))
    variant = workshop.fit(rows=learn)
    random = (train.y[test].astype(np.int8), variant.score(train.X[test]))
    later = (newest.labels, variant.score(newest.inputs))
    return Answer(TOPIC, *compare_splits(random, later, rule, learned_from=len(learn)))


def drawn_apart(workshop: Workshop, most: int, held_out: float) -> tuple[Places, Places]:
    """Draw rows of the train window and split them at random, by the model's own seed."""
    rng = np.random.default_rng(workshop.training.seed)
    drawn = rng.permutation(len(workshop.lessons.train.y))[:most]
    cut = round(len(drawn) * held_out)
    return np.sort(drawn[cut:]), np.sort(drawn[:cut])


def compare_splits(
    random: tuple[Labels, Floats],
    newest: tuple[Labels, Floats],
    rule: Rule,
    *,
    learned_from: int,
) -> tuple[tuple[CheckResult, ...], RandomSplitFigures]:
    """Judge by how much a random split flatters.

    Args:
        random: Outcomes and scores of the rows held out at random.
        newest: The same of the out-of-time rows.
        rule: The policy's.
        learned_from: Rows the variant was fitted on.
    """
    one, other = Ranking.of(*random), Ranking.of(*newest)
    gap = auc_gap(one, other, rule.parameter("confidence"))
    shown = RandomSplitFigures(
        learned_from,
        _split(one, rule),
        _split(other, rule),
        *(_rounded(gap) if gap else (None, None, None)),
    )
    n = len(newest[0])
    if gap is None:
        said = "too few outcomes, at random or out of time, to compare the two splits"
        return (rule.judge(SUBJECT, None, said, n=n),), shown
    said = (
        f"AUC {shown.random.auc:.3f} on rows held out at random and {shown.out_of_time.auc:.3f} "
        f"out of time, of the same model; the random split flatters by "
        f"{with_interval(gap, '+.3f')}"
    )
    return (rule.judge(SUBJECT, gap.value, said, interval=gap.interval, n=n),), shown


def _split(ranking: Ranking, rule: Rule) -> Split:
    estimate = auc_estimate(ranking, rule.parameter("confidence"))
    ends = _rounded(estimate) if estimate else (None, None, None)
    return Split(len(ranking.labels), ranking.n_positive, *ends)


def _rounded(estimate: Estimate) -> tuple[float, float, float]:
    value, low, high = estimate.value, estimate.interval.low, estimate.interval.high
    return round(value, 5), round(low, 5), round(high, 5)
