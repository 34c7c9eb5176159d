"""What one key of a spec says about another: questions no single field can answer.

They work on the raw data, so that they find their problems even where other parts of the
same file are wrong: a person gets every problem at once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pipelines_lib.errors import SpecError
from pipelines_lib.spec.documents import Document, Location, Problem
from pipelines_lib.spec.policy import TIERS, PolicyPack
from pipelines_lib.spec.rulebook import looser_limits

_BUILT_IN_ESTIMATORS = ("xgboost", "scorecard")


def crosscheck(document: Document, packs: Mapping[str, PolicyPack]) -> Iterator[Problem]:
    """Find every contradiction between parts of a spec, and between spec and policy."""
    data = document.data
    for question in (_names_are_unique, _sources, _label, _protected, _estimator):
        for location, what, fix in question(data):
            yield Problem(document.line(location), what, fix)
    for location, what, fix in _policies(data, packs):
        yield Problem(document.line(location), what, fix)


Found = Iterator[tuple[Location, str, str]]


def _entries(data: Mapping[str, Any], key: str) -> list[tuple[int, Mapping[str, Any]]]:
    value = data.get(key)
    items = value if isinstance(value, list) else []
    return [(index, item) for index, item in enumerate(items) if isinstance(item, Mapping)]


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _attributes(data: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    return _entries(_mapping(data, "fairness"), "attributes")


def _names_are_unique(data: Mapping[str, Any]) -> Found:
    for key in ("sources", "features"):
        names = Counter(item.get("name") for _, item in _entries(data, key))
        seen: set[object] = set()
        for index, item in _entries(data, key):
            name = item.get("name")
            if names[name] > 1 and name in seen:
                yield (key, index, "name"), f"{key}: {name!r} is declared twice", "Remove one."
            seen.add(name)


def _sources(data: Mapping[str, Any]) -> Found:
    roles = {item.get("name"): item.get("role") for _, item in _entries(data, "sources")}
    for role in ("population", "label", "protected"):
        count = sum(1 for value in roles.values() if value == role)
        wanted = role != "protected" or bool(_attributes(data))
        if count > 1 or (count == 0 and wanted):
            yield (
                ("sources",),
                f"{count} sources have role {role}, one is needed",
                f"Give exactly one source 'role: {role}'.",
            )
    for index, item in _entries(data, "features"):
        if roles and roles.get(item.get("source")) not in {"population", "features"}:
            known = [str(n) for n, role in roles.items() if role in {"population", "features"}]
            yield (
                ("features", index, "source"),
                f"feature {item.get('name')!r} names source {item.get('source')!r}, "
                "which delivers no features",
                f"Use one of: {', '.join(known)}.",
            )


def _label(data: Mapping[str, Any]) -> Found:
    label = _mapping(data, "label")
    roles = {item.get("name"): item.get("role") for _, item in _entries(data, "sources")}
    if label and roles and roles.get(label.get("source")) != "label":
        yield (
            ("label", "source"),
            f"label source {label.get('source')!r} is not a source with role label",
            "Name the source that delivers outcomes.",
        )
    if label and label.get("positive") == label.get("negative"):
        yield ("label", "negative"), "positive and negative are the same code", "They must differ."
    for index, item in _entries(data, "features"):
        if label and item.get("name") == label.get("column"):
            yield (
                ("features", index, "name"),
                f"{item.get('name')!r} is the label and may not be a feature",
                "Remove the feature: it is what the model predicts.",
            )


def _protected(data: Mapping[str, Any]) -> Found:
    protected = {
        str(item.get(key)).lower(): str(item.get("name"))
        for _, item in _attributes(data)
        for key in ("name", "column")
    }
    for index, item in _entries(data, "features"):
        name = str(item.get("name"))
        if name.lower() in protected:
            yield (
                ("features", index, "name"),
                f"{name!r} is the protected attribute {protected[name.lower()]!r} "
                "and may not be a feature",
                "Remove the feature; protected attributes only serve the fairness step.",
            )


def _estimator(data: Mapping[str, Any]) -> Found:
    estimator = _mapping(data, "training").get("estimator")
    if isinstance(estimator, str) and "." not in estimator:
        if estimator in _BUILT_IN_ESTIMATORS:
            return
        near = get_close_matches(estimator, _BUILT_IN_ESTIMATORS, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "Use xgboost, scorecard or a dotted path."
        yield ("training", "estimator"), f"unknown estimator {estimator!r}", hint


def _policies(data: Mapping[str, Any], packs: Mapping[str, PolicyPack]) -> Found:
    named = data.get("policies")
    names = named if isinstance(named, list) else []
    for index, name in enumerate(names):
        if name not in packs:
            near = get_close_matches(str(name), list(packs), n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(sorted(packs))}."
            yield ("policies", index), f"policy {name!r} does not exist", hint
    limits = _mapping(data, "limits")
    numbers = {
        str(k): float(v)
        for k, v in limits.items()
        if isinstance(v, int | float) and not isinstance(v, bool)
    }
    chosen = [packs[name] for name in names if name in packs]
    if not chosen or data.get("tier") not in TIERS:
        return
    try:
        looser = looser_limits(numbers, chosen, data["tier"])
    except SpecError as exc:
        yield ("policies",), exc.problem, exc.fix
        return
    for check, why in looser.items():
        yield (
            ("limits", check),
            f"limit {check}: {why}",
            "A spec may only tighten; remove the line or make it stricter.",
        )
