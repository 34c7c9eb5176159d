"""Which night a run is for: the scheduled slot, never the clock."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pipelines_lib.errors import SpecError
from pipelines_lib.spec.model_spec import Schedule


def slot_date(schedule: Schedule, moment: datetime) -> date:
    """The business date of the newest slot at or before a moment, in the bank's time zone.

    A frozen history has a last slot; no run is for a later night.
    """
    from croniter import croniter

    local = moment.astimezone(ZoneInfo(schedule.timezone))
    due = croniter.match(schedule.cron, local)
    newest = local if due else croniter(schedule.cron, local).get_prev(datetime)
    day = newest.date()
    return day if schedule.last_slot is None else min(day, schedule.last_slot)


def chosen_night(schedule: Schedule, as_of: date | None, moment: datetime) -> date:
    """The night a person asked for, or the newest slot; a night after the last slot is refused."""
    if as_of is None:
        return slot_date(schedule, moment)
    if schedule.last_slot is not None and as_of > schedule.last_slot:
        raise SpecError(
            f"There is no data for {as_of}: the schedule's last slot is {schedule.last_slot}.",
            fix=f"Give --as-of {schedule.last_slot} or earlier.",
        )
    return as_of
