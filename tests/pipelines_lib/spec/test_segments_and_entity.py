"""What defines a segment and whom a case is about: found wrong before any run."""

import pytest
from pydantic import ValidationError

from pipelines_lib.errors import SpecError
from pipelines_lib.spec.decision import Capacity


def problems(bank):
    with pytest.raises(SpecError) as caught:
        bank.load(str(bank.models / "cards.yaml"))
    return [line.strip() for line in caught.value.problem.splitlines()[1:]]


DECISION = "decision: {decline_share: 0.2}"


def capacity(entity):
    return f"decision: {{decline_share: 0.2, capacity: {{per_night: 5, entity: {entity}}}}}"


def test_a_segment_by_a_feature_that_does_not_exist_is_found(bank):
    bank.change((DECISION, f"{DECISION}\nsegments: [home, incom]"))
    (found,) = problems(bank)
    assert "segments names 'incom', which is no feature. Did you mean 'income'?" in found


def test_a_segment_by_a_protected_attribute_is_found(bank):
    bank.change((DECISION, f"{DECISION}\nsegments: [gender]"))
    assert "which is no feature" in problems(bank)[0]


@pytest.mark.parametrize("entity", ["bad", "gender", "Age"])
def test_a_case_is_never_about_the_outcome_or_a_protected_attribute(bank, entity):
    bank.change((DECISION, capacity(entity)))
    (found,) = problems(bank)
    assert f"entity '{entity}' is the label or a protected attribute" in found


def test_a_case_may_be_about_a_column_that_is_no_feature(bank):
    bank.change((DECISION, capacity("card")))
    assert bank.load(str(bank.models / "cards.yaml")).spec.entity_column == "card"


def test_a_case_about_the_key_needs_no_column_of_its_own(bank):
    bank.change((DECISION, capacity("id")))
    assert bank.load(str(bank.models / "cards.yaml")).spec.entity_column is None


@pytest.mark.parametrize("per_night", [0, -1, 1.5])
def test_a_capacity_is_a_whole_number_of_cases(per_night):
    with pytest.raises(ValidationError):
        Capacity.model_validate({"per_night": per_night})
