"""Variants of a candidate: the same model where nothing is varied, another where something is."""

import numpy as np
import pytest

from pipelines_lib.modelling.package import open_package
from pipelines_lib.modelling.variants import open_workshop


def workshop_of(lender, candidate, spec=None):
    return open_workshop(
        spec or lender.spec,
        lender.snapshot,
        lender.plan,
        home=lender.home,
        threads=1,
        rounds=candidate.rounds,
        parameters=candidate.parameters,
    )


@pytest.fixture(scope="module")
def workshop(lender, candidate):
    return workshop_of(lender, candidate)


@pytest.fixture(scope="module")
def inputs(workshop):
    return workshop.lessons.calibration.X


def test_where_nothing_is_varied_the_variant_is_the_candidate(lender, candidate, workshop, inputs):
    package = open_package(lender.home, candidate.package)
    variant = workshop.fit()
    np.testing.assert_array_equal(variant.margin(inputs), package.fitted.margin(inputs))
    np.testing.assert_array_equal(variant.score(inputs), package.score(inputs))
    every_row = np.arange(len(workshop.lessons.train.y))
    same = workshop.fit(rows=every_row, features=workshop.names, seed=lender.spec.training.seed)
    np.testing.assert_array_equal(variant.margin(inputs), same.margin(inputs))


def test_what_a_search_found_is_used_again(lender_of, table_of, spec_of, training_of, tmp_path):
    search = {"trials": 3, "space": {"max_depth": [2, 5]}}
    spec = spec_of(training=training_of(search=search))
    lender = lender_of(tmp_path, table_of(), spec)
    candidate = lender.train()
    workshop = workshop_of(lender, candidate)
    assert dict(candidate.parameters) == dict(workshop.training.parameters)
    rows = workshop.lessons.calibration.X
    package = open_package(lender.home, candidate.package)
    np.testing.assert_array_equal(workshop.fit().margin(rows), package.fitted.margin(rows))


@pytest.mark.parametrize(
    "varied",
    [{"rows": np.arange(0, 1_400, 2)}, {"parameters": {"max_depth": 1}}, {"seed": 12}],
    ids=["rows", "parameters", "seed"],
)
def test_what_is_varied_makes_another_model(workshop, inputs, varied, request):
    if "seed" in varied:  # a seed only counts where something is drawn
        varied = {**varied, "parameters": {"subsample": 0.5}}
        plain = workshop.fit(parameters={"subsample": 0.5})
    else:
        plain = workshop.fit()
    assert not np.array_equal(plain.margin(inputs), workshop.fit(**varied).margin(inputs))


def test_equal_weights_change_nothing_and_others_shift_the_margin(workshop, inputs):
    labels = workshop.lessons.train.y
    equal = workshop.fit(weights=np.ones(len(labels)))
    np.testing.assert_allclose(equal.margin(inputs), workshop.fit().margin(inputs), atol=1e-5)
    heavier = workshop.fit(weights=np.where(labels == 1, 5.0, 1.0))
    assert heavier.margin(inputs).mean() > equal.margin(inputs).mean() + 0.5


def test_a_feature_left_out_is_not_looked_at(workshop, inputs):
    variant = workshop.fit(features=["income", "debt"])
    assert variant.contract.names == ("income", "debt")
    changed = inputs.copy()
    changed[:, workshop.names.index("overdue")] = 99
    np.testing.assert_array_equal(variant.margin(changed), variant.margin(inputs))
    assert variant.contributions(inputs).shape == (len(inputs), 2)


def test_contributions_add_up_to_the_margin(workshop, inputs):
    variant = workshop.fit(features=["overdue", "region"])
    values, bias = variant.fitted.contributions(inputs[:, variant.columns])
    np.testing.assert_array_equal(values, variant.contributions(inputs))
    np.testing.assert_allclose(values.sum(axis=1) + bias, variant.margin(inputs), atol=1e-4)


def test_a_scorecard_is_weighed_by_drawing_rows_and_draws_the_same_each_time(lender, candidate):
    plain = lender.spec.training.model_copy(update={"estimator": "scorecard", "parameters": {}})
    spec = lender.spec.model_copy(update={"training": plain})
    workshop = workshop_of(lender, candidate, spec)
    workshop = type(workshop)(plain, workshop.lessons, threads=1)
    rows, labels = workshop.lessons.calibration.X, workshop.lessons.train.y
    weights = np.where(labels == 1, 5.0, 1.0)
    once, again = (workshop.fit(weights=weights).margin(rows) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert once.mean() > workshop.fit().margin(rows).mean() + 0.5


def test_variants_leave_no_trace(lender, candidate, workshop):
    before = sorted(path for path in lender.home.rglob("*"))
    workshop.fit(features=["income"])
    assert sorted(path for path in lender.home.rglob("*")) == before
