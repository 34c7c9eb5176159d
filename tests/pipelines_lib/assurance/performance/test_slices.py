"""PERF-011: does the model hold from one stretch of nights to the next?"""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import chi2

from pipelines_lib.assurance.performance.slices import (
    Dated,
    check_slices,
    cut,
    dated_rows,
    homogeneity,
)
from pipelines_lib.assurance.ranking import Ranking, auc, auc_variance
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
START = np.datetime64("2025-03-01")


def rule(limit=0.12, **parameters):
    stated = {
        "confidence": 0.95,
        "slices": 6,
        "slice_positives": 50,
        "calibration_at_most": 0.5,
        **parameters,
    }
    return Rule(
        check="PERF-011",
        measure="AUC lost",
        consequence=Consequence.HARD,
        basis="house",
        citation="test",
        policy="house",
        direction="at_most",
        limit=limit,
        parameters=tuple(stated.items()),
    )


def rows(n=6000, nights=30, seed=1):
    """A calibrated model, the same every night."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(1, 3.5, n)
    labels = (rng.random(n) < scores).astype(np.int8)
    return Dated(START + np.sort(rng.integers(0, nights, n)), labels, scores)


def result(checks, subject):
    (found,) = [check for check in checks if check.subject == subject]
    return found


def test_a_model_that_holds_passes_both_questions():
    checks, figures = check_slices(rows(), rule())
    assert [(check.subject, check.outcome) for check in checks] == [
        ("ranking", PASSED),
        ("calibration", PASSED),
    ]
    assert len(figures.slices) == 6
    assert sum(each.n for each in figures.slices) == figures.n == 6000
    assert all(a.last < b.first for a, b in zip(figures.slices, figures.slices[1:], strict=False))


def test_a_slice_that_does_not_rank_fails_and_is_named():
    found = rows()
    spoilt = found.scores.copy()
    broken = cut(found, rule())[3]
    spoilt[broken] = np.random.default_rng(3).permutation(spoilt[broken])
    checks, figures = check_slices(Dated(found.dates, found.labels, spoilt), rule())
    assert result(checks, "ranking").outcome is FAILED
    assert f"AUC from {found.dates[broken][0]} to {found.dates[broken][-1]}" in (
        result(checks, "ranking").explanation
    )
    assert figures.homogeneity_chance < 1e-4
    assert result(checks, "calibration").passed


def test_a_slice_with_twice_the_outcomes_fails_the_calibration_and_not_the_ranking():
    found = rows()
    scores = found.scores.copy()
    scores[cut(found, rule())[5]] *= 0.4
    checks, _ = check_slices(Dated(found.dates, found.labels, scores), rule())
    assert result(checks, "calibration").outcome is FAILED
    assert result(checks, "ranking").passed


def test_the_test_of_homogeneity_is_cochrans_q():
    rankings = [
        Ranking.of(part.labels, part.scores) for part in (rows(400, seed=s) for s in (1, 2, 3))
    ]
    areas = np.array([auc(each) for each in rankings])
    weights = 1 / np.array([auc_variance(each) for each in rankings])
    mean = np.average(areas, weights=weights)
    q = float(np.sum(weights * (areas - mean) ** 2))
    assert homogeneity(rankings) == (pytest.approx(q), pytest.approx(chi2.sf(q, 2)))


def test_an_upper_end_at_the_limit_passes_and_a_hair_less_is_open():
    for subject, parameter in (("ranking", None), ("calibration", "calibration_at_most")):
        high = result(check_slices(rows(), rule())[0], subject).interval.high
        for limit, outcome in ((high, PASSED), (high - 1e-9, OPEN)):
            book = rule(**{parameter: limit}) if parameter else rule(limit)
            assert result(check_slices(rows(), book)[0], subject).outcome is outcome


def test_a_model_that_holds_alarms_at_most_one_night_in_twenty_even_without_a_margin():
    book = rule(0.0, calibration_at_most=0.0)
    alarms = sum(
        any(check.outcome is FAILED for check in check_slices(rows(2500, seed=seed), book)[0])
        for seed in range(120)
    )
    assert alarms <= 12


@pytest.mark.parametrize(("positives", "slices"), [(99, 0), (100, 2), (149, 2), (150, 3), (999, 6)])
def test_there_are_as_many_slices_as_have_enough_positives(positives, slices):
    labels = np.zeros(3000, dtype=np.int8)
    labels[np.linspace(0, 2999, positives).astype(int)] = 1
    dates = START + np.arange(3000) // 50
    assert len(cut(Dated(dates, labels, np.full(3000, 0.1)), rule())) == slices


def test_a_night_is_never_cut_in_two():
    dates = START + np.repeat([0, 1, 2], [100, 2000, 100])
    labels = (np.arange(2200) % 2).astype(np.int8)
    parts = cut(Dated(dates, labels, np.full(2200, 0.5)), rule())
    assert [(part.start, part.stop) for part in parts] == [(0, 100), (100, 2100), (2100, 2200)]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (rows(0), "0 rows of the rarer outcome"),
        (rows(100), "cannot be compared"),
        (rows(nights=1), "too few nights"),
        (Dated(rows().dates, np.zeros(6000, np.int8), rows().scores), "0 rows of the rarer"),
    ],
)
def test_rows_that_cannot_be_cut_leave_both_questions_open(found, said):
    checks, figures = check_slices(found, rule())
    assert [check.outcome for check in checks] == [OPEN, OPEN]
    assert all(said in check.explanation for check in checks)
    canonical_bytes(figures)


def test_a_slice_without_any_outcome_leaves_both_questions_open():
    found = rows()
    labels = found.labels.copy()
    labels[:1500] = 0
    checks, figures = check_slices(Dated(found.dates, labels, found.scores), rule())
    assert [check.outcome for check in checks] == [OPEN, OPEN]
    assert figures.slices[0].auc is None


def test_perfect_separation_and_constant_scores_give_an_answer_without_a_warning():
    found = rows()
    for scores in (np.where(found.labels == 1, 0.9, 0.1), np.full(6000, 0.2)):
        checks, figures = check_slices(Dated(found.dates, found.labels, scores), rule())
        assert len(checks) == 2
        assert figures.homogeneity is None
        canonical_bytes(figures)


def test_only_rows_of_unseen_windows_with_an_outcome_are_read_in_order_of_date(tmp_path):
    table = pa.table(
        {
            "key": ["a", "b", "c", "d", "e"],
            "business_date": pa.array([date(2025, 3, day) for day in (4, 3, 2, 1, 5)], pa.date32()),
            "window": ["out_of_time", "validation", "train", "calibration", "watch"],
            "label": pa.array([1, 0, 1, 1, None], pa.int8()),
            "candidate_score": [0.4, 0.3, 0.2, 0.1, 0.5],
        }
    )
    kept = write_snapshot(tmp_path, table, kind="scores", as_of=date(2025, 4, 1))
    found = dated_rows(tmp_path, kept)
    assert found.scores.tolist() == [0.3, 0.4]
    assert found.labels.tolist() == [0, 1]
    assert [str(day) for day in found.dates] == ["2025-03-03", "2025-03-04"]
