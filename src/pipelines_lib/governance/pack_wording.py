"""How a pack says each thing once, and how it is read back whole.

A night has hundreds of results; what a rule requires is said under the rule, what a result does
not know is left out, and figures that are only drawn keep the digits that can be seen.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipelines_lib.canonical import plain
from pipelines_lib.results import Consequence, Requirement

_ASKED_AGAIN = frozenset({"segments"})
"""Topics whose figures say by exact edges which rows they are about."""
_DRAWN, _JUDGED = 5, 12
"""Significant digits of figures that are drawn, and of figures that were judged."""


def said(values: Iterable[object]) -> list[dict[str, Any]]:
    """Each value without what it does not say: a night has hundreds of results."""
    return [
        {
            name: _rounded(part, _JUDGED)
            for name, part in plain(each).items()
            if part is not None and part != []
        }
        for each in values
    ]


def unlike(limits: Mapping[str, tuple[str, str]], check: dict[str, Any]) -> dict[str, Any]:
    """A result without the words of its rule: the pack says them once, under rules."""
    same = (check["required"], check["basis"]) == limits.get(check["code"])
    words = ("required", "basis") if same else ()
    return {name: part for name, part in check.items() if name not in words}


def with_limits(evidence: dict[str, Any]) -> dict[str, Any]:
    """The JSON of a pack in which every result says what was required of it, and on what basis."""
    rules = {rule["check"]: rule for rule in evidence["rules"]}
    for check in evidence["checks"]:
        if "required" not in check:
            rule = rules[check["code"]]
            check.update(required=rule["required"], basis=rule["basis"])
    return evidence


def grouped(requirements: Iterable[Requirement]) -> list[dict[str, Any]]:
    """One entry a check and consequence, with everything it must be asked about."""
    about: dict[tuple[str, str], list[str]] = {}
    for each in requirements:
        about.setdefault((each.code, each.consequence.value), []).append(each.subject)
    return [
        {"code": code, "consequence": consequence, "subjects": subjects}
        for (code, consequence), subjects in about.items()
    ]


def required_of(evidence: Mapping[str, Any]) -> Iterator[Requirement]:
    """Every result that the gate insisted on, from the JSON of a pack.

    Older packs name one subject an entry.
    """
    for each in evidence.get("requirements") or ():
        for subject in each.get("subjects") or [each["subject"]]:
            yield Requirement(each["code"], subject, Consequence(each["consequence"]))


def drawn(topic: str, figures: object) -> Any:  # noqa: ANN401  (any JSON value)
    """Figures as a report draws them: five digits are more than anybody sees.

    Figures by which a later run finds the same rows again keep every digit.
    """
    return plain(figures) if topic in _ASKED_AGAIN else _rounded(plain(figures), _DRAWN)


def _rounded(value: Any, digits: int) -> Any:  # noqa: ANN401  (any JSON value)
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, dict):
        return {name: _rounded(each, digits) for name, each in value.items()}
    return [_rounded(each, digits) for each in value] if isinstance(value, list) else value
