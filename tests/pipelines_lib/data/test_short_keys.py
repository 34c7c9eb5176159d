"""Joining by short keys finds exactly what joining by the keys themselves finds."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.data import short_keys
from pipelines_lib.data.short_keys import key_hashes, read_for_join
from pipelines_lib.data.snapshots import write_snapshot


@pytest.fixture
def kept(tmp_path):
    def keep(**columns):
        return write_snapshot(tmp_path, pa.table(columns), kind="test", as_of=date(2025, 1, 1))

    return keep


def matches(left, right):
    """Row of the right table for each row of the left, by key; None where there is none."""
    places = {key: row for row, key in enumerate(right["key"].to_pylist())}
    return [places.get(key) for key in left["key"].to_pylist()]


def test_rows_match_as_their_keys_do(kept, tmp_path):
    scores = kept(key=["c", "a", "b", "z"], score=[0.3, 0.1, 0.2, 0.9])
    people = kept(key=["a", "b", "c"], sex=["m", "f", "f"])

    left, right = read_for_join(tmp_path, scores, people, ["score"])

    assert left["score"].to_pylist() == [0.3, 0.1, 0.2, 0.9]
    assert matches(left, right) == [2, 0, 1, None]
    assert left["key"].type == right["key"].type == pa.uint64()


def test_where_two_keys_share_a_hash_the_keys_themselves_are_read(kept, tmp_path, monkeypatch):
    scores = kept(key=["a", "b"], score=[0.1, 0.2])
    people = kept(key=["b", "a"], sex=["f", "m"])
    one_hash = np.zeros(2, np.uint64)
    monkeypatch.setattr(short_keys, "key_hashes", lambda home, snapshot: one_hash)

    left, right = read_for_join(tmp_path, scores, people, ["score"])

    assert matches(left, right) == [1, 0]
    assert left["key"].type == pa.string()


def test_an_empty_snapshot_has_no_hashes(kept, tmp_path):
    empty = kept(key=pa.array([], pa.string()), score=pa.array([], pa.float64()))
    assert key_hashes(tmp_path, empty).tolist() == []
