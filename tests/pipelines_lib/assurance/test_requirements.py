"""What the gate insists on, worked out from the spec by hand."""

import pytest

from pipelines_lib.assurance.fairness.parity import required_groups
from pipelines_lib.assurance.requirements import KNOWN, required
from pipelines_lib.errors import SpecError
from pipelines_lib.results import Consequence
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule, RuleBook

WINDOWS = ("train", "calibration", "validation", "out_of_time")
SOURCES = ("accounts", "people", "outcomes")
FEATURES = ("income", "arrears", "home")
SPREAD = (
    "validation slope",
    "validation intercept",
    "out_of_time slope",
    "out_of_time intercept",
)


def rules(*codes, consequence=Consequence.HARD):
    return RuleBook(
        tuple(Rule(code, "figure", consequence, "house", "test", "house") for code in codes),
        approval_required=False,
        policies=(),
    )


def subjects(spec, code, *, champion=True, stage="promotion", small=frozenset()):
    found = required(spec, rules(code), champion=champion, stage=stage, small_groups=small)
    assert {one.code for one in found} <= {code}
    return tuple(one.subject for one in found)


def with_features(spec, **changes):
    data = spec.model_dump(mode="json")
    for feature in data["features"]:
        feature.update(changes.get(feature["name"], {}))
    return ModelSpec.model_validate(data)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("DATA-001", SOURCES),
        ("DATA-002", FEATURES),
        ("DATA-003", ("income",)),
        ("DATA-004", ("home",)),
        ("DATA-005", SOURCES),
        ("DATA-006", ("accounts",)),
        ("DATA-007", ("accounts",)),
        ("DATA-008", ("accounts",)),
        ("DATA-009", ("rows",)),
        ("DATA-010", ("people", "outcomes")),
        ("DATA-011", ("accounts", "outcomes")),
        ("DATA-012", ("outcomes",)),
        ("DATA-013", FEATURES),
        ("DATA-014", WINDOWS),
        ("LEAK-001", FEATURES),
        ("LEAK-002", FEATURES),
        ("LEAK-003", FEATURES),
        ("LEAK-004", FEATURES),
        ("LEAK-005", FEATURES),
        ("LEAK-006", FEATURES),
        ("LEAK-007", FEATURES),
        ("LEAK-008", WINDOWS[2:]),
        ("PERF-001", WINDOWS[2:]),
        ("PERF-002", WINDOWS[2:]),
        ("PERF-003", WINDOWS[2:]),
        ("PERF-004", ("out_of_time",)),
        ("PERF-005", ("baseline",)),
        ("PERF-006", ("champion",)),
        ("PERF-007", ("champion",)),
        ("PERF-008", SPREAD),
        ("PERF-009", WINDOWS[2:]),
        ("PERF-010", ()),  # this spec has no costs
        ("PERF-011", ("ranking", "calibration")),
        ("PERF-012", ("segments",)),
        ("PERF-013", ("remembered",)),
        ("PERF-014", ()),
        ("PERF-015", ()),
        ("PERF-016", ("one_row", "batch")),
        ("PERF-017", ("champion",)),
        ("PERF-018", ()),
        ("PERF-019", ()),
        ("FAIR-001", ("sex=women",)),
        ("FAIR-002", ("sex=women",)),
        ("FAIR-003", ("sex",)),
        ("FAIR-004", ("sex=women",)),
        ("FAIR-005", ("sex=women",)),
        ("FAIR-006", ("sex=men", "sex=women")),
        ("FAIR-007", ()),  # one attribute has no intersections
        ("FAIR-008", ("sex=women",)),
        ("FAIR-009", ("sex",)),
        ("FAIR-010", ("sex",)),
        ("FAIR-011", ()),
        ("FAIR-012", ("inputs",)),
        ("DRIFT-001", FEATURES),
        ("DRIFT-002", ("score",)),
        ("DRIFT-003", FEATURES),
        ("DRIFT-004", ("home",)),
        ("DRIFT-005", ("out_of_time", "newest_outcomes")),
        ("DRIFT-006", ("inputs",)),
        ("DRIFT-007", ("newest_night",)),
        ("STRESS-001", ("scenarios",)),  # this spec names none
        ("STRESS-002", ("decisions",)),
        ("STRESS-003", ("arrears", "home")),  # only these may be missing
        ("STRESS-004", ("scenarios",)),
        ("EXPL-001", ("declines",)),
        ("EXPL-002", ("declines",)),
        ("EXPL-003", ("income", "arrears")),
        ("EXPL-004", ()),  # asked in the challenge alone
        ("EXPL-005", ("declines",)),
        ("EXPL-006", ("texts", "direction")),
        ("GOV-001", ("model",)),
        ("GOV-002", ("people",)),
        ("GOV-003", ("house",)),
        ("GOV-004", ("champion",)),
        ("GOV-005", ("purpose", "assumptions", "limitations", "rejected_alternatives")),
        ("GOV-006", ("metrics", "owner", "action", "review_interval")),
        ("GOV-007", ("house", "spec")),
        ("GOV-008", ()),  # its subjects are the words of its rule
        ("GOV-009", ("data", "spec", "fit", "code", "champion")),
    ],
)
def test_every_check_is_required_of_exactly_its_subjects(spec, code, expected):
    assert subjects(with_features(spec, income={"minimum": 0.0}), code) == expected


def test_stress_is_asked_scenario_by_scenario_and_of_what_may_be_missing(spec):
    shock = {"feature": "income", "multiply": 0.8}
    stress = {
        "loss_given_default": 0.5,
        "scenarios": [{"name": n, "meaning": n, "shocks": [shock]} for n in ("mild", "harsh")],
    }
    data = with_features(spec, income={"missing": "allowed"}).model_dump(mode="json")
    stressed = ModelSpec.model_validate({**data, "stress": stress})
    for code in ("STRESS-001", "STRESS-004"):
        assert subjects(stressed, code) == ("mild", "harsh")
    assert subjects(stressed, "STRESS-003") == FEATURES


def test_the_table_above_leaves_no_known_check_out():
    (mark,) = test_every_check_is_required_of_exactly_its_subjects.pytestmark
    assert {code for code, _ in mark.args[1]} == set(KNOWN)


def test_before_training_only_data_can_be_asked_about(spec):
    found = required(spec, rules(*KNOWN), champion=True, stage="data")
    assert {one.code for one in found} == {f"DATA-{number:03}" for number in range(1, 15)} - {
        "DATA-003"  # no feature of this spec has a range
    }


@pytest.mark.parametrize(
    ("code", "champion", "expected"),
    [
        ("PERF-010", False, ("out_of_time",)),
        ("PERF-018", True, ("champion",)),
        ("PERF-018", False, ()),
    ],
)
def test_money_is_required_where_the_spec_says_what_a_mistake_costs(spec, code, champion, expected):
    data = spec.model_dump(mode="json")
    data["decision"]["costs"] = {"currency": "EUR", "approved_bad": 10, "declined_good": 2}
    assert subjects(ModelSpec.model_validate(data), code, champion=champion) == expected


@pytest.mark.parametrize("code", ["PERF-006", "PERF-007", "PERF-017", "GOV-004"])
def test_without_a_champion_nothing_is_required_about_one(spec, code):
    assert subjects(spec, code, champion=False) == ()


def test_what_no_policy_rules_is_not_required(spec):
    assert required(spec, rules(), champion=True, stage="promotion") == ()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("PERF-014", ("out_of_time",)),
        ("PERF-015", ("out_of_time",)),
        ("FAIR-011", ("sex",)),
        ("EXPL-004", ("declines",)),
    ],
)
def test_the_challenge_is_required_of_a_candidate_that_came_so_far(spec, code, expected):
    assert subjects(spec, code, stage="promotion") == ()
    assert subjects(spec, code, stage="challenge") == expected


def test_memory_is_required_only_where_there_is_a_champion(spec):
    assert subjects(spec, "PERF-013", champion=False) == ()


def test_precision_is_required_only_where_the_spec_gives_a_capacity(spec):
    data = spec.model_dump(mode="json")
    data["decision"]["capacity"] = {"per_night": 100}
    assert subjects(ModelSpec.model_validate(data), "PERF-019") == ("out_of_time",)


@pytest.mark.parametrize("code", ["FAIR-001", "FAIR-002"])
def test_a_group_too_small_to_judge_is_not_required(spec, code):
    assert subjects(spec, code, small=frozenset({"sex=women"})) == ()


def test_intersections_are_all_pairs_of_two_attributes_but_that_of_both_references(spec):
    data = spec.model_dump(mode="json")
    bands = {"young": [None, 24], "adult": [25, None]}
    age = {"name": "age", "column": "AGE", "reference": "adult", "bands": bands}
    data["fairness"]["attributes"].append(age)
    both = ModelSpec.model_validate(data)
    expected = ("sex=men & age=young", "sex=women & age=young", "sex=women & age=adult")
    assert subjects(both, "FAIR-007") == expected
    assert subjects(both, "FAIR-007", small=frozenset({expected[1]})) == (expected[0], expected[2])


def test_a_small_group_of_another_attribute_changes_nothing(spec):
    assert subjects(spec, "FAIR-001", small=frozenset({"age=women"})) == ("sex=women",)


def test_the_fairness_check_and_the_requirements_agree_on_the_groups(spec):
    assert subjects(spec, "FAIR-001") == required_groups(spec)


def test_a_model_that_decides_about_no_person_needs_no_fairness_result(spec):
    data = spec.model_dump(mode="json")
    data["fairness"] = {"not_applicable": "Decides about machines."}
    impersonal = ModelSpec.model_validate(data)
    assert subjects(impersonal, "FAIR-001") == subjects(impersonal, "FAIR-003") == ()


@pytest.mark.parametrize(
    ("code", "consequence"),
    [("DATA-002", Consequence.RECORD), ("DATA-013", Consequence.HARD)],
)
def test_a_column_of_severity_warning_only_puts_its_values_on_record(spec, code, consequence):
    warned = with_features(spec, income={"severity": "warning"})
    found = required(warned, rules(code), champion=False, stage="promotion")
    assert {one.subject: one.consequence for one in found} == {
        "income": consequence,
        "arrears": Consequence.HARD,
        "home": Consequence.HARD,
    }


@pytest.mark.parametrize("consequence", Consequence)
def test_the_policy_decides_the_consequence(spec, consequence):
    (found,) = required(
        spec, rules("PERF-005", consequence=consequence), champion=False, stage="promotion"
    )
    assert found.consequence is consequence


def test_a_rule_for_a_check_nobody_makes_is_refused_by_name(spec):
    with pytest.raises(SpecError, match="FAIR-099, a check this product does not make") as error:
        required(spec, rules("PERF-001", "FAIR-099"), champion=False, stage="data")
    assert "Did you mean FAIR-00" in error.value.fix


def test_every_known_check_is_one_question():
    assert all(known.question.endswith("?") for known in KNOWN.values())
