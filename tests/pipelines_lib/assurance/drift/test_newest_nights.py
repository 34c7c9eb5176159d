import numpy as np
import pytest

from pipelines_lib.assurance.drift.newest_nights import newest_nights


def dates(*rows):
    return np.repeat(np.arange(len(rows)), rows) + np.datetime64("2025-01-01")


@pytest.mark.parametrize(("rows", "nights"), [(40, 1), (50, 1), (51, 2), (70, 2), (71, 3)])
def test_as_few_nights_as_hold_enough_rows(rows, nights):
    assert newest_nights(dates(100, 30, 20, 50), rows=rows, least=1).nights == nights


def test_at_least_so_many_nights_however_large_the_newest_is():
    found = newest_nights(dates(9, 9, 9, 9_000), rows=100, least=3)
    assert (found.nights, found.rows) == (3, 9_018)
    assert found.first == np.datetime64("2025-01-02")


@pytest.mark.parametrize("rows", [171, 200, np.inf])
def test_where_it_takes_every_night_there_is_nothing_newer_to_judge(rows):
    assert newest_nights(dates(100, 30, 20, 50), rows=rows, least=1) is None


def test_an_empty_window_has_no_nights():
    assert newest_nights(dates(), rows=1, least=1) is None


def test_the_order_of_rows_changes_nothing():
    shuffled = np.random.default_rng(1).permutation(dates(100, 30, 20, 50))
    assert newest_nights(shuffled, rows=60, least=1).rows == 70
