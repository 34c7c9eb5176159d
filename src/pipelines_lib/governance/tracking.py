"""What of the evidence a tracking run shows: parameters, metrics, tags and data.

Pure translation; the registry module hands the result to MLflow. Nothing here is a
record: the evidence pack is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines_lib.canonical import canonical_bytes, sha256_of
from pipelines_lib.governance.evidence import EvidencePack
from pipelines_lib.results import Verdict

DIGEST = 36
"""MLflow keeps this many characters of a digest."""


@dataclass(frozen=True)
class DataInput:
    """One table a run read: a delivery of a source, or the snapshot made of them."""

    name: str
    digest: str
    uri: str
    context: str

    @property
    def source(self) -> str:
        """Where the table came from, as MLflow keeps it."""
        return canonical_bytes({"uri": self.uri}).decode()


def run_key(pack: Mapping[str, Any]) -> str:
    """What makes two runs the same run: the night, its inputs, its result; not its clock."""
    facts = {
        "model": pack["run"]["model"],
        "as_of": pack["run"]["as_of"],
        "spec": pack["spec"]["sha256"],
        "policies": [policy["sha256"] for policy in pack["policies"]],
        "snapshots": {name: _sha(snapshot) for name, snapshot in pack["snapshots"].items()},
        "package": _package(pack),
        "champion": pack["champion"],
        "verdict": pack["verdict"],
        "reasons_against": pack["decision"]["reasons_against"],
    }
    return sha256_of(facts)


def tags(pack: EvidencePack) -> dict[str, str]:
    """What links a run or a version to evidence, snapshot, spec and code."""
    data = pack.plain()
    code = data["code"]
    linked = {
        "model": data["run"]["model"],
        "as_of": data["run"]["as_of"],
        "verdict": data["verdict"],
        "tier": str(data["run"]["tier"]),
        "owner": data["run"]["owner"],
        "evidence_sha256": pack.sha256,
        "spec_sha256": data["spec"]["sha256"],
        "snapshot_sha256": _sha(data["snapshots"].get("clean")),
        "package_sha256": _package(data),
        "code_version": code["version"],
        "code_commit": code["commit"],
        "lock_sha256": code["lock_sha256"],
    }
    return {name: value for name, value in linked.items() if value}


def parameters(data: Mapping[str, Any]) -> dict[str, str]:
    """How the candidate was fitted, as text."""
    candidate = data["candidate"] or {}
    named = {name: candidate.get(name) for name in ("estimator", "rounds", "cutoff")}
    fitted = dict(candidate.get("parameters") or {})
    every = {**named, "seed": data["seed"], **fitted}
    return {name: str(value) for name, value in every.items() if value is not None}


def metrics(data: Mapping[str, Any]) -> dict[str, float]:
    """Every figure of every window, as ``window.figure``; a stopped run has none."""
    if data["verdict"] == Verdict.STOPPED:
        return {}
    performance = data["figures"].get("performance") or {"windows": {}}
    return {
        f"{window}.{name}": float(value)
        for window, figures in (performance["windows"] or {}).items()
        for name, value in _numbers(figures or {})
    }


def inputs(data: Mapping[str, Any]) -> tuple[DataInput, ...]:
    """The deliveries and the snapshot that the run read, by content."""
    sources = (
        DataInput(source["name"], source["content_sha256"][:DIGEST], source["uri"], "source")
        for source in data["sources"]
    )
    snapshots = (
        DataInput(name, sha[:DIGEST], f"snapshots/{sha}.parquet", "training")
        for name, snapshot in data["snapshots"].items()
        if (sha := _sha(snapshot)) and name in {"applications", "clean"}
    )
    return (*_distinct(sources), *_distinct(snapshots))


def started_ms(data: Mapping[str, Any]) -> int:
    """When the run started, in milliseconds, as MLflow counts."""
    return int(datetime.fromisoformat(data["run"]["started_at"]).timestamp() * 1000)


def _distinct(found: Iterator[DataInput]) -> Iterator[DataInput]:
    """MLflow refuses the same name and digest twice in one run; so does sense."""
    seen: set[str] = set()
    for item in found:
        if item.digest not in seen:
            seen.add(item.digest)
            yield item


def _numbers(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", value


def _sha(snapshot: Mapping[str, Any] | None) -> str | None:
    return None if snapshot is None else str(snapshot["sha256"])


def _package(data: Mapping[str, Any]) -> str | None:
    candidate = data["candidate"]
    return None if candidate is None else str(candidate["package_sha256"])
