"""What decisions cost, and how sure a comparison of two ways to decide is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines_lib.assurance.money import against_both, row_costs, saved
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.results import Interval
from pipelines_lib.spec.decision import Costs

COSTS = Costs(currency="TWD", approved_bad=10, declined_good=2)
LABELS = np.array([1, 1, 0, 0], dtype=np.int8)
DECLINED = np.array([True, False, True, False])


def test_an_approved_bad_and_a_declined_good_cost_and_nothing_else_does():
    assert row_costs(LABELS, DECLINED, COSTS).tolist() == [0, 10, 2, 0]


def test_money_by_hand():
    # gaps 4, 0: mean 2, sd 2.828, error 2; 2000 +- 1.96 * 2000
    found = saved(np.array([1.0, 5.0]), np.array([5.0, 5.0]), 10, 0.95).money
    assert found.value == 2000
    assert found.interval.low == pytest.approx(2000 - 1.959964 * 2000)


def test_share_by_hand():
    # 1 - 6/10; rows 1 - .6*5, 5 - .6*5 = -2, 2; mean square 4; sqrt(4/2)/5
    found = saved(np.array([1.0, 5.0]), np.array([5.0, 5.0]), 10, 0.95).share
    assert found.value == pytest.approx(0.4)
    assert found.interval.low == pytest.approx(0.4 - 1.959964 * np.sqrt(2) / 5)


def test_the_interval_covers_a_known_saving_nineteen_times_in_twenty():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        mine = 10.0 * (rng.random(1500) < 0.05)
        theirs = np.where(rng.random(1500) < 0.5, mine, 10.0 * (rng.random(1500) < 0.10))
        found = saved(mine, theirs, 10, 0.95).share
        # theirs costs 0.5 * 0.05 + 0.5 * 0.10 = 0.075 against 0.05: a third saved
        hits += found.interval.low <= 1 / 3 <= found.interval.high
    assert 365 <= hits <= 395


def test_no_difference_seen_is_not_no_difference():
    found = saved(row_costs(LABELS, DECLINED, COSTS), row_costs(LABELS, DECLINED, COSTS), 10, 0.95)
    assert (found.money.value, found.share.value) == (0, 0)
    assert found.money.interval.low < 0 < found.money.interval.high
    assert found.share.interval.low < 0 < found.share.interval.high


def test_nothing_can_be_saved_of_nothing():
    assert saved(np.zeros(5), np.zeros(5), 10, 0.95).share is None


def test_against_both_is_the_lower_end_of_either():
    one = Estimate(0.4, Interval(0.1, 0.6, 0.95))
    other = Estimate(0.3, Interval(0.2, 0.5, 0.95))
    assert against_both(one, other) == Estimate(0.3, Interval(0.1, 0.5, 0.95))


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=2, max_size=40)
)
def test_a_figure_lies_in_its_interval_and_turns_its_sign_with_the_sides(rows):
    labels, one, other = (np.array(part) for part in zip(*rows, strict=True))
    mine, theirs = (row_costs(labels.astype(np.int8), each, COSTS) for each in (one, other))
    here, there = saved(mine, theirs, 10, 0.95), saved(theirs, mine, 10, 0.95)
    assert here.money.value == pytest.approx(-there.money.value)
    for each in (here.money, here.share):
        if each is not None:
            assert each.interval.low <= each.value <= each.interval.high
