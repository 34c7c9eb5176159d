"""The note for operations staff: what happened, what is wrong, what to do next.

Written for somebody who is woken at two in the morning: the first line holds the verdict,
and nothing is longer than a screen.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines_lib.reporting import findings, key_figures, verdict
from pipelines_lib.reporting.formatting import DASH, NBSP, counted, short
from pipelines_lib.reporting.verdict import actions

__all__ = ["actions", "markdown"]

Evidence = Mapping[str, Any]
_REASONS_SHOWN = 5
_WARNINGS_SHOWN = 2
_CHECKS_SHOWN = 6
_MARKED = str.maketrans({mark: f"\\{mark}" for mark in "\\*[]|"})
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def markdown(evidence: Evidence) -> str:
    """Write the note; the same evidence gives the same bytes."""
    lines = [
        *_happened(evidence),
        *_wrong(evidence),
        *_next(evidence),
        *_checks(evidence),
        *_figures(evidence),
        *_where(evidence),
    ]
    return "\n".join(lines).replace(NBSP, " ") + "\n"


def _happened(evidence: Evidence) -> list[str]:
    run = evidence["run"]
    return [
        f"# {verdict.word(evidence)}: {_plain(run['title'])}, {run['as_of']}",
        "",
        f"**What happened.** {verdict.what_happened(evidence)} {findings.tally(evidence)}.",
        "",
    ]


def _wrong(evidence: Evidence) -> list[str]:
    decision = evidence["decision"]
    lines = [
        *_listed("Reason against", decision["reasons_against"]),
        *_listed("To be judged", decision["needs_judgement"]),
        *_listed("Warning", decision["warnings"], most=_WARNINGS_SHOWN),
    ]
    if not lines:
        return ["**What is wrong.** Nothing.", ""]
    return ["**What is wrong.**", "", *lines, ""]


def _listed(word: str, sentences: Sequence[str], most: int = _REASONS_SHOWN) -> list[str]:
    lines = [f"- {word}: {_plain(sentence)}" for sentence in sentences[:most]]
    if hidden := len(sentences) - len(lines):
        lines.append(f"- {word}: and {hidden} more in the report")
    return lines


def _next(evidence: Evidence) -> list[str]:
    steps = (f"{number}. {_plain(step)}" for number, step in enumerate(actions(evidence), start=1))
    return ["**What to do next.**", "", *steps, ""]


def _checks(evidence: Evidence) -> list[str]:
    lines = findings.open_lines(evidence)
    if evidence["verdict"] == "stopped":
        lines = tuple(line for line in lines if line.outcome != findings.ABSENT)
    if not lines:
        return []
    rows = [
        f"| {line.code} | {_plain(line.subject)} | {line.word} | {line.observed} "
        f"| {_plain(line.required)} |"
        for line in lines[:_CHECKS_SHOWN]
    ]
    if hidden := len(lines) - len(rows):
        rows.append(f"| {DASH} | and {counted(hidden, 'more check')} | {DASH} | {DASH} | {DASH} |")
    return [
        "| Check | Subject | Outcome | Observed | Required |",
        "| --- | --- | --- | ---: | --- |",
        *rows,
        "",
    ]


def _figures(evidence: Evidence) -> list[str]:
    figures = key_figures.key_figures(evidence)
    if not figures:
        return []
    rows = [f"| {figure.label} | {figure.value} | {_plain(figure.note)} |" for figure in figures]
    return ["| Key figure | Value | |", "| --- | ---: | --- |", *rows, ""]


def _where(evidence: Evidence) -> list[str]:
    model = evidence["run"]["model"]
    return [
        f"Report: `pipelines report {model}`. Evidence: `pipelines evidence verify {model}`. "
        f"Spec {short(evidence['spec']['sha256'])}, run {_plain(evidence['run']['run_id'])}."
    ]


def _plain(text: str) -> str:
    """Evidence as text only: no markup of its own, no line breaks; our commands keep theirs."""
    return _TAG.sub("&lt;", " ".join(str(text).split()).translate(_MARKED))
