"""Whom the model must be fair about: attributes, their groups, and columns that hold them.

Groups come from the levels that are there, bands from conventions for ages and from the
middle of the values for other numbers. All of it is a proposal.
"""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines_lib.data.columns import quoted
from pipelines_lib.errors import SpecError, bounded
from pipelines_lib.onboarding.profile import Profile, counted_texts, sample_numbers
from pipelines_lib.onboarding.table import Table
from pipelines_lib.onboarding.wishes import Wishes
from pipelines_lib.onboarding.words import is_missing, known_column, plain, protected_attribute

_GROUPS = 12
_YES = ("1", "1.0", "true", "True", "TRUE", "t", "yes", "Yes", "y", "Y")
_NO = ("0", "0.0", "false", "False", "FALSE", "f", "no", "No", "n", "N")
_AGES = {
    "under_25": (None, 24.0),
    "from_25_to_39": (25.0, 39.0),
    "from_40_to_59": (40.0, 59.0),
    "from_60": (60.0, None),
}
_OLDEST = 120
SEVERAL = "several"
"""The group of those for whom more than one folded column is set."""

Band = tuple[float | None, float | None]


@dataclass(frozen=True)
class Attribute:
    """A protected attribute as the spec will declare it.

    Attributes:
        name: A model's name for it.
        column: Column of the protected source.
        flags: 0/1 columns it is folded from, if it is.
        groups: Group to codes.
        bands: Group to its range.
        reference: The group the others are compared with.
        why: Why it is protected and how its groups were made.
    """

    name: str
    column: str
    why: str
    reference: str
    flags: tuple[str, ...] = ()
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    bands: tuple[tuple[str, Band], ...] = ()


@dataclass(frozen=True)
class Protected:
    """The attributes, and why each column that speaks of a person is kept from the model."""

    attributes: tuple[Attribute, ...]
    columns: dict[str, str]


def protected_of(
    table: Table, profiles: Sequence[Profile], wishes: Wishes, taken: set[str]
) -> Protected:
    """Which columns are protected, and which groups have they?

    Raises:
        SpecError: A column that was named does not exist or is no 0/1 column.
    """
    by_name = {each.name: each for each in profiles}
    attributes: list[Attribute] = []
    columns: dict[str, str] = {}
    for wanted in wishes.protected:
        name, equals, flags = wanted.partition("=")
        if equals:
            folded = _folded(table, name.strip(), flags, by_name)
            columns |= dict.fromkeys(folded.flags, f"folded into {folded.name}")
            attributes.append(folded)
            continue
        column = known_column(name.strip(), table.columns, "--protected")
        columns[column] = "as given by --protected"
        attributes += _attribute(table, by_name[column], "as given by --protected")
    for each in profiles:
        speaks_of = protected_attribute(each.name)
        if speaks_of is None or each.name in columns or each.name in taken:
            continue
        columns[each.name] = f"its name speaks of {speaks_of}"
        attributes += _attribute(table, each, f"its name speaks of {speaks_of}")
    return Protected(_named_apart(attributes), columns)


def fold(table: Table, flags: Sequence[str]) -> str:
    """SQL that folds 0/1 columns into one: the name of the one that is set."""
    names = {flag: (table.text(table.place(flag)), group_name(flag)) for flag in flags}
    yes = {
        flag: f"coalesce({text} IN ({_quoted(_YES)}), FALSE)" for flag, (text, _) in names.items()
    }
    number = " + ".join(f"CAST({test} AS INTEGER)" for test in yes.values())
    cases = " ".join(f"WHEN {test} THEN '{names[flag][1]}'" for flag, test in yes.items())
    return f"CASE WHEN {number} > 1 THEN {quoted(SEVERAL)} {cases} END"


def group_name(text: str) -> str:
    """A group's name made of a code."""
    name = "_".join(part for part in plain(text).split())
    return (name if name[:1].isalpha() else f"code_{name}")[:40] or "code"


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f"'{text}'" for text in texts)


def _folded(table: Table, name: str, flags: str, by_name: dict[str, Profile]) -> Attribute:
    wanted = [flag.strip() for flag in flags.split(",") if flag.strip()]
    columns = tuple(known_column(flag, table.columns, "--protected") for flag in wanted)
    if not name or not columns:
        raise SpecError(
            "--protected NAME=COLUMN,COLUMN needs a name and columns.",
            fix="Write for example --protected race=black,asian,white.",
        )
    for column in columns:
        texts = {text for text, _ in counted_texts(table, by_name[column].place, 2 * len(_YES))}
        if not texts or {each for each in texts if not is_missing(each)} - {*_YES, *_NO}:
            raise SpecError(
                f"{column!r} is no 0/1 column, so it cannot be folded into {name!r}.",
                fix=f"Name it on its own: --protected {column}.",
            )
    by_group = dict(
        table.bench.run(
            f"SELECT {fold(table, columns)} AS g, count(*) FROM {table.scan} GROUP BY g"
        )
    )
    groups = [name for name in (*map(group_name, columns), SEVERAL) if by_group.get(name)]
    if not groups:
        raise SpecError(
            f"{bounded(columns)} are never set: there is no group of {name!r}.",
            fix="Leave the option out, or name other columns.",
        )
    several = f", where more than one is, '{SEVERAL}'" if SEVERAL in groups else ""
    return Attribute(
        name=group_name(name),
        column=group_name(name),
        why=f"folded from columns of 0 and 1; where none is set the group is unknown{several}",
        reference=max(groups, key=lambda group: by_group[group]),
        flags=columns,
        groups=tuple((group, (group,)) for group in groups),
    )


def _attribute(table: Table, found: Profile, why: str) -> list[Attribute]:
    """One attribute, or none where its column cannot be grouped."""
    name = group_name(found.name)
    levels = [
        (text, rows)
        for text, rows in counted_texts(table, found.place, 400)
        if not is_missing(text)
    ]
    if not levels and not found.is_number:
        return []
    if found.is_number and (not levels or len(levels) > _GROUPS):
        bands = _bands(table, found)
        if len(bands) < 2:  # noqa: PLR2004  (one band compares nobody)
            return []
        reference = "from_25_to_39" if bands == tuple(_AGES.items()) else bands[0][0]
        told = f"{why}; bands are a proposal"
        return [Attribute(name, found.name, told, reference, bands=bands)]
    if len(levels) < 2:  # noqa: PLR2004
        return []
    largest = levels[:_GROUPS]
    if {text for text, _ in largest} <= {*_YES, *_NO}:
        groups = _apart([(name if text in _YES else f"not_{name}", text) for text, _ in largest])
    else:
        groups = _apart([(group_name(text), text) for text, _ in largest])
    told = f"{why}; groups are its values"
    if len(levels) > _GROUPS:
        told += f", the {_GROUPS} largest; the rest is unknown"
    return [Attribute(name, found.name, told, groups[0][0], groups=groups)]


def _apart(named: Sequence[tuple[str, str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Codes that would have one name get a number each."""
    seen: dict[str, tuple[str, ...]] = {}
    for name, code in named:
        unique = name if name not in seen else f"{name}_{len(seen) + 1}"
        seen[unique] = (code,)
    return tuple(seen.items())


def _bands(table: Table, found: Profile) -> tuple[tuple[str, Band], ...]:
    low, high = found.lowest or 0.0, found.highest or 0.0
    if protected_attribute(found.name) == "age" and low >= 0 and high <= _OLDEST:
        kept = [
            (name, ends)
            for name, ends in _AGES.items()
            if (ends[0] is None or ends[0] <= high) and (ends[1] is None or ends[1] >= low)
        ]
        return tuple(kept)
    values = sample_numbers(table, found)
    known = values[np.isfinite(values)]
    cut = float(f"{np.median(known):.2g}") if len(known) else 0.0
    if not low < cut < high:
        return ()
    below = float(np.nextafter(cut, -np.inf))
    return (("lower", (None, below)), ("upper", (cut, None)))


def _named_apart(attributes: Sequence[Attribute]) -> tuple[Attribute, ...]:
    seen: set[str] = set()
    kept = []
    for each in attributes:
        if each.name not in seen:
            kept.append(each)
        seen.add(each.name)
    return tuple(kept)
