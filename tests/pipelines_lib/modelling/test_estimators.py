"""Which estimator the spec asks for, and whether it knows what it is told."""

import pytest

from pipelines_lib.errors import EvidenceError, SpecError
from pipelines_lib.modelling.estimators import check_training, kind_of, load_model
from pipelines_lib.spec.model_spec import Training


def _training(**changes):
    plain = {"estimator": "xgboost", "seed": 1, "calibration": "none"}
    return Training.model_validate({**plain, **changes})


@pytest.mark.parametrize(
    ("estimator", "kind"),
    [
        ("xgboost", "xgboost"),
        ("scorecard", "scorecard"),
        ("sklearn.linear_model.LogisticRegression", "sklearn"),
    ],
)
def test_built_in_names_are_themselves_and_paths_are_scikit_learns(estimator, kind):
    assert kind_of(estimator) == kind


@pytest.mark.parametrize("bounds", [[1, 33], [-1, 4]])
def test_both_ends_of_a_search_must_be_possible(bounds):
    good = _training(search={"trials": 1, "space": {"max_depth": [1, 32]}})
    bad = _training(search={"trials": 1, "space": {"max_depth": bounds}})

    check_training(good)
    with pytest.raises(SpecError, match=r"training\.search\.space: max_depth is"):
        check_training(bad)


def test_a_search_over_an_unknown_parameter_names_the_nearest():
    with pytest.raises(SpecError, match="'max_dept' cannot be set") as refused:
        check_training(_training(search={"trials": 1, "space": {"max_dept": [1, 2]}}))
    assert "Did you mean max_depth" in refused.value.fix


@pytest.mark.parametrize(
    "told", [{"parameters": {"C": 1}}, {"search": {"trials": 1, "space": {"C": [1, 2]}}}]
)
def test_a_scorecard_takes_neither_parameters_nor_a_search(told):
    check_training(_training(estimator="scorecard"))
    with pytest.raises(SpecError, match="a scorecard takes none, but C is set"):
        check_training(_training(estimator="scorecard", **told))


def test_a_kind_of_a_later_version_is_not_guessed_at(tmp_path):
    with pytest.raises(EvidenceError, match="unknown kind 'quantum'"):
        load_model("quantum", tmp_path)
