"""What one key of a spec says about another: questions no single field can answer.

They work on the raw data, so that they find their problems even where other parts of the
same file are wrong: a person gets every problem at once.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pipelines_lib.errors import SpecError
from pipelines_lib.spec.documents import Document, Location, Problem
from pipelines_lib.spec.policy import TIERS, PolicyPack
from pipelines_lib.spec.rulebook import looser_limits

_HUGE = 1e300
_A_REASON = 3
"""Words that a reason has at least; a placeholder has fewer."""
_BUILT_IN_ESTIMATORS = ("xgboost", "scorecard")


def crosscheck(document: Document, packs: Mapping[str, PolicyPack]) -> Iterator[Problem]:
    """Find every contradiction between parts of a spec, and between spec and policy."""
    data = document.data
    for question in _QUESTIONS:
        for location, what, fix in question(data):
            yield Problem(document.line(location), what, fix)
    for location, what, fix in _policies(data, packs):
        yield Problem(document.line(location), what, fix)


Found = Iterator[tuple[Location, str, str]]
Entries = list[tuple[int, Mapping[str, Any]]]


def _entries(data: Mapping[str, Any], key: str) -> Entries:
    value = data.get(key)
    items = value if isinstance(value, list) else []
    return [(index, item) for index, item in enumerate(items) if isinstance(item, Mapping)]


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _word(item: Mapping[str, Any], key: str) -> str | None:
    """A text of an entry; None where it is missing or no text, which its own field reports."""
    value = item.get(key)
    return value.strip() if isinstance(value, str) else None


def _attributes(data: Mapping[str, Any]) -> Entries:
    return _entries(_mapping(data, "fairness"), "attributes")


def _roles(data: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        name: _word(item, "role")
        for _, item in _entries(data, "sources")
        if (name := _word(item, "name")) is not None
    }


def _names_are_unique(data: Mapping[str, Any]) -> Found:
    lists: dict[Location, Entries] = {
        ("sources",): _entries(data, "sources"),
        ("features",): _entries(data, "features"),
        ("fairness", "attributes"): _attributes(data),
    }
    for where, entries in lists.items():
        seen: set[str] = set()
        for index, item in entries:
            name = _word(item, "name")
            if name is not None and name.casefold() in seen:
                what = f"{where[-1]}: {name!r} is declared twice"
                yield (*where, index, "name"), what, "Remove one."
            elif name is not None:
                seen.add(name.casefold())


def _sources(data: Mapping[str, Any]) -> Found:
    entries = _entries(data, "sources")
    if not entries:
        return
    counts = Counter(_word(item, "role") for _, item in entries)
    for role in ("population", "label", "protected"):
        wanted = role != "protected" or bool(_attributes(data))
        if counts[role] > 1 or (counts[role] == 0 and wanted):
            yield (
                ("sources",),
                f"{counts[role]} sources have role {role}, one is needed",
                f"Give exactly one source 'role: {role}'.",
            )
    roles = _roles(data)
    known = [name for name, role in roles.items() if role in {"population", "features"}]
    for index, item in _entries(data, "features"):
        source = _word(item, "source")
        if source is not None and source not in known:
            yield (
                ("features", index, "source"),
                f"feature {item.get('name')!r} names source {source!r}, which delivers no features",
                f"Use one of: {', '.join(known) or 'none yet'}.",
            )


def _made(data: Mapping[str, Any]) -> Found:
    """What is made of the population's columns needs them, and the population."""
    populations = [
        each for _, each in _entries(data, "sources") if each.get("role") == "population"
    ]
    spine = populations[0] if populations else {}
    for index, item in _entries(data, "features"):
        made = next((key for key in ("window", "clock") if item.get(key) is not None), None)
        if made is None:
            continue
        where = ("features", index, made)
        if _word(item, "source") != _word(spine, "name"):
            what = f"feature {item.get('name')!r} has a {made} but is not of the population"
            yield where, what, f"Give it source: {spine.get('name')}."
        if made == "clock" and _word(spine, "moment") is None:
            what = f"feature {item.get('name')!r} needs the time of day, which no column gives"
            yield where, what, "Name the population's column with the time under moment."


def _label(data: Mapping[str, Any]) -> Found:
    label, roles = _mapping(data, "label"), _roles(data)
    source = _word(label, "source")
    if source is not None and roles and roles.get(source) != "label":
        yield (
            ("label", "source"),
            f"label source {source!r} is not a source with role label",
            "Name the source that delivers outcomes.",
        )
    codes = [str(label[key]).strip() for key in ("positive", "negative") if key in label]
    if codes[1:] == codes[:1]:
        yield ("label", "negative"), "positive and negative are the same code", "They must differ."
    column = _word(label, "column")
    for index, item in _entries(data, "features"):
        name = _word(item, "name")
        if name is not None and column is not None and name.casefold() == column.casefold():
            yield (
                ("features", index, "name"),
                f"{name!r} is the label and may not be a feature",
                "Remove the feature: it is what the model predicts.",
            )


def _protected(data: Mapping[str, Any]) -> Found:
    protected = {
        word.casefold(): _word(item, "name")
        for _, item in _attributes(data)
        for key in ("name", "column")
        if (word := _word(item, key)) is not None
    }
    for index, item in _entries(data, "features"):
        name = _word(item, "name")
        if name is not None and name.casefold() in protected:
            yield (
                ("features", index, "name"),
                f"{name!r} is the protected attribute {protected[name.casefold()]!r} "
                "and may not be a feature",
                "Remove the feature; protected attributes only serve the fairness step.",
            )


def _groups(data: Mapping[str, Any]) -> Found:
    """No value may belong to two groups: else the order of keys would decide which one has it."""
    for index, item in _attributes(data):
        where = ("fairness", "attributes", index)
        for key, claims in (("groups", _shared_codes(item)), ("bands", _shared_ranges(item))):
            for name, what in claims:
                yield (*where, key, name), what, "Let every value belong to one group alone."


def _shared_codes(attribute: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    owner: dict[str, str] = {}
    for name, codes in _mapping(attribute, "groups").items():
        for code in map(str, codes if isinstance(codes, list) else []):
            if code in owner:
                yield str(name), f"code {code!r} is in group {owner[code]!r} and in {name!r}"
            owner.setdefault(code, str(name))


def _shared_ranges(attribute: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    spans: list[tuple[float, float, str]] = []
    for name, ends in _mapping(attribute, "bands").items():
        if not _is_range(ends):
            continue
        low = -math.inf if ends[0] is None else ends[0]
        high = math.inf if ends[1] is None else ends[1]
        if low > high:
            yield str(name), f"band {name!r} runs from {low:g} down to {high:g}"
            continue
        for other_low, other_high, other in spans:
            if low <= other_high and other_low <= high:
                both = f"{max(low, other_low):g} to {min(high, other_high):g}"
                yield str(name), f"bands {other!r} and {name!r} share the values {both}"
        spans.append((low, high, str(name)))


def _is_range(ends: object) -> bool:
    return (
        isinstance(ends, list)
        and len(ends) == 2  # noqa: PLR2004  (two ends)
        and all(end is None or _is_number(end) for end in ends)
    )


def _is_number(value: object) -> bool:
    """Whether it is a number that arithmetic can use."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HUGE


def _estimator(data: Mapping[str, Any]) -> Found:
    estimator = _word(_mapping(data, "training"), "estimator")
    if estimator is None or "." in estimator or estimator in _BUILT_IN_ESTIMATORS:
        return
    near = get_close_matches(estimator, _BUILT_IN_ESTIMATORS, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Use xgboost, scorecard or a dotted path."
    yield ("training", "estimator"), f"unknown estimator {estimator!r}", hint


def _segments(data: Mapping[str, Any]) -> Found:
    """Weak segments are defined by features, which are never protected attributes."""
    named = data.get("segments")
    known = {name for _, item in _entries(data, "features") if (name := _word(item, "name"))}
    for index, name in enumerate(named if isinstance(named, list) else []):
        if isinstance(name, str) and known and name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "Name features of this model."
            yield ("segments", index), f"segments names {name!r}, which is no feature", hint


def _justified(data: Mapping[str, Any]) -> Found:
    """A reason to keep a suspect is about a feature there is, and is a reason."""
    known = [name for _, item in _entries(data, "features") if (name := _word(item, "name"))]
    for name, reason in _mapping(_mapping(data, "leakage"), "justified").items():
        where = ("leakage", "justified", str(name))
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "Remove the line."
            yield where, f"leakage: {name!r} is justified and is no feature", hint
        elif isinstance(reason, str) and len(reason.split()) < _A_REASON:
            what = f"leakage: {name!r} is justified with {reason!r}, which gives no reason"
            yield where, what, "Say how its value is known on the business date."


def _entity(data: Mapping[str, Any]) -> Found:
    """A case is about a card or a customer: never about an outcome or a protected attribute."""
    capacity = _mapping(_mapping(data, "decision"), "capacity")
    entity = _word(capacity, "entity")
    if entity is None:
        return
    forbidden = {
        word.casefold()
        for item in (_mapping(data, "label"), *(each for _, each in _attributes(data)))
        if (word := _word(item, "column")) is not None
    }
    if entity.casefold() in forbidden:
        yield (
            ("decision", "capacity", "entity"),
            f"entity {entity!r} is the label or a protected attribute",
            "Name the column of the population that holds the card, account or customer.",
        )


def _stress(data: Mapping[str, Any]) -> Found:
    """Scenarios change numbers of this model; the amount at risk is one of them."""
    stress = _mapping(data, "stress")
    seen: set[str] = set()
    for index, scenario in _entries(stress, "scenarios"):
        where = ("stress", "scenarios", index)
        name = _word(scenario, "name")
        if name is not None and name.casefold() in seen:
            yield (*where, "name"), f"scenario {name!r} is declared twice", "Remove one."
        elif name is not None:
            seen.add(name.casefold())
        for place, shock in _entries(scenario, "shocks"):
            if (feature := _word(shock, "feature")) is not None:
                yield from _a_number(data, (*where, "shocks", place, "feature"), feature)
    if (exposure := _word(stress, "exposure")) is not None:
        yield from _a_number(data, ("stress", "exposure"), exposure)
    for feature in _mapping(stress, "measurement_error"):
        yield from _a_number(data, ("stress", "measurement_error", feature), str(feature))


def _a_number(data: Mapping[str, Any], where: Location, name: str) -> Found:
    kinds = {
        known: _word(item, "type")
        for _, item in _entries(data, "features")
        if (known := _word(item, "name")) is not None
    }
    if not kinds or kinds.get(name) in {"number", "integer"}:
        return
    if name in kinds:
        if kinds[name] == "category":
            yield where, f"{name!r} is a category, not a number", "Name a number or integer."
        return
    near = get_close_matches(name, kinds, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Name a feature of this model."
    yield where, f"stress names {name!r}, which is no feature", hint


def _policies(data: Mapping[str, Any], packs: Mapping[str, PolicyPack]) -> Found:
    named = data.get("policies")
    names = named if isinstance(named, list) else []
    for index, name in enumerate(names):
        if isinstance(name, str) and name not in packs:
            near = get_close_matches(name, list(packs), n=1)
            known = ", ".join(sorted(packs)) or "none"
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {known}."
            yield ("policies", index), f"policy {name!r} does not exist", hint
    chosen = [packs[name] for name in names if isinstance(name, str) and name in packs]
    tier = data.get("tier")
    if not chosen or type(tier) is not int or tier not in TIERS:
        return
    limits = _mapping(data, "limits")
    numbers = {str(key): value for key, value in limits.items() if _is_number(value)}
    try:
        looser = looser_limits(numbers, chosen, tier)
    except SpecError as exc:
        yield ("policies",), exc.problem, exc.fix
        return
    for check, why in looser.items():
        yield (
            ("limits", check),
            f"limit {check}: {why}",
            "A spec may only tighten; remove the line or make it stricter.",
        )


_QUESTIONS = (
    _names_are_unique,
    _sources,
    _made,
    _label,
    _protected,
    _groups,
    _estimator,
    _segments,
    _justified,
    _entity,
    _stress,
)
