"""PERF-012: weak segments are found, proven on other rows, and not invented."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines_lib.assurance.performance import weak_segments
from pipelines_lib.assurance.performance.weak_segments import (
    by_importance,
    check_segments,
    segment_features,
)
from pipelines_lib.assurance.sampled_rows import SampledRows
from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.modelling.features import FeatureContract, InputFeature
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule

PARAMETERS = {
    "confidence": 0.95,
    "auc_shortfall": 0.05,
    "auc_floor": 0.55,
    "log_ratio": 0.2,
    "minimum_share": 0.05,
    "minimum_outcomes": 20,
    "bands": 4,
    "pair_features": 2,
    "overlap": 0.5,
    "most": 10,
    "max_rows": 20_000,
}
PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
FEATURES = ("x", "z", "home")


def rule(**changes):
    return Rule(
        check="PERF-012",
        measure="weak segments",
        consequence=Consequence.SCREEN,
        basis="house",
        citation="test",
        policy="house",
        direction="at_most",
        limit=0.0,
        parameters=tuple(sorted({**PARAMETERS, **changes}.items())),
    )


CONTRACT = FeatureContract(
    (
        InputFeature("x", "number", (), "none", (), "why"),
        InputFeature("z", "number", (), "none", (), "why"),
        InputFeature("home", "category", ("own", "rent", "family"), "none", (), "why"),
    )
)


def healthy(seed=0, n=4000):
    """Two features, a category, and scores that are exactly right. Half of it validation."""
    rng = np.random.default_rng(seed)
    x, z, home = rng.normal(size=n), rng.normal(size=n), rng.integers(0, 3, n)
    scores = 1 / (1 + np.exp(-(x + z - 1)))
    return SampledRows(
        contract=CONTRACT,
        inputs=np.column_stack([x, z, home]).astype(np.float32),
        labels=(rng.random(n) < scores).astype(np.int8),
        windows=np.where(np.arange(n) < n // 2, "validation", "out_of_time"),
        dates=np.full(n, np.datetime64("2025-01-01")),
        scores={"candidate": scores},
        places=np.arange(n),
    )


def planted(where, how, *, windows=("validation", "out_of_time"), **given):
    """Healthy rows, but among some of them outcomes or scores are others."""
    rows = healthy(**given)
    labels, scores = rows.labels.copy(), rows.scores["candidate"].copy()
    chosen = where(rows) & np.isin(rows.windows, windows)
    if how == "noise":
        labels[chosen] = np.random.default_rng(9).random(int(chosen.sum())) < labels[chosen].mean()
    elif how == "flat":
        scores[chosen] = labels[chosen].mean()
    else:
        scores[chosen] *= 0.5
    return replace(rows, labels=labels, scores={"candidate": scores})


def renters(rows):
    return rows.column("home") == 1


def ask(rows, features=FEATURES, **changes):
    (check,), figures = check_segments(rows, features, rule(**changes))
    return check, figures


def confirmed(figures):
    return {(each.words, each.weakness) for each in figures.found if each.confirmed}


def test_a_healthy_model_has_no_weak_segment():
    check, figures = ask(healthy())
    assert (check.code, check.subject, check.outcome) == ("PERF-012", "segments", PASSED)
    assert confirmed(figures) == set()
    assert figures.asked >= 3 + 8


@pytest.mark.parametrize(
    ("how", "weakness"), [("noise", "ranking"), ("flat", "chance"), ("half", "calibration")]
)
def test_a_planted_weakness_is_found_and_named(how, weakness):
    check, figures = ask(planted(renters, how))
    assert check.outcome is FAILED
    assert ("home = rent", weakness) in confirmed(figures)
    assert check.observed == len(confirmed(figures))
    assert "home = rent" in check.explanation


def test_a_weakness_of_a_pair_is_found_and_defined_by_both():
    def corner(rows):
        return (rows.column("x") > 0.4) & (rows.column("z") > 0.4)

    check, figures = ask(planted(corner, "noise", n=12_000), ("x", "z"), minimum_share=0.02)
    assert check.outcome is FAILED
    features = {
        frozenset(each.feature for each in found.segment.conditions)
        for found in figures.found
        if found.confirmed
    }
    assert frozenset({"x", "z"}) in features


def test_what_is_weak_in_validation_alone_is_shown_and_not_confirmed():
    check, figures = ask(planted(renters, "half", windows=("validation",)))
    assert check.outcome is PASSED
    assert "home = rent" in {found.words for found in figures.found}
    assert confirmed(figures) == set()


def test_what_is_weak_out_of_time_alone_was_not_looked_for():
    check, _ = ask(planted(renters, "half", windows=("out_of_time",)))
    assert check.outcome is PASSED


def test_people_who_are_all_alike_are_no_weak_segment():
    """The middle half by the strongest feature ranks far below the whole, as it must."""
    rows = healthy(n=20_000)
    x = rows.column("x").astype(np.float64)
    scores = 1 / (1 + np.exp(-2 * x))
    labels = (np.random.default_rng(2).random(rows.n) < scores).astype(np.int8)
    rows = replace(rows, labels=labels, scores={"candidate": scores})
    check, figures = ask(rows, ("x", "z"))
    middle = np.abs(x) < 0.67
    inside = weak_segments.standing(labels[middle], scores[middle], 0.95)
    assert figures.whole["validation"].auc - inside.auc > 0.1
    assert check.outcome is PASSED


@pytest.mark.parametrize(("beyond", "outcome"), [(0.0, FAILED), (1e-6, PASSED)])
def test_a_segment_below_the_least_share_is_not_asked(beyond, outcome):
    rows = planted(renters, "half")
    windows = [rows.within(name) for name in ("validation", "out_of_time")]
    least = min(float(renters(each).mean()) for each in windows)
    check, _ = ask(rows, ("home",), minimum_share=least + beyond)
    assert check.outcome is outcome


@pytest.mark.parametrize(("limit", "outcome"), [(0.3, FAILED), (1.2, PASSED)])
def test_how_weak_is_weak_is_for_the_policy(limit, outcome):
    """Half the probability is a log ratio of 0.69."""
    rows = planted(renters, "half", n=8000)
    check, _ = ask(rows, ("home",), log_ratio=limit, auc_shortfall=0.5, auc_floor=0.1)
    assert check.outcome is outcome


def test_healthy_models_are_hardly_ever_called_weak():
    outcomes = [ask(healthy(seed, n=1500), bands=3)[0].outcome for seed in range(40)]
    assert outcomes.count(FAILED) <= 2


def test_the_whole_being_overconfident_is_not_blamed_on_every_segment():
    rows = healthy(n=8000)
    noisy = np.random.default_rng(1).normal(0, 2.5, rows.n)
    odds = np.log(rows.scores["candidate"] / (1 - rows.scores["candidate"]))
    worse = replace(rows, scores={"candidate": 1 / (1 + np.exp(-(odds + noisy)))})
    found = ask(worse, log_ratio=9.0, auc_floor=0.0)[1]
    assert {each.weakness for each in found.found if each.confirmed} <= {"chance"}


@pytest.mark.parametrize("positives", [0, 10])
def test_too_few_outcomes_are_not_enough_evidence(positives):
    rows = healthy()
    labels = np.zeros(rows.n, dtype=np.int8)
    labels[:positives] = 1
    check, figures = ask(replace(rows, labels=labels))
    assert check.outcome is OPEN
    assert parse(canonical_bytes(figures))["found"] == []


def test_an_empty_window_is_not_enough_evidence():
    rows = healthy()
    for gone in ("validation", "out_of_time"):
        left = rows.where(rows.windows != gone)
        assert ask(left)[0].outcome is OPEN
    assert ask(rows.where(np.zeros(rows.n, dtype=bool)))[0].outcome is OPEN


def test_extreme_columns_are_cut_without_a_warning():
    rows = healthy()
    inputs = rows.inputs.copy()
    inputs[:, 0] = np.nan
    inputs[:, 1] = np.where(np.arange(rows.n) % 2, np.finfo(np.float32).max, -(2.0**60))
    assert ask(replace(rows, inputs=inputs))[0].outcome is PASSED


def test_a_category_of_many_levels_costs_no_more_than_those_that_are_met():
    rows = healthy()
    levels = tuple(f"l{place}" for place in range(100_000))
    contract = FeatureContract(
        (*CONTRACT.features[:2], replace(CONTRACT.features[2], levels=levels))
    )
    check, figures = ask(replace(rows, contract=contract))
    assert (check.outcome, figures.asked >= 3) == (PASSED, True)


def test_the_definition_in_the_evidence_marks_the_same_rows():
    rows = planted(renters, "half")
    told = parse(canonical_bytes(ask(rows)[1]))
    segments = [weak_segments.Segment.from_plain(each["segment"]) for each in told["found"]]
    shares = [each["share"] for each in told["found"]]
    newest = rows.within("out_of_time")
    assert [round(float(each.holds(newest).mean()), 4) for each in segments] == shares


def test_only_named_features_define_segments_and_protected_attributes_never(spec):
    assert segment_features(spec) == ("income", "arrears", "home")
    data = spec.model_dump(mode="json")
    chosen = ModelSpec.model_validate({**data, "segments": ["home", "SEX", "income"]})
    assert segment_features(chosen) == ("home", "income")


def test_features_are_ordered_by_how_much_they_move_the_score(bank):
    people = bank.people(300)
    package = bank.package(people, bank.weighted([0.001, 5.0, 0.5]))
    rows = replace(healthy(n=300), contract=package.contract, inputs=package.inputs(people))
    assert by_importance(rows, package, ("home", "income", "arrears")) == (
        "arrears",
        "home",
        "income",
    )
