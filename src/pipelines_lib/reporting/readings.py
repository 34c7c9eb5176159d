"""One sentence over each section: what its figures say, or why there are none."""

from collections.abc import Mapping
from typing import Any

from pipelines_lib.reporting import findings, formatting
from pipelines_lib.reporting.key_figures import is_judged

Evidence = Mapping[str, Any]
_STOPPED = "The data checks stopped this run before it came to this question."
_NOT_RECORDED = "The evidence holds no figures for this question."
PSI_WATCH = 0.10
"""Where convention begins to watch a PSI; only the sentence uses it, never a gate."""


def why_empty(evidence: Evidence, section: str) -> str:
    """Why a section has no figures, plainly; empty where it has some."""
    figures = (evidence.get("figures") or {}).get(section)
    if section == "fairness" and figures and figures.get("not_applicable"):
        return f"Not applicable: {figures['not_applicable']}"
    if figures:
        return ""
    return _STOPPED if evidence["verdict"] == "stopped" else _NOT_RECORDED


def no_comparison(evidence: Evidence, other: str) -> str:
    """Why there is no comparison with the champion or the baseline."""
    if other == "champion" and evidence.get("champion") is None:
        return "There is no champion yet, so there is nothing to compare with."
    return f"The evidence holds no comparison with the {other}."


def performance(evidence: Evidence) -> str:
    """How well the candidate ranks, and whether it holds out of time."""
    windows = evidence["figures"]["performance"].get("windows") or {}
    newest, before = windows.get("out_of_time") or {}, windows.get("validation") or {}
    if newest.get("auc") is None:
        return "No figure could be computed out of time."
    text = (
        f"Out of time the candidate ranks a positive above a negative in "
        f"{formatting.share(newest['auc'])} of all pairs (AUC {formatting.decimal(newest['auc'])})"
    )
    if before.get("auc") is not None:
        text += f", against {formatting.decimal(before['auc'])} in validation"
    return (
        f"{text}. It predicts {formatting.share(newest.get('mean_score'))} and "
        f"{formatting.share(newest.get('observed_rate'))} was observed."
    )


def fairness(evidence: Evidence) -> str:
    """Which group is approved least often against its reference."""
    figures = evidence["figures"]["fairness"]
    judged = [
        (
            group["ratio"],
            f"{formatting.words(attribute['attribute'])}: {formatting.words(group['group'])}",
        )
        for attribute in figures.get("attributes") or ()
        for group in attribute["groups"] or ()
        if is_judged(attribute, group)
    ]
    if not judged:
        return "No group is large enough to be held against the limit."
    lowest, name = min(judged)
    limit = findings.limit(evidence, "FAIR-001")
    against = "" if limit is None else f"; the limit is {formatting.decimal(limit, 2)}"
    return (
        f"The lowest adverse impact ratio among the {formatting.counted(len(judged), 'group')} "
        f"that can be judged is {formatting.ratio(lowest)} ({name}){against}. "
        f"Measured on {formatting.counted(figures['rows'], 'decision')} about people the model was "
        "not trained on."
    )


def drift(evidence: Evidence) -> str:
    """How far the newest applications have moved from the reference."""
    figures = evidence["figures"]["drift"]
    known = [each for each in figures.get("features") or () if each["psi"] is not None]
    if not known:
        return "No feature could be compared."
    highest = max(known, key=lambda each: float(each["psi"]))
    beyond = [each for each in known if each["critical"] and each["psi"] > each["critical"]]
    watched = [each for each in known if each["psi"] >= PSI_WATCH]
    return (
        f"The largest PSI is {formatting.decimal(highest['psi'])} ({highest['feature']}). "
        f"{len(watched) or 'None'} of {formatting.counted(len(known), 'feature')} "
        f"{'reaches' if len(watched) == 1 else 'reach'} 0.10; "
        f"{len(beyond) or 'none'} moved further than chance explains. "
        f"{formatting.counted(figures['current_rows'], 'newest row')} against "
        f"{formatting.count(figures['reference_rows'])} of the reference ({figures['reference']})."
    )


def explanation(evidence: Evidence) -> str:
    """What moves the score most."""
    figures = evidence["figures"]["explanation"]
    top = [each["feature"] for each in (figures.get("global") or ())[:3]]
    return (
        f"The score moves most with {', '.join(top) or 'no feature'}. "
        f"Method: {figures['method']}, on {formatting.counted(figures['rows'], 'row')}."
    )


def quality(evidence: Evidence) -> str:
    """How many rows came, and how many were set aside."""
    figures = evidence["figures"]["quality"]
    aside = figures.get("quarantined") or 0
    return (
        f"{formatting.counted(figures.get('rows') or 0, 'application')} came; "
        f"{formatting.count(aside) if aside else 'no'} {'row was' if aside == 1 else 'rows were'} "
        f"set aside."
    )
