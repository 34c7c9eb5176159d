"""Which applications may be learned from."""

from datetime import date

import numpy as np
import pytest

from pipelines_lib.data.maturity import matured


def one(applied, observed, label, *, as_of="2025-01-31", window=30):
    return matured(
        np.array([applied], "datetime64[D]"),
        np.array([observed], "datetime64[D]"),
        np.array([label], float),
        as_of=date.fromisoformat(as_of),
        window_days=window,
    )[0]


def test_a_window_that_ends_today_is_complete_and_one_that_ends_tomorrow_is_not():
    assert one("2025-01-01", "2025-01-31", 0)
    assert not one("2025-01-02", "2025-01-31", 0)


def test_an_early_bad_waits_for_the_goods_of_its_night():
    assert not one("2025-01-20", "2025-01-25", 1)


def test_an_outcome_observed_tomorrow_is_not_known():
    assert not one("2025-01-01", "2025-02-01", 1)


@pytest.mark.parametrize(
    ("observed", "label"), [("NaT", np.nan), ("2025-01-20", np.nan), ("NaT", 1)]
)
def test_without_outcome_or_its_date_nothing_is_learned(observed, label):
    assert not one("2025-01-01", observed, label)


def test_a_window_of_no_days_needs_the_outcome_alone():
    assert one("2025-01-31", "2025-01-31", 1, window=0)
