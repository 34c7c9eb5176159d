"""GOV-008: whether each document is named that a policy asks for."""

import pytest

from pipelines_lib.assurance.model_risk.documents import check_documents
from pipelines_lib.assurance.requirements import required
from pipelines_lib.results import Outcome
from pipelines_lib.spec.rulebook import RuleBook

PASSED, FAILED = Outcome.PASSED, Outcome.FAILED
WORDS = ("human_oversight", "incident_procedure")


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ({}, (FAILED, FAILED)),
        ({"human_oversight": "Manual 3"}, (PASSED, FAILED)),
        ({"human_oversight": "Manual 3", "incident_procedure": "Manual 7"}, (PASSED, PASSED)),
        ({"human_oversight": "tbd", "incident_procedure": "Manual 7"}, (FAILED, PASSED)),
        ({"another": "Manual 9", "incident_procedure": "Manual 7"}, (FAILED, PASSED)),
    ],
)
def test_each_document_that_is_asked_for_needs_a_reference(saying, ruled, documents, expected):
    found = check_documents(saying(documents=documents), ruled("GOV-008", words=WORDS))
    assert tuple((each.subject, each.outcome) for each in found) == tuple(
        zip(WORDS, expected, strict=True)
    )


def test_the_gate_insists_on_exactly_the_documents_of_the_rule(spec, ruled):
    rules = ruled("GOV-008", words=WORDS)
    insisted = required(spec, rules, champion=False, stage="promotion")
    assert tuple(each.subject for each in insisted) == WORDS
    assert tuple(each.subject for each in check_documents(spec, rules)) == WORDS


def test_a_rule_that_names_no_document_asks_for_none(spec, ruled):
    assert check_documents(spec, ruled("GOV-008")) == ()


def test_a_reference_is_not_repeated(saying, ruled):
    model = saying(documents={"human_oversight": "Memo of Jane"})
    (found,) = check_documents(model, ruled("GOV-008", words=WORDS[:1]))
    assert "Jane" not in found.explanation


def test_what_no_policy_rules_is_not_asked(spec):
    assert check_documents(spec, RuleBook((), approval_required=False, policies=())) == ()
