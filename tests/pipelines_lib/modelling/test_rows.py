"""Reading window by window gives what reading at once gives."""

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.data.snapshots import ROW_GROUP, write_snapshot
from pipelines_lib.modelling.features import FeatureContract, InputFeature, matrix
from pipelines_lib.modelling.rows import batches, chosen_batches, read_window

ROWS = ROW_GROUP + 70_000  # two row groups, and more than two batches in the first
CONTRACT = FeatureContract(
    (
        InputFeature("amount", "number", (), "none", (), "because"),
        InputFeature("region", "category", ("a", "b"), "none", (), "because"),
    )
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    from datetime import date

    home = tmp_path_factory.mktemp("rows")
    rng = np.random.default_rng(0)
    region = np.array(["a", "b", "new"])[rng.integers(0, 3, ROWS)]
    table = pa.table(
        {
            "amount": pa.array(rng.normal(size=ROWS)),
            "region": pa.array(region, mask=rng.random(ROWS) < 0.1),
        }
    )
    return home, table, write_snapshot(home, table, kind="applications", as_of=date(2025, 1, 1))


@pytest.mark.parametrize(
    "chosen",
    [
        np.arange(ROWS) % 3 == 0,
        np.arange(ROWS) >= ROW_GROUP + 10,
        np.arange(ROWS) < 5,
        np.ones(ROWS, dtype=bool),
    ],
    ids=["scattered", "last group", "first rows", "all"],
)
def test_marked_rows_arrive_in_their_order(stored, chosen):
    home, table, snapshot = stored
    label = np.arange(ROWS) % 2 * 1.0

    window = read_window(home, snapshot, CONTRACT, chosen, label)

    expected = table.filter(pa.array(chosen))
    np.testing.assert_array_equal(window.X, matrix(CONTRACT, expected))
    assert window.y.tolist() == label[chosen].tolist()
    assert window.missing == {"region": expected["region"].null_count}


def test_no_marked_row_is_an_empty_window(stored):
    home, _, snapshot = stored

    window = read_window(home, snapshot, CONTRACT, np.zeros(ROWS, dtype=bool), np.zeros(ROWS))

    assert window.X.shape == (0, 2)
    assert window.missing == {"region": 0}


def test_row_groups_without_a_marked_row_are_not_decoded(stored):
    home, _, snapshot = stored

    found = list(chosen_batches(home, snapshot, ("amount",), np.arange(ROWS) >= ROW_GROUP))

    assert sum(batch.num_rows for batch in found) == ROWS - ROW_GROUP


def test_all_rows_stream_in_bounded_batches(stored):
    home, table, snapshot = stored

    found = list(batches(home, snapshot, ("amount", "absent")))

    assert pa.Table.from_batches(found).equals(table.select(["amount"]))
    assert max(batch.num_rows for batch in found) <= 65_536
