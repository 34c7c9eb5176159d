"""Who is champion, who was, and which alias lags behind: worked out by hand."""

from datetime import date, timedelta

import pytest

from pipelines_lib.governance.versions import (
    RegisteredVersion,
    champion_of,
    due_aliases,
    is_ours,
    may_become_champion,
    with_aliases,
)


def night(day: int) -> date:
    return date(2025, 1, 1) + timedelta(days=day)


def version(number, day, *aliases, promoted=None):
    return RegisteredVersion(
        model="m",
        version=number,
        as_of=night(day),
        package_sha256="p",
        evidence_sha256="e",
        verdict="promoted" if promoted is not None else "awaiting_approval",
        promoted_as_of=None if promoted is None else night(promoted),
        run_id="r",
        artifacts=(),
        aliases=aliases,
    )


HISTORY = (version(1, 70, promoted=70), version(2, 80), version(3, 90, promoted=90))


@pytest.mark.parametrize(("day", "number"), [(70, None), (71, 1), (90, 1), (91, 3)])
def test_a_night_meets_the_champion_promoted_before_it(day, number):
    found = champion_of(HISTORY, before=night(day))
    assert (found and found.version) == number


def test_of_two_promotions_in_one_night_the_later_number_counts():
    twice = (*HISTORY, version(4, 90, promoted=90))
    found = champion_of(twice)
    assert found is not None
    assert found.version == 4


@pytest.mark.parametrize(("day", "allowed"), [(89, False), (90, True), (91, True)])
def test_an_older_night_never_replaces_a_newer_champion(day, allowed):
    assert may_become_champion(champion_of(HISTORY), night(day)) is allowed


def test_the_first_may_always_become_champion():
    assert may_become_champion(None, night(1))


def test_aliases_that_are_missing_are_due():
    assert due_aliases(HISTORY) == {"champion": 3, "challenger": 3}


def test_aliases_that_are_right_are_left_alone():
    right = (*HISTORY[:2], version(3, 90, "challenger", "champion", promoted=90))
    assert due_aliases(right) == {}


def test_an_alias_that_lags_is_moved_forward_and_never_back():
    lagging = (version(1, 70, "champion", promoted=70), *HISTORY[1:])
    assert due_aliases(lagging)["champion"] == 3
    ahead = (*HISTORY, version(4, 95, "champion", "challenger"))
    assert due_aliases(ahead) == {}


def test_a_challenger_is_the_newest_night_and_no_champion_without_a_promotion():
    assert due_aliases((version(1, 70), version(2, 60))) == {"challenger": 1}


def test_a_moved_alias_has_one_holder():
    before = (version(1, 70, "challenger", "champion", promoted=70), version(2, 80))
    after = with_aliases(before, {"challenger": 2})
    assert [each.aliases for each in after] == [("champion",), ("challenger",)]


def test_a_version_somebody_else_made_is_not_ours():
    assert not is_ours({"as_of": "2025-01-01"})
