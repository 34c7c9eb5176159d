"""GOV-006: whether somebody will watch the model, and do what when it goes wrong."""

import pytest

from pipelines_lib.assurance.model_risk.monitoring import check_monitoring
from pipelines_lib.results import Outcome
from pipelines_lib.spec.rulebook import RuleBook

PASSED, FAILED = Outcome.PASSED, Outcome.FAILED
PLAN = {
    "owner": "Risk",
    "metrics": ["AUC", "drift"],
    "review_every_days": 90,
    "action_on_breach": "Retrain and tell the validator.",
}


@pytest.fixture
def plan(saying, ruled):
    """Results by subject, for a whole plan with some entries replaced."""

    def plan(limit=90, **entries):
        rules = ruled("GOV-006", at_most=limit, minimum_metrics=2, minimum_words=4)
        found = check_monitoring(saying(monitoring={**PLAN, **entries}), rules)
        return {each.subject: each.outcome for each in found}

    return plan


def test_a_whole_plan_passes_in_every_part(plan):
    subjects = ("metrics", "owner", "action", "review_interval")
    assert plan() == dict.fromkeys(subjects, PASSED)


@pytest.mark.parametrize(("days", "outcome"), [(89, PASSED), (90, PASSED), (91, FAILED)])
def test_a_review_is_due_as_often_as_the_policy_says(plan, days, outcome):
    assert plan(review_every_days=days)["review_interval"] is outcome


@pytest.mark.parametrize(
    ("metrics", "outcome"),
    [
        (["AUC", "drift"], PASSED),
        (["AUC"], FAILED),
        (["AUC", " auc "], FAILED),
        (["AUC", "TBD"], FAILED),
        (["AUC", "TBD", "drift"], PASSED),
    ],
)
def test_metrics_count_once_each_and_a_placeholder_is_none(plan, metrics, outcome):
    assert plan(metrics=metrics)["metrics"] is outcome


@pytest.mark.parametrize(("owner", "outcome"), [("Risk", PASSED), ("tbd", FAILED)])
def test_somebody_must_be_named_who_watches(plan, owner, outcome):
    assert plan(owner=owner)["owner"] is outcome


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        ("Retrain, tell the validator", PASSED),
        ("Retrain and tell", FAILED),
        ("Retrain retrain retrain retrain", FAILED),
        ("TODO", FAILED),
    ],
)
def test_an_action_is_more_than_a_word(plan, action, outcome):
    assert plan(action_on_breach=action)["action"] is outcome


def test_parts_without_a_limit_do_not_claim_the_limit_of_the_interval(saying, ruled):
    rules = ruled("GOV-006", at_most=90, minimum_metrics=2, minimum_words=4)
    required = {each.subject: each.required for each in check_monitoring(saying(), rules)}
    assert required["review_interval"] == "figure <= 90"
    assert not any("90" in text for name, text in required.items() if name != "review_interval")


def test_what_no_policy_rules_is_not_asked(spec):
    assert check_monitoring(spec, RuleBook((), approval_required=False, policies=())) == ()
