"""The few figures that matter most, the same in the report and in the artifact."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from pipelines_lib.reporting import findings, formatting

Evidence = Mapping[str, Any]


@dataclass(frozen=True)
class KeyFigure:
    """One figure: what it is, its value, what to hold it against, and how its check ended."""

    label: str
    value: str
    note: str
    outcome: str | None = None


def key_figures(evidence: Evidence) -> tuple[KeyFigure, ...]:
    """The figures this run has; a stopped run has only those of its data."""
    builders: Iterable[Callable[[Evidence], KeyFigure | None]] = (
        _auc,
        _separation,
        _calibration,
        _against_champion,
        _adverse_impact,
        _drift,
        _declined,
        _rows,
        _newest_night,
    )
    return tuple(figure for build in builders if (figure := build(evidence)))


def _figures(evidence: Evidence, name: str) -> Mapping[str, Any]:
    return (evidence.get("figures") or {}).get(name) or {}


def _out_of_time(evidence: Evidence) -> Mapping[str, Any]:
    windows = _figures(evidence, "performance").get("windows") or {}
    return windows.get("out_of_time") or {}


def _auc(evidence: Evidence) -> KeyFigure | None:
    window = _out_of_time(evidence)
    if window.get("auc") is None:
        return None
    span = window.get("auc_interval") or {}
    note = formatting.between(span.get("low"), span.get("high"))
    if span.get("confidence"):
        note += f" ({100 * span['confidence']:.0f}{formatting.NBSP}% interval)"
    outcome = findings.worst(evidence, "PERF-001", "out_of_time")
    return KeyFigure("AUC, out of time", formatting.decimal(window["auc"]), note, outcome)


def _separation(evidence: Evidence) -> KeyFigure | None:
    window = _out_of_time(evidence)
    if window.get("gini") is None:
        return None
    note = f"KS {formatting.decimal(window.get('ks'))}"
    return KeyFigure("Gini, out of time", formatting.decimal(window["gini"]), note)


def _calibration(evidence: Evidence) -> KeyFigure | None:
    window = _out_of_time(evidence)
    if window.get("mean_score") is None:
        return None
    note = f"observed {formatting.share(window.get('observed_rate'))}"
    outcome = findings.worst(evidence, "PERF-002", "out_of_time")
    value = formatting.share(window["mean_score"])
    return KeyFigure("Predicted rate", value, note, outcome)


def _against_champion(evidence: Evidence) -> KeyFigure | None:
    comparison = _figures(evidence, "comparison")
    for name, code in (("champion", "PERF-006"), ("baseline", "PERF-005")):
        other = comparison.get(name)
        if other:
            note = formatting.between(other.get("low"), other.get("high"), formatting.signed)
            value = formatting.signed(other.get("difference"))
            return KeyFigure(f"AUC against {name}", value, note, findings.worst(evidence, code))
    return None


def _adverse_impact(evidence: Evidence) -> KeyFigure | None:
    fairness = _figures(evidence, "fairness")
    if fairness.get("not_applicable"):
        return None
    ratios = [
        (group["ratio"], f"{attribute['attribute']}={group['group']}")
        for attribute in fairness.get("attributes") or ()
        for group in attribute["groups"] or ()
        if is_judged(attribute, group)
    ]
    if not ratios:
        return None
    lowest, name = min(ratios)
    outcome = findings.worst(evidence, "FAIR-001", name)
    return KeyFigure("Lowest adverse impact ratio", formatting.ratio(lowest), name, outcome)


def is_judged(attribute: Mapping[str, Any], group: Mapping[str, Any]) -> bool:
    """Whether a group is held against the limit: declared, large enough, not the reference."""
    named = group["group"] not in (attribute["reference"], "unknown")
    return named and not group.get("small") and group.get("ratio") is not None


def _drift(evidence: Evidence) -> KeyFigure | None:
    features = _figures(evidence, "drift").get("features") or ()
    known = [(each["psi"], each["feature"]) for each in features if each.get("psi") is not None]
    if not known:
        return None
    highest, name = max(known)
    outcome = findings.worst(evidence, "DRIFT-001", name)
    return KeyFigure("Largest drift (PSI)", formatting.decimal(highest), name, outcome)


def _declined(evidence: Evidence) -> KeyFigure | None:
    window = _out_of_time(evidence)
    candidate = evidence.get("candidate")
    if window.get("declined_share") is None or not candidate:
        return None
    note = f"score from {formatting.decimal(candidate.get('cutoff'))}"
    return KeyFigure("Declined, out of time", formatting.share(window["declined_share"]), note)


def _rows(evidence: Evidence) -> KeyFigure | None:
    quality = _figures(evidence, "quality")
    if quality.get("rows") is None:
        return None
    note = f"{formatting.counted(quality.get('quarantined') or 0, 'row')} set aside"
    outcome = findings.worst(evidence, "DATA-009")
    return KeyFigure("Applications", formatting.count(quality["rows"]), note, outcome)


def _newest_night(evidence: Evidence) -> KeyFigure | None:
    """Last night's volume, where nothing was scored and the data are all there is to see."""
    rows = [night["rows"] for night in _figures(evidence, "quality").get("nights") or ()]
    if not rows or _figures(evidence, "performance"):
        return None
    usual = usual_night(rows)
    outcome = findings.worst(evidence, "DATA-007")
    note = f"usual night {formatting.count(usual)}"
    return KeyFigure("Newest night", formatting.count(rows[-1]), note, outcome)


def usual_night(rows: Sequence[int]) -> float:
    """The median night before the newest, which must not vouch for itself."""
    return float(median(rows[:-1] or rows))
