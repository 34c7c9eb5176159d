"""Among whom is the candidate weak, although it does well as a whole?

``PERF-012``. Segments are searched for on the validation window and proven on the newest one,
which the search has not seen: what was only found by looking often enough does not last.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.performance.segments import Mask, Segment, cut
from pipelines_lib.assurance.performance.standing import Standing, standing
from pipelines_lib.assurance.performance.weaknesses import (
    Kind,
    Limits,
    figures,
    shortfall,
    surprise,
)
from pipelines_lib.assurance.sampled_rows import SampledRows
from pipelines_lib.assurance.scored import CANDIDATE, QUESTIONED
from pipelines_lib.errors import bounded
from pipelines_lib.modelling.package import ModelPackage
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule

WEAK_SEGMENTS: Final = "PERF-012"
TOPIC: Final = "segments"
SUBJECT: Final = "segments"

_WEIGHED: Final = 200
"""Rows whose contributions tell which features matter most: only their order counts."""


@dataclass(frozen=True)
class WeakSegment:
    """One segment in which the candidate looked weak in validation.

    ``confirmed`` says whether it is weak out of time as well; ``share`` is of out-of-time rows.
    """

    segment: Segment
    words: str
    weakness: Kind
    confirmed: bool
    share: float
    validation: Standing
    out_of_time: Standing


@dataclass(frozen=True)
class SegmentFigures:
    """The segments found, worst first, beside all rows of both windows."""

    asked: int
    features: int
    whole: Mapping[str, Standing]
    found: tuple[WeakSegment, ...]


@dataclass(frozen=True, eq=False)
class _Suspect:
    """A segment that looked weak where it was searched for."""

    segment: Segment
    kind: Kind
    strength: float
    rows: Mask


def ask(inquiry: Inquiry) -> Answer:
    """Search weak segments of the candidate and confirm them."""
    if not inquiry.asks(WEAK_SEGMENTS):
        return unasked(TOPIC)
    rule = inquiry.rules.rule(WEAK_SEGMENTS)
    rows = inquiry.sample(QUESTIONED, int(rule.parameter("max_rows"))).labelled
    ordered = by_importance(rows, inquiry.package, segment_features(inquiry.spec))
    return Answer(TOPIC, *check_segments(rows, ordered, rule))


def segment_features(spec: ModelSpec) -> tuple[str, ...]:
    """The features that may define a segment; never a protected attribute."""
    attributes = spec.fairness.attributes
    protected = {text.casefold() for each in attributes for text in (each.name, each.column)}
    named = spec.segments or spec.feature_names
    return tuple(name for name in named if name.casefold() not in protected)


def by_importance(
    rows: SampledRows, package: ModelPackage, features: Sequence[str]
) -> tuple[str, ...]:
    """Order features by how much they move the score, most first."""
    step = max(1, rows.n // _WEIGHED)
    values, _ = package.contributions(rows.inputs[::step][:_WEIGHED])
    moved = np.abs(values).sum(axis=0)
    weight = dict(zip(rows.contract.names, moved.tolist(), strict=True))
    return tuple(sorted(features, key=lambda name: -weight.get(name, 0.0)))


def check_segments(
    rows: SampledRows, features: Sequence[str], rule: Rule
) -> tuple[tuple[CheckResult, ...], SegmentFigures]:
    """Search on validation, confirm out of time.

    Args:
        rows: Labelled rows of both windows with the candidate's scores.
        features: What may define a segment, the most important first.
        rule: The policy's.
    """
    searched, proven = (rows.within(name) for name in QUESTIONED)
    segments = tuple(_large(searched, features, rule))
    suspects = _suspects(searched, segments, rule)
    confirmed = _confirmed(proven, suspects, rule)
    shown = SegmentFigures(
        asked=len(segments),
        features=len(features),
        whole={each: _standing(rows.within(each), None, rule) for each in QUESTIONED},
        found=tuple(_told(each, each in confirmed, searched, proven, rule) for each in suspects),
    )
    return (_verdict(rule, shown, proven),), shown


def _verdict(rule: Rule, shown: SegmentFigures, proven: SampledRows) -> CheckResult:
    if not shown.asked or not _carries(proven, np.ones(proven.n, dtype=np.bool_), rule):
        said = "too few labelled rows in validation or out of time to search any segment"
        return rule.judge(SUBJECT, None, said, n=proven.n)
    weak = [each for each in shown.found if each.confirmed]
    searched = f"{shown.asked} segments of {shown.features} features searched"
    if not weak:
        said = f"{searched}, {len(shown.found)} looked weak in validation, none is out of time"
        return rule.judge(SUBJECT, 0.0, said, n=proven.n)
    named = bounded(f"{each.words} ({_in_words(each)})" for each in weak)
    return rule.judge(SUBJECT, float(len(weak)), f"{searched}; weak: {named}", n=proven.n)


def _in_words(weak: WeakSegment) -> str:
    shown = weak.out_of_time
    if weak.weakness == "calibration":
        return f"observed over expected {shown.ratio:.2f}"
    promised = f", its scores promise {shown.promised:.3f}" if weak.weakness == "ranking" else ""
    return f"AUC {shown.auc:.3f}{promised}"


def _large(rows: SampledRows, features: Sequence[str], rule: Rule) -> Iterator[Segment]:
    """Every segment that is large enough to be asked about."""
    most = int(rule.parameter("pair_features"))
    conditions = cut(rows, features, int(rule.parameter("bands")))
    held = {each: each.holds(rows) for each in conditions}
    marked = {each: mask for each, mask in held.items() if mask is not None}
    for condition, mask in marked.items():
        if _carries(rows, mask, rule):
            yield Segment((condition,))
    foremost = set(features[:most])
    paired = [each for each in marked if each.feature in foremost]
    for one, other in combinations(paired, 2):
        apart = one.feature != other.feature
        if apart and _carries(rows, marked[one] & marked[other], rule):
            yield Segment((one, other))


def _carries(rows: SampledRows, mask: Mask, rule: Rule) -> bool:
    """Whether a segment is as large as the policy asks, with enough of either outcome."""
    n = int(np.count_nonzero(mask))
    positives = int(rows.labels[mask].sum())
    rarer = min(positives, n - positives)
    large = n >= rule.parameter("minimum_share") * rows.n
    return large and rarer >= rule.parameter("minimum_outcomes")


def _suspects(rows: SampledRows, segments: Sequence[Segment], rule: Rule) -> tuple[_Suspect, ...]:
    """What looks weakest, strongest first; of segments of much the same rows only one."""
    scores, limits = rows.scores[CANDIDATE], Limits.of(rule)
    whole = shortfall(rows.labels, scores)
    found = []
    for segment in segments:
        mask = _mask(segment, rows)
        measured = figures(
            rows.labels[mask], scores[mask], rule.parameter("confidence"), whole=whole
        )
        for kind, figure in measured.items():
            strength = surprise(limits.excess(kind, figure))
            if strength > 0:
                found.append(_Suspect(segment, kind, strength, mask))
    found.sort(key=lambda each: (-each.strength, str(each.segment)))
    kept: list[_Suspect] = []
    for suspect in found:
        if len(kept) == int(rule.parameter("most")):
            break
        if all(_overlap(suspect.rows, each.rows) < rule.parameter("overlap") for each in kept):
            kept.append(suspect)
    return tuple(kept)


def _mask(segment: Segment, rows: SampledRows) -> Mask:
    held = segment.holds(rows)
    return np.zeros(rows.n, dtype=np.bool_) if held is None else held


def _overlap(one: Mask, other: Mask) -> float:
    """Jaccard: rows in both over rows in either."""
    either = int(np.count_nonzero(one | other))
    return int(np.count_nonzero(one & other)) / either if either else 0.0


def _confirmed(rows: SampledRows, suspects: Sequence[_Suspect], rule: Rule) -> tuple[_Suspect, ...]:
    """Those that are weak on rows the search has not seen: Holm's step-down over all of them."""
    scores, limits = rows.scores[CANDIDATE], Limits.of(rule)
    whole = shortfall(rows.labels, scores)
    left, proven = list(suspects), list[_Suspect]()
    while left:
        confidence = 1 - (1 - rule.parameter("confidence")) / len(left)
        sure = []
        for suspect in left:
            mask = _mask(suspect.segment, rows)
            if not _carries(rows, mask, rule):
                continue
            measured = figures(rows.labels[mask], scores[mask], confidence, whole=whole)
            figure = measured.get(suspect.kind)
            if figure is not None and limits.excess(suspect.kind, figure).interval.low > 0:
                sure.append(suspect)
        if not sure:
            break
        proven += sure
        left = [each for each in left if each not in sure]
    return tuple(proven)


def _told(
    suspect: _Suspect, confirmed: bool, searched: SampledRows, proven: SampledRows, rule: Rule
) -> WeakSegment:
    mask = _mask(suspect.segment, proven)
    return WeakSegment(
        segment=suspect.segment,
        words=str(suspect.segment),
        weakness=suspect.kind,
        confirmed=confirmed,
        share=round(float(mask.mean()), 4) if proven.n else 0.0,
        validation=_standing(searched, suspect.rows, rule),
        out_of_time=_standing(proven, mask, rule),
    )


def _standing(rows: SampledRows, mask: Mask | None, rule: Rule) -> Standing:
    chosen = np.ones(rows.n, dtype=np.bool_) if mask is None else mask
    labels, scores = rows.labels[chosen], rows.scores[CANDIDATE][chosen]
    return standing(labels, scores, rule.parameter("confidence"))
