"""What is predicted: which codes of the target mean yes, which no, and which are not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pipelines_lib.errors import SpecError, bounded
from pipelines_lib.onboarding.profile import counted_texts
from pipelines_lib.onboarding.table import Table
from pipelines_lib.onboarding.wishes import Wishes
from pipelines_lib.onboarding.words import is_good_news, is_missing, known_column, positive_of

_VALUES = 50
_SHOWN = 8


@dataclass(frozen=True)
class Outcome:
    """The target and its codes.

    Attributes:
        name: Column, as delivered.
        place: Its position.
        positive: Codes of what is predicted.
        negative: Codes of its absence.
        positives: Rows with a positive code.
        negatives: Rows with a negative one.
        others: Rows with another code, or none: their outcome is not known.
        why: How it was decided which is which.
        doubt: What a person should look at; empty where nothing is odd.
    """

    name: str
    place: int
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    positives: int
    negatives: int
    others: int
    why: str
    doubt: str = ""

    @property
    def rate(self) -> float:
        """Share of positives among the known."""
        return self.positives / (self.positives + self.negatives)

    @property
    def folded(self) -> bool:
        """Whether several codes have become one, which a nightly run cannot do."""
        return len(self.positive) + len(self.negative) > 2  # noqa: PLR2004  (one of each)


def outcome_of(table: Table, wishes: Wishes) -> Outcome:
    """Decide what the target's codes mean.

    Raises:
        SpecError: There is no such column, it takes one value, or it is not clear which of its
            values is predicted; the error lists them where they are few.
    """
    name = known_column(wishes.target, table.columns, "--target")
    place = table.place(name)
    found = counted_texts(table, place, _VALUES)
    counts = {text: rows for text, rows in found if not is_missing(text)}
    if not counts:
        what = "has no values" if found or _empty(table, place) else f"has over {_VALUES} values"
        raise SpecError(
            f"The target {name!r} {what}: a model predicts one of two outcomes.",
            fix="Name another column, or add one with two values.",
        )
    if len(counts) == 1:
        raise SpecError(
            f"The target {name!r} takes one value in all rows: there is nothing to predict.",
            fix="Name another column, or give a table with both outcomes.",
        )
    positive, negative, why = _sides(name, list(counts), wishes)
    positives, negatives = (sum(counts[code] for code in side) for side in (positive, negative))
    doubt = ""
    if is_good_news(name) and not wishes.positive:
        doubt = (
            f"'{name}' sounds like good news, yet scores at or above the cut-off are declined: "
            f"if {positive[0]!r} is what the bank hopes for, say --positive {negative[0]!r}"
        )
    return Outcome(
        name=name,
        place=place,
        positive=positive,
        negative=negative,
        positives=positives,
        negatives=negatives,
        others=table.rows - positives - negatives,
        why=why,
        doubt=doubt,
    )


def _empty(table: Table, place: int) -> bool:
    return not table.commonest(place, 1)


def _sides(
    name: str, codes: Sequence[str], wishes: Wishes
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    positive = tuple(_code(name, each, codes, "--positive") for each in wishes.positive)
    negative = tuple(_code(name, each, codes, "--negative") for each in wishes.negative)
    if both := set(positive) & set(negative):
        raise SpecError(
            f"{bounded(sorted(both))} cannot be positive and negative.", fix="Remove it from one."
        )
    if positive and negative:
        return positive, negative, "as given by --positive and --negative"
    rest = tuple(code for code in codes if code not in {*positive, *negative})
    if len(rest) == 1 and (positive or negative):
        return (
            (positive or rest),
            (negative or rest),
            "as given; the other of the two is its absence",
        )
    if not positive and not negative and len(codes) == 2:  # noqa: PLR2004
        yes = positive_of(codes)
        if yes is not None:
            no = next(code for code in codes if code != yes)
            return (yes,), (no,), f"{yes!r} means yes by its name; --positive says otherwise"
    raise _unclear(name, codes, wishes)


def _unclear(name: str, codes: Sequence[str], wishes: Wishes) -> SpecError:
    listed = bounded([repr(code) for code in sorted(codes)], shown=_SHOWN)
    if wishes.positive or wishes.negative:
        missing = "--negative" if wishes.positive else "--positive"
        return SpecError(
            f"The target {name!r} has {len(codes)} values: {listed}.",
            fix=f"Say {missing} too; rows with any other value count as not known.",
        )
    if len(codes) == 2:  # noqa: PLR2004
        return SpecError(
            f"Which value of {name!r} is predicted: {listed}?", fix="Say it: --positive VALUE."
        )
    return SpecError(
        f"The target {name!r} has {len(codes)} values: {listed}.",
        fix="Say which is predicted and which is its absence: --positive VALUE --negative VALUE; "
        "each may be given several times, other values count as not known.",
    )


def _code(name: str, wanted: str, codes: Sequence[str], option: str) -> str:
    for each in (wanted.strip(), wanted.strip().removesuffix(".0")):
        if each in codes:
            return each
    lower = {code.casefold(): code for code in codes}
    if wanted.strip().casefold() in lower:
        return lower[wanted.strip().casefold()]
    near = get_close_matches(wanted, codes, n=1)
    listed = bounded([repr(code) for code in sorted(codes)], shown=_SHOWN)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise SpecError(
        f"{name!r} never takes the value {wanted!r} ({option}).", fix=f"{hint}Values: {listed}."
    )
