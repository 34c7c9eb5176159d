"""What each remaining column becomes: a feature with its limits, or nothing, and why."""

from dataclasses import dataclass, replace

import numpy as np

from pipelines_lib.onboarding.profile import LEVELS, Profile, sample_numbers
from pipelines_lib.onboarding.ranges import limits
from pipelines_lib.onboarding.table import Table
from pipelines_lib.onboarding.words import looks_like_a_key, plain

_FAULTY = 0.005
"""Share of values that may be faults of single rows; more is another kind of column."""

_ALWAYS = 0.995
"""From this share of one value on, there is next to nothing to learn, and no drift to see."""

_ROWS_PER_LEVEL = 10
_FEW_CODES = 12
_IDENTIFIES = 50
_TEXTS_NAMED = 3


@dataclass(frozen=True)
class Feature:
    """One input as the spec will declare it.

    Attributes:
        column: As delivered.
        type: ``number``, ``integer`` or ``category``.
        minimum: Lowest value allowed.
        maximum: Highest value allowed.
        levels: Known categories.
        missing_codes: What stands for a missing value.
        missing_share: Share of the rows without a value.
        unit: What the numbers count.
        notes: What a person should know, each a comment beside it.
        hint: A monotone direction worth a thought; empty for none.
    """

    column: str
    type: str
    minimum: float | None = None
    maximum: float | None = None
    levels: tuple[str, ...] = ()
    missing_codes: tuple[str, ...] = ()
    missing_share: float = 0.0
    unit: str | None = None
    notes: tuple[str, ...] = ()
    hint: str = ""

    @property
    def meaning(self) -> str:
        """What the name says it is."""
        return plain(self.column)

    @property
    def reason(self) -> str:
        """What a declined applicant would be told, from the name alone."""
        kind = "Category" if self.type == "category" else "Level"
        return f"{kind} of {plain(self.column)} compared with similar applicants"


def unfit(table: Table, found: Profile) -> str | None:
    """Why a column cannot be a feature, whatever it means; None where it can."""
    questions = (_unusable, _faulty, _names_something)
    told = next((why for question in questions if (why := question(found))), None)
    if told is not None:
        return told
    return _unfit_text(found) if found.kind.form == "text" else _unfit_number(table, found)


def _unusable(found: Profile) -> str | None:
    if found.kind.form == "nested":
        return "holds lists or records, not values"
    if found.there == 0:
        return "holds no value in any row"
    if found.kind.form == "date":
        return "a date is no input: deliver the days between it and the business date instead"
    return None


def _faulty(found: Profile) -> str | None:
    if found.unreadable > _FAULTY * found.rows:
        return f"mixed: {found.unreadable / found.rows:.1%} of its values are no numbers"
    if found.infinite > _FAULTY * found.rows:
        return f"infinite in {found.infinite / found.rows:.1%} of the rows"
    if found.beyond:
        return "whole numbers beyond 2^53, which arithmetic cannot tell apart: an identifier"
    return None


def _unfit_number(table: Table, found: Profile) -> str | None:
    if found.lowest is None:
        return "holds no usable number"
    if found.lowest == found.highest and not found.missing:
        return "constant: one value in every row"
    return _hardly_varies(table, found)


def feature_of(found: Profile) -> Feature:
    """The declaration of a column that can be a feature."""
    share = found.missing / found.rows
    draft = Feature(column=found.name, type="category", missing_share=share, unit=found.kind.unit)
    texts = () if found.kind.rewrite else found.kind.missing
    if found.kind.form == "text":
        levels = tuple(sorted(text for text, _ in found.levels))
        return replace(draft, levels=levels, missing_codes=texts, notes=_text_notes(found))
    whole = found.kind.form == "integer"
    low, high = limits(found.lowest or 0.0, found.highest or 0.0, whole=whole)
    return replace(
        draft,
        type="integer" if whole else "number",
        minimum=low,
        maximum=high,
        missing_codes=(*(number_text(code) for code in found.codes), *texts),
        notes=_number_notes(found),
    )


def number_text(value: float) -> str:
    """A number as a person writes it."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.12g}"  # noqa: PLR2004


def _names_something(found: Profile) -> str | None:
    if found.numbers_the_rows:
        return "it numbers the rows"
    if found.kind.form == "number" and found.lowest != found.highest:
        return None
    if looks_like_a_key(found.name) and found.distinct > _IDENTIFIES:
        return f"an identifier by its name, with about {found.distinct:,} different values"
    return None


def _unfit_text(found: Profile) -> str | None:
    if not found.levels:
        return f"about {found.distinct:,} different texts; a category lists at most {LEVELS}"
    if len(found.levels) == 1 and not found.missing:
        return "constant: one value in every row"
    if len(found.levels) > max(_TEXTS_NAMED, found.there / _ROWS_PER_LEVEL):
        return (
            f"{len(found.levels)} different texts in {found.there:,} rows: names or free text, "
            "not categories"
        )
    commonest = max(found.levels[0][1], found.missing) / found.rows
    return _one_value(commonest) if commonest >= _ALWAYS else None


def _hardly_varies(table: Table, found: Profile) -> str | None:
    values = sample_numbers(table, found)
    known = values[np.isfinite(values)]
    _, counts = np.unique(known, return_counts=True)
    blank = len(values) - len(known)
    commonest = max([blank, *counts.tolist()]) / max(1, len(values))
    return _one_value(commonest) if commonest >= _ALWAYS else None


def _one_value(share: float) -> str:
    shown = "over 99.9 %" if share > 0.999 else f"{100 * share:.1f} %"  # noqa: PLR2004
    return f"one value in {shown} of the rows: next to nothing to learn, no drift to see"


def _text_notes(found: Profile) -> tuple[str, ...]:
    notes = []
    if found.kind.missing:
        notes.append(_missing_note(found))
    rare = sum(1 for _, rows in found.levels if rows < _ROWS_PER_LEVEL)
    if rare:
        plural = "levels have" if rare > 1 else "level has"
        notes.append(f"{rare} {plural} fewer than {_ROWS_PER_LEVEL} rows")
    return tuple(notes)


def _number_notes(found: Profile) -> tuple[str, ...]:
    notes = []
    if found.codes:
        codes = " and ".join(number_text(code) for code in found.codes)
        notes.append(
            f"{codes}: far from all other values, so it probably stands for something else; "
            "if it is a real value, remove it here and raise the limits"
        )
    if found.kind.missing and not found.kind.rewrite:
        notes.append(_missing_note(found))
    if found.kind.rewrite:
        notes.append(f"made a plain number in the copy: {found.kind.rewrite}")
    if found.unreadable:
        notes.append(f"{found.unreadable:,} values are no numbers; those rows will be set aside")
    if found.infinite:
        notes.append(f"{found.infinite:,} values are infinite; those rows will be set aside")
    if found.kind.form == "integer" and 2 < found.distinct <= _FEW_CODES:  # noqa: PLR2004
        notes.append(
            f"{found.distinct} or so different values: codes? Then type: category fits better"
        )
    return tuple(notes)


def _missing_note(found: Profile) -> str:
    listed = ", ".join(f"'{text}'" for text in found.kind.missing)
    verb = "stands" if len(found.kind.missing) == 1 else "stand"
    return f"{listed} {verb} for a missing value, by the text"
