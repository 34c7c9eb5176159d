"""A made-up lender, small enough to train in a blink and known well enough to work out by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.data.snapshots import Snapshot, write_snapshot
from pipelines_lib.modelling.training import Candidate, train_candidate
from pipelines_lib.modelling.windows import WindowPlan, plan_windows
from pipelines_lib.spec.model_spec import ModelSpec

AS_OF = date(2025, 4, 10)
NIGHTS = 100
BOOSTING = {"learning_rate": 0.2, "max_depth": 3}


def _feature(name: str, **more: object) -> dict[str, object]:
    return {
        "name": name,
        "source": "accounts",
        "type": "number",
        "meaning": f"the {name}",
        "reason": f"{name} is out of line",
        **more,
    }


FEATURES = (
    _feature("income", monotone="decreasing", missing="allowed"),
    _feature("overdue", type="integer", monotone="increasing"),
    _feature("debt", missing="allowed", missing_codes=[-999]),
    _feature("region", type="category", levels=["north", "south", 3]),
)


def lender_spec(**changes: object) -> ModelSpec:
    """The lender's spec; keywords replace top-level keys."""
    plain: dict[str, object] = {
        "model": "lender",
        "title": "Default",
        "purpose": "Rank applicants",
        "tier": 3,
        "tier_rationale": "made up",
        "people": {"owner": "Risk", "developer": "Modelling", "validator": "Validation"},
        "documentation": {
            "assumptions": ["a"],
            "limitations": ["l"],
            "rejected_alternatives": ["r"],
        },
        "monitoring": {
            "owner": "Risk",
            "metrics": ["auc"],
            "review_every_days": 90,
            "action_on_breach": "retrain",
        },
        "policies": ["house"],
        "schedule": {"cron": "0 2 * * *", "timezone": "UTC"},
        "sources": [
            {
                "name": "accounts",
                "role": "population",
                "uri": "accounts.csv",
                "key": "id",
                "business_date": "day",
            }
        ],
        "features": list(FEATURES),
        "label": {
            "source": "accounts",
            "column": "bad",
            "positive": 1,
            "negative": 0,
            "meaning": "did not pay",
            "performance_window_days": 30,
        },
        "fairness": {"not_applicable": "made-up people"},
        "decision": {"decline_share": 0.2},
        "windows": {"train": 0.5, "calibration": 0.2, "validation": 0.15, "out_of_time": 0.15},
        "training": lender_training(),
        **changes,
    }
    return ModelSpec.model_validate(plain)


def lender_training(**changes: object) -> dict[str, object]:
    """The lender's training section; keywords replace keys."""
    return {
        "estimator": "xgboost",
        "seed": 11,
        "rounds": 40,
        "early_stopping_rounds": 10,
        "calibration": "sigmoid",
        "parameters": BOOSTING,
        **changes,
    }


def lender_table(rows: int = 4000, seed: int = 5) -> pa.Table:
    """Applications as a snapshot holds them: 100 nights, outcomes known 30 nights later."""
    rng = np.random.default_rng(seed)
    income = rng.lognormal(3, 0.5, rows)
    overdue = rng.integers(0, 5, rows)
    debt = rng.normal(10, 4, rows)
    region = np.array(["north", "south", "3"])[rng.integers(0, 3, rows)]
    margin = -1.5 - 0.06 * (income - 20) + 0.5 * (overdue - 2) + 0.05 * debt + (region == "3")
    bad = rng.random(rows) < 1 / (1 + np.exp(-margin))
    night = np.arange(rows) * NIGHTS // rows
    day = np.datetime64(AS_OF - timedelta(days=NIGHTS - 1)) + night
    unknown = day + 30 > np.datetime64(AS_OF)
    return pa.table(
        {
            "key": pa.array([f"{row:064x}" for row in range(rows)]),
            "business_date": pa.array(day, type=pa.date32()),
            "observed_on": pa.array(day + 30, type=pa.date32(), mask=unknown),
            "label": pa.array(bad.astype(np.int8), mask=unknown),
            "income": pa.array(income, mask=rng.random(rows) < 0.05),
            "overdue": pa.array(overdue),
            "debt": pa.array(debt, mask=rng.random(rows) < 0.05),
            "region": pa.array(region, mask=rng.random(rows) < 0.02),
            "unreadable": pa.nulls(rows, pa.string()),
        }
    )


@dataclass(frozen=True)
class Lender:
    """What one training run of the lender is given."""

    home: Path
    spec: ModelSpec
    snapshot: Snapshot
    plan: WindowPlan

    def train(self, spec: ModelSpec | None = None) -> Candidate:
        """Train on one thread, by the lender's spec or another one."""
        chosen = spec or self.spec
        return train_candidate(chosen, self.snapshot, self.plan, home=self.home, threads=1)


def build_lender(home: Path, table: pa.Table, spec: ModelSpec) -> Lender:
    """Put a table at rest and cut it into windows."""
    snapshot = write_snapshot(home, table, kind="applications", as_of=AS_OF)
    plan = plan_windows(spec, table, AS_OF)
    assert plan is not None
    return Lender(home, spec, snapshot, plan)


@pytest.fixture(scope="session")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Lender:
    return build_lender(tmp_path_factory.mktemp("lender"), lender_table(), lender_spec())


@pytest.fixture(scope="session")
def candidate(lender: Lender) -> Candidate:
    return lender.train()


@pytest.fixture(scope="session")
def spec_of() -> Callable[..., ModelSpec]:
    return lender_spec


@pytest.fixture(scope="session")
def training_of() -> Callable[..., dict[str, object]]:
    return lender_training


@pytest.fixture(scope="session")
def table_of() -> Callable[..., pa.Table]:
    return lender_table


@pytest.fixture(scope="session")
def lender_of() -> Callable[..., Lender]:
    return build_lender
