"""A home with one finished run in it, and a registry whose database is already there."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines_lib.canonical import canonical_bytes, sha256_bytes
from pipelines_lib.governance.artifacts import folder_hash
from pipelines_lib.governance.evidence import (
    EvidencePack,
    EvidenceRef,
    PolicyText,
    RunIdentity,
    RunRecord,
    SpecText,
    run_of,
    write_evidence,
)
from pipelines_lib.governance.lifecycle import conclude
from pipelines_lib.governance.provenance import code_provenance
from pipelines_lib.governance.registry import Registry
from pipelines_lib.governance.versions import RegisteredVersion
from pipelines_lib.results import CheckResult, Outcome, PromotionDecision, Verdict
from pipelines_lib.spec.documents import parse_document
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.settings import Settings

SPEC = """
model: credit_default
title: Default of credit card clients   # as the bank writes it
purpose: Score applications
tier: 2
tier_rationale: Moderate exposure
people: {owner: Retail Risk, developer: Modelling, validator: Validation}
documentation:
  assumptions: [Behaviour is stable]
  limitations: [One market]
  rejected_alternatives: [Judgement alone]
monitoring: {owner: Retail Risk, metrics: [auc], review_every_days: 30, action_on_breach: Review}
policies: [house]
schedule: {cron: "0 2 * * *", timezone: UTC}
sources:
  - {name: accounts, role: population, uri: accounts.csv, key: id, business_date: applied_on}
  - {name: outcomes, role: label, uri: outcomes.csv, key: id, observed_on: known_on}
features:
  - {name: amount, source: accounts, type: number, meaning: Credit limit, reason: High limit}
  - {name: months, source: accounts, type: integer, meaning: Months late, reason: Late payments}
  - {name: region, source: accounts, type: category, meaning: Area, reason: Area, levels: [a, b]}
label: {source: outcomes, column: bad, positive: 1, negative: 0, meaning: Default,
  performance_window_days: 30}
fairness: {not_applicable: Made-up data about nobody}
decision: {cutoff: 0.5}
windows: {train: 0.5, calibration: 0.1, validation: 0.2, out_of_time: 0.2}
training: {estimator: xgboost, seed: 7, calibration: sigmoid}
"""
POLICY = """
policy: house
title: House rules
effective_from: 2020-01-01
approval_required_for_tiers: [1]
rules:
  - {check: PERF-001, measure: AUC, consequence: hard, basis: house, citation: none, at_least: 0.7}
"""
NIGHT = date(2025, 3, 31)


@dataclass(frozen=True)
class Bank:
    """A home, its registry, and the means to run a night without training anything."""

    home: Path
    registry: Registry
    spec: ModelSpec

    def pack(
        self,
        verdict: Verdict = Verdict.PROMOTED,
        *,
        as_of: date = NIGHT,
        model: bytes = b"trees",
        run_id: str = "run-1",
    ) -> EvidencePack:
        """Evidence of a run whose snapshot and package lie in this home."""
        package = None if verdict is Verdict.STOPPED else self.package(model, as_of)
        snapshot = self.snapshot(as_of)
        return EvidencePack(
            run=identity(as_of, run_id),
            verdict=verdict,
            decision=PromotionDecision((), (), (), approval_required=False),
            spec=SpecText(self.spec.sha256, SPEC),
            policies=(PolicyText("house", policy().sha256, POLICY),),
            rules=(),
            requirements=(),
            checks=(auc(),),
            documentation={"assumptions": ["Behaviour is stable"]},
            monitoring={"owner": "Retail Risk"},
            snapshots={"applications": snapshot, "clean": snapshot, "protected": None},
            sources=({"name": "accounts", "uri": "accounts.csv", "content_sha256": "ab" * 32},),
            windows=None,
            candidate=package and candidate(package),
            baseline=None,
            champion=None,
            code=code_provenance(),
            seed=7,
            figures={"performance": {"windows": {"out_of_time": {"auc": 0.78, "n": 900}}}},
        )

    def package(self, model: bytes, as_of: date) -> str:
        folder = self.home / "packages" / "new"
        folder.mkdir(parents=True)
        (folder / "model.ubj").write_bytes(model)
        (folder / "package.json").write_bytes(
            canonical_bytes({"as_of": as_of, "files": {"model.ubj": sha256_bytes(model)}})
        )
        sha256 = folder_hash(folder)
        target = folder.with_name(sha256)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
        return sha256

    def snapshot(self, as_of: date) -> dict[str, Any]:
        content = f"rows of {as_of}".encode()
        sha256 = sha256_bytes(content)
        path = self.home / "snapshots" / f"{sha256}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        told = {"sha256": sha256, "rows": 1, "columns": ["key"], "as_of": as_of.isoformat()}
        facts = {"format": "pipelines-snapshot/1", "bytes": len(content), "snapshot": told}
        path.with_suffix(".json").write_bytes(canonical_bytes(facts))
        return told

    def write(self, pack: EvidencePack) -> EvidenceRef:
        return write_evidence(self.home, pack)

    def night(self, verdict: Verdict = Verdict.PROMOTED, **facts: Any) -> RegisteredVersion | None:
        """Evidence first, then what the verdict means for the registry."""
        return self.conclude(self.pack(verdict, **facts))

    def conclude(self, pack: EvidencePack) -> RegisteredVersion | None:
        return conclude(self.registry, self.home, self.spec, pack, self.write(pack))

    def record(self, as_of: date = NIGHT) -> RunRecord:
        found = run_of(self.home, self.spec.model, as_of)
        assert found is not None
        return found

    def again(self) -> "Bank":
        """The same home as a new process sees it."""
        return replace(self, registry=Registry(settings(self.home)))


def identity(as_of: date, run_id: str) -> RunIdentity:
    return RunIdentity(
        run_id=run_id,
        model="credit_default",
        title="Default of credit card clients",
        purpose="Score applications",
        as_of=as_of,
        tier=2,
        tier_rationale="Moderate exposure",
        owner="Retail Risk",
        developer="Modelling",
        validator="Validation",
        started_at=f"{as_of}T02:00:00+00:00",
        seconds={"training": 1.5},
    )


def auc() -> CheckResult:
    return CheckResult("PERF-001", "out_of_time", Outcome.PASSED, "AUC >= 0.7", "house", "Fine.")


def candidate(package: str) -> dict[str, Any]:
    fitted = {"package_sha256": package, "estimator": "xgboost", "rounds": 120, "cutoff": 0.5}
    return {**fitted, "parameters": {"max_depth": 4}}


def policy() -> PolicyPack:
    return PolicyPack.model_validate(parse_document(POLICY, Path("house.yaml")).data)


def spec() -> ModelSpec:
    return ModelSpec.model_validate(parse_document(SPEC, Path("credit_default.yaml")).data)


def settings(home: Path, uri: str | None = None) -> Settings:
    default = f"sqlite:///{home}/mlflow/mlflow.db"
    return Settings(home, home / "models", home / "policies", uri or default, threads=1)


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    """A home without a registry database."""
    return Bank(tmp_path, Registry(settings(tmp_path)), spec())


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry database made once a session: making one takes seconds."""
    home = tmp_path_factory.mktemp("migrated")
    assert Registry(settings(home)).prepare()
    return home / "mlflow" / "mlflow.db"


@pytest.fixture
def prepared(bank: Bank, migrated: Path) -> Bank:
    """A home whose registry is ready."""
    database = bank.home / "mlflow" / "mlflow.db"
    database.parent.mkdir()
    shutil.copyfile(migrated, database)
    return bank


@pytest.fixture
def registry_at(tmp_path: Path) -> Callable[[str], Registry]:
    """A registry at another address."""
    return lambda uri: Registry(settings(tmp_path, uri))
