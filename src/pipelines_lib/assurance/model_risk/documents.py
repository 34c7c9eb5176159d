"""Is every document there that a policy asks for by name?

``GOV-008`` takes the names from the words of its rule (an impact assessment, instructions for
human oversight) and looks for each under ``documents`` of the spec. It sees that a reference
is given, not what the document says: reading it is for people.
"""

from dataclasses import dataclass

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.model_risk.inventory import says_nothing
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule, RuleBook

TOPIC = "documents"
DOCUMENTS = "GOV-008"


@dataclass(frozen=True)
class DocumentFigures:
    """Each document that was asked for, and where the spec says it lies."""

    asked: tuple[tuple[str, str | None], ...]


def ask(inquiry: Inquiry) -> Answer:
    """Ask whether every document is there."""
    if not inquiry.asks(DOCUMENTS):
        return unasked(TOPIC)
    held, words = inquiry.spec.documents, inquiry.rules.rule(DOCUMENTS).words
    figures = DocumentFigures(tuple((word, held.get(word)) for word in words))
    return Answer(TOPIC, check_documents(inquiry.spec, inquiry.rules), figures)


def check_documents(spec: ModelSpec, rules: RuleBook) -> tuple[CheckResult, ...]:
    """Ask it of the spec alone; nothing where no policy rules it or the rule names none."""
    if DOCUMENTS not in rules:
        return ()
    rule = rules.rule(DOCUMENTS)
    return tuple(_held(rule, word, spec.documents.get(word)) for word in rule.words)


def _held(rule: Rule, name: str, reference: str | None) -> CheckResult:
    if reference is None:
        return rule.answer(name, "the spec names no such document", holds=False)
    if says_nothing(reference):
        return rule.answer(name, "the reference is a placeholder", holds=False)
    return rule.answer(name, "the spec says where it lies", holds=True)
