"""Calibration: right on average, never reversing, the same after JSON."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.modelling.calibration import MAX_GROUPS, Calibration, fit_calibration

KINDS = ("sigmoid", "isotonic", "none")


def _window(rows=2000, slope=0.5, shift=-1.0, seed=3):
    rng = np.random.default_rng(seed)
    margin = rng.normal(0, 2, rows)
    bad = rng.random(rows) < 1 / (1 + np.exp(-(slope * margin + shift)))
    return margin, bad.astype(np.float64)


def test_sigmoid_is_platts_method_as_scikit_learn_has_it():
    margin, bad = _window()
    theirs = _SigmoidCalibration().fit(margin, bad)

    ours = fit_calibration("sigmoid", margin, bad)

    assert ours.slope == pytest.approx(-theirs.a_, rel=1e-4)
    assert ours.intercept == pytest.approx(-theirs.b_, rel=1e-4)


def test_sigmoid_of_two_margins_hits_platts_targets_exactly():
    """Two points and two numbers: the closed form. 10 of 40 bad at -1, 30 of 40 bad at +1."""
    margin = np.repeat([-1.0, 1.0], 40)
    bad = np.concatenate([np.repeat([1.0, 0.0], [10, 30]), np.repeat([1.0, 0.0], [30, 10])])
    high, low = 41 / 42, 1 / 42  # Platt's targets with 40 of each class
    expected = (30 * high + 10 * low) / 40

    calibration = fit_calibration("sigmoid", margin, bad)

    assert calibration.probability(np.array([1.0]))[0] == pytest.approx(expected)
    assert calibration.slope == pytest.approx(np.log(expected / (1 - expected)))
    assert calibration.intercept == pytest.approx(0, abs=1e-9)


def test_isotonic_equals_scikit_learns():
    margin, bad = _window(rows=600)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(margin, bad)
    asked = np.linspace(-8, 8, 501)

    ours = fit_calibration("isotonic", margin, bad)

    np.testing.assert_allclose(ours.probability(asked), theirs.predict(asked), atol=1e-12)


def test_isotonic_by_hand():
    """Shares 0, 1, 0 and 1 in order: the middle two violate and pool at a half."""
    calibration = fit_calibration("isotonic", np.array([1.0, 2, 3, 4]), np.array([0, 1, 0, 1]))

    assert calibration.points == ((1.0, 0.0), (2.0, 0.5), (3.0, 0.5), (4.0, 1.0))


def test_isotonic_stays_small_and_never_tears_equal_margins_apart():
    margin, bad = _window(rows=20_000)
    margin = np.where(np.abs(margin) < 1, 0.0, margin)  # four in ten share one margin

    calibration = fit_calibration("isotonic", margin, bad)

    ends = [at for at, _ in calibration.points]
    assert len(ends) <= 2 * MAX_GROUPS
    assert len(set(ends)) == len(ends)


@pytest.mark.parametrize("kind", ["sigmoid", "isotonic"])
def test_calibrated_scores_are_right_on_average(kind):
    margin, bad = _window(rows=5000)

    scores = fit_calibration(kind, margin, bad).probability(margin)

    assert scores.mean() == pytest.approx(bad.mean(), abs=1e-3)


def test_a_model_that_ranks_backwards_is_not_turned_round():
    margin, bad = _window()

    calibration = fit_calibration("sigmoid", -margin, bad)

    assert calibration.slope == 0
    assert calibration.probability(margin) == pytest.approx(bad.mean(), abs=1e-3)


def test_none_is_the_logistic_function():
    calibration = fit_calibration("none", *_window(rows=10))

    assert calibration.probability(np.array([0.0]))[0] == 0.5


@pytest.mark.parametrize("kind", KINDS)
@given(margins=st.lists(st.floats(-50, 50, width=32), min_size=2), seed=st.integers(0, 50))
@settings(deadline=None, max_examples=50)
def test_a_higher_margin_never_gets_a_lower_score(kind, margins, seed):
    calibration = fit_calibration(kind, *_window(rows=300, slope=seed / 50 - 0.2, seed=seed))

    scores = calibration.probability(np.sort(np.array(margins)))

    assert (np.diff(scores) >= 0).all()
    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_score_does_not_depend_on_its_neighbours(kind):
    margin, bad = _window(rows=500)
    calibration = fit_calibration(kind, margin, bad)

    together = calibration.probability(margin)

    assert [calibration.probability(margin[i : i + 1])[0] for i in range(500)] == together.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_json_keeps_every_bit(kind):
    calibration = fit_calibration(kind, *_window())

    back = Calibration.from_plain(parse(canonical_bytes(calibration.to_plain())))

    assert back == calibration
