"""What one key of a spec says about another is found even where other parts are wrong."""

import pytest

from pipelines_lib.errors import SpecError


def problems(bank):
    with pytest.raises(SpecError) as caught:
        bank.load(str(bank.models / "cards.yaml"))
    return [line.strip() for line in caught.value.problem.splitlines()[1:]]


OUTCOMES = "  - {name: outcomes, role: label, uri: outcomes.csv, key: id, observed_on: seen}\n"
ACCOUNTS = (
    "  - {name: accounts, role: population, uri: accounts.csv, key: id, business_date: day}\n"
)
PEOPLE = "  - {name: people, role: protected, uri: people.csv, key: id}\n"
AGE = "bands: {young: [null, 24], old: [25, null]}"
ONE = "Let every value belong to one group alone."


def test_a_source_declared_twice_is_found_at_its_second_line(bank):
    bank.change((PEOPLE, PEOPLE + "  - {name: people, role: features, uri: a, key: id}\n"))
    assert problems(bank) == ["line 22: sources: 'people' is declared twice. Remove one."]


def test_a_feature_declared_twice_is_found(bank):
    bank.change(("name: home, source", "name: income, source"))
    assert problems(bank) == ["line 24: features: 'income' is declared twice. Remove one."]


def test_a_protected_attribute_declared_twice_is_found(bank):
    bank.change(("    - name: age", "    - name: sex"))
    assert problems(bank) == ["line 35: attributes: 'sex' is declared twice. Remove one."]


@pytest.mark.parametrize(
    ("line", "role"), [(ACCOUNTS, "population"), (OUTCOMES, "label"), (PEOPLE, "protected")]
)
def test_a_role_nobody_has_is_missed(bank, line, role):
    bank.change((line, ""))
    assert (
        f"line 18: 0 sources have role {role}, one is needed. "
        f"Give exactly one source 'role: {role}'."
    ) in problems(bank)


def test_a_role_two_sources_have_is_one_too_many(bank):
    bank.change((PEOPLE, PEOPLE + PEOPLE.replace("people", "persons", 1)))
    (problem,) = problems(bank)
    assert "2 sources have role protected, one is needed" in problem


def test_without_protected_attributes_no_protected_source_is_needed(bank, spec_text):
    start, end = spec_text.index("  attributes:"), spec_text.index("decision:")
    bank.change((PEOPLE, ""), (spec_text[start:end], "  not_applicable: It reads digits.\n"))
    assert bank.load().spec.protected_source is None


def test_missing_sources_are_one_problem_not_many(bank, spec_text):
    start, end = spec_text.index("sources:"), spec_text.index("features:")
    bank.change((spec_text[start:end], ""))
    assert problems(bank) == [
        "line 1: key 'sources' is missing. Add it; docs/model_spec.md explains it."
    ]


@pytest.mark.parametrize("source", ["outcomes", "people", "nowhere"])
def test_a_feature_must_come_from_a_source_that_delivers_features(bank, source):
    bank.change(("name: home, source: accounts", f"name: home, source: {source}"))
    assert problems(bank) == [
        f"line 24: feature 'home' names source '{source}', which delivers no features. "
        "Use one of: accounts."
    ]


def test_where_no_source_delivers_features_there_is_none_to_use(bank):
    bank.change((ACCOUNTS, ""))
    assert any("Use one of: none yet." in problem for problem in problems(bank))


def test_a_feature_may_come_from_a_features_source(bank):
    bank.change(
        (PEOPLE, PEOPLE + "  - {name: bureau, role: features, uri: b.csv, key: id}\n"),
        ("name: home, source: accounts", "name: home, source: bureau"),
    )
    assert bank.load().spec.features[1].source == "bureau"


def test_the_label_must_come_from_the_label_source(bank):
    bank.change(("  source: outcomes", "  source: accounts"))
    assert problems(bank) == [
        "line 26: label source 'accounts' is not a source with role label. "
        "Name the source that delivers outcomes."
    ]


@pytest.mark.parametrize("code", ["1", '"1"', "' 1 '"])
def test_both_outcomes_may_not_have_the_same_code_however_it_is_written(bank, code):
    bank.change(("negative: 0", f"negative: {code}"))
    assert problems(bank) == ["line 29: positive and negative are the same code. They must differ."]


@pytest.mark.parametrize("name", ["bad", "BAD"])
def test_the_label_may_not_be_a_feature_however_it_is_spelt(bank, name):
    bank.change(("name: home, source", f"name: {name}, source"))
    assert problems(bank) == [
        f"line 24: '{name}' is the label and may not be a feature. "
        "Remove the feature: it is what the model predicts."
    ]


@pytest.mark.parametrize("name", ["sex", "gender", "Gender", "SEX"])
def test_a_protected_attribute_may_not_be_a_feature_by_its_name_or_its_column(bank, name):
    bank.change(("name: home, source", f"name: {name}, source"))
    assert problems(bank) == [
        f"line 24: '{name}' is the protected attribute 'sex' and may not be a feature. "
        "Remove the feature; protected attributes only serve the fairness step."
    ]


def test_a_code_in_two_groups_is_refused_so_that_order_decides_nothing(bank):
    bank.change(("women: [2]", "women: [2, '1']"))
    assert problems(bank) == [f"line 34: code '1' is in group 'men' and in 'women'. {ONE}"]


def test_bands_that_share_a_value_are_refused_with_the_values_they_share(bank):
    bank.change((AGE, "bands: {young: [null, 25], old: [25, null], middle: [20, 30]}"))
    assert problems(bank) == [
        f"line 37: bands 'old' and 'middle' share the values 25 to 30. {ONE}",
        f"line 37: bands 'young' and 'middle' share the values 20 to 25. {ONE}",
        f"line 37: bands 'young' and 'old' share the values 25 to 25. {ONE}",
    ]


def test_bands_that_touch_without_sharing_a_value_are_fine(bank):
    bank.change((AGE, "bands: {young: [null, 24.99], old: [25, null]}"))
    assert bank.load().spec.fairness.attributes[1].group_names == ("young", "old")


def test_a_band_that_runs_backwards_is_refused_and_one_of_a_single_value_is_not(bank):
    bank.change((AGE, "bands: {young: [24, 18], old: [25, 25]}"))
    assert problems(bank) == [f"line 37: band 'young' runs from 24 down to 18. {ONE}"]


@pytest.mark.parametrize("bands", ["{young: [1], old: [2, x]}", "{young: 5, old: [true, 3]}"])
def test_a_band_that_is_no_range_is_left_to_its_own_field(bank, bands):
    bank.change((AGE, f"bands: {bands}"))
    assert not any("share" in problem for problem in problems(bank))


@pytest.mark.parametrize("estimator", ["scorecard", "sklearn.ensemble.RandomForestClassifier"])
def test_a_built_in_estimator_or_a_dotted_path_is_known(bank, estimator):
    bank.change(("estimator: xgboost", f"estimator: {estimator}"))
    assert bank.load().spec.training.estimator == estimator


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("xgbost", "Did you mean 'xgboost'?"),
        ("forest", "Use xgboost, scorecard or a dotted path."),
    ],
)
def test_an_unknown_estimator_gets_the_nearest_name_or_all(bank, name, hint):
    bank.change(("estimator: xgboost", f"estimator: {name}"))
    assert problems(bank) == [f"line 41: unknown estimator '{name}'. {hint}"]


def test_a_policy_like_no_other_gets_the_names_there_are(bank):
    bank.change(("policies: [house]", "policies: [house, zz]"))
    assert problems(bank) == ["line 16: policy 'zz' does not exist. Known: house."]


@pytest.mark.parametrize(("limit", "fine"), [("0.70", True), ("0.7001", True), ("0.6999", False)])
def test_the_policys_limit_itself_passes_and_one_step_looser_does_not(bank, limit, fine):
    bank.change(("PERF-001: 0.72", f"PERF-001: {limit}"))
    if fine:
        assert bank.load().spec.limits == {"PERF-001": float(limit)}
    else:
        assert problems(bank) == [
            "line 42: limit PERF-001: 0.6999 is looser than policy house, which requires "
            "AUC >= 0.7. A spec may only tighten; remove the line or make it stricter."
        ]


def test_the_limit_of_the_models_own_tier_is_what_counts(bank):
    bank.change(("tier: 2", "tier: 1"))
    (problem,) = problems(bank)
    assert "0.72 is looser than policy house, which requires AUC >= 0.75" in problem


@pytest.mark.parametrize("check", ["PERF-999", "GOV-001"])
def test_a_limit_for_a_check_that_no_policy_limits_is_refused(bank, check):
    bank.change(("PERF-001: 0.72", f"{check}: 1"))
    (problem,) = problems(bank)
    assert f"no policy of this model sets a limit for {check}" in problem


def test_packs_that_contradict_each_other_are_a_problem_of_the_spec_that_names_both(bank):
    other = (bank.policies / "house.yaml").read_text().replace("policy: house", "policy: other")
    bank.write("policies/other.yaml", other.replace("at_least:", "at_most:"))
    bank.change(("policies: [house]", "policies: [house, other]"))
    assert problems(bank) == [
        "line 16: Policies house and other judge PERF-001 in opposite directions.. "
        "Let both packs state at_least, or both at_most, for that check."
    ]


@pytest.mark.parametrize("tier", ["true", "1.0", "9", "two"])
def test_limits_wait_until_the_tier_is_right(bank, tier):
    bank.change(("tier: 2", f"tier: {tier}"), ("PERF-001: 0.72", "PERF-001: 0.1"))
    (problem,) = problems(bank)
    assert problem.startswith("line 4: tier")


def test_a_justified_suspect_must_be_a_feature(bank):
    bank.change(("limits:", "leakage: {justified: {incme: Read from the tax return.}}\nlimits:"))
    (problem,) = problems(bank)
    assert "'incme' is justified and is no feature. Did you mean 'income'?" in problem


@pytest.mark.parametrize("reason", ["TBD", "n/a", "none given"])
def test_a_placeholder_justifies_nothing(bank, reason):
    bank.change(("limits:", f"leakage: {{justified: {{income: {reason}}}}}\nlimits:"))
    (problem,) = problems(bank)
    assert "which gives no reason. Say how its value is known" in problem


def test_a_reason_in_a_sentence_is_taken(bank):
    bank.change(("limits:", "leakage: {justified: {income: Read from the tax return.}}\nlimits:"))
    assert bank.load().spec.leakage.justified == {"income": "Read from the tax return."}
