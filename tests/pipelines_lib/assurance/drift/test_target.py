import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.drift.target import ask
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome


@pytest.fixture
def answer(bank, rule, inquire):
    """Outcomes of 2,000 train rows and of ten nights out of time."""

    def put(train, late, *, limit=0.25):
        """Positives of the train rows, and rows and positives of each late night."""
        labels = [1] * train + [0] * (2_000 - train)
        nights = [0] * 2_000
        for night, (rows, positives) in enumerate(late, start=1):
            labels += [1] * positives + [0] * (rows - positives)
            nights += [night] * rows
        windows = ["train"] * 2_000 + ["out_of_time"] * (len(labels) - 2_000)
        table = bank.people(len(labels))
        asked = rule("DRIFT-005", limit, confidence=0.95, nights=3)
        package = bank.package(bank.people(100))
        return ask(inquire(table, package, asked, windows=windows, nights=nights, labels=labels))

    return put


def outcomes(found):
    return {check.subject: check.outcome for check in found.checks}


def test_a_rate_that_stayed_passes_as_a_whole_and_in_its_newest_nights(answer):
    found = answer(400, [(300, 60)] * 10)
    assert outcomes(found) == {
        "out_of_time": Outcome.PASSED,
        "newest_outcomes": Outcome.PASSED,
    }
    assert found.checks[0].code == "DRIFT-005"
    assert found.checks[0].observed == pytest.approx(0)
    assert found.figures.train_rate == found.figures.rate == 0.2


def test_the_interval_is_katzs_at_a_confidence_for_both_answers_together(answer):
    check = answer(400, [(300, 60)] * 10).checks[0]
    error = np.sqrt((1 - 0.2) / 600 + (1 - 0.2) / 400)
    assert check.interval.high == pytest.approx(np.exp(2.241403 * error) - 1, rel=1e-5)
    assert check.interval.confidence == pytest.approx(0.975)


def test_a_rate_that_doubled_fails(answer):
    assert set(outcomes(answer(400, [(300, 120)] * 10)).values()) == {Outcome.FAILED}


def test_a_rate_that_halved_fails_as_well(answer):
    assert set(outcomes(answer(400, [(300, 30)] * 10)).values()) == {Outcome.FAILED}


def test_what_began_in_the_newest_nights_is_found_beside_a_calm_whole(answer):
    found = answer(400, [(300, 58)] * 20 + [(300, 120)] * 4)
    assert outcomes(found)["newest_outcomes"] is Outcome.FAILED
    assert outcomes(found)["out_of_time"] is not Outcome.FAILED
    assert "newest 5 nights" in found.checks[1].explanation  # 1,286 rows suffice


def test_no_positive_at_all_is_a_change_not_a_fault(answer):
    found = answer(400, [(300, 0)] * 10)
    assert set(outcomes(found).values()) == {Outcome.FAILED}
    assert found.checks[0].observed == 1.0


def test_few_rows_decide_nothing(answer):
    assert set(outcomes(answer(400, [(10, 2)] * 4)).values()) == {Outcome.NOT_ENOUGH_EVIDENCE}


@pytest.mark.parametrize("train", [0, 2_000])
def test_one_class_in_training_gives_a_clear_answer(answer, train):
    found = answer(train, [(300, 60)] * 10)
    expected = Outcome.NOT_ENOUGH_EVIDENCE if train == 0 else Outcome.FAILED
    assert set(outcomes(found).values()) == {expected}


def test_without_a_labelled_night_there_is_no_evidence(answer):
    found = answer(400, [])
    assert set(outcomes(found).values()) == {Outcome.NOT_ENOUGH_EVIDENCE}
    canonical_bytes(found.figures)


def test_nights_of_the_figures_count_rows_and_positives(answer):
    nights = answer(400, [(300, 60), (200, 20)]).figures.nights
    assert [(each.date, each.rows, each.positives) for each in nights] == [
        ("2025-01-02", 300, 60),
        ("2025-01-03", 200, 20),
    ]


def test_a_check_that_no_policy_rules_is_not_asked(bank, inquire):
    table = bank.people(10)
    inquiry = inquire(
        table, bank.package(bank.people(100)), None, windows=["train"] * 10, nights=[0] * 10
    )
    assert ask(inquiry).checks == ()


def test_an_outcome_that_has_not_matured_does_not_count(bank, rule, inquire):
    labels = [1, 0] * 500 + [None] * 500
    windows = ["train"] * 500 + ["out_of_time"] * 1_000
    inquiry = inquire(
        bank.people(1_500),
        bank.package(bank.people(100)),
        rule("DRIFT-005", 0.25, confidence=0.95, nights=3),
        windows=windows,
        nights=[0] * 1_500,
        labels=pa.array(labels, pa.int8()).to_pylist(),
    )
    assert ask(inquiry).checks[0].n == 500
