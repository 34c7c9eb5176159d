"""GOV-005: whether a validator could judge the concept from what is written."""

import pytest

from pipelines_lib.assurance.model_risk.soundness import check_soundness
from pipelines_lib.results import Outcome
from pipelines_lib.spec.rulebook import RuleBook

PASSED, FAILED = Outcome.PASSED, Outcome.FAILED
WRITTEN = {
    "assumptions": ["Payments of the past tell about payments to come."],
    "limitations": ["One market, one year, and no downturn in it."],
    "rejected_alternatives": ["A scorecard alone ranked clients clearly worse."],
}
PURPOSE = "Rank applicants by how likely they repay."


@pytest.fixture
def concept(saying, ruled):
    """Results by part, for a sound concept with some texts replaced."""

    def concept(minimum=6, purpose=PURPOSE, **parts):
        model = saying(purpose=purpose, documentation={**WRITTEN, **parts})
        found = check_soundness(model, ruled("GOV-005", minimum_words=minimum))
        return {each.subject: each for each in found}

    return concept


def outcomes(found):
    return {name: each.outcome for name, each in found.items()}


def test_a_concept_that_is_written_down_passes_in_every_part(concept):
    assert outcomes(concept()) == {
        "purpose": PASSED,
        "assumptions": PASSED,
        "limitations": PASSED,
        "rejected_alternatives": PASSED,
    }


@pytest.mark.parametrize(("minimum", "outcome"), [(7, PASSED), (8, FAILED)])
def test_as_many_different_words_as_the_policy_asks_for_are_enough(concept, minimum, outcome):
    purpose = concept(minimum)["purpose"]
    assert (purpose.outcome, purpose.observed) == (outcome, 7.0)


def test_a_word_that_is_said_again_says_nothing_more(concept):
    found = concept(purpose="risk Risk RISK, risk; risk: risk. Risk!")["purpose"]
    assert (found.outcome, found.observed) == (FAILED, 1.0)


def test_words_of_all_entries_of_a_part_count_together(concept):
    found = concept(limitations=["One market only.", "No downturn is seen."])["limitations"]
    assert (found.outcome, found.observed) == (PASSED, 7.0)


@pytest.mark.parametrize("nothing", ["TBD", " n/a. ", "todo", "?"])
def test_one_placeholder_among_good_entries_fails_its_part_alone(concept, nothing):
    found = concept(limitations=[*WRITTEN["limitations"], nothing])
    assert outcomes(found)["limitations"] is FAILED
    assert found["limitations"].explanation == "an entry is a placeholder"
    assert set(outcomes(found).values()) == {PASSED, FAILED}


def test_one_text_in_two_parts_fails_both_however_it_is_set(concept):
    text = "Payments of the past, TELL about payments to come"
    found = concept(limitations=[text])
    failed = {name for name, each in found.items() if each.outcome is FAILED}
    assert failed == {"assumptions", "limitations"}
    assert "under limitations" in found["assumptions"].explanation


def test_one_text_twice_in_one_part_fails_it(concept):
    found = concept(assumptions=WRITTEN["assumptions"] * 2)
    assert outcomes(found)["assumptions"] is FAILED


def test_words_of_any_script_count(concept):
    found = concept(purpose="评分 申请 客户 违约 概率 排序 贷款")["purpose"]
    assert (found.outcome, found.observed) == (PASSED, 7.0)


def test_no_explanation_repeats_what_was_written(concept):
    said = " ".join(each.explanation for each in concept(limitations=["Secret of Jane"]).values())
    assert "Jane" not in said


def test_what_no_policy_rules_is_not_asked(spec):
    assert check_soundness(spec, RuleBook((), approval_required=False, policies=())) == ()
