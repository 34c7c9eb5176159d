"""One question at a time, put to rows of which everything is known."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.results import Consequence
from pipelines_lib.spec.rulebook import Rule, RuleBook

AS_OF = date(2025, 12, 31)


def ruled(code, limit, **parameters):
    return Rule(
        check=code,
        measure="figure",
        consequence=Consequence.SCREEN,
        basis="house",
        citation="test",
        policy="house",
        direction="at_most",
        limit=limit,
        parameters=tuple(sorted(parameters.items())),
    )


@pytest.fixture
def rule():
    return ruled


@pytest.fixture
def inquire(spec, tmp_path):
    """Put one question to a package: windows, nights and outcomes are given row by row."""

    def make(table, package, rule, *, windows, nights, labels=None, spec=spec):
        rows = table.num_rows
        dates = np.datetime64("2025-01-01") + np.asarray(nights, dtype=np.int64)
        head = {
            "key": [f"{place:08d}" for place in range(rows)],
            "business_date": pa.array(dates.astype("datetime64[D]"), pa.date32()),
        }
        columns = dict(zip(table.column_names, table.columns, strict=True))
        scores = {
            "window": pa.array(windows, pa.string()),
            "label": pa.nulls(rows, pa.int8()) if labels is None else pa.array(labels, pa.int8()),
            "candidate_score": package.score(table),
        }
        kept = {"as_of": AS_OF}
        inquiry = Inquiry(
            spec=spec,
            rules=RuleBook((rule,) if rule else (), False, ()),
            home=tmp_path,
            as_of=AS_OF,
            threads=1,
            plan=None,
            applications=write_snapshot(
                tmp_path, pa.table({**head, **columns}), kind="applications", **kept
            ),
            protected=None,
            scores=write_snapshot(tmp_path, pa.table({**head, **scores}), kind="scores", **kept),
            candidate=None,
            champion=None,
            packs={},
            newest_promotion=None,
            origin=None,
        )
        inquiry.__dict__["package"] = package  # opened already: it lies in no folder
        return inquiry

    return make
