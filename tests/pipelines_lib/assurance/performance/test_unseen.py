"""PERF-001, PERF-002, PERF-003 and PERF-004: the candidate alone."""

import numpy as np
import pytest

from pipelines_lib.assurance.performance.unseen import check_performance, log_distance
from pipelines_lib.assurance.scored import LABELLED, Sample, Scored
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.results import Consequence, Interval, Outcome
from pipelines_lib.spec.rulebook import Rule, RuleBook

AT = {"confidence": 0.95}
LIMITS = {
    "PERF-001": ("AUC", "at_least", 0.65, AT),
    "PERF-002": ("log of observed to expected", "at_most", 0.25, AT),
    "PERF-003": ("Brier skill", "at_least", 0.02, AT),
    "PERF-004": ("AUC train - out of time", "at_most", 0.10, AT),
}
PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def rules(**changes):
    """The four rules; ``PERF_001=(limit, parameters)`` changes one of them."""
    found = []
    for code, (measure, direction, limit, parameters) in LIMITS.items():
        own_limit, own = changes.get(code.replace("-", "_"), (limit, parameters))
        found.append(
            Rule(
                check=code,
                measure=measure,
                consequence=Consequence.HARD,
                basis="house",
                citation="test",
                policy="house",
                direction=direction,
                limit=own_limit,
                parameters=tuple(own.items()),
            )
        )
    return RuleBook(tuple(found), approval_required=False, policies=())


def sample(outcomes, scores):
    return Sample(
        np.array(outcomes, dtype=np.int8), {"candidate": np.array(scores, dtype=np.float64)}
    )


def drawn(seed, n=3000):
    """A calibrated model: outcomes drawn with the predicted probability. True AUC 0.74."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(1, 3.5, n)
    return sample(rng.random(n) < scores, scores)


def healthy(**windows):
    return Scored({name: drawn(place) for place, name in enumerate(LABELLED)} | windows)


def ask(scored, book=None, cutoff=0.5):
    return check_performance(scored, book or rules(), cutoff=cutoff)


def result(checks, code, subject="out_of_time"):
    (found,) = [check for check in checks if (check.code, check.subject) == (code, subject)]
    return found


def test_a_healthy_model_passes_everything_on_both_windows():
    checks, _ = ask(healthy())
    assert [(check.code, check.subject) for check in checks] == [
        ("PERF-001", "validation"),
        ("PERF-001", "out_of_time"),
        ("PERF-002", "validation"),
        ("PERF-002", "out_of_time"),
        ("PERF-003", "validation"),
        ("PERF-003", "out_of_time"),
        ("PERF-004", "out_of_time"),
    ]
    assert {check.outcome for check in checks} == {PASSED}


def test_the_sentences_hold_the_figures():
    checks, figures = ask(healthy())
    window = figures.windows["out_of_time"]
    said = {check.code: check.explanation for check in checks if check.subject == "out_of_time"}
    interval = window.auc_interval
    assert said["PERF-001"] == (
        f"AUC {window.auc:.3f} (95 % interval {interval.low:.3f} to {interval.high:.3f})"
    )
    assert said["PERF-002"].startswith(
        f"observed {window.observed_rate * 100:.1f} % against "
        f"{window.mean_score * 100:.1f} % predicted, ratio "
    )
    assert said["PERF-004"].startswith(
        f"AUC {figures.windows['train'].auc:.3f} on train and {window.auc:.3f} out of time, gap "
    )


@pytest.mark.parametrize(
    ("code", "end", "outcome"),
    [
        ("PERF-001", "low", PASSED),
        ("PERF-001", "high", OPEN),
        ("PERF-002", "high", PASSED),
        ("PERF-002", "low", OPEN),
        ("PERF-003", "low", PASSED),
        ("PERF-003", "high", OPEN),
        ("PERF-004", "high", PASSED),
        ("PERF-004", "low", OPEN),
    ],
)
def test_an_interval_that_ends_at_the_limit_passes_and_a_hair_further_the_verdict_changes(
    code, end, outcome
):
    scored = healthy(out_of_time=miscalibrated())
    limit = getattr(result(ask(scored)[0], code).interval, end)
    beyond = 1e-9 if LIMITS[code][1] == "at_least" else -1e-9
    name = code.replace("-", "_")
    at = result(ask(scored, rules(**{name: (limit, AT)}))[0], code)
    past = result(ask(scored, rules(**{name: (limit + beyond, AT)}))[0], code)
    assert at.outcome is outcome
    assert past.outcome is (OPEN if outcome is PASSED else FAILED)


def miscalibrated():
    """Half again as many defaults as predicted, so that every interval has two real ends."""
    rng = np.random.default_rng(77)
    scores = rng.beta(1, 3.5, 3000)
    return sample(rng.random(3000) < np.minimum(1.5 * scores, 1), scores)


def test_calibration_is_judged_on_either_side():
    too_low = sample([1] * 300 + [0] * 700, [0.2] * 1000)
    too_high = sample([1] * 200 + [0] * 800, [0.3] * 1000)
    for window in (too_low, too_high):
        found = result(ask(healthy(out_of_time=window))[0], "PERF-002")
        assert found.observed == pytest.approx(np.log(1.5))
        assert found.outcome is FAILED
    assert "observed 20.0 % against 30.0 % predicted, ratio 0.67" in found.explanation


@pytest.mark.parametrize(
    ("ratio", "low", "high", "expected"),
    [
        (1.2, 1.1, 1.3, (0.18232, 0.09531, 0.26236)),
        (0.8, 0.5, 0.9, (0.22314, 0.10536, 0.69315)),
        (0.8, 0.5, 1.25, (0.22314, 0.0, 0.69315)),
        (1.0, 0.8, 1.25, (0.0, 0.0, 0.22314)),
    ],
)
def test_a_ratio_below_one_is_as_far_off_as_its_inverse(ratio, low, high, expected):
    folded = log_distance(Estimate(ratio, Interval(low, high, 0.95)))
    assert (folded.value, folded.interval.low, folded.interval.high) == pytest.approx(
        expected, abs=1e-5
    )


def test_a_model_that_ranks_at_random_fails():
    rng = np.random.default_rng(4)
    random = sample(rng.random(3000) < 0.2, rng.random(3000))
    assert result(ask(healthy(out_of_time=random))[0], "PERF-001").outcome is FAILED


def test_an_overfit_model_fails():
    perfect = sample([1] * 500 + [0] * 1500, np.linspace(1, 0, 2000))
    found = result(ask(healthy(train=perfect))[0], "PERF-004")
    assert found.outcome is FAILED
    assert found.explanation.startswith("AUC 1.000 on train")


def test_an_ordinary_gap_gets_a_verdict():
    rng = np.random.default_rng(6)
    outcomes = rng.random(12000) < 0.22
    train = sample(outcomes, sigmoid(1.3 * outcomes + rng.normal(size=12000)))
    unseen = sample(outcomes[:3000], sigmoid(1.15 * outcomes[:3000] + rng.normal(size=3000)))
    found = result(ask(healthy(train=train, out_of_time=unseen))[0], "PERF-004")
    assert found.outcome is PASSED
    assert 0.01 < found.observed < 0.06


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


CANNOT = {
    "nobody": (sample([], []), "no row has a known outcome"),
    "one row": (sample([1], [0.5]), "only one outcome occurred: of 1 rows all have"),
    "all bad": (sample([1, 1, 1], [0.1, 0.2, 0.3]), "only one outcome occurred: of 3 rows all"),
    "all good": (sample([0, 0, 0], [0.1, 0.2, 0.3]), "only one outcome occurred: of 3 rows none"),
}


@pytest.mark.parametrize("case", CANNOT)
@pytest.mark.parametrize("code", LIMITS)
def test_what_carries_no_figure_is_not_enough_evidence_and_says_why(case, code):
    window, why = CANNOT[case]
    found = result(ask(healthy(out_of_time=window))[0], code)
    assert (found.outcome, found.observed, found.n) == (OPEN, None, window.n)
    assert why in found.explanation


@pytest.mark.parametrize("case", CANNOT)
def test_a_train_window_that_carries_no_figure_leaves_overfit_open(case):
    window, why = CANNOT[case]
    found = result(ask(healthy(train=window))[0], "PERF-004")
    assert found.outcome is OPEN
    assert why in found.explanation


def test_one_positive_leaves_the_rank_order_open_however_well_it_lies():
    window = sample([1] + [0] * 99, np.linspace(1, 0, 100))
    found = result(ask(healthy(out_of_time=window))[0], "PERF-001")
    assert (found.outcome, found.observed) == (OPEN, 1.0)
    gap = result(ask(healthy(out_of_time=window))[0], "PERF-004")
    assert gap.explanation == ("out_of_time: 100 rows, 1 of them positive, are too few to compare")


def test_perfect_separation_of_many_passes_and_of_few_does_not():
    few = sample([1] * 4 + [0] * 4, np.linspace(1, 0, 8))
    many = sample([1] * 100 + [0] * 100, np.linspace(1, 0, 200))
    assert result(ask(healthy(out_of_time=few))[0], "PERF-001").outcome is OPEN
    assert result(ask(healthy(out_of_time=many))[0], "PERF-001").outcome is PASSED


def test_one_score_for_everybody_fails_and_says_so():
    window = sample([1] * 200 + [0] * 800, [0.2] * 1000)
    found = result(ask(healthy(out_of_time=window))[0], "PERF-001")
    assert found.outcome is FAILED
    assert found.explanation.endswith("; every row has the same score")


@pytest.mark.parametrize(("minimum", "outcome"), [(3000, PASSED), (3001, OPEN)])
def test_the_minimum_of_rows_is_enough_and_one_row_fewer_is_not(minimum, outcome):
    book = rules(PERF_001=(0.65, {**AT, "minimum_rows": minimum}))
    found = result(ask(healthy(), book)[0], "PERF-001")
    assert found.outcome is outcome
    assert ("3000 rows where the policy asks for 3001" in found.explanation) is (outcome is OPEN)


def test_only_what_a_policy_rules_is_asked():
    checks, figures = ask(healthy(), RuleBook((), approval_required=False, policies=()))
    assert checks == ()
    assert figures.windows["out_of_time"].auc_interval.confidence == 0.95


def test_figures_of_four_rows_by_hand():
    window = sample([1, 0, 1, 0], [0.9, 0.6, 0.5, 0.1])
    _, figures = ask(healthy(train=window), cutoff=0.5)
    found = figures.windows["train"]
    assert (found.n, found.positives) == (4, 2)
    assert found.auc == pytest.approx(0.75)  # 3 of 4 pairs
    assert found.gini == pytest.approx(0.5)
    assert found.ks == pytest.approx(0.5)
    assert found.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert found.brier == pytest.approx((0.01 + 0.36 + 0.25 + 0.01) / 4)
    assert found.brier_skill == pytest.approx(1 - 0.1575 / 0.25)
    assert found.mean_score == pytest.approx(0.525)
    assert found.observed_rate == 0.5
    assert found.declined_share == 0.75  # the cut-off itself declines


def test_the_figures_have_the_shape_the_report_reads_and_stay_small():
    _, figures = ask(healthy())
    data = canonical_bytes(figures)
    plain = parse(data)
    assert len(data) < 60_000
    assert set(plain) == {"windows", "curves"}
    assert set(plain["windows"]) == set(LABELLED)
    assert set(plain["curves"]) == {"validation", "out_of_time"}
    curves = plain["curves"]["out_of_time"]
    assert len(curves["roc"]) == 101
    assert 50 < len(curves["precision_recall"]) <= 101
    assert len(curves["bands"]) == 20
    assert set(curves["bands"][0]) == {"from", "to", "n", "positives"}
    assert set(curves["calibration"][0]) == {"mean_score", "observed", "low", "high", "n"}


def test_an_empty_run_has_figures_without_numbers_and_no_curve():
    _, figures = ask(Scored({}))
    assert figures.windows["train"].auc is None
    assert figures.curves["out_of_time"].roc == ()
    assert figures.curves["out_of_time"].calibration == ()
    assert canonical_bytes(figures)
