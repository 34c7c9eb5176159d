"""FAIR-007: adverse impact over every two attributes."""

import numpy as np
import pytest

from pipelines_lib.assurance.fairness.intersections import check_intersections
from pipelines_lib.assurance.requirements import required
from pipelines_lib.assurance.statistics import ratio_of_proportions
from pipelines_lib.canonical import canonical_bytes, plain
from pipelines_lib.results import Outcome

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
CUTOFF = 0.5
CELLS = ("sex=men & age=young", "sex=women & age=young", "sex=women & age=adult")


def stated(limit=0.8, minimum=0.0, share=0.02):
    parameters = {"confidence": 0.95, "minimum_rows": minimum, "minimum_share": share}
    return ("FAIR-007", "at_least", limit, parameters)


def people(**cells):
    """``women_young=(40, 100)``: 40 of 100 young women approved; unknown is a word like others."""
    sex, age, scores = [], [], []
    for cell, (approved, many) in cells.items():
        one, other = cell.split("_")
        sex += [None if one == "unknown" else one] * many
        age += [None if other == "unknown" else other] * many
        scores += [0.1] * approved + [0.9] * (many - approved)
    return {"scores": scores, "sex": sex, "age": age}


def ask(spec, rules, gathered, rows):
    labels = [0, 1] * (len(rows["scores"]) // 2) + [0] * (len(rows["scores"]) % 2)
    cohort = gathered(spec, rows["scores"], labels=labels, sex=rows["sex"], age=rows["age"])
    return check_intersections(spec, rules, cohort, CUTOFF)


def result(checks, subject):
    (found,) = [one for one in checks if one.subject == subject]
    return found


EVEN = {
    "men_adult": (800, 1_000),
    "men_young": (800, 1_000),
    "women_adult": (800, 1_000),
    "women_young": (800, 1_000),
}


def test_who_is_treated_alike_as_woman_and_as_young_may_not_be_as_young_woman(
    couple, book, gathered
):
    rows = people(
        men_adult=(800, 1_000),
        men_young=(950, 1_000),
        women_adult=(950, 1_000),
        women_young=(500, 1_000),
    )
    checks, _ = ask(couple, book(stated()), gathered, rows)
    assert {one.subject: one.outcome for one in checks} == dict(
        zip(CELLS, (PASSED, FAILED, PASSED), strict=True)
    )
    assert "500 of 1,000 against 800 of 1,000" in result(checks, CELLS[1]).explanation


def test_the_interval_is_katz_at_a_confidence_shared_by_three_cells(couple, book, gathered):
    rows = people(**{**EVEN, "women_young": (700, 1_000)})
    found = result(ask(couple, book(stated()), gathered, rows)[0], CELLS[1])
    oracle = ratio_of_proportions(700, 1_000, 800, 1_000, 1 - 0.05 / 3)
    assert found.observed == pytest.approx(oracle.value)
    assert found.interval == oracle.interval


def test_results_and_requirements_name_the_same_intersections(couple, book, gathered):
    rules = book(stated())
    checks, figures = ask(couple, rules, gathered, people(**EVEN))
    needed = required(couple, rules, champion=False, stage="promotion", small_groups=figures.small)
    assert [one.subject for one in needed] == [one.subject for one in checks] == list(CELLS)


@pytest.mark.parametrize(("many", "judged"), [(61, False), (62, True), (0, False)])
def test_a_small_or_empty_intersection_is_counted_and_not_required(
    couple, book, gathered, many, judged
):
    rows = people(**{**EVEN, "women_young": (many // 2, many)})
    rules = book(stated())
    checks, figures = ask(couple, rules, gathered, rows)
    (pair,) = figures.pairs
    assert pair.rows[1][0] == many
    assert (CELLS[1] in {one.subject for one in checks}) is judged
    assert (CELLS[1] not in figures.small) is judged
    needed = required(couple, rules, champion=False, stage="promotion", small_groups=figures.small)
    assert [one.subject for one in needed] == [one.subject for one in checks]


def test_a_group_that_vanished_is_missed_in_every_intersection(couple, book, gathered):
    rows = people(men_adult=(800, 1_000), men_young=(800, 1_000))
    checks, figures = ask(couple, book(stated()), gathered, rows)
    women = [one for one in checks if "women" in one.subject]
    assert [one.outcome for one in women] == [OPEN, OPEN]
    assert not any("sex=women & age=adult" in name for name in figures.small)


def test_unknown_is_a_row_and_a_column_of_its_own(couple, book, gathered):
    rows = people(**EVEN, unknown_young=(10, 400), men_unknown=(300, 400))
    checks, figures = ask(couple, book(stated()), gathered, rows)
    (pair,) = figures.pairs
    assert (pair.groups, pair.others) == (
        ("men", "women", "unknown"),
        ("young", "adult", "unknown"),
    )
    assert (pair.rows[2][0], pair.approved[2][0], pair.rows[0][2]) == (400, 10, 400)
    assert pair.ratio.value[2][0] == pytest.approx(0.025 / 0.8, rel=1e-2)
    assert {one.subject for one in checks} == set(CELLS)


def test_every_measure_is_reported_for_every_intersection(couple, book, gathered):
    _, figures = ask(couple, book(stated()), gathered, people(**EVEN))
    (pair,) = figures.pairs
    assert divmod(1, 3) == pair.reference
    for measure in (pair.ratio, pair.score_gap, pair.odds):
        assert measure.value[0][1] is None  # the reference has nothing to be compared with
        assert measure.low[1][0] <= measure.value[1][0] <= measure.high[1][0]
    assert pair.calibration.value[0][1] is not None
    assert plain(figures)["pairs"][0]["judged"] == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]


def test_without_its_reference_or_without_anybody_nothing_passes(couple, book, gathered):
    rows = people(women_young=(50, 100), women_adult=(50, 100), men_young=(50, 100))
    checks, _ = ask(couple, book(stated()), gathered, rows)
    assert {one.outcome for one in checks} == {OPEN}
    checks, figures = ask(couple, book(stated()), gathered, people())
    assert [one.outcome for one in checks] == [OPEN, OPEN, OPEN]
    assert canonical_bytes(figures)


def test_one_attribute_alone_has_no_intersections(spec, book, gathered):
    checks, figures = check_intersections(
        spec, book(stated()), gathered(spec, [0.1, 0.9], sex=["men", "women"]), CUTOFF
    )
    assert (checks, figures.pairs) == ((), ())


def test_a_lower_end_at_the_limit_passes_and_a_hair_more_does_not(couple, book, gathered):
    rows = people(**{**EVEN, "women_young": (760, 1_000)})
    low = result(ask(couple, book(stated()), gathered, rows)[0], CELLS[1]).interval.low
    at = ask(couple, book(stated(low)), gathered, rows)[0]
    more = ask(couple, book(stated(np.nextafter(low, 1))), gathered, rows)[0]
    assert (result(at, CELLS[1]).outcome, result(more, CELLS[1]).outcome) == (PASSED, OPEN)


def test_a_fair_model_is_hardly_ever_found_unfair(couple, book, gathered):
    """A limit of one: every alarm is chance. Small cells, few approved, all cells together."""
    rng = np.random.default_rng(11)
    alarms, runs = 0, 400
    for _ in range(runs):
        rows = {
            "scores": np.where(rng.random(400) < 0.3, 0.1, 0.9),
            "sex": rng.choice(["men", "women"], 400),
            "age": rng.choice(["young", "adult"], 400, p=[0.15, 0.85]),
        }
        checks, _ = ask(couple, book(stated(1.0)), gathered, rows)
        alarms += any(one.outcome is FAILED for one in checks)
    assert alarms <= 0.05 * runs + 3 * np.sqrt(0.05 * 0.95 * runs)
