"""Is the concept written down so that a validator can judge whether it is sound?

``GOV-005`` asks of purpose, assumptions, limitations and rejected alternatives whether each
says something: enough different words, no placeholder, and no text that stands there twice.
Whether what it says is sound is for the validator; this only finds what nobody could judge.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.model_risk.inventory import says_nothing
from pipelines_lib.errors import bounded
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule, RuleBook

TOPIC = "soundness"
SOUNDNESS = "GOV-005"

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class SoundnessFigures:
    """Different words in each part of the concept."""

    words: tuple[tuple[str, int], ...]


def ask(inquiry: Inquiry) -> Answer:
    """Ask whether the concept is documented."""
    if not inquiry.asks(SOUNDNESS):
        return unasked(TOPIC)
    told = tuple((part, len(_words(texts))) for part, texts in _concept(inquiry.spec).items())
    return Answer(TOPIC, check_soundness(inquiry.spec, inquiry.rules), SoundnessFigures(told))


def check_soundness(spec: ModelSpec, rules: RuleBook) -> tuple[CheckResult, ...]:
    """Ask it of the spec alone; nothing where no policy rules it."""
    if SOUNDNESS not in rules:
        return ()
    rule, concept = rules.rule(SOUNDNESS), _concept(spec)
    return tuple(_part(rule, name, concept) for name in concept)


def _concept(spec: ModelSpec) -> Mapping[str, tuple[str, ...]]:
    written = spec.documentation
    return {
        "purpose": (spec.purpose,),
        "assumptions": written.assumptions,
        "limitations": written.limitations,
        "rejected_alternatives": written.rejected_alternatives,
    }


def _part(rule: Rule, name: str, concept: Mapping[str, tuple[str, ...]]) -> CheckResult:
    texts, minimum = concept[name], rule.parameter("minimum_words")
    found = len(_words(texts))
    twice = [place for place in concept if _repeats(name, place, concept)]
    if any(says_nothing(text) for text in texts):
        said, holds = "an entry is a placeholder", False
    elif twice:
        said, holds = f"a text stands there twice, here and under {bounded(twice)}", False
    else:
        said, holds = f"{found} different words, at least {minimum:g} wanted", found >= minimum
    return replace(rule.answer(name, said, holds=holds), observed=float(found))


def _words(texts: tuple[str, ...]) -> frozenset[str]:
    """Different words: one that is said again says nothing more."""
    return frozenset(word for text in texts for word in _WORD.findall(text.casefold()))


def _repeats(name: str, place: str, concept: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a text of one part stands a second time in that part or in another one."""
    here, there = ([_same(text) for text in concept[part]] for part in (name, place))
    if name == place:
        return len(set(here)) < len(here)
    return not set(here).isdisjoint(there)


def _same(text: str) -> tuple[str, ...]:
    """One form for one text: case, spaces and punctuation do not make another one."""
    return tuple(_WORD.findall(text.casefold()))
