"""Among whom a model is weak: small plots of segments beside all rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines_lib.reporting import formatting, svg, tracks

Evidence = Mapping[str, Any]
SHOWN = 8
_MARGIN = 0.02


def found(evidence: Evidence) -> list[Mapping[str, Any]]:
    """The segments that looked weak, those that were confirmed first."""
    every = _figures(evidence, "segments").get("found") or ()
    return sorted(every, key=lambda each: not each["confirmed"])[:SHOWN]


def reading(evidence: Evidence) -> str:
    """What the search came to, in one sentence."""
    told = _figures(evidence, "segments")
    every = told.get("found") or ()
    sure = sum(bool(each["confirmed"]) for each in every)
    if not told.get("asked"):
        return "Too few outcomes are known to search any segment."
    return (
        f"{formatting.counted(told['asked'], 'segment')} of "
        f"{formatting.counted(told['features'], 'feature')} were searched. "
        f"{formatting.count(len(every)) if every else 'None'} looked weak in validation; "
        f"{formatting.count(sure) if sure else 'none'} of them {'is' if sure <= 1 else 'are'} "
        "weak out of time."
    )


def whole(evidence: Evidence) -> Mapping[str, Any]:
    """The model among all out-of-time rows."""
    windows = _figures(evidence, "segments").get("whole") or {}
    return windows.get("out_of_time") or {}


def auc_track(evidence: Evidence) -> tracks.Track:
    """One scale for all segments, with the AUC of all rows as its neutral line."""
    middle = whole(evidence).get("auc")
    ends = [
        float(each["out_of_time"][end])
        for each in found(evidence)
        for end in ("auc_low", "auc_high", "promised")
        if each["out_of_time"].get(end) is not None
    ]
    known = [*ends, *([float(middle)] if middle is not None else [0.5])]
    low, high = max(0.0, min(known) - _MARGIN), min(1.0, max(known) + _MARGIN)
    return tracks.Track(low, high, known[-1], (), lambda value: formatting.decimal(value, 2))


def row(track: tracks.Track, standing: Mapping[str, Any]) -> Markup:
    """The AUC of one segment with its interval, and as a tick what its scores promise."""
    drawn = track.row(standing.get("auc"), standing.get("auc_low"), standing.get("auc_high"))
    promised = standing.get("promised")
    if promised is None:
        return drawn
    x = track.scale(promised)
    tick = svg.line((x, 6), (x, tracks.HEIGHT - 6), "critical")
    return drawn.replace("</svg>", Markup("")) + tick + Markup("</svg>")


def remembered(evidence: Evidence) -> Sequence[Mapping[str, Any]]:
    """The segments that were asked again."""
    return _figures(evidence, "remembered").get("segments") or ()


def gain_track(evidence: Evidence) -> tracks.Track:
    """One scale for what the candidate has over the champion in each remembered segment."""
    ends = [
        float(each[end])
        for each in remembered(evidence)
        for end in ("low", "high")
        if each.get(end) is not None
    ]
    return tracks.difference_track(ends, (), least=0.02)


def _figures(evidence: Evidence, topic: str) -> Mapping[str, Any]:
    return (evidence.get("figures") or {}).get(topic) or {}
