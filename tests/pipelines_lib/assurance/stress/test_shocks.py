import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines_lib.assurance.stress.shocks import apply_scenario, drawn, kept_possible
from pipelines_lib.modelling.features import FeatureContract
from pipelines_lib.spec.inputs import Feature
from pipelines_lib.spec.stress import Scenario


def scenario(*shocks, name="downturn"):
    return Scenario(name=name, meaning="it gets worse", shocks=shocks)


def incomes(*values):
    """Encoded rows of income, arrears and home."""
    return np.array([[value, 1.0, 0.0] for value in values], dtype=np.float32)


def shocked(spec, inputs, *shocks, **more):
    contract = FeatureContract.from_spec(spec)
    return apply_scenario(spec, contract, inputs, scenario(*shocks), **more)


def test_a_number_is_multiplied_first_and_then_added_to(spec):
    after = shocked(spec, incomes(10, 20), {"feature": "income", "multiply": 0.5, "add": 3})
    assert after.inputs[:, 0].tolist() == [8.0, 13.0]
    assert after.inputs[:, 1:].tolist() == [[1.0, 0.0]] * 2
    assert after.moved == {"income": -1}


def test_the_rows_that_were_given_stay_as_they_are(spec):
    inputs = incomes(10, 20)
    shocked(spec, inputs, {"feature": "income", "multiply": 0.5})
    assert inputs[:, 0].tolist() == [10.0, 20.0]


@pytest.mark.parametrize(("multiple", "income"), [(0, 10), (0.5, 7.0710678), (1, 5), (2, 2.5)])
def test_a_multiple_of_a_factor_is_its_power(spec, multiple, income):
    after = shocked(spec, incomes(10), {"feature": "income", "multiply": 0.5}, multiple=multiple)
    assert after.inputs[0, 0] == pytest.approx(income)


def test_a_multiple_of_a_sum_is_as_often_added(spec):
    after = shocked(spec, incomes(10), {"feature": "income", "add": -3}, multiple=2)
    assert after.inputs[0, 0] == 4


@pytest.mark.parametrize(("multiple", "income"), [(0.5, 5.0), (1, 0.0)])
def test_a_factor_of_nothing_is_approached_in_a_straight_line(spec, multiple, income):
    after = shocked(spec, incomes(10), {"feature": "income", "multiply": 0.0}, multiple=multiple)
    assert after.inputs[0, 0] == income


def test_a_missing_value_stays_missing(spec):
    after = shocked(spec, incomes(np.nan, 10), {"feature": "income", "add": 5})
    assert np.isnan(after.inputs[0, 0])
    assert after.moved == {"income": 1}


def test_all_shocks_of_a_scenario_strike_the_same_people(spec):
    after = shocked(
        spec,
        incomes(*[10.0] * 1_000),
        {"feature": "income", "multiply": 0.5, "share": 0.3},
        {"feature": "arrears", "add": 1, "share": 0.3},
    )
    struck = after.inputs[:, 0] == 5
    assert np.array_equal(struck, after.inputs[:, 1] == 2)
    assert 0.25 < struck.mean() < 0.35


def test_who_is_struck_is_the_same_every_time_and_another_in_another_scenario():
    assert np.array_equal(drawn(1, "downturn", 50), drawn(1, "downturn", 50))
    assert not np.array_equal(drawn(1, "downturn", 50), drawn(1, "boom", 50))
    assert not np.array_equal(drawn(1, "downturn", 50), drawn(2, "downturn", 50))


def test_only_some_of_the_shocks_can_be_dealt(spec):
    after = shocked(
        spec,
        incomes(10),
        {"feature": "income", "add": 1},
        {"feature": "arrears", "add": 1},
        only=["arrears"],
    )
    assert after.inputs.tolist() == [[10.0, 2.0, 0.0]]
    assert after.moved == {"arrears": 1}


def feature(**more):
    told = {"name": "pay", "source": "a", "type": "number", "meaning": "m", "reason": "r"}
    return Feature(**{**told, **more})


def test_codes_stay_what_they_are():
    coded = feature(type="integer", codes={"-1": "paid", "0": "revolving", "none": "no account"})
    before = np.array([-1.0, 0.0, 1.0])
    assert kept_possible(coded, before, before + 1).tolist() == [-1.0, 0.0, 2.0]


def test_integers_stay_whole_and_ends_hold():
    limited = feature(type="integer", minimum=0, maximum=9)
    before = np.array([3.0, 8.0, 1.0])
    assert kept_possible(limited, before, np.array([3.6, 12.0, -4.0])).tolist() == [4.0, 9.0, 0.0]


def test_what_was_outside_the_ends_is_not_pulled_inside():
    limited = feature(minimum=0, maximum=9)
    before = np.array([12.0, 12.0, -3.0])
    assert kept_possible(limited, before, np.array([12.0, 14.0, -5.0])).tolist() == [12, 12, -3]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=20),
    st.floats(-3, 3),
    st.floats(-1e6, 1e6),
    st.floats(0, 10),
)
def test_what_comes_out_is_finite_and_inside_the_ends(values, multiply, add, multiple):
    limited = feature(minimum=-5, maximum=5)
    one = {"feature": "pay", "multiply": multiply, "add": add}
    if multiply == 1 and add == 0:
        return
    before = np.array(values, dtype=np.float32).reshape(-1, 1)
    contract = FeatureContract.from_plain(
        [
            {
                "name": "pay",
                "type": "number",
                "levels": [],
                "monotone": "none",
                "missing_codes": [],
                "reason": "r",
            }
        ]
    )

    class Spec:
        features = (limited,)
        training = type("Training", (), {"seed": 1})

    after = apply_scenario(Spec, contract, before, scenario(one), multiple=multiple).inputs
    assert np.isfinite(after).all()
    was_inside = (before >= -5) & (before <= 5)
    assert ((after[was_inside] >= -5) & (after[was_inside] <= 5)).all()
