"""One meaning has one byte string and one hash."""

import subprocess
import sys
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines_lib import canonical
from pipelines_lib.results import Interval, Outcome


def test_canonical_json_sorts_keys_and_writes_numbers_as_rfc_8785_says():
    value = {"b": [1.0, 1e21, 0.1], "a": "é", "c": None, "A": True}
    assert canonical.canonical_bytes(value) == (
        '{"A":true,"a":"é","b":[1,1e+21,0.1],"c":null}'.encode()
    )


def test_the_hash_of_an_empty_mapping_is_the_published_one():
    empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # sha256 of {}
    assert canonical.sha256_of({}) == empty


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (Outcome.PASSED, "passed"),
        (date(2025, 4, 10), "2025-04-10"),
        (datetime(2025, 4, 10, 2, tzinfo=UTC), "2025-04-10T02:00:00+00:00"),
        (Interval(0.1, 0.2, 0.95), {"low": 0.1, "high": 0.2, "confidence": 0.95}),
        ((1, (2, 3)), [1, [2, 3]]),
        (float("nan"), None),
        (float("-inf"), None),
        (np.float64(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([1.5, np.nan]), [1.5, None]),
    ],
)
def test_frozen_values_become_plain_json(value, json):
    assert canonical.plain(value) == json


def test_a_value_without_a_json_form_is_refused():
    with pytest.raises(TypeError, match="set has no canonical JSON form"):
        canonical.plain({"a": {1, 2}})


@given(st.dictionaries(st.text(), st.integers(-(2**53) + 1, 2**53 - 1)))
def test_the_order_in_which_keys_were_added_changes_nothing(mapping):
    backwards = dict(reversed(mapping.items()))
    assert canonical.sha256_of(mapping) == canonical.sha256_of(backwards)


def test_another_process_comes_to_the_same_hash():
    code = (
        "from pipelines_lib.canonical import sha256_of;print(sha256_of({'x': (1, 2.5), 'y': 'ü'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == canonical.sha256_of({"y": "ü", "x": [1, 2.5]})


def test_a_file_hashes_like_its_bytes(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"abc" * 1_000_000)
    assert canonical.sha256_file(path) == canonical.sha256_bytes(b"abc" * 1_000_000)
