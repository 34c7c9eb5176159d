"""The simulation of false alarms and power: its world, its counting, its page."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.null import power
from benchmarks.null.alarms import BY_DESIGN, NOT_ASKED, Tally, alarming, count, topics
from benchmarks.null.power import TRIALS, Caught, smallest
from benchmarks.null.table import BEGIN, END, HEADING, page, replaced, too_often
from benchmarks.null.world import CUTOFF, NOTHING, Bench, Effects, night, people, seeing
from pipelines_lib.assurance.questions import FIRST_ROUND
from pipelines_lib.assurance.ranking import Ranking, auc_difference
from pipelines_lib.assurance.scored import CANDIDATE, CHAMPION
from pipelines_lib.modelling.features import matrix
from pipelines_lib.modelling.logistic import fit_logistic, sigmoid
from pipelines_lib.results import Answer, CheckResult, Outcome

MANY = 200_000


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench.at(tmp_path_factory.mktemp("null"))


@pytest.fixture(scope="module")
def crowd():
    return people(np.random.default_rng(0), MANY, NOTHING, np.zeros(MANY, np.bool_))


@pytest.fixture(scope="module")
def made(bench):
    return night(bench, 200, 1, evidence={"figures": {}})


@pytest.mark.parametrize("coins", [("heads",), ("tails",), ()])
def test_every_model_of_the_world_is_calibrated(bench, crowd, coins):
    margin = seeing(*coins).margin(matrix(bench.contract, crowd.table))
    (slope,), intercept = fit_logistic(margin[:, None], crowd.bad.astype(float), ridge=0.0)
    assert slope == pytest.approx(1.0, abs=0.02)
    assert intercept == pytest.approx(0.0, abs=0.02)
    assert sigmoid(margin).mean() == pytest.approx(crowd.bad.mean(), abs=0.003)


def test_candidate_and_champion_are_equally_good_and_not_the_same(bench, crowd):
    inputs = matrix(bench.contract, crowd.table)
    one, other = (
        Ranking.of(crowd.bad.astype(np.int8), seeing(coin).margin(inputs))
        for coin in ("heads", "tails")
    )
    assert auc_difference(one, other, 0.95).value == pytest.approx(0.0, abs=0.002)
    assert not np.array_equal(one.place, other.place)
    assert 0.77 < one.area < 0.82


def test_groups_are_dealt_out_without_looking(bench, crowd):
    declined = sigmoid(seeing("heads").margin(matrix(bench.contract, crowd.table))) >= CUTOFF
    for group in (crowd.sex, crowd.age):
        shares = [declined[group == each].mean() for each in np.unique(group)]
        assert np.ptp(shares) < 0.01


def test_the_windows_hold_the_rows_that_were_asked_for(made):
    rows = {window.name: window.rows for window in made.plan.windows}
    assert rows["out_of_time"] == pytest.approx(200, abs=20)
    assert made.plan.watch.rows > 200
    assert {CANDIDATE, CHAMPION} <= made.scored.models


def test_the_same_seed_is_the_same_night(bench, made):
    again = night(bench, 200, 1, evidence={"figures": {}})
    assert again.scores.sha256 == made.scores.sha256
    assert again.applications.sha256 != night(bench, 200, 2).applications.sha256


def test_every_question_chance_can_touch_is_asked():
    assert set(topics()) == set(FIRST_ROUND) - {"governance"}
    every = {ask for asked in FIRST_ROUND.values() for ask in asked}
    assert every >= NOT_ASKED


def test_alarms_are_failures_that_are_not_meant():
    def answer(code, outcome):
        return CheckResult(code, "s", outcome, "", "house", "")

    answers = (
        Answer("one", (answer("PERF-001", Outcome.FAILED), answer("PERF-007", Outcome.FAILED))),
        Answer("other", (answer("PERF-002", Outcome.NOT_ENOUGH_EVIDENCE),)),
    )
    assert set(BY_DESIGN) == {"PERF-007"}
    assert alarming(answers) == {"PERF-001"}


def test_a_few_nights_where_nothing_is_wrong_stay_quiet():
    """Seeded: the same nights each time. The whole count is made by the command."""
    tally = count(100, first=1_000, runs=1)
    assert (tally.runs, tally.anywhere) == (1, 0)
    assert {"LEAK-001", "PERF-001", "PERF-006", "FAIR-001", "DRIFT-001"} <= tally.asked


def test_tallies_of_one_size_add_up():
    one = Tally(50, 2, 1, Counter(drift=1), Counter({"DRIFT-001": 1}), frozenset({"DRIFT-001"}))
    both = one + replace(one, runs=3, asked=frozenset({"PERF-001"}))
    assert (both.runs, both.anywhere, both.topics["drift"]) == (5, 2, 2)
    assert both.asked == {"DRIFT-001", "PERF-001"}


def test_what_surely_alarms_too_often_is_named():
    often = Tally(50, 100, 12, Counter(drift=12), Counter({"DRIFT-001": 6}), frozenset())
    assert too_often([often]) == ("drift in 12% of 100 runs at 50 rows",)


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.effect)
def test_the_strongest_effect_is_caught_and_none_is_not(bench, trial):
    assert power._is_caught(bench, trial, trial.most, 1_000, 1)
    assert not power._is_caught(bench, trial, 0.0, 1_000, 1)


def test_every_trial_turns_up_one_effect_that_exists():
    assert len({trial.name for trial in TRIALS}) == len(TRIALS)
    for trial in TRIALS:
        assert getattr(Effects(), trial.effect) == 0.0


def test_what_an_effect_means_is_measured_on_many_people():
    assert power.impact_ratio(NOTHING) == "ratio 1.00"
    assert power.stability(NOTHING) == "PSI 0.00"
    assert power.slope(Effects(too_sure=1.0)) == "slope 0.50"
    assert power.leak(NOTHING) == "AUC 0.50"
    # Normal, one standard deviation apart: Phi(1 / sqrt 2) = 0.760.
    assert power.leak(Effects(leak=1.0)) == "AUC 0.76"


def test_the_smallest_effect_caught_lies_within_its_range(monkeypatch):
    monkeypatch.setattr(power, "HALVINGS", 2)
    caught = smallest("women approved less often", 200, 1)
    assert caught.size.startswith("ratio 0.")


def test_the_page_replaces_what_stands_between_its_markers_and_nothing_else():
    tally = Tally(50, 20, 1, Counter(drift=1), Counter({"DRIFT-001": 1}), frozenset({"DRIFT-001"}))
    made = page([tally], [Caught("moved", "DRIFT-001", 50, None)], "2026-01-01")
    assert "| drift | 5.0 % |" in made
    assert "| moved (DRIFT-001) | not caught |" in made
    first = replaced("# Checks\n", made)
    assert first.count(HEADING) == 1
    again = replaced(first + "# After\n", made.replace("5.0 %", "4.0 %"))
    assert again.endswith("# After\n")
    assert (again.count(BEGIN), again.count(END), again.count("4.0 %")) == (1, 1, 3)
    assert "## " not in made
