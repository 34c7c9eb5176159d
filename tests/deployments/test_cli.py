"""The command line: quick to help, honest exit codes, one JSON document for machines."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments import local_server
from deployments.cli import app
from pipelines_lib.errors import ServiceError

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "init",
    "run",
    "replay",
    "check",
    "models",
    "show",
    "report",
    "reproduce",
    "stress",
    "doctor",
    "down",
)
AS_JSON = [
    ["models"],
    ["show", "credit_default"],
    ["evidence", "show", "credit_default"],
    ["evidence", "verify", "credit_default"],
]


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """Type a command at an empty installation."""
    monkeypatch.setenv("PIPELINES_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIPELINES_MODELS", str(ROOT / "deployments" / "models"))
    monkeypatch.setenv("PIPELINES_POLICIES", str(ROOT / "deployments" / "policies"))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, words)


def last_line(result):
    return json.loads(result.stdout.splitlines()[-1])


def test_help_lists_every_command_with_what_it_does(cli):
    result = cli("--help")
    assert result.exit_code == 0
    for command in (*COMMANDS, "evidence", "policy"):
        assert re.search(rf"^\s+{command}\s+\w+", result.stdout, re.MULTILINE), command
    assert re.search(r"^\s+verify\s+\w+", cli("evidence", "--help").stdout, re.MULTILINE)


def test_every_command_of_the_application_is_known_to_this_test():
    assert {command.name or command.callback.__name__ for command in app.registered_commands} == {
        *COMMANDS
    }


@pytest.mark.parametrize(
    "command", [[], *[[each] for each in COMMANDS], ["evidence", "verify"], ["policy", "check"]]
)
def test_help_answers_without_loading_anything_heavy(command):
    heavy = {
        "pandas", "numpy", "pyarrow", "prefect", "mlflow", "sklearn", "xgboost", "duckdb",
        "great_expectations", "evidently", "fairlearn", "scipy", "sqlalchemy", "yaml",
    }  # fmt: skip
    code = (
        "import sys\n"
        "from deployments.cli import main\n"
        f"sys.argv = ['pipelines', *{command!r}, '--help']\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"print('loaded', sorted({heavy!r} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded []"
    assert "Usage: " in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["rum"],
        ["run"],
        ["run", "credit_default", "--as_of", "2025-04-10"],
        ["replay", "credit_default", "--from", "2025-03-11", "--nights", "0"],
        ["replay", "credit_default", "--nights", "3"],
        ["show", "credit_default", "latest"],
        ["evidence"],
        ["run", "credit_default", "--as-of", "10.04.2025"],
        ["check", "credit_default", "--as-of", "2025-02-30"],
        ["run", "credit_defualt"],
        ["check", "gone.yaml"],
        ["run", "credit_default", "--as-of", "2025-04-11"],
        ["run", "credit_default", "--as-of", "1999-12-31"],
    ],
)
def test_wrong_usage_ends_with_code_2_and_without_a_traceback(cli, words):
    result = cli(*words)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_misspelt_model_is_corrected(cli):
    result = cli("show", "credit_defualt")
    assert "There is no model 'credit_defualt'" in result.stderr
    assert "Did you mean 'credit_default'?" in result.stderr


def test_a_misspelt_setting_is_refused_by_name(cli, monkeypatch):
    monkeypatch.setenv("PIPELINES_HOEM", "x")
    result = cli("models")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "PIPELINES_HOEM is not a setting." in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "nobody", "--json"], 2, "There is no model 'nobody'"),
        (["run", "credit_default", "--as-of", "soon", "--json"], 2, "'soon' is not a date."),
        (["show", "nobody", "--json"], 2, "There is no model 'nobody'"),
        (["show", "credit_default", "7", "--json"], 4, "credit_default has no version 7."),
        (["evidence", "show", "credit_default", "--json"], 4, "credit_default was never run."),
        (["evidence", "verify", "credit_default", "--json"], 4, "credit_default was never run."),
    ],
)
def test_for_machines_an_error_is_json_on_the_last_line(cli, words, code, said):
    result = cli(*words)
    answer = last_line(result)
    assert answer["error"].startswith(said)
    assert answer["fix"]
    assert (result.exit_code, answer["exit_code"]) == (code, code)


def test_an_empty_installation_lists_the_shipped_models_without_a_champion(cli):
    result = cli("models")
    assert result.exit_code == 0, result.output
    for words in ("credit_default", "cheque_digits", "Retail Credit Risk"):
        assert words in result.stdout
    rows = last_line(cli("models", "--json"))
    assert [(row["model"], row["champion"], row["verdict"]) for row in rows] == [
        ("cheque_digits", None, None),
        ("credit_default", None, None),
    ]


def test_an_empty_installation_shows_a_model_without_versions_or_nights(cli):
    result = cli("show", "credit_default")
    assert result.exit_code == 0, result.output
    assert "Default of credit-card clients next month" in result.stdout
    shown = last_line(cli("show", "credit_default", "--json"))
    assert (shown["model"], shown["versions"], shown["nights"]) == ("credit_default", [], [])
    assert shown["schedule"] == "0 2 * * * Europe/Brussels"


def test_a_model_is_shown_by_the_path_of_its_spec_too(cli, tmp_path):
    text = (ROOT / "deployments" / "models" / "credit_default.yaml").read_text()
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("model: credit_default", "model: mine"))
    assert last_line(cli("show", str(path), "--json"))["model"] == "mine"


def test_a_report_of_a_model_that_was_never_run_is_missing_evidence(cli):
    result = cli("report", "credit_default")
    assert result.exit_code == 4
    assert "credit_default was never run." in result.stderr
    assert "pipelines run credit_default" in result.stderr


def test_check_asks_spec_policy_and_data_and_trains_nothing(cli, tmp_path):
    result = cli("check", "cheque_digits", "--json")
    (row,) = last_line(result)
    assert result.exit_code == row["exit_code"] == 0, row
    assert (row["model"], row["as_of"]) == ("cheque_digits", "2025-04-01")
    assert row["reasons_against"] == []
    assert row["checks"] > 100
    home = {path.name for path in (tmp_path / "home").iterdir()}
    assert "packages" not in home
    assert "evidence" not in home


def test_check_of_a_broken_spec_lists_its_problems_and_goes_on_to_the_next(
    cli, tmp_path, monkeypatch
):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "a.yaml").write_text("model: a\n")
    (folder / "b.yaml").write_text("model: b\ntier: 9\n")
    monkeypatch.setenv("PIPELINES_MODELS", str(folder))
    result = cli("check", "--json")
    rows = last_line(result)
    assert result.exit_code == 2
    assert [(row["model"], row["exit_code"]) for row in rows] == [("a", 2), ("b", 2)]
    assert "key 'title' is missing" in rows[0]["reasons_against"][0]
    shown = cli("check")
    assert shown.exit_code == 2
    assert "tier: input should be 1, 2 or 3, not 9" in shown.stdout


def test_down_without_a_server_says_so(cli):
    result = cli("down")
    assert (result.exit_code, result.stdout) == (0, "No server of ours is running.\n")


def test_what_an_error_tells_people_to_type_exists(cli, tmp_path, monkeypatch):
    """The advice of a server that is still busy is taken literally."""
    monkeypatch.setattr(local_server, "_is_ours", lambda _: True)  # no server need be started
    folder = tmp_path / "home" / "prefect"
    folder.mkdir(parents=True)
    (folder / "server.json").write_text('{"pid": 1, "port": 1}')
    with pytest.raises(ServiceError) as caught:
        local_server.stop(tmp_path / "home", busy=lambda: ["cards"], patience=0)
    (typed,) = re.findall(r"`pipelines ([^`]+)`", caught.value.fix)
    monkeypatch.undo()
    assert cli(*typed.split(), "--help").exit_code == 0


def test_stress_of_a_model_that_never_ran_says_so(cli):
    result = cli("stress", "credit_default")
    assert result.exit_code == 4
    assert "credit_default was never run" in result.output
