"""Training: from a snapshot to two packages, the same bytes whoever asks and whenever."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from pipelines_lib.data.snapshots import read_snapshot
from pipelines_lib.errors import DataContractError, SpecError
from pipelines_lib.modelling import training
from pipelines_lib.modelling.package import open_package
from pipelines_lib.modelling.scorecard import Scorecard
from pipelines_lib.modelling.training import check_inputs
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule, RuleBook

RULES = RuleBook(
    rules=(Rule("DATA-013", "varies", Consequence.HARD, "house", "none", "house"),),
    approval_required=False,
    policies=(),
)


def _rows(lender, window):
    place = lender.plan.window(window)
    table = read_snapshot(lender.home, lender.snapshot)
    days = table["business_date"].to_numpy()
    mask = (days >= np.datetime64(place.first)) & (days <= np.datetime64(place.last))
    return table.filter(pa.array(mask))


def test_the_candidate_ranks_rows_it_has_not_seen(lender, candidate):
    later = _rows(lender, "out_of_time")
    package = open_package(lender.home, candidate.package)

    auc = roc_auc_score(later["label"].to_numpy(), package.score(later))

    assert auc > 0.7


def test_the_candidate_tells_what_was_used(lender, candidate):
    package = open_package(lender.home, candidate.package)

    assert candidate.parameters == (("learning_rate", 0.2), ("max_depth", 3))
    assert candidate.cutoff == package.cutoff
    assert 0 < candidate.rounds == package.provenance.rounds <= 40
    assert candidate.seconds_training > 0
    assert package.provenance.spec_sha256 == lender.spec.sha256
    assert package.provenance.snapshot_sha256 == lender.snapshot.sha256
    assert dict(package.provenance.libraries).keys() == {"numpy", "xgboost"}


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_nobody_is_declined_without_a_reason(lender_of, table_of, spec_of, tmp_path, share):
    """Also where most are declined, so that an ordinary applicant lies above the cut-off."""
    lender = lender_of(tmp_path, table_of(), spec_of(decision={"decline_share": share}))
    package = open_package(lender.home, lender.train().package)
    inputs = package.inputs(read_snapshot(lender.home, lender.snapshot))
    declined = inputs[package.decline(package.score(inputs))]

    assert len(declined) > 0
    assert all(package.reasons(declined))


def test_the_baseline_is_a_scorecard_of_the_same_windows(lender, candidate):
    package = open_package(lender.home, candidate.baseline)

    assert isinstance(package.fitted, Scorecard)
    assert package.kind == package.estimator == "scorecard"
    assert package.contract == open_package(lender.home, candidate.package).contract


def test_the_wanted_share_of_the_calibration_window_is_declined(lender, candidate):
    package = open_package(lender.home, candidate.package)

    declined = package.decline(package.score(_rows(lender, "calibration")))

    assert declined.mean() == pytest.approx(0.2, abs=0.02)


def test_the_reference_is_train_for_features_and_calibration_for_the_score(lender, candidate):
    reference = open_package(lender.home, candidate.package).reference
    train = _rows(lender, "train")

    assert set(reference["features"]) == set(lender.spec.feature_names)
    assert reference["features"]["income"]["n"] == train.num_rows
    assert reference["features"]["income"]["missing_share"] == pytest.approx(
        train["income"].null_count / train.num_rows
    )
    assert reference["features"]["region"]["missing_share"] == pytest.approx(
        train["region"].null_count / train.num_rows
    )
    assert reference["features"]["region"]["other_share"] == 0
    assert reference["score"]["n"] == lender.plan.window("calibration").rows
    assert reference["score"]["shares"] == pytest.approx([0.1] * 10, abs=0.02)


def test_a_fresh_process_makes_the_same_packages(lender, candidate, tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pathlib import Path; import conftest as c\n"
        f"l = c.build_lender(Path({str(tmp_path)!r}), c.lender_table(), c.lender_spec())\n"
        "made = l.train(); print(made.package.sha256, made.baseline.sha256)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=120, capture_output=True, text=True
    )

    assert done.stdout.split() == [candidate.package.sha256, candidate.baseline.sha256]


@pytest.mark.parametrize("estimator", ["scorecard", "sklearn.linear_model.LogisticRegression"])
@pytest.mark.parametrize("calibration", ["isotonic", "none"])
def test_every_kind_of_model_goes_through_the_same_door(
    lender, spec_of, training_of, estimator, calibration
):
    asked = training_of(estimator=estimator, calibration=calibration, parameters={})

    made = lender.train(spec_of(training=asked))

    package = open_package(lender.home, made.package)
    values, bias = package.contributions(_rows(lender, "validation"))
    margin = package.margin(_rows(lender, "validation"))
    assert (package.estimator, made.rounds) == (estimator, 0)
    np.testing.assert_allclose(values.sum(axis=1) + bias, margin, atol=1e-6)


def test_a_search_overlays_the_parameters_of_the_spec(lender, spec_of, training_of):
    bounds = {"trials": 3, "space": {"max_depth": [1, 4]}}

    made = lender.train(spec_of(training=training_of(search=bounds, rounds=5)))

    found = dict(made.parameters)
    assert found["learning_rate"] == 0.2
    assert found["max_depth"] in {1, 2, 3, 4}


def test_a_misspelt_parameter_stops_before_anything_is_written(
    lender_of, table_of, spec_of, training_of, tmp_path
):
    fresh = lender_of(tmp_path, table_of(), spec_of(training=training_of(parameters={"depth": 3})))

    with pytest.raises(SpecError, match="'depth' cannot be set"):
        fresh.train()
    assert not (tmp_path / "packages").exists()


def test_a_window_of_one_class_is_refused(lender_of, table_of, spec_of, tmp_path):
    table = table_of()
    place = table.schema.get_field_index("label")
    ones = pa.array(
        np.ones(table.num_rows, dtype=np.int8), mask=table["label"].is_null().to_numpy()
    )
    fresh = lender_of(tmp_path, table.set_column(place, "label", ones), spec_of())

    with pytest.raises(DataContractError, match=r"The train window holds .* positive outcomes"):
        fresh.train()


def test_a_snapshot_without_a_feature_is_refused(lender_of, table_of, spec_of, tmp_path):
    fresh = lender_of(tmp_path, table_of().drop_columns(["debt"]), spec_of())

    with pytest.raises(DataContractError, match="lacks debt"):
        fresh.train()


def test_the_baseline_learns_from_a_seeded_draw_of_many_rows():
    few, many = training._draw(10, 100, seed=1), training._draw(1000, 100, seed=1)

    assert few.tolist() == list(range(10))
    assert many.tolist() == training._draw(1000, 100, seed=1).tolist()
    assert len(set(many.tolist())) == 100
    assert many.tolist() != training._draw(1000, 100, seed=2).tolist()


def test_progress_is_told_in_words(lender):
    told = []

    training.train_candidate(
        lender.spec, lender.snapshot, lender.plan, home=lender.home, threads=1, progress=told.append
    )

    assert told[0].startswith("reading the train")
    assert told[-1] == "fitting the baseline scorecard"


def test_features_that_vary_pass_and_a_constant_one_fails(lender_of, table_of, spec_of, tmp_path):
    table = table_of()
    constant = pa.array([7] * table.num_rows)
    place = table.schema.get_field_index("overdue")
    fresh = lender_of(tmp_path, table.set_column(place, "overdue", constant), spec_of())

    results = check_inputs(fresh.spec, fresh.snapshot, fresh.plan, home=fresh.home, rules=RULES)

    assert {result.subject: result.outcome for result in results} == {
        "income": Outcome.PASSED,
        "overdue": Outcome.FAILED,
        "debt": Outcome.PASSED,
        "region": Outcome.PASSED,
    }
    assert {result.n for result in results} == {fresh.plan.window("train").rows}
