"""Is the paperwork in order that a model needs before it may decide about anybody?

``GOV-001`` the inventory is complete, ``GOV-002`` roles are separate (an approver too, where
there is one), ``GOV-003`` every policy is in force, ``GOV-004`` a champion is never replaced by
a model that knows less.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.errors import bounded
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.rulebook import RuleBook

INVENTORY = "GOV-001"
ROLES = "GOV-002"
POLICY_IN_FORCE = "GOV-003"
CHRONOLOGICAL = "GOV-004"

_PLACEHOLDERS = frozenset(
    {"", "-", "?", "n/a", "na", "none", "tbd", "tba", "tbc", "todo", "fixme", "unknown", "xxx"}
)
"""What people write where nothing has been decided yet, without case and full stops."""
_COUNTS = {3: "three", 4: "four"}


def ask(inquiry: Inquiry) -> Answer:
    """Ask what can be asked of spec, policies and dates alone."""
    checks = check_governance(
        inquiry.spec,
        inquiry.packs,
        inquiry.rules,
        as_of=inquiry.as_of,
        champion_as_of=inquiry.newest_promotion,
    )
    return Answer("governance", checks, None)


def check_governance(
    spec: ModelSpec,
    packs: Mapping[str, PolicyPack],
    rules: RuleBook,
    *,
    as_of: date,
    champion_as_of: date | None,
) -> tuple[CheckResult, ...]:
    """Ask what can be asked of spec, policies and dates alone.

    Args:
        spec: The model.
        packs: The policy packs at hand, by name.
        rules: The rules that hold; a check that no policy rules is not asked.
        as_of: The night of the run.
        champion_as_of: What the champion was allowed to know, or None without a champion.

    Returns:
        One result per ruled check and subject.
    """
    results = (
        _inventory(spec, rules),
        _roles(spec, rules),
        *(_in_force(name, packs, rules, as_of) for name in spec.policies),
        _chronological(rules, as_of, champion_as_of),
    )
    return tuple(result for result in results if result)


def _inventory(spec: ModelSpec, rules: RuleBook) -> CheckResult | None:
    if INVENTORY not in rules:
        return None
    texts = dict(entries(spec))
    empty = [name for name, text in texts.items() if says_nothing(text)]
    said = (
        f"nothing is said under {bounded(empty)}"
        if empty
        else f"all {len(texts)} entries of the inventory are filled in"
    )
    return rules.rule(INVENTORY).answer("model", said, holds=not empty)


def entries(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    """Every text the inventory holds, by where it stands in the spec."""
    for name in ("title", "purpose", "tier_rationale"):
        yield name, getattr(spec, name)
    for name, person in _people(spec).items():
        yield f"people.{name}", person
    for name in ("assumptions", "limitations", "rejected_alternatives"):
        for i, text in enumerate(getattr(spec.documentation, name)):
            yield f"documentation.{name}[{i}]", text
    yield "monitoring.owner", spec.monitoring.owner
    yield "monitoring.action_on_breach", spec.monitoring.action_on_breach
    for i, text in enumerate(spec.monitoring.metrics):
        yield f"monitoring.metrics[{i}]", text
    yield "label.meaning", spec.label.meaning
    for feature in spec.features:
        yield f"features.{feature.name}.meaning", feature.meaning
        yield f"features.{feature.name}.reason", feature.reason
    if spec.fairness.not_applicable is not None:
        yield "fairness.not_applicable", spec.fairness.not_applicable


def says_nothing(text: str) -> bool:
    """Whether it is what people write where nothing has been decided yet."""
    return text.strip().strip(".").casefold() in _PLACEHOLDERS


def _roles(spec: ModelSpec, rules: RuleBook) -> CheckResult | None:
    if ROLES not in rules:
        return None
    rule, people = rules.rule(ROLES), _people(spec)
    # A pack that says nothing about approvers asks for none.
    needed = spec.tier <= dict(rule.parameters).get("approver_up_to_tier", 0)
    if needed and spec.people.approver is None:
        return rule.answer("people", f"tier {spec.tier} needs an approver", holds=False)
    held: dict[str, list[str]] = {}
    for role, person in people.items():
        held.setdefault(_same_person(person), []).append(role)
    shared = [" and ".join(roles) for roles in held.values() if len(roles) > 1]
    said = (
        f"{'; '.join(shared)} are the same person or team"
        if shared
        else f"{_listed(people)} are {_COUNTS[len(people)]} different people or teams"
    )
    return rule.answer("people", said, holds=not shared)


def _people(spec: ModelSpec) -> dict[str, str]:
    """Who holds each role; an approver only where one is named."""
    named = {role: getattr(spec.people, role) for role in ("owner", "developer", "validator")}
    approver = spec.people.approver
    return named if approver is None else {**named, "approver": approver}


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}"


def _same_person(name: str) -> str:
    """One spelling for one name: case and spaces do not make another person."""
    return " ".join(name.casefold().split())


def _in_force(
    name: str, packs: Mapping[str, PolicyPack], rules: RuleBook, day: date
) -> CheckResult | None:
    if POLICY_IN_FORCE not in rules:
        return None
    holds, said = _standing(name, packs.get(name), dict(rules.policies).get(name), day)
    return rules.rule(POLICY_IN_FORCE).answer(name, said, holds=holds)


def _standing(
    name: str, pack: PolicyPack | None, applied: str | None, day: date
) -> tuple[bool | None, str]:
    if pack is None:
        return None, f"policy {name} is not at hand"
    until = f"until {pack.effective_until}" if pack.effective_until else "without an end"
    term = f"in force from {pack.effective_from} {until}"
    if applied != pack.sha256:
        return False, f"the rules that were applied are not those of policy {name}"
    if not pack.in_force(day):
        return False, f"policy {name} is {term}, which leaves out {day}"
    return True, f"policy {name} is {term}"


def _chronological(rules: RuleBook, as_of: date, champion_as_of: date | None) -> CheckResult | None:
    if CHRONOLOGICAL not in rules or champion_as_of is None:
        return None
    said = f"the candidate knows what happened until {as_of}, the champion until {champion_as_of}"
    return rules.rule(CHRONOLOGICAL).answer("champion", said, holds=as_of >= champion_as_of)
