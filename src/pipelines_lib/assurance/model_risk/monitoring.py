"""Will somebody watch the model once it decides, and do what when it goes wrong?

``GOV-006`` asks of the monitoring plan: enough different metrics, an owner, an action, and a
review often enough for the tier. The plan is part of the spec, so it exists before promotion.
"""

from dataclasses import replace

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.model_risk.inventory import says_nothing
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule, RuleBook

TOPIC = "monitoring_plan"
PLAN = "GOV-006"


def ask(inquiry: Inquiry) -> Answer:
    """Ask whether there is a monitoring plan."""
    if not inquiry.asks(PLAN):
        return unasked(TOPIC)
    return Answer(TOPIC, check_monitoring(inquiry.spec, inquiry.rules))


def check_monitoring(spec: ModelSpec, rules: RuleBook) -> tuple[CheckResult, ...]:
    """Ask it of the spec alone; nothing where no policy rules it."""
    if PLAN not in rules:
        return ()
    rule, plan = rules.rule(PLAN), spec.monitoring
    days = plan.review_every_days
    return (
        _metrics(rule, plan.metrics),
        _owner(rule, plan.owner),
        _action(rule, plan.action_on_breach),
        rule.judge("review_interval", float(days), f"reviewed every {days} days"),
    )


def _metrics(rule: Rule, metrics: tuple[str, ...]) -> CheckResult:
    wanted = rule.parameter("minimum_metrics")
    named = {" ".join(each.casefold().split()) for each in metrics if not says_nothing(each)}
    said = f"{len(named)} different metrics are watched, at least {wanted:g} wanted"
    return _answer(rule, "metrics", said, holds=len(named) >= wanted)


def _owner(rule: Rule, owner: str) -> CheckResult:
    nobody = says_nothing(owner)
    said = "nobody is named who watches" if nobody else "somebody is named who watches"
    return _answer(rule, "owner", said, holds=not nobody)


def _action(rule: Rule, action: str) -> CheckResult:
    wanted = rule.parameter("minimum_words")
    words = 0 if says_nothing(action) else len(set(action.casefold().split()))
    said = f"what is done on a breach is said in {words} words, at least {wanted:g} wanted"
    return _answer(rule, "action", said, holds=words >= wanted)


def _answer(rule: Rule, subject: str, said: str, *, holds: bool) -> CheckResult:
    """A yes-or-no part of a rule whose limit is about another part: the interval."""
    asked = "named" if subject == "owner" else "enough said"
    return replace(rule.answer(subject, said, holds=holds), required=f"{subject}: {asked}")
