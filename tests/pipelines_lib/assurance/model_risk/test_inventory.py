"""GOV-001, GOV-002, GOV-003 and GOV-004: paperwork, people, policies and time."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipelines_lib.assurance.model_risk.inventory import check_governance
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.rulebook import Rule, RuleBook

NIGHT = date(2025, 4, 10)
CODES = ("GOV-001", "GOV-002", "GOV-003", "GOV-004")
PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE


def pack(first=date(2025, 1, 1), last=None):
    return PolicyPack.model_validate(
        {
            "policy": "house",
            "title": "House rules",
            "effective_from": first,
            "effective_until": last,
            "approval_required_for_tiers": [1],
            "rules": [
                {
                    "check": "GOV-001",
                    "measure": "inventory complete",
                    "consequence": "hard",
                    "basis": "house",
                    "citation": "test",
                }
            ],
        }
    )


def book(applied, codes=CODES):
    found = tuple(Rule(code, code, Consequence.HARD, "house", "test", "house") for code in codes)
    return RuleBook(found, approval_required=False, policies=(("house", applied.sha256),))


def ask(spec, *, packs=None, applied=None, champion=None, codes=CODES):
    held = {"house": pack()} if packs is None else packs
    rules = book(applied or held.get("house", pack()), codes)
    return check_governance(spec, held, rules, as_of=NIGHT, champion_as_of=champion)


def result(checks, code):
    (found,) = [check for check in checks if check.code == code]
    return found


def changed(spec, **parts):
    """The spec with some keys replaced: ``people={"owner": ...}`` changes one of them."""
    data = spec.model_dump(mode="json")
    for name, value in parts.items():
        data[name] = {**data[name], **value} if isinstance(value, dict) else value
    return ModelSpec.model_validate(data)


def test_a_model_in_order_passes_all_that_can_be_asked(spec):
    checks = ask(spec, champion=NIGHT - timedelta(days=1))
    assert [(check.code, check.subject) for check in checks] == [
        ("GOV-001", "model"),
        ("GOV-002", "people"),
        ("GOV-003", "house"),
        ("GOV-004", "champion"),
    ]
    assert {check.outcome for check in checks} == {PASSED}


@pytest.mark.parametrize("nothing", ["TBD", "todo.", " n/a ", "?", "-", "None"])
def test_a_placeholder_is_no_inventory_entry(spec, nothing):
    found = result(ask(changed(spec, purpose=nothing)), "GOV-001")
    assert (found.outcome, found.explanation) == (FAILED, "nothing is said under purpose")


@pytest.mark.parametrize(
    ("parts", "where"),
    [
        ({"title": "tbd"}, "title"),
        ({"people": {"owner": "unknown"}}, "people.owner"),
        ({"documentation": {"limitations": ["one market", "TBD"]}}, "documentation.limitations[1]"),
        ({"monitoring": {"action_on_breach": "todo"}}, "monitoring.action_on_breach"),
        ({"label": {"meaning": "?"}}, "label.meaning"),
    ],
)
def test_the_place_of_a_placeholder_is_named(spec, parts, where):
    assert where in result(ask(changed(spec, **parts)), "GOV-001").explanation


def test_a_feature_that_nobody_explained_is_named(spec):
    features = spec.model_dump(mode="json")["features"]
    features[0]["reason"] = "TODO"
    found = result(ask(changed(spec, features=features)), "GOV-001")
    assert f"features.{features[0]['name']}.reason" in found.explanation


def test_a_reason_why_fairness_does_not_apply_must_be_one(spec):
    data = spec.model_dump(mode="json")
    data["fairness"] = {"not_applicable": "n/a"}
    found = result(ask(ModelSpec.model_validate(data)), "GOV-001")
    assert found.explanation == "nothing is said under fairness.not_applicable"


def test_a_word_that_merely_begins_like_a_placeholder_is_an_entry(spec):
    assert result(ask(changed(spec, purpose="None of our loans.")), "GOV-001").outcome is PASSED


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ({"validator": "Science"}, "developer and validator are the same person or team"),
        ({"owner": "  science "}, "owner and developer are the same person or team"),
        (
            {"owner": "A b", "developer": "a  B", "validator": "a b"},
            "owner and developer and validator are the same person or team",
        ),
    ],
)
def test_one_person_in_two_roles_fails_however_the_name_is_written(spec, people, said):
    found = result(ask(changed(spec, people=people)), "GOV-002")
    assert (found.outcome, found.explanation) == (FAILED, said)


def roles(spec, *, tier, approver=None, **parameters):
    """GOV-002 for a tier, with or without an approver."""
    data = spec.model_dump(mode="json")
    data["tier"] = tier
    data["people"]["approver"] = approver
    (written,) = book(pack(), ("GOV-002",)).rules
    rule = replace(written, parameters=tuple(parameters.items()))
    rules = RuleBook((rule,), approval_required=False, policies=())
    model = ModelSpec.model_validate(data)
    (found,) = check_governance(model, {}, rules, as_of=NIGHT, champion_as_of=None)
    return found


@pytest.mark.parametrize(("tier", "outcome"), [(1, FAILED), (2, FAILED), (3, PASSED)])
def test_an_approver_is_needed_up_to_the_tier_that_the_policy_names(spec, tier, outcome):
    found = roles(spec, tier=tier, approver_up_to_tier=2)
    assert found.outcome is outcome
    assert (found.explanation == f"tier {tier} needs an approver") is (outcome is FAILED)


def test_a_policy_that_says_nothing_of_approvers_needs_none(spec):
    assert roles(spec, tier=1).outcome is PASSED


@pytest.mark.parametrize("same", ["Retail", "science", " RISK "])
def test_an_approver_is_none_of_the_others(spec, same):
    found = roles(spec, tier=3, approver=same)
    assert found.outcome is FAILED
    assert "and approver are the same person or team" in found.explanation


def test_four_different_people_are_named_as_such(spec):
    found = roles(spec, tier=1, approver="Board", approver_up_to_tier=2)
    assert found.outcome is PASSED
    assert found.explanation == (
        "owner, developer, validator and approver are four different people or teams"
    )


def test_a_placeholder_is_no_approver(spec):
    found = result(ask(changed(spec, people={"approver": "tbd"})), "GOV-001")
    assert found.explanation == "nothing is said under people.approver"


@pytest.mark.parametrize(
    ("first", "last", "outcome"),
    [
        (NIGHT, NIGHT, PASSED),
        (NIGHT + timedelta(days=1), None, FAILED),
        (date(2024, 1, 1), NIGHT - timedelta(days=1), FAILED),
    ],
)
def test_a_policy_holds_on_its_first_and_last_day_and_not_a_day_beyond(spec, first, last, outcome):
    found = result(ask(spec, packs={"house": pack(first, last)}), "GOV-003")
    assert found.outcome is outcome
    assert str(first) in found.explanation


def test_a_policy_that_is_not_at_hand_cannot_be_judged(spec):
    found = result(ask(spec, packs={}), "GOV-003")
    assert (found.outcome, found.explanation) == (OPEN, "policy house is not at hand")


def test_rules_of_another_version_of_the_policy_fail(spec):
    found = result(ask(spec, applied=pack(date(2024, 12, 31))), "GOV-003")
    assert found.outcome is FAILED
    assert "are not those of policy house" in found.explanation


@pytest.mark.parametrize(("days", "outcome"), [(-1, PASSED), (0, PASSED), (1, FAILED)])
def test_a_champion_that_knows_a_day_more_is_never_replaced(spec, days, outcome):
    champion = NIGHT + timedelta(days=days)
    assert result(ask(spec, champion=champion), "GOV-004").outcome is outcome


def test_without_a_champion_there_is_no_question_of_time(spec):
    assert [check.code for check in ask(spec)] == ["GOV-001", "GOV-002", "GOV-003"]


def test_only_what_a_policy_rules_is_asked(spec):
    assert ask(spec, champion=NIGHT, codes=()) == ()
