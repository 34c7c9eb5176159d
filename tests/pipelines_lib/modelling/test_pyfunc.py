"""What MLflow loads scores exactly as the pipeline does, however the values arrive."""

import shutil

import numpy as np
import pandas as pd
import pytest

from pipelines_lib.data.snapshots import read_snapshot
from pipelines_lib.errors import DataContractError
from pipelines_lib.modelling.pyfunc import _load_pyfunc
from pipelines_lib.modelling.scoring import score_snapshot

COLUMNS = ["income", "overdue", "debt", "region"]


@pytest.fixture(scope="module")
def model(lender, candidate, tmp_path_factory):
    """Loaded from a copy in a folder of another name, as MLflow does."""
    folder = tmp_path_factory.mktemp("artifacts") / "data"
    shutil.copytree(candidate.package.folder(lender.home), folder)
    return _load_pyfunc(str(folder))


@pytest.fixture(scope="module")
def raw(lender):
    return read_snapshot(lender.home, lender.snapshot, COLUMNS).to_pandas()


@pytest.fixture(scope="module")
def expected(lender, candidate):
    scored = score_snapshot(
        lender.home, lender.snapshot, lender.plan, {"candidate": candidate.package}
    )
    return read_snapshot(lender.home, scored)["candidate_score"].to_numpy()


def test_it_equals_the_pipelines_scores_to_the_last_bit(model, raw, expected, candidate):
    answer = model.predict(raw)

    assert answer["score"].tolist() == expected.tolist()
    assert answer["declined"].tolist() == (expected >= candidate.cutoff).tolist()
    assert dict(answer.dtypes) == {"score": np.dtype("float64"), "declined": np.dtype("bool")}


def test_order_types_and_extra_columns_do_not_matter(model, raw, expected):
    changed = pd.DataFrame(
        {
            "note": "ignored",
            "region": raw["region"].map(lambda level: 3 if level == "3" else level),
            "debt": raw["debt"].fillna(-999),  # the spec's missing code
            "overdue": raw["overdue"].astype(float).astype(object),
            "income": raw["income"].astype(object),
        }
    )

    assert model.predict(changed, params={"unused": 1})["score"].tolist() == expected.tolist()


def test_one_row_scores_as_among_many_and_keeps_its_index(model, raw, expected):
    one = model.predict(raw.iloc[[17]])

    assert one.index.tolist() == [17]
    assert one["score"].tolist() == [expected[17]]


def test_no_row_gives_no_score(model, raw):
    assert model.predict(raw.iloc[:0]).shape == (0, 2)


def test_a_missing_column_is_named(model, raw):
    with pytest.raises(DataContractError, match="lacks overdue"):
        model.predict(raw.drop(columns="overdue"))
