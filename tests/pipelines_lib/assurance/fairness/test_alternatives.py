"""FAIR-011: is there a model as good that treats the group worst off better?"""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pipelines_lib.assurance.fairness.alternatives import (
    CUT_OFF,
    THE_CANDIDATE,
    Field,
    Point,
    check_alternatives,
)
from pipelines_lib.assurance.fairness.groups import Grouping
from pipelines_lib.assurance.fairness.tradeoff import Compared
from pipelines_lib.canonical import canonical_bytes, plain
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.protected import ProtectedAttribute
from pipelines_lib.spec.rulebook import Rule

SEX = ProtectedAttribute(
    name="sex", column="sex", reference="men", groups={"men": ("1",), "women": ("2",)}
)
RULE = Rule(
    "FAIR-011",
    "gain",
    Consequence.SCREEN,
    "house",
    "test",
    "house",
    direction="at_most",
    limit=0.03,
    parameters=(("confidence", 0.95), ("margin", 0.01), ("minimum_rows", 30)),
)
SHARE = 0.3


def field_of(labels, index):
    grouping = Grouping(("men", "women", "unknown"), index)
    return Field(labels, {"sex": grouping}, {"sex": Compared(0, (1,))})


def people(rows=6_000, seed=0):
    """Risk, who is a woman, and what became of it; women are as risky as men."""
    rng = np.random.default_rng(seed)
    risk, index = rng.normal(size=rows), rng.integers(0, 2, rows)
    labels = (rng.random(rows) < 1 / (1 + np.exp(1.2 - risk))).astype(np.int8)
    return risk, index, labels, rng


def point(name, scores, made="reweighted", share=SHARE):
    return Point(name, made, scores, scores, share)


def ask(field, *points, rule=RULE, because=None):
    (check,), figures = check_alternatives(
        rule, (SEX,), field, points, train_rows=500, chosen_because=because
    )
    return check, figures


def unfair(bias=0.4, noise=0.02, rows=6_000, seed=0):
    """A candidate that adds something to every woman, and an alternative that does not."""
    risk, index, labels, rng = people(rows, seed)
    candidate = point("candidate", risk + bias * index, THE_CANDIDATE)
    fairer = point("without postcode", risk + rng.normal(0, noise, rows))
    return field_of(labels, index), candidate, fairer


def test_a_fairer_model_that_ranks_as_well_is_found():
    check, figures = ask(*unfair())
    assert check.outcome is Outcome.FAILED
    assert "without postcode" in check.explanation
    assert check.interval.low > 0.03
    assert figures.alternatives[1].not_inferior is True


def test_the_figures_are_those_of_other_implementations():
    field, candidate, fairer = unfair()
    _, figures = ask(field, candidate, fairer)
    index = field.groupings["sex"].index
    for one, drawn in zip((candidate, fairer), figures.alternatives, strict=True):
        approved = one.decided < np.quantile(one.decided, 1 - SHARE)
        ratio = approved[index == 1].mean() / approved[index == 0].mean()
        assert drawn.treatments[0].ratio == pytest.approx(ratio, abs=0.002)
        assert drawn.auc == pytest.approx(roc_auc_score(field.labels, one.out_of_time), abs=1e-4)
        assert drawn.declined == pytest.approx(SHARE, abs=0.001)
        assert drawn.bad_rate == pytest.approx(field.labels[approved].mean(), abs=0.002)


def test_a_fairer_model_that_ranks_worse_is_no_alternative():
    check, figures = ask(*unfair(noise=1.0))
    assert figures.alternatives[1].not_inferior is False
    assert check.outcome is Outcome.PASSED
    assert "None of 1 alternatives ranks as well" in check.explanation


def test_a_fairer_model_that_may_rank_worse_is_not_enough_evidence():
    field, candidate, fairer = unfair(bias=0.4)
    few = np.arange(300)
    field = replace(field, labels=field.labels[few])
    candidate, fairer = (
        replace(one, out_of_time=one.out_of_time[few]) for one in (candidate, fairer)
    )
    check, figures = ask(field, candidate, fairer)
    assert figures.alternatives[1].not_inferior is None
    assert check.outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_models_that_treat_people_alike_pass():
    risk, index, labels, rng = people()
    same = [point(f"seed {n}", risk + rng.normal(0, 0.05, len(risk))) for n in range(5)]
    check, _ = ask(field_of(labels, index), point("candidate", risk, THE_CANDIDATE), *same)
    assert check.outcome is Outcome.PASSED


def test_a_gain_that_ends_at_the_limit_passes_and_a_hair_above_it_does_not():
    high = ask(*unfair(bias=0.1))[0].interval.high
    assert ask(*unfair(bias=0.1), rule=replace(RULE, limit=high))[0].passed
    below = replace(RULE, limit=float(np.nextafter(high, 0)))
    assert ask(*unfair(bias=0.1), rule=below)[0].outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_the_confidence_is_shared_out_over_all_alternatives():
    field, candidate, fairer = unfair()
    check, _ = ask(field, candidate, fairer, fairer, fairer, fairer)
    assert check.interval.confidence == pytest.approx(1 - 0.05 / 4)


def test_another_cut_off_for_all_is_drawn_and_never_found():
    field, candidate, _ = unfair()
    other = replace(candidate, name="declines fewer", made=CUT_OFF, declined_share=0.1)
    check, figures = ask(field, candidate, other)
    assert check.outcome is Outcome.NOT_ENOUGH_EVIDENCE  # nothing else was tried
    drawn = figures.alternatives[1]
    assert (drawn.judged, drawn.treatments[0].on_frontier) == (False, False)
    assert drawn.treatments[0].ratio > figures.alternatives[0].treatments[0].ratio


def test_what_is_on_file_is_told_and_opens_no_gate():
    check, figures = ask(*unfair(), because="Postcode tells flood risk.")
    assert check.outcome is Outcome.FAILED
    assert "Postcode tells flood risk." in check.explanation
    assert figures.chosen_because == "Postcode tells flood risk."


def test_the_frontier_holds_what_nothing_beats():
    field, candidate, fairer = unfair()
    worse = point("noise", fairer.decided + np.random.default_rng(3).normal(0, 2, 6_000))
    _, figures = ask(field, candidate, fairer, worse)
    flags = [each.treatments[0].on_frontier for each in figures.alternatives]
    assert flags[1]
    assert not flags[0]


@pytest.mark.parametrize("labels", ["none", "one class"])
def test_without_outcomes_of_both_kinds_nothing_is_compared(labels):
    field, candidate, fairer = unfair(rows=500)
    rows = np.arange(0 if labels == "none" else 500)
    field = replace(field, labels=np.zeros(len(rows), np.int8))
    points = [replace(one, out_of_time=one.out_of_time[rows]) for one in (candidate, fairer)]
    check, figures = ask(field, *points)
    assert check.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    canonical_bytes(plain(figures))


@pytest.mark.parametrize("group", [0, 1, 2])
def test_one_group_only_is_nothing_to_compare(group):
    field, candidate, fairer = unfair(rows=500)
    field = field_of(field.labels, np.full(500, group))
    check, figures = ask(field, candidate, fairer)
    assert check.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    canonical_bytes(plain(figures))


def test_where_nothing_is_to_be_found_an_alarm_is_rarer_than_one_in_twenty():
    alarms = 0
    for seed in range(60):
        risk, index, labels, rng = people(400, seed)
        tries = [point(str(n), risk + rng.normal(0, 0.3, 400)) for n in range(10)]
        points = (point("candidate", risk, THE_CANDIDATE), *tries)
        loose = replace(RULE, limit=0.0, parameters=(("confidence", 0.95), ("margin", 1.0)))
        alarms += ask(field_of(labels, index), *points, rule=loose)[0].outcome is Outcome.FAILED
    assert alarms <= 6  # at a limit of no gain at all; 3 are expected at most
