"""Any scikit-learn classifier answers in log-odds, adds up, and comes back as it was."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipelines_lib.errors import DataContractError, EvidenceError, SpecError
from pipelines_lib.modelling.features import FeatureContract, InputFeature
from pipelines_lib.modelling.sklearn_door import _adding_up, fit_classifier, load
from pipelines_lib.spec.model_spec import Training

NAN = float("nan")


def feature(name, levels=(), monotone="none"):
    kind = "category" if levels else "number"
    return InputFeature(name, kind, tuple(levels), monotone, (), f"{name} is unusual")


CONTRACT = FeatureContract(
    (feature("amount"), feature("age"), feature("colour", ("red", "green", "blue")))
)
NOISE = np.random.default_rng(11)
X = np.column_stack(
    [NOISE.normal(50_000, 20_000, 400), NOISE.normal(40, 10, 400), NOISE.integers(0, 3, 400)]
).astype(np.float32)
Y = (X[:, 0] / 20_000 + (X[:, 2] == 1) + NOISE.normal(size=400) > 3).astype(np.float32)
X[::17, 0] = NAN
X[::23, 2] = NAN

EVERY_KIND = {
    "sklearn.linear_model.LogisticRegression": {},
    "sklearn.linear_model.SGDClassifier": {"loss": "log_loss"},
    "sklearn.ensemble.RandomForestClassifier": {"n_estimators": 5, "max_depth": 3},
    "sklearn.ensemble.GradientBoostingClassifier": {"n_estimators": 5},
    "sklearn.ensemble.HistGradientBoostingClassifier": {"max_iter": 5},
    "sklearn.naive_bayes.GaussianNB": {},
    "sklearn.neural_network.MLPClassifier": {"max_iter": 20},
    "sklearn.svm.LinearSVC": {},
}


def training(path, **parameters):
    return Training(estimator=path, seed=5, calibration="none", parameters=parameters)


def fitted(path, x=X, y=Y, contract=CONTRACT, threads=1, **parameters):
    return fit_classifier(path, x, y, contract, training(path, **parameters), threads)


def test_the_margin_of_one_positive_in_four_is_the_logarithm_of_a_third():
    model = fitted("sklearn.dummy.DummyClassifier", X[:4], np.array([0, 0, 1, 0]))

    assert model.margin(X[:2]).tolist() == [pytest.approx(np.log(1 / 3))] * 2
    contributions, bias = model.contributions(X[:2])
    assert bias == pytest.approx(np.log(1 / 3))
    assert not contributions.any()


def test_a_probability_of_one_keeps_a_margin_that_is_finite():
    model = fitted("sklearn.tree.DecisionTreeClassifier")

    assert np.abs(model.margin(X)).max() == pytest.approx(np.log(0.999999 / 0.000001))


def test_contributions_of_a_linear_model_are_slope_times_distance_from_the_median():
    contract = FeatureContract((feature("a"), feature("b")))
    x = np.array([[0, 1], [1, 5], [2, 2], [3, 9], [8, 3]], dtype=np.float32)
    model = fitted(
        "sklearn.linear_model.LogisticRegression", x, np.array([0, 0, 1, 1, 1]), contract
    )

    contributions, bias = model.contributions(x)

    slopes = model.estimator.coef_[0] / x.std(axis=0)  # medians are 2 and 3
    np.testing.assert_allclose(contributions, (x - [2, 3]) * slopes, atol=1e-5)
    assert bias == pytest.approx(model.margin(np.array([[2, 3]], dtype=np.float32))[0])


@pytest.mark.parametrize(
    ("alone", "total", "expected"),
    [
        ([1, 3], 6, [1.5, 4.5]),  # 2 left over, shared 1 : 3
        ([1, -1], 1, [1.5, -0.5]),  # 1 left over, shared 1 : 1
        ([0, 0], 3, [1.5, 1.5]),  # nothing to go by: even shares
        ([2, -3], -1, [2, -3]),  # nothing left over
    ],
)
def test_what_features_do_together_is_shared_out_by_size(alone, total, expected):
    result = _adding_up(np.array([alone], float), np.array([total], float))

    assert result.tolist() == [pytest.approx(expected)]


@pytest.mark.parametrize("path", EVERY_KIND)
def test_contributions_and_bias_add_up_to_the_margin(path):
    model = fitted(path, **EVERY_KIND[path])

    contributions, bias = model.contributions(X[:50])

    assert contributions.shape == (50, 3)
    assert contributions.dtype == np.float64
    np.testing.assert_allclose(contributions.sum(axis=1) + bias, model.margin(X[:50]), atol=1e-9)
    assert model.contribution_method == "single_feature_replacement"


@pytest.mark.parametrize("path", EVERY_KIND)
def test_a_model_comes_back_from_its_files_with_the_same_margins(path, tmp_path):
    model = fitted(path, **EVERY_KIND[path])

    names = model.save(tmp_path)

    assert names == ("model.skops", "preparation.json")
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(names)
    assert np.array_equal(load(tmp_path).margin(X), model.margin(X))


def test_no_rows_have_no_margins():
    assert fitted("sklearn.naive_bayes.GaussianNB").margin(X[:0]).tolist() == []


def test_the_bytes_do_not_depend_on_the_number_of_threads(tmp_path):
    path, parameters = "sklearn.ensemble.RandomForestClassifier", {"n_estimators": 5}
    for threads in (1, 2):
        fitted(path, threads=threads, **parameters).save(tmp_path / str(threads))

    one, two = (tmp_path / str(threads) / "model.skops" for threads in (1, 2))
    assert one.read_bytes() == two.read_bytes()


def test_another_process_with_another_hash_seed_writes_the_same_bytes(tmp_path):
    here = fitted("sklearn.ensemble.RandomForestClassifier", n_estimators=5)
    here.save(tmp_path)
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": os.pathsep.join(sys.path)}
    code = (
        "import sys, importlib.util as u\n"
        f"s = u.spec_from_file_location('other', {__file__!r}); m = u.module_from_spec(s)\n"
        "s.loader.exec_module(m)\n"
        "model = m.fitted('sklearn.ensemble.RandomForestClassifier', n_estimators=5)\n"
        "model.save(m.Path(sys.argv[1]))\n"
    )
    elsewhere = tmp_path / "elsewhere"

    subprocess.run([sys.executable, "-c", code, str(elsewhere)], env=environment, check=True)

    for name in ("model.skops", "preparation.json"):
        assert _sha(tmp_path / name) == _sha(elsewhere / name)


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_seed_of_the_spec_is_the_estimators_random_state():
    assert fitted("sklearn.svm.LinearSVC").estimator.random_state == 5


@pytest.mark.parametrize(
    "path",
    [
        "sklearn.ensemble.RandomForestClassifier",
        "sklearn.ensemble.HistGradientBoostingClassifier",
    ],
)
def test_a_direction_of_the_spec_holds_wherever_the_other_features_stand(path):
    contract = FeatureContract(
        (feature("amount", monotone="decreasing"), feature("age"), CONTRACT.features[2])
    )
    model = fitted(path, contract=contract)
    sweep = np.repeat(X[1:11], 30, axis=0)
    sweep[:, 0] = np.tile(np.linspace(0, 120_000, 30), 10)

    steps = np.diff(model.margin(sweep).reshape(10, 30), axis=1)

    assert (steps <= 1e-12).all()


def test_only_an_estimator_that_takes_missing_values_sees_them():
    keeps = {
        path.rpartition(".")[2]: fitted(path, **EVERY_KIND[path]).preparation.keep_missing
        for path in (
            "sklearn.ensemble.HistGradientBoostingClassifier",
            "sklearn.linear_model.LogisticRegression",
        )
    }

    assert keeps == {"HistGradientBoostingClassifier": True, "LogisticRegression": False}


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        (
            "sklearn.ensemble.RandomForrestClassifier",
            r"Did you mean sklearn\.ensemble\.RandomForestClassifier\?",
        ),
        ("RandomForestClassifier", r"Did you mean sklearn\.ensemble\.RandomForestClassifier\?"),
        ("sklearn.linear_models.LogisticRegression", r"sklearn\.linear_model\.LogisticRegression"),
        ("sklearn.linear_model.LinearRegression", r"Did you mean sklearn"),
        ("os.system", r"Give a dotted path such as"),
        ("sklearn.metrics.roc_auc_score", r"xgboost and scorecard are built in"),
    ],
)
def test_a_path_that_names_no_classifier_is_refused_with_the_nearest(path, hint):
    with pytest.raises(SpecError, match=hint) as caught:
        fitted(path)

    assert f"{path!r} is not a scikit-learn classifier" in caught.value.problem
    assert caught.value.exit_code == 2


def test_nothing_outside_scikit_learn_is_imported(tmp_path, monkeypatch):
    (tmp_path / "intruder.py").write_text("raise SystemExit('ran')\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(SpecError, match=r"'intruder\.Classifier' is not a scikit-learn"):
        fitted("intruder.Classifier")


def test_an_unknown_parameter_is_refused_with_the_nearest():
    with pytest.raises(SpecError, match=r"max_dept \(did you mean max_depth\?\)"):
        fitted("sklearn.ensemble.RandomForestClassifier", max_dept=3)


def test_a_value_a_parameter_cannot_take_is_refused():
    with pytest.raises(SpecError, match="'max_depth' parameter of RandomForestClassifier"):
        fitted("sklearn.ensemble.RandomForestClassifier", max_depth="deep")


@pytest.mark.parametrize(
    ("name", "instead"), [("random_state", "training.seed"), ("n_jobs", "PIPELINES_THREADS")]
)
def test_what_other_settings_decide_is_refused_as_a_parameter(name, instead):
    with pytest.raises(SpecError, match=f"Set {instead} instead of {name}"):
        fitted("sklearn.ensemble.RandomForestClassifier", **{name: 2})


@pytest.mark.parametrize(
    ("path", "parameters", "problem"),
    [
        ("sklearn.ensemble.VotingClassifier", {}, "needs another estimator"),
        ("sklearn.neighbors.NearestCentroid", {"metric": "manhattan"}, "not how sure it is"),
    ],
)
def test_a_classifier_that_cannot_be_used_from_a_spec_is_refused(path, parameters, problem):
    with pytest.raises(SpecError, match=problem):
        fitted(path, **parameters)


def test_a_train_window_of_one_class_is_refused():
    with pytest.raises(DataContractError, match="does not hold both outcomes"):
        fitted("sklearn.naive_bayes.GaussianNB", y=np.zeros(len(Y)))


def test_a_fit_that_does_not_settle_is_logged_and_kept(caplog):
    fitted("sklearn.neural_network.MLPClassifier", max_iter=2)

    assert "ConvergenceWarning" in caplog.text


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]"])
def test_a_damaged_preparation_is_refused(content, tmp_path):
    fitted("sklearn.naive_bayes.GaussianNB").save(tmp_path)
    (tmp_path / "preparation.json").unlink()
    if content is not None:
        (tmp_path / "preparation.json").write_bytes(content)

    with pytest.raises(EvidenceError, match=r"preparation\.json is missing or damaged"):
        load(tmp_path)
