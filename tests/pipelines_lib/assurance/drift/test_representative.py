import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.drift.representative import ask
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome


def nights(number, rows):
    return np.repeat(np.arange(number), rows).tolist()


@pytest.fixture
def answer(bank, rule, inquire):
    """Incomes of the watch window night by night; everything else stays what it is."""

    def put(shifts, *, rows=300, most=20_000, table=None, seed=1):
        total = rows * len(shifts)
        people = bank.people(total, seed)
        moved = people["income"].to_numpy() + np.repeat(shifts, rows)
        people = people.set_column(2, "home", people["home"].cast("string"))
        now = table or people.set_column(0, "income", pa.array(moved))
        asked = rule("DRIFT-007", 0.10, false_discovery_rate=0.05, nights=30, max_rows=most)
        return ask(
            inquire(
                now,
                bank.package(bank.people(4_000)),
                asked,
                windows=["watch"] * total,
                nights=nights(len(shifts), rows),
            )
        )

    return put


def outcome(found):
    (check,) = found.checks
    assert (check.code, check.subject) == ("DRIFT-007", "newest_night")
    return check.outcome


def test_a_night_like_the_others_is_representative(answer):
    found = answer([0.0] * 30)
    assert outcome(found) is Outcome.PASSED
    assert "like the" in found.checks[0].explanation


def test_one_night_unlike_all_others_speaks_for_itself_only(answer):
    found = answer([0.0] * 29 + [8.0])
    assert outcome(found) is Outcome.FAILED
    assert "do not read it as drift" in found.checks[0].explanation
    assert found.figures.largest[0].column in {"income", "score"}


def test_a_change_that_stays_is_drift_and_no_one_sided_delivery(answer):
    found = answer([0.0] * 25 + [8.0] * 5)
    assert outcome(found) is Outcome.PASSED
    assert "read it as drift" in found.checks[0].explanation


def test_nights_that_come_and_go_stay_unrepresentative(answer):
    """A file in the order of branches: two nights here, two nights there."""
    assert outcome(answer([0.0, 0.0, 8.0, 8.0] * 7)) is Outcome.FAILED


def test_a_slow_change_since_training_plays_no_part(answer):
    assert outcome(answer([6.0] * 30)) is Outcome.PASSED


def test_small_nights_are_put_together_until_they_can_be_compared(answer):
    found = answer([0.0] * 30, rows=100)
    assert found.figures.nights >= 3
    assert outcome(found) is Outcome.PASSED


@pytest.mark.parametrize(("number", "rows"), [(1, 3_000), (30, 5), (0, 300)])
def test_what_does_not_make_two_deliveries_is_no_evidence(answer, number, rows):
    found = answer([0.0] * number, rows=rows)
    assert outcome(found) is Outcome.NOT_ENOUGH_EVIDENCE


def test_a_delivery_of_infinities_and_blanks_is_answered(answer, bank):
    people = bank.people(3_000)
    wild = np.where(np.arange(3_000) % 3, np.inf, -np.inf)
    table = people.set_column(0, "income", pa.array(wild)).set_column(
        1, "arrears", pa.nulls(3_000, pa.int64())
    )
    found = answer([0.0] * 10, table=table)
    assert outcome(found) is Outcome.PASSED
    canonical_bytes(found.figures)


def test_a_quiet_quarter_raises_an_alarm_one_night_in_twenty_at_most(answer):
    alarms = [outcome(answer([0.0] * 30, seed=seed)) is Outcome.FAILED for seed in range(40)]
    assert sum(alarms) <= 5  # 2 expected at most; 5 is three standard errors


def test_a_check_that_no_policy_rules_is_not_asked(bank, inquire):
    inquiry = inquire(
        bank.people(10),
        bank.package(bank.people(100)),
        None,
        windows=["watch"] * 10,
        nights=[0] * 10,
    )
    assert ask(inquiry).checks == ()
