"""What an estimator sees: numbers scaled by the train window, one column a level."""

import numpy as np
import pytest

from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.modelling.features import FeatureContract, InputFeature
from pipelines_lib.modelling.preparation import Preparation, fit_preparation

NAN = float("nan")


def feature(name, levels=(), monotone="none"):
    kind = "category" if levels else "number"
    return InputFeature(name, kind, tuple(levels), monotone, (), f"{name} is unusual")


CONTRACT = FeatureContract((feature("amount"), feature("colour", ("red", "green", "blue"))))
# amounts 1, 2, 3, 6: mean 3, standard deviation sqrt((4 + 1 + 0 + 9) / 4) = sqrt(3.5), median 2.5
TRAIN = np.array([[1, 2], [2, 2], [3, 0], [6, NAN]], dtype=np.float32)


def test_numbers_are_centred_and_scaled_and_levels_become_columns():
    prepared = fit_preparation(TRAIN, CONTRACT, keep_missing=False).apply(TRAIN)

    step = 1 / np.sqrt(3.5)
    expected = [[-2 * step, 0, 0, 1], [-step, 0, 0, 1], [0, 1, 0, 0], [3 * step, 0, 0, 0]]
    assert prepared.tolist() == [pytest.approx(row) for row in expected]
    assert prepared.dtype == np.float32


def test_what_is_usual_is_the_median_and_the_most_frequent_level():
    assert fit_preparation(TRAIN, CONTRACT, keep_missing=False).usual.tolist() == [2.5, 2.0]


def test_a_missing_number_becomes_the_median_unless_it_is_kept():
    row = np.array([[NAN, 0]], dtype=np.float32)

    filled = fit_preparation(TRAIN, CONTRACT, keep_missing=False).apply(row)
    kept = fit_preparation(TRAIN, CONTRACT, keep_missing=True).apply(row)

    assert filled[0, 0] == pytest.approx(-0.5 / np.sqrt(3.5))
    assert np.isnan(kept[0, 0])


def test_a_level_nobody_knew_at_training_is_none_of_the_levels():
    row = np.array([[3, NAN]], dtype=np.float32)

    assert fit_preparation(TRAIN, CONTRACT, keep_missing=True).apply(row).tolist() == [[0, 0, 0, 0]]


def test_a_feature_that_is_always_missing_or_constant_does_not_divide_by_zero():
    contract = FeatureContract((feature("blank"), feature("constant")))
    train = np.array([[NAN, 7], [NAN, 7]], dtype=np.float32)

    preparation = fit_preparation(train, contract, keep_missing=False)

    assert preparation.apply(train).tolist() == [[0, 0], [0, 0]]
    assert preparation.usual.tolist() == [0, 7]


def test_a_direction_of_a_feature_is_given_to_each_of_its_columns():
    preparation = fit_preparation(TRAIN, CONTRACT, keep_missing=False)

    assert preparation.columns == 4
    assert preparation.spread((1, 0)) == [1, 0, 0, 0]


def test_a_preparation_survives_its_json():
    preparation = fit_preparation(TRAIN, CONTRACT, keep_missing=True)

    assert Preparation.from_plain(parse(canonical_bytes(preparation.to_plain()))) == preparation
