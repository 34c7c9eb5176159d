"""Is the candidate at least as good where champions before it were found weak?

``PERF-013``. A weak segment that was once confirmed is asked again every night, of every
candidate, on the same rows as the champion: the memory is handed on in the evidence from
champion to champion, so that a weakness once mended does not come back unseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from pipelines_lib.assurance.inquiry import Inquiry, Rival, unasked
from pipelines_lib.assurance.performance.segments import Mask, Segment
from pipelines_lib.assurance.performance.standing import Standing, standing
from pipelines_lib.assurance.performance.weak_segments import TOPIC as FOUND
from pipelines_lib.assurance.performance.weaknesses import Kind
from pipelines_lib.assurance.ranking import Ranking, auc_difference
from pipelines_lib.assurance.sampled_rows import SampledRows
from pipelines_lib.assurance.scored import CANDIDATE, CHAMPION, QUESTIONED
from pipelines_lib.assurance.statistics import (
    Estimate,
    Floats,
    Labels,
    normal_interval,
)
from pipelines_lib.errors import bounded
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule

REMEMBERED: Final = "PERF-013"
TOPIC: Final = "remembered"
SUBJECT: Final = "remembered"


@dataclass(frozen=True)
class Memory:
    """One segment in which a champion was confirmed to be weak, and in which way."""

    segment: Segment
    weakness: Kind


@dataclass(frozen=True)
class AskedAgain:
    """One remembered segment tonight.

    ``gain`` is what the candidate has over the champion: of AUC, or of nearness of observed to
    expected outcomes (the log ratio); ``worse`` says whether it is shown to fall behind, None
    where the rows cannot tell.
    """

    segment: Segment
    words: str
    weakness: Kind
    worse: bool | None
    gain: float | None
    low: float | None
    high: float | None
    candidate: Standing | None
    champion: Standing | None


@dataclass(frozen=True)
class RememberedFigures:
    """Every segment that is remembered, newest first."""

    segments: tuple[AskedAgain, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Ask the champion's weak segments again."""
    if not inquiry.asks(REMEMBERED) or inquiry.champion is None:
        return unasked(TOPIC)
    rule = inquiry.rules.rule(REMEMBERED)
    memories = memory_of(inquiry.champion, most=int(rule.parameter("most")))
    if memories is None:
        said = "the champion's evidence cannot be read, so nobody knows where it is weak"
        return Answer(TOPIC, (rule.judge(SUBJECT, None, said),))
    if not memories:
        said = "the champion's evidence names no weak segment"
        return Answer(TOPIC, (rule.judge(SUBJECT, 0.0, said),), RememberedFigures(()))
    rows = inquiry.sample(QUESTIONED, int(rule.parameter("max_rows"))).labelled
    return Answer(TOPIC, *check_remembered(rows, memories, rule))


def memory_of(champion: Rival, *, most: int) -> tuple[Memory, ...] | None:
    """The weak segments that the champion's evidence names; None where it cannot be read.

    First those confirmed of the champion itself, then those that it was asked about in turn.
    """
    if champion.evidence is None:
        return None
    try:
        told = champion.evidence.get("figures") or {}
        own = [each for each in (told.get(FOUND) or {}).get("found", ()) if each["confirmed"]]
        handed_on = (told.get(TOPIC) or {}).get("segments", ())
        known = [_memory(each) for each in (*own, *handed_on)]
    except (KeyError, TypeError, AttributeError):
        return None
    return tuple(dict.fromkeys(known))[:most]


def _memory(told: Mapping[str, Any]) -> Memory:
    return Memory(Segment.from_plain(told["segment"]), told["weakness"])


def check_remembered(
    rows: SampledRows, memories: Sequence[Memory], rule: Rule
) -> tuple[tuple[CheckResult, ...], RememberedFigures]:
    """Compare candidate and champion in every remembered segment, on the same rows.

    Args:
        rows: Labelled rows neither window of which the candidate was trained on, with the
            scores of both models.
        memories: What to ask about; the confidence is shared among them (Bonferroni).
        rule: The policy's.
    """
    confidence = 1 - (1 - rule.parameter("confidence")) / len(memories)
    asked = tuple(_asked(rows, each, rule, confidence) for each in memories)
    return (_verdict(rule, asked, rows.n),), RememberedFigures(asked)


def _verdict(rule: Rule, asked: Sequence[AskedAgain], n: int) -> CheckResult:
    worse = [each for each in asked if each.worse]
    unclear = [each for each in asked if each.worse is None]
    if worse:
        named = bounded(f"{each.words} ({_in_words(each)})" for each in worse)
        return rule.judge(SUBJECT, float(len(worse)), f"worse than the champion in {named}", n=n)
    if unclear:
        named = bounded(f"{each.words} ({_in_words(each)})" for each in unclear)
        said = f"not shown to be as good as the champion in {named}"
        return rule.judge(SUBJECT, None, said, n=n)
    said = f"as good as the champion in all {len(asked)} segments in which one was weak"
    return rule.judge(SUBJECT, 0.0, said, n=n)


def _in_words(asked: AskedAgain) -> str:
    if asked.gain is None:
        return "cannot be asked"
    what = "log ratio" if asked.weakness == "calibration" else "AUC"
    return f"{what} {asked.gain:+.3f}"


def _asked(rows: SampledRows, memory: Memory, rule: Rule, confidence: float) -> AskedAgain:
    blank = AskedAgain(
        memory.segment, str(memory.segment), memory.weakness, None, None, None, None, None, None
    )
    held = memory.segment.holds(rows)
    if held is None or not {CANDIDATE, CHAMPION} <= set(rows.scores):
        return blank
    mine = _standing(rows, held, CANDIDATE, rule)
    shown = replace(blank, candidate=mine, champion=_standing(rows, held, CHAMPION, rule))
    gain = _gain(rows, held, memory.weakness, confidence)
    rarer = min(mine.positives, mine.n - mine.positives)
    if gain is None or rarer < rule.parameter("minimum_outcomes"):
        return shown
    calibration = memory.weakness == "calibration"
    margin = -rule.parameter("log_ratio_margin" if calibration else "auc_margin")
    low, high = gain.interval.low, gain.interval.high
    worse = None if low < margin <= high else high < margin
    return replace(
        shown, worse=worse, gain=round(gain.value, 5), low=round(low, 5), high=round(high, 5)
    )


def _gain(rows: SampledRows, held: Mask, weakness: Kind, confidence: float) -> Estimate | None:
    labels = rows.labels[held]
    one, other = rows.scores[CANDIDATE][held], rows.scores[CHAMPION][held]
    if weakness == "calibration":
        return nearer(labels, one, other, confidence)
    return auc_difference(Ranking.of(labels, one), Ranking.of(labels, other), confidence)


def nearer(labels: Labels, one: Floats, other: Floats, confidence: float) -> Estimate | None:
    """How much nearer is one model's expectation to what was observed than another's?

    |ln(observed / expected of the other)| - |ln(observed / expected of the one)|; above 0 the
    one is nearer. Paired: the outcomes are the same for both, so only what moves the two
    logarithms apart counts, row by row (delta method). None where a ratio has no logarithm.
    """
    n, observed = len(labels), float(labels.mean()) if len(labels) else 0.0
    if not 0 < observed < 1 or min(float(one.mean()), float(other.mean())) <= 0:
        return None
    logs = [float(np.log(observed / scores.mean())) for scores in (other, one)]
    pulls = [
        np.sign(log) * (labels / observed - scores / scores.mean())
        for log, scores in zip(logs, (other, one), strict=True)
    ]
    value = abs(logs[0]) - abs(logs[1])
    error = float(np.sqrt(np.mean((pulls[0] - pulls[1]) ** 2) / n))
    return Estimate(value, normal_interval(value, error, confidence))


def _standing(rows: SampledRows, held: Mask, model: str, rule: Rule) -> Standing:
    return standing(rows.labels[held], rows.scores[model][held], rule.parameter("confidence"))
