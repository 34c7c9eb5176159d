"""Other estimators go through the same procedure: scorecard, scikit-learn, a bounded search."""

import pytest

pytestmark = [pytest.mark.server, pytest.mark.slow]

TRAINING = "  estimator: xgboost\n"
PARAMETERS = (
    "  parameters:\n"
    "    max_depth: 4\n"
    "    learning_rate: 0.05\n"
    "    min_child_weight: 5\n"
    "    subsample: 0.8\n"
    "    colsample_bytree: 0.8\n"
)


def trained(bank, estimator, parameters="", **replacements):
    bank.change_spec(TRAINING, f"  estimator: {estimator}\n")
    bank.change_spec(PARAMETERS, parameters)
    for old, new in replacements.items():
        bank.change_spec(old, new)
    bank.change_spec("  rounds: 600\n", "  rounds: 60\n")
    state = bank.run()
    assert state.name != "Stopped", state.message
    return state.result(raise_on_failure=False)


def kind(bank, summary):
    from pipelines_lib.modelling.package import PackageRef, open_package

    return open_package(bank.home, PackageRef(summary.model_sha256)).kind


def test_a_scorecard_can_be_the_candidate(bank):
    summary = trained(bank, "scorecard")
    assert kind(bank, summary) == "scorecard"
    assert summary.metrics["out_of_time"]["auc"] > 0.65


def test_a_scikit_learn_forest_can_be_the_candidate_and_is_explained(bank):
    parameters = "  parameters: {n_estimators: 40, min_samples_leaf: 20}\n"
    summary = trained(bank, "sklearn.ensemble.RandomForestClassifier", parameters)
    assert kind(bank, summary) == "sklearn"
    assert summary.metrics["out_of_time"]["auc"] > 0.65
    explained = {c.code: c.outcome for c in summary.checks if c.subject == "declines"}
    assert explained == {"EXPL-001": "passed", "EXPL-002": "passed", "EXPL-005": "passed"}


def test_a_search_stays_in_its_bounds_and_is_on_record(bank):
    import json

    search = "  search: {trials: 3, space: {max_depth: [2, 3], learning_rate: [0.05, 0.3]}}\n"
    summary = trained(bank, "xgboost", search)
    used = json.loads(summary.evidence.path.read_bytes())["candidate"]["parameters"]
    assert used["max_depth"] in {2, 3}
    assert 0.05 <= used["learning_rate"] <= 0.3
