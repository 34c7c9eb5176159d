"""What came of training the candidate otherwise: learning curve, random split, capacity."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines_lib.reporting import formatting, svg

Figures = Mapping[str, Any]
_SIZE = (480, 250)
_SPACE = 0.02


def learning_curve(figures: Figures) -> Markup:
    """AUC out of time against the rows learned from, each step twice the one before."""
    steps = [each for each in figures["steps"] if each["auc"] is not None]
    frame = _frame(steps, len(steps))
    points = [(place + 0.5, each["auc"]) for place, each in enumerate(steps)]
    parts = [
        *_axes(frame, "AUC out of time"),
        *frame.x_axis((), formatting.count, "Rows learned from"),
        svg.path([frame.at(point) for point in points], "curve first"),
    ]
    for place, each in enumerate(steps):
        parts += _dot(frame, place + 0.5, each, formatting.count(each["rows"]))
    spoken = "; ".join(f"{formatting.count(s['rows'])} rows {_auc(s)}" for s in steps)
    return svg.drawing(
        "learning-curve",
        "Learning curve",
        f"AUC out of time by the rows learned from: {spoken}.",
        _SIZE,
        parts,
    )


def random_split(figures: Figures) -> Markup:
    """The same model on rows held out at random and out of time."""
    both = [
        (figures["random"], "held out at random"),
        (figures["out_of_time"], "out of time"),
    ]
    drawn = [(each, words) for each, words in both if each["auc"] is not None]
    frame = _frame([each for each, _ in drawn], len(drawn))
    parts = [*_axes(frame, "AUC"), *frame.x_axis((), formatting.count, "Rows it is tested on")]
    for place, (each, words) in enumerate(drawn):
        parts += _dot(frame, place + 0.5, each, words)
    spoken = "; ".join(f"{words} {_auc(each)}" for each, words in drawn)
    return svg.drawing(
        "random-split",
        "Random split beside out of time",
        f"AUC of one model: {spoken}.",
        _SIZE,
        parts,
    )


def nights(figures: Figures) -> Markup:
    """The share of positives among the cases of each night, and their mean."""
    looked = [each for each in figures["nights"] if each["looked_at"]]
    shares = [each["positive"] / each["looked_at"] for each in looked]
    top = svg.nice_top(max([0.01, *shares]))
    frame = svg.Frame.of((0, len(looked)), (0, top), _SIZE)
    parts = [
        *frame.y_axis(svg.ticks(0, top, 4), _percent, "Positives among the cases"),
        *frame.x_axis((), formatting.count, "Business date"),
    ]
    for place, (each, share) in enumerate(zip(looked, shares, strict=True)):
        tip = f"{each['night']}: {each['positive']} of {each['looked_at']}"
        parts.append(svg.dot(frame.at((place + 0.5, share)), 4, "point", tip))
    if figures["precision"] is not None:
        height = frame.y(figures["precision"])
        parts.append(svg.line((frame.x.start, height), (frame.x.end, height), "reference"))
    for night, end, anchor in (
        (looked[0], frame.x.start, "start"),
        (looked[-1], frame.x.end, "end"),
    ):
        parts.append(svg.text((end, frame.y.start + 18), str(night["night"]), anchor, "t tick"))
    return svg.drawing(
        "capacity",
        "Precision at capacity",
        f"Share of positives among the cases of {len(looked)} nights, "
        f"{formatting.share(figures['precision'])} on average.",
        _SIZE,
        parts,
    )


def _frame(drawn: Sequence[Figures], places: int) -> svg.Frame:
    ends = [float(each[end]) for each in drawn for end in ("low", "high")]
    low, high = min(ends, default=0.5) - _SPACE, max(ends, default=1.0) + _SPACE
    return svg.Frame.of((0, max(1, places)), (max(0.0, low), min(1.0, high)), _SIZE)


def _axes(frame: svg.Frame, title: str) -> list[Markup]:
    return frame.y_axis(svg.ticks(frame.y.low, frame.y.high, 4), formatting.decimal, title)


def _dot(frame: svg.Frame, place: float, each: Figures, words: str) -> list[Markup]:
    x, y = frame.at((place, each["auc"]))
    low, high = frame.y(each["low"]), frame.y(each["high"])
    return [
        svg.line((x, low), (x, high), "whisker"),
        svg.line((x - 4, low), (x + 4, low), "whisker"),
        svg.line((x - 4, high), (x + 4, high), "whisker"),
        svg.dot((x, y), 4.5, "point", _auc(each)),
        svg.text((x, frame.y.start + 18), words, "middle", "t tick"),
    ]


def _percent(value: float | None) -> str:
    return f"{100 * (value or 0):.3g}{formatting.NBSP}%"


def _auc(each: Figures) -> str:
    interval = formatting.between(each["low"], each["high"])
    return f"AUC {formatting.decimal(each['auc'])} ({interval})"
