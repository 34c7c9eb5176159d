"""Every decision about a table in one value: roles, features, fairness, and whether to copy."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines_lib.data.joining import HEAD, TAIL
from pipelines_lib.errors import SpecError
from pipelines_lib.onboarding.features import Feature, feature_of, unfit
from pipelines_lib.onboarding.intake import Intake, model_name
from pipelines_lib.onboarding.looking import (
    dates_of,
    direction,
    labels_of,
    stands_still,
    suspicions,
    trained_on,
)
from pipelines_lib.onboarding.outcome import Outcome, outcome_of
from pipelines_lib.onboarding.placing import (
    Key,
    Time,
    key_of,
    label_delay,
    observed_of,
    time_of,
)
from pipelines_lib.onboarding.profile import Profile, profile, sample_numbers
from pipelines_lib.onboarding.protection import Attribute, Protected, protected_of
from pipelines_lib.onboarding.table import Table
from pipelines_lib.onboarding.wishes import Wishes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipelines_lib.assurance.leakage.suspicion import Suspicion, SuspicionLimits

TRAIN_SHARE = 0.55
"""Share of the business dates that is trained on, as the spec proposes it."""

_RESERVED = {each.casefold() for each in (*HEAD, TAIL)}
_ODD = re.compile(r"[^\w .%&/+-]")


@dataclass(frozen=True)
class Role:
    """What became of one column, and why."""

    column: str
    role: str
    type: str
    decision: str
    why: str


@dataclass(frozen=True)
class Plan:
    """What the spec will say.

    Attributes:
        name: The model's name.
        intake: Where the table is.
        outcome: What is predicted.
        key: What names an application.
        time: When it happened.
        observed: Column with the day an outcome became known, where there is one.
        delay: Days until an outcome is complete.
        delay_why: Why that many.
        features: The inputs, in the order of the table.
        attributes: Whom the model must be fair about.
        roles: One entry a column, in the order of the table.
        copy_because: Why the table cannot be read every night as it is; empty where it can.
        decimal: Decimal mark of a CSV's numbers.
        profiles: Every column, by name.
    """

    name: str
    intake: Intake
    outcome: Outcome
    key: Key
    time: Time
    observed: Profile | None
    delay: int
    delay_why: str
    features: tuple[Feature, ...]
    attributes: tuple[Attribute, ...]
    roles: tuple[Role, ...]
    copy_because: tuple[str, ...]
    decimal: str
    profiles: Mapping[str, Profile]

    @property
    def copies(self) -> bool:
        """Whether a prepared copy is needed."""
        return bool(self.copy_because)


def plan(table: Table, wishes: Wishes, limits: "SuspicionLimits | None") -> Plan:
    """Decide everything about a table.

    Raises:
        DataContractError: The table cannot carry a model.
        SpecError: An option does not fit the table, or no column is left as a feature.
    """
    name = model_name(wishes)
    outcome = outcome_of(table, wishes)
    profiles = profile(table)
    taken = {outcome.name}
    observed = observed_of(table, profiles, wishes)
    taken |= {observed.name} if observed else set()
    key = key_of(table, profiles, wishes, taken)
    taken |= {key.profile.name} if key.profile else set()
    time = time_of(table, profiles, wishes, taken)
    taken |= {time.profile.name} if time.profile else set()
    protected = protected_of(table, profiles, wishes, taken)
    delay, delay_why = label_delay(wishes, time, observed=observed is not None)
    rest = [each for each in profiles if each.name not in taken | set(protected.columns)]
    labels, dates = labels_of(table, outcome), dates_of(table, time)
    train = trained_on(dates, time, delay, TRAIN_SHARE)
    out = {
        each.name: why for each in rest if (why := unfit(table, each) or _still(table, each, train))
    }
    hopeful = [each for each in rest if each.name not in out]
    found = suspicions(table, hopeful, labels, dates, train=train, limits=limits)
    out |= _leaks(found)
    features = _features(table, hopeful, out, labels, dates)
    if not features:
        raise SpecError(
            f"No column of {table.intake.shown} is left as an input of a model.",
            fix="See that the table has inputs beside key, dates, target and protected columns: "
            + "; ".join(f"{column} {why}" for column, why in list(out.items())[:5]),
        )
    decimal, clash = _decimal(table.intake, profiles, features)
    decided = _Decided(outcome, key, time, observed, protected, features)
    return Plan(
        name=name,
        intake=table.intake,
        outcome=outcome,
        key=key,
        time=time,
        observed=observed,
        delay=delay,
        delay_why=delay_why,
        features=features,
        attributes=protected.attributes,
        roles=_roles(profiles, decided, out),
        copy_because=(*_copy_because(table, profiles, decided, wishes), *clash),
        decimal=decimal,
        profiles={each.name: each for each in profiles},
    )


def spec_name(column: str) -> str:
    """A column's name in a spec: its own, where that can stand there."""
    name = _ODD.sub("_", column.strip()) or "column"
    return f"{name}_" if name.casefold() in _RESERVED else name


@dataclass(frozen=True)
class _Decided:
    outcome: Outcome
    key: Key
    time: Time
    observed: Profile | None
    protected: Protected
    features: tuple[Feature, ...]


def _still(table: Table, found: Profile, train: "NDArray[np.bool_] | None") -> str | None:
    """Why nothing can be learned from a column that only varies later (DATA-013)."""
    if train is None or not stands_still(table, found, train):
        return None
    return "one value in the train window (of the rows looked at): it varies only later"


def _leaks(found: "Sequence[Suspicion]") -> dict[str, str]:
    """What speaks against each suspect; the first thing that was found."""
    told: dict[str, str] = {}
    for each in found:
        told.setdefault(each.column, f"suspected leak ({each.code}): {each.story}")
    return told


def _features(
    table: Table,
    hopeful: Sequence[Profile],
    out: Mapping[str, str],
    labels: "NDArray[np.int8]",
    dates: "NDArray[np.datetime64] | None",
) -> tuple[Feature, ...]:
    drafts = []
    for each in hopeful:
        if each.name in out:
            continue
        draft = feature_of(each)
        if each.is_number:
            draft = replace(draft, hint=direction(sample_numbers(table, each), labels, dates))
        drafts.append(draft)
    return tuple(drafts)


def _decimal(
    intake: Intake, profiles: Sequence[Profile], features: Sequence[Feature]
) -> tuple[str, tuple[str, ...]]:
    """The decimal mark of a CSV, and why it cannot be said, if so."""
    used = {feature.column for feature in features}
    marks = {
        each.kind.decimal
        for each in profiles
        if each.name in used and each.kind.decimal and not each.kind.rewrite
    }
    if "," not in marks:
        return ".", ()
    if "." in marks:
        return ".", ("some numbers have decimal commas, others decimal points",)
    if intake.form != "csv":
        return ".", ("its numbers are texts with decimal commas",)
    return ",", ()


def _copy_because(
    table: Table, profiles: Sequence[Profile], decided: _Decided, wishes: Wishes
) -> tuple[str, ...]:
    reasons = []
    if table.intake.hindrance:
        reasons.append(table.intake.hindrance)
    if decided.key.profile is None:
        reasons.append("no column names an application, so a key is made")
    if decided.time.profile is None:
        reasons.append("no column says when an application happened, so dates are made")
    outcome = decided.outcome
    if outcome.folded:
        reasons.append("several codes of the target become one")
    if outcome.others and not (decided.observed and _blank_together(table, outcome, decided)):
        reasons.append(f"{outcome.others:,} rows have no known outcome")
    if any("=" in each for each in wishes.protected):
        reasons.append("columns of 0 and 1 are folded into one protected attribute")
    for each in _used(profiles, decided):
        if each.kind.rewrite:
            reasons.append(f"{each.name}: {each.kind.rewrite}")
        if spec_name(each.name) != each.name or each.name in table.intake.renamed:
            reasons.append(f"{each.name!r} cannot stand in a spec as it is and is renamed")
    return tuple(reasons)


def _blank_together(table: Table, outcome: Outcome, decided: _Decided) -> bool:
    """Whether an outcome that is not known has no date either."""
    if decided.observed is None:
        return False
    text = table.text(outcome.place)
    rows = table.bench.run(
        f"SELECT count(*) FROM {table.scan} WHERE {decided.observed.kind.there} "  # noqa: S608
        f"AND coalesce({text} NOT IN (?, ?), TRUE)",
        [outcome.positive[0], outcome.negative[0]],
    )
    return int(rows[0][0]) == 0


def _used(profiles: Sequence[Profile], decided: _Decided) -> list[Profile]:
    """The columns that the spec will name."""
    names = {feature.column for feature in decided.features}
    names |= {each.column for each in decided.protected.attributes if not each.flags}
    single = (decided.key.profile, decided.time.profile, decided.observed)
    names |= {each.name for each in single if each}
    names.add(decided.outcome.name)
    return [each for each in profiles if each.name in names]


def _roles(
    profiles: Sequence[Profile], decided: _Decided, out: Mapping[str, str]
) -> tuple[Role, ...]:
    features = {feature.column: feature for feature in decided.features}
    return tuple(_role(each, decided, features, out) for each in profiles)


def _role(
    found: Profile, decided: _Decided, features: Mapping[str, Feature], out: Mapping[str, str]
) -> Role:
    name, form = found.name, found.kind.form
    if special := _special_role(found, decided):
        return special
    if name in decided.protected.columns:
        grouped = next((each for each in decided.protected.attributes if each.column == name), None)
        told = f"{len(grouped.groups or grouped.bands)} groups" if grouped else "kept out"
        return Role(name, "protected", form, told, decided.protected.columns[name])
    if name in features:
        draft = features[name]
        return Role(name, "feature", draft.type, decision_about(draft), "; ".join(draft.notes))
    return Role(name, "excluded", form, "not an input", out[name])


def _special_role(found: Profile, decided: _Decided) -> Role | None:
    """The part of a column that only one column can have."""
    name, form, outcome = found.name, found.kind.form, decided.outcome
    if name == outcome.name:
        told = f"{_codes(outcome.positive)} against {_codes(outcome.negative)}"
        return Role(name, "target", form, told, outcome.why)
    if found is decided.key.profile:
        return Role(name, "key", form, "becomes a pseudonym", decided.key.why)
    if found is decided.time.profile:
        told = f"{found.first} to {found.last}"
        return Role(name, "business date", form, told, decided.time.why)
    if found is decided.observed:
        return Role(name, "outcome date", form, "when the outcome was known", "as given")
    return None


def decision_about(draft: Feature) -> str:
    """A feature's declaration in few words."""
    told = (
        f"{len(draft.levels)} levels"
        if draft.type == "category"
        else f"{draft.minimum:,.12g} to {draft.maximum:,.12g}"
    )
    if draft.missing_codes:
        told += f", missing: {', '.join(draft.missing_codes)}"
    return told


def _codes(codes: Sequence[str]) -> str:
    return " or ".join(codes)
