"""Which night a run is for, at the minute, across the change of clocks, after the last slot."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines_lib.errors import SpecError
from pipelines_lib.spec.model_spec import Schedule
from pipelines_lib.spec.schedule import chosen_night, slot_date

BRUSSELS = Schedule(cron="0 2 * * *", timezone="Europe/Brussels")
FROZEN = Schedule(cron="0 2 * * *", timezone="Europe/Brussels", last_slot=date(2025, 4, 10))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        ("2025-01-15T00:59:59", "2025-01-14"),  # 01:59:59 in Brussels
        ("2025-01-15T01:00:00", "2025-01-15"),  # the very minute
        ("2025-01-15T01:00:01", "2025-01-15"),
        ("2025-01-15T22:59:59", "2025-01-15"),
        ("2025-01-15T23:30:00", "2025-01-15"),  # already the 16th in Brussels
        ("2025-07-15T00:00:00", "2025-07-15"),  # two hours ahead in summer
        ("2025-07-14T23:59:59", "2025-07-14"),
    ],
)
def test_a_run_is_for_the_newest_slot_in_the_banks_time_zone(moment, night):
    assert str(slot_date(BRUSSELS, utc(moment))) == night


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        ("2025-03-30T00:59:59", "2025-03-29"),  # 01:59:59, then clocks jump to 03:00
        ("2025-03-30T01:00:00", "2025-03-30"),  # 03:00:00: the slot of 02:00 is due
        ("2025-03-31T00:00:00", "2025-03-31"),  # 02:00 in summer time
        ("2025-10-25T23:59:59", "2025-10-25"),  # 01:59:59 in summer time
        ("2025-10-26T00:00:00", "2025-10-26"),  # 02:00, for the first time
        ("2025-10-26T00:59:59", "2025-10-26"),
        ("2025-10-26T01:00:00", "2025-10-26"),  # 02:00 again, in winter time: the same night
        ("2025-10-27T00:59:59", "2025-10-26"),
        ("2025-10-27T01:00:00", "2025-10-27"),
    ],
)
def test_the_change_of_clocks_neither_skips_nor_repeats_a_night(moment, night):
    assert str(slot_date(BRUSSELS, utc(moment))) == night


@given(st.integers(0, 366 * 24 * 60))
def test_nights_follow_one_another_through_a_whole_year(minute):
    moment = utc("2025-01-01T12:00:00") + timedelta(minutes=minute)
    night = slot_date(BRUSSELS, moment)
    assert slot_date(BRUSSELS, moment + timedelta(days=1)) - night in {
        timedelta(days=days) for days in (0, 1, 2)
    }
    assert night <= slot_date(BRUSSELS, moment + timedelta(minutes=1)) <= night + timedelta(days=1)


def test_a_weekly_slot_is_the_last_one_that_was_due():
    sundays = Schedule(cron="0 3 * * sun", timezone="UTC")
    assert slot_date(sundays, utc("2025-04-12T23:00:00")) == date(2025, 4, 6)
    assert slot_date(sundays, utc("2025-04-13T03:00:00")) == date(2025, 4, 13)


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        ("2025-04-09T12:00:00", "2025-04-09"),
        ("2025-04-10T12:00:00", "2025-04-10"),
        ("2025-04-11T12:00:00", "2025-04-10"),
        ("2031-01-01T12:00:00", "2025-04-10"),
    ],
)
def test_a_frozen_history_has_no_slot_after_its_last(moment, night):
    assert str(slot_date(FROZEN, utc(moment))) == night


def test_the_night_a_person_asks_for_wins_and_else_it_is_the_newest_slot():
    now = utc("2025-04-09T12:00:00")
    assert chosen_night(BRUSSELS, date(2020, 1, 1), now) == date(2020, 1, 1)
    assert chosen_night(BRUSSELS, None, now) == date(2025, 4, 9)
    assert chosen_night(FROZEN, date(2025, 4, 10), now) == date(2025, 4, 10)


def test_a_night_after_the_last_slot_is_refused_with_the_one_that_can_be_had():
    with pytest.raises(SpecError) as caught:
        chosen_night(FROZEN, date(2025, 4, 11), utc("2025-05-01T00:00:00"))
    assert caught.value.problem == (
        "There is no data for 2025-04-11: the schedule's last slot is 2025-04-10."
    )
    assert caught.value.fix == "Give --as-of 2025-04-10 or earlier."
