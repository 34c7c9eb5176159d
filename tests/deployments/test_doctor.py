"""The doctor asks what an installation gets wrong, and says how to mend it."""

import json
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments import doctor, orchestrator, schedule_probe
from deployments.cli import app
from pipelines_lib.spec.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("PIPELINES_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIPELINES_MODELS", str(ROOT / "deployments" / "models"))
    monkeypatch.setenv("PIPELINES_POLICIES", str(ROOT / "deployments" / "policies"))
    return Settings.from_environment()


def answers(question, settings):
    return list(doctor._asked(question, settings))


def examine(*words):
    return CliRunner().invoke(app, ["doctor", *words])


def versions(monkeypatch, **wrong):
    """Pretend that other versions are installed."""
    real = metadata.version

    def version(name):
        if name not in wrong:
            return real(name)
        if wrong[name] is None:
            raise metadata.PackageNotFoundError(name)
        return wrong[name]

    monkeypatch.setattr(metadata, "version", version)


def test_the_versions_installed_here_are_inside_the_tested_set(settings):
    (answer,) = answers(doctor._versions, settings)
    assert answer.state == "ok", answer.found
    assert answer.found.startswith("Python 3.")


def test_a_version_outside_the_tested_set_is_named_with_the_set(settings, monkeypatch):
    versions(monkeypatch, sqlalchemy="2.1.0", fastapi="0.200.0")
    (answer,) = answers(doctor._versions, settings)
    assert answer.state == "broken"
    assert "sqlalchemy 2.1.0 is not <2.1,>=2.0" in answer.found
    assert "fastapi 0.200.0 is not " in answer.found
    assert "constraints.txt" in answer.fix


def test_a_missing_package_is_named_and_an_optional_one_is_not(settings, monkeypatch):
    versions(monkeypatch, duckdb=None, ruff=None, shap=None)
    (answer,) = answers(doctor._versions, settings)
    assert (answer.state, answer.found) == ("broken", "duckdb is missing")


def test_a_home_that_can_be_written_is_left_as_it_was(settings):
    (answer,) = answers(doctor._home, settings)
    assert answer.state == "ok"
    assert f"{settings.home} is writable" in answer.found
    assert list(settings.home.iterdir()) == []


def test_a_home_that_cannot_be_written_is_broken_with_advice(settings):
    settings.home.write_text("a file")
    (answer,) = answers(doctor._home, settings)
    assert (answer.question, answer.state) == ("home", "broken")
    assert "cannot be written" in answer.found
    assert "PIPELINES_HOME" in answer.fix


@pytest.mark.parametrize(("key", "state"), [(None, "note"), ("secret-of-the-bank", "ok")])
def test_a_generated_pseudonym_key_is_noted_and_never_shown(settings, monkeypatch, key, state):
    if key:
        monkeypatch.setenv("PIPELINES_PSEUDONYM_KEY", key)
    (answer,) = answers(doctor._pseudonym_key, settings)
    assert answer.state == state
    assert "secret-of-the-bank" not in repr(answer)


def test_every_shipped_spec_is_valid(settings):
    assert [(answer.question, answer.state) for answer in answers(doctor._specs, settings)] == [
        ("model cheque_digits", "ok"),
        ("model credit_default", "ok"),
    ]


def test_a_broken_spec_is_broken_and_does_not_hide_the_others(settings, tmp_path, monkeypatch):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "a.yaml").write_text("model: a\ntier: 9\n")
    (folder / "b.yaml").write_text((settings.models / "cheque_digits.yaml").read_text())
    monkeypatch.setenv("PIPELINES_MODELS", str(folder))
    found = answers(doctor._specs, Settings.from_environment())
    assert [answer.state for answer in found] == ["broken", "ok"]
    assert "line 2: tier" in found[0].found


def test_two_models_of_one_name_break_the_question_and_not_the_doctor(
    settings, tmp_path, monkeypatch
):
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.yaml").write_text("model: same\n")
    monkeypatch.setenv("PIPELINES_MODELS", str(folder))
    (answer,) = answers(doctor._specs, Settings.from_environment())
    assert (answer.question, answer.state) == ("specs", "broken")


def test_what_is_found_is_shown_with_its_fix_and_decides_the_exit_code(settings, monkeypatch):
    monkeypatch.setattr(doctor, "QUESTIONS", (doctor._pseudonym_key, doctor._specs))
    well = examine()
    assert well.exit_code == 0
    assert "• pseudonym key: generated on this machine, for the sample" in well.stdout
    assert "For real customers set PIPELINES_PSEUDONYM_KEY" in well.stdout
    assert well.stdout.endswith("Nothing is broken\n")

    versions(monkeypatch, duckdb=None)
    monkeypatch.setattr(doctor, "QUESTIONS", (doctor._versions, doctor._specs))
    ill = examine()
    assert ill.exit_code == 5
    assert "✗ versions: duckdb is missing" in ill.stdout
    assert ill.stdout.endswith("1 broken\n")


def test_for_machines_everything_is_one_json_document_on_the_last_line(settings, monkeypatch):
    versions(monkeypatch, duckdb=None)
    monkeypatch.setattr(doctor, "QUESTIONS", (doctor._versions, doctor._pseudonym_key))
    result = examine("--json")
    rows = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == 5
    assert [(row["question"], row["state"]) for row in rows] == [
        ("versions", "broken"),
        ("pseudonym key", "note"),
    ]


@pytest.mark.server
def test_a_healthy_server_knows_its_address_and_creates_scheduled_runs(
    settings, prefect_client, monkeypatch
):
    for name, value in orchestrator._QUIET.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PREFECT_API_URL", prefect_client.api_url)
    found = answers(doctor._server, settings)
    assert [(answer.question, answer.state) for answer in found] == [
        ("prefect server", "ok"),
        ("dashboard", "ok"),
        ("schedules", "ok"),
    ]
    assert schedule_probe.api_url_shown(prefect_client.url) == "/api"


@pytest.mark.server
def test_the_probe_of_the_schedule_leaves_nothing_behind(prefect_client):
    from prefect.client.orchestration import get_client

    assert schedule_probe.schedules_create_runs()
    with get_client(sync_client=True) as client:
        names = [deployment.name for deployment in client.read_deployments()]
        flows = [flow.name for flow in client.read_flows()]
    assert not [name for name in (*names, *flows) if name.startswith("pipelines-doctor")]
