"""The validation report: one self-contained HTML file, rendered from the evidence alone.

No network, no script, no clock: the same evidence gives the same bytes, and the file can be
read in twenty years. Templates hold the words, the other modules of this package the figures.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from pipelines_lib.errors import EvidenceError
from pipelines_lib.reporting import (
    alternatives,
    challenge,
    curves,
    decisions,
    fairness_charts,
    findings,
    formatting,
    glossary,
    key_figures,
    leakage,
    population,
    readings,
    reasons,
    reliability,
    segments,
    stress,
    tracks,
    verdict,
)
from pipelines_lib.storage import write_atomically

if TYPE_CHECKING:
    from jinja2 import Environment

FORMAT = "pipelines-evidence/1"
WINDOWS = ("train", "calibration", "validation", "out_of_time", "watch")
SECTIONS = {
    "verdict": "Verdict",
    "leakage": "Leakage",
    "performance": "Performance",
    "comparison": "Against champion",
    "fairness": "Fairness",
    "drift": "Drift",
    "stress": "Stress",
    "explanation": "Explanation",
    "data": "Data",
    "checks": "Every check",
    "model": "Model and people",
    "lineage": "Lineage",
    "verify": "How to verify",
    "glossary": "Glossary",
}
"""Each is a template of that name and an anchor in the report."""
_STOPPED_FIRST = ("verdict", "data", "checks")
"""A run that its data stopped has nothing else to show, so its data come first."""
_ISO_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
COMPARED = ("champion", "baseline")
_WORST_FEATURES = 6
_CONTRIBUTIONS = 15


def render(evidence: Mapping[str, Any]) -> str:
    """Render the report of one run.

    Args:
        evidence: The JSON of an evidence pack.

    Returns:
        One HTML document that refers to nothing outside itself.

    Raises:
        EvidenceError: The evidence has a format that this version does not know.
    """
    if evidence.get("format") != FORMAT:
        raise EvidenceError(
            f"Evidence of format {evidence.get('format')!r} cannot be rendered.",
            fix=f"Render it with the version that wrote it; this one reads {FORMAT}.",
        )
    return _environment().get_template("report.html.j2").render(_view(evidence))


def write_report(evidence: Mapping[str, Any], path: Path) -> None:
    """Render the report and write it so that readers see all of it or nothing."""
    write_atomically(path, render(evidence).encode())


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pipelines_lib.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        f=formatting,
        alternatives=alternatives,
        challenge=challenge,
        curves=curves,
        decisions=decisions,
        fairness_charts=fairness_charts,
        findings=findings,
        leakage=leakage,
        population=population,
        readings=readings,
        reasons=reasons,
        stress=stress,
        reliability=reliability,
        segments=segments,
        tracks=tracks,
        verdict=verdict,
    )
    environment.filters["whole_dates"] = _whole_dates
    return environment


def _whole_dates(text: str) -> Markup:
    """Keep a date on one line; browsers break it after its hyphens."""
    kept = _ISO_DATE.sub(r'<span class="nobr">\g<0></span>', str(escape(text)))
    return Markup(kept)  # noqa: S704  (escaped before the span was put around digits)


def _sections(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    first = _STOPPED_FIRST if evidence["verdict"] == "stopped" else ()
    return [(name, SECTIONS[name]) for name in dict.fromkeys((*first, *SECTIONS))]


class _Told(dict[str, Any]):
    """A part of the evidence; what it does not say is None and is shown as a dash."""

    def __missing__(self, key: str) -> None:
        return None


def _told(value: object) -> Any:  # noqa: ANN401  (any JSON value)
    if isinstance(value, Mapping):
        return _Told({key: _told(item) for key, item in value.items()})
    return [_told(item) for item in value] if isinstance(value, list | tuple) else value


def _view(written: Mapping[str, Any]) -> dict[str, Any]:
    """Everything the templates need, computed before any of them runs."""
    evidence = _told(written)
    figures = evidence.get("figures") or {}
    return {
        "evidence": evidence,
        "sections": _sections(evidence),
        "run": evidence["run"],
        "figures": figures,
        "areas": findings.areas(evidence),
        "tally": findings.tally(evidence),
        "cards": key_figures.key_figures(evidence),
        "actions": verdict.actions(evidence),
        "timeline": _timeline(evidence.get("windows") or {}),
        "worst_features": _worst_features(figures.get("drift") or {}),
        "contributions": ((figures.get("explanation") or {}).get("global") or [])[:_CONTRIBUTIONS],
        "opportunity": _opportunity_track(evidence, figures.get("fairness") or {}),
        "comparison": _comparison_track(evidence, figures.get("comparison") or {}),
        "terms": glossary.TERMS,
    }


def _timeline(windows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The windows that hold rows, oldest first, each with its length in days."""
    known = [(name, windows[name]) for name in WINDOWS if (windows.get(name) or {}).get("rows")]
    return [
        {"name": name, "number": number, "days": _days(window), **window}
        for number, (name, window) in enumerate(known, start=1)
    ]


def _days(window: Mapping[str, Any]) -> int:
    first, last = date.fromisoformat(window["first"]), date.fromisoformat(window["last"])
    return (last - first).days + 1


def _worst_features(drift: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    known = [each for each in drift.get("features") or () if each["psi"] is not None]
    drawn = [each for each in known if each["bins"]]
    return sorted(drawn, key=lambda each: (-each["psi"], each["feature"]))[:_WORST_FEATURES]


def _opportunity_track(evidence: Mapping[str, Any], fairness: Mapping[str, Any]) -> tracks.Track:
    values = [
        float(group[end])
        for attribute in fairness.get("attributes") or ()
        for group in attribute["groups"] or ()
        for end in ("opportunity_low", "opportunity_high")
        if group.get(end) is not None and not group.get("small")
    ]
    limits = findings.limits_around_zero(evidence, "FAIR-002")
    return tracks.difference_track(values, limits, least=0.1)


def _comparison_track(
    evidence: Mapping[str, Any], comparison: Mapping[str, Any]
) -> dict[str, tracks.Track]:
    """One scale for both comparisons, each with its own margin; the axis names neither."""
    margins: dict[str, tuple[float, ...]] = {
        "axis": (),
        "champion": findings.limits_around_zero(evidence, "PERF-006"),
        "baseline": findings.limits_around_zero(evidence, "PERF-005"),
    }
    ends = [
        float(other[end])
        for other in (comparison.get(name) for name in COMPARED)
        if other
        for end in ("low", "high")
        if other.get(end) is not None
    ]
    every = [*ends, *(limit for limits in margins.values() for limit in limits)]
    return {
        name: tracks.difference_track(every, limits, least=0.02) for name, limits in margins.items()
    }
