"""A small bank's table, written however a test wants it, and onboarded as a person would."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from pipelines_lib.onboarding.onboarding import onboard
from pipelines_lib.onboarding.wishes import Surroundings, Wishes
from pipelines_lib.spec.loading import load_model
from pipelines_lib.spec.settings import Settings

ROOT = Path(__file__).parents[3]


def made_rows(n=400, seed=1):
    """Applications with a signal: income and score speak of the default, all else is noise."""
    rng = np.random.default_rng(seed)
    bad = (rng.random(n) < 0.3).astype(int)
    start = date(2025, 1, 1)
    return {
        "application_id": [f"A{i:05d}" for i in range(n)],
        "applied_on": [str(start + timedelta(days=int(i * 100 / n))) for i in range(n)],
        "income": (rng.normal(3000, 800, n) - 250 * bad).round(0).astype(int).tolist(),
        "rate": (rng.random(n) * 0.2 + 0.02).round(4).tolist(),
        "home": rng.choice(["rent", "own", "mortgage"], n).tolist(),
        "gender": rng.choice(["f", "m"], n).tolist(),
        "defaulted": bad.tolist(),
    }


def as_text(columns, separator=","):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue()


@pytest.fixture
def rows():
    return made_rows


@pytest.fixture
def init(tmp_path):
    """Write a table and onboard it; gives what was onboarded."""
    settings = Settings.from_environment(
        {
            "PIPELINES_HOME": str(tmp_path / "home"),
            "PIPELINES_POLICIES": str(ROOT / "deployments" / "policies"),
            "PIPELINES_THREADS": "2",
        }
    )

    def run(table, target="defaulted", *, name=None, force=False, limits=None, **wishes):
        environment = wishes.pop("environment", {})
        if isinstance(table, dict):
            table = as_text(table)
        if isinstance(table, str) and "\n" in table:
            table = table.encode()
        if isinstance(table, bytes):
            path = tmp_path / wishes.pop("file", "applications.csv")
            path.write_bytes(table)
            table = str(path)
        around = Surroundings(
            folder=tmp_path / "specs",
            policy="house",
            today=datetime.now(UTC).date(),
            home=settings.home,
            environment=environment,
            threads=2,
        )
        found = onboard(
            Wishes(table=str(table), target=target, name=name, **wishes),
            around,
            limits,
            force=force,
            accept=lambda path: load_model(str(path), settings),
        )
        found_spec = load_model(str(found.spec), settings)
        return Outcome(found, found_spec.spec, found_spec.text)

    return run


class Outcome:
    """What came of an onboarding, in the words tests ask in."""

    def __init__(self, found, spec, text):
        self.found, self.spec, self.text = found, spec, text
        self.plan, self.copy = found.plan, found.copy
        self.roles = {role.column: role for role in found.plan.roles}
        self.features = {feature.name: feature for feature in spec.features}

    def why(self, column):
        return self.roles[column].why
