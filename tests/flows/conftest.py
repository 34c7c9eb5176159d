"""A small bank in a temporary folder, to be damaged and run."""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "credit_card_default"
LAST = date(2025, 4, 10)
CANARY = "kanarie"
"""Begins every key of the small bank's clients, so that a leak is found by looking for it."""


@dataclass
class Bank:
    """A bank with one model, whose files a test may damage."""

    folder: Path

    @property
    def data(self):
        return self.folder / "data" / "credit_card_default"

    @property
    def spec(self):
        return self.folder / "deployments" / "models" / "credit_default.yaml"

    @property
    def home(self):
        return self.folder / "home"

    @property
    def environment(self):
        return {
            **os.environ,
            "PIPELINES_HOME": str(self.home),
            "PIPELINES_PSEUDONYM_KEY": "5a" * 32,  # the same order of rows, so the same figures
            "PIPELINES_MODELS": str(self.spec.parent),
            "PIPELINES_POLICIES": str(self.folder / "deployments" / "policies"),
        }

    def night(self, day=LAST):
        """The delivery of one night."""
        return self.data / "accounts" / f"business_date={day}" / "accounts.parquet"

    def nights(self):
        return sorted(self.data.glob("accounts/*/accounts.parquet"))

    def change_spec(self, old, new):
        text = self.spec.read_text()
        assert old in text
        self.spec.write_text(text.replace(old, new))

    def change_everywhere(self, change):
        """Apply a change of a table to every delivery of accounts."""
        for path in self.nights():
            write(change(pq.read_table(path, partitioning=None)), path)

    def left_behind(self):
        """Files below home that are not databases, locks, secrets or logs of the server."""
        apart = {"mlflow", "locks", "secrets", "prefect"}
        return sorted(
            str(path.relative_to(self.home))
            for path in self.home.rglob("*")
            if path.is_file() and path.relative_to(self.home).parts[0] not in apart
        )

    def run(self, as_of=None, **more):
        """Run the nightly flow in this process; returns the final state."""
        from flows.nightly_retraining import nightly_retraining

        return nightly_retraining(str(self.spec), as_of, return_state=True, **more)


def write(table, path):
    pq.write_table(table, path, compression="zstd")


def thinned(path, rows):
    table = pq.read_table(path, partitioning=None)
    write(table.slice(0, rows), path)


def replaced(table, name, values):
    return table.set_column(table.column_names.index(name), name, pa.array(values))


def keyed(table):
    """Give clients keys that are told apart from any other number."""
    keys = [f"{CANARY}-{number:05d}" for number in table["client_id"].to_pylist()]
    return replaced(table, "client_id", keys)


@dataclass(frozen=True)
class Told:
    """All that a command let a person see."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def summary(self):
        """The JSON object on the last line."""
        return json.loads(self.stdout.splitlines()[-1])

    @property
    def state(self):
        """How the run ended on the dashboard."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            return client.read_flow_run(self.summary["run_id"]).state


def files_that_hold(text, *folders):
    """Files below some folders that hold a text, in their names or bytes."""
    wanted = text.encode()
    return sorted(
        str(path)
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and (wanted in path.name.encode() or wanted in path.read_bytes())
    )


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory):
    """The sample's deliveries with forty clients a night, whose keys are canaries."""
    folder = tmp_path_factory.mktemp("sample") / "credit_card_default"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("source", "*.py"))
    nights = sorted(folder.glob("accounts/*/accounts.parquet"))
    for path in nights:
        write(keyed(pq.read_table(path, partitioning=None).slice(0, 40)), path)
    for name in ("outcomes", "customers"):
        path = folder / f"{name}.parquet"
        write(keyed(pq.read_table(path)), path)
    return folder


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory):
    """A registry's database as it is first created: that takes seconds, so once is enough."""
    from pipelines_lib.governance.registry import Registry
    from pipelines_lib.spec.settings import Settings

    home = tmp_path_factory.mktemp("registry")
    Registry(Settings.from_environment({"PIPELINES_HOME": str(home)})).prepare()
    return home / "mlflow" / "mlflow.db"


def founded(folder, sample, empty_registry, monkeypatch):
    """A bank in a folder, with the deliveries of a sample and a registry without models."""
    bank = Bank(folder)
    shutil.copytree(sample, bank.data, ignore=shutil.ignore_patterns("source", "*.py"))
    shutil.copytree(ROOT / "deployments" / "policies", folder / "deployments" / "policies")
    bank.spec.parent.mkdir(parents=True)
    shutil.copy(ROOT / "deployments" / "models" / "credit_default.yaml", bank.spec)
    (bank.home / "mlflow").mkdir(parents=True)
    shutil.copy(empty_registry, bank.home / "mlflow" / "mlflow.db")
    for name, value in bank.environment.items():
        monkeypatch.setenv(name, value)
    return bank


@pytest.fixture
def whole_bank(tmp_path, monkeypatch, prefect_client, empty_registry):
    """The sample bank, whole."""
    return founded(tmp_path, SAMPLE, empty_registry, monkeypatch)


@pytest.fixture(scope="module")
def module_bank(tmp_path_factory, prefect_client, empty_registry):
    """The sample bank, whole, for all tests of a module."""
    with pytest.MonkeyPatch.context() as patched:
        yield founded(tmp_path_factory.mktemp("bank"), SAMPLE, empty_registry, patched)


@pytest.fixture
def bank(tmp_path, monkeypatch, prefect_client, empty_registry, small_sample):
    """The sample bank with forty clients a night: quick, too small for a promotion."""
    return founded(tmp_path, small_sample, empty_registry, monkeypatch)


@pytest.fixture
def typed(bank, prefect_client, monkeypatch, capfd):
    """Type a command of ``pipelines``; it talks to the session's Prefect server."""
    from typer.testing import CliRunner

    from deployments.cli import app

    monkeypatch.setenv("PREFECT_API_URL", prefect_client.api_url)
    # The command sets these for its own process; here they end with the test.
    monkeypatch.setenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    monkeypatch.setenv("PREFECT_LOGGING_EXTRA_LOGGERS", "pipelines_lib")

    def typed(*arguments):
        result = CliRunner().invoke(app, [str(each) for each in arguments])
        beside = capfd.readouterr()  # what libraries write past the command
        return Told(
            exit_code=result.exit_code,
            stdout=result.stdout,
            stderr=result.stderr + beside.out + beside.err,
        )

    return typed


@pytest.fixture
def leaks(prefect_home):
    """Where a canary can be seen: what was printed, the bank's home, the Prefect server."""

    def leaks(bank, *tellings, canary=CANARY):
        said = [
            name
            for told in tellings
            for name in ("stdout", "stderr")
            if canary in getattr(told, name)
        ]
        traced = [
            name
            for told in tellings
            for name in ("stdout", "stderr")
            if "Traceback" in getattr(told, name)
        ]
        return said + traced + files_that_hold(canary, bank.home, prefect_home)

    return leaks
