"""PERF-010: what the decisions cost, against deciding without a model."""

import numpy as np
import pytest

from pipelines_lib.assurance.performance.cost import check_cost
from pipelines_lib.assurance.scored import Sample, Scored
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.decision import Costs
from pipelines_lib.spec.rulebook import Rule

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
COSTS = Costs(currency="TWD", approved_bad=10, declined_good=2)


def rule(limit=0.0, **parameters):
    stated = {"confidence": 0.95, "minimum_positives": 1, **parameters}
    return Rule(
        check="PERF-010",
        measure="share saved",
        consequence=Consequence.HARD,
        basis="house",
        citation="test",
        policy="house",
        direction="at_least",
        limit=limit,
        parameters=tuple(stated.items()),
    )


def drawn(n=3000, seed=1, signal=2.0):
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.2).astype(np.int8)
    odds = -1.8 + signal * labels + rng.normal(size=n)
    return labels, 1 / (1 + np.exp(-odds))


def sample(labels, scores):
    return Sample(np.asarray(labels, dtype=np.int8), {"candidate": np.asarray(scores, float)})


def ask(out_of_time=None, cutoff=0.3, book=None, costs=COSTS, validation=None):
    windows = {
        "out_of_time": sample(*(drawn() if out_of_time is None else out_of_time)),
        "validation": sample(*(drawn(seed=2) if validation is None else validation)),
    }
    return check_cost(Scored(windows), book or rule(), costs, cutoff=cutoff)


def test_costs_by_hand():
    # declined: .9 (bad), .6 (good); approved: .2 (bad), .1 .1 (good): 10 + 2 of 5 rows
    _, figures = ask(([1, 0, 1, 0, 0], [0.9, 0.6, 0.2, 0.1, 0.1]), cutoff=0.5)
    assert figures.cost == pytest.approx(1000 * 12 / 5)
    assert figures.approve_all == pytest.approx(1000 * 20 / 5)
    assert figures.decline_all == pytest.approx(1000 * 6 / 5)
    assert figures.saving == pytest.approx(1000 * (6 - 12) / 5)
    assert figures.approved_share == pytest.approx(3 / 5)
    assert figures.break_even == pytest.approx(2 / 12)


def test_a_useful_model_saves_against_the_cheaper_rule_and_the_sentence_says_so():
    check, figures = ask()
    assert (check.subject, check.outcome) == ("out_of_time", PASSED)
    cheaper = min(figures.approve_all, figures.decline_all)
    assert check.observed == pytest.approx(1 - figures.cost / cheaper)
    assert figures.saving == pytest.approx(cheaper - figures.cost)
    assert f"saves {figures.saving:,.0f} (95 % interval" in check.explanation
    assert "TWD per 1,000 applications against declining everybody" in check.explanation


def test_a_score_that_knows_nothing_costs_more_than_no_score():
    check, figures = ask(drawn(signal=0.0))
    assert check.outcome is FAILED
    assert figures.saving < 0


def test_a_lower_end_at_the_limit_passes_and_a_hair_less_is_open():
    low = ask()[0].interval.low
    assert ask(book=rule(low))[0].outcome is PASSED
    assert ask(book=rule(low + 1e-9))[0].outcome is OPEN


@pytest.mark.parametrize(("cutoff", "word"), [(0.0, "declines"), (1.1, "approves")])
def test_a_cut_off_that_decides_nothing_is_said_and_never_passes(cutoff, word):
    check, figures = ask(cutoff=cutoff)
    assert check.outcome is OPEN
    assert f"the cut-off {word} everybody" in check.explanation
    assert figures.approved_share == (0.0 if word == "declines" else 1.0)
    assert figures.saving <= 0


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([], "no row has a known outcome"),
        ([1], "only one outcome occurred"),
        ([0] * 300, "only one outcome occurred"),
        ([1] * 300, "only one outcome occurred"),
    ],
)
def test_rows_that_carry_no_price_leave_the_question_open(labels, said):
    check, figures = ask((labels, np.linspace(0.1, 0.9, len(labels))))
    assert check.outcome is OPEN
    assert said in check.explanation
    canonical_bytes(figures)


@pytest.mark.parametrize(("positives", "answered"), [(30, True), (29, False)])
def test_one_positive_fewer_than_the_policy_asks_leaves_the_question_open(positives, answered):
    labels = np.arange(3000) < positives
    check, _ = ask((labels, np.where(labels, 0.9, drawn()[1])), book=rule(minimum_positives=30))
    assert (check.observed is not None) is answered


def test_the_cheapest_cut_off_is_found_on_validation_by_trying_all_of_them():
    labels, scores = drawn(400, seed=2)
    _, figures = ask(validation=(labels, scores))

    def spent(cutoff):
        declined = scores >= cutoff
        return 10 * np.sum(labels & ~declined) + 2 * np.sum((labels == 0) & declined)

    tried = {cutoff: spent(cutoff) for cutoff in [*np.unique(scores), 1.0]}
    assert 0 < figures.cheapest_cutoff < 1
    assert spent(figures.cheapest_cutoff) == min(tried.values())


def test_what_the_chosen_cut_off_costs_beyond_the_cheapest_is_priced_out_of_time():
    _, figures = ask(cutoff=0.7)
    assert figures.beyond == pytest.approx(figures.cost - figures.cheapest_cost)
    assert figures.beyond_interval.low > 0


@pytest.mark.parametrize(
    ("bad", "good", "rule_without_a_model"), [(1, 1000, "approve_all"), (1000, 1, "decline_all")]
)
def test_where_one_side_never_pays_the_cheapest_cut_off_decides_alike_on_any_score(
    bad, good, rule_without_a_model
):
    labels, scores = [0, 1, 0, 1], [0.2, 0.19, 0.3, 0.25]
    costs = Costs(currency="EUR", approved_bad=bad, declined_good=good)
    _, figures = ask(validation=(labels, scores), costs=costs)
    assert figures.cheapest_cost == getattr(figures, rule_without_a_model)


def test_the_curve_passes_through_both_rules_without_a_model():
    _, figures = ask()
    assert len(figures.curve) == 101
    assert figures.curve[0] == (0.0, pytest.approx(figures.decline_all, rel=1e-4))
    assert figures.curve[-1][1] == pytest.approx(figures.approve_all, rel=0.02)
    assert len(canonical_bytes(figures)) < 4000


def test_no_validation_rows_leave_the_cheapest_cut_off_unknown():
    _, figures = ask(validation=([], []))
    assert (figures.cheapest_cutoff, figures.beyond) == (None, None)
