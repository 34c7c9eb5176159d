"""FAIR-006: calibration by group beside that of everybody."""

import numpy as np
import pytest

from pipelines_lib.assurance.fairness.group_calibration import (
    against_whole,
    check_group_calibration,
)
from pipelines_lib.assurance.fairness.groups import Grouping
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def stated(limit=0.2, minimum=0.0):
    return ("FAIR-006", "at_most", limit, {"confidence": 0.95, "minimum_rows": minimum})


def drawn(n, *, seed=1, women=1.0, all_alike=1.0):
    """People whose outcomes come ``women`` times as often as scored, for women."""
    rng = np.random.default_rng(seed)
    sex, scores = rng.choice(["men", "women"], n), rng.beta(2, 8, n)
    rate = scores * all_alike * np.where(sex == "women", women, 1.0)
    return sex, scores, (rng.random(n) < rate).astype(int)


def ask(spec, rules, gathered, people):
    sex, scores, labels = people
    return check_group_calibration(spec, rules, gathered(spec, scores, labels=labels, sex=sex))


def result(checks, subject):
    (found,) = [one for one in checks if one.subject == subject]
    return found


def test_the_ratio_by_hand(spec, gathered):
    # men: 2 of 4 where 1.0 was predicted; women: 1 of 2 where 1.0; everybody 3 of 6 where 2.0
    index = np.array([0, 0, 0, 0, 1, 1], dtype=np.int16)
    labels = np.array([1, 1, 0, 0, 1, 0], dtype=np.int8)
    scores = np.array([0.25, 0.25, 0.25, 0.25, 0.5, 0.5])
    men, women = against_whole(Grouping(("men", "women"), index), labels, scores, 0.95)
    assert men.against_whole.value == pytest.approx(2.0 / 1.5)
    assert women.against_whole.value == pytest.approx(1.0 / 1.5)
    assert (women.observed, women.expected) == (1, 1.0)


def test_the_interval_is_that_of_a_bootstrap():
    rng = np.random.default_rng(3)
    n = 3_000
    index = (rng.random(n) < 0.3).astype(np.int16)
    scores = rng.beta(2, 8, n)
    labels = (rng.random(n) < scores).astype(np.int8)
    names = ("men", "women")
    found = against_whole(Grouping(names, index), labels, scores, 0.95)[1].against_whole
    logs = []
    for _ in range(800):
        take = rng.integers(0, n, n)
        again = against_whole(Grouping(names, index[take]), labels[take], scores[take], 0.95)
        logs.append(np.log(again[1].against_whole.value))
    reach = np.log(found.interval.high / found.interval.low) / 2 / 1.96
    assert reach == pytest.approx(np.std(logs), rel=0.1)


def test_a_model_that_is_off_for_all_alike_is_not_this_questions_business(spec, book, gathered):
    checks, figures = ask(spec, book(stated()), gathered, drawn(20_000, all_alike=1.6))
    assert {one.outcome for one in checks} == {PASSED}
    assert figures.whole == pytest.approx(1.6, abs=0.1)


@pytest.mark.parametrize("women", [2.0, 0.4])
def test_a_group_that_is_off_fails_in_either_direction(spec, book, gathered, women):
    checks, _ = ask(spec, book(stated()), gathered, drawn(20_000, women=women))
    assert result(checks, "sex=women").outcome is FAILED


def test_the_reference_is_asked_about_as_well(spec, book, gathered):
    checks, _ = ask(spec, book(stated()), gathered, drawn(500))
    assert [one.subject for one in checks] == ["sex=men", "sex=women"]


def test_an_upper_end_at_the_limit_passes_and_a_hair_less_does_not(spec, book, gathered):
    people = drawn(5_000)
    high = result(ask(spec, book(stated()), gathered, people)[0], "sex=women").interval.high
    at = ask(spec, book(stated(high)), gathered, people)[0]
    less = ask(spec, book(stated(np.nextafter(high, 0))), gathered, people)[0]
    assert result(at, "sex=women").outcome is PASSED
    assert result(less, "sex=women").outcome is OPEN


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        ([], []),
        ([0.2] * 10, [0] * 10),
        ([0.2] * 10, [1] * 10),
        ([0.0] * 10, [0, 1] * 5),
        ([1e-300] * 10, [0, 1] * 5),
        ([0.2] * 10, [-1] * 10),
    ],
)
def test_one_outcome_or_nothing_predicted_is_no_evidence(spec, book, gathered, scores, labels):
    sex = ["men", "women"] * (len(scores) // 2)
    checks, figures = ask(spec, book(stated()), gathered, (sex, scores, labels))
    assert [one.outcome for one in checks] == [OPEN, OPEN]
    assert canonical_bytes(figures)


def test_a_calibrated_model_is_hardly_ever_found_off(couple, book, gathered):
    alarms, runs = 0, 300
    for seed in range(runs):
        sex, scores, labels = drawn(600, seed=seed)
        age = np.random.default_rng(seed + 9_000).choice(["young", "adult"], 600)
        cohort = gathered(couple, scores, labels=labels, sex=sex, age=age)
        checks, _ = check_group_calibration(couple, book(stated(0.0)), cohort)
        alarms += any(one.outcome is FAILED for one in checks)
    assert alarms <= 0.05 * runs + 3 * np.sqrt(0.05 * 0.95 * runs)
