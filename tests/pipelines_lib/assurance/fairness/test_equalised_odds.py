"""FAIR-005: equalised odds, against a table by hand and Fairlearn on the rows."""

import numpy as np
import pytest

from pipelines_lib.assurance.fairness.equalised_odds import check_equalised_odds, odds
from pipelines_lib.assurance.statistics import difference_of_proportions
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
CUTOFF = 0.5


def stated(limit=0.1, minimum=0.0):
    return ("FAIR-005", "at_most", limit, {"confidence": 0.95, "minimum_rows": minimum})


def table(**cells):
    """``women=(30, 100, 60, 80)``: 30 of 100 good payers and 60 of 80 bad ones declined."""
    sex, scores, labels = [], [], []
    for group, (well, good, badly, bad) in cells.items():
        for declined, many, label in ((well, good, 0), (badly, bad, 1)):
            sex += [group] * many
            scores += [0.9] * declined + [0.1] * (many - declined)
            labels += [label] * many
    return {"sex": sex, "scores": scores, "labels": labels}


def ask(spec, rules, gathered, rows, cutoff=CUTOFF):
    cohort = gathered(spec, rows["scores"], labels=rows["labels"], sex=rows["sex"])
    return check_equalised_odds(spec, rules, cohort, cutoff)


def test_a_table_by_hand(spec, book, gathered):
    rows = table(men=(10, 100, 50, 100), women=(30, 100, 65, 100))
    (found,), figures = ask(spec, book(stated()), gathered, rows)
    false = difference_of_proportions(30, 100, 10, 100, 0.975)
    true = difference_of_proportions(65, 100, 50, 100, 0.975)
    assert found.observed == pytest.approx(0.2)  # 0.3 - 0.1 is larger than 0.65 - 0.5
    assert found.interval.low == pytest.approx(max(false.interval.low, true.interval.low))
    assert found.interval.high == pytest.approx(max(false.interval.high, true.interval.high))
    women = figures.attributes[0].groups[1]
    assert (women.false_positive_rate, women.true_positive_rate) == (0.3, 0.65)
    assert women.ratio[0] == pytest.approx(3.0)
    assert "30 of 100 against 10 of 100" in found.explanation


def test_fairlearn_on_the_rows_themselves_gives_the_same_difference(spec, book, gathered):
    from fairlearn.metrics import MetricFrame, equalized_odds_difference, false_positive_rate

    rng = np.random.default_rng(5)
    sex = rng.choice(["men", "women"], 4_000)
    scores = rng.random(4_000) - 0.1 * (sex == "women")
    labels = (rng.random(4_000) < scores.clip(0, 1)).astype(int)
    checks, figures = ask(
        spec, book(stated()), gathered, {"sex": sex, "scores": scores, "labels": labels}
    )
    declined = (scores >= CUTOFF).astype(int)
    oracle = equalized_odds_difference(labels, declined, sensitive_features=sex)
    assert checks[0].observed == pytest.approx(oracle)
    by_group = MetricFrame(
        metrics=false_positive_rate, y_true=labels, y_pred=declined, sensitive_features=sex
    ).by_group
    women = figures.attributes[0].groups[1]
    assert women.ratio[0] == pytest.approx(by_group["women"] / by_group["men"], rel=1e-3)


@pytest.mark.parametrize(
    ("women", "outcome"),
    [((1_000, 10_000, 5_000, 10_000), PASSED), ((2_000, 10_000, 5_000, 10_000), OPEN),
     ((3_000, 10_000, 5_000, 10_000), FAILED), ((1_000, 10_000, 8_000, 10_000), FAILED)],
)  # fmt: skip
def test_either_rate_can_fail_and_both_must_hold_to_pass(spec, book, gathered, women, outcome):
    rows = table(men=(1_000, 10_000, 5_000, 10_000), women=women)
    assert ask(spec, book(stated()), gathered, rows)[0][0].outcome is outcome


def test_an_upper_end_at_the_limit_passes_and_a_hair_less_does_not(spec, book, gathered):
    rows = table(men=(100, 1_000, 500, 1_000), women=(110, 1_000, 490, 1_000))
    high = ask(spec, book(stated()), gathered, rows)[0][0].interval.high
    assert ask(spec, book(stated(high)), gathered, rows)[0][0].outcome is PASSED
    less = book(stated(np.nextafter(high, 0)))
    assert ask(spec, less, gathered, rows)[0][0].outcome is OPEN


@pytest.mark.parametrize("cutoff", [0.0, 1.0])
def test_a_cut_off_that_approves_nobody_or_everybody_proves_nothing(spec, book, gathered, cutoff):
    rows = table(men=(10, 100, 50, 100), women=(30, 100, 65, 100))
    (found,), figures = ask(spec, book(stated()), gathered, rows, cutoff)
    assert (found.observed, found.outcome) == (None, OPEN)
    assert canonical_bytes(figures)


def test_a_group_without_one_of_the_outcomes_cannot_be_compared(spec, book, gathered):
    rows = table(men=(10, 100, 50, 100), women=(30, 100, 0, 0))
    (found,), _ = ask(spec, book(stated()), gathered, rows)
    assert (found.observed, found.outcome, found.n) == (None, OPEN, 0)


def test_fewer_of_the_rarer_outcome_than_the_policy_asks_for_is_no_evidence(spec, book, gathered):
    rows = table(men=(10, 1_000, 50, 1_000), women=(900, 1_000, 29, 29))
    assert ask(spec, book(stated(minimum=30)), gathered, rows)[0][0].outcome is OPEN
    assert ask(spec, book(stated(minimum=29)), gathered, rows)[0][0].outcome is FAILED


def test_perfect_separation_is_treated_alike_for_all(spec, book, gathered):
    rows = table(men=(0, 2_000, 2_000, 2_000), women=(0, 2_000, 2_000, 2_000))
    found = ask(spec, book(stated()), gathered, rows)[0][0]
    assert (found.observed, found.outcome) == (0.0, PASSED)


def test_rows_without_an_outcome_count_for_nothing(spec, gathered):
    rows = table(men=(10, 100, 50, 100), women=(30, 100, 65, 100))
    cohort = gathered(spec, rows["scores"] + [0.9] * 50, labels=rows["labels"] + [-1] * 50,
                      sex=rows["sex"] + ["women"] * 50)  # fmt: skip
    found = odds(cohort.groupings["sex"], 0, cohort.approved(CUTOFF), cohort.labels, 0.95)
    assert (found[1].well.of, found[1].badly.of) == (100, 100)


def test_a_fair_model_is_hardly_ever_found_unfair(couple, book, gathered):
    """With a limit of nothing at all every alarm is chance: all groups and rates together."""
    rng = np.random.default_rng(7)
    alarms, runs = 0, 300
    for _ in range(runs):
        sex, age = rng.choice(["men", "women"], 300), rng.choice(["young", "adult"], 300)
        scores = rng.random(300)
        labels = (rng.random(300) < scores).astype(int)
        cohort = gathered(couple, scores, labels=labels, sex=sex, age=age)
        checks, _ = check_equalised_odds(couple, book(stated(0.0)), cohort, 0.5)
        alarms += any(one.outcome is FAILED for one in checks)
    assert alarms <= 0.05 * runs + 3 * np.sqrt(0.05 * 0.95 * runs)
