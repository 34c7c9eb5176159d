"""How the stress section reads and looks: scenarios before and after, and how far the edge is."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines_lib.reporting import findings, formatting, svg, tracks

Evidence = Mapping[str, Any]
TOPICS = ("scenarios", "measurement", "missing_values", "reverse_stress")
_HEIGHT = 36
_LEAST_CHANGE = 0.1


def asked(evidence: Evidence) -> bool:
    """Whether the evidence holds any figure of this section."""
    figures = evidence.get("figures") or {}
    return any(figures.get(topic) for topic in TOPICS)


def reading(evidence: Evidence) -> str:
    """The scenario that would cost most, and how far the nearest edge is."""
    figures = evidence["figures"]
    known = [
        each
        for each in (figures.get("scenarios") or {}).get("scenarios") or ()
        if each["loss_increase"] is not None
    ]
    if not known:
        return "No scenario could be followed: the spec names none, or nobody is approved."
    worst = max(known, key=lambda each: float(each["loss_increase"]))
    text = (
        f"{_named(worst['name'])} would cost most: expected loss of those approved today "
        f"{_change(worst['loss_increase'])}, approvals from "
        f"{formatting.share(worst['approval_before'])} to "
        f"{formatting.share(worst['approval_after'])}."
    )
    return f"{text} {_edge((figures.get('reverse_stress') or {}).get('scenarios') or ())}".strip()


def losses(figures: Mapping[str, Any], each: Mapping[str, Any]) -> Markup:
    """Expected loss before and after, as two bars on the scale of all scenarios."""
    rates = [
        float(one[when])
        for one in figures["scenarios"]
        for when in ("loss_before", "loss_after")
        if one[when] is not None
    ]
    scale = svg.Scale(0, svg.nice_top(max([0.001, *rates])), 0, tracks.WIDTH)
    parts = [
        svg.rect((0, top), max(scale(each[when]), 1.0), 11, style)
        for top, when, style in (
            (5, "loss_before", "bar good"),
            (20, "loss_after", "bar accent"),
        )
        if each[when] is not None
    ]
    return _cell(parts, _HEIGHT)


def change_track(evidence: Evidence, figures: Mapping[str, Any]) -> tracks.Track:
    """The scale of all changes of expected loss, with the limit."""
    limit = findings.limit(evidence, "STRESS-001")
    ends = [
        float(one[end])
        for one in figures["scenarios"]
        for end in ("loss_low", "loss_high")
        if one[end] is not None
    ]
    limits = () if limit is None else (limit,)
    reach = svg.nice_top(max([_LEAST_CHANGE, *(abs(end) * 1.1 for end in (*ends, *limits))]))
    low = -reach if min([0.0, *ends]) < 0 else 0.0
    return tracks.Track(low, reach, 0.0, limits, _change_at)


def multiple(figures: Mapping[str, Any], each: Mapping[str, Any]) -> Markup:
    """How many times the scenario it takes; a bar to the end means that nothing breaks."""
    scale = svg.Scale(0, float(figures["largest"]), 0, tracks.WIDTH)
    far = each["multiple"] is None
    at = scale(float(figures["largest"] if far else each["multiple"]))
    once = scale(1.0)
    parts = [
        svg.rect((0, 8), max(at, 1.0), 8, "bar good" if far else "bar accent"),
        svg.line((once, -30), (once, 60), "limit"),
    ]
    if far:
        parts.append(svg.element("polygon", points="250,4 260,12 250,20", class_="arrow"))
    return _cell(parts, 24)


def multiple_axis(figures: Mapping[str, Any]) -> Markup:
    """The labels over the multiples."""
    largest = float(figures["largest"])
    scale = svg.Scale(0, largest, 0, tracks.WIDTH)
    end = svg.text((tracks.WIDTH, 13), f"{largest:g} times", "end", "t tick")
    return _cell([svg.text((scale(1.0), 13), "once", "middle", "t limit-label"), end], 18)


def most(features: Sequence[Mapping[str, Any]], name: str) -> float:
    """The largest figure of some features; 0 where none is known."""
    return max((float(each[name]) for each in features if each[name] is not None), default=0.0)


def edge(each: Mapping[str, Any], largest: float) -> str:
    """The multiple as people read it: ``2.3 times``, ``beyond 10 times``."""
    if each["multiple"] is None:
        return f"beyond {largest:g} times"
    return f"{formatting.decimal(each['multiple'], 2)} times"


def _edge(scenarios: Sequence[Mapping[str, Any]]) -> str:
    known = [each for each in scenarios if each["multiple"] is not None]
    if not known:
        return "No gate breaks however far a scenario is driven." if scenarios else ""
    nearest = min(known, key=lambda each: float(each["multiple"]))
    return (
        f"The nearest edge is {_named(nearest['name']).lower()} at "
        f"{formatting.decimal(nearest['multiple'], 1)} times what is imagined ({nearest['gate']})."
    )


def _named(name: str) -> str:
    return formatting.words(name).capitalize()


def _change(value: float) -> str:
    return f"{'rises' if value >= 0 else 'falls'} by {formatting.share(abs(value))}"


def _change_at(value: float | None) -> str:
    if not value:
        return "0"
    return f"{formatting.signed(100 * value, 0)}{formatting.NBSP}%"


def _cell(parts: Sequence[Markup], height: int) -> Markup:
    """A picture inside a cell says nothing that the cells beside it do not: hidden from speech."""
    return svg.element(
        "svg",
        *parts,
        viewBox=f"0 0 {tracks.WIDTH} {height}",
        width=tracks.WIDTH,
        height=height,
        aria_hidden="true",
        class_="track",
    )
