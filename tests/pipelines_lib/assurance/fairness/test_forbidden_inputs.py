"""FAIR-012: words that no input may be about."""

import pytest

from pipelines_lib.assurance.fairness.forbidden_inputs import check_forbidden_inputs, words_of
from pipelines_lib.errors import SpecError
from pipelines_lib.results import Outcome
from pipelines_lib.spec.model_spec import ModelSpec

RULE = ("FAIR-012", None, None, {})
WORDS = ("sex", "race", "national_origin", "marital", "female")


def ask(spec, book, *inputs, words=WORDS):
    (found,) = check_forbidden_inputs(
        spec, book(RULE, words=words), inputs or [one.name for one in spec.features]
    )
    return found


def changed(spec, **update):
    data = spec.model_dump(mode="json")
    data["features"][2].update(update)
    return ModelSpec.model_validate(data)


@pytest.mark.parametrize(
    "name",
    ["sex", "applicant_sex", "ApplicantSex", "SEX_2", "sex1", "customerSex", "racE", "x.race.y",
     "nationalOrigin", "national-origin-code", "MARITAL_STATUS", "APPLICANTSex"],
)  # fmt: skip
def test_a_forbidden_word_is_found_however_the_name_is_written(spec, book, name):
    found = ask(spec, book, "income", name)
    assert found.outcome is Outcome.FAILED
    assert f"{name} (name: " in found.explanation


@pytest.mark.parametrize(
    "name", ["essex_branch", "sextant", "trace", "race_car".replace("race", "brace"), "origin",
             "national_bank", "origin_national", "unsexed", "femaleness"],
)  # fmt: skip
def test_a_word_inside_another_word_is_another_word(spec, book, name):
    assert ask(spec, book, "income", name).outcome is Outcome.PASSED


def test_the_meaning_is_read(spec, book):
    found = ask(changed(spec, meaning="Derived from marital status"), book)
    assert found.outcome is Outcome.FAILED
    assert "home (meaning: marital)" in found.explanation


def test_documented_codes_are_read(spec, book):
    found = ask(changed(spec, codes={"2": "female applicant"}), book)
    assert "home (code: female)" in found.explanation


def test_a_level_is_forbidden_where_it_is_the_word_itself(spec, book):
    assert "home (level: Female)" in ask(changed(spec, levels=["Male", "Female"]), book).explanation
    assert ask(changed(spec, levels=["race driver", "own"]), book).outcome is Outcome.PASSED


def test_the_reason_text_belongs_to_the_customer(spec, book):
    assert ask(changed(spec, reason="Not because of your sex"), book).outcome is Outcome.PASSED


def test_inputs_of_the_trained_package_count_whatever_the_spec_says(spec, book):
    assert ask(spec, book, "income", "race").outcome is Outcome.FAILED


def test_no_inputs_prove_nothing(spec, book):
    (found,) = check_forbidden_inputs(spec, book(RULE, words=WORDS), [])
    assert found.outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_a_word_without_letters_forbids_nothing(spec, book):
    assert ask(spec, book, words=("42", "--", "sex")).outcome is Outcome.PASSED


def test_a_rule_without_words_is_a_gap_in_the_policy(spec, book):
    with pytest.raises(SpecError, match="without words"):
        ask(spec, book, words=())


def test_accents_digits_and_other_scripts_are_words_like_others():
    assert words_of("Zivilstand_Ehe2Größe") == ("zivilstand", "ehe", "grösse")
    assert words_of("性別_code") == ("性別", "code")
