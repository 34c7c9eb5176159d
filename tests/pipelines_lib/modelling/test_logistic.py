"""Newton's logistic regression against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from pipelines_lib.modelling.logistic import fit_logistic, log_loss, log_odds, sigmoid


def _sample(rows=3000, columns=4):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, columns))
    margin = x @ np.array([1.0, -0.5, 0.0, 2.0]) - 1
    return x, (rng.random(rows) < sigmoid(margin)).astype(float)


@pytest.mark.parametrize("ridge", [0.5, 1.0, 50.0])
def test_it_finds_what_scikit_learn_finds(ridge):
    x, y = _sample()
    theirs = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=1000).fit(x, y)

    coefficients, intercept = fit_logistic(x, y, ridge=ridge)

    np.testing.assert_allclose(coefficients, theirs.coef_[0], atol=1e-6)
    assert intercept == pytest.approx(theirs.intercept_[0], abs=1e-6)


def test_more_rows_than_a_block_holds_change_nothing():
    x, y = _sample(rows=2000)
    many, outcomes = np.tile(x, (50, 1)), np.tile(y, 50)

    once, _ = fit_logistic(x, y, ridge=0.02)
    often, _ = fit_logistic(many, outcomes, ridge=1.0)

    np.testing.assert_allclose(once, often, atol=1e-9)


def test_separated_classes_stay_finite_under_a_ridge():
    x = np.array([[-1.0], [1.0]] * 50)

    coefficients, intercept = fit_logistic(x, (x[:, 0] > 0).astype(float), ridge=1.0)

    assert 1 < coefficients[0] < 10
    assert intercept == pytest.approx(0, abs=1e-9)


def test_a_column_that_says_nothing_gets_zero():
    x, y = _sample()
    x[:, 2] = 0

    assert fit_logistic(x, y, ridge=1.0)[0][2] == 0


@given(st.floats(-700, 700))
@settings(deadline=None)
def test_sigmoid_and_its_mirror_add_up_to_one(margin):
    both = sigmoid(np.array([margin, -margin]))

    assert both.sum() == pytest.approx(1)
    assert 0 <= both[0] <= 1


def test_log_odds_undo_sigmoid_and_log_loss_is_the_textbook_one():
    assert log_odds(0.8) == pytest.approx(np.log(4))
    assert sigmoid(np.array([np.log(4)]))[0] == pytest.approx(0.8)
    assert log_loss(np.array([np.log(4), 0.0]), np.array([1, 0])) == pytest.approx(
        -(np.log(0.8) + np.log(0.5)) / 2
    )
