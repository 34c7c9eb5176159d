"""Plots of one model's performance: ROC, precision-recall, calibration and score bands."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines_lib.reporting import formatting, svg
from pipelines_lib.reporting.key_figures import usual_night

Windows = Mapping[str, Any]
_STYLES = {"validation": "second", "out_of_time": "first"}
"""Out of time is the figure that counts, so it is drawn strong and last."""
_LOW_BASE = 0.16
"""A base rate below this runs through the foot of the plot, so the key stands above it."""


def roc(curves: Windows, figures: Windows) -> Markup:
    """How many positives are caught for each share of negatives turned away."""
    frame = svg.Frame.of((0, 1), (0, 1))
    lines = [
        svg.path([frame.at(point) for point in curves[name]["roc"]], f"curve {style}")
        for name, style in _present(curves, "roc")
    ]
    parts = [
        *_share_axes(frame, "Negatives declined (false alarms)", "Positives declined"),
        svg.line(frame.at((0, 0)), frame.at((1, 1)), "reference"),
        *lines,
        *_legend(frame, _labels(curves, figures, "roc", "AUC", "auc"), "right"),
    ]
    return svg.drawing(
        "roc",
        "ROC curve",
        "Share of positives declined against share of negatives declined, at every cut-off. "
        f"{_spoken(figures, 'AUC', 'auc')}. The dashed diagonal is chance.",
        frame.size,
        parts,
    )


def precision_recall(curves: Windows, figures: Windows) -> Markup:
    """How pure the declined are for each share of positives caught."""
    frame = svg.Frame.of((0, 1), (0, 1))
    drawn = _present(curves, "precision_recall")
    lines = [
        svg.path([frame.at(point) for point in curves[name]["precision_recall"]], f"curve {style}")
        for name, style in drawn
    ]
    rate = (figures.get("out_of_time") or {}).get("observed_rate")
    base = [svg.line(frame.at((0, rate)), frame.at((1, rate)), "reference")] if rate else []
    parts = [
        *_share_axes(
            frame, "Recall: share of positives declined", "Precision: positives among declined"
        ),
        *base,
        *lines,
        *_legend(
            frame,
            _labels(curves, figures, "precision_recall", "average precision", "average_precision"),
            "left",
            rate or 0.0,
        ),
    ]
    return svg.drawing(
        "precision-recall",
        "Precision-recall curve",
        "Precision against recall at every cut-off. "
        f"{_spoken(figures, 'average precision', 'average_precision')}. "
        "The dashed line is the base rate.",
        frame.size,
        parts,
    )


def calibration(window: str, bins: Sequence[Mapping[str, Any]]) -> Markup:
    """Whether the observed rate of each score band is what was predicted."""
    points = [b for b in bins if b["mean_score"] is not None and b["observed"] is not None]
    top = svg.nice_top(max(_highest(b) for b in points))
    frame = svg.Frame.of((0, top), (0, top))
    steps = svg.ticks(0, top, 4)
    parts = [
        *frame.y_axis(steps, _percent, "Observed rate"),
        *frame.x_axis(steps, _percent, "Mean predicted score of the band"),
        svg.line(frame.at((0, 0)), frame.at((top, top)), "reference"),
    ]
    for each in points:
        parts += _calibrated(frame, each)
    spoken = "; ".join(
        f"predicted {formatting.share(b['mean_score'])}, observed {formatting.share(b['observed'])}"
        for b in points
    )
    return svg.drawing(
        f"calibration-{window}",
        f"Calibration, {formatting.words(window)}",
        f"Observed rate with its interval against mean score, by band: {spoken}. "
        "On the dashed diagonal both agree.",
        frame.size,
        parts,
    )


def bands(window: str, bands: Sequence[Mapping[str, Any]], cutoff: float | None) -> Markup:
    """How positives and negatives spread over the score, and the observed rate of each band."""
    most = svg.nice_top(max(1, *(band["n"] for band in bands)))
    frame = svg.Frame.of((0, len(bands)), (0, most), right=58)
    rates = svg.Scale(0, 1, frame.y.start, frame.y.end)
    parts = [
        *frame.y_axis(svg.ticks(0, most, 4), formatting.count, "Applications"),
        *_band_axis(frame, bands),
        *_rate_axis(frame, rates),
    ]
    for index, band in enumerate(bands):
        parts += _band(frame, rates, index, band)
    parts += _cutoff(frame, bands, cutoff)
    return svg.drawing(
        f"bands-{window}",
        f"Score bands, {formatting.words(window)}",
        f"Applications in {len(bands)} score bands, negatives and positives stacked, "
        f"with the observed rate of each; {formatting.count(sum(b['n'] for b in bands))} in all.",
        frame.size,
        parts,
    )


def nights(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """How many applications each night delivered."""
    most = svg.nice_top(max(1, *(night["rows"] for night in rows)))
    frame = svg.Frame.of((0, len(rows)), (0, most), (480, 230))
    usual = usual_night([night["rows"] for night in rows])
    bars = []
    for index, night in enumerate(rows):
        left, top = frame.at((index + 0.15, night["rows"]))
        width = frame.x(index + 0.85) - left
        style = "bar good" if index < len(rows) - 1 else "bar accent"
        tip = f"{night['date']}: {formatting.count(night['rows'])}"
        bars.append(svg.rect((left, top), width, frame.y.start - top, style, tip))
    height = frame.y(usual)
    parts = [
        *frame.y_axis(svg.ticks(0, most, 4), formatting.count, "Applications"),
        *frame.x_axis((), formatting.count, "Business date"),
        *bars,
        svg.line((frame.x.start, height), (frame.x.end, height), "reference"),
        svg.text((frame.x.start, frame.y.start + 18), str(rows[0]["date"]), class_="t tick"),
        svg.text((frame.x.end, frame.y.start + 18), str(rows[-1]["date"]), "end", "t tick"),
    ]
    return svg.drawing(
        "nights",
        "Applications a night",
        f"The last {len(rows)} nights; the usual night has {formatting.count(usual)} applications, "
        f"the newest {formatting.count(rows[-1]['rows'])}.",
        frame.size,
        parts,
    )


def _share_axes(frame: svg.Frame, across: str, up: str) -> list[Markup]:
    steps = svg.ticks(0, 1, 4)
    return [
        *frame.y_axis(steps, _percent, up),
        *frame.x_axis(steps, _percent, across),
    ]


def _percent(value: float | None) -> str:
    return f"{100 * (value or 0):.3g}{formatting.NBSP}%"


def _present(curves: Windows, kind: str) -> list[tuple[str, str]]:
    return [(name, style) for name, style in _STYLES.items() if (curves.get(name) or {}).get(kind)]


def _labels(
    curves: Windows, figures: Windows, kind: str, word: str, figure: str
) -> list[tuple[str, str]]:
    return [
        (
            f"curve {style}",
            f"{formatting.words(name).capitalize()}: {word} "
            f"{formatting.decimal((figures.get(name) or {}).get(figure))}",
        )
        for name, style in _present(curves, kind)
    ]


def _spoken(figures: Windows, word: str, figure: str) -> str:
    return ", ".join(
        f"{formatting.words(name)} {word} {formatting.decimal(values.get(figure))}"
        for name in _STYLES
        if (values := figures.get(name))
    )


def _legend(
    frame: svg.Frame, labels: Sequence[tuple[str, str]], side: str, base: float = 0.0
) -> list[Markup]:
    """A key at the foot of the plot, where these curves leave room, clear of a base line."""
    foot = frame.y(base) if base < _LOW_BASE else frame.y.start
    first = foot - 16 - 20 * (len(labels) - 1)
    parts: list[Markup] = []
    for row, (style, label) in enumerate(labels):
        height = first + 20 * row
        if side == "left":
            line, words, anchor = frame.x.start + 10, frame.x.start + 44, "start"
        else:
            line, words, anchor = frame.x.end - 34, frame.x.end - 42, "end"
        parts.append(svg.line((line, height), (line + 26, height), style))
        parts.append(svg.text((words, height + 4), label, anchor, "t key"))
    return parts


def _highest(each: Mapping[str, Any]) -> float:
    known = (each["mean_score"], each["observed"], each["high"])
    return max(float(value) for value in known if value is not None)


def _calibrated(frame: svg.Frame, each: Mapping[str, Any]) -> list[Markup]:
    x, y = frame.at((each["mean_score"], each["observed"]))
    tip = (
        f"predicted {formatting.share(each['mean_score'])}, "
        f"observed {formatting.share(each['observed'])}, n {formatting.count(each['n'])}"
    )
    whisker: list[Markup] = []
    if each["low"] is not None and each["high"] is not None:
        low, high = frame.y(each["low"]), frame.y(each["high"])
        whisker = [
            svg.line((x, low), (x, high), "whisker"),
            svg.line((x - 4, low), (x + 4, low), "whisker"),
            svg.line((x - 4, high), (x + 4, high), "whisker"),
        ]
    style = "point off" if each.get("off") else "point"
    return [*whisker, svg.dot((x, y), 4.5, style, tip)]


def _band_axis(frame: svg.Frame, bands: Sequence[Mapping[str, Any]]) -> list[Markup]:
    """The score at which every fifth of the bands begins, and where the last one ends."""
    edges = [band["from"] for band in bands] + [bands[-1]["to"]]
    marks = tuple(range(0, len(edges), max(1, len(bands) // 5)))
    return frame.x_axis(marks, lambda place: formatting.decimal(edges[int(place or 0)], 2), "Score")


def _rate_axis(frame: svg.Frame, rates: svg.Scale) -> list[Markup]:
    """The labels of the observed rate, on the right."""
    right, width = frame.x.end, frame.size[0]
    labels = [
        svg.text((right + 8, rates(tick) + 4), _percent(tick), class_="t tick")
        for tick in svg.ticks(0, 1, 4)
    ]
    middle = (rates.start + rates.end) / 2
    turned = svg.element(
        "text",
        "Observed rate of positives",
        transform=f"translate({width - 4} {middle:.0f}) rotate(-90)",
        text_anchor="middle",
        class_="t axis",
    )
    return [*labels, turned]


def _band(frame: svg.Frame, rates: svg.Scale, index: int, band: Mapping[str, Any]) -> list[Markup]:
    left, right = frame.x(index + 0.1), frame.x(index + 0.9)
    top, split = frame.y(band["n"]), frame.y(band["positives"])
    where = f"{formatting.decimal(band['from'], 2)} to {formatting.decimal(band['to'], 2)}"
    goods = band["n"] - band["positives"]
    parts = [
        svg.rect(
            (left, top),
            right - left,
            split - top,
            "bar good",
            f"{where}: {formatting.count(goods)} negatives",
        ),
        svg.rect(
            (left, split),
            right - left,
            frame.y.start - split,
            "bar bad",
            f"{where}: {formatting.count(band['positives'])} positives",
        ),
    ]
    if not band["n"]:
        return parts
    rate = band["positives"] / band["n"]
    tip = f"{where}: observed rate {formatting.share(rate)}"
    return [*parts, svg.dot(((left + right) / 2, rates(rate)), 3.5, "rate-dot", tip)]


def _cutoff(
    frame: svg.Frame, bands: Sequence[Mapping[str, Any]], cutoff: float | None
) -> list[Markup]:
    """The cut-off, at its place inside the band that holds it."""
    if cutoff is None:
        return []
    for index, band in enumerate(bands):
        if band["from"] <= cutoff <= band["to"]:
            width = band["to"] - band["from"] or 1.0
            x = frame.x(index + (cutoff - band["from"]) / width)
            label = f"cut-off {formatting.decimal(cutoff, 3)}"
            return [
                svg.line((x, frame.y.start), (x, frame.y.end), "limit"),
                svg.text((x + 6, frame.y.end + 26), label, class_="t limit-label"),
            ]
    return []
