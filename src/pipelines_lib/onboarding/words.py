"""What column names and texts give away, in plain words.

Names only propose; a person decides. Lists are short on purpose: a word that is in nearly
every bank's tables, spelt as whole parts of a name (``marital_status``, ``maritalStatus``).
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from pipelines_lib.errors import SpecError, bounded

MISSING_TEXTS = frozenset(
    {"", "?", "-", "--", ".", "n/a", "na", "#n/a", "n.a.", "nan", "null", "nil", "unknown", "unk"}
    | {"missing", "not available", "not applicable", "not known", "undefined", "(null)", "\\n"}
)
"""Texts that stand for a missing value, without case."""

PROTECTED = {
    "sex": {"sex", "gender", "male", "female", "woman", "man", "women", "men"},
    "race": {"race", "racial", "black", "white", "asian", "amind", "hipac", "caucasian"}
    | {"african", "foreign"},
    "ethnicity": {"ethnicity", "ethnic", "hispanic", "latino"},
    "age": {"age", "birth", "birthday", "birthdate", "dob", "born", "agegte62", "agelt62"},
    "marital status": {"marital", "marriage", "married", "civil"},
    "religion": {"religion", "religious", "faith"},
    "nationality": {"nationality", "citizenship", "citizen", "nation"},
    "disability": {"disability", "disabled", "handicap"},
    "language": {"language"},
    "pregnancy": {"pregnant", "pregnancy"},
    "orientation": {"orientation"},
}
"""Parts of names that speak of a protected attribute, by the attribute."""

_NOT_OF_A_PERSON = {"account", "card", "vehicle", "car", "collateral", "building", "loan"}
"""An age of these is no age of a person."""

_KEY_PARTS = ("id", "key", "number", "no", "nr", "num", "ref", "reference", "uuid", "guid", "row")
_TIME_GOOD = ("issue", "issued", "business", "application", "applied", "origination", "decision")
_TIME_FAIR = ("timestamp", "date", "datetime", "time", "month", "day", "event", "contact", "open")
_TIME_BAD = ("last", "next", "end", "close", "closed", "maturity", "birth", "birthdate", "dob")
_TIME_LATE = ("pymnt", "payment", "settlement", "earliest", "first", "update", "updated", "due")
_POSITIVE = (
    "1",
    "1.0",
    "yes",
    "y",
    "true",
    "t",
    "bad",
    "default",
    "defaulted",
    "fraud",
    "charged off",
)
_NEGATIVE = ("0", "0.0", "no", "n", "false", "f", "good", "paid", "fully paid", "genuine", "legit")
_GOOD_NEWS = {"repaid", "paid", "good", "approved", "accepted", "performing", "cured", "healthy"}


def parts(name: str) -> tuple[str, ...]:
    """A name in small words: ``LoanAmount.EUR`` is loan, amount, eur."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", spaced.lower()))


def plain(name: str) -> str:
    """A name as a person would say it."""
    return " ".join(parts(name)) or name


def is_missing(text: str) -> bool:
    """Whether a text stands for a missing value."""
    return text.strip().casefold() in MISSING_TEXTS


def protected_attribute(name: str) -> str | None:
    """Which protected attribute a name speaks of, if any."""
    words = set(parts(name))
    for attribute, known in PROTECTED.items():
        if words & known and not (attribute == "age" and words & _NOT_OF_A_PERSON):
            return attribute
    return None


def looks_like_a_key(name: str) -> bool:
    """Whether a name says that its column names something."""
    words = parts(name)
    return bool(words) and (words[-1] in _KEY_PARTS or words[0] in {"id", "key"})


def time_rank(name: str) -> int:
    """How much a date column's name says that it is the day of the decision; higher is more."""
    words = set(parts(name))
    if words & {*_TIME_BAD, *_TIME_LATE}:
        return -1
    if words & {*_TIME_GOOD}:
        return 2
    return 1 if words & {*_TIME_FAIR} else 0


def positive_of(codes: Iterable[str]) -> str | None:
    """Which of two codes means yes, where that is beyond doubt."""
    both = list(codes)
    yes = [code for code in both if code.casefold() in _POSITIVE]
    no = [code for code in both if code.casefold() in _NEGATIVE]
    return yes[0] if len(yes) == len(no) == 1 else None


def is_good_news(name: str) -> bool:
    """Whether a target's name says that yes is what the bank hopes for."""
    return bool(set(parts(name)) & _GOOD_NEWS)


def known_column(name: str, columns: Iterable[str], option: str) -> str:
    """The column a person named; capitals are forgiven where they leave no doubt.

    Raises:
        SpecError: There is none; it says which was probably meant.
    """
    there = list(columns)
    if name in there:
        return name
    lower = {each.casefold(): each for each in there}
    if name.casefold() in lower:
        return lower[name.casefold()]
    near = get_close_matches(name.casefold(), list(lower), n=1)
    hint = f"Did you mean {lower[near[0]]!r}?" if near else f"Columns: {bounded(there, shown=12)}."
    raise SpecError(f"There is no column {name!r} ({option}).", fix=hint)
