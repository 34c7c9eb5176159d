"""Windows follow time, hold matured outcomes only, and never share a row."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines_lib.modelling.windows import (
    PLACES,
    WINDOWS,
    check_windows,
    plan_windows,
    split_by_time,
    timeline,
    why_no_windows,
    window_of,
)
from pipelines_lib.results import Outcome
from pipelines_lib.spec.model_spec import Label, ModelSpec, Windows
from pipelines_lib.spec.rulebook import Rule, RuleBook

FIRST = date(2025, 1, 1)
SHARES = Windows(train=0.5, calibration=0.2, validation=0.2, out_of_time=0.1)
WAIT = 30


def spec_of(shares=SHARES, wait=WAIT):
    """A spec with the two parts windows are made of; nothing else of it is read."""
    label = Label(
        source="outcomes",
        column="bad",
        positive="1",
        negative="0",
        meaning="bad",
        performance_window_days=wait,
    )
    return ModelSpec.model_construct(windows=shares, label=label)


def rules(minimum=1.0):
    rule = Rule(
        check="DATA-014",
        measure="both outcomes, and enough of each",
        consequence="hard",
        basis="house",
        citation="test",
        policy="house",
        parameters=(("minimum_positives", float(minimum)),),
    )
    return RuleBook(rules=(rule,), approval_required=False, policies=())


def snapshot(rows):
    """An applications snapshot from (day number, label or None, days until observed)."""
    days = [FIRST + timedelta(days=day) for day, _, _ in rows]
    observed = [
        None if label is None else day + timedelta(days=after)
        for day, (_, label, after) in zip(days, rows, strict=True)
    ]
    return pa.table(
        {
            "business_date": pa.array(days, pa.date32()),
            "observed_on": pa.array(observed, pa.date32()),
            "label": pa.array([label for _, label, _ in rows], pa.int8()),
        }
    )


def nightly(nights, *, outcomes=(0, 0, 1), wait=WAIT):
    """One row per outcome every night, each observed when its window is over."""
    return snapshot([(night, one, wait) for night in range(nights) for one in outcomes])


def day(number):
    return FIRST + timedelta(days=number)


def test_ten_matured_dates_are_cut_five_two_two_one_and_the_rest_is_watched():
    # 14 nights; as of day 39 nights 0..9 are matured (9 + 30 = 39), nights 10..13 are not.
    plan = plan_windows(spec_of(), nightly(14), day(39))

    assert [(w.name, w.first, w.last, w.rows, w.positives) for w in plan.windows] == [
        ("train", day(0), day(4), 15, 5),
        ("calibration", day(5), day(6), 6, 2),
        ("validation", day(7), day(8), 6, 2),
        ("out_of_time", day(9), day(9), 3, 1),
    ]
    watch = plan.watch
    assert (watch.name, watch.first, watch.last, watch.rows) == ("watch", day(10), day(13), 12)
    assert watch.positives == 0
    assert plan.excluded == 0
    assert plan.window("validation").rows == 6
    assert plan.window("watch") is watch


def test_a_performance_window_that_ends_on_as_of_counts_and_one_day_later_does_not():
    table = nightly(10)

    assert plan_windows(spec_of(), table, day(39)).window("out_of_time").last == day(9)
    assert plan_windows(spec_of(), table, day(38)).window("out_of_time").last == day(8)


def test_an_outcome_observed_on_as_of_counts_and_one_day_later_does_not():
    others = [(night, night % 2, 5) for night in range(4)]

    on_the_day = plan_windows(spec_of(wait=5), snapshot([*others, (4, 1, 6)]), day(10))
    a_day_late = plan_windows(spec_of(wait=5), snapshot([*others, (4, 1, 7)]), day(10))

    assert on_the_day.window("out_of_time").last == day(4)
    assert a_day_late.window("out_of_time").last == day(3)
    assert a_day_late.watch.rows == 1


def test_an_early_bad_is_not_used_before_the_goods_of_its_night_can_be_known():
    rows = [(night, 0, WAIT) for night in range(4)] + [(8, 1, 1)]
    table = snapshot(rows)

    plan = plan_windows(spec_of(), table, day(37))

    assert plan.window("out_of_time").last == day(3)
    assert (plan.watch.rows, plan.watch.positives) == (1, 0)


def test_a_row_without_an_outcome_among_the_labelled_dates_is_excluded():
    rows = [(night, one, WAIT) for night in range(10) for one in (0, 1)]
    rows += [(2, None, 0), (9, None, 0), (10, None, 0)]

    plan = plan_windows(spec_of(), snapshot(rows), day(45))

    assert plan.excluded == 2
    assert plan.watch.rows == 1
    assert sum(window.rows for window in plan.windows) == 20


def test_a_window_never_cuts_a_date_in_two():
    # Night 4 has fifty rows, the others two: shares are of dates, not of rows.
    rows = [(n, one, WAIT) for n in range(10) for one in (0, 1)] + [(4, 0, WAIT)] * 50

    plan = plan_windows(spec_of(), snapshot(rows), day(60))

    assert [window.rows for window in plan.windows] == [60, 4, 4, 2]


def test_dates_on_which_nothing_happened_are_not_counted():
    busy = (0, 1, 2, 3, 4, 20, 21, 22, 23, 50)
    plan = plan_windows(spec_of(), snapshot([(n, n % 2, WAIT) for n in busy]), day(90))

    assert [window.last for window in plan.windows] == [day(4), day(21), day(23), day(50)]
    assert [window.first for window in plan.windows] == [day(0), day(20), day(22), day(50)]


def test_every_window_gets_a_date_even_where_its_share_rounds_to_none():
    shares = Windows(train=0.97, calibration=0.01, validation=0.01, out_of_time=0.01)

    plan = plan_windows(spec_of(shares), nightly(4), day(40))

    assert [window.first for window in plan.windows] == [day(0), day(1), day(2), day(3)]


def test_an_empty_watch_window_is_the_day_after_the_last_labelled_one():
    plan = plan_windows(spec_of(), nightly(10), day(60))

    assert (plan.watch.first, plan.watch.last, plan.watch.rows) == (day(10), day(10), 0)


def test_a_row_without_a_date_belongs_nowhere():
    plan = plan_windows(spec_of(), nightly(10), day(60))
    nowhere = window_of(plan, np.array(["NaT"], "datetime64[D]"), np.array([True]))

    assert [PLACES[place] for place in nowhere] == ["excluded"]


def test_rows_of_another_snapshot_find_their_place_in_the_same_plan():
    plan = plan_windows(spec_of(), nightly(14), day(39))
    days = np.array([day(-1), day(0), day(4), day(5), day(9), day(10)], dtype="datetime64[D]")

    places = window_of(plan, days, np.array([True] * 5 + [False]))

    assert [PLACES[place] for place in places] == [
        "excluded",
        "train",
        "train",
        "calibration",
        "out_of_time",
        "watch",
    ]


def test_three_matured_dates_cannot_be_cut_into_four_windows_and_four_can():
    assert plan_windows(spec_of(), nightly(10), day(32)) is None
    assert plan_windows(spec_of(), nightly(10), day(33)) is not None


@pytest.mark.parametrize(
    ("nights", "as_of", "reason"),
    [
        (
            10,
            day(9),
            "There are no matured outcomes as of 2025-01-10; "
            "earliest possible: 2025-02-03, when 30 days have passed.",
        ),
        (
            10,
            day(31),
            "Only 2 of at least 4 business dates have matured outcomes as of 2025-02-01; "
            "earliest possible: 2025-02-03, when 30 days have passed.",
        ),
        (
            2,
            day(31),
            "Only 2 of at least 4 business dates have matured outcomes as of 2025-02-01; "
            "earliest possible: 2025-02-03, when 30 days have passed.",
        ),
    ],
)
def test_the_reason_names_the_first_night_on_which_windows_are_possible(nights, as_of, reason):
    assert why_no_windows(spec_of(), nightly(nights), as_of) == reason
    # 2025-02-03 is day 33: the fourth business date (day 3) and 30 days.
    assert plan_windows(spec_of(), nightly(max(nights, 4)), date(2025, 2, 3)) is not None


def test_outcomes_that_should_have_arrived_by_now_are_called_late():
    table = snapshot([(night, None, 0) for night in range(10)])

    assert why_no_windows(spec_of(), table, day(60)) == (
        "There are no matured outcomes as of 2025-03-02, although the 30 days of the "
        "performance window are over since 2025-02-03: the outcomes have not arrived."
    )


def test_an_empty_snapshot_has_no_windows_and_no_date_to_hope_for():
    assert plan_windows(spec_of(), snapshot([]), day(60)) is None
    assert "no dated row" in why_no_windows(spec_of(), snapshot([]), day(60))


def test_without_windows_all_four_fail_with_the_reason():
    split = split_by_time(spec_of(), nightly(10), rules(), day(9))

    assert split.plan is None
    assert [check.subject for check in split.checks] == list(WINDOWS)
    assert {check.outcome for check in split.checks} == {Outcome.FAILED}
    assert {check.code for check in split.checks} == {"DATA-014"}
    assert all("no matured outcomes as of 2025-01-10" in c.explanation for c in split.checks)


def test_windows_with_enough_of_both_outcomes_pass():
    split = split_by_time(spec_of(), nightly(10), rules(minimum=1), day(60))

    assert [check.outcome for check in split.checks] == [Outcome.PASSED] * 4
    assert [check.n for check in split.checks] == [15, 6, 6, 3]
    assert [check.observed for check in split.checks] == [5.0, 2.0, 2.0, 1.0]


def test_as_many_as_the_minimum_pass_and_one_fewer_is_not_enough_evidence():
    plan = plan_windows(spec_of(), nightly(10), day(60))  # 5, 2, 2 and 1 positives

    outcomes = [check.outcome for check in check_windows(plan, rules(minimum=2))]

    assert outcomes == [Outcome.PASSED] * 3 + [Outcome.NOT_ENOUGH_EVIDENCE]


@pytest.mark.parametrize("only", [0, 1])
def test_a_window_of_one_class_fails_whichever_class_it_is(only):
    table = nightly(10, outcomes=(only,) * 3)

    checks = split_by_time(spec_of(), table, rules(), day(60)).checks

    assert {check.outcome for check in checks} == {Outcome.FAILED}
    assert all("all are of one class" in check.explanation for check in checks)


ROWS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([0, 1, None]), st.integers(0, 20)),
    max_size=80,
)


@settings(max_examples=200, deadline=None)
@given(rows=ROWS, as_of=st.integers(0, 70), wait=st.integers(0, 15))
def test_every_row_has_one_place_and_windows_follow_one_another(rows, as_of, wait):
    spec, table = spec_of(wait=wait), snapshot(rows)
    plan = plan_windows(spec, table, day(as_of))
    if plan is None:
        return
    spans = [*plan.windows, plan.watch]

    assert sum(window.rows for window in spans) + plan.excluded == len(rows)
    assert all(a.last < b.first for a, b in pairwise(spans))
    assert all(window.first <= window.last for window in spans)
    assert all(window.rows >= 1 for window in plan.windows)


@settings(max_examples=200, deadline=None)
@given(rows=ROWS, as_of=st.integers(0, 70), wait=st.integers(0, 15))
def test_no_row_in_a_labelled_window_knows_more_than_as_of(rows, as_of, wait):
    spec, table = spec_of(wait=wait), snapshot(rows)
    plan = plan_windows(spec, table, day(as_of))
    if plan is None:
        return
    calendar = timeline(spec, table, day(as_of))
    places = window_of(plan, calendar.business_date, calendar.matured)

    for place, (night, label, after) in zip(places, rows, strict=True):
        if PLACES[place] in WINDOWS:
            assert label is not None
            assert night + after <= as_of
            assert night + wait <= as_of


@settings(max_examples=50, deadline=None)
@given(rows=ROWS, seed=st.integers(0, 100))
def test_the_order_of_rows_changes_no_window(rows, seed):
    shuffled = [rows[at] for at in np.random.default_rng(seed).permutation(len(rows))]

    assert plan_windows(spec_of(wait=5), snapshot(rows), day(60)) == plan_windows(
        spec_of(wait=5), snapshot(shuffled), day(60)
    )


def test_only_the_newest_nights_of_the_history_are_shared_out():
    """Of 20 matured nights 4 are shared out: one a window; the 16 older ones are excluded."""
    table = snapshot([(day, day % 2, WAIT) for day in range(20)])
    as_of = FIRST + timedelta(days=19 + WAIT)
    even = {"train": 0.25, "calibration": 0.25, "validation": 0.25, "out_of_time": 0.25}
    plan = plan_windows(spec_of(Windows(**even, history=4)), table, as_of)
    assert [window.first.day for window in plan.windows] == [17, 18, 19, 20]
    assert plan.excluded == 16


def test_a_history_longer_than_what_there_is_changes_nothing():
    table = snapshot([(day, day % 2, WAIT) for day in range(20)])
    as_of = FIRST + timedelta(days=19 + WAIT)
    long = spec_of(SHARES.model_copy(update={"history": 21}))
    assert plan_windows(long, table, as_of) == plan_windows(spec_of(), table, as_of)
