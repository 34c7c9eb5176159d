"""Who was decided about: the rows no model was trained on, joined once."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.fairness.cohort import cohort_of, read_cohort
from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.errors import CheckNotRunError

WINDOWS = ("train", "calibration", "validation", "out_of_time", "watch", "excluded")


def scores(values=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), labels=(0, 1, 0, 1, 1, None)):
    return pa.table(
        {
            "key": [f"k{place}" for place in range(6)],
            "business_date": pa.array([date(2025, 1, 1)] * 6, pa.date32()),
            "window": list(WINDOWS),
            "label": pa.array(labels, pa.int8()),
            "candidate_score": pa.array(values, pa.float64()),
        }
    )


def people(codes=("1", "1", "2", None, "7", "1")):
    return pa.table({"key": [f"k{place}" for place in range(6)], "sex": pa.array(codes)})


def test_only_rows_not_trained_on_are_in_it_and_outcomes_of_two_windows_alone(spec):
    cohort = cohort_of(spec.fairness.attributes, scores(), people())
    assert cohort.scores.tolist() == [0.3, 0.4, 0.5]
    assert cohort.labels.tolist() == [0, 1, -1]  # an outcome in the watch window is not used
    assert cohort.with_outcome.tolist() == [True, True, False]
    grouping = cohort.groupings["sex"]
    assert [grouping.names[place] for place in grouping.index] == ["women", "unknown", "unknown"]
    assert cohort.missing["sex"].tolist() == [False, True, False]


def test_read_from_snapshots_it_is_the_same(spec, tmp_path):
    kept = {"as_of": date(2025, 1, 1)}
    one = write_snapshot(tmp_path, scores(), kind="scores", **kept)
    other = write_snapshot(tmp_path, people(), kind="protected", **kept)
    found = read_cohort(tmp_path, one, other, spec.fairness.attributes)
    expected = cohort_of(spec.fairness.attributes, scores(), people())
    assert found.scores.tolist() == expected.scores.tolist()
    assert found.groupings["sex"].index.tolist() == expected.groupings["sex"].index.tolist()


def test_without_a_protected_source_everybody_is_unknown(spec, tmp_path):
    one = write_snapshot(tmp_path, scores(), kind="scores", as_of=date(2025, 1, 1))
    cohort = read_cohort(tmp_path, one, None, spec.fairness.attributes)
    assert cohort.groupings["sex"].sizes().tolist() == [0, 0, 3]
    assert cohort.missing["sex"].all()


def test_a_score_that_is_not_a_number_is_refused(spec):
    with pytest.raises(CheckNotRunError, match="2 of 3 scores are not numbers"):
        cohort_of(
            spec.fairness.attributes, scores((0.1, 0.2, float("nan"), 0.4, np.inf, 0.6)), people()
        )


def test_a_hundred_thousand_codes_and_integers_beyond_2_53_are_unknown_or_themselves(spec):
    n = 100_000
    table = pa.table(
        {
            "key": np.arange(n),
            "window": ["watch"] * n,
            "label": pa.nulls(n, pa.int8()),
            "candidate_score": np.full(n, 0.5),
        }
    )
    codes = pa.array([2**53 + 1, 1, 2, *range(10, n + 7)], pa.int64())
    protected = pa.table({"key": np.arange(n), "sex": codes})
    cohort = cohort_of(spec.fairness.attributes, table, protected)
    assert cohort.groupings["sex"].sizes().tolist() == [1, 1, n - 2]
