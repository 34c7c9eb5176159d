"""What names give away, and what they do not."""

import pytest

from pipelines_lib.errors import SpecError
from pipelines_lib.onboarding.words import (
    known_column,
    looks_like_a_key,
    parts,
    plain,
    protected_attribute,
    time_rank,
)


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("sex", "sex"),
        ("CODE_GENDER", "sex"),
        ("maritalStatus", "marital status"),
        ("applicant_age", "age"),
        ("dob", "age"),
        ("hispanic", "ethnicity"),
        ("nationality", "nationality"),
        ("foreign_worker", "race"),
        ("account_age", None),
        ("average_balance", None),
        ("percentage", None),
        ("message", None),
        ("mortgage", None),
        ("manager_code", None),
        ("trace", None),
        ("income", None),
    ],
)
def test_only_whole_words_speak_of_a_person(name, attribute):
    assert protected_attribute(name) == attribute


def test_names_are_read_as_people_say_them():
    assert parts("LoanAmount.EUR") == ("loan", "amount", "eur")
    assert plain("debt_to_income-ratio") == "debt to income ratio"


@pytest.mark.parametrize("name", ["id", "client_id", "LoanID", "application_number", "key"])
def test_a_key_is_called_so(name):
    assert looks_like_a_key(name)


@pytest.mark.parametrize("name", ["amount", "paid", "number_of_children", "idle"])
def test_other_names_are_no_keys(name):
    assert not looks_like_a_key(name)


def test_the_day_of_the_decision_ranks_before_other_days():
    ranks = [time_rank(name) for name in ("issue_d", "timestamp", "value", "last_pymnt_d")]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[-1] < 0


def test_a_column_is_found_or_the_nearest_is_named():
    assert known_column("income", ["Income", "rate"], "--key") == "Income"
    with pytest.raises(SpecError) as caught:
        known_column("incme", ["Income", "rate"], "--key")
    assert caught.value.fix == "Did you mean 'Income'?"
