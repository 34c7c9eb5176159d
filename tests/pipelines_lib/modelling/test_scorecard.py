"""The baseline scorecard, by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from pipelines_lib.canonical import parse
from pipelines_lib.errors import SpecError
from pipelines_lib.modelling import scorecard
from pipelines_lib.modelling.features import FeatureContract, InputFeature


def _contract(*features):
    return FeatureContract(
        tuple(
            InputFeature(name, kind, levels, monotone, (), "because")
            for name, kind, levels, monotone in features
        )
    )


OWNER = _contract(("owner", "category", ("no", "yes"), "none"))
NUMBER = _contract(("amount", "number", (), "none"))


def _two_by_two():
    """200 people: 60 of 100 without a house went bad, 20 of 100 with one."""
    x = np.repeat(np.array([[0], [1]], dtype=np.float32), 100, axis=0)
    y = np.concatenate([np.repeat([1, 0], [60, 40]), np.repeat([1, 0], [20, 80])])
    return x, y.astype(np.float32)


def test_weights_of_evidence_by_hand():
    """80 of 200 are bad, so each bin borrows 4 bad and 6 good."""
    average = np.log(80 / 120)

    (owner,) = scorecard.fit(*_two_by_two(), OWNER).features

    assert owner.woe == pytest.approx(
        (np.log(64 / 46) - average, np.log(24 / 86) - average), abs=1e-11
    )
    assert owner.missing_woe == pytest.approx(0, abs=1e-11)  # nobody there: like the average


def test_the_riskier_bin_has_the_higher_margin():
    x, y = _two_by_two()

    low, high = scorecard.fit(x, y, OWNER).margin(np.array([[1], [0]], dtype=np.float32))

    assert low < high


def test_coefficients_are_scikit_learns_on_the_same_evidence():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2)).astype(np.float32)
    y = (rng.random(4000) < 1 / (1 + np.exp(-x[:, 0] - 0.5 * x[:, 1]))).astype(np.float32)
    two = _contract(("a", "number", (), "none"), ("b", "number", (), "none"))
    card = scorecard.fit(x, y, two)
    evidence = np.column_stack([f.evidence(x[:, i]) for i, f in enumerate(card.features)])
    theirs = LogisticRegression(C=1.0, tol=1e-9).fit(evidence, y)

    np.testing.assert_allclose(
        [feature.coefficient for feature in card.features], theirs.coef_[0], atol=1e-4
    )
    assert card.intercept == pytest.approx(theirs.intercept_[0], abs=1e-4)
    assert roc_auc_score(y, card.margin(x)) > 0.72


def test_contributions_are_centred_on_the_train_window_and_add_up():
    x, y = _two_by_two()
    card = scorecard.fit(x, y, OWNER)

    values, bias = card.contributions(x)

    np.testing.assert_allclose(values.sum(axis=1) + bias, card.margin(x), atol=1e-12)
    assert values.mean() == pytest.approx(0, abs=1e-7)


def test_missing_values_have_a_bin_of_their_own():
    x = np.concatenate([np.arange(100), np.full(100, np.nan)]).astype(np.float32)[:, None]
    y = np.concatenate([np.zeros(99), np.ones(101)]).astype(np.float32)

    (feature,) = scorecard.fit(x, y, NUMBER).features

    assert feature.missing_woe > max(feature.woe[:-1])


def test_a_direction_of_the_spec_holds_in_every_bin():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2000, 1)).astype(np.float32)
    y = (rng.random(2000) < 0.3 + 0.1 * np.sin(4 * x[:, 0])).astype(np.float32)

    (rising,) = scorecard.fit(x, y, _contract(("a", "number", (), "increasing"))).features
    (falling,) = scorecard.fit(x, y, _contract(("a", "number", (), "decreasing"))).features
    (free,) = scorecard.fit(x, y, NUMBER).features

    assert (np.diff(rising.woe) > 0).all()
    assert (np.diff(falling.woe) < 0).all()
    assert len(free.woe) == 10
    assert not (np.diff(free.woe) > 0).all()


def test_a_feature_that_would_contradict_its_bins_is_left_out():
    """The second is a noisy copy of the first; fitted freely it would be turned round."""
    rng = np.random.default_rng(8)
    truth = rng.normal(size=20_000)
    noisy = truth + rng.normal(size=20_000)
    y = rng.random(20_000) < 1 / (1 + np.exp(-(3 * truth - noisy)))
    x = np.column_stack([truth, noisy]).astype(np.float32)
    two = _contract(("truth", "number", (), "none"), ("noisy", "number", (), "none"))

    card = scorecard.fit(x, y.astype(np.float32), two)

    assert card.features[0].coefficient > 0
    assert card.features[1].coefficient == 0
    assert card.contributions(x)[0][:, 1].tolist() == [0] * 20_000


@pytest.mark.parametrize("column", [np.zeros(200), np.full(200, np.nan)])
def test_a_column_without_variation_says_nothing(column):
    _, y = _two_by_two()
    x = column.astype(np.float32)[:, None]

    card = scorecard.fit(x, y, NUMBER)

    np.testing.assert_allclose(card.margin(x), np.log(80 / 120), atol=1e-6)


def test_a_constant_column_with_a_direction_is_no_trouble():
    _, y = _two_by_two()
    x = np.full((200, 1), np.nan, dtype=np.float32)

    card = scorecard.fit(x, y, _contract(("a", "number", (), "increasing")))

    assert card.features[0].edges == ()


def test_it_is_json_and_scores_the_same_when_read_back(tmp_path):
    x, y = _two_by_two()
    card = scorecard.fit(x, y, OWNER)

    names = card.save(tmp_path)

    assert names == ("scorecard.json",)
    assert set(parse((tmp_path / "scorecard.json").read_bytes())) == {"features", "intercept"}
    assert scorecard.load(tmp_path) == card


def test_parameters_are_refused():
    scorecard.check_parameters({})
    with pytest.raises(SpecError, match="takes none, but depth is set"):
        scorecard.check_parameters({"depth": 3})
