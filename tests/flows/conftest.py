"""A small bank in a temporary folder, to be damaged and run."""

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


@pytest.fixture
def whole_bank(tmp_path, monkeypatch, prefect_client):
    """The sample bank, whole."""
    bank = Bank(tmp_path)
    shutil.copytree(SAMPLE, bank.data, ignore=shutil.ignore_patterns("source", "*.py"))
    shutil.copytree(ROOT / "deployments" / "policies", tmp_path / "deployments" / "policies")
    bank.spec.parent.mkdir(parents=True)
    shutil.copy(ROOT / "deployments" / "models" / "credit_default.yaml", bank.spec)
    for name, value in bank.environment.items():
        monkeypatch.setenv(name, value)
    return bank


@pytest.fixture
def bank(whole_bank):
    """The sample bank with forty clients a night: quick, too small for a promotion."""
    for path in whole_bank.nights():
        thinned(path, 40)
    return whole_bank
