"""The verdict in words: what happened, why, and who does what next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines_lib.errors import bounded
from pipelines_lib.reporting import catalogue, findings, formatting
from pipelines_lib.reporting.findings import ABSENT, Line

Evidence = Mapping[str, Any]
_ACTIONS_SHOWN = 7

WORDS = {
    "promoted": "Promoted",
    "awaiting_approval": "Awaiting approval",
    "rejected": "Rejected",
    "stopped": "Stopped",
}


@dataclass(frozen=True)
class Reason:
    """A sentence of the gate, with the check it speaks of set apart where it names one."""

    code: str
    sentence: str


def word(evidence: Evidence) -> str:
    """The verdict as people say it."""
    return WORDS[evidence["verdict"]]


def what_happened(evidence: Evidence) -> str:
    """The outcome in two sentences that need no other page."""
    return f"{_HAPPENED[evidence['verdict']]} {_in_use(evidence)}"


_HAPPENED = {
    "promoted": "The gate found no reason against the candidate, so it becomes champion.",
    "awaiting_approval": "Nothing forbids the candidate, but people must decide. "
    "It waits as challenger.",
    "rejected": "The gate found reasons against the candidate, so it is not promoted.",
    "stopped": "The data broke their contract, so nothing was trained.",
}


def _in_use(evidence: Evidence) -> str:
    champion = evidence.get("champion")
    if evidence["verdict"] == "promoted":
        if champion is None:
            return "It is the first champion of this model."
        return f"It takes over from champion version {champion['version']}."
    if champion is None:
        return "There is no champion yet."
    return f"Champion version {champion['version']} (as of {champion['as_of']}) stays in use."


def reasons(sentences: Sequence[str]) -> tuple[Reason, ...]:
    """Each sentence with its leading check code, if it has one, set apart."""
    return tuple(_reason(sentence) for sentence in sentences)


def _reason(sentence: str) -> Reason:
    first, _, rest = sentence.partition(" ")
    code = first.rstrip(":,")
    if code.split("-", maxsplit=1)[0] in catalogue.AREAS and rest:
        return Reason(code, rest)
    return Reason("", sentence)


def actions(evidence: Evidence) -> tuple[str, ...]:
    """What to do next, most urgent first, each beginning with who does it."""
    steps = [*_first_steps(evidence), *_steps_by_check(evidence), *_last_steps(evidence)]
    return tuple(dict.fromkeys(steps))


def _first_steps(evidence: Evidence) -> list[str]:
    model = evidence["run"]["model"]
    return {
        "promoted": ["Operations: nothing to do."],
        "awaiting_approval": [
            "Operations: nothing to do tonight; nothing is broken.",
            f"{evidence['run']['validator']} (validator): read the report "
            f"(`pipelines report {model}`), decide, and record why.",
        ],
        "rejected": ["Operations: nothing to do tonight; a rejection is a decision, not a fault."],
        "stopped": ["Operations: tell the data owner now; the next steps are theirs."],
    }[evidence["verdict"]]


def _last_steps(evidence: Evidence) -> list[str]:
    run = evidence["run"]
    if evidence["verdict"] != "stopped":
        return []
    return [
        "Operations: when the data are corrected, run the night again: "
        f"`pipelines run {run['model']} --as-of {run['as_of']}`."
    ]


def _steps_by_check(evidence: Evidence) -> list[str]:
    """One step per check that stands in the way; a long list is cut and counted."""
    by_code: dict[str, list[Line]] = {}
    for line in _standing_in_the_way(evidence):
        by_code.setdefault(line.code, []).append(line)
    steps = [step for lines in by_code.values() for step in _steps(lines)]
    if len(steps) <= _ACTIONS_SHOWN:
        return steps
    hidden = formatting.counted(len(steps) - _ACTIONS_SHOWN, "more step")
    return [*steps[:_ACTIONS_SHOWN], f"{hidden}: see the checks in the report."]


def _standing_in_the_way(evidence: Evidence) -> list[Line]:
    """What did not pass and matters to this verdict.

    A stopped run never came to the later checks, so their absence asks nothing of anybody.
    """
    lines = findings.open_lines(evidence)
    record = findings.CONSEQUENCES["record"]
    if evidence["verdict"] == "stopped":
        lines = tuple(line for line in lines if line.outcome != ABSENT)
    return [line for line in lines if line.consequence != record]


def _steps(lines: Sequence[Line]) -> list[str]:
    question = catalogue.question(lines[0].code)
    failed = [line.subject for line in lines if line.outcome == "failed"]
    unclear = [line.subject for line in lines if line.outcome == "not_enough_evidence"]
    absent = [line.subject for line in lines if line.outcome == ABSENT]
    code, title = lines[0].code, question.title
    steps = []
    if failed:
        steps.append(f"{question.action.replace('{subject}', bounded(failed))} ({code})")
    if unclear:
        steps.append(f"{_who_judges(lines[0])} ({code}: {title}, {bounded(unclear)})")
    if absent:
        steps.append(
            f"Engineer: find out why the run has no result for {bounded(absent)}. ({code}: {title})"
        )
    return steps


def _who_judges(line: Line) -> str:
    if line.consequence == findings.CONSEQUENCES["screen"]:
        return "Validator: the data cannot carry a verdict; judge it, or wait for more outcomes."
    return "Model owner: the data cannot carry a verdict; wait for more outcomes."
