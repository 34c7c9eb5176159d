"""A scenario may only shock numbers that the model reads."""

from copy import deepcopy

import pytest
import yaml
from pydantic import ValidationError

from pipelines_lib.errors import SpecError
from pipelines_lib.spec.stress import Shock, Stress

SCENARIO = {
    "name": "downturn",
    "meaning": "incomes fall",
    "shocks": [{"feature": "income", "multiply": 0.7}],
}
STRESS = {"loss_given_default": 0.5, "exposure": "income", "scenarios": [SCENARIO]}


@pytest.fixture
def load(bank):
    """Load the small spec with a section of stress."""

    def told(stress):
        path = bank.models / "cards.yaml"
        written = path.read_text(encoding="utf-8") + yaml.safe_dump({"stress": stress})
        path.write_text(written, encoding="utf-8")
        return bank.load(str(path)).spec

    return told


def refused(load, stress):
    with pytest.raises(SpecError) as caught:
        load(stress)
    return str(caught.value)


def test_scenarios_on_numbers_of_the_model_are_read(load):
    spec = load({**STRESS, "measurement_error": {"income": 0.02}})
    (scenario,) = spec.stress.scenarios
    assert (scenario.name, scenario.shocks[0].multiply, scenario.shocks[0].add) == (
        "downturn",
        0.7,
        0.0,
    )
    assert spec.stress.measurement_error == {"income": 0.02}


def test_a_feature_that_does_not_exist_is_named_with_the_one_meant(load):
    wrong = {**SCENARIO, "shocks": [{"feature": "incom", "add": 1}]}
    told = refused(load, {**STRESS, "scenarios": [wrong]})
    assert "stress names 'incom', which is no feature. Did you mean 'income'?" in told


def test_a_category_cannot_be_shocked(load):
    wrong = {**SCENARIO, "shocks": [{"feature": "home", "add": 1}]}
    assert "'home' is a category, not a number" in refused(load, {**STRESS, "scenarios": [wrong]})


@pytest.mark.parametrize("wrong", [{"exposure": "amount"}, {"measurement_error": {"amount": 0.1}}])
def test_amounts_and_errors_belong_to_features_as_well(load, wrong):
    assert "'amount', which is no feature" in refused(load, {**STRESS, **wrong})


def test_a_scenario_declared_twice_is_found(load):
    told = refused(load, {**STRESS, "scenarios": [SCENARIO, deepcopy(SCENARIO)]})
    assert "scenario 'downturn' is declared twice" in told


def test_without_a_scenario_there_is_no_stress(load):
    refused(load, {**STRESS, "scenarios": []})


def test_a_shock_that_changes_nothing_is_refused():
    with pytest.raises(ValidationError, match="this shock changes nothing"):
        Shock(feature="income", multiply=1.0)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_loss_given_default_is_a_share(share):
    with pytest.raises(ValidationError):
        Stress.model_validate({**STRESS, "loss_given_default": share})
