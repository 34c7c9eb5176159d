"""The search for a fairer model as a picture: how well each ranks, and how the worst off fare.

Also the scale on which the proxy test is drawn. Nothing is judged here: which models are not
inferior and which lie on the frontier stands in the evidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipelines_lib.reporting import findings, formatting, svg, tracks

Figures = Mapping[str, Any]
_SIZE = (480, 320)
_CHANCE, _CERTAIN = 0.5, 1.0
_EQUAL = 1.0
_NOBODY: Figures = {"group": None, "auc": None, "low": None, "high": None}
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5)


@dataclass(frozen=True)
class Spot:
    """One model where one attribute's picture puts it; ratios count up to 1."""

    number: int
    name: str
    auc: float
    ratio: float
    group: str
    judged: bool
    not_inferior: bool | None
    on_frontier: bool


def spots(figures: Figures, attribute: str) -> tuple[Spot, ...]:
    """Every model of the search that can be placed; the candidate is number 0."""
    return tuple(
        _spot(number, each, treated)
        for number, each in enumerate(figures.get("alternatives") or ())
        for treated in each["treatments"] or ()
        if treated["attribute"] == attribute and each["auc"] is not None
    )


def _spot(number: int, each: Figures, treated: Figures) -> Spot:
    return Spot(
        number=number,
        name=each["name"],
        auc=float(each["auc"]),
        ratio=min(float(treated["ratio"]), _EQUAL),
        group=treated["group"],
        judged=bool(each["judged"]),
        not_inferior=each["not_inferior"],
        on_frontier=bool(treated["on_frontier"]),
    )


def attributes(figures: Figures) -> tuple[str, ...]:
    """Attributes of the search, in the order of the evidence."""
    treated = [
        each["attribute"]
        for model in figures.get("alternatives") or ()
        for each in model["treatments"] or ()
    ]
    return tuple(dict.fromkeys(treated))


def is_even(drawn: Sequence[Spot]) -> bool:
    """Whether under every model the lowest ratio reads 1.00: there is nothing to draw."""
    return all(round(spot.ratio, 2) >= _EQUAL for spot in drawn)


def frontier(
    figures: Figures, attribute: str, drawn: Sequence[Spot], limit: float | None
) -> Markup:
    """Each model by its AUC and the lowest adverse impact ratio; better is up and right."""
    margin = _margin_line(figures, drawn)
    frame = _frame(drawn, margin, limit)
    best = sorted((spot for spot in drawn if spot.on_frontier), key=lambda spot: spot.auc)
    parts = [
        *frame.y_axis(svg.ticks(frame.y.low, frame.y.high, 4), _two, "Lowest impact ratio"),
        *frame.x_axis(
            svg.ticks(frame.x.low, frame.x.high, 4), formatting.decimal, "AUC out of time"
        ),
        *_limit(frame, limit),
        *_margin(frame, margin),
        svg.path([frame.at((spot.auc, spot.ratio)) for spot in best], "curve second"),
        *(_mark(frame, spot) for spot in drawn if spot.number),
        *(_candidate(frame, spot) for spot in drawn if not spot.number),
    ]
    return svg.drawing(
        f"alternatives-{attribute}",
        f"Alternatives and {formatting.words(attribute)}",
        _spoken(drawn),
        frame.size,
        parts,
    )


def _two(value: float | None) -> str:
    return formatting.decimal(value, 2)


def _frame(drawn: Sequence[Spot], margin: float | None, limit: float | None) -> svg.Frame:
    across = [spot.auc for spot in drawn] + ([margin] if margin is not None else [])
    up = [spot.ratio for spot in drawn] + ([limit] if limit is not None else [])
    return svg.Frame.of(_around(across), _around(up), _SIZE)


def _around(values: Sequence[float]) -> tuple[float, float]:
    """Four round steps that hold every value, with a little room at both ends."""
    room = 0.06 * (max(values) - min(values)) + 0.0005
    lowest, highest = min(values) - room, max(values) + room
    for step in _STEPS:
        low = lowest // step * step
        if low + 4 * step >= highest:
            return low, low + 4 * step
    return 0.0, 4 * _STEPS[-1]


def _margin_line(figures: Figures, drawn: Sequence[Spot]) -> float | None:
    own = [spot.auc for spot in drawn if not spot.number]
    return own[0] - float(figures["margin"]) if own and figures.get("margin") is not None else None


def _limit(frame: svg.Frame, limit: float | None) -> list[Markup]:
    if limit is None:
        return []
    height = frame.y(limit)
    label = svg.text((frame.x.end, height - 5), f"limit {_two(limit)}", "end", "t limit-label")
    return [svg.line((frame.x.start, height), (frame.x.end, height), "limit"), label]


def _margin(frame: svg.Frame, margin: float | None) -> list[Markup]:
    if margin is None:
        return []
    x = frame.x(margin)
    return [svg.line((x, frame.y.start), (x, frame.y.end), "reference")]


def _mark(frame: svg.Frame, spot: Spot) -> Markup:
    style = "point" if spot.on_frontier else "point tried" if spot.judged else "point set-apart"
    return svg.dot(frame.at((spot.auc, spot.ratio)), 5, style, _tip(spot))


def _candidate(frame: svg.Frame, spot: Spot) -> Markup:
    x, y = frame.at((spot.auc, spot.ratio))
    return svg.group(
        (
            svg.rect((x - 6, y - 6), 12, 12, "rate-dot", _tip(spot)),
            svg.text((x + 10, y + 17), "candidate", "start", "t key"),
        )
    )


def _tip(spot: Spot) -> str:
    who = formatting.words(spot.group)
    return f"{spot.name}: AUC {formatting.decimal(spot.auc)}, {who} {_two(spot.ratio)}"


def _spoken(drawn: Sequence[Spot]) -> str:
    told = "; ".join(_tip(spot) for spot in drawn if spot.on_frontier or not spot.number)
    return (
        "AUC across and the lowest adverse impact ratio up, one dot a model. "
        f"The candidate and the models no other one beats: {told}."
    )


def reading(evidence: Figures) -> str:
    """What the search found, in a sentence."""
    checks = [each for each in evidence.get("checks") or () if each["code"] == "FAIR-011"]
    found = [formatting.words(each["subject"]) for each in checks if each["outcome"] == "failed"]
    open_ = [
        formatting.words(each["subject"])
        for each in checks
        if each["outcome"] == "not_enough_evidence"
    ]
    if found:
        text = f"For {_and(found)} there is a model that ranks as well and is materially fairer."
    else:
        text = "No model that was tried ranks as well and is surely materially fairer."
    return f"{text} For {_and(open_)} the rows cannot rule it out." if open_ else text


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def certainty(evidence: Figures) -> tracks.Track:
    """The scale of the proxy test: from chance to certainty."""
    limit = findings.limit(evidence, "FAIR-009")
    return tracks.Track(_CHANCE, _CERTAIN, _CHANCE, () if limit is None else (limit,), _two)


def best_told(groups: Sequence[Figures]) -> Figures:
    """The group the inputs tell best, of those that are judged; all None where there is none."""
    known = [each for each in groups if each["auc"] is not None and not each["small"]]
    return max(known, key=lambda each: float(each["auc"]), default=_NOBODY)
