"""The scores snapshot as every performance question sees it."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.scored import open_scored, scored_from
from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.errors import CheckNotRunError, EvidenceError

ROWS = [
    ("train", 1, 0.9),
    ("validation", 0, 0.2),
    ("out_of_time", 1, 0.7),
    ("out_of_time", None, 0.4),
    ("watch", None, 0.5),
    (None, None, 0.5),
]


def table(rows=ROWS, **more):
    windows, labels, scores = zip(*rows, strict=True)
    columns = {
        "key": pa.array([f"k{i}" for i in range(len(rows))]),
        "window": pa.array(windows, pa.string()),
        "label": pa.array(labels, pa.int8()),
        "candidate_score": pa.array(scores, pa.float64()),
    }
    return pa.table(columns | more)


def kept(home, rows):
    return write_snapshot(home, rows, kind="scores", as_of=date(2025, 4, 10))


def test_a_snapshot_opens_by_window_and_rows_without_an_outcome_are_left_aside(tmp_path):
    scored = open_scored(tmp_path, kept(tmp_path, table()))
    sample = scored.sample("out_of_time")
    assert (sample.n, sample.positives, sample.of("candidate").tolist()) == (1, 1, [0.7])
    assert scored.models == {"candidate"}


def test_every_model_that_scored_is_there():
    scored = scored_from(table(champion_score=pa.array(np.full(len(ROWS), 0.1))))
    assert scored.models == {"candidate", "champion"}
    assert scored.sample("train").of("champion").tolist() == [0.1]


def test_a_window_nobody_is_in_is_an_empty_sample():
    sample = scored_from(table()).sample("calibration")
    assert (sample.n, sample.positives, sample.of("candidate").size) == (0, 0, 0)


@pytest.mark.parametrize("score", [1.0000001, -0.1, float("nan"), float("inf"), None])
def test_a_score_that_is_no_probability_is_our_defect_and_no_result(score):
    with pytest.raises(CheckNotRunError, match="1 of 2 values of candidate_score"):
        scored_from(table([("train", 1, score), ("train", 0, 0.5)]))


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_zero_and_one_are_probabilities(score):
    assert scored_from(table([("train", 1, score)])).sample("train").n == 1


def test_a_snapshot_of_another_kind_is_refused(tmp_path):
    other = kept(tmp_path, table().drop_columns(["candidate_score"]))
    with pytest.raises(EvidenceError, match="holds no candidate's scores"):
        open_scored(tmp_path, other)
