"""FAIR-008: the impact ratio at many cut-offs."""

import numpy as np
import pytest

from pipelines_lib.assurance.fairness.along_the_score import check_along_the_score
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def stated(limit=0.8, **parameters):
    usual = {"confidence": 0.95, "minimum_rows": 0.0, "points": 9.0, "around": 0.15}
    return (
        "FAIR-008",
        "at_least",
        limit,
        {**usual, "least_approved": 0.1, "most_approved": 0.9, **parameters},
    )


def ask(spec, rules, gathered, scores, sex, cutoff=0.5, **more):
    return check_along_the_score(spec, rules, gathered(spec, scores, sex=sex, **more), cutoff)


def uniform(n=4_000, seed=1):
    rng = np.random.default_rng(seed)
    return rng.random(n), rng.choice(["men", "women"], n)


def test_every_point_is_the_ratio_counted_by_hand(spec, book, gathered):
    scores, sex = uniform(500)
    _, figures = ask(spec, book(stated()), gathered, scores, sex)
    women = figures.attributes[0].groups[0]
    assert [line.group for line in figures.attributes[0].groups] == ["women", "unknown"]
    for place, cutoff in enumerate(figures.cutoffs):
        approved = scores < cutoff - 1e-9  # written with six digits
        rates = {group: approved[sex == group].mean() for group in ("men", "women")}
        assert women.ratio[place] == pytest.approx(rates["women"] / rates["men"], rel=2e-2)


def test_cut_offs_approve_evenly_spread_shares(spec, book, gathered):
    _, figures = ask(spec, book(stated()), gathered, *uniform())
    assert figures.approved == pytest.approx(np.linspace(0.1, 0.9, 9), abs=1e-3)
    assert list(figures.cutoffs) == sorted(figures.cutoffs)


def test_only_cut_offs_around_the_one_in_use_are_judged(spec, book, gathered):
    scores, sex = uniform()
    low = (scores < 0.2) & (sex == "women")
    scores = np.where(low, scores + 0.2, scores)  # no woman among the best fifth
    near, figures = ask(spec, book(stated()), gathered, scores, sex, cutoff=0.2)
    assert near[0].outcome is FAILED
    assert [share for share, judged in zip(figures.approved, figures.judged, strict=True) if judged]
    far, _ = ask(spec, book(stated()), gathered, scores, sex, cutoff=0.8)
    assert far[0].outcome is PASSED
    assert figures.attributes[0].groups[0].ratio[0] == 0.0  # drawn, wherever the cut-off is


def test_the_explanation_says_where_the_ratio_is_lowest(spec, book, gathered):
    scores, sex = uniform()
    scores = np.where(sex == "women", scores**0.5, scores)
    (found,), _ = ask(spec, book(stated()), gathered, scores, sex, cutoff=0.5)
    assert found.explanation.startswith("Lowest where ")
    assert "women" in found.explanation
    assert found.interval.low <= found.observed <= found.interval.high


@pytest.mark.parametrize(
    ("scores", "cutoff"),
    [([], 0.5), ([0.3] * 100, 0.5), ([0.3] * 99 + [0.2], 0.5), ([0.1, 0.9], 0.0)],
)
def test_nobody_one_score_for_all_or_a_tie_are_clear_and_never_an_error(
    spec, book, gathered, scores, cutoff
):
    sex = ["men", "women"] * (len(scores) // 2)
    checks, figures = ask(spec, book(stated()), gathered, scores, sex, cutoff)
    assert [one.outcome for one in checks] == [OPEN]
    assert canonical_bytes(figures)


def test_ties_never_give_the_same_cut_off_twice(spec, book, gathered):
    rng = np.random.default_rng(2)
    scores, sex = rng.choice([0.1, 0.2, 0.3], 999), rng.choice(["men", "women"], 999)
    checks, figures = ask(spec, book(stated()), gathered, scores, sex, cutoff=0.25)
    assert figures.cutoffs == (0.2, 0.3)
    assert figures.approved == pytest.approx(
        ((scores < 0.2).mean(), (scores < 0.3).mean()), abs=1e-4
    )
    assert checks[0].observed is not None


def test_one_group_alone_cannot_be_compared(spec, book, gathered):
    scores, _ = uniform(200)
    checks, _ = ask(spec, book(stated()), gathered, scores, ["women"] * 200)
    assert (checks[0].observed, checks[0].outcome) == (None, OPEN)


def test_a_lower_end_at_the_limit_passes_and_a_hair_more_does_not(spec, book, gathered):
    rows = uniform()
    low = ask(spec, book(stated()), gathered, *rows)[0][0].interval.low
    at = ask(spec, book(stated(low)), gathered, *rows)[0]
    more = ask(spec, book(stated(np.nextafter(low, 1))), gathered, *rows)[0]
    assert (at[0].outcome, more[0].outcome) == (PASSED, OPEN)


def test_the_lowest_intersection_is_named_at_every_cut_off(couple, book, gathered):
    rng = np.random.default_rng(4)
    sex, age = rng.choice(["men", "women"], 2_000), rng.choice(["young", "adult"], 2_000)
    scores = rng.random(2_000) + 0.5 * ((sex == "women") & (age == "young"))
    _, figures = ask(couple, book(stated()), gathered, scores, sex, age=age)
    assert {one.subject for one in figures.intersections} == {"sex=women & age=young"}
    assert all(one.low <= one.ratio <= one.high for one in figures.intersections)


def test_a_fair_model_is_hardly_ever_found_unfair(couple, book, gathered):
    """A limit of one: every alarm is chance. All groups and all cut-offs together."""
    alarms, runs = 0, 200
    rng = np.random.default_rng(3)
    for _ in range(runs):
        sex, age = rng.choice(["men", "women"], 400), rng.choice(["young", "adult"], 400)
        checks, _ = ask(
            couple, book(stated(1.0, around=1.0)), gathered, rng.random(400), sex, age=age
        )
        alarms += any(one.outcome is FAILED for one in checks)
    assert alarms <= 0.05 * runs + 3 * np.sqrt(0.05 * 0.95 * runs)
