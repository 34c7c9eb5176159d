"""PERF-019: precision among the cases people can look at."""

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipelines_lib.assurance.performance import capacity
from pipelines_lib.assurance.performance.capacity import (
    Cases,
    Night,
    judge_nights,
    mean_of_nights,
    precision_by_night,
    student,
)
from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.decision import Capacity
from pipelines_lib.spec.rulebook import Rule, RuleBook

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
DAY = np.datetime64("2025-03-01")


def rule(limit=0.0):
    return Rule(
        check="PERF-019",
        measure="precision",
        consequence=Consequence.RECORD,
        basis="house",
        citation="test",
        policy="house",
        direction="at_least",
        limit=limit,
        parameters=(("confidence", 0.95), ("known_days", 30.0)),
    )


def cases(rows, known=None):
    """Rows as (night, entity, score, label)."""
    nights, entities, scores, labels = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Cases(
        nights=DAY + np.array(nights, dtype=np.int64).astype("timedelta64[D]"),
        scores=np.array(scores, dtype=np.float64),
        labels=np.array(labels, dtype=np.int8),
        entities=np.array(entities, dtype=np.int64),
        known=np.array(list(known or {}), dtype=np.int64),
        known_on=DAY + np.array(list((known or {}).values()), np.int64).astype("timedelta64[D]"),
    )


def looked(table, per_night=2):
    return [(each.looked_at, each.positive) for each in precision_by_night(table, per_night, 30)]


def test_the_highest_scores_of_each_night_are_looked_at():
    rows = [(0, 1, 0.9, 1), (0, 2, 0.8, 0), (0, 3, 0.7, 1), (1, 4, 0.2, 0), (1, 5, 0.3, 1)]
    assert looked(cases(rows)) == [(2, 1), (2, 1)]


def test_an_entity_counts_once_with_its_highest_score_and_worst_outcome():
    rows = [(0, 1, 0.9, 0), (0, 1, 0.1, 1), (0, 1, 0.8, 0), (0, 2, 0.5, 0), (0, 3, 0.4, 1)]
    assert looked(cases(rows)) == [(2, 1)]


def test_who_was_found_before_is_not_looked_at_again():
    rows = [(0, 1, 0.9, 1), (0, 2, 0.8, 0), (1, 1, 0.9, 1), (1, 2, 0.8, 1), (1, 3, 0.7, 0)]
    assert looked(cases(rows)) == [(2, 1), (2, 1)]


@pytest.mark.parametrize(("known_on", "expected"), [(0, (1, 0)), (1, (2, 1)), (2, (2, 1))])
def test_only_what_was_known_before_the_night_is_left_out(known_on, expected):
    """Known on the day itself is not known before it."""
    rows = [(1, 1, 0.9, 1), (1, 2, 0.8, 0)]
    assert looked(cases(rows, known={1: known_on})) == [expected]


@pytest.mark.parametrize(("night", "expected"), [(30, (1, 0)), (31, (2, 1))])
def test_what_was_known_long_ago_is_looked_at_again(night, expected):
    """Known on day 0: left out up to thirty days after it."""
    rows = [(night, 1, 0.9, 1), (night, 2, 0.8, 0)]
    assert looked(cases(rows, known={1: 0})) == [expected]


def test_a_capacity_beyond_the_night_looks_at_everybody():
    assert looked(cases([(0, 1, 0.9, 1), (0, 2, 0.8, 0)]), 100) == [(2, 1)]


def test_a_night_on_which_everybody_is_known_has_nobody_to_look_at():
    assert looked(cases([(3, 1, 0.9, 1)], known={1: 0})) == [(0, 0)]


def by_the_handbook(table, k):
    """Its protocol in pandas: each day's best k cards, without those detected before."""
    frame = pd.DataFrame(
        {"d": table.nights, "c": table.entities, "p": table.scores, "y": table.labels}
    )
    detected, found = [], []
    for day in sorted(frame.d.unique()):
        today = frame[(frame.d == day) & ~frame.c.isin(detected)]
        top = today.groupby("c").max().sort_values("p", ascending=False).head(k)
        hits = top[top.y == 1].index.tolist()
        found.append((len(top), len(hits)))
        detected += hits
    return found


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 8), st.integers(0, 1)), min_size=1, max_size=60
    ),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_it_agrees_with_the_handbooks_protocol(drawn, per_night, random):
    scores = random.sample(range(1000), len(drawn))  # no ties: the handbook leaves them open
    table = cases([(n, e, s / 1000, y) for (n, e, y), s in zip(drawn, scores, strict=True)])
    expected = [each for each in by_the_handbook(table, per_night) if each[0]]
    assert [each for each in looked(table, per_night) if each[0]] == expected


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 10, 29, 180])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_students_quantile_is_that_of_scipy(freedom, confidence):
    expected = stats.t.ppf((1 + confidence) / 2, freedom)
    assert student(confidence, freedom) == pytest.approx(expected, rel=1e-9)


def test_the_interval_is_over_nights():
    shares = np.array([0.2, 0.3, 0.4, 0.3])
    found = mean_of_nights(shares, 0.95)
    low, high = stats.t.interval(0.95, 3, shares.mean(), stats.sem(shares))
    assert found.value == pytest.approx(0.3)
    assert (found.interval.low, found.interval.high) == (pytest.approx(low), pytest.approx(high))


def nights(*positives):
    return [Night(DAY.item(), 10, each) for each in positives]


def test_without_a_limit_of_its_own_every_figure_is_on_record():
    (check,), estimate = judge_nights(nights(2, 3, 4, 3), rule())
    assert (check.code, check.subject, check.outcome) == ("PERF-019", "out_of_time", PASSED)
    assert (check.observed, check.n) == (estimate.value, 4)
    assert "over 4 nights" in check.explanation


@pytest.mark.parametrize(("beyond", "outcome"), [(0.0, PASSED), (1e-9, OPEN)])
def test_a_specs_limit_at_the_lower_end(beyond, outcome):
    some = nights(2, 3, 4, 3)
    low = judge_nights(some, rule())[1].interval.low
    assert judge_nights(some, rule(low + beyond))[0][0].outcome is outcome


def test_a_specs_limit_above_the_upper_end_fails():
    assert judge_nights(nights(2, 3, 4, 3), rule(0.9))[0][0].outcome is FAILED


@pytest.mark.parametrize("some", [[], [3], [0, 0, 0]])
def test_nights_that_say_nothing_of_their_spread_reach_no_limit(some):
    assert judge_nights(nights(*some), rule(0.1))[0][0].outcome is OPEN


def put(home, entity):
    """Two old cases of card a, one of them known bad, and a night of new ones; at rest."""
    days = [DAY.item() + timedelta(days=each) for each in (-5, -5, 0, 0, 0, 0)]
    known = [days[0] + timedelta(days=2), None, *[days[2] + timedelta(days=9)] * 4]
    head = {"key": [f"{n:02d}" for n in range(6)], "business_date": pa.array(days, pa.date32())}
    applications = pa.table(
        {
            **head,
            "observed_on": pa.array(known, pa.date32()),
            "label": pa.array([1, None, 0, 1, 0, 0], pa.int8()),
            "entity": ["a", "b", "a", "b", None, None],
        }
    )
    scores = pa.table(
        {
            **head,
            "window": ["train", "excluded", *["out_of_time"] * 4],
            "label": pa.array([1, None, 0, 1, 0, 0], pa.int8()),
            "candidate_score": [0.9, 0.9, 0.9, 0.8, 0.7, 0.6],
        }
    )
    capacity_of = Capacity(per_night=3, entity=entity)
    book = RuleBook((rule(),), approval_required=False, policies=())
    return SimpleNamespace(
        spec=SimpleNamespace(decision=SimpleNamespace(capacity=capacity_of), entity_column=entity),
        rules=book,
        asks=lambda code: code in book,
        home=home,
        applications=write_snapshot(home, applications, kind="applications", as_of=DAY.item()),
        scores=write_snapshot(home, scores, kind="scores", as_of=DAY.item()),
    )


def test_entities_are_read_from_the_snapshot_and_blank_ones_are_cases_of_their_own(tmp_path):
    """Card a is known bad; b and both blank ones are looked at."""
    answer = capacity.ask(put(tmp_path, "card"))
    (night,) = answer.figures.nights
    assert (night.looked_at, night.positive, answer.figures.by_entity) == (3, 1, True)


def test_without_an_entity_every_application_is_a_case(tmp_path):
    answer = capacity.ask(put(tmp_path, None))
    (night,) = answer.figures.nights
    assert (night.looked_at, night.positive, answer.figures.by_entity) == (3, 1, False)


def test_without_a_capacity_nothing_is_asked(tmp_path):
    inquiry = put(tmp_path, None)
    inquiry.spec.decision.capacity = None
    assert capacity.ask(inquiry).checks == ()


def test_the_evidence_names_nobody(tmp_path):
    told = canonical_bytes(capacity.ask(put(tmp_path, "card")).figures)
    assert sorted(parse(told)["nights"][0]) == ["looked_at", "night", "positive"]
