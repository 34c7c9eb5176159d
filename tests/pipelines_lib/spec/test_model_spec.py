"""Each part of a spec refuses what cannot be meant, and reads codes as text."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines_lib.spec.decision import Decision
from pipelines_lib.spec.inputs import Feature, SourceSpec
from pipelines_lib.spec.model_spec import Label, Schedule, Search, Training, Windows
from pipelines_lib.spec.protected import Fairness, ProtectedAttribute

FEATURE = {"name": "income", "source": "a", "type": "number", "meaning": "m", "reason": "r"}
CATEGORY = {**FEATURE, "type": "category", "levels": ["a", "b"]}
SOURCE = {"name": "a", "role": "features", "uri": "a.csv", "key": "id"}
TRAINING = {"estimator": "xgboost", "seed": 1, "calibration": "none"}


def refused(kind, data):
    """What is said against the data."""
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(data)
    (error,) = caught.value.errors()
    return error["msg"].removeprefix("Value error, ")


@pytest.mark.parametrize("cron", ["0 2 * * *", "*/15 1-3 * * mon-fri", "0 2 29 2 *", "0 2 L * *"])
def test_a_cron_line_of_five_fields_is_known(cron):
    assert Schedule(cron=cron, timezone="UTC").cron == cron


@pytest.mark.parametrize(
    "cron", ["nonsense", "0 25 * * *", "* * * *", "0 2 * * * 0", "@daily", "R 2 * * *", "h 2 * * *"]
)
def test_any_other_cron_line_is_refused(cron):
    said = refused(Schedule, {"cron": cron, "timezone": "UTC"})
    assert said == f"{cron!r} is not a cron line of five fields, such as '0 2 * * *'"


def test_a_cron_line_for_a_day_that_never_comes_is_refused():
    said = refused(Schedule, {"cron": "0 2 31 2 *", "timezone": "UTC"})
    assert said == "'0 2 31 2 *' names a day that no calendar has"


@pytest.mark.parametrize("zone", ["Mars/Base", "Europe", "../etc/passwd", "UTC\0"])
def test_what_is_no_time_zone_is_refused(zone):
    said = refused(Schedule, {"cron": "0 2 * * *", "timezone": zone})
    assert said.endswith("is not a time zone, such as 'Europe/Brussels' or 'UTC'")


def test_the_last_slot_is_a_date():
    schedule = Schedule(cron="0 2 * * *", timezone="UTC", last_slot=date(2025, 4, 10))
    assert schedule.last_slot == date(2025, 4, 10)
    said = {"cron": "0 2 * * *", "timezone": "UTC", "last_slot": "soon"}
    assert refused(Schedule, said) == "Input should be a valid date"


@pytest.mark.parametrize(
    ("role", "needed"), [("population", "business_date"), ("label", "observed_on")]
)
def test_a_source_carries_the_date_of_its_role(role, needed):
    assert refused(SourceSpec, {**SOURCE, "role": role}) == (
        f"a {role} source needs {needed}: the column that holds it"
    )
    assert SourceSpec.model_validate({**SOURCE, "role": role, needed: "day"}).role == role


def test_an_sql_source_names_its_table_and_a_file_names_no_variable():
    assert refused(SourceSpec, {**SOURCE, "uri": "env:BANK"}) == (
        "an SQL source (env:NAME) needs table: the table or view to read"
    )
    sql = SourceSpec.model_validate({**SOURCE, "uri": "env:BANK", "table": "loans"})
    assert sql.sql_variable == "BANK"
    assert SourceSpec.model_validate(SOURCE).sql_variable is None


@pytest.mark.parametrize("separator", [";", "\t", "|", " "])
def test_a_separator_is_one_character_a_tab_too(separator):
    assert SourceSpec.model_validate({**SOURCE, "separator": separator}).separator == separator


@pytest.mark.parametrize("separator", ["", ";;"])
def test_a_separator_of_another_length_is_refused(separator):
    assert "character" in refused(SourceSpec, {**SOURCE, "separator": separator})


def test_a_category_needs_levels_each_once_and_no_numbers():
    assert refused(Feature, {**FEATURE, "type": "category"}) == (
        "a category needs levels: the values that are known"
    )
    assert refused(Feature, {**CATEGORY, "levels": ["a", "b", "a"]}) == "level a is given twice"
    for extra in ({"minimum": 0}, {"maximum": 1}, {"monotone": "increasing"}):
        assert refused(Feature, {**CATEGORY, **extra}) == (
            "a category has no minimum, maximum or monotone direction"
        )


def test_a_number_has_no_levels():
    assert refused(Feature, {**FEATURE, "levels": ["a"]}) == "levels belong to type: category"


@pytest.mark.parametrize(("low", "high", "fine"), [(1, 1, True), (1, 2, True), (1.01, 1, False)])
def test_a_minimum_may_reach_the_maximum_but_not_pass_it(low, high, fine):
    data = {**FEATURE, "minimum": low, "maximum": high}
    if fine:
        assert Feature.model_validate(data).minimum == low
    else:
        assert refused(Feature, data) == "minimum is above maximum"


def test_codes_are_text_however_yaml_reads_them():
    feature = Feature.model_validate(
        {**CATEGORY, "levels": [1, "02", "x"], "codes": {-2: "none", "0": "some"}}
    )
    assert feature.levels == ("1", "02", "x")
    assert feature.codes == {"-2": "none", "0": "some"}
    label = {"source": "a", "column": "b", "meaning": "m", "performance_window_days": 0}
    assert Label.model_validate({**label, "positive": 1, "negative": "0"}).positive == "1"


@pytest.mark.parametrize("code", [True, 1.0, None, date(2025, 1, 1)])
def test_what_is_neither_text_nor_a_whole_number_is_no_code(code):
    assert refused(Feature, {**CATEGORY, "levels": [code]}) == "Input should be a valid string"


def test_codes_that_are_no_mapping_are_refused():
    assert refused(Feature, {**CATEGORY, "codes": ["a"]}) == "Input should be a valid dictionary"


def test_groups_or_bands_are_given_and_the_reference_is_one_of_them():
    both = {"name": "age", "column": "age", "reference": "old"}
    bands = {"old": [60, None], "young": [None, 59]}
    assert refused(ProtectedAttribute, both) == "give either groups or bands"
    assert refused(ProtectedAttribute, {**both, "bands": bands, "groups": {"old": [1]}}) == (
        "give either groups or bands"
    )
    assert refused(ProtectedAttribute, {**both, "groups": {"a": [1], "b": [2]}}) == (
        "reference 'old' is not one of a, b"
    )
    attribute = ProtectedAttribute.model_validate({**both, "bands": bands})
    assert attribute.group_names == ("old", "young")
    assert attribute.bands["old"] == (60.0, None)


def test_fairness_is_either_asked_or_argued_away():
    attribute = {"name": "s", "column": "s", "reference": "a", "groups": {"a": [1], "b": [2]}}
    said = "give attributes, or not_applicable with the reason; one of both"
    assert refused(Fairness, {}) == said
    assert refused(Fairness, {"attributes": [attribute], "not_applicable": "because"}) == said
    assert Fairness.model_validate({"not_applicable": "digits"}).attributes == ()


@pytest.mark.parametrize("both", [{}, {"cutoff": 0.5, "decline_share": 0.2}])
def test_a_decision_has_one_rule(both):
    assert refused(Decision, both) == "give cutoff or decline_share; one of both"


@pytest.mark.parametrize(("cutoff", "fine"), [(0.0, False), (1e-9, True), (1.0, False)])
def test_a_share_lies_strictly_between_nothing_and_all(cutoff, fine):
    if fine:
        assert Decision(cutoff=cutoff).cutoff == cutoff
    else:
        assert "than" in refused(Decision, {"cutoff": cutoff})


def test_the_four_windows_share_everything():
    windows = {"train": 0.55, "calibration": 0.15, "validation": 0.15, "out_of_time": 0.15}
    assert Windows.model_validate(windows).train == 0.55
    assert refused(Windows, {**windows, "train": 0.56}) == "the four shares add up to 1.01, not 1"


@given(st.lists(st.integers(1, 9997), min_size=3, max_size=3).filter(lambda n: sum(n) < 10_000))
def test_four_decimal_shares_that_add_up_on_paper_add_up_here(parts):
    train, calibration, validation = (part / 10_000 for part in parts)
    rest = (10_000 - sum(parts)) / 10_000
    Windows(train=train, calibration=calibration, validation=validation, out_of_time=rest)


@pytest.mark.parametrize(("trials", "fine"), [(0, False), (1, True), (500, True), (501, False)])
def test_a_search_is_bounded(trials, fine):
    data = {"trials": trials, "space": {"max_depth": [2, 6]}}
    if fine:
        assert Search.model_validate(data).space == {"max_depth": (2.0, 6.0)}
    else:
        assert "than or equal" in refused(Search, data)


@pytest.mark.parametrize("value", [1, 0.5, True, "auto", 2**53 - 1, 1e300])
def test_a_parameter_is_one_plain_value(value):
    training = Training.model_validate({**TRAINING, "parameters": {"x": value}})
    assert training.parameters["x"] == value
    assert type(training.parameters["x"]) is type(value)


@pytest.mark.parametrize("value", [None, [1], {}, float("nan"), float("inf"), 2**53])
def test_what_json_cannot_hold_exactly_is_no_parameter(value):
    assert refused(Training, {**TRAINING, "parameters": {"x": value}}) == (
        "it must be one number, one word, true or false"
    )


def test_a_spec_cannot_be_changed(spec):
    with pytest.raises(ValidationError):
        spec.tier = 1


def test_a_spec_finds_its_parts_by_name_and_role(spec):
    assert spec.feature_names == ("income", "home")
    assert spec.source("outcomes").observed_on == "seen"
    assert spec.population.name == "accounts"
    assert spec.protected_source.name == "people"


def test_an_inventory_shows_who_answers_for_the_model(spec):
    assert spec.summary() == {
        "model": "cards",
        "title": "Default of card clients",
        "tier": 2,
        "owner": "Retail",
        "developer": "Modelling",
        "validator": "Validation",
    }
