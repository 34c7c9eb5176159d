import numpy as np
import pytest

from pipelines_lib.assurance.stress.book import Book, approval_drop, book_of, loss_increase
from pipelines_lib.spec.stress import Stress

STRESS = {
    "loss_given_default": 0.5,
    "exposure": "income",
    "scenarios": [{"name": "s", "meaning": "m", "shocks": [{"feature": "income", "add": 1}]}],
}


def book(scores, approved, exposure=None, lgd=0.5):
    scores = np.array(scores)
    amounts = np.ones(len(scores)) if exposure is None else np.array(exposure, dtype=float)
    return Book(scores, np.array(approved, dtype=bool), amounts, lgd)


def test_expected_loss_is_score_times_exposure_times_loss_given_default():
    found = book([0.1, 0.4], [1, 1], [100, 50])
    assert found.losses.tolist() == [5.0, 10.0]
    assert found.loss_rate(found.approved) == pytest.approx(15 / 150)


def test_those_approved_before_are_followed_whatever_would_be_decided_after():
    before, after = book([0.1, 0.1, 0.9], [1, 1, 0]), book([0.1, 0.3, 0.9], [1, 0, 0])
    assert loss_increase(before, after, 0.95).value == pytest.approx(1.0)
    assert approval_drop(before, after, 0.95).value == pytest.approx(1 / 3)


def test_the_interval_of_the_increase_covers_what_many_samples_show():
    rng = np.random.default_rng(1)
    inside, runs = 0, 400
    for _ in range(runs):
        first = rng.uniform(0.05, 0.2, 300)
        second = first * rng.uniform(1.0, 2.0, 300)  # half as much again on average
        found = loss_increase(book(first, [1] * 300), book(second, [1] * 300), 0.95)
        inside += found.interval.low <= 0.5 <= found.interval.high
    assert 0.92 <= inside / runs <= 0.98


def test_nobody_approved_has_no_loss_to_increase():
    none = book([0.9, 0.9], [0, 0])
    assert loss_increase(none, none, 0.95) is None
    assert none.loss_rate(none.approved) is None


def test_nothing_that_changed_is_not_proof_that_nothing_can():
    same = book([0.1] * 100, [1] * 100)
    drop = approval_drop(same, same, 0.95)
    assert drop.value == 0
    assert drop.interval.high == pytest.approx(1 - 0.025 ** (1 / 100))


def test_an_empty_book_says_nothing():
    empty = book([], [])
    assert (empty.mean_score, empty.approval_rate, approval_drop(empty, empty, 0.95)) == (
        None,
        None,
        None,
    )


def test_negative_amounts_are_nothing_at_risk_and_missing_ones_the_usual(bank):
    package = bank.package(bank.people(100))
    inputs = np.array([[40, 0, 0], [np.nan, 0, 0], [-10, 0, 0], [80, 0, 0]], dtype=np.float32)
    found = book_of(package, Stress.model_validate(STRESS), inputs)
    assert found.exposure.tolist() == [40.0, 40.0, 0.0, 80.0]
    assert np.array_equal(found.approved, found.scores < 0.5)


def test_without_an_amount_every_application_counts_as_one(bank):
    plain = Stress.model_validate({**STRESS, "exposure": None})
    inputs = np.array([[40, 0, 0], [np.nan, 0, 0]], dtype=np.float32)
    assert book_of(bank.package(bank.people(100)), plain, inputs).exposure.tolist() == [1.0, 1.0]


def test_amounts_that_are_missing_everywhere_count_as_one(bank):
    inputs = np.full((2, 3), np.nan, dtype=np.float32)
    found = book_of(bank.package(bank.people(100)), Stress.model_validate(STRESS), inputs)
    assert found.exposure.tolist() == [1.0, 1.0]
