"""Does anybody still cite a text that no longer stands?

``GOV-007`` reads the citations of every rule that holds, and what the spec itself says, and
looks for texts that a policy pack lists as ``rescinded`` on or before the night. A text may
still be named as history: ``SR 11-7 until 2026-04-16``, ``SR 11-7 (rescinded)``, ``formerly
SR 11-7`` and ``replaces SR 11-7`` do not cite it as in force.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.model_risk.inventory import entries
from pipelines_lib.errors import bounded
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.policy import PolicyPack, RescindedText
from pipelines_lib.spec.rulebook import RuleBook

TOPIC = "citations"
CITATIONS = "GOV-007"

_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_FILLERS = frozenset({"letter", "bulletin", "no", "number", "s"})
"""Words that people put into a name or leave out: SR letter 11-7, OCC Bulletin 2011-12."""
_GONE_AFTER = frozenset({"rescinded", "withdrawn", "replaced", "superseded", "repealed"})
_GONE_BEFORE = _GONE_AFTER | {"formerly", "former", "replaces", "replacing", "rescinds"}
_DATE = 3
"""Tokens of a date: year, month, day."""


@dataclass(frozen=True)
class Citation:
    """A text that is cited, and where."""

    place: str
    text: str
    replaced_by: str | None


def ask(inquiry: Inquiry) -> Answer:
    """Ask of every policy and of the spec whether they cite what stands."""
    if not inquiry.asks(CITATIONS):
        return unasked(TOPIC)
    checks = check_citations(inquiry.spec, inquiry.packs, inquiry.rules, day=inquiry.as_of)
    return Answer(TOPIC, checks)


def check_citations(
    spec: ModelSpec, packs: Mapping[str, PolicyPack], rules: RuleBook, *, day: date
) -> tuple[CheckResult, ...]:
    """One result for each policy of the spec, and one for what the spec itself says.

    Args:
        spec: The model.
        packs: The policy packs at hand, by name; what any of them rescinds counts for all.
        rules: The rules that hold.
        day: The night: a text that is rescinded later still stands.
    """
    if CITATIONS not in rules:
        return ()
    rule = rules.rule(CITATIONS)
    gone = tuple(text for name in spec.policies if name in packs for text in packs[name].rescinded)
    results = []
    for name in spec.policies:
        if name not in packs:
            results.append(rule.answer(name, f"policy {name} is not at hand", holds=None))
            continue
        found = tuple(stale_citations(pack_texts(packs[name], day), gone, day))
        results.append(rule.answer(name, _said(found), holds=not found))
    own = tuple(stale_citations(_spec_texts(spec), gone, day))
    return (*results, rule.answer("spec", _said(own), holds=not own))


def pack_texts(pack: PolicyPack, day: date) -> Iterator[tuple[str, str]]:
    """What a pack says on a day: its title, and the citation of each rule that holds."""
    yield "title", pack.title
    for rule in pack.rules:
        if rule.in_force(day):
            yield rule.check, rule.citation


def stale_citations(
    texts: Iterable[tuple[str, str]], rescinded: Iterable[RescindedText], day: date
) -> Iterator[Citation]:
    """Find every rescinded text that is cited as in force.

    Args:
        texts: Where each text stands, and what it says.
        rescinded: Texts that no longer stand, each since its own day.
        day: The day on which the texts are read.
    """
    gone = [each for each in rescinded if each.rescinded_on <= day]
    for place, text in texts:
        tokens = _tokens(text)
        for each in gone:
            if _cites(tokens, _tokens(each.text), each.rescinded_on):
                yield Citation(place, each.text, each.replaced_by)


def _spec_texts(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    yield from entries(spec)
    for name, reference in spec.documents.items():
        yield f"documents.{name}", reference


def _tokens(text: str) -> tuple[str, ...]:
    """Words and numbers: SR 11-7, SR11-7 and S.R. letter 11\u20137 are one name."""
    joined = re.sub(r"\b([A-Za-z])\.(?=[A-Za-z]\b)", r"\1", text)
    found = (token.casefold() for token in _TOKEN.findall(joined))
    return tuple(token for token in found if token not in _FILLERS)


def _cites(tokens: tuple[str, ...], name: tuple[str, ...], rescinded_on: date) -> bool:
    """Whether the name stands somewhere without a word that says it is history."""
    size = len(name)
    return any(
        tokens[at : at + size] == name
        and not (at > 0 and tokens[at - 1] in _GONE_BEFORE)
        and not _ended(tokens[at + size :], rescinded_on)
        for at in range(len(tokens) - size + 1)
    )


def _ended(following: tuple[str, ...], rescinded_on: date) -> bool:
    """Whether what follows a name says that it is gone, or stood until no later than it did."""
    if not following:
        return False
    if following[0] in _GONE_AFTER:
        return True
    if following[0] != "until":
        return False
    try:
        year, month, day = (int(token) for token in following[1 : 1 + _DATE])
        return date(year, month, day) <= rescinded_on
    except ValueError:  # no date follows
        return False


def _said(found: tuple[Citation, ...]) -> str:
    if not found:
        return "nothing that is cited has been rescinded"
    cited = bounded(
        dict.fromkeys(
            f"{each.text} at {each.place}"
            + (f" (now {each.replaced_by})" if each.replaced_by else "")
            for each in found
        )
    )
    return f"cited as in force although rescinded: {cited}"
