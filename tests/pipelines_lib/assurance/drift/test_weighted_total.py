import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.chi_square import critical_value
from pipelines_lib.assurance.drift.frozen_bins import ask as ask_drift
from pipelines_lib.assurance.drift.movements import Column
from pipelines_lib.assurance.drift.stability import Counted
from pipelines_lib.assurance.drift.weighted_total import judge_total, shares_of
from pipelines_lib.results import Outcome

SHARES = {"income": 0.75, "arrears": 0.25}


def column(name, then, now, newest=None):
    def counted(rows):
        labels = tuple(map(str, range(len(rows))))
        return Counted(labels, np.array(then, dtype=float), np.array(rows, dtype=float))

    return Column(name, "candidate", counted(now), 30, counted(newest) if newest else None, 3)


def psi(then, now):
    then, now = ((np.array(rows) + 0.5) / (np.sum(rows) + 0.5 * len(rows)) for rows in (then, now))
    return float(np.sum((now - then) * np.log(now / then)))


@pytest.fixture
def asked(rule):
    return rule("DRIFT-006", 0.10, false_discovery_rate=0.05, max_rows=500)


def test_the_total_is_the_sum_of_shares_times_indices(asked):
    moved, stayed = ([300, 700, 10], [700, 300, 10]), ([500, 500, 10], [500, 500, 10])
    columns = [column("income", *moved), column("arrears", *stayed)]
    check, total = judge_total(asked, columns, SHARES)
    assert check.observed == pytest.approx(0.75 * psi(*moved))
    assert (check.code, check.subject) == ("DRIFT-006", "inputs")
    assert check.outcome is Outcome.FAILED
    assert [part.feature for part in total.largest] == ["income", "arrears"]


def test_a_feature_that_hardly_counts_may_move(asked):
    columns = [
        column("income", [300, 700, 10], [700, 300, 10]),
        column("arrears", [5_000, 5_000, 10], [5_000, 5_000, 10]),
    ]
    check, _ = judge_total(asked, columns, {"income": 0.01, "arrears": 0.99})
    assert check.passed


def test_many_features_that_creep_together_count_together(asked):
    crept = ([5_000, 5_000, 10], [6_700, 3_300, 10])  # below 0.25 each
    assert 0.10 < psi(*crept) < 0.25
    columns = [column(name, *crept) for name in ("income", "arrears")]
    check, _ = judge_total(asked, columns, SHARES)
    assert check.outcome is Outcome.FAILED


def test_of_equal_features_the_critical_value_is_that_of_one(asked):
    """Perfectly dependent, equal features are one feature."""
    columns = [column(name, [500, 500, 500], [400, 400, 400]) for name in ("income", "arrears")]
    _, total = judge_total(asked, columns, SHARES)
    assert total.critical == pytest.approx(critical_value(2, 0.025) * (1 / 1_500 + 1 / 1_200))


def test_few_rows_cannot_tell(asked):
    columns = [column("income", [50, 50, 1], [9, 9, 1]), column("arrears", [50, 50, 1], [9, 9, 1])]
    check, _ = judge_total(asked, columns, SHARES)
    assert check.outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_a_shift_of_the_newest_nights_is_found_beside_a_calm_whole(asked):
    quiet, newest = [5_000, 5_000, 10], [500, 100, 1]
    columns = [column(name, quiet, quiet, newest) for name in ("income", "arrears")]
    check, total = judge_total(asked, columns, SHARES)
    assert check.outcome is Outcome.FAILED
    assert check.observed == total.newest == pytest.approx(psi(quiet, newest))


@pytest.mark.parametrize("shares", [{}, {"income": 0.0, "arrears": 0.0}])
def test_without_importance_there_is_no_evidence(asked, shares):
    check, total = judge_total(asked, [column("income", [5, 5, 1], [5, 5, 1])], shares)
    assert check.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert total is None


@pytest.mark.parametrize("together", [True, False])
def test_chance_alone_rarely_exceeds_the_critical_value(asked, together):
    """Independent features stay well below it, dependent ones at about the rate."""
    rng, runs, above = np.random.default_rng(5), 400, 0
    for _ in range(runs):
        draws = [
            (rng.multinomial(2_000, [0.1] * 10), rng.multinomial(900, [0.1] * 10))
            for _ in range(1 if together else 4)
        ]
        columns = [column(f"f{place}", *draws[place % len(draws)]) for place in range(4)]
        _, total = judge_total(asked, columns, {f"f{place}": 0.25 for place in range(4)})
        above += total.whole > total.critical
    assert above / runs <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / runs)


def test_shares_are_parts_of_the_mean_size_of_contributions(bank):
    package = bank.package(bank.people(400), bank.weighted([-0.1, 1.0, 0.0]))
    inputs = package.inputs(bank.people(50))
    shares = shares_of(package, inputs)
    incomes, arrears = np.abs(inputs[:, 0] * 0.1).mean(), inputs[:, 1].mean()
    assert shares["income"] == pytest.approx(incomes / (incomes + arrears), rel=1e-5)
    assert shares["home"] == 0
    assert sum(shares.values()) == pytest.approx(1)


def test_a_model_without_effect_and_a_sample_without_rows_have_no_shares(bank):
    idle = bank.package(bank.people(400), bank.weighted([0.0, 0.0, 0.0]))
    assert shares_of(idle, idle.inputs(bank.people(50))) == {}
    assert shares_of(idle, idle.inputs(bank.people(50))[:0]) == {}


def test_it_is_asked_with_the_other_questions_of_the_frozen_bins(bank, inquire, asked):
    people = bank.people(900, 1)
    now = people.set_column(0, "income", pa.array(people["income"].to_numpy() + 30))
    package = bank.package(bank.people(4_000))
    nights = np.repeat(np.arange(9), 100).tolist()
    answer = ask_drift(inquire(now, package, asked, windows=["watch"] * 900, nights=nights))
    assert [(check.code, check.outcome) for check in answer.checks] == [
        ("DRIFT-006", Outcome.FAILED)
    ]
    assert answer.figures.total.largest[0].feature == "income"


@pytest.mark.parametrize(("least", "outcome"), [(1_010, "failed"), (1_011, "not_enough_evidence")])
def test_a_reference_with_too_few_rows_raises_no_alarm(rule, least, outcome):
    strict = rule(
        "DRIFT-006", 0.10, false_discovery_rate=0.05, max_rows=500, minimum_reference=least
    )
    columns = [column(name, [300, 700, 10], [700, 300, 10]) for name in ("income", "arrears")]
    check, _ = judge_total(strict, columns, SHARES)
    assert check.outcome == outcome
