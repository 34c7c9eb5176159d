"""What the evidence of a version says, held against the rules of another day."""

from dataclasses import replace
from datetime import date

import pytest
import yaml

from pipelines_lib.assurance.requirements import KNOWN
from pipelines_lib.errors import SpecError
from pipelines_lib.governance.evidence import SpecText
from pipelines_lib.governance.rejudgement import OWN_JUDGEMENT, rejudge
from pipelines_lib.results import CheckResult, Interval, Outcome
from pipelines_lib.spec.loading import parse_model
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.rulebook import rulebook

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
NIGHT, LATER = date(2025, 3, 31), date(2027, 1, 1)
AUC = {"check": "PERF-001", "measure": "AUC", "at_least": 0.7}
SHIFT = {"check": "DRIFT-002", "measure": "PSI", "at_most": 0.25}


def pack(*rules, name="house", **more):
    written = [{"consequence": "hard", "basis": "house", "citation": "x", **each} for each in rules]
    return PolicyPack.model_validate(
        {
            "policy": name,
            "title": name,
            "effective_from": date(2020, 1, 1),
            "approval_required_for_tiers": [],
            "rules": written,
            **more,
        }
    )


def auc(subject="out_of_time", observed=0.78, *, low=0.75, high=0.81, n=900, outcome=PASSED):
    interval = Interval(low, high, 0.95)
    return CheckResult(
        "PERF-001", subject, outcome, "AUC >= 0.7", "house", "AUC.", observed, interval, n
    )


@pytest.fixture
def told(bank):
    """Evidence of a night under some rules, with some results, as JSON."""

    def told(house, *checks, champion=None, **spec):
        data = {**yaml.safe_load(bank.pack().spec.text), **spec}
        text = yaml.safe_dump(data, sort_keys=False)
        rules = rulebook(parse_model(text), {"house": house}, NIGHT)
        night = replace(
            bank.pack(),
            spec=SpecText("0" * 64, text),
            policies=(),
            rules=rules.rules,
            checks=checks,
            requirements=(),
            champion=champion,
        )
        return night.plain()

    return told


def only(found, code="PERF-001", subject="out_of_time"):
    (one,) = [each for each in found.results if (each.code, each.subject) == (code, subject)]
    return one


@pytest.mark.parametrize(
    ("limit", "now"),
    [(0.70, PASSED), (0.75, PASSED), (0.7501, OPEN), (0.81, OPEN), (0.8101, FAILED)],
)
def test_an_interval_is_judged_by_the_limit_of_the_day(told, limit, now):
    evidence = told(pack(AUC), auc(), auc("validation"))
    found = only(rejudge(evidence, {"house": pack({**AUC, "at_least": limit})}, LATER))
    assert (found.was, found.now) == (PASSED, now)
    assert found.how == ("kept" if limit == 0.70 else "judged")


def test_a_looser_limit_lets_pass_what_failed(told):
    failed = (auc(outcome=FAILED), auc("validation", outcome=FAILED))
    evidence = told(pack({**AUC, "at_least": 0.9}), *failed)
    found = only(rejudge(evidence, {"house": pack(AUC)}, LATER))
    assert (found.was, found.now) == (FAILED, PASSED)


def test_more_rows_asked_for_than_there_were_are_not_enough_evidence(told):
    house = pack({**AUC, "parameters": {"minimum_rows": 901}})
    found = only(rejudge(told(pack(AUC), auc(), auc("validation")), {"house": house}, LATER))
    assert found.now is OPEN


def test_another_confidence_cannot_be_measured_again_and_is_said(told):
    then = pack({**AUC, "parameters": {"confidence": 0.95}})
    now = pack({**AUC, "at_least": 0.71, "parameters": {"confidence": 0.99}})
    found = only(rejudge(told(then, auc(), auc("validation")), {"house": now}, LATER))
    assert found.now is PASSED
    assert found.explanation == "AUC; measured with the confidence of the night"


@pytest.mark.parametrize(("tier", "standing"), [(1, "would be rejected"), (3, "would pass")])
def test_the_limit_is_that_of_the_models_tier(told, tier, standing):
    limits = {"tier_1": 0.85, "tier_2": 0.7, "tier_3": 0.6}
    evidence = told(pack(AUC), auc(), auc("validation"), tier=tier)
    found = rejudge(evidence, {"house": pack({**AUC, "at_least": limits})}, LATER)
    assert (found.tier, found.standing) == (tier, standing)


def test_a_specs_own_tighter_limit_still_counts_and_a_looser_one_gives_way(told):
    evidence = told(pack(AUC), auc(), auc("validation"), limits={"PERF-001": 0.76})
    for limit, required in ((0.7, "AUC >= 0.76"), (0.8, "AUC >= 0.8")):
        found = only(rejudge(evidence, {"house": pack({**AUC, "at_least": limit})}, LATER))
        assert found.required == required


def test_what_the_night_did_not_ask_was_never_asked(told):
    found = rejudge(told(pack(AUC), auc()), {"house": pack(AUC)}, LATER)
    assert only(found, subject="validation").now is None
    assert [each.subject for each in found.never_asked] == ["validation"]
    assert found.standing == "cannot be said"


def test_what_would_reject_weighs_more_than_what_was_never_asked(told):
    found = rejudge(told(pack(AUC), auc()), {"house": pack({**AUC, "at_least": 0.9})}, LATER)
    assert (found.standing, found.badness) == ("would be rejected", (0, -1, -1, 0))


@pytest.mark.parametrize(
    ("consequence", "standing"),
    [("hard", "would be rejected"), ("screen", "would need people"), ("record", "would pass")],
)
def test_the_consequence_is_that_of_the_day(told, consequence, standing):
    house = pack({**AUC, "at_least": 0.9, "consequence": consequence})
    found = rejudge(told(pack(AUC), auc(), auc("validation")), {"house": house}, LATER)
    assert found.standing == standing


def test_a_tier_for_which_people_approve_needs_them_even_if_nothing_is_wrong(told):
    house = pack(AUC, approval_required_for_tiers=[2])
    found = rejudge(told(pack(AUC), auc(), auc("validation")), {"house": house}, LATER)
    assert found.standing == "would need people"


def test_an_added_pack_that_holds_counts_and_its_limit_wins(told):
    packs = {"house": pack(AUC), "law": pack({**AUC, "at_least": 0.9}, name="law")}
    evidence = told(pack(AUC), auc(), auc("validation"))
    found = rejudge(evidence, packs, LATER, added=["law"])
    assert (found.in_force, found.standing) == (("house", "law"), "would be rejected")
    assert only(found).policy == "law, house"


@pytest.mark.parametrize(
    ("day", "in_force", "standing"),
    [
        (date(2026, 12, 31), ("house",), "would pass"),
        (date(2027, 1, 1), ("house", "law"), "would be rejected"),
    ],
)
def test_a_pack_counts_from_its_first_day_on(told, day, in_force, standing):
    law = pack({**AUC, "at_least": 0.9}, name="law", effective_from=date(2027, 1, 1))
    evidence = told(pack(AUC), auc(), auc("validation"))
    found = rejudge(evidence, {"house": pack(AUC), "law": law}, day, added=["law"])
    assert (found.in_force, found.standing) == (in_force, standing)
    assert found.not_in_force == tuple(name for name in ("law",) if name not in in_force)


def test_without_any_policy_in_force_nothing_can_be_said(told):
    ended = pack(AUC, effective_until=date(2026, 12, 31))
    found = rejudge(told(pack(AUC), auc(), auc("validation")), {"house": ended}, LATER)
    assert (found.in_force, found.results, found.standing) == ((), (), "cannot be said")


def test_a_pack_that_is_no_longer_there_is_taken_from_the_evidence(told, bank):
    evidence = told(pack(AUC), auc(), auc("validation"))
    evidence["policies"] = [{"policy": "house", "text": bank.pack().policies[0].text}]
    found = rejudge(evidence, {}, LATER)
    assert (found.in_force, found.standing) == (("house",), "would pass")


def test_a_pack_that_is_nowhere_is_missed_by_name(told):
    with pytest.raises(SpecError, match="Policy house is neither among the policies nor"):
        rejudge(told(pack(AUC), auc()), {}, LATER)


def test_a_rule_for_a_check_nobody_makes_is_refused(told):
    with pytest.raises(SpecError, match="PERF-999"):
        rejudge(told(pack(AUC), auc()), {"house": pack({**AUC, "check": "PERF-999"})}, LATER)


# --- Checks that judge by more than their limit --------------------------------------------


def shift(observed, outcome):
    return CheckResult("DRIFT-002", "score", outcome, "PSI <= 0.25", "x", "PSI.", observed, None, 9)


@pytest.mark.parametrize(
    ("observed", "was", "limit", "now", "how"),
    [
        (0.30, PASSED, 0.25, PASSED, "kept"),  # above the limit, but not significantly
        (0.05, PASSED, 0.10, PASSED, "figure alone"),
        (0.15, PASSED, 0.10, OPEN, "figure alone"),  # whether it is significant nobody knows now
        (0.40, FAILED, 0.10, FAILED, "figure alone"),
        (0.30, FAILED, 0.50, OPEN, "figure alone"),
    ],
)
def test_a_changed_limit_confirms_or_doubts_what_was_judged_by_more(
    told, observed, was, limit, now, how
):
    evidence = told(pack(SHIFT), shift(observed, was))
    rules = {"house": pack({**SHIFT, "at_most": limit})}
    found = only(rejudge(evidence, rules, LATER), "DRIFT-002", "score")
    assert (found.was, found.now, found.how) == (was, now, how)


def test_every_check_that_is_said_to_judge_by_more_is_known():
    assert set(KNOWN) >= OWN_JUDGEMENT


def test_a_check_whose_results_contradict_its_limit_is_found_out(told):
    """Both subjects are judged by the figure alone, since one shows that more counts."""
    evidence = told(pack(AUC), auc("validation", outcome=FAILED), auc())
    found = rejudge(evidence, {"house": pack({**AUC, "at_least": 0.71})}, LATER)
    assert {each.how for each in found.results} == {"figure alone"}
    assert only(found, subject="validation").now is OPEN


# --- Yes or no, and paperwork --------------------------------------------------------------

COMES = {"check": "EXPL-001", "measure": "reasons"}


def answered(outcome, **more):
    return CheckResult("EXPL-001", "declines", outcome, "reasons", "x", "Said.", **more)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_yes_or_no_answer_is_kept(told, outcome):
    evidence = told(pack(COMES), answered(outcome))
    found = only(rejudge(evidence, {"house": pack(COMES)}, LATER), "EXPL-001", "declines")
    assert (found.now, found.how) == (outcome, "kept")


def test_new_words_were_never_asked_about_and_fewer_words_were(told):
    evidence = told(pack({**COMES, "words": ["a", "b"]}), answered(PASSED))
    for words, now in ((["a"], PASSED), (["b", "a"], PASSED), (["a", "c"], None)):
        rules = {"house": pack({**COMES, "words": words})}
        found = only(rejudge(evidence, rules, LATER), "EXPL-001", "declines")
        assert found.now is now


def test_of_two_results_about_one_subject_the_worse_counts(told):
    evidence = told(pack(COMES), answered(FAILED), answered(PASSED))
    found = only(rejudge(evidence, {"house": pack(COMES)}, LATER), "EXPL-001", "declines")
    assert found.was is FAILED


def test_documents_are_asked_for_again_since_the_spec_is_in_the_evidence(told):
    law = pack(
        {"check": "GOV-008", "measure": "named", "words": ["human_oversight", "dpia"]}, name="law"
    )
    packs = {"house": pack(COMES), "law": law}
    evidence = told(pack(COMES), answered(PASSED), documents={"dpia": "File 7"})
    found = rejudge(evidence, packs, LATER, added=["law"])
    assert only(found, "GOV-008", "dpia").now is PASSED
    missing = only(found, "GOV-008", "human_oversight")
    assert (missing.was, missing.now, missing.how) == (None, FAILED, "asked again")
    assert found.standing == "would be rejected"


def test_forbidden_inputs_are_looked_for_again_with_the_words_of_the_day(told):
    law = pack({"check": "FAIR-012", "measure": "inputs", "words": ["months"]}, name="law")
    evidence = told(pack(COMES), answered(PASSED))
    found = rejudge(evidence, {"house": pack(COMES), "law": law}, LATER, added=["law"])
    assert only(found, "FAIR-012", "inputs").now is FAILED


@pytest.mark.parametrize(("day", "now"), [(date(2026, 4, 16), PASSED), (date(2026, 4, 17), FAILED)])
def test_citations_are_read_again_as_of_the_day(told, day, now):
    gone = [{"text": "SR 11-7", "rescinded_on": date(2026, 4, 17)}]
    house = pack({"check": "GOV-007", "measure": "m", "citation": "SR 11-7"}, rescinded=gone)
    found = only(rejudge(told(house), {"house": house}, day), "GOV-007", "house")
    assert (found.now, found.how) == (now, "asked again")


# --- Groups --------------------------------------------------------------------------------


def test_a_group_that_the_night_found_too_small_is_not_missed(told):
    ratio = {"check": "FAIR-001", "measure": "ratio", "at_least": 0.8}
    people = {
        "attributes": [
            {
                "name": "sex",
                "column": "sex",
                "groups": {"men": ["1"], "women": ["2"], "other": ["3"]},
                "reference": "men",
            }
        ]
    }
    women = CheckResult("FAIR-001", "sex=women", PASSED, "r", "x", "Fine.", 0.9, None, 99)
    evidence = told(pack(ratio), women, fairness=people)
    evidence["requirements"] = [{"code": "FAIR-001", "subject": "sex=women", "consequence": "hard"}]
    found = rejudge(evidence, {"house": pack(ratio)}, LATER)
    assert [(each.subject, each.now) for each in found.results] == [("sex=women", PASSED)]
    unruled = told(pack(COMES), answered(PASSED), fairness=people)
    found = rejudge(unruled, {"house": pack(ratio)}, LATER)
    assert [each.subject for each in found.never_asked] == ["sex=women", "sex=other"]
