"""GOV-007: whether anybody cites, as in force, what no longer stands."""

from datetime import date

import pytest

from pipelines_lib.assurance.model_risk.citations import check_citations, stale_citations
from pipelines_lib.results import Outcome
from pipelines_lib.spec.policy import PolicyPack, RescindedText
from pipelines_lib.spec.rulebook import RuleBook

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
BEFORE, DAY = date(2026, 4, 16), date(2026, 4, 17)
GONE = (RescindedText(text="SR 11-7", rescinded_on=DAY, replaced_by="SR 26-2"),)


def stale(text, day=DAY, rescinded=GONE):
    return [each.text for each in stale_citations([("here", text)], rescinded, day)]


@pytest.mark.parametrize(
    "text",
    [
        "SR 11-7",
        "sr11-7, inventory",
        "Outcomes analysis (SR\u00a011\u20137)",
        "S.R. Letter 11-7",
        "SR 26-2 and SR 11-7",
        "SR 11-7 until further notice",
        "SR 11-7 until 2026-04-18",
        "SR 11-7; earlier texts are rescinded",
    ],
)
def test_a_rescinded_text_is_found_however_it_is_written(text):
    assert stale(text) == ["SR 11-7"]


@pytest.mark.parametrize(
    "text",
    [
        "SR 26-2",
        "SR 11-71",
        "SR 1-17",
        "MSR 11-7",
        "SR 11-7 until 2026-04-16, then SR 26-2",
        "SR 11-7 until 2026-04-17",
        "SR 11-7 (rescinded)",
        "formerly SR 11-7",
        "SR 26-2, which replaces SR 11-7",
        "",
    ],
)
def test_another_text_and_a_text_named_as_history_are_no_citation(text):
    assert stale(text) == []


def test_one_mention_as_history_does_not_excuse_another():
    assert stale("SR 11-7 (rescinded); see also SR 11-7") == ["SR 11-7"]


@pytest.mark.parametrize(("day", "found"), [(BEFORE, []), (DAY, ["SR 11-7"])])
def test_a_text_stands_until_the_day_before_it_is_rescinded(day, found):
    assert stale("SR 11-7", day) == found


@pytest.mark.parametrize(
    ("name", "cited"),
    [
        ("OCC 2011-12", "OCC Bulletin 2011-12"),
        ("FIL-22-2017", "FDIC FIL 22-2017"),
        ("Circular 2022-03", "CFPB Circular 2022-03"),
        (
            "Comptroller's Handbook, Model Risk Management",
            "Comptroller\u2019s Handbook: Model Risk Management",
        ),
    ],
)
def test_names_are_compared_word_by_word(name, cited):
    assert stale(cited, rescinded=[RescindedText(text=name, rescinded_on=DAY)]) == [name]


def pack(name="house", citation="SR 26-2", rescinded=GONE, title="Rules", **rule):
    return PolicyPack.model_validate(
        {
            "policy": name,
            "title": title,
            "effective_from": date(2020, 1, 1),
            "approval_required_for_tiers": [],
            "rescinded": [each.model_dump() for each in rescinded],
            "rules": [
                {
                    "check": "PERF-001",
                    "measure": "AUC",
                    "consequence": "hard",
                    "basis": "house",
                    "citation": citation,
                    **rule,
                }
            ],
        }
    )


def results(model, rules, *packs, day=DAY):
    found = check_citations(model, {each.policy: each for each in packs}, rules, day=day)
    return {each.subject: each for each in found}


@pytest.fixture
def rules(ruled):
    return ruled("GOV-007")


def test_policies_and_spec_that_cite_what_stands_pass(saying, rules):
    found = results(saying(), rules, pack())
    assert {name: each.outcome for name, each in found.items()} == {"house": PASSED, "spec": PASSED}


@pytest.mark.parametrize(("day", "outcome"), [(BEFORE, PASSED), (DAY, FAILED)])
def test_a_rule_that_cites_a_rescinded_text_fails_from_its_day_on(saying, rules, day, outcome):
    found = results(saying(), rules, pack(citation="SR 11-7, inventory"), day=day)["house"]
    assert found.outcome is outcome
    if outcome is FAILED:
        assert "SR 11-7 at PERF-001 (now SR 26-2)" in found.explanation


def test_a_rule_that_has_ended_cites_nothing(saying, rules):
    held = pack(citation="SR 11-7", effective_until=BEFORE)
    assert results(saying(), rules, held)["house"].outcome is PASSED


def test_what_one_policy_rescinds_counts_for_all_of_them(saying, rules):
    model = saying(policies=["house", "federal"])
    packs = (pack(citation="SR 11-7", rescinded=()), pack("federal"))
    found = results(model, rules, *packs)
    assert (found["house"].outcome, found["federal"].outcome) == (FAILED, PASSED)


def test_a_title_is_a_citation_too(saying, rules):
    assert results(saying(), rules, pack(title="Rules after SR 11-7"))["house"].outcome is FAILED


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"purpose": "Meets SR 11-7."}, "purpose"),
        ({"tier_rationale": "By SR 11-7."}, "tier_rationale"),
        ({"documentation": {"limitations": ["None by SR 11-7."]}}, "documentation.limitations[0]"),
        ({"documents": {"memo": "SR 11-7 memo"}}, "documents.memo"),
    ],
)
def test_the_specs_own_texts_are_read_and_the_place_is_named(saying, rules, parts, place):
    found = results(saying(**parts), rules, pack())
    assert (found["house"].outcome, found["spec"].outcome) == (PASSED, FAILED)
    assert place in found["spec"].explanation


def test_a_policy_that_is_not_at_hand_cannot_be_judged(saying, rules):
    assert results(saying(), rules)["house"].outcome is OPEN


def test_what_no_policy_rules_is_not_asked(spec):
    none = RuleBook((), approval_required=False, policies=())
    assert check_citations(spec, {}, none, day=DAY) == ()
