"""EXPL-006: reasons say something, each its own, and never what the value contradicts."""

import numpy as np
import pytest

from pipelines_lib.assurance.explanation.declines import Sides
from pipelines_lib.assurance.explanation.texts import (
    Misplaced,
    check_direction,
    check_texts,
    insufficient_phrases,
    is_specific,
)
from pipelines_lib.errors import SpecError
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule, RuleBook

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
PHRASES = ("internal standards or policies", "did not reach a qualifying score")
NAMES = ("income", "arrears", "home")


def rule(limit=0.1, code="EXPL-006", words=PHRASES, **parameters):
    stated = {"confidence": 0.95, "max_reasons": 4, "minimum_rows": 1, **parameters}
    return Rule(
        check=code,
        measure="share contradicted",
        consequence=Consequence.HARD,
        basis="law",
        citation="test",
        policy="house",
        direction="at_most",
        limit=limit,
        parameters=tuple(stated.items()),
        words=words,
    )


def book(*rules):
    return RuleBook(tuple(rules), approval_required=False, policies=())


def texts_of(spec, **changes):
    return {feature.name: feature.reason for feature in spec.features} | changes


def sides(declined, approved):
    return Sides(np.array(declined, dtype=np.float32), np.array(approved, dtype=np.float32))


@pytest.mark.parametrize("code", ["EXPL-001", "EXPL-006"])
def test_insufficient_phrases_are_those_of_either_rule(code):
    other = "EXPL-006" if code == "EXPL-001" else "EXPL-001"
    rules = book(rule(code=code), rule(code=other, words=()))
    assert insufficient_phrases(rules) == PHRASES


def test_phrases_of_both_rules_count_once_whatever_their_case():
    rules = book(rule(code="EXPL-001", words=("Bank  Policy",)), rule(words=("bank policy", "x")))
    assert insufficient_phrases(rules) == ("bank policy", "x")


@pytest.mark.parametrize("rules", [book(), book(rule(words=()))])
def test_a_policy_that_names_no_phrase_cannot_judge_a_text(rules):
    with pytest.raises(SpecError, match="which phrases are insufficient") as error:
        insufficient_phrases(rules)
    assert "words" in error.value.fix


@pytest.mark.parametrize(
    ("text", "specific"),
    [
        ("", False),
        ("  \n", False),
        ("Declined under our Internal  Standards or Policies", False),
        ("You did not reach a\nqualifying score.", False),
        ("Income is low for the amount requested", True),
    ],
)
def test_a_text_is_specific_unless_empty_or_insufficient(text, specific):
    assert is_specific(text, PHRASES) is specific


def test_texts_of_their_own_as_the_spec_has_them_pass(spec):
    found = check_texts(rule(), spec.features, texts_of(spec), PHRASES)
    assert (found.subject, found.outcome, found.n) == ("texts", PASSED, 3)
    assert found.required == "a specific text of its own for each feature"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"home": " "}, "home says nothing specific"),
        ({"home": "Below our internal standards or policies"}, "home says nothing specific"),
        ({"home": "recent payments WERE late"}, "arrears and home share"),
        ({"home": "Kind of home"}, "home differs from the spec"),
    ],
)
def test_a_text_that_says_nothing_is_shared_or_was_changed_fails(spec, changes, said):
    found = check_texts(rule(), spec.features, texts_of(spec, **changes), PHRASES)
    assert found.outcome is FAILED
    assert said.split(" ")[0] in found.explanation
    assert {"share": "shares its text"}.get(said.split()[-1], " ".join(said.split()[1:])) in (
        found.explanation
    )


def test_a_contract_without_features_has_no_texts_to_judge():
    assert check_texts(rule(), (), {}, PHRASES).outcome is OPEN


def test_a_reason_on_a_value_better_than_usual_is_counted_once_a_decline(spec):
    # income falls risk, arrears raise it; approved: income 50, arrears 1
    found, figures = check_direction(
        rule(0.5),
        spec.features,
        NAMES,
        sides(
            [[60, 3, 0], [40, 0, 0], [60, 0, 0], [40, 3, 0], [60, 3, 0]],
            [[40, 1, 0], [50, 1, 0], [60, 1, 0]],
        ),
        ((0, 1), (1,), (0, 1), (0, 1), (1,)),
    )
    # first: income better; second: arrears better; third: both; fourth: none; last: not given
    assert (found.observed, found.n) == (0.6, 5)
    assert figures.contradicted == 3
    assert figures.features == (Misplaced("income", 3, 2), Misplaced("arrears", 5, 2))


def test_the_usual_value_itself_a_missing_one_and_an_undirected_feature_contradict_nothing(spec):
    found, figures = check_direction(
        rule(0.0),
        spec.features,
        NAMES,
        sides([[50, np.nan, 9], [np.nan, 1, -9]], [[50, 1, 0]]),
        ((0, 1, 2), (0, 1, 2)),
    )
    assert (found.observed, figures.features) == (0.0, ())


def test_infinite_values_and_a_column_nobody_approved_has_are_no_trouble(spec):
    found, _ = check_direction(
        rule(1.0),
        spec.features,
        NAMES,
        sides([[np.inf, -np.inf, 0]], [[np.nan, np.inf, 0], [np.nan, np.inf, 0]]),
        ((0, 1),),
    )
    assert found.observed == 1.0  # fewer arrears than infinitely many; income is unknown


def test_an_upper_end_at_the_limit_passes_and_a_hair_less_is_open(spec):
    rows = sides([[60, 3, 0]] + [[40, 3, 0]] * 99, [[50, 1, 0]])

    def ask(limit):
        return check_direction(rule(limit), spec.features, NAMES, rows, ((0,),) * 100)[0]

    high = ask(0.5).interval.high
    assert ask(high).outcome is PASSED
    assert ask(high - 1e-9).outcome is OPEN
    assert ask(0.001).outcome is FAILED


@pytest.mark.parametrize(
    ("declined", "approved", "said"),
    [
        (np.empty((0, 3)), [[50, 1, 0]], "nobody sampled would be declined"),
        ([[40, 3, 0]], np.empty((0, 3)), "nobody sampled would be approved"),
    ],
)
def test_a_cut_off_that_decides_alike_for_all_leaves_the_question_open(
    spec, declined, approved, said
):
    found, figures = check_direction(
        rule(), spec.features, NAMES, sides(declined, approved), ((0,),) * len(declined)
    )
    assert found.outcome is OPEN
    assert said in found.explanation
    assert figures.contradicted == 0


@pytest.mark.parametrize(("least", "answered"), [(100, True), (101, False)])
def test_one_decline_fewer_than_the_policy_asks_leaves_the_question_open(spec, least, answered):
    rows = sides([[40, 3, 0]] * 100, [[50, 1, 0]])
    found, _ = check_direction(rule(minimum_rows=least), spec.features, NAMES, rows, ((0,),) * 100)
    assert found.passed is answered
