"""Do the words of a reason fit the applicant who reads them?

``EXPL-006``: each feature has a text of its own, as the spec has it, that says something; and
a reason is given only where the value speaks for it. Nobody is told that a payment was low
when it was higher than what is usual among those approved.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines_lib.assurance.explanation.declines import Reasons, Sides, both_sides
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.statistics import wilson_interval
from pipelines_lib.assurance.wording import and_too_few, between
from pipelines_lib.errors import SpecError, bounded
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.rulebook import Rule, RuleBook

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipelines_lib.spec.inputs import Feature

WORDING: Final = "EXPL-006"
REASONS: Final = "EXPL-001"
TOPIC: Final = "reason_wording"
TEXTS: Final = "texts"
DIRECTION: Final = "direction"
_BETTER: Final = {"increasing": -1.0, "decreasing": 1.0}
"""Sign of the side of the usual value on which a directed feature speaks for the applicant."""


@dataclass(frozen=True)
class Misplaced:
    """A reason that was given although the value is better than usual."""

    feature: str
    given: int
    misplaced: int


@dataclass(frozen=True)
class WordingFigures:
    """How many declines were told something their value contradicts, and by which features."""

    declines: int
    contradicted: int
    features: tuple[Misplaced, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Ask about the words, then about their fit."""
    if not inquiry.asks(WORDING):
        return unasked(TOPIC)
    rule, package, features = inquiry.rules.rule(WORDING), inquiry.package, inquiry.spec.features
    phrases = insufficient_phrases(inquiry.rules)
    given = {
        each.name: text
        for each, text in zip(package.contract.features, package.reason_texts, strict=True)
    }
    sides = both_sides(inquiry, int(rule.parameter("sample_rows")), int(rule.parameter("max_rows")))
    reasons: Reasons = ()
    if len(sides.declined):
        values = package.contributions(sides.declined)[0]
        reasons = package.reasons_from(values, int(rule.parameter("max_reasons")))
    fit, figures = check_direction(rule, features, package.contract.names, sides, reasons)
    return Answer(TOPIC, (check_texts(rule, features, given, phrases), fit), figures)


def insufficient_phrases(rules: RuleBook) -> tuple[str, ...]:
    """Phrases that no reason may contain, as the policies state them.

    Raises:
        SpecError: No policy states any: whether a reason is specific cannot be told then.
    """
    stated = (rules.rule(code).words for code in (REASONS, WORDING) if code in rules)
    phrases = tuple(dict.fromkeys(_plain(word) for words in stated for word in words))
    if not phrases:
        raise SpecError(
            "No policy of this model says which phrases are insufficient as a reason.",
            fix=f"Add words: [...] to the rule for {WORDING} or {REASONS}.",
        )
    return phrases


def is_specific(text: str, phrases: Sequence[str]) -> bool:
    """Whether a reason says something: not empty, and none of the insufficient phrases."""
    said = _plain(text)
    return bool(said) and not any(phrase in said for phrase in phrases)


def check_texts(
    rule: Rule,
    features: Sequence["Feature"],
    given: Mapping[str, str],
    phrases: Sequence[str],
) -> CheckResult:
    """Does each feature have a specific text of its own, the one its owner wrote?

    Args:
        rule: What the policy asks.
        features: As the spec declares them.
        given: What the package tells applicants, by feature.
        phrases: What no text may contain.
    """
    own = replace(
        rule, measure="a specific text of its own for each feature", limit=None, direction=None
    )
    declared = {feature.name: feature.reason for feature in features}
    times = Counter(_plain(text) for text in given.values())
    faults = {
        "says nothing specific": [n for n, text in given.items() if not is_specific(text, phrases)],
        "shares its text": [n for n, text in given.items() if times[_plain(text)] > 1],
        "differs from the spec": [n for n, text in given.items() if declared.get(n) != text],
    }
    told = "; ".join(f"{bounded(names)} {fault}" for fault, names in faults.items() if names)
    fine = f"{len(given)} features, each with a specific text of its own"
    holds = not told if given else None
    return own.answer(TEXTS, f"{told or fine}.", holds=holds, n=len(given))


def check_direction(
    rule: Rule,
    features: Sequence["Feature"],
    names: Sequence[str],
    sides: Sides,
    reasons: Reasons,
) -> tuple[CheckResult, WordingFigures]:
    """On how many declines does a reason fall on a value that is better than usual?

    Usual is the median of those approved. Only features with a declared direction can be
    better; a missing value is neither.

    Args:
        rule: What the policy asks.
        features: As the spec declares them.
        names: Columns of the contract.
        sides: Applications on either side of the cut-off.
        reasons: What each declined one would be told.
    """
    n = len(reasons)
    if n == 0 or len(sides.approved) == 0:
        which = "declined" if n == 0 else "approved"
        said = f"nobody sampled would be {which}: reasons cannot be held against what is usual."
        return rule.judge(DIRECTION, None, said, n=n), WordingFigures(n, 0, ())
    named = np.zeros(sides.declined.shape, dtype=np.bool_)
    for row, told in enumerate(reasons):
        named[row, list(told)] = True
    misplaced = named & _better_than_usual(features, names, sides)
    contradicted = int(misplaced.any(axis=1).sum())
    figures = WordingFigures(n, contradicted, _by_feature(names, named, misplaced))
    interval = wilson_interval(contradicted, n, rule.parameter("confidence"))
    share = contradicted / n
    most = bounded([each.feature for each in figures.features])
    where = f" (by {most})" if most else ""
    said = (
        f"{contradicted:,} of {n:,} would-be declines are given a reason although the value is "
        f"better than usual among those approved{where}"
        f"{f', {between(interval)}' if interval else ''}{and_too_few(rule, n)}."
    )
    return rule.judge(DIRECTION, share, said, interval=interval, n=n), figures


def _better_than_usual(
    features: Sequence["Feature"], names: Sequence[str], sides: Sides
) -> "NDArray[np.bool_]":
    directions = {feature.name: feature.monotone for feature in features}
    better = np.zeros(sides.declined.shape, dtype=np.bool_)
    for place, name in enumerate(names):
        sign = _BETTER.get(directions.get(name, "none"))
        known = sides.approved[:, place]
        known = known[~np.isnan(known)]
        if sign is not None and len(known):
            usual = np.median(known)
            # Compared, not subtracted: infinite values have no difference.
            column = sides.declined[:, place]
            better[:, place] = column > usual if sign > 0 else column < usual
    return better


def _by_feature(
    names: Sequence[str], named: "NDArray[np.bool_]", misplaced: "NDArray[np.bool_]"
) -> tuple[Misplaced, ...]:
    """The features that misfit, most often first."""
    given, wrong = named.sum(axis=0), misplaced.sum(axis=0)
    found = [
        Misplaced(name, int(given[place]), int(wrong[place]))
        for place, name in enumerate(names)
        if wrong[place]
    ]
    return tuple(sorted(found, key=lambda each: -each.misplaced))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
