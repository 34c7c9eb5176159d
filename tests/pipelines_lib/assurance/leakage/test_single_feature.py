"""LEAK-001: one feature alone ranks the outcome better than an honest feature can."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines_lib.assurance.leakage.columns import category, number
from pipelines_lib.results import Outcome

RNG = np.random.default_rng(8)


def drawn(n=6_000, rate=0.2, seed=1):
    return (np.random.default_rng(seed).random(n) < rate).astype(np.int8)


def told(labels, strength, seed=4):
    return number("a", strength * labels + np.random.default_rng(seed).normal(size=labels.size))


def test_a_feature_as_strong_as_the_strongest_honest_one_passes(table, ask):
    labels = drawn()
    found = ask("LEAK-001", table(labels, told(labels, 0.75)))["a"]  # AUC 0.70
    assert found.outcome is Outcome.PASSED
    assert found.observed == pytest.approx(0.70, abs=0.02)


def test_a_feature_that_knows_the_outcome_fails(table, ask):
    labels = drawn()
    found = ask("LEAK-001", table(labels, told(labels, 3.0)))["a"]
    assert found.outcome is Outcome.FAILED
    assert found.interval.low > 0.80


def test_the_limit_itself_is_at_most_and_accusing_takes_more_than_clearing(table, ask, house):
    """A column is cleared by its own interval; accused by one that all looks share."""
    labels = drawn()
    rows = table(labels, told(labels, 2.0), *(number(f"c{i}", RNG.random(6_000)) for i in range(4)))

    def judged(limit):
        return ask("LEAK-001", rows, rule=replace(house["LEAK-001"], limit=float(limit)))["a"]

    plain, wide = judged(1.0).interval, judged(0.5).interval
    assert (plain.confidence, wide.confidence) == (0.95, pytest.approx(1 - 0.05 / 10))
    assert wide.low < plain.low < plain.high < wide.high
    for limit, outcome in (
        (plain.high, Outcome.PASSED),
        (np.nextafter(plain.high, 0), Outcome.NOT_ENOUGH_EVIDENCE),
        (wide.low, Outcome.NOT_ENOUGH_EVIDENCE),
        (np.nextafter(wide.low, 0), Outcome.FAILED),
    ):
        assert judged(limit).outcome is outcome


def test_what_shows_only_out_of_time_fails_too(table, ask):
    early, late = drawn(), drawn(seed=9)
    honest = table(early, told(early, 0.75))
    leaking = table(late, number("a", 6.0 * late + RNG.normal(size=late.size)))
    assert ask("LEAK-001", honest)["a"].outcome is not Outcome.FAILED
    found = ask("LEAK-001", honest, later=leaking)["a"]
    assert found.outcome is Outcome.FAILED
    assert "out of time" in found.explanation


def test_a_short_time_after_training_does_not_hold_up_an_honest_feature(table, ask):
    early, late = drawn(), drawn(40, seed=9)
    rows, later = table(early, told(early, 0.75)), table(late, told(late, 0.75))
    assert ask("LEAK-001", rows, later=later)["a"].outcome is Outcome.PASSED


def test_a_hundred_thousand_levels_do_not_fake_power(table, ask):
    labels = drawn(50_000)
    names = category("a", [f"c{place}" for place in range(labels.size)])
    assert ask("LEAK-001", table(labels, names))["a"].outcome is Outcome.PASSED


def test_with_one_outcome_there_is_no_evidence(table, ask):
    found = ask("LEAK-001", table(np.zeros(100), told(np.zeros(100), 1)))["a"]
    assert (found.outcome, found.observed) == (Outcome.NOT_ENOUGH_EVIDENCE, None)
