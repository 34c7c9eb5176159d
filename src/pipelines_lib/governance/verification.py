"""Is everything a run left behind still exactly what it was?

Everything is hashed again, offline, and nothing is written. One changed byte anywhere is
found and named; so is a missing file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipelines_lib.canonical import canonical_bytes, parse, sha256_bytes, sha256_file
from pipelines_lib.errors import EvidenceError, SpecError
from pipelines_lib.governance import artifacts
from pipelines_lib.governance.evidence import (
    FORMAT,
    RunRecord,
    evidence_path,
    latest_run,
    record_path,
    run_of,
    runs,
)
from pipelines_lib.governance.versions import RegisteredVersion
from pipelines_lib.spec.documents import parse_document
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.policy import PolicyPack

if TYPE_CHECKING:
    from pipelines_lib.governance.registry import LocalCopies, Registry

MISSING = "is missing"
ALTERED = "was altered"
_PACKAGE_FILE = "package.json"


@dataclass(frozen=True)
class Finding:
    """One thing that was hashed again, and what is wrong with it; None where nothing is."""

    subject: str
    problem: str | None = None


@dataclass(frozen=True)
class _Chain:
    """Which evidence is meant, and what points at it."""

    evidence_sha256: str
    record: RunRecord | None
    version: RegisteredVersion | None


def verify(
    home: Path,
    model: str,
    target: str | int | date | None = None,
    *,
    registry: "Registry | None" = None,
) -> tuple[Finding, ...]:
    """Hash again everything that one run left behind.

    Args:
        home: Where this installation keeps its things.
        model: Name of the model.
        target: Hash of an evidence pack, number of a version, or night of a run; the newest
            night where none is given.
        registry: Also check versions and the registry's copies, where they are on this
            machine.

    Returns:
        One finding for each thing checked, good or bad.

    Raises:
        EvidenceError: Nothing of that name is on record.
    """
    chain = _resolve(home, model, target, registry)
    found, pack = _evidence(home, model, chain.evidence_sha256)
    findings = [found]
    if pack is not None:
        findings += _contents(home, pack)
        if chain.record is not None:
            findings.append(_record(home, model, chain.record, pack))
    if registry is not None and chain.version is not None:
        if chain.version.evidence_sha256 != chain.evidence_sha256:
            findings.append(_evidence(home, model, chain.version.evidence_sha256)[0])
        findings += _registered(chain.version, pack, registry)
    elif registry is not None and chain.record is not None and chain.record.version is not None:
        findings.append(Finding(f"version {chain.record.version}", "is not in the registry"))
    return tuple(findings)


def _resolve(
    home: Path, model: str, target: str | int | date | None, registry: "Registry | None"
) -> _Chain:
    versions = registry.versions(model) if registry is not None else ()
    if isinstance(target, int):
        return _of_version(home, model, target, versions)
    if isinstance(target, str):
        version = next((each for each in versions if each.evidence_sha256 == target), None)
        record = next((r for r in runs(home, model) if r.evidence_sha256 == target), None)
        return _Chain(target, record, version or _numbered(versions, record))
    record = latest_run(home, model) if target is None else run_of(home, model, target)
    if record is None:
        night = "" if target is None else f" as of {target}"
        raise _nothing(f"No run of {model}{night} is on record.")
    return _Chain(record.evidence_sha256, record, _numbered(versions, record))


def _of_version(
    home: Path, model: str, number: int, versions: tuple[RegisteredVersion, ...]
) -> _Chain:
    version = next((each for each in versions if each.version == number), None)
    record = next((each for each in runs(home, model) if each.version == number), None)
    if version is not None:
        linked = record if record and record.evidence_sha256 == version.evidence_sha256 else None
        return _Chain(version.evidence_sha256, linked, version)
    if record is None:
        raise _nothing(f"No version {number} of {model} is on record.")
    return _Chain(record.evidence_sha256, record, None)


def _numbered(
    versions: tuple[RegisteredVersion, ...], record: RunRecord | None
) -> RegisteredVersion | None:
    number = record.version if record else None
    return next((each for each in versions if each.version == number), None)


def _nothing(problem: str) -> EvidenceError:
    return EvidenceError(problem, fix="`pipelines show MODEL` lists its nights and versions.")


def _evidence(home: Path, model: str, sha256: str) -> tuple[Finding, dict[str, Any] | None]:
    """The pack, if its bytes are those that were written; altered evidence is not read on."""
    subject = f"evidence {sha256[:12]}"
    path = evidence_path(home, model, sha256)
    if not path.is_file():
        return Finding(subject, MISSING), None
    data = path.read_bytes()
    if sha256_bytes(data) != sha256:
        return Finding(subject, ALTERED), None
    pack: dict[str, Any] = parse(data)
    if not _is_canonical(pack, data) or pack.get("format") != FORMAT:
        return Finding(subject, f"is not canonical JSON of the format {FORMAT}"), pack
    return Finding(subject), pack


def _is_canonical(pack: dict[str, Any], data: bytes) -> bool:
    try:
        return canonical_bytes(pack) == data
    except ValueError:  # a number that canonical JSON cannot hold
        return False


def _record(home: Path, model: str, record: RunRecord, pack: dict[str, Any]) -> Finding:
    subject = f"run record {record.as_of}"
    data = record_path(home, model, record.as_of).read_bytes()
    candidate = pack["candidate"] or {"package_sha256": None}
    told = (str(record.as_of), record.run_id, record.verdict.value, record.package_sha256)
    run = pack["run"]
    known = (run["as_of"], run["run_id"], pack["verdict"], candidate["package_sha256"])
    if data != canonical_bytes(record) or told != known:
        return Finding(subject, ALTERED)
    if record.report is not None and not (home / record.report).is_file():
        return Finding(subject, f"points at a report that {MISSING}")
    return Finding(subject)


def _contents(home: Path, pack: dict[str, Any]) -> Iterator[Finding]:
    yield _text("spec", pack["spec"], ModelSpec)
    for policy in pack["policies"]:
        yield _text(f"policy {policy['policy']}", policy, PolicyPack)
    for name, snapshot in pack["snapshots"].items():
        if snapshot is not None:
            yield from _snapshot(home, name, snapshot)
    for role in ("candidate", "baseline", "champion"):
        if pack[role] is not None:
            sha256 = pack[role]["package_sha256"]
            yield _package(home, f"package of the {role} {sha256[:12]}", sha256)


def _text(subject: str, held: Mapping[str, str], kind: type[ModelSpec | PolicyPack]) -> Finding:
    """Whether a text still means what its hash says."""
    try:
        meant = kind.model_validate(parse_document(held["text"], Path(subject)).data)
    except (SpecError, ValidationError):
        return Finding(subject, "its text can no longer be read")
    return Finding(
        subject, None if meant.sha256 == held["sha256"] else "its hash is not its text's"
    )


def _snapshot(home: Path, name: str, snapshot: Mapping[str, Any]) -> Iterator[Finding]:
    sha256 = snapshot["sha256"]
    subject = f"snapshot {name} {sha256[:12]}"
    folder = home / ("quarantine" if name == "quarantine" else "snapshots")
    yield Finding(subject, _file_problem(folder / f"{sha256}.parquet", sha256))
    if name != "quarantine":
        manifest = folder / f"{sha256}.json"
        yield Finding(f"manifest of {subject}", _manifest_problem(home, manifest, snapshot))


def _manifest_problem(home: Path, path: Path, snapshot: Mapping[str, Any]) -> str | None:
    """A manifest tells what this evidence tells, or the evidence of the run that wrote it."""
    if not path.is_file():
        return MISSING
    data = path.read_bytes()
    try:
        told = parse(data)
        table = path.with_suffix(".parquet")
        if canonical_bytes(told) != data or told["bytes"] != table.stat().st_size:
            return ALTERED
        if told["snapshot"] == snapshot:
            return None
        words = canonical_bytes(told["snapshot"])
    except (ValueError, KeyError, TypeError, OSError):
        return ALTERED
    others = (home / "evidence").glob("*/*.json")
    return None if any(words in other.read_bytes() for other in others) else ALTERED


def _file_problem(path: Path, sha256: str) -> str | None:
    if not path.is_file():
        return MISSING
    return None if sha256_file(path) == sha256 else ALTERED


def _package(home: Path, subject: str, sha256: str) -> Finding:
    folder = artifacts.package_path(home, sha256)
    if not folder.is_dir():
        return Finding(subject, MISSING)
    if artifacts.folder_hash(folder) == sha256:
        return Finding(subject)
    return Finding(subject, _package_problem(folder))


def _package_problem(folder: Path) -> str:
    """Which file of a package it is, as far as the package can still tell."""
    listed = _listed(folder / _PACKAGE_FILE)
    if not (folder / _PACKAGE_FILE).is_file():
        return f"{_PACKAGE_FILE} {MISSING}"
    differing = artifacts.differences(folder, listed)
    named = [problem for problem in differing if not problem.startswith(_PACKAGE_FILE)]
    if not listed or not named:
        return f"{_PACKAGE_FILE} {ALTERED}"
    return f"{'; '.join(named)} (or {_PACKAGE_FILE}, which lists the files)"


def _listed(path: Path) -> dict[str, str]:
    """The files a package says it has, as far as it can still be asked."""
    try:
        return dict(parse(path.read_bytes())["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _registered(
    version: RegisteredVersion, pack: dict[str, Any] | None, registry: "Registry"
) -> Iterator[Finding]:
    """What the registry says of a version, and its copies where they lie on this machine."""
    subject = f"version {version.version}"
    if pack is not None:
        candidate = pack["candidate"] or {"package_sha256": None}
        known = (pack["run"]["as_of"], candidate["package_sha256"])
        told = (version.as_of.isoformat(), version.package_sha256)
        yield Finding(subject, None if told == known else "is linked to other evidence")
    copies = registry.local_copies(version)
    if copies is not None:
        yield from _copies(subject, version, copies)


def _copies(subject: str, version: RegisteredVersion, copies: "LocalCopies") -> Iterator[Finding]:
    problem = _file_problem(copies.evidence, version.evidence_sha256)
    yield Finding(f"registry's copy of the evidence of {subject}", problem)
    changed = artifacts.differences(copies.model, dict(version.artifacts))
    yield Finding(f"registry's copy of the model of {subject}", "; ".join(changed) or None)
