"""The checks of an evidence pack as a reader meets them: by area, the open ones first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines_lib.governance.pack_wording import required_of
from pipelines_lib.reporting import catalogue, formatting

Evidence = Mapping[str, Any]

NOT_REQUIRED = "record"
"""What the gate makes of a result that nothing requires: it is on record and blocks nothing."""
ABSENT = "absent"
"""A required check without a result; not an outcome, but as closed as a failure."""
WORDS = {
    "passed": "Passed",
    "failed": "Failed",
    "not_enough_evidence": "Not enough evidence",
    ABSENT: "No result",
}
CONSEQUENCES = {
    "hard": "blocks promotion",
    "screen": "needs a person's judgement",
    "record": "is on record, blocks nothing",
}
_GRAVITY = ("failed", ABSENT, "not_enough_evidence", "passed")


@dataclass(frozen=True)
class Line:
    """One result, written out."""

    code: str
    subject: str
    outcome: str
    observed: str
    interval: str
    n: str
    required: str
    basis: str
    consequence: str
    explanation: str

    @property
    def word(self) -> str:
        """The outcome as people say it."""
        return WORDS.get(self.outcome, self.outcome)


@dataclass(frozen=True)
class Asked:
    """One check code with everything it was asked about."""

    code: str
    title: str
    required: str
    basis: str
    citation: str
    consequence: str
    lines: tuple[Line, ...]

    @property
    def passed(self) -> int:
        """How many subjects passed."""
        return sum(line.outcome == "passed" for line in self.lines)


@dataclass(frozen=True)
class Area:
    """The checks of one area, and how many ended in each outcome."""

    name: str
    asked: tuple[Asked, ...]

    def number(self, outcome: str) -> int:
        """How many results of the area had this outcome."""
        return sum(line.outcome == outcome for asked in self.asked for line in asked.lines)


def areas(evidence: Evidence) -> tuple[Area, ...]:
    """Every check and every absence, by area and code; what did not pass comes first."""
    lines = every_line(evidence)
    names = list(dict.fromkeys([*catalogue.AREAS.values(), *(_area(line) for line in lines)]))
    found = (Area(name, _asked(evidence, name, lines)) for name in names)
    return tuple(area for area in found if area.asked)


def every_line(evidence: Evidence) -> tuple[Line, ...]:
    """Each result written out, and each required result that is missing."""
    duties = _duties(evidence)
    rules = _rules(evidence)
    results = [_line(check, duties) for check in evidence.get("checks") or ()]
    answered = {(line.code, line.subject) for line in results}
    return (*results, *(_absence(duty, rules) for duty in duties if duty not in answered))


def open_lines(evidence: Evidence) -> tuple[Line, ...]:
    """What did not pass, gravest first: blocking before judgement before record."""
    consequences = list(CONSEQUENCES.values())

    def gravity(line: Line) -> tuple[int, int, str, str]:
        known = line.consequence in consequences
        place = consequences.index(line.consequence) if known else len(consequences)
        return (place, _GRAVITY.index(line.outcome), line.code, line.subject)

    wanting = (line for line in every_line(evidence) if line.outcome != "passed")
    return tuple(sorted(wanting, key=gravity))


def worst(evidence: Evidence, code: str, subject: str | None = None) -> str | None:
    """The gravest outcome of a check; None where it was not asked."""
    found = {
        check["outcome"]
        for check in evidence.get("checks") or ()
        if check["code"] == code and subject in (None, check["subject"])
    }
    return next((outcome for outcome in _GRAVITY if outcome in found), None)


def limit(evidence: Evidence, code: str) -> float | None:
    """The limit that the policies set for a check, if they set one."""
    value = _rules(evidence).get(code, {}).get("limit")
    return None if value is None else float(value)


def limits_around_zero(evidence: Evidence, code: str) -> tuple[float, ...]:
    """The limits of a difference: one-sided from ``at_least``, both sides from ``at_most``."""
    value = limit(evidence, code)
    if value is None:
        return ()
    if _rules(evidence)[code].get("direction") == "at_least":
        return (value,)
    return (-abs(value), abs(value))


def tally(evidence: Evidence) -> str:
    """How the checks ended, in one line: ``112 of 118 checks passed, 4 failed, ...``."""
    lines = every_line(evidence)
    parts = [f"{_number(lines, 'passed')} of {formatting.counted(len(lines), 'check')} passed"]
    for outcome, word in (
        ("failed", "failed"),
        ("not_enough_evidence", "had not enough evidence"),
        (ABSENT, "without a result"),
    ):
        if number := _number(lines, outcome):
            parts.append(f"{number} {word}")
    return ", ".join(parts)


def _number(lines: Sequence[Line], outcome: str) -> int:
    return sum(line.outcome == outcome for line in lines)


def _rules(evidence: Evidence) -> dict[str, Mapping[str, Any]]:
    return {rule["check"]: rule for rule in evidence.get("rules") or ()}


def _duties(evidence: Evidence) -> dict[tuple[str, str], str]:
    return {(duty.code, duty.subject): duty.consequence.value for duty in required_of(evidence)}


def _area(line: Line) -> str:
    return catalogue.area(line.code)


def _line(check: Mapping[str, Any], duties: Mapping[tuple[str, str], str]) -> Line:
    code, subject = check["code"], check["subject"]
    write = catalogue.question(code).write
    span = check.get("interval") or {}
    consequence = duties.get((code, subject), NOT_REQUIRED)
    return Line(
        code=code,
        subject=subject,
        outcome=check["outcome"],
        observed=write(check.get("observed")),
        interval=formatting.between(span.get("low"), span.get("high"), write),
        n=formatting.count(check.get("n")),
        required=check["required"],
        basis=formatting.words(check["basis"]),
        consequence=CONSEQUENCES.get(consequence, consequence),
        explanation=check["explanation"],
    )


def _absence(duty: tuple[str, str], rules: Mapping[str, Mapping[str, Any]]) -> Line:
    code, subject = duty
    rule = rules.get(code, {})
    consequence = rule.get("consequence", "")
    return Line(
        code=code,
        subject=subject,
        outcome=ABSENT,
        observed=formatting.DASH,
        interval=formatting.DASH,
        n=formatting.DASH,
        required=rule.get("measure", formatting.DASH),
        basis=formatting.words(rule.get("basis", formatting.DASH)),
        consequence=CONSEQUENCES.get(consequence, consequence),
        explanation="Required, but the run has no result for it.",
    )


def _asked(evidence: Evidence, area: str, lines: Sequence[Line]) -> tuple[Asked, ...]:
    rules = _rules(evidence)
    codes = sorted({line.code for line in lines if _area(line) == area})
    return tuple(
        _of_code(code, rules.get(code, {}), [line for line in lines if line.code == code])
        for code in codes
    )


def _of_code(code: str, rule: Mapping[str, Any], lines: Sequence[Line]) -> Asked:
    return Asked(
        code=code,
        title=catalogue.question(code).title,
        required=_joined([line.required for line in lines]),
        basis=_joined([line.basis for line in lines]),
        citation=_citations(rule),
        consequence=CONSEQUENCES.get(rule.get("consequence", ""), ""),
        lines=tuple(sorted(lines, key=lambda line: _GRAVITY.index(line.outcome))),
    )


def _citations(rule: Mapping[str, Any]) -> str:
    """What a rule rests on; of several packs all of them, each with what nobody has read yet."""
    told = [
        _citation(rule),
        *(f"{each['policy']}: {_citation(each)}" for each in rule.get("also") or ()),
    ]
    return "; ".join(filter(None, told))


def _citation(rule: Mapping[str, Any]) -> str:
    read = rule.get("verified", True)
    return f"{rule.get('citation', '')}{'' if read else ' (not yet read in its source)'}"


def _joined(words: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(word for word in words if word))
