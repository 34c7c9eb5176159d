"""How groups and intersections fare: dots with intervals, heat tables, lines along the score.

Everything is drawn from the figures of an evidence pack; a part that was not asked about is
simply absent.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipelines_lib.reporting import findings, formatting, svg, tracks

Figures = Mapping[str, Any]
_LINES = 5
"""Styles of lines in the style sheet, ``line-1`` to ``line-5``."""
_TOP = 1.4
_STEPS = 7
_ZONES = ((0.8, "heat-low"), (0.9, "heat-lower"), (1.1, "heat-even"))
"""Colours of a heat table; what the gate requires is the policy's limit."""
_HIGHEST = "heat-high"


@dataclass(frozen=True)
class Row:
    """One group of a table of dots: its name, its figure and interval, and what stands beside."""

    group: str
    note: str
    value: float | None
    low: float | None
    high: float | None
    beside: tuple[str, ...]
    aside: bool


@dataclass(frozen=True)
class Measure:
    """One measure over all groups of all attributes, on one scale.

    Attributes:
        title: A few words over a column.
        caption: What it is, over a whole table.
        heads: Names of the figures that stand beside it.
        track: The scale.
        write: How its figure is written.
        parts: Rows of each attribute.
    """

    title: str
    caption: str
    heads: tuple[str, ...]
    track: tracks.Track
    write: formatting.Format
    parts: tuple[tuple[str, tuple[Row, ...]], ...]

    def row(self, attribute: str, group: str) -> Row | None:
        """One group of one attribute."""
        rows = dict(self.parts).get(attribute, ())
        return next((row for row in rows if row.group == group), None)


@dataclass(frozen=True)
class Cell:
    """One intersection of a heat table."""

    ratio: str
    people: str
    tone: str
    title: str


def measures(evidence: Figures) -> list[Measure]:
    """Every measure the evidence holds, in the order of the report."""
    figures = evidence.get("figures") or {}
    found = []
    if gaps := figures.get("score_gap"):
        parts = _parts(gaps, score_gaps)
        found.append(
            Measure(
                "Score gap, in SD",
                "Standardised mean difference of the scores against the reference group; to the "
                "right: scored as the greater risk",
                ("Mean score", "People"),
                _difference_scale(evidence, "FAIR-004", parts),
                formatting.signed,
                parts,
            )
        )
    if erred := figures.get("equalised_odds"):
        found += [_errors(evidence, erred, rate) for rate in _RATES]
    if meant := figures.get("group_calibration"):
        parts = _parts(meant, calibrations)
        found.append(
            Measure(
                "Calibration",
                "Observed over predicted outcomes of the group, divided by that of everybody "
                f"({formatting.ratio(meant['whole'])}); to the right: more than the scores say",
                ("Observed", "Predicted", "People"),
                _ratio_scale(parts),
                formatting.ratio,
                parts,
            )
        )
    return found


_RATES = (
    ("false_positive", "well", "False positives", "declined among those who turned out well"),
    ("true_positive", "badly", "True positives", "declined among those who turned out badly"),
)
_Parts = tuple[tuple[str, tuple[Row, ...]], ...]


def _errors(evidence: Figures, erred: Figures, which: tuple[str, str, str, str]) -> Measure:
    rate, people, title, said = which
    parts = _parts(erred, lambda attribute: odds(attribute, rate, people))
    return Measure(
        title,
        f"{title} against the reference group: {said}",
        ("Declined", "People"),
        _difference_scale(evidence, "FAIR-005", parts),
        formatting.signed,
        parts,
    )


def _parts(figures: Figures, read: Callable[[Figures], Iterator[Row]]) -> _Parts:
    return tuple((one["attribute"], tuple(read(one))) for one in figures["attributes"])


def side_by_side(known: Sequence[Measure]) -> list[tuple[str, list[tuple[Row, list[Row | None]]]]]:
    """Groups of each attribute, each with its row of every measure."""
    if not known:
        return []
    return [
        (attribute, [(row, [one.row(attribute, row.group) for one in known]) for row in rows])
        for attribute, rows in known[0].parts
    ]


def score_gaps(attribute: Figures) -> Iterator[Row]:
    """Groups of an attribute by their standardised mean difference."""
    for group in _there(attribute, "rows"):
        beside = (formatting.decimal(group["mean_score"]), formatting.count(group["rows"]))
        span = group["difference"], group["low"], group["high"]
        yield _row(group, span, beside, attribute["reference"])


def odds(attribute: Figures, rate: str, people: str) -> Iterator[Row]:
    """Groups of an attribute by the difference of one error rate."""
    for group in _there(attribute, "well", "badly"):
        beside = (formatting.share(group[f"{rate}_rate"]), formatting.count(group[people]))
        yield _row(group, group[rate] or (None, None, None), beside, attribute["reference"])


def calibrations(attribute: Figures) -> Iterator[Row]:
    """Groups of an attribute by their calibration beside that of everybody."""
    for group in _there(attribute, "rows"):
        beside = (
            formatting.count(group["observed"]),
            formatting.decimal(group["expected"], 1),
            formatting.count(group["rows"]),
        )
        yield _row(group, (group["against_whole"], group["low"], group["high"]), beside, None)


def _there(attribute: Figures, *people: str) -> list[Figures]:
    """Groups with people; a judged one that vanished must be seen to be empty."""
    groups = attribute["groups"]
    return [one for one in groups if one["judged"] or any(one[name] for name in people)]


def _row(
    group: Figures,
    span: Sequence[float | None],
    beside: tuple[str, ...],
    reference: str | None,
) -> Row:
    name = group["group"]
    aside = not group["judged"] and name != reference
    note = "reference" if name == reference else "not judged" if aside else ""
    value, low, high = span
    return Row(formatting.words(name), note, value, low, high, beside, aside)


def _ends(parts: _Parts) -> list[float]:
    rows = (row for _, rows in parts for row in rows if not row.aside)
    return [end for row in rows for end in (row.low, row.high) if end is not None]


def _difference_scale(evidence: Figures, code: str, parts: _Parts) -> tracks.Track:
    """The scale of differences around zero, with the policy's limit on both sides."""
    ends = _ends(parts)
    return tracks.difference_track(ends, findings.limits_around_zero(evidence, code), least=0.1)


def _ratio_scale(parts: _Parts) -> tracks.Track:
    """The scale of ratios around one."""
    known = _ends(parts)
    low, high = min([0.75, *known]), max([1.33, *known])
    return tracks.Track(
        max(low, 0.25), min(high, 4.0), 1.0, (), lambda value: formatting.decimal(value, 2)
    )


def heat(pair: Figures) -> tuple[list[str], list[tuple[str, list[Cell]]]]:
    """The heat table of two attributes: names of its columns, and each row with its cells.

    A group without anybody is left out unless it is judged: then it has vanished.
    """
    marks = [
        [bool(people or judged) for people, judged in zip(*both, strict=True)]
        for both in zip(pair["rows"], pair["judged"], strict=True)
    ]
    rows = [place for place, marked in enumerate(marks) if any(marked)]
    columns = [place for place, marked in enumerate(zip(*marks, strict=True)) if any(marked)]
    return [formatting.words(pair["others"][column]) for column in columns], [
        (formatting.words(pair["groups"][row]), [_cell(pair, row, column) for column in columns])
        for row in rows
    ]


def _cell(pair: Figures, row: int, column: int) -> Cell:
    people = pair["rows"][row][column]
    reference = [row, column] == list(pair["reference"])
    value, low, high = (pair["ratio"][part][row][column] for part in ("value", "low", "high"))
    judged = bool(pair["judged"][row][column])
    tone = "heat-reference" if reference else _tone(value, judged)
    who = f"{formatting.words(pair['groups'][row])}, {formatting.words(pair['others'][column])}"
    title = (
        f"{who}: {formatting.count(pair['approved'][row][column])} of {formatting.count(people)} "
        f"approved; ratio {formatting.ratio(value)}, interval {formatting.between(low, high)}"
    )
    written = "reference" if reference else formatting.decimal(value, 2)
    return Cell(written, formatting.count(people), tone, title)


def _tone(value: float | None, judged: bool) -> str:
    if value is None or not judged:
        return "heat-aside"
    return next((tone for top, tone in _ZONES if value < top), _HIGHEST)


def lowest_cells(figures: Figures, most: int) -> list[dict[str, str]]:
    """The judged intersections with the lowest ratios, with every measure of theirs."""
    found = [
        (pair["ratio"]["value"][row][column], pair, row, column)
        for pair in figures["pairs"]
        for row in range(len(pair["groups"]))
        for column in range(len(pair["others"]))
        if pair["judged"][row][column] and pair["ratio"]["value"][row][column] is not None
    ]
    lowest = sorted(found, key=lambda one: (one[0], one[1]["attribute"], one[2], one[3]))[:most]
    return [_measures(pair, row, column) for _, pair, row, column in lowest]


def _measures(pair: Figures, row: int, column: int) -> dict[str, str]:
    groups = pair["groups"][row], pair["others"][column]

    def written(measure: str, write: formatting.Format) -> str:
        value, low, high = (pair[measure][part][row][column] for part in ("value", "low", "high"))
        return f"{write(value)} ({formatting.between(low, high, write)})"

    return {
        "name": " and ".join(map(formatting.words, groups)),
        "people": formatting.count(pair["rows"][row][column]),
        "ratio": written("ratio", lambda value: formatting.decimal(value, 2)),
        "score_gap": written("score_gap", lambda value: formatting.signed(value, 2)),
        "odds": written("odds", lambda value: formatting.decimal(value, 2)),
        "calibration": written("calibration", lambda value: formatting.decimal(value, 2)),
    }


def lowest_near(figures: Figures) -> Figures | None:
    """The lowest intersection at the cut-offs around the one in use."""
    near = zip(figures["intersections"], figures["judged"], strict=True)
    found = [one for one, judged in near if judged and one]
    return min(found, key=lambda one: (one["ratio"], one["subject"])) if found else None


def line_groups(attribute: Figures) -> list[tuple[str, str, Figures]]:
    """Judged groups of a chart of lines: their style, their name and their figures."""
    judged = [group for group in attribute["groups"] if group["judged"]]
    return [
        (f"line-{place % _LINES + 1}", formatting.words(group["group"]), group)
        for place, group in enumerate(judged)
    ]


def along_the_score(attribute: Figures, figures: Figures, limit: float | None) -> Markup:
    """The impact ratio of each group for every share approved, with its band."""
    name = attribute["attribute"]
    frame = svg.Frame.of((0, 1), (0, _TOP), (480, 300))
    groups = line_groups(attribute)
    parts = [
        *_judged_zone(frame, figures),
        *frame.y_axis(svg.ticks(0, _TOP, _STEPS), _tenth, "Adverse impact ratio"),
        *frame.x_axis(svg.ticks(0, 1, 4), _percent, "Share approved of everybody"),
        svg.line(frame.at((0, 1)), frame.at((1, 1)), "neutral"),
        *_bands(frame, figures["approved"], groups),
        *_curves(frame, figures["approved"], groups),
        *_limit(frame, limit),
    ]
    spoken = "; ".join(
        f"{word}: {formatting.decimal(_lowest(group), 2)} at its lowest"
        for _, word, group in groups
    )
    return svg.drawing(
        f"along-{name}",
        f"Adverse impact ratio along the score, {formatting.words(name)}",
        f"Ratio of each group against {formatting.words(attribute['reference'])} for every share "
        f"approved. {spoken}.",
        frame.size,
        parts,
    )


def _lowest(group: Figures) -> float | None:
    return min((value for value in group["ratio"] if value is not None), default=None)


def _tenth(value: float | None) -> str:
    return formatting.decimal(value, 1)


def _percent(value: float | None) -> str:
    return f"{100 * (value or 0):.3g}{formatting.NBSP}%"


def _judged_zone(frame: svg.Frame, figures: Figures) -> list[Markup]:
    near = [
        share
        for share, judged in zip(figures["approved"], figures["judged"], strict=True)
        if judged
    ]
    if not near:
        return []
    left, right = frame.x(min(near)) - 4, frame.x(max(near)) + 4
    height = frame.y.start - frame.y.end
    return [svg.rect((left, frame.y.end), right - left, height, "zone near", "judged")]


def _bands(
    frame: svg.Frame, approved: Sequence[float], groups: Sequence[tuple[str, str, Figures]]
) -> list[Markup]:
    drawn = []
    for style, _, group in groups:
        known = [
            (share, low, high)
            for share, low, high in zip(approved, group["low"], group["high"], strict=True)
            if low is not None and high is not None
        ]
        outline = [(share, low) for share, low, _ in known]
        outline += [(share, high) for share, _, high in reversed(known)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(frame.at, outline))
        if known:
            drawn.append(svg.element("polygon", points=points, class_=f"band {style}"))
    return drawn


def _curves(
    frame: svg.Frame, approved: Sequence[float], groups: Sequence[tuple[str, str, Figures]]
) -> list[Markup]:
    return [
        svg.path(
            [
                frame.at((share, value))
                for share, value in zip(approved, group["ratio"], strict=True)
                if value is not None
            ],
            f"curve {style}",
        )
        for style, _, group in groups
    ]


def _limit(frame: svg.Frame, limit: float | None) -> list[Markup]:
    if limit is None:
        return []
    height = frame.y(limit)
    label = svg.text(
        (frame.x.end, height + 15), formatting.decimal(limit, 2), "end", "t limit-label"
    )
    return [svg.line((frame.x.start, height), (frame.x.end, height), "limit"), label]
