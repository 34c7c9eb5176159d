"""A stored estimator gives the same bytes every time and runs nothing when it is read."""

import io
import json
import os
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import FunctionTransformer

from pipelines_lib.errors import EvidenceError, SpecError
from pipelines_lib.modelling.skops_door import estimator_bytes, load_estimator, save_estimator

NOISE = np.random.default_rng(3)
X = NOISE.normal(size=(120, 3)).astype(np.float32)
Y = (X[:, 0] + NOISE.normal(size=120) > 0).astype(np.int64)


def forest():
    return RandomForestClassifier(n_estimators=3, max_depth=3, random_state=1).fit(X, Y)


def boosted():
    return HistGradientBoostingClassifier(max_iter=2, random_state=1).fit(X, Y)


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def altered(data, field, value):
    """The same file with one field of the first node of the first tree set to a value."""
    files = members(data)
    for name, content in sorted(files.items()):
        if not name.endswith(".npy"):
            continue
        array = np.load(io.BytesIO(content), allow_pickle=False)
        if array.dtype.names and field in array.dtype.names:
            array[field][0] = value
            buffer = io.BytesIO()
            np.save(buffer, array)
            files[name] = buffer.getvalue()
            break
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("fit", [forest, boosted, lambda: LogisticRegression().fit(X, Y)])
def test_fitting_twice_gives_the_same_bytes_and_they_score_the_same(fit, tmp_path):
    first, second = fit(), fit()
    path = tmp_path / "model.skops"

    save_estimator(first, path)

    assert path.read_bytes() == estimator_bytes(second)
    back = load_estimator(path, columns=3)
    assert np.array_equal(back.predict_proba(X), first.predict_proba(X))


def test_a_file_that_was_read_back_is_written_with_the_same_bytes(tmp_path):
    save_estimator(forest(), tmp_path / "one.skops")

    save_estimator(load_estimator(tmp_path / "one.skops", columns=3), tmp_path / "two.skops")

    assert (tmp_path / "one.skops").read_bytes() == (tmp_path / "two.skops").read_bytes()


def test_a_file_holds_no_time_no_address_and_its_members_in_order():
    data = estimator_bytes(forest())

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    numbers = _ids(json.loads(members(data)["schema.json"]))
    assert numbers
    assert max(numbers) < len(numbers)  # counted from 0, not addresses in memory


def _ids(node):
    if isinstance(node, list):
        return [number for item in node for number in _ids(item)]
    if not isinstance(node, dict):
        return []
    own = [node["__id__"]] if "__id__" in node else []
    return own + [number for item in node.values() for number in _ids(item)]


@pytest.mark.parametrize("fit", [forest, boosted])
def test_a_file_holds_plain_arrays_and_json_and_no_pickle(fit):
    for name, content in members(estimator_bytes(fit())).items():
        if name.endswith(".npy"):
            assert np.load(io.BytesIO(content), allow_pickle=False).dtype != object
        else:
            assert name == "schema.json"
            assert isinstance(json.loads(content), dict)


def test_a_foreign_function_in_a_file_is_named_and_not_run(tmp_path):
    path = tmp_path / "model.skops"
    marker = tmp_path / "ran"
    foreign = FunctionTransformer(func=os.system, kw_args={"command": f"touch {marker}"})
    path.write_bytes(skops.io.dumps(foreign))

    with pytest.raises(EvidenceError, match=r"not trusted: posix\.system") as caught:
        load_estimator(path, columns=3)

    assert caught.value.exit_code == 4
    assert "retrain the same night" in caught.value.fix
    assert not marker.exists()


def test_an_estimator_with_a_foreign_part_is_not_saved(tmp_path):
    path = tmp_path / "model.skops"
    neighbours = KNeighborsClassifier(algorithm="kd_tree").fit(X, Y)

    with pytest.raises(SpecError, match=r"KNeighborsClassifier cannot be kept .*KDTree"):
        save_estimator(neighbours, path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fit", "field", "value"),
    [
        (forest, "left_child", 1_000_000),  # beyond the last node
        (forest, "right_child", 0),  # the root is its own child: an endless walk
        (forest, "left_child", -1),  # half a leaf
        (forest, "feature", 3),  # columns are 0, 1, 2
        (forest, "feature", -7),
        (boosted, "left", 1_000_000),
        (boosted, "right", 0),
        (boosted, "feature_idx", 3),
        (boosted, "is_categorical", 1),  # its bit sets are not there
    ],
)
def test_a_tree_that_points_outside_itself_is_refused(fit, field, value, tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(altered(estimator_bytes(fit()), field, value))

    with pytest.raises(EvidenceError, match="whose parts do not fit together"):
        load_estimator(path, columns=3)


def test_an_estimator_for_other_columns_is_refused(tmp_path):
    path = tmp_path / "model.skops"
    save_estimator(forest(), path)

    with pytest.raises(EvidenceError, match="do not fit together"):
        load_estimator(path, columns=4)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"\x80\x04N."])
def test_a_damaged_file_is_refused(content, tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(content)

    with pytest.raises(EvidenceError, match=r"model\.skops is damaged"):
        load_estimator(path, columns=3)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(EvidenceError, match="No such file"):
        load_estimator(tmp_path / "model.skops", columns=3)
