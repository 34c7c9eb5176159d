"""Rules of a night: the strictest policy, the gravest consequence, a spec that only tightens."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines_lib.errors import SpecError
from pipelines_lib.results import Consequence, Interval, Outcome
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.rulebook import Alongside, Rule, RuleBook, looser_limits, rulebook

DAY = date(2025, 4, 10)
FAILED, PASSED, OPEN = Outcome.FAILED, Outcome.PASSED, Outcome.NOT_ENOUGH_EVIDENCE
LIMITS = st.floats(-1e6, 1e6).map(lambda limit: round(limit, 6))
DIRECTIONS = st.sampled_from(["at_least", "at_most"])


def ruling(name="house", check="PERF-001", consequence="hard", **rule):
    """A pack of one rule."""
    written = {
        "check": check,
        "measure": "AUC",
        "consequence": consequence,
        "basis": "house",
        "citation": f"Standard of {name}",
        **rule,
    }
    return PolicyPack.model_validate(
        {
            "policy": name,
            "title": name,
            "effective_from": date(2025, 1, 1),
            "effective_until": date(2025, 12, 31),
            "approval_required_for_tiers": [1] if name == "house" else [2],
            "rules": [written],
        }
    )


def rules_of(spec, *packs, limits=None, day=DAY, tier=2):
    chosen = spec.model_copy(
        update={
            "policies": tuple(pack.policy for pack in packs),
            "limits": limits or {},
            "tier": tier,
        }
    )
    return rulebook(chosen, {pack.policy: pack for pack in packs}, day)


def rule(direction="at_least", limit=0.8, **parameters):
    return Rule(
        check="FAIR-001",
        measure="ratio",
        consequence=Consequence.SCREEN,
        basis="convention",
        citation="guideline",
        policy="house",
        direction=direction,
        limit=limit,
        parameters=tuple(sorted(parameters.items())),
    )


# --- Resolving -----------------------------------------------------------------------------


def test_a_rule_is_resolved_for_the_models_tier_and_says_where_it_comes_from(spec):
    pack = ruling(
        at_least={"tier_1": 0.75, "tier_2": 0.7, "tier_3": 0.65}, parameters={"b": 2, "a": 1}
    )
    found = rules_of(spec, pack)
    assert found.rule("PERF-001") == Rule(
        check="PERF-001",
        measure="AUC",
        consequence=Consequence.HARD,
        basis="house",
        citation="Standard of house",
        policy="house",
        direction="at_least",
        limit=0.7,
        parameters=(("a", 1.0), ("b", 2.0)),
    )
    assert found.policies == (("house", pack.sha256),)


@pytest.mark.parametrize(("tier", "people"), [(1, True), (2, False), (3, False)])
def test_people_approve_where_a_pack_asks_for_it_for_the_tier(spec, tier, people):
    assert rules_of(spec, ruling(), tier=tier).approval_required is people


def test_people_approve_where_any_of_several_packs_asks_for_it(spec):
    assert rules_of(spec, ruling(), ruling("other"), tier=2).approval_required


def test_rules_come_in_the_order_of_their_codes(spec):
    found = rules_of(spec, ruling("a", "PERF-003"), ruling("b", "DATA-001"))
    assert [each.check for each in found.rules] == ["DATA-001", "PERF-003"]


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2024, 12, 31), False),
        (date(2025, 1, 1), True),
        (date(2025, 12, 31), True),
        (date(2026, 1, 1), False),
    ],
)
def test_a_policy_that_is_not_in_force_on_the_night_is_refused(spec, day, holds):
    if holds:
        assert rules_of(spec, ruling(), day=day).policies
    else:
        with pytest.raises(SpecError, match=f"Policy house is not in force on {day}"):
            rules_of(spec, ruling(), day=day)


def test_a_check_that_no_policy_rules_cannot_be_judged(spec):
    found = rules_of(spec, ruling())
    assert "PERF-001" in found
    assert "FAIR-001" not in found
    with pytest.raises(SpecError, match="No policy of this model rules FAIR-001"):
        found.rule("FAIR-001")


# --- Several packs -------------------------------------------------------------------------


@given(DIRECTIONS, LIMITS, LIMITS)
def test_of_two_packs_the_strictest_limit_and_the_gravest_consequence_win(direction, one, other):
    strictest = max(one, other) if direction == "at_least" else min(one, other)
    first = ruling("a", consequence="record", **{direction: one})
    second = ruling("b", consequence="screen", **{direction: other})
    for packs in ((first, second), (second, first)):
        loosest = looser_limits({"PERF-001": strictest}, packs, 1)
        assert loosest == {}
        step = -1e-3 if direction == "at_least" else 1e-3
        assert set(looser_limits({"PERF-001": strictest + step}, packs, 1)) == {"PERF-001"}


def test_the_stricter_pack_lends_its_parameters_and_the_graver_its_consequence(spec):
    strict = ruling("strict", consequence="record", at_least=0.8, parameters={"confidence": 0.9})
    grave = ruling("grave", consequence="hard", at_least=0.7, parameters={"confidence": 0.5})
    for packs in ((strict, grave), (grave, strict)):
        found = rules_of(spec, *packs).rule("PERF-001")
        assert (found.limit, found.policy, found.citation) == (0.8, "strict", "Standard of strict")
        assert found.parameter("confidence") == 0.9
        assert found.consequence is Consequence.HARD


def test_two_packs_may_ask_the_same_yes_or_no_question(spec):
    packs = (
        ruling("a", "GOV-001", consequence="record"),
        ruling("b", "GOV-001", consequence="hard"),
    )
    found = rules_of(spec, *packs).rule("GOV-001")
    assert (found.policy, found.consequence, found.limit) == ("a", Consequence.HARD, None)


def test_packs_that_judge_one_check_in_opposite_directions_are_refused(spec):
    with pytest.raises(SpecError, match="a and b judge PERF-001 in opposite directions"):
        rules_of(spec, ruling("a", at_least=0.7), ruling("b", at_most=0.9))


def test_opposite_directions_are_found_past_a_pack_without_a_limit(spec):
    packs = (ruling("a", at_least=0.7), ruling("b"), ruling("c", at_most=0.9))
    with pytest.raises(SpecError, match="a and c judge PERF-001 in opposite directions"):
        rules_of(spec, *packs)


@pytest.mark.parametrize("house_first", [True, False])
def test_a_pack_without_a_limit_keeps_the_houses_and_adds_its_gravity_and_words(spec, house_first):
    house = ruling("house", consequence="screen", at_least=0.8, parameters={"confidence": 0.95})
    law = ruling("law", basis="law", words=["race"], parameters={"confidence": 0.5, "rows": 9})
    packs = (house, law) if house_first else (law, house)
    found = rules_of(spec, *packs).rule("PERF-001")
    assert (found.limit, found.direction, found.policy) == (0.8, "at_least", "house")
    assert (found.consequence, found.words) == (Consequence.HARD, ("race",))
    assert (found.parameter("confidence"), found.parameter("rows")) == (0.95, 9)
    assert found.also == (Alongside("law", Consequence.HARD, "law", "Standard of law"),)


def test_the_stricter_limit_of_a_pack_without_parameters_keeps_the_houses_parameters(spec):
    house = ruling("house", at_least=0.7, parameters={"confidence": 0.95})
    found = rules_of(spec, house, ruling("law", at_least=0.8)).rule("PERF-001")
    assert (found.limit, found.policy, found.parameter("confidence")) == (0.8, "law", 0.95)


def test_the_words_of_all_packs_count_each_once(spec):
    packs = (ruling("a", words=["race", "sex"]), ruling("b", words=["sex", "health"]))
    assert rules_of(spec, *packs).rule("PERF-001").words == ("race", "sex", "health")


def test_of_three_packs_every_other_one_is_named_with_its_basis(spec):
    packs = (ruling("a"), ruling("b", at_least=0.7), ruling("c", verified=False))
    found = rules_of(spec, *packs).rule("PERF-001")
    assert found.policy == "b"
    assert {(each.policy, each.verified) for each in found.also} == {("a", True), ("c", False)}


def test_a_rule_holds_from_its_first_to_its_last_day_within_its_pack(spec):
    term = {"effective_from": date(2025, 4, 1), "effective_until": date(2025, 4, 30)}
    packs = (ruling("a", "GOV-001"), ruling("b", at_least=0.7, **term))
    for day, holds in (
        (date(2025, 3, 31), False),
        (date(2025, 4, 1), True),
        (date(2025, 4, 30), True),
        (date(2025, 5, 1), False),
    ):
        assert ("PERF-001" in rules_of(spec, *packs, day=day)) is holds


def test_a_specs_limit_that_other_rules_outdo_gives_way_to_theirs(spec):
    found = rules_of(spec, ruling("a", at_least=0.8), limits={"PERF-001": 0.75}).rule("PERF-001")
    assert (found.limit, found.policy) == (0.8, "a")


# --- A spec tightens -----------------------------------------------------------------------


@given(DIRECTIONS, LIMITS, LIMITS)
def test_a_spec_may_tighten_a_limit_and_never_loosen_it(direction, policy, own):
    """Whatever the limits: either the spec is refused, or nothing passes that failed before."""
    pack = ruling(**{direction: policy})
    refused = looser_limits({"PERF-001": own}, [pack], 1)
    assert bool(refused) == (own < policy if direction == "at_least" else own > policy)
    if not refused:
        before, after = rule(direction, policy), rule(direction, own)
        for value in (policy, own, policy - 1, policy + 1, (policy + own) / 2):
            assert before.holds(value) or not after.holds(value)


def test_a_tightened_rule_says_that_the_spec_tightened_it(spec):
    found = rules_of(spec, ruling(at_least=0.7), limits={"PERF-001": 0.72}).rule("PERF-001")
    assert (found.limit, found.policy) == (0.72, "house + spec")


def test_a_looser_limit_and_one_without_a_rule_are_explained():
    packs = [ruling(at_least=0.7), ruling("other", "GOV-001")]
    assert looser_limits({"PERF-001": 0.69, "GOV-001": 1, "FAIR-001": 0.9}, packs, 1) == {
        "PERF-001": "0.69 is looser than policy house, which requires AUC >= 0.7",
        "GOV-001": "no policy of this model sets a limit for GOV-001",
        "FAIR-001": "no policy of this model sets a limit for FAIR-001",
    }


# --- Judging -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "value", "holds"),
    [
        ("at_least", 0.8, True),
        ("at_least", 0.7999999, False),
        ("at_most", 0.8, True),
        ("at_most", 0.8000001, False),
    ],
)
def test_the_limit_itself_passes_and_one_step_past_it_does_not(direction, value, holds):
    judged = rule(direction)
    assert judged.holds(value) is holds
    assert judged.judge("x", value, "").outcome is (PASSED if holds else FAILED)


@pytest.mark.parametrize(
    ("direction", "low", "high", "outcome"),
    [
        ("at_least", 0.80, 0.90, PASSED),
        ("at_least", 0.79, 0.90, OPEN),
        ("at_least", 0.70, 0.80, OPEN),
        ("at_least", 0.70, 0.79, FAILED),
        ("at_most", 0.70, 0.80, PASSED),
        ("at_most", 0.70, 0.81, OPEN),
        ("at_most", 0.80, 0.90, OPEN),
        ("at_most", 0.81, 0.90, FAILED),
        ("at_least", 0.80, 0.80, PASSED),
    ],
)
def test_an_interval_passes_inside_fails_outside_and_decides_nothing_across(
    direction, low, high, outcome
):
    interval = Interval(low, high, 0.95)
    result = rule(direction).judge("x", (low + high) / 2, "", interval=interval)
    assert (result.outcome, result.interval) == (outcome, interval)


@pytest.mark.parametrize("interval", [None, Interval(0.9, 0.95, 0.95)])
def test_a_figure_that_could_not_be_computed_is_not_enough_evidence(interval):
    assert rule().judge("x", None, "", interval=interval).outcome is OPEN


@pytest.mark.parametrize(("n", "outcome"), [(29, OPEN), (30, PASSED), (None, PASSED)])
def test_fewer_rows_than_the_policy_asks_for_are_not_enough_evidence(n, outcome):
    assert rule(minimum_rows=30.0).judge("x", 0.9, "", n=n).outcome is outcome


def test_a_figure_that_is_not_a_number_never_passes():
    assert rule().judge("x", float("nan"), "").outcome is FAILED
    assert rule("at_most").judge("x", float("nan"), "").outcome is FAILED


def test_a_result_carries_the_rules_words_and_all_figures():
    result = rule().judge("sex=female", 0.75, "too low", interval=Interval(0.7, 0.78, 0.95), n=9)
    assert (result.code, result.subject, result.n) == ("FAIR-001", "sex=female", 9)
    assert (result.required, result.basis) == ("ratio >= 0.8", "convention")
    assert (result.explanation, result.observed) == ("too low", 0.75)


@pytest.mark.parametrize(("holds", "outcome"), [(True, PASSED), (False, FAILED), (None, OPEN)])
def test_a_yes_or_no_question_has_three_answers(holds, outcome):
    result = rule(None, None).answer("model", "said", holds=holds, n=3)
    assert (result.outcome, result.required, result.n) == (outcome, "ratio", 3)


@pytest.mark.parametrize(
    ("direction", "limit", "text"),
    [("at_least", 0.8, "ratio >= 0.8"), ("at_most", 1, "ratio <= 1"), (None, None, "ratio")],
)
def test_a_limit_reads_as_a_person_writes_it(direction, limit, text):
    assert rule(direction, limit).required == text


def test_a_rule_without_a_limit_holds_for_no_value():
    with pytest.raises(SpecError, match="rules FAIR-001 without a limit"):
        rule(None, None).judge("x", 0.9, "")


def test_a_parameter_the_policy_does_not_state_is_missed():
    judged = rule(confidence=0.95)
    assert judged.parameter("confidence") == 0.95
    with pytest.raises(SpecError, match="FAIR-001 without the parameter 'nights'"):
        judged.parameter("nights")


def test_a_rulebook_without_rules_holds_none():
    assert "PERF-001" not in RuleBook((), approval_required=False, policies=())
