"""Does the model use anything that no credit decision may rest on?

``FAIR-012``. The policy lists words; none of them may occur in the name, the source columns,
the meaning, the documented codes or the levels of an input. Words are compared part by part,
so ``applicant_sex`` and ``customerSex`` are found and ``essex_branch`` is not.

FAIR-003 looks for the attributes the spec declares; this looks for those it keeps silent about.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.errors import SpecError, bounded
from pipelines_lib.results import Answer, CheckResult

if TYPE_CHECKING:
    from pipelines_lib.spec.inputs import Feature
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.rulebook import RuleBook

CODE = "FAIR-012"
TOPIC = "forbidden_inputs"
SUBJECT = "inputs"
_PART = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

Words = tuple[str, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Look for forbidden words in everything the model reads."""
    if not inquiry.asks(CODE):
        return unasked(TOPIC)
    names = inquiry.package.contract.names
    return Answer(TOPIC, check_forbidden_inputs(inquiry.spec, inquiry.rules, names))


def check_forbidden_inputs(
    spec: "ModelSpec", rules: "RuleBook", inputs: Sequence[str]
) -> tuple[CheckResult, ...]:
    """Answer yes or no for all inputs together.

    Args:
        spec: What the features are said to mean.
        rules: The rule, with its words.
        inputs: Names in the contract of the trained package, which may not be those of the spec.
    """
    rule = rules.rule(CODE)
    if not rule.words:
        raise SpecError(
            f"Policy {rule.policy} rules {CODE} without words.",
            fix="Add words: [...] to that rule: what no input may be about.",
        )
    forbidden = [words for word in rule.words if (words := words_of(word))]
    found = [f"{name} ({where}: {word})" for name, where, word in _search(spec, inputs, forbidden)]
    said = (
        f"Forbidden inputs: {bounded(found)}."
        if found
        else f"None of {len(forbidden)} forbidden words is in the name, columns, meaning, codes "
        f"or levels of {len(inputs)} inputs."
    )
    return (rule.answer(SUBJECT, said, holds=not found if inputs else None),)


def words_of(text: str) -> Words:
    """The words of a name or a sentence: ``ApplicantSex_2`` is applicant, sex."""
    return tuple(word.casefold() for word in _PART.findall(_HUMP.sub(" ", text)))


def _search(
    spec: "ModelSpec", inputs: Sequence[str], forbidden: Sequence[Words]
) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys((*inputs, *(feature.name for feature in spec.features))):
        if hit := _hit(name, forbidden):
            yield name, "name", hit
    for feature in spec.features:
        for where, text in _told(feature):
            if hit := _hit(text, forbidden):
                yield feature.name, where, hit
        for level in feature.levels:
            if words_of(level) in forbidden:
                yield feature.name, "level", level


def _told(feature: "Feature") -> Iterator[tuple[str, str]]:
    """Everything else a spec says about an input; reasons are the customer's, not the input's."""
    yield "meaning", feature.meaning
    yield from (("code", meaning) for meaning in feature.codes.values())
    if feature.window is not None:
        yield from (("column", name) for name in (feature.window.by, feature.window.of) if name)


def _hit(text: str, forbidden: Sequence[Words]) -> str:
    """The forbidden words that occur in a row, or nothing; capitals part words, or do not."""
    for words in (words_of(text), words_of(text.casefold())):
        for wanted in forbidden:
            many = len(wanted)
            if any(words[at : at + many] == wanted for at in range(len(words) - many + 1)):
                return " ".join(wanted)
    return ""
