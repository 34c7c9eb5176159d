"""What names an application, and when it happened: found in the table, or made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines_lib.errors import DataContractError, SpecError
from pipelines_lib.onboarding.profile import NEARLY_UNIQUE, Profile, repeats
from pipelines_lib.onboarding.table import Table
from pipelines_lib.onboarding.wishes import Wishes
from pipelines_lib.onboarding.words import known_column, looks_like_a_key, plain, time_rank

FIRST_NIGHT = date(2025, 1, 1)
"""Where made dates begin."""

_NIGHTS, _FEWEST_NIGHTS, _PER_NIGHT = 100, 8, 300
_DATES = 12
"""Business dates below which a history cannot be cut into windows that mean anything."""

_ASKED_EXACTLY = 4
_BLANK_DATES = 0.005


@dataclass(frozen=True)
class Key:
    """What names an application; without a column it is the row's number."""

    profile: Profile | None
    why: str


@dataclass(frozen=True)
class Time:
    """When applications happened; without a column the dates are made.

    ``first`` and ``last`` are the first and the last business date, ``nights`` how many made.
    """

    profile: Profile | None
    why: str
    first: date
    last: date
    nights: int = 0


def key_of(table: Table, profiles: Sequence[Profile], wishes: Wishes, taken: set[str]) -> Key:
    """Which column names an application?

    Raises:
        DataContractError: The column a person named repeats, or has blanks.
        SpecError: There is no such column.
    """
    if wishes.key is not None:
        return _given_key(table, profiles, wishes.key)
    hopeful = [each for each in profiles if each.name not in taken and _may_name(each)]
    hopeful.sort(key=lambda each: (not looks_like_a_key(each.name), each.place))
    for each in hopeful[:_ASKED_EXACTLY]:
        if repeats(table, each.place) != (0, 0):
            continue
        if looks_like_a_key(each.name) or each.numbers_the_rows:
            return Key(each, "every row has one, and no two rows the same")
    return Key(None, "no column names each row, so the row's number does")


def time_of(table: Table, profiles: Sequence[Profile], wishes: Wishes, taken: set[str]) -> Time:
    """When did each application happen?

    Raises:
        SpecError: The column a person named does not exist or holds no dates.
    """
    if wishes.time is not None:
        name = known_column(wishes.time, table.columns, "--time")
        chosen = next(each for each in profiles if each.name == name)
        _refuse_no_date(chosen, "--time")
        return _by_column(chosen, "as given by --time")
    dates = [
        each
        for each in profiles
        if each.kind.form == "date"
        and each.name not in taken
        and each.missing + each.unreadable == 0
        and each.distinct >= _DATES * 0.9
        and time_rank(each.name) >= 0
    ]
    if not dates:
        return _made(table.rows)
    dates.sort(key=lambda each: (-time_rank(each.name), each.place))
    others = ", ".join(each.name for each in dates[1:3])
    beside = f"; also possible: {others} (--time)" if others else ""
    return _by_column(dates[0], f"a date in every row{beside}")


def observed_of(table: Table, profiles: Sequence[Profile], wishes: Wishes) -> Profile | None:
    """The column that says when an outcome became known, where a person named it."""
    if wishes.observed is None:
        return None
    name = known_column(wishes.observed, table.columns, "--observed")
    chosen = next(each for each in profiles if each.name == name)
    _refuse_no_date(chosen, "--observed")
    return chosen


def label_delay(wishes: Wishes, time: Time, *, observed: bool) -> tuple[int, str]:
    """After how many days is an outcome complete, and why is that said?"""
    if wishes.label_delay_days is not None:
        return wishes.label_delay_days, "as given by --label-delay-days"
    if observed:
        return 0, "the outcomes carry their own dates; set it to the time a loan is given to fail"
    span = (time.last - time.first).days
    days = min(30, span // 3)
    return days, "ASSUMED: nothing in the table says how long an outcome takes"


def _given_key(table: Table, profiles: Sequence[Profile], wanted: str) -> Key:
    name = known_column(wanted, table.columns, "--key")
    chosen = next(each for each in profiles if each.name == name)
    blank, repeated = repeats(table, chosen.place)
    if blank or repeated:
        raise DataContractError(
            f"{name!r} names no row: {blank:,} rows have none, {repeated:,} repeat another's.",
            fix="Name a column with a value of its own in every row, or leave --key out: "
            "then one is made.",
        )
    return Key(chosen, "as given by --key")


def _may_name(each: Profile) -> bool:
    whole = each.kind.form == "integer" and not each.codes
    if not whole and each.kind.form != "text":
        return False
    return each.missing == 0 and each.distinct >= NEARLY_UNIQUE * each.rows


def _refuse_no_date(chosen: Profile, option: str) -> None:
    if chosen.kind.form != "date":
        raise SpecError(
            f"{plain(chosen.name)!r} ({option}) holds no dates that can be read.",
            fix="Name a column with dates, such as 2025-01-31, or leave the option out.",
        )
    if option == "--time" and chosen.missing + chosen.unreadable > _BLANK_DATES * chosen.rows:
        raise SpecError(
            f"{chosen.name!r} (--time) has no date in {chosen.missing + chosen.unreadable:,} rows.",
            fix="Name a column with a date in every row, or leave the option out.",
        )


def _by_column(chosen: Profile, why: str) -> Time:
    first, last = chosen.first or FIRST_NIGHT, chosen.last or FIRST_NIGHT
    return Time(chosen, why, first, last)


def _made(rows: int) -> Time:
    nights = min(_NIGHTS, max(_FEWEST_NIGHTS, rows // _PER_NIGHT))
    why = "no column has a date in every row, so dates are MADE: a seeded hash spreads the rows"
    return Time(None, why, FIRST_NIGHT, FIRST_NIGHT + timedelta(days=nights - 1), nights)
