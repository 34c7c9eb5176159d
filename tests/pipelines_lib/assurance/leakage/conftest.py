"""The rules of the house on leakage, and small tables to ask about."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.assurance.leakage.asking import ASKED, AskedRows
from pipelines_lib.assurance.leakage.columns import Rows
from pipelines_lib.assurance.leakage.suspicion import SuspicionLimits
from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.spec.loading import parse_policy
from pipelines_lib.spec.rulebook import RuleBook, rules_of

HOUSE = Path(__file__).parents[4] / "deployments" / "policies" / "house.yaml"
DAY = date(2025, 4, 10)


@pytest.fixture(scope="session")
def house():
    """Every rule of the house policy for a model of tier 2, by code."""
    return rules_of([parse_policy(HOUSE.read_text(encoding="utf-8"))], 2, DAY)


@pytest.fixture(scope="session")
def limits():
    """The rules on leakage as onboarding takes them."""
    pack = parse_policy(HOUSE.read_text(encoding="utf-8"))
    return SuspicionLimits.from_packs([pack], tier=2, day=DAY)


def nights(n, days=60):
    """Business dates in order, the same number of rows a night."""
    return np.datetime64("2025-01-01") + (np.arange(n) * days // max(n, 1)).astype("timedelta64[D]")


@pytest.fixture(scope="session")
def table():
    """Columns, outcomes and dates as one table, in the order of time."""

    def build(labels, *columns, dates=None):
        marks = np.asarray(labels, dtype=np.int8)
        days = nights(marks.size) if dates is None else dates
        return Rows({column.name: column for column in columns}, marks, days)

    return build


@pytest.fixture(scope="session")
def ask(house):
    """Put one question to a table; the answer by column."""

    def put(code, rows, later=None, rule=None):
        asked = AskedRows(all=rows, train=rows, later=later)
        return {found.subject: found for found in ASKED[code](rule or house[code], asked)}

    return put


@pytest.fixture
def inquiry(spec, bank, tmp_path):
    """A candidate of the small bank: windows and outcomes are given row by row."""

    def make(rows, windows, labels=None, *, rules, spec=spec, keys=None):
        n = rows.num_rows
        days = nights(n)
        head = {
            "key": keys or [f"{place:08d}" for place in range(n)],
            "business_date": pa.array(days.astype("datetime64[D]"), pa.date32()),
        }
        package = bank.package(rows)
        scores = {
            "window": pa.array(windows, pa.string()),
            "label": pa.nulls(n, pa.int8()) if labels is None else pa.array(labels, pa.int8()),
            "candidate_score": package.score(rows),
        }
        columns = dict(zip(rows.column_names, rows.columns, strict=True))
        applications, scored = (
            write_snapshot(tmp_path, pa.table({**head, **more}), kind=kind, as_of=DAY)
            for kind, more in (("applications", columns), ("scores", scores))
        )
        found = Inquiry(
            spec=spec,
            rules=RuleBook(tuple(rules), False, ()),
            home=tmp_path,
            as_of=DAY,
            threads=1,
            plan=None,
            applications=applications,
            protected=None,
            scores=scored,
            candidate=None,
            champion=None,
            packs={},
            newest_promotion=None,
            origin=None,
        )
        found.__dict__["package"] = package  # opened already: it lies in no folder
        return found

    return make
