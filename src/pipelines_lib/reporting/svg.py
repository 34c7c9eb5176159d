"""Hand-made SVG: elements, scales and a frame with axes.

Colours are classes, never values: one style sheet serves light, dark and print. Every text
that goes in is escaped.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from pipelines_lib.reporting.formatting import Format

_ROUNDING = 1e-9
Point = tuple[float, float]
Attribute = str | float


def element(name: str, *children: str | Markup, **attributes: Attribute) -> Markup:
    """One element; ``class_`` and ``stroke_width`` become ``class`` and ``stroke-width``."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
    )
    inner = "".join(str(escape(child)) for child in children)
    whole = f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"
    return Markup(whole)  # noqa: S704  (every part is escaped)


def group(parts: Iterable[Markup], **attributes: Attribute) -> Markup:
    """Several elements as one."""
    return element("g", *parts, **attributes)


def line(start: Point, end: Point, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], class_=class_)


def rect(corner: Point, width: float, height: float, class_: str, title: str = "") -> Markup:
    """A rectangle, with a tooltip where a title is given."""
    tip = (element("title", title),) if title else ()
    return element(
        "rect",
        *tip,
        x=corner[0],
        y=corner[1],
        width=max(width, 0.0),
        height=max(height, 0.0),
        class_=class_,
    )


def dot(centre: Point, radius: float, class_: str, title: str = "") -> Markup:
    """A dot, with a tooltip where a title is given."""
    tip = (element("title", title),) if title else ()
    return element("circle", *tip, cx=centre[0], cy=centre[1], r=radius, class_=class_)


def text(at: Point, content: str, anchor: str = "start", class_: str = "t") -> Markup:
    """A line of text."""
    return element("text", content, x=at[0], y=at[1], text_anchor=anchor, class_=class_)


def path(points: Sequence[Point], class_: str) -> Markup:
    """A line through points."""
    steps = " ".join(f"{_text(x)},{_text(y)}" for x, y in points)
    return element("polyline", points=steps, class_=class_)


def drawing(
    name: str, title: str, description: str, size: tuple[int, int], parts: Iterable[Markup]
) -> Markup:
    """A whole picture with the title and description that a screen reader speaks."""
    width, height = size
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *parts,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        class_="chart",
    )


@dataclass(frozen=True)
class Scale:
    """A straight line from figures to pixels; figures outside are clipped to its ends."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a figure."""
        span = self.high - self.low or 1.0
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / span * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Whether a figure lies within the scale."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Frame:
    """A plot with two axes: where its edges are, and how figures become pixels."""

    x: Scale
    y: Scale
    size: tuple[int, int]

    @classmethod
    def of(
        cls,
        x: tuple[float, float],
        y: tuple[float, float],
        size: tuple[int, int] = (480, 340),
        right: float = 16,
    ) -> "Frame":
        """A frame with room for tick labels on the left and an axis title below."""
        width, height = size
        return cls(
            x=Scale(*x, start=60, end=width - right),
            y=Scale(*y, start=height - 50, end=14),
            size=size,
        )

    def at(self, point: Sequence[float]) -> Point:
        """The pixel of a pair of figures."""
        return self.x(point[0]), self.y(point[1])

    def y_axis(self, ticks: Sequence[float], write: Format, title: str) -> list[Markup]:
        """Grid lines, their labels, and the title of the axis, upright on the left."""
        parts = []
        for tick in ticks:
            height = self.y(tick)
            parts += [
                line((self.x.start, height), (self.x.end, height), "grid"),
                text((self.x.start - 8, height + 4), write(tick), "end", "t tick"),
            ]
        middle = (self.y.start + self.y.end) / 2
        turned = element(
            "text",
            title,
            transform=f"translate(13 {_text(middle)}) rotate(-90)",
            text_anchor="middle",
            class_="t axis",
        )
        return [*parts, turned]

    def x_axis(self, ticks: Sequence[float], write: Format, title: str) -> list[Markup]:
        """The base line, its labels, and the title of the axis."""
        base = self.y.start
        labels = [
            text((self.x(tick), base + 18), write(tick), "middle", "t tick") for tick in ticks
        ]
        middle = (self.x.start + self.x.end) / 2
        return [
            line((self.x.start, base), (self.x.end, base), "base"),
            *labels,
            text((middle, base + 40), title, "middle", "t axis"),
        ]


def nice_top(value: float) -> float:
    """The round figure at or above a value at which an axis may end."""
    if value <= 0:
        return 1.0
    power = 1.0
    while power > value:
        power /= 10
    while power * 10 <= value:
        power *= 10
    steps = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8, 10)
    return next(step * power for step in steps if step * power >= value * (1 - _ROUNDING))


def ticks(low: float, high: float, parts: int) -> tuple[float, ...]:
    """Evenly spread figures from one end of an axis to the other."""
    return tuple(low + (high - low) * step / parts for step in range(parts + 1))


def round_ticks(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Round figures from at or below the lower end to at or above the upper, evenly spread."""
    span = max(high - low, _ROUNDING * max(abs(low), abs(high), 1.0))
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(size * power for size in (1, 2, 5, 10) if size * power * most >= span)
    first, last = math.floor(low / step + _ROUNDING), math.ceil(high / step - _ROUNDING)
    return tuple(place * step for place in range(first, max(last, first + 1) + 1))


def _text(value: Attribute) -> str:
    if isinstance(value, str):
        return value
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # + 0.0 turns -0.0 into 0.0
