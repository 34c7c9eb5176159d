"""What happened in one run, whole, and in one file that cannot change unnoticed.

The pack is canonical JSON named by its own hash; it is written before anything is
registered, whatever the verdict. Beside it, one small run record per night points at the
latest run of that night. Reports render the pack and nothing else.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pipelines_lib.canonical import canonical_bytes, parse, plain, sha256_bytes
from pipelines_lib.errors import EvidenceError
from pipelines_lib.governance.pack_wording import drawn, grouped, said, unlike, with_limits
from pipelines_lib.governance.provenance import CodeProvenance
from pipelines_lib.results import (
    CheckResult,
    PromotionDecision,
    Requirement,
    Verdict,
)
from pipelines_lib.spec.rulebook import Rule
from pipelines_lib.storage import write_atomically

FORMAT = "pipelines-evidence/1"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class RunIdentity:
    """Which run of which model this was, who answers for it, and how long it took."""

    run_id: str
    model: str
    title: str
    purpose: str
    as_of: date
    tier: int
    tier_rationale: str
    owner: str
    developer: str
    validator: str
    started_at: str
    seconds: Mapping[str, float]
    approver: str | None = None


@dataclass(frozen=True)
class SpecText:
    """The model spec as it was written, and the hash of what it means."""

    sha256: str
    text: str


@dataclass(frozen=True)
class PolicyText:
    """A policy pack as it was written, and the hash of what it means."""

    policy: str
    sha256: str
    text: str


@dataclass(frozen=True)
class EvidencePack:
    """Everything a validator needs to judge one run; the fields are the JSON's, in words.

    Snapshots, sources, windows and figures are held as the values (or JSON) their makers
    return; ``plain`` turns them into JSON. A part that the run did not reach is None.
    """

    run: RunIdentity
    verdict: Verdict
    decision: PromotionDecision
    spec: SpecText
    policies: tuple[PolicyText, ...]
    rules: tuple[Rule, ...]
    requirements: tuple[Requirement, ...]
    checks: tuple[CheckResult, ...]
    documentation: object
    monitoring: object
    snapshots: Mapping[str, object]
    sources: tuple[object, ...]
    windows: object
    candidate: object
    baseline: object
    champion: object
    code: CodeProvenance
    seed: int
    figures: Mapping[str, object]

    def plain(self) -> dict[str, Any]:
        """The pack as JSON values, exactly what is written and hashed."""
        return with_limits(json.loads(self.content))

    @cached_property
    def content(self) -> bytes:
        """The canonical JSON (RFC 8785): one byte string for one meaning."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        rules = said(self.rules)
        slim = {
            "checks": [unlike(self._limits, each) for each in said(self.checks)],
            "rules": [{**each, "required": self._limits[each["check"]][0]} for each in rules],
            "requirements": grouped(self.requirements),
            "figures": {name: drawn(name, each) for name, each in self.figures.items()},
        }
        return canonical_bytes({"format": FORMAT, **parts, **slim, "code": self.code.plain()})

    @property
    def _limits(self) -> dict[str, tuple[str, str]]:
        """What each rule requires, as a person reads it, and its basis."""
        return {rule.check: (rule.required, rule.basis) for rule in self.rules}

    @cached_property
    def sha256(self) -> str:
        """The hash that names this pack."""
        return sha256_bytes(self.content)

    @property
    def package_sha256(self) -> str | None:
        """Hash of the candidate's package, or None where no candidate was trained."""
        candidate = plain(self.candidate)
        return None if candidate is None else str(candidate["package_sha256"])


@dataclass(frozen=True)
class EvidenceRef:
    """Where a pack lies, and the hash of its bytes."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class RunRecord:
    """The latest run of one night: a pointer to its evidence, package, version and report."""

    as_of: date
    run_id: str
    verdict: Verdict
    evidence_sha256: str
    package_sha256: str | None
    version: int | None = None
    report: str | None = None

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a record from its JSON."""
        known = {"as_of": date.fromisoformat(data["as_of"]), "verdict": Verdict(data["verdict"])}
        return cls(**{**data, **known})


def write_evidence(home: Path, pack: EvidencePack) -> EvidenceRef:
    """Put a pack where it stays for good, then let the night's run record point at it."""
    model, run = pack.run.model, pack.run
    path = evidence_path(home, model, pack.sha256)
    write_atomically(path, pack.content)
    record = RunRecord(run.as_of, run.run_id, pack.verdict, pack.sha256, pack.package_sha256)
    _write_record(home, model, record)
    return EvidenceRef(path, pack.sha256)


def record_version(home: Path, model: str, as_of: date, version: int) -> RunRecord:
    """Note in the run record which registered version the night led to."""
    return _write_record(home, model, replace(_known_run(home, model, as_of), version=version))


def record_report(home: Path, model: str, as_of: date, report: str) -> RunRecord:
    """Note in the run record where the night's report lies."""
    return _write_record(home, model, replace(_known_run(home, model, as_of), report=report))


def run_of(home: Path, model: str, as_of: date) -> RunRecord | None:
    """The latest run of a night, or None where that night was never run.

    Raises:
        EvidenceError: The record is there but cannot be read.
    """
    path = record_path(home, model, as_of)
    return _read_record(path) if path.is_file() else None


def runs(home: Path, model: str) -> tuple[RunRecord, ...]:
    """Every night of a model that was run, oldest first."""
    folder = home / "runs" / model
    return tuple(_read_record(path) for path in sorted(folder.glob("????-??-??.json")))


def latest_run(home: Path, model: str) -> RunRecord | None:
    """The run of the newest night, or None where the model was never run."""
    folder = home / "runs" / model
    newest = max(folder.glob("????-??-??.json"), default=None)
    return None if newest is None else _read_record(newest)


def read_evidence(home: Path, model: str, sha256: str) -> dict[str, Any]:
    """Read a pack back as JSON values, having made sure that it is the one that was written.

    Raises:
        EvidenceError: No such pack, or its bytes no longer have the hash that names it.
    """
    path = evidence_path(home, model, sha256)
    if not path.is_file():
        raise EvidenceError(
            f"Evidence {sha256[:12]} of {model} is missing from {path.parent}.",
            fix="Restore the file from backup, or run that night again.",
        )
    data = path.read_bytes()
    if (found := sha256_bytes(data)) != sha256:
        raise EvidenceError(
            f"Evidence {sha256[:12]} of {model} was altered: its bytes hash to {found[:12]}.",
            fix="Restore the file from backup and find out who changed it; do not rely on it.",
        )
    pack: dict[str, Any] = parse(data)
    return with_limits(pack)


def evidence_path(home: Path, model: str, sha256: str) -> Path:
    """Where the pack of that hash lies."""
    if not _SHA256.fullmatch(sha256):
        raise EvidenceError(
            f"{sha256!r} is not the hash of an evidence pack.",
            fix="Give the 64 hexadecimal digits that `pipelines show` prints.",
        )
    return home / "evidence" / model / f"{sha256}.json"


def record_path(home: Path, model: str, as_of: date) -> Path:
    """Where the run record of a night lies."""
    return home / "runs" / model / f"{as_of.isoformat()}.json"


def _known_run(home: Path, model: str, as_of: date) -> RunRecord:
    record = run_of(home, model, as_of)
    if record is None:
        raise EvidenceError(
            f"No run of {model} as of {as_of} is on record.",
            fix="Run that night first; evidence is written before anything is registered.",
        )
    return record


def _write_record(home: Path, model: str, record: RunRecord) -> RunRecord:
    write_atomically(record_path(home, model, record.as_of), canonical_bytes(record))
    return record


def _read_record(path: Path) -> RunRecord:
    try:
        return RunRecord.from_plain(parse(path.read_bytes()))
    except (ValueError, KeyError, TypeError) as exc:
        raise EvidenceError(
            f"The run record {path.parent.name}/{path.name} is not readable.",
            fix="Restore the file from backup, or run that night again.",
        ) from exc
