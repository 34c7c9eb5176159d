"""FAIR-009: could the inputs stand in for a protected attribute?"""

from dataclasses import replace

import numpy as np
import pytest

from pipelines_lib.assurance.fairness.association import coded
from pipelines_lib.assurance.fairness.groups import Grouping
from pipelines_lib.assurance.fairness.proxies import check_proxies
from pipelines_lib.canonical import canonical_bytes, plain
from pipelines_lib.modelling.features import FeatureContract, InputFeature
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.protected import ProtectedAttribute
from pipelines_lib.spec.rulebook import Rule

SEX = ProtectedAttribute(
    name="sex", column="sex", reference="men", groups={"men": ("1",), "women": ("2",)}
)
RULE = Rule(
    "FAIR-009",
    "AUC",
    Consequence.SCREEN,
    "house",
    "test",
    "house",
    direction="at_most",
    limit=0.75,
    parameters=(
        ("bins", 8),
        ("confidence", 0.95),
        ("max_rows", 1000),
        ("minimum_rows", 30),
        ("minimum_share", 0.02),
    ),
)
CONTRACT = FeatureContract(
    tuple(InputFeature(name, "number", (), "none", (), "") for name in ("income", "age"))
)


def ask(index, *, shift, rule=RULE, seed=0):
    rng = np.random.default_rng(seed)
    index = np.asarray(index)
    inputs = np.column_stack([rng.normal(-shift * (index == 1)), rng.normal(size=len(index))])
    grouping = Grouping(("men", "women", "unknown"), index)
    bins = coded(CONTRACT, inputs.astype(np.float32), 8)
    (check,), figures = check_proxies(rule, (SEX,), bins, (grouping,))
    return check, figures.attributes[0]


def halves(rows):
    return np.arange(rows) % 2


@pytest.mark.parametrize(
    ("shift", "outcome"),
    [(0.3, Outcome.PASSED), (0.95, Outcome.NOT_ENOUGH_EVIDENCE), (2.0, Outcome.FAILED)],
)
def test_what_surely_stays_below_passes_and_what_surely_lies_above_fails(shift, outcome):
    check, figures = ask(halves(2_000), shift=shift)
    assert (check.outcome, check.subject) == (outcome, "sex")
    assert figures.strongest[0].feature == "income"
    assert "income" in check.explanation


def test_an_interval_that_ends_at_the_limit_passes_and_a_hair_above_it_does_not():
    high = ask(halves(2_000), shift=0.5)[0].interval.high
    assert ask(halves(2_000), shift=0.5, rule=replace(RULE, limit=high))[0].passed
    below = replace(RULE, limit=float(np.nextafter(high, 0)))
    assert ask(halves(2_000), shift=0.5, rule=below)[0].outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_the_confidence_is_shared_out_over_all_declared_groups():
    check, _ = ask(halves(500), shift=0.5)
    assert check.interval.confidence == pytest.approx(1 - 0.05 / 2)


def test_a_group_below_the_minimum_share_is_drawn_and_not_judged():
    index = np.where(np.arange(2_000) < 39, 1, 0)
    check, figures = ask(index, shift=3.0)
    women = figures.groups[1]
    assert (women.group, women.rows, women.small) == ("women", 39, True)
    assert women.auc > 0.9
    assert check.observed == pytest.approx(ask(index, shift=3.0)[1].groups[0].auc, abs=1e-4)


@pytest.mark.parametrize("index", [[], [0], [0] * 500, [2] * 500, [0, 1]])
def test_nobody_one_person_or_one_group_is_not_enough_evidence(index):
    check, figures = ask(np.array(index, dtype=int), shift=1.0)
    assert check.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    canonical_bytes(plain(figures))


def test_unknown_people_are_not_a_group_that_is_judged():
    _, figures = ask(halves(500), shift=1.0)
    assert [group.group for group in figures.groups] == ["men", "women"]


@pytest.mark.parametrize("order", ["in turn", "one after the other"])
def test_a_perfect_proxy_fails_without_a_warning_however_people_are_ordered(order):
    index = halves(1_000) if order == "in turn" else np.sort(halves(1_000))
    check, _ = ask(index, shift=50.0)
    assert check.outcome is Outcome.FAILED
    assert check.observed == pytest.approx(1.0, abs=0.01)


def test_the_share_of_false_alarms_is_below_one_in_twenty():
    rule = replace(RULE, limit=0.5)  # inputs that know nothing lie exactly on this limit
    alarms = [
        ask(halves(300), shift=0.0, rule=rule, seed=seed)[0].outcome is Outcome.FAILED
        for seed in range(100)
    ]
    assert np.mean(alarms) <= 0.05
