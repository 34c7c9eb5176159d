"""LEAK-005: remainders and endings that carry the outcome, and honest values that do not."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines_lib.assurance.leakage.columns import category, number
from pipelines_lib.assurance.leakage.writings import decimals, trailing_zeros
from pipelines_lib.errors import SpecError
from pipelines_lib.results import Outcome

N = 8_000


def drawn(chance, seed=7):
    return (np.random.default_rng(seed).random(np.size(chance)) < chance).astype(np.int8)


def months(seed=2):
    return np.random.default_rng(seed).integers(1, 73, N)


def test_a_term_in_months_whose_remainder_gives_the_label_away_is_found(table, ask):
    term = months()
    found = ask("LEAK-005", table((term % 12 == 0).astype(np.int8), number("term", term)))["term"]
    assert found.outcome is Outcome.FAILED
    assert "remainder 12" in found.explanation


def test_a_remainder_that_only_shifts_the_odds_is_found_beyond_an_honest_trend(table, ask):
    term = months()
    chance = 0.05 + 0.2 * term / 72 + 0.7 * (term % 12 == 5)
    found = ask("LEAK-005", table(drawn(chance), number("term", term)))["term"]
    assert found.outcome is Outcome.FAILED
    assert 0.1 < found.observed < 0.3


def test_an_integer_that_float32_cannot_hold_is_read_to_its_last_digit(table, ask):
    rng = np.random.default_rng(1)
    exact = 10**12 + rng.integers(0, 10**11, N)
    found = ask("LEAK-005", table((exact % 7 == 3).astype(np.int8), number("a", exact)))["a"]
    assert found.outcome is Outcome.FAILED
    assert "remainder 7" in found.explanation


def test_the_number_of_decimals_is_found(table, ask):
    rng = np.random.default_rng(1)
    labels = drawn(np.full(N, 0.2))
    amount = np.where(
        labels == 1, np.round(rng.lognormal(5, 1, N), 2), np.round(rng.lognormal(5, 1, N))
    )
    found = ask("LEAK-005", table(labels, number("amount", amount)))["amount"]
    assert found.outcome is Outcome.FAILED
    assert "decimals" in found.explanation


def test_round_amounts_for_one_outcome_are_found(table, ask):
    rng = np.random.default_rng(1)
    labels = drawn(np.full(N, 0.2))
    amount = np.where(labels == 1, rng.integers(1, 500, N) * 10, rng.integers(1, 5_000, N)) * 100
    found = ask("LEAK-005", table(labels, number("amount", amount)))["amount"]
    assert found.outcome is Outcome.FAILED


@pytest.mark.parametrize("ending", ["length", "last character"])
def test_what_hides_in_names_that_occur_once_is_found(table, ask, ending):
    labels = drawn(np.full(N, 0.2))
    if ending == "length":
        names = [f"x{place:0{8 if label else 6}d}" for place, label in enumerate(labels)]
    else:
        names = [f"{place:06d}{'B' if label else 'A'}" for place, label in enumerate(labels)]
    found = ask("LEAK-005", table(labels, category("code", names)))["code"]
    assert found.outcome is Outcome.FAILED
    assert ending in found.explanation


@pytest.mark.parametrize(
    ("values", "chance"),
    [
        (months(), lambda v: 0.05 + 0.6 * v / 72),
        (months() // 6, lambda v: np.random.default_rng(6).random(13)[v] / 2),
        (np.random.default_rng(1).choice([12, 24, 36, 48, 60], N), lambda v: 0.02 * v / 5),
        (np.random.default_rng(1).choice([-2, -1, 0, 1, 2, 3], N), lambda v: (v + 3) ** 2 / 40),
        (np.random.default_rng(1).lognormal(8, 1, N).astype(int), lambda v: 0.5 * (v < 2_000)),
        (np.round(np.random.default_rng(1).normal(0, 30, N), 2), lambda v: 0.6 * (np.abs(v) > 25)),
    ],
    ids=["trend", "each value its own rate", "few terms", "few codes", "a step", "a valley"],
)
def test_honest_features_of_any_shape_pass(table, ask, values, chance):
    found = ask("LEAK-005", table(drawn(chance(values)), number("a", values)))["a"]
    assert found.passed, found.explanation


def test_a_grade_in_letters_and_digits_is_honest(table, ask):
    rng = np.random.default_rng(1)
    letter, digit = rng.integers(0, 7, N), rng.integers(1, 6, N)
    names = ["ABCDEFG"[one] + str(two) for one, two in zip(letter, digit, strict=True)]
    labels = drawn(0.03 + 0.05 * letter + 0.01 * digit)
    assert ask("LEAK-005", table(labels, category("grade", names)))["grade"].passed


def test_decimals_and_zeros_are_counted():
    values = np.array([1.0, 0.1, 2.25, -0.125, 1 / 3, 0.0, np.inf, 1e9 + 0.5])
    assert decimals(values).tolist() == [0, 1, 2, 3, 6, 0, 0, 1]
    assert trailing_zeros(np.array([0, 7, 10, -500, 120_000])).tolist() == [0, 0, 1, 2, 4]


def test_an_encoding_that_nobody_defined_is_refused_with_a_way_out(table, ask, house):
    rule = replace(house["LEAK-005"], words=("digit sum",))
    rows = table(drawn(np.full(100, 0.5)), number("a", np.arange(100)))
    with pytest.raises(SpecError, match="remainder N"):
        ask("LEAK-005", rows, rule=rule)


def test_with_one_outcome_there_is_no_evidence(table, ask):
    found = ask("LEAK-005", table(np.zeros(50), number("a", np.arange(50))))["a"]
    assert found.outcome is Outcome.NOT_ENOUGH_EVIDENCE
