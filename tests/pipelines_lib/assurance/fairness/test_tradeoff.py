"""What another model changes for the group that is worst off."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines_lib.assurance.fairness.groups import Grouping
from pipelines_lib.assurance.fairness.tradeoff import (
    Compared,
    approved_at,
    compared,
    disparity,
    frontier,
    gain,
)

NAMES = ("men", "women", "other", "unknown")


def rows(**approved_of):
    """``women=(40, 100)`` are 100 women of whom the first 40 are approved."""
    index = np.concatenate([np.full(n, NAMES.index(g)) for g, (_, n) in approved_of.items()])
    approved = np.concatenate([np.arange(n) < some for some, n in approved_of.values()])
    return approved.astype(float), Grouping(NAMES, index)


ALL = Compared(0, (1, 2))


def test_the_lowest_ratio_counts_and_its_group_is_named():
    found = disparity(*rows(men=(50, 100), women=(40, 100), other=(10, 40)), ALL)
    assert (found.group, found.ratio) == (2, pytest.approx(0.5))


def test_the_variance_is_that_of_the_delta_method_by_hand():
    found = disparity(*rows(men=(50, 100), women=(40, 100)), Compared(0, (1,)))
    # r = 0.8; Var = (p(1-p)/n + r^2 q(1-q)/m) / q^2 = (0.0024 + 0.64 * 0.0025) / 0.25
    assert np.sum(found.pull**2) == pytest.approx(0.016)


@pytest.mark.parametrize(
    "counts",
    [
        {"men": (0, 100), "women": (40, 100)},
        {"men": (100, 100), "women": (100, 100)},
        {"men": (0, 100), "women": (0, 100)},
    ],
)
def test_where_the_reference_or_nobody_or_everybody_is_approved_there_is_no_ratio(counts):
    assert disparity(*rows(**counts), Compared(0, (1,))) is None


def test_without_another_group_there_is_no_ratio():
    assert disparity(*rows(men=(50, 100)), Compared(0, ())) is None


def test_groups_below_the_minimum_and_those_not_declared_are_not_compared():
    _, grouping = rows(men=(5, 10), women=(5, 30), other=(5, 29), unknown=(5, 90))
    assert compared(grouping, "men", NAMES[:3], fewest=30) == Compared(0, (1,))


def test_a_group_approved_more_often_is_not_worse_off():
    before = disparity(*rows(men=(50, 100), women=(60, 100)), Compared(0, (1,)))
    after = disparity(*rows(men=(50, 100), women=(70, 100)), Compared(0, (1,)))
    assert (before.ratio, before.disadvantage) == (pytest.approx(1.2), 1.0)
    assert gain(after, before, 0.95).value == 0.0


def test_the_interval_of_a_gain_is_as_wide_as_a_bootstrap_of_the_same_people():
    rng = np.random.default_rng(4)
    index = rng.integers(0, 2, 2_000)
    grouping = Grouping(NAMES, index)
    one = (rng.random(2_000) < np.where(index == 0, 0.8, 0.6)).astype(float)
    other = np.maximum(one, rng.random(2_000) < 0.1)
    groups = Compared(0, (1,))
    found = gain(disparity(other, grouping, groups), disparity(one, grouping, groups), 0.95)
    gains = []
    for _ in range(2_000):
        drawn = rng.integers(0, 2_000, 2_000)
        rates = [
            [chosen[drawn][index[drawn] == group].mean() for group in (0, 1)]
            for chosen in (one, other)
        ]
        gains.append(rates[1][1] / rates[1][0] - rates[0][1] / rates[0][0])
    width = found.interval.high - found.interval.low
    assert width / 2 / 1.96 == pytest.approx(np.std(gains), rel=0.1)


def test_the_same_decisions_gain_nothing_for_certain():
    found = disparity(*rows(men=(50, 100), women=(40, 100)), Compared(0, (1,)))
    same = gain(found, found, 0.95)
    assert (same.value, same.interval.low, same.interval.high) == (0.0, 0.0, 0.0)


def test_exactly_the_wanted_share_is_declined_and_equal_scores_share_the_last_places():
    assert approved_at(np.arange(10.0), 0.3).tolist() == [1] * 7 + [0] * 3
    some = approved_at(np.array([0.0, 1, 1, 1, 2]), 0.4)
    assert some == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3, 0])
    assert approved_at(np.full(4, 0.5), 0.25) == pytest.approx(0.75)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.floats(0, 1))
def test_whatever_the_scores_the_share_is_met_and_no_higher_score_fares_better(scores, share):
    approved = approved_at(np.array(scores, dtype=float), share)
    assert approved.mean() == pytest.approx(1 - share)
    order = np.argsort(scores)
    assert (np.diff(approved[order]) <= 0).all()


def test_a_frontier_holds_what_nothing_beats_in_both():
    points = [(0.80, 0.7), (0.79, 0.9), (0.78, 0.8), (0.80, 0.7), (0.81, 0.6)]
    assert frontier(points) == (True, True, False, True, True)
    assert frontier([]) == ()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_every_point_is_on_the_frontier_or_beaten_by_one_that_is(points):
    flags = frontier(points)
    best = [point for point, flag in zip(points, flags, strict=True) if flag]
    assert best
    for point, flag in zip(points, flags, strict=True):
        assert flag != any(b[0] >= point[0] and b[1] >= point[1] and b != point for b in best)


@given(
    st.tuples(st.integers(0, 40), st.integers(0, 40)),
    st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_a_gain_never_warns_and_holds_its_value(before, after):
    groups, found = Compared(0, (1,)), []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for men, women in (before, after):
            found.append(disparity(*rows(men=(men, 40), women=(women, 40)), groups))
        if all(found):
            won = gain(found[1], found[0], 0.95)
            assert won.interval.low <= won.value <= won.interval.high
