"""Which results must a gate insist on: this check, about this subject, with this consequence?

Derived from the spec and the rules alone and never from the code of a check, so that a check
that quietly skips a column, a window or a group leaves an absence that the gate sees.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from pipelines_lib.errors import SpecError, bounded
from pipelines_lib.results import Consequence, Requirement
from pipelines_lib.spec.inputs import Feature
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import RuleBook

Stage = Literal["data", "promotion", "challenge"]
Subjects = Callable[[ModelSpec, bool, frozenset[str]], Iterator[str]]


@dataclass(frozen=True)
class KnownCheck:
    """One check this product can make.

    Attributes:
        question: What it asks, in one line; the documentation quotes it.
        stage: When it is asked: before training, of every candidate, or only of one that
            nothing speaks against.
        subjects: What it must be asked about, for one spec, with or without a champion, and
            leaving out the groups that are too small.
    """

    question: str
    stage: Stage
    subjects: Subjects


def _fixed(*names: str) -> Subjects:
    return lambda _spec, _champion, _small: iter(names)


def _champion(_spec: ModelSpec, champion: bool, _small: frozenset[str]) -> Iterator[str]:
    """Only where there is a champion to compare with."""
    if champion:
        yield "champion"


def _sources(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    yield from (source.name for source in spec.sources)


def _joined_sources(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    yield from (source.name for source in spec.sources if source.role != "population")


def _dated_sources(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    yield from (
        source.name for source in spec.sources if source.business_date or source.observed_on
    )


def _population(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    yield spec.population.name


def _label(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    yield spec.label.source


def _features(where: Callable[[Feature], bool] = lambda _: True) -> Subjects:
    return lambda spec, _champion, _small: (each.name for each in spec.features if where(each))


def _attributes(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    yield from (attribute.name for attribute in spec.fairness.attributes)


def _groups(spec: ModelSpec, _champion: bool, small: frozenset[str]) -> Iterator[str]:
    for attribute in spec.fairness.attributes:
        for group in attribute.group_names:
            subject = f"{attribute.name}={group}"
            if group != attribute.reference and subject not in small:
                yield subject


def _policies(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    yield from spec.policies


def _bounded_number(feature: Feature) -> bool:
    return feature.minimum is not None or feature.maximum is not None


def _category(feature: Feature) -> bool:
    return feature.type == "category"


def _constrained(feature: Feature) -> bool:
    return feature.monotone != "none"


_WINDOWS = _fixed("train", "calibration", "validation", "out_of_time")
_UNSEEN = _fixed("validation", "out_of_time")

KNOWN: Mapping[str, KnownCheck] = {
    "DATA-001": KnownCheck("Are all columns there, of the declared type?", "data", _sources),
    "DATA-002": KnownCheck("Are values missing that must be there?", "data", _features()),
    "DATA-003": KnownCheck("Do numbers lie in their range?", "data", _features(_bounded_number)),
    "DATA-004": KnownCheck("Are all categories known?", "data", _features(_category)),
    "DATA-005": KnownCheck("Does every key occur once?", "data", _sources),
    "DATA-006": KnownCheck("Is the newest night recent enough?", "data", _population),
    "DATA-007": KnownCheck("Is the newest night as large as usual?", "data", _population),
    "DATA-008": KnownCheck("Was a file delivered twice?", "data", _population),
    "DATA-009": KnownCheck("Were too many rows set aside?", "data", _fixed("rows")),
    "DATA-010": KnownCheck("Does every source cover the applications?", "data", _joined_sources),
    "DATA-011": KnownCheck("Are all dates possible?", "data", _dated_sources),
    "DATA-012": KnownCheck("Did the outcomes that are due arrive?", "data", _label),
    "DATA-013": KnownCheck("Does every feature vary?", "data", _features()),
    "DATA-014": KnownCheck("Has every window both outcomes?", "data", _WINDOWS),
    "PERF-001": KnownCheck("Does the score rank risk?", "promotion", _UNSEEN),
    "PERF-002": KnownCheck("Do as many default as predicted?", "promotion", _UNSEEN),
    "PERF-003": KnownCheck("Is the score better than the base rate?", "promotion", _UNSEEN),
    "PERF-004": KnownCheck("Is the model overfit?", "promotion", _fixed("out_of_time")),
    "PERF-005": KnownCheck("Is it no worse than the baseline?", "promotion", _fixed("baseline")),
    "PERF-006": KnownCheck("Is it no worse than the champion?", "promotion", _champion),
    "PERF-007": KnownCheck("Is there a reason to replace the champion?", "promotion", _champion),
    "FAIR-001": KnownCheck("Are groups approved at like rates?", "promotion", _groups),
    "FAIR-002": KnownCheck("Are good payers of all groups approved alike?", "promotion", _groups),
    "FAIR-003": KnownCheck("Is no protected attribute an input?", "promotion", _attributes),
    "DRIFT-001": KnownCheck("Has an input moved?", "promotion", _features()),
    "DRIFT-002": KnownCheck("Has the score moved?", "promotion", _fixed("score")),
    "DRIFT-003": KnownCheck("Has a share of missing values moved?", "promotion", _features()),
    "EXPL-001": KnownCheck("Has every decline a reason?", "promotion", _fixed("declines")),
    "EXPL-002": KnownCheck("Do contributions add up?", "promotion", _fixed("declines")),
    "EXPL-003": KnownCheck(
        "Does an input act in its direction only?", "promotion", _features(_constrained)
    ),
    "GOV-001": KnownCheck("Is the inventory complete?", "promotion", _fixed("model")),
    "GOV-002": KnownCheck("Are owner, developer, validator apart?", "promotion", _fixed("people")),
    "GOV-003": KnownCheck("Is every policy in force?", "promotion", _policies),
    "GOV-004": KnownCheck("Is the champion not the newer one?", "promotion", _champion),
}
"""Every check of this product by its code; the codes are stable for ever."""

_ROUNDS: tuple[Stage, ...] = ("data", "promotion", "challenge")
_OF_A_COLUMN = frozenset({"DATA-002", "DATA-003", "DATA-004"})
"""Checks that a column of severity warning only puts on record."""


def required(
    spec: ModelSpec,
    rules: RuleBook,
    *,
    champion: bool,
    stage: Stage,
    small_groups: frozenset[str] = frozenset(),
) -> tuple[Requirement, ...]:
    """List every result the gate insists on.

    Args:
        spec: The model.
        rules: The rules that hold; only what they rule is required.
        champion: Whether there is a champion to be compared with.
        stage: ``data``: what can be asked before training. ``promotion``: that, and what is
            asked of every candidate. ``challenge``: everything.
        small_groups: ``attribute=group`` that the policy reports but does not judge.

    Returns:
        One requirement per ruled check and subject, in the order of codes and of the spec.

    Raises:
        SpecError: A policy rules a check this product does not know.
    """
    _refuse_unknown(rules)
    return tuple(
        Requirement(rule.check, subject, _consequence(rule.check, subject, rule.consequence, spec))
        for rule in sorted(rules.rules, key=lambda rule: rule.check)
        if _ROUNDS.index(KNOWN[rule.check].stage) <= _ROUNDS.index(stage)
        for subject in KNOWN[rule.check].subjects(spec, champion, small_groups)
    )


def _consequence(code: str, subject: str, ruled: Consequence, spec: ModelSpec) -> Consequence:
    if code not in _OF_A_COLUMN:
        return ruled
    warned = {feature.name for feature in spec.features if feature.severity == "warning"}
    return Consequence.RECORD if subject in warned else ruled


def _refuse_unknown(rules: RuleBook) -> None:
    unknown = [rule for rule in rules.rules if rule.check not in KNOWN]
    if unknown:
        near = get_close_matches(unknown[0].check, KNOWN, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise SpecError(
            f"Policy {unknown[0].policy} rules {bounded(rule.check for rule in unknown)}, "
            "a check this product does not make.",
            fix=f"{hint}Correct the code, or take the rule out: what cannot be asked "
            "cannot be required.",
        )
