"""Small plots that live in a table's cell: an interval, a bar, a pair of distributions.

Each row of the table is one track of the same width and scale, so that a limit reads as one
line down the page and every figure stands beside its picture.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipelines_lib.reporting import formatting, svg
from pipelines_lib.reporting.formatting import Format

WIDTH = 260
HEIGHT = 30
_PAD = 10
_DIGIT = 8.0
"""Pixels a character of an axis label takes, near enough to keep two labels apart."""
_BEYOND = 30
"""How far rules run above and below their row; the cell clips them to its own height."""


@dataclass(frozen=True)
class Track:
    """The scale that all rows of one table share, with its limits and its neutral value."""

    low: float
    high: float
    neutral: float
    limits: tuple[float, ...]
    write: Format

    @property
    def scale(self) -> svg.Scale:
        """Figures to pixels."""
        return svg.Scale(self.low, self.high, _PAD, WIDTH - _PAD)

    def axis(self) -> Markup:
        """The labels over the rows; a label that would touch its neighbour is left out."""
        placed: list[tuple[float, float]] = []
        labels = []
        for value in dict.fromkeys((*self.limits, self.neutral, self.low, self.high)):
            x, half = self._place(value)
            if all(abs(x - other) >= half + width + 4 for other, width in placed):
                placed.append((x, half))
                style = "t limit-label" if value in self.limits else "t tick"
                labels.append(svg.text((x, 13), self.write(value), "middle", style))
        return _cell(labels, 18)

    def _place(self, value: float) -> tuple[float, float]:
        """Middle and half width of a label, pushed inwards where it would leave the cell."""
        half = len(self.write(value)) * _DIGIT / 2
        return min(max(self.scale(value), half), WIDTH - half), half

    def row(
        self, value: float | None, low: float | None, high: float | None, style: str = ""
    ) -> Markup:
        """One figure with its interval; an arrow shows an end beyond the scale."""
        lines = [
            self._rule(self.neutral, "neutral"),
            *(self._rule(x, "limit") for x in self.limits),
        ]
        if value is None:
            return _cell(lines, HEIGHT)
        middle = HEIGHT / 2
        parts = list(lines)
        if low is not None and high is not None:
            parts.append(svg.line((self.scale(low), middle), (self.scale(high), middle), "span"))
            parts += [self._end(low, -1), self._end(high, 1)]
        parts.append(svg.dot((self.scale(value), middle), 5, "point"))
        return _cell(parts, HEIGHT, style)

    def _rule(self, value: float, class_: str) -> Markup:
        x = self.scale(value)
        return svg.line((x, -_BEYOND), (x, HEIGHT + _BEYOND), class_)

    def _end(self, value: float, direction: int) -> Markup:
        x, middle = self.scale(value), HEIGHT / 2
        if self.scale.holds(value):
            return svg.line((x, middle - 4), (x, middle + 4), "span")
        tip = x + 7 * direction
        points = f"{tip:.0f},{middle:.0f} {x:.0f},{middle - 5:.0f} {x:.0f},{middle + 5:.0f}"
        return svg.element("polygon", points=points, class_="arrow")


def ratio_track(groups: Sequence[Mapping[str, Any]], limit: float | None) -> Track:
    """The scale of adverse impact ratios: from at most 0.6 to at least 1.2, around 1."""
    known = _known(groups, "ratio", "ratio_low", "ratio_high")
    low = max(0.2, min([0.6, *(value - 0.05 for value in known)]))
    high = min(2.0, max([1.2, *(value + 0.05 for value in known)]))
    limits = () if limit is None else (limit,)
    return Track(low, high, 1.0, limits, lambda value: formatting.decimal(value, 2))


def difference_track(values: Sequence[float], limits: Sequence[float], least: float) -> Track:
    """A scale around zero, as wide to both sides as its widest figure or limit."""
    reach = svg.nice_top(max([least, *(abs(value) * 1.1 for value in (*values, *limits))]))
    return Track(-reach, reach, 0.0, tuple(limits), _around_zero)


def _around_zero(value: float | None) -> str:
    return f"{value:+.3g}".replace("-", formatting.MINUS) if value else "0"


def bar(value: float | None, top: float, style: str = "bar accent") -> Markup:
    """A plain bar from zero."""
    if value is None or top <= 0:
        return _cell([], 20)
    scale = svg.Scale(0, top, 0, WIDTH)
    return _cell([svg.rect((0, 4), max(scale(value), 1.0), 12, style)], 20)


PSI_TOP = 0.30
PSI_BANDS = (0.10, 0.25)
"""Where convention begins to watch and to act; what the gate requires is the policy's limit."""
_PSI_HEIGHT = 22


def psi(value: float | None, critical: float | None, newest: float | None = None) -> Markup:
    """A PSI on the bands of convention, with what chance alone may reach and the newest nights."""
    watch, act = (_psi_place(limit) for limit in PSI_BANDS)
    parts = [
        svg.rect((0, 0), watch, _PSI_HEIGHT, "zone stable"),
        svg.rect((watch, 0), act - watch, _PSI_HEIGHT, "zone watch"),
        svg.rect((act, 0), WIDTH - act, _PSI_HEIGHT, "zone act"),
    ]
    if value is not None:
        parts.append(svg.rect((0, 7), max(_psi_place(value), 1.5), 8, "bar accent"))
        if value > PSI_TOP:
            parts.append(svg.element("polygon", points="250,3 260,11 250,19", class_="arrow"))
    if critical is not None:
        x = _psi_place(critical)
        parts.append(svg.line((x, 2), (x, _PSI_HEIGHT - 2), "critical"))
    if newest is not None:
        parts.append(svg.dot((_psi_place(newest), _PSI_HEIGHT / 2), 4, "rate-dot"))
    return _cell(parts, _PSI_HEIGHT)


def psi_axis() -> Markup:
    """The labels over PSI bars."""
    labels = [
        svg.text((_psi_place(limit), 13), f"{limit:.2f}", "middle", "t tick")
        for limit in (0.01, *PSI_BANDS)
    ]
    return _cell([svg.text((0, 13), "0", class_="t tick"), *labels], 18)


def _psi_place(value: float) -> float:
    """Square-root scale: chance lives near 0.003 and alarms at 0.25, and both must be seen."""
    return WIDTH * math.sqrt(min(max(value, 0.0), PSI_TOP) / PSI_TOP)


def distributions(name: str, feature: Mapping[str, Any]) -> Markup:
    """Reference and current share of each bin, side by side."""
    bins = feature["bins"]
    top = max([0.01, *(share for b in bins for share in (b["reference"], b["current"]))])
    width, height = 280, 124
    across = svg.Scale(0, len(bins), 0, width)
    up = svg.Scale(0, top, height - 18, 18)
    parts = [
        svg.line((0, up.start), (width, up.start), "base"),
        svg.line((0, up.end), (width, up.end), "grid"),
        svg.text((0, up.end - 5), formatting.share(top), class_="t tick"),
    ]
    for index, each in enumerate(bins):
        parts += _pair(across, up, index, each)
    parts += [
        svg.text((0, height - 4), _trim(str(bins[0]["label"])), class_="t tick"),
        svg.text((width, height - 4), _trim(str(bins[-1]["label"])), "end", "t tick"),
    ]
    spoken = "; ".join(
        f"{b['label']}: {formatting.share(b['reference'])}, now {formatting.share(b['current'])}"
        for b in bins
    )
    return svg.drawing(
        name,
        f"Distribution of {feature['feature']}",
        f"Share of each bin in the reference and now: {spoken}.",
        (width, height),
        parts,
    )


def _pair(across: svg.Scale, up: svg.Scale, index: int, each: Mapping[str, Any]) -> list[Markup]:
    left, middle, right = (across(index + part) for part in (0.12, 0.5, 0.88))
    label = each["label"]
    return [
        svg.rect(
            (x, up(share)),
            end - x,
            up.start - up(share),
            style,
            f"{label}: {word} {formatting.share(share)}",
        )
        for x, end, share, style, word in (
            (left, middle, each["reference"], "bar good", "reference"),
            (middle, right, each["current"], "bar accent", "now"),
        )
    ]


def _trim(label: str, most: int = 20) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _cell(parts: Sequence[Markup], height: int, style: str = "") -> Markup:
    """A picture inside a cell says nothing that the cells beside it do not: hidden from speech."""
    return svg.element(
        "svg",
        *parts,
        viewBox=f"0 0 {WIDTH} {height}",
        width=WIDTH,
        height=height,
        aria_hidden="true",
        class_=f"track {style}".strip(),
    )


def _known(groups: Sequence[Mapping[str, Any]], *names: str) -> list[float]:
    return [
        float(group[name])
        for group in groups
        for name in names
        if group.get(name) is not None and not group.get("small")
    ]
