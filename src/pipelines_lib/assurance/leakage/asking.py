"""Which questions are put to single columns, whoever asks?

A candidate's features and the columns of a table without a model meet the same questions.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pipelines_lib.assurance.leakage import (
    copies,
    encodings,
    identifiers,
    known_later,
    missingness,
    single_feature,
    time_proxy,
)
from pipelines_lib.assurance.leakage.columns import Rows
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.rulebook import Rule


@dataclass(frozen=True, eq=False)
class AskedRows:
    """What the questions look at; the three share their columns and levels.

    Attributes:
        all: Every row with a known outcome, in the order of time.
        train: Those learnt from.
        later: Those out of time; None where there are none.
    """

    all: Rows
    train: Rows
    later: Rows | None


ASKED: Final[Mapping[str, Callable[[Rule, AskedRows], Iterator[CheckResult]]]] = {
    single_feature.CODE: lambda rule, asked: single_feature.check(
        rule, asked.all, asked.train, asked.later
    ),
    missingness.CODE: lambda rule, asked: missingness.check(rule, asked.all),
    known_later.CODE: lambda rule, asked: known_later.check(rule, asked.all),
    time_proxy.CODE: lambda rule, asked: time_proxy.check(rule, asked.all),
    encodings.CODE: lambda rule, asked: encodings.check(rule, asked.all),
    identifiers.CODE: lambda rule, asked: identifiers.check(rule, asked.all),
    copies.CODE: lambda rule, asked: copies.check(rule, asked.all),
}
"""By code; each yields one result per column."""
