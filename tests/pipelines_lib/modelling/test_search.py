"""A search is bounded, repeatable, and counts what can only be counted."""

import pytest

from pipelines_lib.errors import CheckNotRunError, SpecError
from pipelines_lib.modelling.search import is_count, search
from pipelines_lib.spec.model_spec import Search


def spec_of(trials=15, **space):
    return Search(trials=trials, space={name: list(bounds) for name, bounds in space.items()})


def peak_at_four_and_six_tenths(parameters):
    return -((parameters["max_depth"] - 4) ** 2) - abs(parameters["subsample"] - 0.6)


BOUNDS = spec_of(max_depth=(2, 8), subsample=(0.5, 1))


def test_the_best_of_all_trials_is_returned():
    result = search(BOUNDS, peak_at_four_and_six_tenths, seed=1)

    assert len(result.trials) == 15
    assert result.value == max(trial.value for trial in result.trials)
    assert peak_at_four_and_six_tenths(dict(result.parameters)) == result.value
    assert dict(result.parameters)["max_depth"] == 4


def test_the_same_seed_gives_the_same_trials_and_another_seed_others():
    first, again, other = (
        search(BOUNDS, peak_at_four_and_six_tenths, seed=seed) for seed in (1, 1, 2)
    )

    assert first == again
    assert first.trials != other.trials


def test_the_order_of_the_space_in_the_spec_changes_no_trial():
    turned = spec_of(subsample=(0.5, 1), max_depth=(2, 8))

    assert search(BOUNDS, peak_at_four_and_six_tenths, seed=1) == search(
        turned, peak_at_four_and_six_tenths, seed=1
    )


def test_every_trial_stays_within_the_bounds_and_counts_are_whole():
    seen = []
    search(BOUNDS, lambda p: seen.append(p) or 0.0, seed=3)

    assert all(isinstance(p["max_depth"], int) and 2 <= p["max_depth"] <= 8 for p in seen)
    assert all(isinstance(p["subsample"], float) and 0.5 <= p["subsample"] <= 1 for p in seen)


@pytest.mark.parametrize(
    ("name", "low", "high", "whole"),
    [
        ("max_depth", 2.0, 6.0, True),
        ("n_estimators", 50.0, 500.0, True),
        ("min_samples_leaf", 1.0, 20.0, True),
        ("min_samples_leaf", 0.01, 0.1, False),  # a share of the rows
        (
            "min_child_weight",
            1.0,
            10.0,
            False,
        ),  # a sum of weights, which whole bounds do not make whole
        ("reg_lambda", 1.0, 3.0, False),
    ],
)
def test_a_parameter_is_a_count_by_its_name_and_its_bounds(name, low, high, whole):
    assert is_count(name, low, high) is whole


def test_bounds_a_tenfold_apart_are_searched_by_order_of_magnitude():
    rates = []
    search(spec_of(200, alpha=(0.001, 10)), lambda p: rates.append(p["alpha"]) or 0.0, seed=4)

    # Half of the orders of magnitude lie below 0.1, but a hundredth of the numbers.
    assert 60 < sum(rate < 0.1 for rate in rates) < 140


def test_a_trial_without_a_value_does_not_win_and_stays_on_record():
    result = search(
        BOUNDS, lambda p: float("nan") if p["max_depth"] > 5 else p["max_depth"], seed=1
    )

    depths = [dict(trial.parameters)["max_depth"] for trial in result.trials]
    assert [trial.value is None for trial in result.trials] == [depth > 5 for depth in depths]
    assert result.value == max(depth for depth in depths if depth <= 5)


def test_a_search_in_which_nothing_came_of_any_trial_is_no_result():
    with pytest.raises(CheckNotRunError, match="None of the 3 trials"):
        search(spec_of(3, max_depth=(2, 8)), lambda _: float("nan"), seed=1)


def test_an_error_of_the_objective_is_not_swallowed():
    def fails(_):
        raise SpecError("learning_rate is not a parameter.", fix="Remove it.")

    with pytest.raises(SpecError, match="learning_rate"):
        search(BOUNDS, fails, seed=1)


@pytest.mark.parametrize(
    ("space", "problem"),
    [
        ({"max_depth": (6, 2)}, "max_depth runs from 6 down to 2"),
        ({"max_depth": (2.5, 6)}, "max_depth takes whole numbers, not 2.5 to 6"),
    ],
)
def test_impossible_bounds_are_refused(space, problem):
    with pytest.raises(SpecError, match=problem):
        search(spec_of(**space), lambda _: 0.0, seed=1)


def test_equal_bounds_leave_one_value():
    result = search(spec_of(2, max_depth=(3, 3)), lambda _: 0.0, seed=1)

    assert result.parameters == (("max_depth", 3),)


def test_a_search_prints_nothing(capfd):
    search(BOUNDS, lambda p: float("nan") if p["max_depth"] > 5 else 1.0, seed=1)

    assert capfd.readouterr() == ("", "")
