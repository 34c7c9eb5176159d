"""EXPL-004: reasons that a retraining would not change."""

import numpy as np
import pytest

from pipelines_lib.assurance.explanation.declines import Sides
from pipelines_lib.assurance.explanation.retrained import check_retrained, reasons_again
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.modelling.features import FeatureContract, matrix
from pipelines_lib.modelling.rows import WindowRows
from pipelines_lib.modelling.training import Lessons
from pipelines_lib.modelling.variants import Workshop
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def rule(limit=0.8, **parameters):
    stated = {
        "confidence": 0.95,
        "max_reasons": 2,
        "retrainings": 2,
        "draw_rows": 1000,
        "minimum_rows": 1,
        **parameters,
    }
    return Rule(
        check="EXPL-004",
        measure="share kept",
        consequence=Consequence.SCREEN,
        basis="house",
        citation="test",
        policy="house",
        direction="at_least",
        limit=limit,
        parameters=tuple(stated.items()),
    )


@pytest.fixture
def workshop_of(spec, bank):
    def make(rows=1500, positives=None):
        table = bank.people(rows, 2)
        contract = FeatureContract.from_spec(spec)
        inputs = matrix(contract, table)
        rng = np.random.default_rng(8)
        odds = -0.15 * (inputs[:, 0] - 50) + 1.5 * (inputs[:, 1] - 1.5) - 1
        labels = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int8)
        if positives is not None:
            labels = (np.arange(rows) < positives).astype(np.int8)
        half = rows // 2
        window = [
            WindowRows(X=inputs[part], y=labels[part].astype(np.float32), missing={})
            for part in (slice(0, half), slice(half, rows))
        ]
        return Workshop(spec.training, Lessons(contract, *window), threads=1)

    return make


def sides_of(package, workshop):
    inputs = workshop.lessons.train.X
    declined = package.decline(package.score(inputs))
    return Sides(inputs[declined], inputs[~declined])


def test_a_strong_relation_gives_the_same_reasons_again(bank, workshop_of):
    workshop = workshop_of()
    package = bank.package(bank.people(1000), workshop.fit().fitted)
    sides = sides_of(package, workshop)
    given = package.reasons_from(package.contributions(sides.declined)[0], 2)
    others = reasons_again(workshop, package, sides, rule())
    assert [len(each) for each in others] == [len(given)] * 2
    assert others[0] != others[1]  # each draw is another one
    (check,), figures = check_retrained(rule(), given, others, rows=750)
    assert (check.subject, check.outcome) == ("declines", PASSED)
    assert figures.declines == len(given)
    assert "after 2 retrainings on draws of 750 rows" in check.explanation


def test_draws_are_the_same_every_night_and_no_larger_than_the_policy_allows(bank, workshop_of):
    workshop = workshop_of()
    package = bank.package(bank.people(1000), workshop.fit().fitted)
    sides = sides_of(package, workshop)
    one, two = (reasons_again(workshop, package, sides, rule(draw_rows=100)) for _ in range(2))
    assert one == two
    assert one != reasons_again(workshop, package, sides, rule(draw_rows=200))


def test_draws_with_one_outcome_only_teach_nothing(bank, workshop_of):
    workshop = workshop_of(positives=0)
    package = bank.package(bank.people(300))
    others = reasons_again(workshop, package, sides_of(package, workshop), rule())
    assert others == ()
    (check,), figures = check_retrained(rule(), ((0,),) * 5, others, rows=750)
    assert check.outcome is OPEN
    assert "no draw held both outcomes" in check.explanation
    canonical_bytes(figures)


def test_reasons_that_change_with_the_draw_fail():
    given = ((0, 1),) * 200
    (check,), figures = check_retrained(rule(), given, (((2,),) * 200, ((1, 0),) * 200), rows=9)
    # kept by the second alone: half of the time, though never as the first
    assert check.observed == 0.5
    assert check.outcome is FAILED
    assert [each.same for each in figures.retrainings] == [0, 0]


def test_the_interval_rests_on_the_declines_and_not_on_their_repetitions():
    given = ((0,),) * 100
    once = check_retrained(rule(), given, (given,), rows=9)[0][0].interval
    twice = check_retrained(rule(), given, (given, given), rows=9)[0][0].interval
    assert once == twice


def test_a_lower_end_at_the_limit_passes_and_a_hair_more_is_open():
    given = ((0,),) * 100
    other = ((0,),) * 95 + ((1,),) * 5
    low = check_retrained(rule(), given, (other,), rows=9)[0][0].interval.low
    assert check_retrained(rule(low), given, (other,), rows=9)[0][0].outcome is PASSED
    assert check_retrained(rule(low + 1e-9), given, (other,), rows=9)[0][0].outcome is OPEN


@pytest.mark.parametrize("given", [(), ((), ())])
def test_nobody_declined_or_nobody_with_a_reason_leaves_the_question_open(given):
    (check,), figures = check_retrained(rule(), given, (given,) if given else (), rows=9)
    assert check.outcome is OPEN
    canonical_bytes(figures)


@pytest.mark.parametrize(("least", "answered"), [(100, True), (101, False)])
def test_one_decline_fewer_than_the_policy_asks_leaves_the_question_open(least, answered):
    given = ((0,),) * 100
    (check,), _ = check_retrained(rule(minimum_rows=least), given, (given,), rows=9)
    assert check.passed is answered
