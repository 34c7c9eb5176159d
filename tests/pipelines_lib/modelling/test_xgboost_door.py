"""Boosted trees behind our own door: strict parameters, exact contributions, fixed bytes."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipelines_lib.errors import EvidenceError, SpecError
from pipelines_lib.modelling import xgboost_door
from pipelines_lib.modelling.features import FeatureContract, InputFeature
from pipelines_lib.spec.model_spec import Training

ROWS = 3000
CONTRACT = FeatureContract(
    tuple(
        InputFeature(name, kind, levels, monotone, (), "because")
        for name, kind, levels, monotone in (
            ("up", "number", (), "increasing"),
            ("free", "number", (), "none"),
            ("group", "category", ("a", "b", "c", "d", "e"), "none"),
        )
    )
)


def _data():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(ROWS, 3)).astype(np.float32)
    x[:, 2] = rng.integers(0, 5, ROWS)
    x[rng.random((ROWS, 3)) < 0.05] = np.nan
    margin = np.nan_to_num(x[:, 0] + np.sin(3 * x[:, 1])) + (x[:, 2] == 3) - 0.5
    return x, (rng.random(ROWS) < 1 / (1 + np.exp(-margin))).astype(np.float32)


def _training(**changes):
    plain = {"estimator": "xgboost", "seed": 4, "rounds": 60, "calibration": "none"}
    return Training.model_validate({**plain, **changes})


def _fit(threads=1, **changes):
    x, y = _data()
    half = ROWS // 2
    return xgboost_door.fit(
        x[:half],
        y[:half],
        x[half:],
        y[half:],
        contract=CONTRACT,
        training=_training(**changes),
        threads=threads,
    )


@pytest.fixture(scope="module")
def model():
    return _fit()


def test_contributions_and_bias_add_up_to_the_margin(model):
    x, _ = _data()

    values, bias = model.contributions(x)

    assert values.shape == (ROWS, 3)
    np.testing.assert_allclose(values.sum(axis=1) + bias, model.margin(x), atol=1e-5)


def test_a_margin_does_not_depend_on_the_batch(model):
    x, _ = _data()
    together = model.margin(x)

    alone = np.concatenate([model.margin(x[i : i + 1]) for i in range(100)])

    assert alone.tolist() == together[:100].tolist()
    assert model.margin(x[:0]).shape == (0,)


def test_the_direction_of_the_spec_holds_everywhere(model):
    x, _ = _data()
    rows = np.repeat(x[:200], 50, axis=0)
    rows[:, 0] = np.tile(np.linspace(-4, 4, 50), 200)

    assert (np.diff(model.margin(rows).reshape(200, 50), axis=1) >= 0).all()


def test_categories_are_split_by_level_not_by_size(model):
    x, _ = _data()
    means = []
    for level in range(5):
        x[:, 2] = level
        means.append(model.margin(x).mean())

    assert np.argmax(means) == 3
    assert max(means[:3] + means[4:]) < means[3] - 0.4


def test_it_stops_early_and_keeps_the_best_rounds():
    short = _fit(rounds=400, early_stopping_rounds=5, parameters={"learning_rate": 0.5})

    assert 0 < short.rounds < 100


def test_without_early_stopping_every_round_is_kept(model):
    assert model.rounds == 60


def test_what_is_read_back_scores_the_same(model, tmp_path):
    x, _ = _data()
    names = model.save(tmp_path)

    back = xgboost_door.load(tmp_path, threads=1)

    assert names == ("model.ubj",)
    assert back.margin(x).tolist() == model.margin(x).tolist()
    assert back.contributions(x[:9])[0].tolist() == model.contributions(x[:9])[0].tolist()
    assert back.rounds == model.rounds


def test_bytes_that_are_no_model_are_refused(tmp_path):
    (tmp_path / "model.ubj").write_bytes(b"{L\x00\x00nonsense")

    with pytest.raises(EvidenceError, match="cannot be read as an XGBoost model"):
        xgboost_door.load(tmp_path)


def test_two_processes_write_the_same_bytes(tmp_path):
    """For each number of threads; that one thread and two agree as well is not promised."""
    once, again = (_hashes_in_a_fresh_process(tmp_path / name) for name in ("once", "again"))

    assert once == again
    assert len(once) == 2


def _hashes_in_a_fresh_process(folder: Path) -> list[str]:
    sampling = {"subsample": 0.7, "colsample_bytree": 0.7}
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pathlib import Path; import test_xgboost_door as t\n"
        "for threads in (1, 2):\n"
        f"    folder = Path({str(folder)!r}, str(threads)); folder.mkdir(parents=True)\n"
        f"    t._fit(threads, rounds=8, parameters={sampling!r}).save(folder)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
    return [
        hashlib.sha256((folder / threads / "model.ubj").read_bytes()).hexdigest()
        for threads in ("1", "2")
    ]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("max_dept", "Did you mean max_depth"),
        ("eta", "write learning_rate"),
        ("n_estimators", "training.rounds"),
        ("seed", "training.seed"),
        ("zzz", "Known parameters are colsample_bylevel"),
    ],
)
def test_a_parameter_that_cannot_be_set_is_refused_with_the_way_out(name, advice):
    with pytest.raises(SpecError, match=f"'{name}' cannot be set") as refused:
        xgboost_door.check_parameters({name: 1})
    assert advice in refused.value.fix


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("max_depth", 32, 33),
        ("max_depth", 0, 2.5),
        ("learning_rate", 1, 1.01),
        ("learning_rate", 0.001, 0),
        ("subsample", 1.0, "all"),
        ("gamma", 0, True),
        ("grow_policy", "lossguide", "leafwise"),
    ],
)
def test_a_value_at_the_end_of_its_range_passes_and_one_beyond_is_refused(name, good, bad):
    xgboost_door.check_parameters({name: good})
    with pytest.raises(SpecError, match=f"{name} is {bad!r}"):
        xgboost_door.check_parameters({name: bad})


def test_every_parameter_we_allow_is_one_xgboost_knows(capfd):
    """XGBoost warns of what it does not use; none of ours may be warned of."""
    values = {
        name: allowed.words[0] if allowed.words else 2 if allowed.high > 1 else 0.5
        for name, allowed in xgboost_door.PARAMETERS.items()
    }

    _fit(rounds=2, parameters=values)

    assert "not used" not in "".join(capfd.readouterr())
