"""A wrong spec or command says what, where and how to mend it, before anything is started."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments import local_server
from deployments.cli import app

ROOT = Path(__file__).parents[2]
MODEL, NIGHT = "credit_default", "2025-04-10"


class Desk:
    """A model owner's desk: specs and policies to be spoilt, and a home nobody has used."""

    def __init__(self, folder):
        self.folder = folder
        self.models = folder / "models"
        self.policies = folder / "policies"
        self.home = folder / "home"
        self.spec = self.models / f"{MODEL}.yaml"

    def spoil(self, old, new, *, file=None):
        """Replace text that stands there once; returns the line where it stands."""
        file = file or self.spec
        text = file.read_text()
        assert text.count(old) == 1, old
        file.write_text(text.replace(old, new))
        return text[: text.index(old)].count("\n") + 1

    def append(self, text):
        """Add text at the end; returns the line of its first character."""
        before = self.spec.read_text()
        self.spec.write_text(before + text)
        return before.count("\n") + 1

    def refuses(self, *arguments, code=2):
        """Type a command that must be refused; returns what it says, in one line."""
        result = CliRunner().invoke(app, list(arguments or ("run", MODEL, "--as-of", NIGHT)))
        assert result.exit_code == code, result.output
        assert result.stdout == ""
        assert not self.home.exists(), "a request that is refused leaves nothing behind"
        assert "PREFECT_API_URL" not in os.environ, "no server is started for it"
        said = result.stderr
        assert "Traceback" not in said
        assert "defect" not in said
        assert "\nWhat to do: " in said
        return " ".join(said.split())


@pytest.fixture
def desk(tmp_path, monkeypatch):
    desk = Desk(tmp_path)
    shutil.copytree(ROOT / "deployments" / "models", desk.models)
    shutil.copytree(ROOT / "deployments" / "policies", desk.policies)
    monkeypatch.setenv("PIPELINES_HOME", str(desk.home))
    monkeypatch.setenv("PIPELINES_MODELS", str(desk.models))
    monkeypatch.setenv("PIPELINES_POLICIES", str(desk.policies))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    yield desk
    local_server.stop(desk.home, busy=list, patience=0)  # one that should never have started


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param(
            "tier_rationale: >-",
            "tier_rational: >-",
            "unknown key 'tier_rational'. Did you mean 'tier_rationale'?",
            id="an unknown key, with the one that was meant",
        ),
        pytest.param(
            "  seed: 20250410",
            "  seed: soon",
            "training.seed: input should be a valid integer, not 'soon'. Correct the value.",
            id="a value of the wrong type",
        ),
        pytest.param(
            "  PERF-001: 0.70",
            "  PERF-001: 0.60",
            "limit PERF-001: 0.6 is looser than policy house, which requires AUC >= 0.65. "
            "A spec may only tighten; remove the line or make it stricter.",
            id="a limit looser than the policy's",
        ),
        pytest.param(
            "  PERF-001: 0.70",
            "  PERF-001: .nan",
            "limits.PERF-001: input should be a finite number",
            id="a limit that is no number",
        ),
        pytest.param(
            "  PERF-001: 0.70",
            "  PERF-999: 0.70",
            "limit PERF-999: no policy of this model sets a limit for PERF-999.",
            id="a limit for a check that no policy rules",
        ),
        pytest.param(
            "  - name: limit_bal",
            "  - name: sex",
            "'sex' is the protected attribute 'sex' and may not be a feature. "
            "Remove the feature; protected attributes only serve the fairness step.",
            id="a protected attribute as a feature",
        ),
        pytest.param(
            "  - name: limit_bal",
            "  - name: default_next_month",
            "'default_next_month' is the label and may not be a feature.",
            id="the label as a feature",
        ),
        pytest.param(
            'cron: "0 2 * * *"',
            'cron: "every night"',
            "schedule.cron: 'every night' is not a cron line of five fields, "
            "such as '0 2 * * *'. Correct the value.",
            id="a nonsense schedule",
        ),
        pytest.param(
            "timezone: Europe/Brussels",
            "timezone: Europe/Brussel",
            "schedule.timezone: 'Europe/Brussel' is not a time zone, such as 'Europe/Brussels'",
            id="an unknown time zone",
        ),
        pytest.param(
            "last_slot: 2025-04-10 ",
            "last_slot: 2025-04-31 ",
            "'2025-04-31' is no date",
            id="a day that the calendar does not have",
        ),
        pytest.param(
            "policies: [house]",
            "policies: [huose]",
            "policy 'huose' does not exist. Did you mean 'house'?",
            id="an unknown policy",
        ),
        pytest.param(
            "  estimator: xgboost",
            "  estimator: xgbost",
            "unknown estimator 'xgbost'. Did you mean 'xgboost'?",
            id="an unknown estimator",
        ),
        pytest.param(
            "    source: accounts\n    type: integer\n    unit: TWD\n    minimum: 10000\n",
            "    source: acounts\n    type: integer\n    unit: TWD\n    minimum: 10000\n",
            "feature 'limit_bal' names source 'acounts', which delivers no features. "
            "Use one of: accounts.",
            id="a feature of a source that is not there",
        ),
        pytest.param(
            "train: 0.55",
            "train: 0.65",
            "windows: the four shares add up to 1.1, not 1",
            id="windows that are more than the whole",
        ),
        pytest.param(
            "  negative: 0",
            "  negative: 1",
            "positive and negative are the same code",
            id="a label of one kind",
        ),
    ],
)
def test_a_wrong_spec_is_refused_with_line_and_remedy(desk, old, new, says):
    line = desk.spoil(old, new)
    said = desk.refuses()
    assert "models/credit_default.yaml" in said
    assert says in said
    assert re.search(rf"\bline ({line}|{line + 1})\b", said), (line, said)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("max_depth: 4", "max_dept: 4", "'max_dept' cannot be set. What to do: Did you mean max_d"),
        ("subsample: 0.8", "subsample: 80", "subsample is 80. What to do: Give subsample a number"),
        ("max_depth: 4", "eta: 0.1", "'eta' cannot be set. What to do: Remove eta: write learning"),
    ],
)
def test_a_parameter_the_estimator_does_not_know_is_refused_before_anything_runs(
    desk, old, new, says
):
    desk.spoil(f"    {old}", f"    {new}")
    assert f"training.parameters: {says}" in desk.refuses()
    result = CliRunner().invoke(app, ["check", MODEL])
    assert (result.exit_code, desk.home.exists()) == (2, False)


def test_a_key_given_twice_is_refused_with_both_lines(desk):
    first = desk.spoil("tier: 3", "tier: 3 ")
    second = desk.append("tier: 1\n")
    said = desk.refuses()
    assert f"line {second}: key 'tier' is given twice. It stands on line {first} too." in said


def test_all_problems_of_a_spec_come_at_once_in_the_order_of_lines(desk):
    desk.spoil("policies: [house]", "policies: [huose]")
    desk.spoil('cron: "0 2 * * *"', 'cron: "at dawn"')
    desk.spoil("  - name: pay_6", "  - name: sex")
    desk.append("owner: Retail\n")
    said = desk.refuses()
    assert "models/credit_default.yaml has 4 problems:" in said
    lines = [int(number) for number in re.findall(r"line (\d+):", said)]
    assert len(lines) == 4
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("model: [a, b\n", "is not valid YAML on line 2, column 1", id="open bracket"),
        pytest.param("model: a\n\ttier: 3\n", "is not valid YAML on line 2, column 1", id="a tab"),
        pytest.param(
            "model: a\n--- \ntier: 3\n", "is not valid YAML on line 2", id="two documents"
        ),
        pytest.param("model: a\x07\n", "is not valid YAML: special characters", id="a bell"),
        pytest.param(
            "model: &a [*a]\n", "on line 1, column 12: an alias", id="an alias that holds itself"
        ),
        pytest.param("model: !!python/name:os.system\n", "is not valid YAML", id="code"),
        pytest.param("- model\n", "is not a mapping of keys to values", id="a list"),
        pytest.param("", "is not a mapping of keys to values", id="nothing at all"),
    ],
)
def test_what_is_no_yaml_says_where(desk, text, says):
    desk.spec.write_text(text)
    said = desk.refuses("run", str(desk.spec))
    assert "models/credit_default.yaml" in said
    assert says in said


def test_a_file_that_is_not_utf8_is_refused(desk):
    desk.spec.write_bytes(desk.spec.read_bytes() + "# Größe\n".encode("latin-1"))
    said = desk.refuses()
    assert "credit_default.yaml is not UTF-8 text (byte " in said
    assert "Save the file as UTF-8." in said


def test_a_spec_file_that_is_not_there_is_named(desk):
    said = desk.refuses("run", "models/nowhere.yaml")
    assert "models/nowhere.yaml does not exist. What to do: Check the path" in said
    assert "models cannot be read: Is a directory." in desk.refuses("run", "models/")


def test_an_unknown_model_suggests_the_nearest(desk):
    said = desk.refuses("run", "credit_defualt")
    assert "There is no model 'credit_defualt' in models. What to do: Did you mean" in said
    assert "Did you mean 'credit_default'?" in said
    far = desk.refuses("run", "zzz")
    assert "Known: cheque_digits, credit_default." in far


@pytest.mark.parametrize("command", ["run", "show", "report", "replay"])
def test_every_command_that_takes_a_model_refuses_an_unknown_one(desk, command):
    more = ["--from", NIGHT, "--nights", "1"] if command == "replay" else []
    assert "There is no model 'credit_defualt'" in desk.refuses(command, "credit_defualt", *more)


def test_check_lists_a_broken_spec_among_the_others_and_ends_with_its_code(desk):
    desk.spoil("policies: [house]", "policies: [huose]")
    result = CliRunner().invoke(app, ["check", MODEL])
    assert result.exit_code == 2
    assert "policy 'huose' does not exist. Did you mean 'house'?" in " ".join(result.stdout.split())
    assert not desk.home.exists()


def test_two_models_of_one_name_are_refused_and_both_files_named(desk):
    shutil.copy(desk.spec, desk.models / "copy.yaml")
    said = desk.refuses()
    assert "copy.yaml and credit_default.yaml in models are both model 'credit_default'." in said
    assert "Give one of them another name in its line 'model:'." in said


def test_a_broken_policy_is_named_with_its_line(desk):
    house = desk.policies / "house.yaml"
    line = desk.spoil("effective_from: 2000-01-01", "effective_from: 2025-02-30", file=house)
    said = desk.refuses()
    assert "policies/house.yaml" in said
    assert f"line {line}" in said
    assert "'2025-02-30' is no date" in said


def test_a_policy_that_is_no_longer_in_force_is_refused(desk):
    house = desk.policies / "house.yaml"
    desk.spoil(
        "effective_from: 2000-01-01",
        "effective_until: 2025-02-01\neffective_from: 2000-01-01",
        file=house,
    )
    said = desk.refuses()
    assert "Policy house is not in force on 2025-04-10." in said


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (
            "PIPELINES_HOEM",
            "/tmp/x",
            "PIPELINES_HOEM is not a setting. What to do: Did you mean "
            "PIPELINES_HOME? Unset or rename it.",
        ),
        ("PIPELINES_THREADS", "many", "PIPELINES_THREADS is 'many', not a whole number"),
        ("PIPELINES_MLFLOW_URI", "nowhere", "PIPELINES_MLFLOW_URI is the address of no registry"),
        (
            "PIPELINES_MLFLOW_URI",
            "ftp://host/db",
            "PIPELINES_MLFLOW_URI is the address of no registry",
        ),
    ],
)
def test_a_wrong_setting_is_named(desk, monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    assert says in desk.refuses()


@pytest.mark.parametrize(
    ("night", "says"),
    [
        ("yesterday", "'yesterday' is not a date. What to do: Write it as 2025-04-10."),
        ("2025-02-30", "'2025-02-30' is not a date."),
        (
            "2025-04-11",
            "There is no data for 2025-04-11: the schedule's last slot is 2025-04-10. "
            "What to do: Give --as-of 2025-04-10 or earlier.",
        ),
        ("1999-12-31", "Policy house is not in force on 1999-12-31."),
    ],
)
def test_a_night_that_cannot_be_run_is_refused(desk, night, says):
    assert says in desk.refuses("run", MODEL, "--as-of", night)


def test_a_replay_past_the_last_slot_is_refused_before_its_first_night(desk):
    said = desk.refuses("replay", MODEL, "--from", "2025-04-09", "--nights", "5")
    assert "There is no data for 2025-04-13" in said


def test_machines_get_the_same_error_as_one_json_object(desk):
    desk.spoil("policies: [house]", "policies: [huose]")
    result = CliRunner().invoke(app, ["run", MODEL, "--json"])
    assert (result.exit_code, result.stderr) == (2, "")
    error = json.loads(result.stdout)
    assert error["exit_code"] == 2
    assert "policy 'huose' does not exist" in error["error"]
    assert error["fix"].startswith("Correct these lines")
