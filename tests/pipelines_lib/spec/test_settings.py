"""Settings are read once, misspelt names are refused, and shipped models are found anywhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines_lib.errors import SpecError
from pipelines_lib.spec.settings import Settings

ROOT = Path(__file__).parents[3]


def test_without_any_setting_everything_lies_below_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = Settings.from_environment({})
    assert found.home == tmp_path / ".pipelines"
    assert found.mlflow_uri == f"sqlite:///{tmp_path}/.pipelines/mlflow/mlflow.db"
    assert found.threads == len(os.sched_getaffinity(0))


def test_every_setting_is_taken_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = Settings.from_environment(
        {
            "PIPELINES_HOME": "/bank/home",
            "PIPELINES_MODELS": "specs",
            "PIPELINES_POLICIES": "rules",
            "PIPELINES_MLFLOW_URI": "http://registry",
            "PIPELINES_THREADS": "3",
            "PIPELINES_PSEUDONYM_KEY": "not for settings",
            "PATH": "whatever",
        }
    )
    assert found == Settings(
        home=Path("/bank/home"),
        models=tmp_path / "specs",
        policies=tmp_path / "rules",
        mlflow_uri="http://registry",
        threads=3,
    )
    assert "not for settings" not in repr(found)


def test_the_process_environment_is_the_default(monkeypatch):
    monkeypatch.setenv("PIPELINES_HOME", "/elsewhere")
    assert Settings.from_environment().home == Path("/elsewhere")


def test_an_empty_value_is_no_value(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ("HOME", "MODELS", "POLICIES", "MLFLOW_URI", "THREADS")
    empty = Settings.from_environment({f"PIPELINES_{name}": "" for name in names})
    assert empty == Settings.from_environment({})


@pytest.mark.parametrize("threads", ["0", "-1", "two", "1.5", " 2"])
def test_threads_are_a_whole_number_of_at_least_one(threads):
    with pytest.raises(SpecError, match="not a whole number of at least 1"):
        Settings.from_environment({"PIPELINES_THREADS": threads})
    assert Settings.from_environment({"PIPELINES_THREADS": "1"}).threads == 1


def test_where_the_system_cannot_say_which_cores_are_free_all_are_taken(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    assert Settings.from_environment({}).threads == os.cpu_count()


@pytest.mark.parametrize(
    ("name", "hint"),
    [("PIPELINES_HOM", "Did you mean PIPELINES_HOME?"), (f"PIPELINES_{'Q' * 30}", "Known: ")],
)
def test_a_misspelt_setting_is_refused_rather_than_ignored(name, hint):
    with pytest.raises(SpecError) as caught:
        Settings.from_environment({name: "x"})
    assert caught.value.problem == f"{name} is not a setting."
    assert caught.value.fix.startswith(hint)


def test_a_banks_own_folder_at_hand_wins(tmp_path, monkeypatch):
    (tmp_path / "deployments" / "models").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    found = Settings.from_environment({})
    assert found.models == tmp_path / "deployments" / "models"
    assert found.policies == tmp_path / "deployments" / "policies"


@pytest.mark.parametrize(
    ("package", "shipped"),
    [("site-packages", "site-packages/deployments"), ("checkout/src", "checkout/deployments")],
)
def test_shipped_models_are_found_in_a_checkout_and_where_a_wheel_was_installed(
    tmp_path, package, shipped
):
    shutil.copytree(
        ROOT / "src" / "pipelines_lib",
        tmp_path / package / "pipelines_lib",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for folder in ("models", "policies"):
        shutil.copytree(ROOT / "deployments" / folder, tmp_path / shipped / folder)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code = (
        "from pipelines_lib.spec.settings import Settings\n"
        "from pipelines_lib.spec.loading import load_model\n"
        "settings = Settings.from_environment({})\n"
        "print(settings.models)\n"
        "print(load_model('credit_default', settings).spec.model)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path / package)},
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [str(tmp_path / shipped / "models"), "credit_default"]
