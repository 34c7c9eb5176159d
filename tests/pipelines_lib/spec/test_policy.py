"""A policy pack is dated, rules each check once, and states a limit for every tier."""

from datetime import date

import pytest
from pydantic import ValidationError

from pipelines_lib.results import Consequence
from pipelines_lib.spec.policy import PolicyPack, PolicyRule

RULE = {
    "check": "PERF-001",
    "measure": "AUC",
    "consequence": "hard",
    "basis": "house",
    "citation": "Standard 1",
}
PACK = {
    "policy": "house",
    "title": "House",
    "effective_from": date(2025, 1, 1),
    "approval_required_for_tiers": [1, 2],
    "rules": [RULE],
}


def refused(kind, data):
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(data)
    return [error["msg"].removeprefix("Value error, ") for error in caught.value.errors()]


def pack(**changes):
    return PolicyPack.model_validate({**PACK, **changes})


def test_one_number_holds_for_all_tiers():
    rule = PolicyRule.model_validate({**RULE, "at_least": 1})
    assert [rule.at_least.for_tier(tier) for tier in (1, 2, 3)] == [1.0, 1.0, 1.0]


def test_each_tier_may_have_its_own_number():
    limits = {"tier_1": 0.1, "tier_2": 0.2, "tier_3": 0.3}
    rule = PolicyRule.model_validate({**RULE, "at_most": limits})
    assert [rule.at_most.for_tier(tier) for tier in (1, 2, 3)] == [0.1, 0.2, 0.3]


def test_a_tier_without_a_number_is_missed():
    assert refused(PolicyRule, {**RULE, "at_most": {"tier_1": 1, "tier_2": 2}}) == [
        "Field required"
    ]


@pytest.mark.parametrize("limit", [float("inf"), float("nan")])
def test_a_limit_is_a_finite_number(limit):
    assert set(refused(PolicyRule, {**RULE, "at_least": limit})) == {
        "Input should be a finite number"
    }


@pytest.mark.parametrize("limit", [True, "high"])
def test_a_limit_is_no_word(limit):
    (said,) = refused(PolicyRule, {**RULE, "at_least": limit})
    assert "TierLimits" in said


def test_a_rule_has_one_direction_or_none():
    assert refused(PolicyRule, {**RULE, "at_least": 0, "at_most": 1}) == [
        "give at_least or at_most, not both"
    ]
    rule = PolicyRule.model_validate(RULE)
    assert (rule.at_least, rule.at_most, rule.verified) == (None, None, True)


@pytest.mark.parametrize("code", ["PERF-1", "perf-001", "COST-001", "PERF-0001"])
def test_a_check_has_a_stable_code(code):
    (said,) = refused(PolicyRule, {**RULE, "check": code})
    assert said.startswith("String should match pattern")


def test_consequences_are_hard_screen_and_record():
    for word in ("hard", "screen", "record"):
        rule = PolicyRule.model_validate({**RULE, "consequence": word})
        assert {rule.consequence.for_tier(tier) for tier in (1, 2, 3)} == {Consequence(word)}
    for word in ("Hard", "soft", 1, None):
        assert refused(PolicyRule, {**RULE, "consequence": word}) == [
            f"{word!r} is not one of hard, screen, record"
        ]


def test_each_tier_may_have_its_own_consequence():
    tiers = {"tier_1": "hard", "tier_2": "screen", "tier_3": "record"}
    rule = PolicyRule.model_validate({**RULE, "consequence": tiers})
    assert [str(rule.consequence.for_tier(tier)) for tier in (1, 2, 3)] == list(tiers.values())
    assert refused(PolicyRule, {**RULE, "consequence": {**tiers, "tier_3": "soft"}}) == [
        "'soft' is not one of hard, screen, record"
    ]
    assert refused(PolicyRule, {**RULE, "consequence": {"tier_1": "hard"}}) == [
        "Field required",
        "Field required",
    ]


def test_a_pack_rules_each_check_once():
    other = {**RULE, "check": "PERF-002"}
    assert refused(PolicyPack, {**PACK, "rules": [RULE, other, RULE]}) == [
        "PERF-001 has more than one rule on one day; give each check one"
    ]


@pytest.mark.parametrize(
    ("begins", "once"), [(date(2026, 4, 17), True), (date(2026, 4, 16), False)]
)
def test_one_rule_may_follow_another_from_the_very_next_day(begins, once):
    rules = [
        {**RULE, "effective_until": date(2026, 4, 16), "citation": "old"},
        {**RULE, "effective_from": begins, "citation": "new"},
    ]
    if once:
        held = pack(rules=rules)
        for day, citation in ((date(2026, 4, 16), "old"), (date(2026, 4, 17), "new")):
            assert [each.citation for each in held.rules if each.in_force(day)] == [citation]
    else:
        (said,) = refused(PolicyPack, {**PACK, "rules": rules})
        assert "more than one rule on one day" in said


def test_a_rule_may_not_end_before_it_begins():
    term = {"effective_from": date(2026, 4, 17), "effective_until": date(2026, 4, 16)}
    assert refused(PolicyRule, {**RULE, **term}) == [
        "effective_until is before effective_from; it is never in force"
    ]


def test_a_pack_lists_texts_that_no_longer_stand():
    held = pack(rescinded=[{"text": "SR 11-7", "rescinded_on": date(2026, 4, 17)}])
    (text,) = held.rescinded
    assert (text.text, text.rescinded_on, text.replaced_by) == ("SR 11-7", date(2026, 4, 17), None)


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2024, 12, 31), False),
        (date(2025, 1, 1), True),
        (date(2025, 6, 30), True),
        (date(2025, 7, 1), False),
    ],
)
def test_a_pack_is_in_force_from_its_first_to_its_last_day_both_included(day, holds):
    assert pack(effective_until=date(2025, 6, 30)).in_force(day) is holds


def test_a_pack_without_an_end_stays_in_force():
    assert pack().in_force(date(2099, 12, 31))
    assert not pack().in_force(date(2024, 12, 31))


def test_a_pack_may_hold_for_one_day_but_not_end_before_it_begins():
    assert pack(effective_until=date(2025, 1, 1)).in_force(date(2025, 1, 1))
    assert refused(PolicyPack, {**PACK, "effective_until": date(2024, 12, 31)}) == [
        "effective_until is before effective_from; it is never in force"
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"approval_required_for_tiers": [4]}, "Input should be 1, 2 or 3"),
        ({"approval_required_for_tiers": [True]}, "it must be 1, 2 or 3, not True"),
        ({"approval_required_for_tiers": 1}, "Input should be a valid tuple"),
        ({"rules": 1}, "Input should be a valid tuple"),
        ({"rules": []}, "Value should have at least 1 item after validation, not 0"),
    ],
)
def test_tiers_and_rules_are_lists(changes, said):
    assert refused(PolicyPack, {**PACK, **changes}) == [said]


def test_a_pack_has_a_hash_of_what_it_means():
    assert pack().sha256 == pack().sha256
    assert pack(title="House ").sha256 == pack().sha256
    assert pack(title="Other").sha256 != pack().sha256
    looser = {**RULE, "parameters": {"confidence": 0.9}}
    assert pack(rules=[looser]).sha256 != pack().sha256
