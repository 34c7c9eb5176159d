"""A small bank under stress: every effect can be worked out by hand."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.results import Consequence
from pipelines_lib.spec.rulebook import Rule, RuleBook
from pipelines_lib.spec.stress import Stress

DOWNTURN = {
    "name": "downturn",
    "meaning": "incomes fall",
    "shocks": [{"feature": "income", "multiply": 0.8}],
}


def ruled(code, limit, direction="at_most", **parameters):
    return Rule(
        check=code,
        measure="figure",
        consequence=Consequence.SCREEN,
        basis="house",
        citation="test",
        policy="house",
        direction=direction,
        limit=limit,
        parameters=tuple(sorted(parameters.items())),
    )


@pytest.fixture
def rule():
    return ruled


@pytest.fixture
def stressed(spec):
    """The small model with a section of stress."""

    def told(*scenarios, features=None, **more):
        stress = {"loss_given_default": 0.5, "scenarios": list(scenarios) or [DOWNTURN], **more}
        changed = tuple(
            each.model_copy(update=(features or {}).get(each.name, {})) for each in spec.features
        )
        return spec.model_copy(
            update={"stress": Stress.model_validate(stress), "features": changed}
        )

    return told


@pytest.fixture
def inquire(spec, tmp_path):
    """Put questions to a package about rows of the windows validation and out of time."""

    def make(table, package, *rules, spec=spec, labels=None, window="out_of_time"):
        rows = table.num_rows
        dates = np.datetime64("2025-01-01") + np.arange(rows) // 50
        head = {
            "key": [f"{place:08d}" for place in range(rows)],
            "business_date": pa.array(dates.astype("datetime64[D]"), pa.date32()),
        }
        columns = dict(zip(table.column_names, table.columns, strict=True))
        scores = {
            "window": pa.array([window] * rows, pa.string()),
            "label": pa.nulls(rows, pa.int8()) if labels is None else pa.array(labels, pa.int8()),
            "candidate_score": package.score(table),
        }
        kept = {"as_of": date(2025, 12, 31)}
        inquiry = Inquiry(
            spec=spec,
            rules=RuleBook(tuple(each for each in rules if each), False, ()),
            home=tmp_path,
            as_of=date(2025, 12, 31),
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
