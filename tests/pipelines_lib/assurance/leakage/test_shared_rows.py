"""LEAK-008: a candidate tested on rows it was trained on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines_lib.assurance.leakage import shared_rows
from pipelines_lib.assurance.leakage.shared_rows import hashed, judge_repeats
from pipelines_lib.results import Outcome


def rows(n, seed, levels=None):
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=(n, 6)) if levels is None else rng.integers(0, levels, (n, 4))
    return drawn.astype(np.float32)


def judged(house, train, unseen, keys=0, **changes):
    rule = replace(house["LEAK-008"], **changes)
    return judge_repeats(rule, "out_of_time", hashed(train), hashed(unseen), keys)[0]


def test_rows_that_never_met_pass(house):
    found = judged(house, rows(6_000, 1), rows(2_000, 2))
    assert (found.outcome, found.observed) == (Outcome.PASSED, 0.0)


@pytest.mark.parametrize("copied", [0.1, 0.5, 1.0])
def test_rows_copied_from_training_fail(house, copied):
    train, unseen = rows(6_000, 1), rows(2_000, 2)
    some = int(copied * 2_000)
    unseen[:some] = train[:some]
    found = judged(house, train, unseen)
    assert found.outcome is Outcome.FAILED
    assert found.observed == pytest.approx(copied)


@pytest.mark.parametrize("levels", [3, 6, 9, 14])
def test_a_table_of_few_values_repeats_honestly(house, levels):
    """From nearly all rows alike to few: what training itself repeats is no leak."""
    outcomes = [
        judged(house, rows(3_000, seed, levels), rows(1_000, 100 + seed, levels)).outcome
        for seed in range(25)
    ]
    assert Outcome.FAILED not in outcomes


def test_the_limit_itself_is_at_most(house):
    train, unseen = rows(6_000, 1), rows(2_000, 2)
    unseen[:200] = train[:200]
    ends = judged(house, train, unseen).interval
    for limit, outcome in (
        (ends.high, Outcome.PASSED),
        (np.nextafter(ends.high, 0), Outcome.NOT_ENOUGH_EVIDENCE),
        (ends.low, Outcome.NOT_ENOUGH_EVIDENCE),
        (np.nextafter(ends.low, 0), Outcome.FAILED),
    ):
        assert judged(house, train, unseen, limit=float(limit)).outcome is outcome


def test_copies_are_seen_among_honest_repeats(house):
    train, unseen = rows(3_000, 1, 14), rows(1_000, 2, 14)
    unseen[:500] = train[:500]
    assert judged(house, train, unseen).outcome is Outcome.FAILED


def test_one_application_in_both_windows_is_one_too_many(house):
    found = judged(house, rows(600, 1), rows(200, 2), keys=1)
    assert found.outcome is Outcome.FAILED
    assert found.observed == pytest.approx(1 / 200)


def test_the_excess_is_counted_by_hand(house):
    """Training: 2 of 5 repeat one another. Unseen: 3 of 4 repeat a training row."""
    train = np.array([[1], [1], [2], [3], [4]], dtype=np.float32)
    unseen = np.array([[1], [2], [3], [9]], dtype=np.float32)
    check, counted = judge_repeats(
        house["LEAK-008"], "validation", hashed(train), hashed(unseen), 0
    )
    assert (counted.repeated, counted.rows, counted.by_chance) == (3, 4, 0.4)
    assert check.observed == pytest.approx(0.75 - 0.4)


def test_an_empty_window_is_no_evidence(house):
    for train, unseen in ((rows(0, 1), rows(9, 1)), (rows(9, 1), rows(0, 1))):
        assert judged(house, train, unseen).outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_blanks_and_signed_zeros_are_equal_to_themselves():
    one = np.array([[np.nan, 0.0], [np.nan, -0.0]], dtype=np.float32)
    assert np.unique(hashed(one)).size == 1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(1, 5))
def test_rows_share_a_number_exactly_where_they_are_alike(seed, n, width):
    drawn = np.random.default_rng(seed).integers(-3, 4, (n, width)).astype(np.float32)
    assert np.unique(hashed(drawn)).size == np.unique(drawn, axis=0).shape[0]


def test_columns_that_trade_places_are_other_rows():
    assert np.unique(hashed(np.array([[1, 2], [2, 1]], dtype=np.float32))).size == 2


def test_a_candidate_is_held_against_the_rows_of_its_own_windows(inquiry, house, bank):
    table = bank.people(900)
    windows = np.repeat(["train", "validation", "out_of_time"], [500, 200, 200])
    found = shared_rows.ask(inquiry(table, windows, rules=[house["LEAK-008"]]))
    assert [check.subject for check in found.checks] == ["validation", "out_of_time"]
    assert all(check.passed for check in found.checks)
    assert found.figures.train_rows == 500


def test_keys_in_both_windows_are_counted_in_each(inquiry, house, bank):
    windows = ["train"] * 300 + ["validation"] * 100 + ["out_of_time"] * 100
    keys = [f"{place:08d}" for place in range(500)]
    keys[450] = keys[20]
    asked = inquiry(bank.people(500), windows, rules=[house["LEAK-008"]], keys=keys)
    found = shared_rows.ask(asked)
    assert [each.keys for each in found.figures.windows] == [0, 1]
    assert found.checks[1].outcome is Outcome.FAILED
    assert found.checks[1].explanation.startswith("Keys that stand in training too: 1.")


def test_unasked_without_a_rule(inquiry, bank):
    windows = np.repeat(["train", "validation", "out_of_time"], [50, 20, 20])
    found = shared_rows.ask(inquiry(bank.people(90), windows, rules=[]))
    assert (found.topic, found.checks, found.figures) == ("shared_rows", (), None)
