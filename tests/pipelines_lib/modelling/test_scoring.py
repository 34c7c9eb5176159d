"""Scoring: every row, every package, in the order of the applications."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.data.snapshots import read_snapshot, write_snapshot
from pipelines_lib.errors import DataContractError, EvidenceError
from pipelines_lib.modelling.package import PackageRef, open_package
from pipelines_lib.modelling.scoring import score_snapshot


@pytest.fixture(scope="module")
def scored(lender, candidate):
    packages = {"candidate": candidate.package, "baseline": candidate.baseline}
    return score_snapshot(lender.home, lender.snapshot, lender.plan, packages, threads=1)


def test_every_row_is_scored_by_every_package_in_order(lender, candidate, scored):
    applications = read_snapshot(lender.home, lender.snapshot)

    scores = read_snapshot(lender.home, scored)

    assert scored.kind == "scores"
    assert scored.as_of == lender.snapshot.as_of
    assert scored.columns == (
        "key", "business_date", "window", "label", "candidate_score", "baseline_score",
    )  # fmt: skip
    for column in ("key", "business_date"):
        assert scores[column].equals(applications[column])
    for name, ref in (("candidate", candidate.package), ("baseline", candidate.baseline)):
        expected = open_package(lender.home, ref).score(applications)
        assert scores[f"{name}_score"].to_pylist() == expected.tolist()


def test_windows_are_those_of_the_plan_and_labels_end_with_them(lender, scored):
    scores = read_snapshot(lender.home, scored).to_pandas()

    counted = scores["window"].value_counts().to_dict()

    places = (*lender.plan.windows, lender.plan.watch)
    assert counted == {place.name: place.rows for place in places}
    for place in lender.plan.windows:
        labels = scores.loc[scores["window"] == place.name, "label"]
        assert labels.sum() == place.positives
        assert labels.notna().all()
    assert scores.loc[scores["window"] == "watch", "label"].isna().all()


def test_a_row_that_has_not_matured_inside_a_window_is_excluded_and_unlabelled(
    lender_of, table_of, spec_of, tmp_path
):
    table = table_of()
    late = [None, *table["observed_on"].to_pylist()[1:]]
    unknown = [None, *table["label"].to_pylist()[1:]]
    table = table.set_column(2, "observed_on", pa.array(late, type=pa.date32()))
    table = table.set_column(3, "label", pa.array(unknown, type=pa.int8()))
    fresh = lender_of(tmp_path, table, spec_of())

    scored = score_snapshot(tmp_path, fresh.snapshot, fresh.plan, {"c": fresh.train().baseline})

    first = read_snapshot(tmp_path, scored).slice(0, 1).to_pylist()[0]
    assert (first["window"], first["label"]) == ("excluded", None)
    assert 0 < first["c_score"] < 1


def test_the_same_question_gives_the_same_snapshot(lender, candidate, scored):
    packages = {"candidate": candidate.package, "baseline": candidate.baseline}

    assert score_snapshot(lender.home, lender.snapshot, lender.plan, packages, threads=2) == scored


def test_no_package_gives_windows_and_labels_alone(lender):
    scored = score_snapshot(lender.home, lender.snapshot, lender.plan, {})

    assert scored.rows == lender.snapshot.rows
    assert scored.columns == ("key", "business_date", "window", "label")


def test_a_column_only_the_champion_reads_is_named(lender, candidate, tmp_path):
    table = read_snapshot(lender.home, lender.snapshot).drop_columns(["debt", "income"])
    lacking = write_snapshot(lender.home, table, kind="applications", as_of=date(2025, 4, 10))

    with pytest.raises(DataContractError, match="The champion reads income, debt") as refused:
        score_snapshot(lender.home, lacking, lender.plan, {"champion": candidate.package})
    assert "retire the champion" in refused.value.fix


def test_a_package_that_is_not_there_is_named(lender):
    with pytest.raises(EvidenceError, match=r"no package\.json"):
        score_snapshot(
            lender.home, lender.snapshot, lender.plan, {"champion": PackageRef("0" * 64)}
        )


def test_scores_are_probabilities(lender, scored):
    scores = read_snapshot(lender.home, scored, ["candidate_score"])["candidate_score"].to_numpy()

    assert ((scores > 0) & (scores < 1)).all()
    assert len(np.unique(scores)) > 50
