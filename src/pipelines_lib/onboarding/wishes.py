"""What a person asked for, and what was found out from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class Wishes:
    """The options of one onboarding, as typed.

    Attributes:
        table: A file, or ``env:NAME/table`` for SQL.
        target: Column with the outcome.
        positive: Codes of what is predicted; several are folded into one.
        negative: Codes of its absence; needed where the target has more than two values.
        key: Column that names an application; None lets one be found or made.
        time: Column with the business date; None lets one be found or made.
        observed: Column with the date on which the outcome became known.
        label_delay_days: Days until an outcome is complete; None lets it be assumed.
        protected: Protected attributes: a column, or ``name=flag,flag`` for 0/1 columns.
        name: Name of the model; None takes it from the table.
        separator: CSV only; None lets it be found.
        encoding: CSV only; None lets it be found.
    """

    table: str
    target: str
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    key: str | None = None
    time: str | None = None
    observed: str | None = None
    label_delay_days: int | None = None
    protected: tuple[str, ...] = ()
    name: str | None = None
    separator: str | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class Surroundings:
    """Where the spec will stand, and what holds there.

    Attributes:
        folder: Folder of the spec; addresses in it are relative to that.
        policy: Name of the policy pack the spec will name.
        today: No date can be later.
        home: Where work in progress lies.
        environment: Where SQL addresses are, by name.
        threads: Threads for tables.
    """

    folder: Path
    policy: str
    today: date
    home: Path
    environment: Mapping[str, str]
    threads: int
