"""From a name to a checked spec: every problem in one error, each with line and fix."""

import functools
import operator
import pickle
import subprocess
import sys

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines_lib.errors import SpecError
from pipelines_lib.spec.loading import find_model, load_policies, parse_model, parse_policy


def refusal(bank, reference="cards"):
    with pytest.raises(SpecError) as caught:
        bank.load(reference)
    return caught.value


def problems(bank):
    return refusal(bank).problem.splitlines()[1:]


def test_a_good_spec_is_loaded_with_its_text_and_the_policies_it_names(bank, spec_text):
    bank.write(
        "policies/other.yaml",
        bank.policies.joinpath("house.yaml").read_text().replace("policy: house", "policy: other"),
    )
    loaded = bank.load()
    assert (loaded.spec.model, loaded.text) == ("cards", spec_text)
    assert loaded.path == bank.models / "cards.yaml"
    assert loaded.folder == bank.models
    assert [policy.pack.policy for policy in loaded.policies] == ["house"]
    assert list(loaded.packs) == ["house"]


def test_one_error_lists_every_problem_with_line_and_fix_in_the_order_of_lines(bank):
    path = bank.change(
        ("tier: 2", "tier: 7"),
        ("title: Default of card clients", "titel: Default of card clients"),
        ("review_every_days: 90", "review_every_days: often"),
        ("policies: [house]", "policies: [hose]"),
        ('"0 2 * * *"', "every night"),
        ("name: home, source: accounts", "name: gender, source: acounts"),
        ("estimator: xgboost", "estimator: xgbost"),
        ("PERF-001: 0.72", "PERF-001: high"),
    )
    error = refusal(bank)
    assert error.problem.splitlines() == [
        f"{path} has 10 problems:",
        "  line 1: key 'title' is missing. Add it; docs/model_spec.md explains it.",
        "  line 2: unknown key 'titel'. Did you mean 'title'?",
        "  line 4: tier: input should be 1, 2 or 3, not 7. Correct the value.",
        "  line 14: monitoring.review_every_days: input should be a valid integer, "
        "not 'often'. Correct the value.",
        "  line 16: policy 'hose' does not exist. Did you mean 'house'?",
        "  line 17: schedule.cron: 'every night' is not a cron line of five fields, "
        "such as '0 2 * * *'. Correct the value.",
        "  line 24: 'gender' is the protected attribute 'sex' and may not be a feature. "
        "Remove the feature; protected attributes only serve the fairness step.",
        "  line 24: feature 'gender' names source 'acounts', which delivers no features. "
        "Use one of: accounts.",
        "  line 41: unknown estimator 'xgbost'. Did you mean 'xgboost'?",
        "  line 42: limits.PERF-001: input should be a valid number, not 'high'. "
        "Correct the value.",
    ]
    assert "`pipelines check`" in error.fix
    assert error.exit_code == 2


def test_one_problem_is_called_one_problem(bank):
    bank.change(("tier: 2", "tier: 2\nmargin: 5"))
    assert "has 1 problem:\n  line 5: unknown key 'margin'." in refusal(bank).problem


def test_an_unknown_key_like_no_other_is_to_be_removed(bank):
    bank.change(("tier: 2", "tier: 2\nqqqqq: 5"))
    assert problems(bank) == ["  line 5: unknown key 'qqqqq'. Remove it."]


def test_a_key_given_twice_is_a_problem_though_yaml_would_take_the_last(bank):
    bank.change(("tier: 2", "tier: 2\ntier: 3"))
    assert problems(bank) == ["  line 5: key 'tier' is given twice. It stands on line 4 too."]


def test_a_problem_in_a_list_names_the_item_and_its_line(bank):
    bank.change(("type: number, minimum: 0", "type: numeral, minimum: [0]"))
    assert problems(bank) == [
        "  line 23: features[0].minimum: input should be a valid number. Correct the value.",
        "  line 23: features[0].type: input should be 'number', 'integer' or 'category', "
        "not 'numeral'. Correct the value.",
    ]


def test_a_problem_of_a_whole_entry_names_the_entry(bank):
    bank.change(("decision: {decline_share: 0.2}", "decision: {}"))
    assert problems(bank) == [
        "  line 39: decision: give cutoff or decline_share; one of both. Correct the value."
    ]


def test_a_wrong_key_is_reported_once_and_on_its_line(bank):
    bank.change(("tier: 2", "tier: 2\n5: x"))
    (problem,) = problems(bank)
    assert problem.startswith("  line 5: ")


def test_a_very_long_value_is_cut(bank):
    bank.change(("tier: 2", f"tier: {'x' * 500}"))
    (problem,) = problems(bank)
    assert len(problem) < 150
    assert "..." in problem


def test_a_wrong_parameter_is_one_problem_not_one_per_type_it_might_have(bank):
    bank.change(("max_depth: 4", "max_depth: [4]"))
    assert problems(bank) == [
        "  line 41: training.parameters.max_depth: it must be one number, one word, "
        "true or false. Correct the value."
    ]


@pytest.mark.parametrize("suffix", [".yaml", ".yml"])
def test_a_model_is_found_by_the_name_it_gives_itself(bank, suffix):
    path = bank.models / f"anything{suffix}"
    (bank.models / "cards.yaml").rename(path)
    assert find_model("cards", bank.models) == path


def test_a_model_without_a_name_is_found_by_its_file(bank):
    path = bank.write("models/nameless.yaml", "model:\n  title: x\n")
    assert find_model("nameless", bank.models) == path


@pytest.mark.parametrize("line", ["model: 'quoted'", 'model: "quoted"', "model:   quoted # why"])
def test_a_name_may_be_quoted_or_followed_by_a_comment(bank, line):
    path = bank.write("models/q.yaml", f"# first\n{line}\n")
    assert find_model("quoted", bank.models) == path


def test_a_spec_is_found_by_its_path_anywhere(bank, spec_text, tmp_path, monkeypatch):
    elsewhere = bank.write("elsewhere/mine.yaml", spec_text)
    assert bank.load(str(elsewhere)).spec.model == "cards"
    monkeypatch.chdir(elsewhere.parent)
    assert find_model("mine.yaml", bank.models) == elsewhere
    assert find_model("../elsewhere/mine", bank.models).name == "mine"


def test_the_path_of_no_file_is_named(bank):
    assert "gone.yaml does not exist" in refusal(bank, "gone.yaml").problem


def test_a_misspelt_model_gets_the_nearest_name(bank):
    error = refusal(bank, "card")
    assert error.problem.startswith("There is no model 'card' in ")
    assert error.fix.startswith("Did you mean 'cards'? ")


def test_a_model_like_no_other_gets_the_names_there_are(bank):
    assert refusal(bank, "xyz").fix.startswith("Known: cards. ")


def test_a_folder_without_models_says_so(bank):
    (bank.models / "cards.yaml").unlink()
    (bank.models / "folder.yaml").mkdir()
    assert refusal(bank).fix.startswith("Known: none. ")


def test_two_models_of_one_name_are_refused_by_both_files(bank, spec_text):
    bank.write("models/again.yml", spec_text)
    error = refusal(bank)
    assert error.problem.startswith("again.yml and cards.yaml in ")
    assert error.problem.endswith("are both model 'cards'.")


def test_two_packs_of_one_name_are_refused(bank):
    bank.write("policies/again.yaml", (bank.policies / "house.yaml").read_text())
    assert refusal(bank).problem.endswith("are policy 'house'.")


def test_a_broken_pack_is_named_with_its_line(bank):
    bank.change(("consequence: screen", "consequence: shout"), name="policies/house.yaml")
    (problem,) = problems(bank)
    assert problem == (
        "  line 14: rules[2].consequence: 'shout' is not one of hard, screen, record. "
        "Correct the value."
    )


def test_without_any_policy_there_is_none_to_name(bank):
    (bank.policies / "house.yaml").unlink()
    assert problems(bank) == ["  line 16: policy 'house' does not exist. Known: none."]


def test_the_text_an_evidence_pack_carries_gives_the_same_spec_and_pack(bank, spec_text):
    loaded = bank.load()
    assert parse_model(spec_text).sha256 == loaded.spec.sha256
    (policy,) = loaded.policies
    assert parse_policy(policy.text).sha256 == policy.pack.sha256


def test_evidence_with_a_damaged_text_names_what_was_damaged(spec_text):
    with pytest.raises(SpecError, match="spec in evidence has 1 problem"):
        parse_model(spec_text.replace("tier: 2", "tier: 9"))
    with pytest.raises(SpecError, match="policy in evidence has"):
        parse_policy("policy: house")


def test_a_loaded_model_travels_between_processes(bank):
    loaded = bank.load()
    again = pickle.loads(pickle.dumps(loaded))
    assert again == loaded
    assert again.spec.sha256 == loaded.spec.sha256


def test_the_hash_of_a_spec_is_the_same_in_every_process(bank):
    code = (
        "import sys; from pathlib import Path; from pipelines_lib.spec.loading import *;"
        "text = Path(sys.argv[1]).read_text(); print(parse_model(text).sha256);"
        "print(load_policies(Path(sys.argv[2]))['house'].pack.sha256)"
    )
    arguments = [sys.executable, "-c", code, str(bank.models / "cards.yaml"), str(bank.policies)]
    outputs = {
        subprocess.run(
            arguments, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "4242")
    }
    spec, pack = bank.load().spec, load_policies(bank.policies)["house"].pack
    assert outputs == {f"{spec.sha256}\n{pack.sha256}\n"}


def _turned(value):
    """The same mappings with their keys in the opposite order."""
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value


def test_comments_layout_and_the_order_of_keys_do_not_change_the_hash(spec_text):
    quoted = spec_text.replace("levels: [01, 02]", "levels: ['01', '02']")
    turned = yaml.safe_dump(_turned(yaml.safe_load(quoted)), sort_keys=False)
    assert turned.splitlines()[0].startswith("limits")
    commented = f"# a comment\n\n{spec_text}\n# the end\n"
    hashes = {parse_model(text).sha256 for text in (spec_text, quoted, turned, commented)}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PERF-001: 0.72", "PERF-001: 0.73"),
        ("seed: 7", "seed: 8"),
        ("levels: [01, 02]", "levels: [02, 01]"),
        ("young: [null, 24], old: [25, null]", "young: [null, 29], old: [30, null]"),
        ("title: Default of card clients", "title: Default of Card clients"),
        ("name: accounts, role: population, uri: accounts.csv", "name: accounts, "
         "role: population, uri: other.csv"),
    ],
)  # fmt: skip
def test_a_changed_value_changes_the_hash(spec_text, old, new):
    assert spec_text.count(old) == 1
    assert parse_model(spec_text.replace(old, new)).sha256 != parse_model(spec_text).sha256


JUNK = st.sampled_from(
    [None, True, "", "word", -1, 0.5, 10**400, float("nan"), [], [[]], [{}], {}, {"a": [1]}, {1: 2}]
)


def _places(value, at=()):
    if at:
        yield at
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(item, (*at, key))


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_no_value_anywhere_in_a_spec_causes_anything_but_a_spec_error(bank, spec_text, data):
    """Whatever stands in place of whatever: a list of problems, never a traceback."""
    broken = yaml.safe_load(spec_text)
    *way, last = data.draw(st.sampled_from(list(_places(broken))))
    target = functools.reduce(operator.getitem, way, broken)
    target[last] = data.draw(JUNK)
    path = bank.write("models/cards.yaml", yaml.safe_dump(broken, sort_keys=False))
    try:
        loaded = bank.load(str(path))
    except SpecError as error:
        listed = error.problem.splitlines()[1:]
        assert listed
        assert all(line.startswith("  line ") for line in listed)
    else:
        assert len(loaded.spec.sha256) == 64
