"""What decisions cost, and which of them would change: the pictures of money and of flips."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines_lib.reporting import formatting, svg

Figures = Mapping[str, Any]
_MILLION, _THOUSAND = 1_000_000, 1_000
_KEPT_WHOLE = 10_000
_LABEL = 95
"""Pixels that the label of a cut-off takes."""


def money(value: float | None) -> str:
    """An amount short enough for an axis: ``2.2 M``, ``350 k``, ``8,000``."""
    if value is None:
        return formatting.DASH
    size = abs(value)
    if size >= _MILLION:
        return f"{formatting.significant(round(value / _MILLION, 2))}{formatting.NBSP}M"
    if size >= _KEPT_WHOLE:
        return f"{formatting.significant(round(value / _THOUSAND, 1))}{formatting.NBSP}k"
    return formatting.count(value)


def cost_curve(figures: Figures) -> Markup:
    """Cost at every cut-off, with the chosen and the cheapest one."""
    points = figures["curve"]
    top, last = svg.nice_top(max(cost for _, cost in points)), svg.nice_top(points[-1][0])
    frame = svg.Frame.of((0, last), (0, top))
    parts = [
        *frame.y_axis(svg.ticks(0, top, 4), money, f"{figures['currency']} per 1,000 applications"),
        *frame.x_axis(svg.ticks(0, last, 4), _score, "Cut-off: declined from this score on"),
        svg.path([frame.at(point) for point in points], "curve first"),
        *_chosen(frame, figures),
        *_cheapest(frame, figures),
    ]
    return svg.drawing(
        "cost-curve",
        "Cost by cut-off, out of time",
        f"Declining everybody costs {money(figures['decline_all'])} {figures['currency']} per "
        f"1,000 applications, approving everybody {money(figures['approve_all'])}, the chosen "
        f"cut-off {formatting.decimal(figures['cutoff'])} {money(figures['cost'])}, the cheapest "
        f"{formatting.decimal(figures['cheapest_cutoff'])} {money(figures['cheapest_cost'])}.",
        frame.size,
        parts,
    )


def flips(figures: Figures) -> Markup:
    """Decisions that flip, by tenth of the champion's score: upwards those newly declined."""
    tenths = figures["deciles"]
    marks = svg.round_ticks(
        -max(each["to_approved"] for each in tenths),
        max(1, *(each["to_declined"] for each in tenths)),
    )
    frame = svg.Frame.of((0, len(tenths)), (marks[0], marks[-1]))
    zero = frame.y(0)
    parts = [
        *frame.y_axis(marks, _size, "Approved now | declined now"),
        *frame.x_axis((), formatting.count, "Champion's score, a tenth of applications each"),
        svg.text((frame.x.start, frame.y.start + 18), "lowest", class_="t tick"),
        svg.text((frame.x.end, frame.y.start + 18), "highest", "end", "t tick"),
    ]
    for place, each in enumerate(tenths):
        parts += _pair(frame, place, each)
    parts.append(svg.line((frame.x.start, zero), (frame.x.end, zero), "base"))
    return svg.drawing(
        "flips",
        "Decisions that flip",
        f"{formatting.count(figures['to_declined'])} newly declined and "
        f"{formatting.count(figures['to_approved'])} newly approved, by tenth of the champion's "
        f"score: {_spoken(tenths)}.",
        frame.size,
        parts,
    )


def _score(value: float | None) -> str:
    return formatting.significant(value)


def _size(value: float | None) -> str:
    return formatting.count(abs(value or 0))


def _chosen(frame: svg.Frame, figures: Figures) -> list[Markup]:
    x = frame.x(figures["cutoff"])
    label = f"chosen {formatting.decimal(figures['cutoff'])}"
    return [
        svg.line((x, frame.y.start), (x, frame.y.end), "limit"),
        svg.text((x + 6, frame.y.end + 12), label, class_="t limit-label"),
    ]


def _cheapest(frame: svg.Frame, figures: Figures) -> list[Markup]:
    """The cheapest cut-off of validation, at what it costs out of time."""
    if figures["cheapest_cutoff"] is None or figures["cheapest_cost"] is None:
        return []
    x, y = frame.at((figures["cheapest_cutoff"], figures["cheapest_cost"]))
    label = f"cheapest {formatting.decimal(figures['cheapest_cutoff'])}"
    away_from_chosen = frame.x(figures["cutoff"]) < x or x < frame.x.start + _LABEL
    return [
        svg.dot((x, y), 5, "point", f"{label}: {money(figures['cheapest_cost'])}"),
        svg.text((x, y + 22), label, "start" if away_from_chosen else "end", "t key"),
    ]


def _pair(frame: svg.Frame, place: int, each: Figures) -> list[Markup]:
    left, right = frame.x(place + 0.12), frame.x(place + 0.88)
    zero, top, bottom = (frame.y(v) for v in (0, each["to_declined"], -each["to_approved"]))
    where = f"up to {formatting.decimal(each['highest'])}"
    return [
        svg.rect(
            (left, top),
            right - left,
            zero - top,
            "bar bad",
            f"{where}: {formatting.count(each['to_declined'])} newly declined",
        ),
        svg.rect(
            (left, zero),
            right - left,
            bottom - zero,
            "bar accent",
            f"{where}: {formatting.count(each['to_approved'])} newly approved",
        ),
    ]


def _spoken(tenths: Sequence[Figures]) -> str:
    return "; ".join(
        f"up to {formatting.decimal(each['highest'])} {formatting.count(each['to_declined'])} "
        f"and {formatting.count(each['to_approved'])}"
        for each in tenths
    )
