"""Other ways to train the same model: their weights, their order, their number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines_lib.assurance.fairness.attempts import (
    PENALISED,
    REMOVED,
    REWEIGHTED,
    SIMPLER,
    Ground,
    attempts,
    balancing_weights,
    penalised_weights,
)
from pipelines_lib.assurance.fairness.groups import Grouping
from pipelines_lib.modelling.features import FeatureContract, InputFeature
from pipelines_lib.modelling.rows import WindowRows
from pipelines_lib.modelling.training import Lessons
from pipelines_lib.modelling.variants import Workshop
from pipelines_lib.spec.model_spec import Training

GROUPS = ("men", "women", "unknown")


def table(men, women):
    """(good, bad) of each group, as an index and labels."""
    index = np.repeat([0, 0, 1, 1], [*men, *women])
    labels = np.repeat([False, True, False, True], [*men, *women])
    return Grouping(GROUPS, index), labels


def test_reweighing_gives_the_weights_of_kamiran_and_calders_by_hand():
    grouping, labels = table(men=(40, 10), women=(20, 30))
    weights = balancing_weights(grouping, labels)
    # P(g) P(y) / P(g, y) with 60 good and 40 bad among 50 men and 50 women
    expected = {(0, 0): 30 / 40, (0, 1): 20 / 10, (1, 0): 30 / 20, (1, 1): 20 / 30}
    for (group, bad), weight in expected.items():
        inside = (grouping.index == group) & (labels == bool(bad))
        assert weights[inside] == pytest.approx(weight)


@given(st.tuples(*[st.integers(1, 50)] * 4))
def test_under_these_weights_group_and_outcome_are_independent(counts):
    grouping, labels = table(counts[:2], counts[2:])
    weights = balancing_weights(grouping, labels)
    assert weights.sum() == pytest.approx(len(labels))
    rates = [
        np.average(labels[grouping.index == g], weights=weights[grouping.index == g])
        for g in (0, 1)
    ]
    assert rates[0] == pytest.approx(rates[1])
    assert (weights > 0).all()


def test_a_group_without_any_bad_outcome_gets_finite_weights():
    grouping, labels = table(men=(40, 10), women=(20, 0))
    weights = balancing_weights(grouping, labels)
    assert np.isfinite(weights).all()
    assert (weights > 0).all()


def test_a_penalty_lifts_a_group_declined_too_often_by_half_the_distance_in_log_odds():
    grouping, labels = table(men=(800, 200), women=(800, 200))
    declined = np.zeros(2_000, bool)
    declined[:200] = declined[1_000:1_300] = True  # 20 % of men, 30 % of women
    weights = penalised_weights(np.ones(2_000), grouping, "men", labels, 1.0 - declined)
    women, men = grouping.index == 1, grouping.index == 0
    apart = np.log(300.5 / 700.5) - np.log(200.5 / 800.5)
    assert weights[women & ~labels][0] / weights[men][0] == pytest.approx(np.exp(apart / 2))
    assert weights[women & labels][0] / weights[men][0] == pytest.approx(np.exp(-apart / 2))
    assert np.ptp(weights[men]) == 0.0
    assert weights.mean() == pytest.approx(1.0)


def test_a_group_declined_less_often_is_left_alone():
    grouping, labels = table(men=(80, 20), women=(80, 20))
    approved = (grouping.index == 1).astype(float)
    weights = penalised_weights(np.ones(200), grouping, "men", labels, approved)
    assert weights == pytest.approx(1.0)


def ground(estimator="xgboost", rows=600, features=4, rounds=2):
    rng = np.random.default_rng(1)
    index = rng.integers(0, 2, rows)
    inputs = rng.normal(size=(rows, features)).astype(np.float32)
    inputs[:, 0] += index  # f0 knows the group
    inputs[:, 1] += 0.5 * index
    y = (rng.random(rows) < 1 / (1 + np.exp(-inputs[:, 0] - inputs[:, 2]))).astype(np.float32)
    contract = FeatureContract(
        tuple(InputFeature(f"f{place}", "number", (), "none", (), "") for place in range(features))
    )
    boosting = {"max_depth": 3, "learning_rate": 0.3} if estimator == "xgboost" else {}
    training = Training(
        estimator=estimator, seed=1, rounds=8, calibration="none", parameters=boosting
    )
    lessons = Lessons(contract, WindowRows(inputs, y, {}), WindowRows(inputs, y, {}))
    workshop = Workshop(training, lessons, threads=1)
    return Ground(
        workshop=workshop,
        control=workshop.fit(),
        groupings={"sex": Grouping(GROUPS, index), "age": Grouping(("old", "young"), index)},
        references={"sex": "men", "age": "old"},
        declined_share=0.3,
        bins=8,
        rounds=rounds,
    )


def test_one_of_each_kind_is_made_before_a_second_of_any():
    made = attempts(ground(), 20)
    assert [each.made for each in made[:5]] == [REWEIGHTED] * 2 + [REMOVED] * 2 + [SIMPLER]
    assert [each.made for each in made].count(PENALISED) == 4
    assert len({each.name for each in made}) == len(made)


def test_the_strongest_proxy_is_left_out_first_and_never_twice():
    made = attempts(ground(), 20)
    removed = [each.name for each in made if each.made == REMOVED]
    assert removed[:3] == ["without f0", "without f1", "without f0 and f1"]
    (first,) = [each for each in made if each.name == "without f0"]
    assert first.variant.contract.names == ("f1", "f2", "f3")


@pytest.mark.parametrize("most", [0, 1, 5])
def test_no_more_are_fitted_than_the_policy_allows(most):
    assert len(attempts(ground(), most)) == most


def test_a_scorecard_has_no_parameters_to_vary_and_is_weighed_all_the_same():
    made = attempts(ground("scorecard"), 20)
    assert SIMPLER not in {each.made for each in made}
    assert REWEIGHTED in {each.made for each in made}


def test_the_only_input_is_never_left_out():
    made = attempts(ground(features=3), 20)
    assert all(each.variant.contract.names for each in made)


def test_a_penalty_narrows_the_gap_between_the_groups():
    start = ground(rows=3_000, rounds=3)
    made = {each.name: each for each in attempts(start, 20)}
    index = start.groupings["sex"].index

    def gap(variant):
        margin = variant.margin(start.inputs)
        declined = margin >= np.quantile(margin, 0.7)
        return declined[index == 1].mean() - declined[index == 0].mean()

    gaps = [gap(made[f"disparity by sex penalised, round {number}"].variant) for number in (1, 3)]
    assert gap(start.control) > gaps[0] > gaps[1]
