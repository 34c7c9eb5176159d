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
    single_feature.CODE: lambda rule, rows: single_feature.check(rule, rows.train, rows.later),
    missingness.CODE: lambda rule, rows: missingness.check(rule, rows.train),
    known_later.CODE: lambda rule, rows: known_later.check(rule, rows.train),
    time_proxy.CODE: lambda rule, rows: time_proxy.check(rule, rows.all),
    encodings.CODE: lambda rule, rows: encodings.check(rule, rows.train),
    identifiers.CODE: lambda rule, rows: identifiers.check(rule, rows.train),
    copies.CODE: lambda rule, rows: copies.check(rule, rows.train),
}
"""By code; each yields one result per column."""
