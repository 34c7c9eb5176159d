"""How the leakage section reads and looks: each feature with every question put to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipelines_lib.reporting import findings, formatting, svg, tracks
from pipelines_lib.reporting.formatting import Format

Evidence = Mapping[str, Any]
ALONE = "LEAK-001"
SHARED = "LEAK-008"
JUSTIFIED = "Justified"
_CHANCE = 0.5
_LOWEST, _HIGHEST = 0.4, 1.0
_SHOWN = 3
_BESIDE: Mapping[str, tuple[str, Format]] = {
    "LEAK-002": ("Missing, AUC", formatting.decimal),
    "LEAK-003": ("Name, dates", formatting.share),
    "LEAK-004": ("Tells time, AUC", formatting.decimal),
    "LEAK-005": ("Writing adds", formatting.signed),
    "LEAK-006": ("Distinct", formatting.share),
    "LEAK-007": ("One outcome", formatting.share),
}
_PAIR_HEIGHT = 34


@dataclass(frozen=True)
class Cell:
    """One figure of one feature; ``outcome`` is None where it passed."""

    text: str
    outcome: str | None


@dataclass(frozen=True)
class Row:
    """One feature: how it ranks alone, what else was asked, and what became of it."""

    feature: str
    power: Mapping[str, Any]
    cells: tuple[Cell, ...]
    outcome: str
    justified: bool
    stories: tuple[str, ...]


def asked(evidence: Evidence) -> bool:
    """Whether the evidence holds any result of this section."""
    return any(_is_leakage(check) for check in evidence.get("checks") or ())


def columns(evidence: Evidence) -> tuple[str, ...]:
    """Headings of the figures beside the power of a feature alone, of what was asked."""
    codes = {check["code"] for check in evidence.get("checks") or ()}
    return tuple(title for code, (title, _) in _BESIDE.items() if code in codes)


def rows(evidence: Evidence) -> tuple[Row, ...]:
    """Every feature; what did not pass or stays with a reason first, then the strongest."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for check in evidence.get("checks") or ():
        if _is_leakage(check) and check["code"] != SHARED:
            found.setdefault(check["subject"], {})[check["code"]] = check
    codes = {code for results in found.values() for code in results}
    every = (_row(name, results, codes) for name, results in found.items())
    return tuple(sorted(every, key=_suspects_then_strongest))


def power_track(evidence: Evidence) -> tracks.Track:
    """The scale of AUC alone, with the limit of the policy."""
    limit = findings.limit(evidence, ALONE)
    limits = () if limit is None else (limit,)
    return tracks.Track(_LOWEST, _HIGHEST, _CHANCE, limits, lambda x: formatting.decimal(x, 2))


def reading(evidence: Evidence) -> str:
    """Who is suspected, who stays with a reason, and how strong the strongest is alone."""
    every = rows(evidence)
    if not every:
        return "No feature was looked at."
    figures = (evidence.get("figures") or {}).get("leakage") or {}
    text = f"{formatting.counted(len(every), 'feature')} looked at"
    if figures.get("rows") is not None:
        text += f" on {formatting.counted(figures['rows'], 'row')}"
    suspects = [row.feature for row in every if row.outcome != "passed"]
    stay = [row.feature for row in every if row.outcome == "passed" and row.justified]
    text += f". {_named(suspects, 'not cleared')}." if suspects else "; none is suspected."
    if stay:
        text += f" {_named(stay, 'kept with a recorded reason')}."
    return f"{text} {_strongest(evidence, every)}".strip()


def shared(figures: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Every unseen window with the share of its rows that repeat a training row."""
    return tuple(
        {**each, "share": each["repeated"] / each["rows"]}
        for each in figures["windows"]
        if each["rows"]
    )


def repeats(each: Mapping[str, Any], every: Sequence[Mapping[str, Any]]) -> Markup:
    """Repeats of training rows above, repeats by chance below, on one scale."""
    ends = [one[end] for one in every for end in ("share", "by_chance")]
    scale = svg.Scale(0, svg.nice_top(max([0.01, *ends])), 0, tracks.WIDTH)
    parts = [
        svg.rect((0, 4), max(scale(each["share"]), 1.0), 11, "bar accent"),
        svg.rect((0, 19), max(scale(each["by_chance"]), 1.0), 11, "bar good"),
    ]
    return svg.element(
        "svg",
        *parts,
        viewBox=f"0 0 {tracks.WIDTH} {_PAIR_HEIGHT}",
        width=tracks.WIDTH,
        height=_PAIR_HEIGHT,
        aria_hidden="true",
        class_="track",
    )


def _is_leakage(check: Mapping[str, Any]) -> bool:
    return str(check["code"]).startswith("LEAK-")


def _row(name: str, results: Mapping[str, Mapping[str, Any]], codes: set[str]) -> Row:
    told = [each for each in results.values() if _stands_out(each)]
    power = results.get(ALONE) or {}
    span = power.get("interval") or {}
    return Row(
        feature=name,
        power={
            "value": power.get("observed"),
            "low": span.get("low"),
            "high": span.get("high"),
        },
        cells=tuple(
            _cell(results.get(code), write) for code, (_, write) in _BESIDE.items() if code in codes
        ),
        outcome=_worst(results),
        justified=any(each["explanation"].startswith(JUSTIFIED) for each in told),
        stories=tuple(f"{each['code']}: {each['explanation']}" for each in told),
    )


def _cell(result: Mapping[str, Any] | None, write: Format) -> Cell:
    if result is None:
        return Cell(formatting.DASH, None)
    outcome = None if result["outcome"] == "passed" else result["outcome"]
    return Cell(write(result.get("observed")), outcome)


def _worst(results: Mapping[str, Mapping[str, Any]]) -> str:
    outcomes = {each["outcome"] for each in results.values()}
    return next((each for each in ("failed", "not_enough_evidence") if each in outcomes), "passed")


def _stands_out(result: Mapping[str, Any]) -> bool:
    return result["outcome"] != "passed" or str(result["explanation"]).startswith(JUSTIFIED)


def _suspects_then_strongest(row: Row) -> tuple[bool, bool, float, str]:
    value = row.power["value"]
    strength = -float(value) if value is not None else 0.0
    return row.outcome == "passed", not row.justified, strength, row.feature


def _strongest(evidence: Evidence, every: Sequence[Row]) -> str:
    known = [row for row in every if row.power["value"] is not None]
    if not known:
        return ""
    best = max(known, key=lambda row: float(row.power["value"]))
    limit = findings.limit(evidence, ALONE)
    against = "" if limit is None else f"; the limit is {formatting.decimal(limit, 2)}"
    auc = formatting.decimal(best.power["value"])
    return f"The strongest alone is {best.feature} with AUC {auc}{against}."


def _named(names: Sequence[str], what: str) -> str:
    listed = ", ".join(names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{listed}{more}: {what}"
