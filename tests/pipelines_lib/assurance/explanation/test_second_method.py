"""EXPL-005: reasons held against Shapley values sampled from the model's own answers."""

from itertools import permutations

import numpy as np
import pytest

from pipelines_lib.assurance.explanation.declines import Sides
from pipelines_lib.assurance.explanation.second_method import (
    check_second_method,
    sampled_shapley,
)
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.modelling.features import matrix
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def rule(limit=0.8, **parameters):
    stated = {
        "confidence": 0.95,
        "max_reasons": 4,
        "among": 1,
        "draws": 4,
        "minimum_rows": 1,
        **parameters,
    }
    return Rule(
        check="EXPL-005",
        measure="share named",
        consequence=Consequence.SCREEN,
        basis="house",
        citation="test",
        policy="house",
        direction="at_least",
        limit=limit,
        parameters=tuple(stated.items()),
    )


class Interacting:
    """Arrears count double for renters; contributions are not its own business here."""

    def margin(self, X):  # noqa: N803
        income, arrears, home = np.nan_to_num(X.astype(np.float64)).T
        return -0.1 * income + arrears * (1 + home)

    def contributions(self, X):  # noqa: N803
        raise AssertionError("a second method must not ask the first")


class Astray:
    """Decides by arrears and explains by income."""

    def __init__(self, honest):
        self.honest = honest

    def margin(self, X):  # noqa: N803
        return self.honest.margin(X)

    def contributions(self, X):  # noqa: N803
        values, bias = self.honest.contributions(X)
        return values[:, [1, 0, 2]], bias


def sides_of(bank, package, rows=400):
    inputs = matrix(package.contract, bank.people(rows, 4))
    declined = package.decline(package.score(inputs))
    return Sides(inputs[declined], inputs[~declined])


def honest_of(bank):
    """What is usual is what adds to an approved application, as in training."""
    weights = np.array([-0.1, 1.0, 0.0])
    package = bank.package(bank.people(1000), bank.weighted(weights, 2.0))
    usual = (np.nan_to_num(sides_of(bank, package).approved) * weights).mean(axis=0)
    return type(package)(**{**vars(package), "typical": tuple(usual)})


def exact(package, row, start):
    """Shapley values by all orders."""
    total = np.zeros(len(row))
    orders = list(permutations(range(len(row))))
    for order in orders:
        at = start.copy()
        for place in order:
            before = package.margin(at[None])[0]
            at[place] = row[place]
            total[place] += package.margin(at[None])[0] - before
    return total / len(orders)


def test_with_many_draws_the_estimate_is_the_shapley_value(bank):
    package = bank.package(bank.people(300), bank.weighted([-0.1, 1.0, 0.0], 2.0))
    package = type(package)(**{**vars(package), "fitted": Interacting()})
    start = np.array([[60, 0, 0]], dtype=np.float32)
    row = np.array([[30, 3, 1]], dtype=np.float32)
    found = sampled_shapley(package, Sides(row, start), draws=200, seed=1)
    # income -0.1 * -30; arrears and home share 3 * 2: 3 and half of 3 by symmetry of orders
    assert exact(package, row[0], start[0]) == pytest.approx([3.0, 4.5, 1.5], abs=1e-5)
    assert found[0] == pytest.approx([3.0, 4.5, 1.5], abs=0.3)
    assert found[0].sum() == pytest.approx(9.0, abs=1e-5)


def test_of_a_sum_of_weights_every_draw_is_exact(bank):
    package = bank.package(bank.people(300), bank.weighted([-0.1, 1.0, 0.5], 2.0))
    start = np.array([[60, 0, 1]], dtype=np.float32)
    rows = np.array([[30, 3, 0], [55, 1, 1]], dtype=np.float32)
    found = sampled_shapley(package, Sides(rows, start), draws=1, seed=3)
    assert found == pytest.approx((rows - start) * [-0.1, 1.0, 0.5], abs=1e-5)


def test_blocks_change_nothing_but_the_memory(bank, monkeypatch):
    package = bank.package(bank.people(300), bank.weighted([-0.1, 1.0, 0.5], 2.0))
    start = np.array([[60, 0, 1]], dtype=np.float32)
    rows = np.tile(np.array([[30, 3, 0]], dtype=np.float32), (7, 1))
    monkeypatch.setattr("pipelines_lib.assurance.explanation.second_method._CELLS", 18)
    found = sampled_shapley(package, Sides(rows, start), draws=2, seed=3)
    assert found == pytest.approx((rows - start) * [-0.1, 1.0, 0.5], abs=1e-5)


def test_an_honest_explanation_is_confirmed(bank):
    package = honest_of(bank)
    check, figures = check_second_method(rule(draws=100), package, sides_of(bank, package), seed=1)
    assert (check.subject, check.outcome) == ("declines", PASSED)
    assert figures.same > 0.9
    assert "among the first 1 of a second method" in check.explanation


def test_an_explanation_that_is_not_the_models_own_fails(bank):
    honest = bank.weighted([-0.1, 1.0, 0.0], 2.0)
    package = bank.package(bank.people(1000), Astray(honest), typical=(1.5, -5.0, 0.0))
    check, figures = check_second_method(rule(), package, sides_of(bank, package), seed=1)
    assert check.outcome is FAILED
    assert figures.same < 0.8


def test_the_same_seed_gives_the_same_figure(bank):
    package = bank.package(bank.people(1000))
    one, two = (
        check_second_method(rule(), package, sides_of(bank, package), seed=7) for _ in range(2)
    )
    assert canonical_bytes(one[1]) == canonical_bytes(two[1])


def test_a_lower_end_at_the_limit_passes_and_a_hair_more_is_open(bank):
    package = honest_of(bank)
    sides = sides_of(bank, package)
    low = check_second_method(rule(), package, sides, seed=1)[0].interval.low
    assert check_second_method(rule(low), package, sides, seed=1)[0].outcome is PASSED
    assert check_second_method(rule(low + 1e-9), package, sides, seed=1)[0].outcome is OPEN


@pytest.mark.parametrize("which", ["declined", "approved"])
def test_a_cut_off_that_decides_alike_for_all_leaves_the_question_open(bank, which):
    package = bank.package(bank.people(300))
    rows, none = np.ones((5, 3), dtype=np.float32), np.empty((0, 3), dtype=np.float32)
    sides = Sides(none, rows) if which == "declined" else Sides(rows, none)
    check, figures = check_second_method(rule(), package, sides, seed=1)
    assert check.outcome is OPEN
    assert f"nobody sampled would be {which}" in check.explanation
    canonical_bytes(figures)


def test_declines_without_any_reason_leave_the_question_open(bank):
    package = bank.package(bank.people(300), bank.weighted([0.0, 0.0, 0.0], 3.0))
    rows = np.ones((5, 3), dtype=np.float32)
    check, _ = check_second_method(rule(), package, Sides(rows, rows), seed=1)
    assert check.outcome is OPEN
    assert "no decline has a reason" in check.explanation


@pytest.mark.parametrize("extra", [0, 1])
def test_one_decline_fewer_than_the_policy_asks_leaves_the_question_open(bank, extra):
    package = honest_of(bank)
    sides = sides_of(bank, package)
    least = len(sides.declined) + extra
    check, _ = check_second_method(rule(0.2, minimum_rows=least), package, sides, seed=1)
    assert (check.outcome is OPEN) is bool(extra)
