"""Whether probabilities can be relied on: how they are spread, and whether that lasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from pipelines_lib.reporting import findings, formatting, svg, tracks

Evidence = Mapping[str, Any]
_IDEAL = {"slope": 1.0, "intercept": 0.0}
_ORDER = ("out_of_time", "validation")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True)
class Line:
    """One figure of the recalibration: its words, its distance from the ideal, its interval."""

    window: str
    name: str
    value: float
    low: float
    high: float

    @property
    def off(self) -> tuple[float, float, float]:
        """Distance from the ideal, with its ends."""
        ideal = _IDEAL[self.name]
        return self.value - ideal, self.low - ideal, self.high - ideal


def recalibration(evidence: Evidence) -> tuple[Line, ...]:
    """Slope and intercept of each window that carries them, out of time first."""
    windows = ((evidence["figures"] or {}).get("recalibration") or {}).get("windows") or {}
    return tuple(
        Line(window, name, found[name], span["low"], span["high"])
        for window in _ORDER
        for name in _IDEAL
        if (found := windows.get(window) or {}).get(name) is not None
        and (span := found.get(f"{name}_interval"))
    )


def recalibration_track(evidence: Evidence) -> tracks.Track:
    """One scale for all of them: distance from perfect calibration, with the policy's limit."""
    ends = [end for line in recalibration(evidence) for end in line.off]
    return tracks.difference_track(
        ends, findings.limits_around_zero(evidence, "PERF-008"), least=0.1
    )


def ranking_over_time(figures: Mapping[str, Any]) -> Markup:
    """AUC of each time slice with its interval, beside that of all slices together."""
    slices = [each for each in figures["slices"] if each["auc"] is not None]
    return _over_time("auc-over-time", "AUC by time slice", slices, "auc", figures["auc"])


def calibration_over_time(figures: Mapping[str, Any]) -> Markup:
    """Observed over predicted of each time slice with its interval; 1 is exact."""
    slices = [each for each in figures["slices"] if each["observed_to_expected"] is not None]
    title = "Observed over predicted by time slice"
    return _over_time("calibration-over-time", title, slices, "observed_to_expected", 1.0)


def _over_time(
    name: str, title: str, slices: Sequence[Mapping[str, Any]], key: str, reference: float | None
) -> Markup:
    ends = [end for each in slices for end in _ends(each, key)]
    known = [*ends, *([] if reference is None else [reference])]
    marks = svg.round_ticks(min(known), max(known))
    frame = svg.Frame.of((0, len(slices)), (marks[0], marks[-1]), (480, 260))
    base = frame.y.start
    parts = [
        *frame.y_axis(marks, _two, title.removesuffix(" by time slice")),
        *frame.x_axis((), formatting.count, "First night of the slice"),
    ]
    if reference is not None:
        height = frame.y(reference)
        parts.append(svg.line((frame.x.start, height), (frame.x.end, height), "reference"))
    for place, each in enumerate(slices):
        x = frame.x(place + 0.5)
        parts += [
            *_whisker(frame, x, _ends(each, key)),
            svg.dot((x, frame.y(each[key])), 4.5, "point", _told(each, key)),
            svg.text((x, base + 18), _day(each["first"]), "middle", "t tick"),
        ]
    spoken = "; ".join(_told(each, key) for each in slices)
    return svg.drawing(name, title, f"{title}, with intervals: {spoken}.", frame.size, parts)


def _two(value: float | None) -> str:
    return formatting.decimal(value, 2)


def _ends(each: Mapping[str, Any], key: str) -> tuple[float, float]:
    span = each.get(f"{key}_interval") or {}
    return span.get("low", each[key]), span.get("high", each[key])


def _whisker(frame: svg.Frame, x: float, ends: tuple[float, float]) -> list[Markup]:
    low, high = frame.y(ends[0]), frame.y(ends[1])
    return [
        svg.line((x, low), (x, high), "whisker"),
        svg.line((x - 4, low), (x + 4, low), "whisker"),
        svg.line((x - 4, high), (x + 4, high), "whisker"),
    ]


def _told(each: Mapping[str, Any], key: str) -> str:
    low, high = _ends(each, key)
    return (
        f"{each['first']} to {each['last']}: {formatting.decimal(each[key])} "
        f"({formatting.between(low, high)}), {formatting.count(each['n'])} applications"
    )


def _day(day: str) -> str:
    """``8 Mar``: short enough to stand under its dot."""
    read = date.fromisoformat(day)
    return f"{read.day}{formatting.NBSP}{_MONTHS[read.month - 1]}"
