"""The policy packs that are shipped: dated, cited, and made to be combined with the house's."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines_lib.assurance.model_risk.citations import pack_texts, stale_citations
from pipelines_lib.assurance.requirements import KNOWN, required
from pipelines_lib.results import Consequence
from pipelines_lib.spec.loading import load_model, load_policies
from pipelines_lib.spec.rulebook import rulebook
from pipelines_lib.spec.settings import Settings

ROOT = Path(__file__).parents[2]
PACKS = {name: held.pack for name, held in load_policies(ROOT / "deployments" / "policies").items()}
BEGINS = {
    "us_federal": date(2025, 1, 1),
    "us_new_jersey": date(2025, 12, 15),
    "us_colorado": date(2027, 1, 1),
    "eu_ai_act": date(2027, 12, 2),
    "eu_consumer_credit": date(2026, 11, 20),
    "uk_ss1_23": date(2024, 5, 17),
}
GUIDANCE, REGULATION_B = date(2026, 4, 17), date(2026, 7, 21)
GRAVITY = [Consequence.RECORD, Consequence.SCREEN, Consequence.HARD]
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def model():
    return load_model("credit_default", Settings.from_environment({}))


def rules_of(model, *names, day, tier=3):
    spec = model.spec.model_copy(update={"policies": names, "tier": tier})
    return spec, rulebook(spec, PACKS, day)


def in_force(pack, check, day):
    return [rule for rule in PACKS[pack].rules if rule.check == check and rule.in_force(day)]


def turning_points():
    """Every day on which some pack or rule begins or ends, with the days around it."""
    terms = [(pack.effective_from, pack.effective_until) for pack in PACKS.values()]
    terms += [
        (rule.effective_from, rule.effective_until)
        for pack in PACKS.values()
        for rule in pack.rules
    ]
    gone = [text.rescinded_on for pack in PACKS.values() for text in pack.rescinded]
    days = {day for term in terms for day in term if day} | set(gone)
    return sorted({day + n * DAY for day in days for n in (-1, 0, 1)})


def test_the_packs_are_those_of_the_documentation():
    assert set(PACKS) == {"house", *BEGINS}
    page = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    for name, pack in PACKS.items():
        (row,) = re.findall(rf"^\| `{name}` \|.*$", page, flags=re.MULTILINE)
        unread = sum(not rule.verified for rule in pack.rules)
        assert f"| {pack.effective_from} |" in row
        if name != "house":
            assert row.endswith(f"| {len(pack.rules)} | {unread} |"), (name, row)


@pytest.mark.parametrize(("name", "begins"), BEGINS.items())
def test_a_pack_holds_from_its_first_day_and_not_the_day_before(name, begins):
    assert not PACKS[name].in_force(begins - DAY)
    assert PACKS[name].in_force(begins)


@pytest.mark.parametrize("name", sorted(PACKS))
def test_every_rule_says_what_it_rests_on_and_since_when(name):
    pack = PACKS[name]
    assert pack.title
    for rule in pack.rules:
        assert rule.check in KNOWN, rule.check
        assert rule.basis in {"law", "supervisory_expectation", "convention", "house"}
        assert len(rule.citation.split()) > 1, rule.check
        assert pack.effective_from <= (rule.effective_from or pack.effective_from)
        if name != "house":
            assert rule.basis != "house", rule.check
            assert pack.jurisdiction


def test_no_pack_cites_a_rescinded_text_as_in_force_on_any_day():
    gone = [text for pack in PACKS.values() for text in pack.rescinded]
    stale = [
        (name, day, found)
        for day in turning_points()
        for name, pack in PACKS.items()
        if pack.in_force(day)
        for found in stale_citations(pack_texts(pack, day), gone, day)
    ]
    assert stale == []


def test_the_guidance_of_2026_is_cited_as_in_force_from_its_day_on_only():
    for name, pack in PACKS.items():
        for place, text in pack_texts(pack, GUIDANCE - DAY):
            assert "SR 26-2" not in text.replace("then SR 26-2", ""), (name, place)
    assert any("SR 26-2" in text for _, text in pack_texts(PACKS["us_federal"], GUIDANCE))


@pytest.mark.parametrize("check", ["GOV-001", "GOV-002", "GOV-005", "GOV-006", "PERF-001"])
def test_the_old_guidance_ends_the_day_before_the_new_one_begins(check):
    ((old,), (new,)) = (in_force("us_federal", check, day) for day in (GUIDANCE - DAY, GUIDANCE))
    assert "SR 11-7" in old.citation
    assert "SR 26-2" in new.citation
    assert (old.verified, new.verified) == (False, True)


def test_the_change_of_regulation_b_counts_from_its_day_on():
    before, after = (
        in_force("us_federal", "FAIR-001", d) for d in (REGULATION_B - DAY, REGULATION_B)
    )
    assert "effects test of Regulation B, which held" in before[0].citation
    assert "no effects test" in after[0].citation
    assert not in_force("us_federal", "FAIR-009", REGULATION_B - DAY)
    assert in_force("us_federal", "FAIR-009", REGULATION_B)


def test_nothing_of_the_ai_act_is_said_to_be_verified():
    assert not any(rule.verified for rule in PACKS["eu_ai_act"].rules)


def test_a_pack_states_a_number_only_where_a_text_gives_one():
    stated = {
        (name, rule.check)
        for name, pack in PACKS.items()
        if name != "house"
        for rule in pack.rules
        if rule.at_least or rule.at_most
    }
    assert stated == {
        ("us_federal", "FAIR-001"),
        ("us_federal", "DRIFT-001"),
        ("us_federal", "DRIFT-002"),
        ("us_federal", "GOV-006"),
    }


@pytest.mark.parametrize("tier", [1, 2, 3])
@pytest.mark.parametrize("name", BEGINS)
def test_combined_with_the_house_a_pack_loosens_nothing(model, name, tier):
    for day in (BEGINS[name], BEGINS[name] + 800 * DAY):
        _, alone = rules_of(model, "house", day=day, tier=tier)
        for order in (("house", name), (name, "house")):
            spec, both = rules_of(model, *order, day=day, tier=tier)
            assert required(spec, both, champion=True, stage="challenge")
            for rule in alone.rules:
                found = both.rule(rule.check)
                assert rule.limit is None or rule.holds(found.limit), rule.check
                assert dict(found.parameters).keys() >= dict(rule.parameters).keys()
                assert set(found.words) >= set(rule.words)
                assert GRAVITY.index(found.consequence) >= GRAVITY.index(rule.consequence)


def test_the_impact_ratio_screens_under_federal_rules_and_blocks_in_new_jersey(model):
    day = date(2026, 8, 1)
    for names, consequence in (
        (("house", "us_federal"), Consequence.SCREEN),
        (("house", "us_federal", "us_new_jersey"), Consequence.HARD),
    ):
        _, rules = rules_of(model, *names, day=day)
        found = rules.rule("FAIR-001")
        assert (found.limit, found.consequence) == (0.8, consequence)


def test_each_pack_asks_for_its_own_documents_by_name(model):
    day = date(2028, 1, 1)
    for name, words in (
        ("us_colorado", {"human_oversight"}),
        ("eu_ai_act", {"fundamental_rights_assessment", "human_oversight", "incident_procedure"}),
        ("eu_consumer_credit", {"human_oversight", "data_protection_impact_assessment"}),
    ):
        spec, rules = rules_of(model, "house", name, day=day)
        insisted = required(spec, rules, champion=False, stage="promotion")
        assert {each.subject for each in insisted if each.code == "GOV-008"} >= words
