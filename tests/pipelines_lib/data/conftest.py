"""A small bank whose departments deliver what a test tells them to."""

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from pipelines_lib.data.ingestion import Ingestion, ingest
from pipelines_lib.results import CheckResult, Consequence
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule, RuleBook

FIRST = date(2025, 1, 1)
AS_OF = date(2025, 1, 10)
TODAY = date(2025, 2, 1)
SECRET = b"a secret of the test bank, long enough"

FEATURES: list[dict[str, Any]] = [
    {"name": "income", "source": "accounts", "type": "number"},
    {"name": "cards", "source": "accounts", "type": "integer", "missing_codes": [-9]},
    {"name": "region", "source": "accounts", "type": "category", "levels": ["n", "s"]},
]


def spec_of(
    sources: list[dict[str, Any]], features: list[dict[str, Any]], attributes: list[dict[str, Any]]
) -> ModelSpec:
    """A spec of these sources and features; everything else is filled in."""
    many = {"meaning": "m", "reason": "r"}
    return ModelSpec.model_validate(
        {
            "model": "small",
            "title": "t",
            "purpose": "p",
            "tier": 3,
            "tier_rationale": "r",
            "people": {"owner": "a", "developer": "b", "validator": "c"},
            "documentation": {
                "assumptions": ["a"],
                "limitations": ["l"],
                "rejected_alternatives": ["r"],
            },
            "monitoring": {
                "owner": "o",
                "metrics": ["m"],
                "review_every_days": 90,
                "action_on_breach": "x",
            },
            "policies": ["house"],
            "schedule": {"cron": "0 2 * * *", "timezone": "UTC"},
            "sources": sources,
            "features": [{**many, **feature} for feature in features],
            "label": {
                "source": "outcomes",
                "column": "bad",
                "positive": 1,
                "negative": 0,
                "meaning": "m",
                "performance_window_days": 3,
            },
            "fairness": {"attributes": attributes} if attributes else {"not_applicable": "no one"},
            "decision": {"cutoff": 0.5},
            "windows": {
                "train": 0.4,
                "calibration": 0.2,
                "validation": 0.2,
                "out_of_time": 0.2,
            },
            "training": {"estimator": "xgboost", "seed": 1, "calibration": "sigmoid"},
        }
    )


def house_rules() -> RuleBook:
    """The limits that ingestion judges by."""

    def rule(check: str, **limit: Any) -> Rule:
        return Rule(
            check=check,
            measure="share",
            consequence=Consequence.HARD,
            basis="house",
            citation="c",
            policy="house",
            **limit,
        )

    return RuleBook(
        rules=(
            rule("DATA-001", direction="at_most", limit=0.01),
            rule("DATA-005", direction="at_most", limit=0.0),
            rule("DATA-008", direction="at_most", limit=0.0, parameters=(("minimum_rows", 20.0),)),
            rule("DATA-010", direction="at_least", limit=0.95),
            rule("DATA-011", direction="at_most", limit=0.0),
        ),
        approval_required=False,
        policies=(("house", "0" * 64),),
    )


@dataclass
class Bank:
    """Folders and deliveries of a small bank, and a spec that reads them."""

    folder: Path
    home: Path
    accounts: dict[str, Any] = field(default_factory=dict)
    outcomes: dict[str, Any] = field(default_factory=dict)
    customers: dict[str, Any] | None = None
    bureau: dict[str, Any] | None = None
    features: list[dict[str, Any]] = field(default_factory=lambda: list(FEATURES))
    attributes: list[dict[str, Any]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def spec(self) -> ModelSpec:
        """The spec that reads the deliveries."""
        day = {"business_date": "day"}
        sources: list[dict[str, Any]] = [
            {"name": "accounts", "role": "population", "key": "id", **day}
            | {"uri": "accounts.csv", **self.accounts},
            {"name": "outcomes", "role": "label", "key": "id", "observed_on": "seen"}
            | {"uri": "outcomes.csv", **self.outcomes},
        ]
        if self.customers is not None:
            sources.append(
                {"name": "customers", "role": "protected", "key": "id", "uri": "customers.csv"}
                | self.customers
            )
        if self.bureau is not None:
            sources.append(
                {"name": "bureau", "role": "features", "key": "id", "uri": "bureau.csv"}
                | self.bureau
            )
        return spec_of(sources, self.features, self.attributes)

    def write(self, name: str, text: str | bytes) -> Path:
        """Put a file into the spec's folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def table(self, name: str, table: pa.Table) -> Path:
        """Put a table into the spec's folder, as CSV or Parquet."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".csv"):
            pacsv.write_csv(table, path)
        else:
            pq.write_table(table, path)
        return path

    def deliver(self, rows: int = 60, nights: int = 12) -> None:
        """Deliver ordinary accounts and outcomes as CSV."""
        self.table("accounts.csv", accounts_table(rows, nights))
        self.table("outcomes.csv", outcomes_table(rows, nights))

    def ingest(self, as_of: date = AS_OF, **changes: Any) -> Ingestion:
        """Ingest as of a day."""
        given: dict[str, Any] = {
            "home": self.home,
            "rules": house_rules(),
            "pseudonym_key": SECRET,
            "today": TODAY,
            "environment": self.environment,
            "threads": 2,
        }
        return ingest(self.spec, self.folder, as_of, **{**given, **changes})


def accounts_table(rows: int = 60, nights: int = 12) -> pa.Table:
    """``rows`` applications over ``nights`` nights; row i has income 1000.5 + i."""
    return pa.table(
        {
            "id": [f"C{index:04d}" for index in range(rows)],
            "day": [FIRST + timedelta(days=index % nights) for index in range(rows)],
            "income": [1000.5 + index for index in range(rows)],
            "cards": [index % 4 for index in range(rows)],
            "region": ["ns"[index % 2] for index in range(rows)],
        }
    )


def outcomes_table(rows: int = 60, nights: int = 12) -> pa.Table:
    """Outcomes known three nights later; every third is bad."""
    return pa.table(
        {
            "id": [f"C{index:04d}" for index in range(rows)],
            "bad": [int(index % 3 == 0) for index in range(rows)],
            "seen": [FIRST + timedelta(days=index % nights + 3) for index in range(rows)],
        }
    )


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    """A bank that has delivered nothing yet."""
    folder = tmp_path / "models"
    folder.mkdir()
    return Bank(folder=folder, home=tmp_path / "home")


@pytest.fixture
def tables() -> Mapping[str, Any]:
    """Builders of ordinary deliveries."""
    return {"accounts": accounts_table, "outcomes": outcomes_table}


@pytest.fixture
def answer() -> Any:
    """Find the one result of a check about a subject."""

    def find(ingestion: Ingestion, code: str, subject: str) -> CheckResult:
        (found,) = [c for c in ingestion.checks if (c.code, c.subject) == (code, subject)]
        return found

    return find


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The SQLAlchemy URL of a PostgreSQL server of our own."""
    path = Path(__file__).parents[2] / "services" / "postgres.py"
    spec = importlib.util.spec_from_file_location("tests_services_postgres", path)
    assert spec is not None
    assert spec.loader is not None
    services = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(services)
    if why := services.missing_programs():
        pytest.skip(why)
    with services.postgres_server() as url:
        yield url
