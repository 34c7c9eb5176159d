"""Which results must a gate insist on: this check, about this subject, with this consequence?

Derived from the spec and the rules alone and never from the code of a check, so that a check
that quietly skips a column, a window or a group leaves an absence that the gate sees.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations, product
from typing import Literal

from pipelines_lib.errors import SpecError, bounded
from pipelines_lib.results import Consequence, Requirement
from pipelines_lib.spec.inputs import Feature
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule, RuleBook

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
            leaving out the groups that are too small; or the words of its rule, one by one.
    """

    question: str
    stage: Stage
    subjects: Subjects | Literal["words of the rule"]


def _fixed(*names: str) -> Subjects:
    return lambda _spec, _champion, _small: iter(names)


def _champion(_spec: ModelSpec, champion: bool, _small: frozenset[str]) -> Iterator[str]:
    """Only where there is a champion to compare with."""
    if champion:
        yield "champion"


def _priced(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    """Only where the spec says what a mistake costs."""
    if spec.decision.costs is not None:
        yield "out_of_time"


def _priced_champion(spec: ModelSpec, champion: bool, _small: frozenset[str]) -> Iterator[str]:
    if champion and spec.decision.costs is not None:
        yield "champion"


def _remembered(_spec: ModelSpec, champion: bool, _small: frozenset[str]) -> Iterator[str]:
    """What champions were weak in; without one there is nothing to remember."""
    if champion:
        yield "remembered"


def _capacity(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    """Only where the spec says how many cases people can look at."""
    if spec.decision.capacity is not None:
        yield "out_of_time"


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


def _every_group(spec: ModelSpec, _champion: bool, small: frozenset[str]) -> Iterator[str]:
    """The references as well: each group is held against everybody."""
    for attribute in spec.fairness.attributes:
        subjects = (f"{attribute.name}={group}" for group in attribute.group_names)
        yield from (subject for subject in subjects if subject not in small)


def _intersections(spec: ModelSpec, _champion: bool, small: frozenset[str]) -> Iterator[str]:
    for one, other in combinations(spec.fairness.attributes, 2):
        for groups in product(one.group_names, other.group_names):
            subject = f"{one.name}={groups[0]} & {other.name}={groups[1]}"
            if groups != (one.reference, other.reference) and subject not in small:
                yield subject


def _policies(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    yield from spec.policies


def _policies_and_spec(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    yield from dict.fromkeys((*spec.policies, "spec"))


def _remakes(_spec: ModelSpec, champion: bool, _small: frozenset[str]) -> Iterator[str]:
    yield from ("data", "spec", "fit", "code")
    if champion:
        yield "champion"


def _scenarios(spec: ModelSpec, _champion: bool, _small: frozenset[str]) -> Iterator[str]:
    """Each scenario of the spec; where it names none, that is the answer."""
    if spec.stress is None:
        yield "scenarios"
    else:
        yield from (scenario.name for scenario in spec.stress.scenarios)


def _may_miss(feature: Feature) -> bool:
    return feature.missing == "allowed"


def _bounded_number(feature: Feature) -> bool:
    return feature.minimum is not None or feature.maximum is not None


def _category(feature: Feature) -> bool:
    return feature.type == "category"


def _constrained(feature: Feature) -> bool:
    return feature.monotone != "none"


_WINDOWS = _fixed("train", "calibration", "validation", "out_of_time")
_UNSEEN = _fixed("validation", "out_of_time")
_SPREAD = _fixed(
    "validation slope", "validation intercept", "out_of_time slope", "out_of_time intercept"
)
_CATEGORIES = _features(_category)
_TARGET = _fixed("out_of_time", "newest_outcomes")
_CONCEPT = _fixed("purpose", "assumptions", "limitations", "rejected_alternatives")
_WATCH = _fixed("metrics", "owner", "action", "review_interval")

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
    "LEAK-001": KnownCheck("Is one feature alone too good?", "promotion", _features()),
    "LEAK-002": KnownCheck("Do missing values tell the outcome?", "promotion", _features()),
    "LEAK-003": KnownCheck("Is it known only after the outcome?", "promotion", _features()),
    "LEAK-004": KnownCheck("Does a feature tell the date?", "promotion", _features()),
    "LEAK-005": KnownCheck("Do digits tell what size does not?", "promotion", _features()),
    "LEAK-006": KnownCheck("Does a feature name the row?", "promotion", _features()),
    "LEAK-007": KnownCheck("Is a feature the target in other words?", "promotion", _features()),
    "LEAK-008": KnownCheck("Are test rows training rows?", "promotion", _UNSEEN),
    "PERF-001": KnownCheck("Does the score rank risk?", "promotion", _UNSEEN),
    "PERF-002": KnownCheck("Do as many default as predicted?", "promotion", _UNSEEN),
    "PERF-003": KnownCheck("Is the score better than the base rate?", "promotion", _UNSEEN),
    "PERF-004": KnownCheck("Is the model overfit?", "promotion", _fixed("out_of_time")),
    "PERF-005": KnownCheck("Is it no worse than the baseline?", "promotion", _fixed("baseline")),
    "PERF-006": KnownCheck("Is it no worse than the champion?", "promotion", _champion),
    "PERF-007": KnownCheck("Is there a reason to replace the champion?", "promotion", _champion),
    "PERF-008": KnownCheck("Are the scores spread as the outcomes are?", "promotion", _SPREAD),
    "PERF-009": KnownCheck("Does every band of the score keep its promise?", "promotion", _UNSEEN),
    "PERF-010": KnownCheck("Does deciding by the score save money?", "promotion", _priced),
    "PERF-011": KnownCheck(
        "Does it hold from slice to slice of time?", "promotion", _fixed("ranking", "calibration")
    ),
    "PERF-012": KnownCheck("Is it weak in some segment?", "promotion", _fixed("segments")),
    "PERF-013": KnownCheck("Are remembered weak segments no worse?", "promotion", _remembered),
    "PERF-014": KnownCheck(
        "Would a random split have flattered it?", "challenge", _fixed("out_of_time")
    ),
    "PERF-015": KnownCheck("Would more data still help?", "challenge", _fixed("out_of_time")),
    "PERF-016": KnownCheck("Does it answer fast enough?", "promotion", _fixed("one_row", "batch")),
    "PERF-017": KnownCheck("What changes against the champion?", "promotion", _champion),
    "PERF-018": KnownCheck("What is the change worth in money?", "promotion", _priced_champion),
    "PERF-019": KnownCheck(
        "Are the cases people can look at worth the look?", "promotion", _capacity
    ),
    "FAIR-001": KnownCheck("Are groups approved at like rates?", "promotion", _groups),
    "FAIR-002": KnownCheck("Are good payers of all groups approved alike?", "promotion", _groups),
    "FAIR-003": KnownCheck("Is no protected attribute an input?", "promotion", _attributes),
    "FAIR-004": KnownCheck("Are groups scored alike?", "promotion", _groups),
    "FAIR-005": KnownCheck("Does it err alike for all groups?", "promotion", _groups),
    "FAIR-006": KnownCheck(
        "Does a score mean the same risk in every group?", "promotion", _every_group
    ),
    "FAIR-007": KnownCheck(
        "Are intersections of groups approved at like rates?", "promotion", _intersections
    ),
    "FAIR-008": KnownCheck("Would another cut-off treat groups otherwise?", "promotion", _groups),
    "FAIR-009": KnownCheck("Do the inputs give a group away?", "promotion", _attributes),
    "FAIR-010": KnownCheck("Do the codes of groups mean what they did?", "promotion", _attributes),
    "FAIR-011": KnownCheck("Is there a fairer model as good?", "challenge", _attributes),
    "FAIR-012": KnownCheck(
        "Is no input about what may not be used?", "promotion", _fixed("inputs")
    ),
    "DRIFT-001": KnownCheck("Has an input moved?", "promotion", _features()),
    "DRIFT-002": KnownCheck("Has the score moved?", "promotion", _fixed("score")),
    "DRIFT-003": KnownCheck("Has a share of missing values moved?", "promotion", _features()),
    "DRIFT-004": KnownCheck("Are levels met that training never had?", "promotion", _CATEGORIES),
    "DRIFT-005": KnownCheck("Are outcomes as frequent as in training?", "promotion", _TARGET),
    "DRIFT-006": KnownCheck(
        "Have the inputs moved, weighed by importance?", "promotion", _fixed("inputs")
    ),
    "DRIFT-007": KnownCheck(
        "Is the newest delivery like the others?", "promotion", _fixed("newest_night")
    ),
    "STRESS-001": KnownCheck("Does it bear the scenarios?", "promotion", _scenarios),
    "STRESS-002": KnownCheck(
        "Do decisions bear errors of measurement?", "promotion", _fixed("decisions")
    ),
    "STRESS-003": KnownCheck("Does it bear missing values?", "promotion", _features(_may_miss)),
    "STRESS-004": KnownCheck("How bad must it get before a gate breaks?", "promotion", _scenarios),
    "EXPL-001": KnownCheck("Has every decline a reason?", "promotion", _fixed("declines")),
    "EXPL-002": KnownCheck("Do contributions add up?", "promotion", _fixed("declines")),
    "EXPL-003": KnownCheck(
        "Does an input act in its direction only?", "promotion", _features(_constrained)
    ),
    "EXPL-004": KnownCheck("Would retraining change the reasons?", "challenge", _fixed("declines")),
    "EXPL-005": KnownCheck("Does a second method agree?", "promotion", _fixed("declines")),
    "EXPL-006": KnownCheck(
        "Do the words of a reason fit?", "promotion", _fixed("texts", "direction")
    ),
    "GOV-001": KnownCheck("Is the inventory complete?", "promotion", _fixed("model")),
    "GOV-002": KnownCheck("Are owner, developer, validator apart?", "promotion", _fixed("people")),
    "GOV-003": KnownCheck("Is every policy in force?", "promotion", _policies),
    "GOV-004": KnownCheck("Is the champion not the newer one?", "promotion", _champion),
    "GOV-005": KnownCheck("Is the concept documented?", "promotion", _CONCEPT),
    "GOV-006": KnownCheck("Is there a monitoring plan?", "promotion", _WATCH),
    "GOV-007": KnownCheck("Does every citation still stand?", "promotion", _policies_and_spec),
    "GOV-008": KnownCheck("Is every document there?", "promotion", "words of the rule"),
    "GOV-009": KnownCheck("Can the candidate be made again?", "promotion", _remakes),
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
        small_groups: ``attribute=group``, and ``attribute=group & other=group`` for an
            intersection, that the policy reports but does not judge.

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
        for subject in _subjects(rule, spec, champion, small_groups)
    )


def _subjects(rule: Rule, spec: ModelSpec, champion: bool, small: frozenset[str]) -> Iterator[str]:
    subjects = KNOWN[rule.check].subjects
    return subjects(spec, champion, small) if callable(subjects) else iter(rule.words)


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
