"""Prefect tasks that question a candidate and apply the gates."""

import logging

from pipelines_lib.assurance import questions
from pipelines_lib.assurance.questions import CHALLENGE, FIRST_ROUND, Question
from pipelines_lib.data.snapshots import Snapshot
from pipelines_lib.governance.case import Case, Ruling, inquiry_of
from pipelines_lib.governance.ruling import rule_on
from pipelines_lib.modelling.training import Candidate
from pipelines_lib.results import Answer
from tasks.stage import stage

logger = logging.getLogger(__name__)

Answers = tuple[Answer, ...]


@stage("check for leaks")
def check_leakage(case: Case, candidate: Candidate, scores: Snapshot) -> Answers:
    """Does an input know the outcome before it happened?"""
    return _ask(FIRST_ROUND["leakage"], case, candidate, scores)


@stage("check performance")
def check_performance(case: Case, candidate: Candidate, scores: Snapshot) -> Answers:
    """Discrimination, calibration, cost, stability and weak segments, on unseen rows."""
    return _ask(FIRST_ROUND["performance"], case, candidate, scores)


@stage("compare with champion and baseline")
def compare(case: Case, candidate: Candidate, scores: Snapshot) -> Answers:
    """Paired comparison on the same rows, and what a change would mean."""
    return _ask(FIRST_ROUND["comparison"], case, candidate, scores)


@stage("check fairness")
def check_fairness(case: Case, candidate: Candidate, scores: Snapshot) -> Answers:
    """Compare protected groups; the only step of the first round that sees who is who."""
    return _ask(FIRST_ROUND["fairness"], case, candidate, scores)


@stage("check drift")
def check_drift(case: Case, candidate: Candidate, scores: Snapshot) -> Answers:
    """Compare the newest applications with the bins frozen at training."""
    return _ask(FIRST_ROUND["drift"], case, candidate, scores)


@stage("stress the model")
def stress(case: Case, candidate: Candidate, scores: Snapshot) -> Answers:
    """Scenarios, errors of measurement, missing values, and the smallest shock that breaks it."""
    return _ask(FIRST_ROUND["stress"], case, candidate, scores)


@stage("check the explanation")
def check_explanation(case: Case, candidate: Candidate, scores: Snapshot) -> Answers:
    """Reasons for every would-be decline, contributions that add up, monotone directions."""
    return _ask(FIRST_ROUND["explanation"], case, candidate, scores)


@stage("check governance")
def check_governance(case: Case, candidate: Candidate, scores: Snapshot) -> Answers:
    """Inventory, roles, policies, documents, citations, and the order of nights."""
    return _ask(FIRST_ROUND["governance"], case, candidate, scores)


@stage("challenge the training")
def challenge_training(case: Case) -> Answers:
    """Fewer rows, another split: does the model learn what it claims to?"""
    return _ask(CHALLENGE["performance"], case, *case.examined)


@stage("search for fairer alternatives")
def search_alternatives(case: Case) -> Answers:
    """Is there a model as good that treats groups more alike?"""
    return _ask(CHALLENGE["fairness"], case, *case.examined)


@stage("challenge the explanation")
def challenge_explanation(case: Case) -> Answers:
    """Do another retraining and another method give the same reasons?"""
    return _ask(CHALLENGE["explanation"], case, *case.examined)


@stage("apply the data gate")
def rule_on_data(case: Case) -> Ruling:
    """Stop before training unless everything that was asked of the data passed."""
    return rule_on(case, "data")


@stage("apply the promotion gate")
def rule_on_promotion(case: Case) -> Ruling:
    """List every reason against promotion that the first round found."""
    return rule_on(case, "promotion")


@stage("apply the gate after the challenge")
def rule_after_challenge(case: Case) -> Ruling:
    """List every reason against promotion; absence of any result is one."""
    return rule_on(case, "challenge")


def _ask(
    asked: tuple[Question, ...], case: Case, candidate: Candidate, scores: Snapshot
) -> Answers:
    answers = questions.put(asked, inquiry_of(case, candidate, scores))
    for check in (check for answer in answers for check in answer.checks):
        if not check.passed:
            logger.warning(
                "%s %s: %s, %s", check.code, check.subject, check.outcome, check.explanation
            )
    return answers
