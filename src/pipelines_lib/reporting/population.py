"""Plots of a population in motion: deliveries beside each other, and outcomes night by night."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines_lib.reporting import findings, formatting, svg

Evidence = Mapping[str, Any]
_SIZE = (480, 210)
_WORTH_A_LINE = 0.001
_LEAST_INDEX = 0.15
"""An axis that ends below this makes chance look like movement."""


def deliveries(evidence: Evidence, figures: Mapping[str, Any]) -> Markup:
    """How far each delivery of the watch window lies from the others; the newest stands out."""
    history = [float(each) for each in figures.get("history") or ()]
    limit = findings.limit(evidence, "DRIFT-007")
    top = svg.nice_top(max([_LEAST_INDEX, *history, *((limit,) if limit else ())]))
    frame = svg.Frame.of((0, max(len(history), 1)), (0, top), _SIZE)
    parts = frame.y_axis(svg.ticks(0, top, 4), _two, "Largest PSI")
    parts += [svg.line((frame.x.start, frame.y.start), (frame.x.end, frame.y.start), "base")]
    for place, value in enumerate(history):
        style = "bar accent" if place == len(history) - 1 else "bar good"
        left, right = frame.x(place + 0.15), frame.x(place + 0.85)
        told = f"{_back(len(history) - 1 - place)}: {formatting.decimal(value)}"
        height = frame.y.start - frame.y(value)
        parts.append(svg.rect((left, frame.y(value)), right - left, height, style, told))
    if limit is not None:
        parts += _limit(frame, limit, f"limit {limit:g}")
    parts.append(_below(frame, "oldest", "newest"))
    spoken = ", ".join(formatting.decimal(value) for value in history)
    return svg.drawing(
        "deliveries",
        "Each delivery against the others",
        f"Largest index over all columns, oldest first: {spoken}.",
        _SIZE,
        parts,
    )


def outcomes(figures: Mapping[str, Any]) -> Markup:
    """The rate of positives on each newest labelled night, beside that of the train window."""
    nights: Sequence[Mapping[str, Any]] = figures.get("nights") or ()
    rates = [each["positives"] / each["rows"] if each["rows"] else 0.0 for each in nights]
    train = figures.get("train_rate")
    top = svg.nice_top(max([0.01, *rates, train or 0.0]))
    frame = svg.Frame.of((0, max(len(rates), 1)), (0, top), _SIZE, right=70)
    newest = len(rates) - int(figures.get("newest_nights") or 0)
    parts = frame.y_axis(svg.ticks(0, top, 4), _percent, "Positives")
    parts += [svg.line((frame.x.start, frame.y.start), (frame.x.end, frame.y.start), "base")]
    for place, (night, rate) in enumerate(zip(nights, rates, strict=True)):
        told = f"{night['date']}: {formatting.share(rate)} of {formatting.count(night['rows'])}"
        style = "point" if place >= newest else "rate-dot"
        parts.append(svg.dot((frame.x(place + 0.5), frame.y(rate)), 4.5, style, told))
    if train is not None:
        height = frame.y(train)
        parts += [
            svg.line((frame.x.start, height), (frame.x.end, height), "reference"),
            svg.text((frame.x.end + 6, height + 4), "training", class_="t tick"),
        ]
    if nights:
        parts.append(_below(frame, str(nights[0]["date"]), str(nights[-1]["date"])))
    spoken = "; ".join(
        f"{night['date']}: {formatting.share(rate)}"
        for night, rate in zip(nights, rates, strict=True)
    )
    return svg.drawing(
        "outcomes-by-night",
        "Rate of positives by night",
        f"Share of positives on each labelled night out of time: {spoken}. In training: "
        f"{formatting.share(train)}.",
        _SIZE,
        parts,
    )


def far_out(new: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Numbers of which enough rows lie beyond training to be worth a line of the report."""
    numbers = new.get("numbers") or ()
    return [each for each in numbers if (each["share"] or 0.0) >= _WORTH_A_LINE]


def _two(value: float | None) -> str:
    return formatting.decimal(value, 2)


def _percent(value: float | None) -> str:
    return formatting.DASH if value is None else f"{100 * value:.3g}{formatting.NBSP}%"


def _back(deliveries_before: int) -> str:
    if not deliveries_before:
        return "newest delivery"
    return f"{formatting.counted(deliveries_before, 'delivery', 'deliveries')} before"


def _limit(frame: svg.Frame, value: float, label: str) -> list[Markup]:
    height = frame.y(value)
    return [
        svg.line((frame.x.start, height), (frame.x.end, height), "limit"),
        svg.text((frame.x.start + 6, height - 5), label, class_="t limit-label"),
    ]


def _below(frame: svg.Frame, first: str, last: str) -> Markup:
    at = frame.y.start + 18
    return svg.group(
        [
            svg.text((frame.x.start, at), first, class_="t tick"),
            svg.text((frame.x.end, at), last, "end", "t tick"),
        ]
    )
