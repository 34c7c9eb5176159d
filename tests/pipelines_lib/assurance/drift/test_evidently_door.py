import os
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pipelines_lib.assurance.drift.evidently_door import write_drift_report
from pipelines_lib.errors import DataContractError


def features(rows, seed, income=50.0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(income, 10, rows)),
            "arrears": pd.array(rng.integers(0, 4, rows), dtype="Int64"),
            "constant": 1,
            "home": rng.choice(["own", "rent", None], rows),
            "region": pd.Categorical(rng.choice(["north", "south"], rows)),
        }
    )


@pytest.mark.slow
def test_the_report_holds_every_column_and_asks_nothing_of_the_network(tmp_path):
    path = tmp_path / "drift" / "report.html"
    write_drift_report(features(300, 1), features(200, 2, income=80.0), path, rows=250, seed=1)
    page = path.read_text(encoding="utf-8")
    for column in ("income", "arrears", "constant", "home", "region"):
        assert column in page
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']?(?:https?:)?//", page)
    assert [one.name for one in path.parent.iterdir()] == ["report.html"]


@pytest.mark.slow
def test_columns_straight_from_arrow_are_drawn_too(tmp_path):
    table = pa.table(
        {
            "arrears": pa.array([0, 1, None] * 40, pa.int64()),
            "home": pa.array(["own", "rent", None] * 40, pa.string()),
        }
    )
    path = tmp_path / "report.html"
    write_drift_report(table.to_pandas(), table.to_pandas(), path, rows=1_000, seed=1)
    assert path.stat().st_size > 100_000


@pytest.mark.slow
def test_what_this_process_was_told_about_tracking_is_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    write_drift_report(features(60, 1), features(60, 2), tmp_path / "r.html", rows=50, seed=1)
    assert "DO_NOT_TRACK" not in os.environ


@pytest.mark.parametrize(("reference", "current"), [(0, 10), (10, 0)])
def test_an_empty_window_is_refused_with_advice_and_writes_nothing(tmp_path, reference, current):
    path = tmp_path / "report.html"
    with pytest.raises(DataContractError, match="no rows"):
        write_drift_report(features(reference, 1), features(current, 1), path, rows=9, seed=1)
    assert not path.exists()


def test_windows_with_different_columns_are_refused_by_name(tmp_path):
    with pytest.raises(DataContractError, match="income"):
        write_drift_report(
            features(9, 1),
            features(9, 1).drop(columns="income"),
            tmp_path / "report.html",
            rows=9,
            seed=1,
        )
