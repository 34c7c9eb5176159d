"""What is known of models: versions, nights, evidence; read, never changed."""

from datetime import date
from typing import Any

from pipelines_lib.canonical import plain
from pipelines_lib.errors import EvidenceError
from pipelines_lib.governance import evidence
from pipelines_lib.governance.registry import Registry
from pipelines_lib.governance.verification import Finding, verify
from pipelines_lib.governance.versions import RegisteredVersion
from pipelines_lib.spec.loading import load_model, model_files
from pipelines_lib.spec.settings import Settings

_SHORT = 12


def inventory(settings: Settings) -> list[dict[str, Any]]:
    """One row per model."""
    registry = Registry(settings)
    return [_row(name, settings, registry) for name in model_files(settings.models)]


def _row(name: str, settings: Settings, registry: Registry) -> dict[str, Any]:
    spec = load_model(name, settings).spec
    champion = registry.current_champion(spec.model)
    last = evidence.latest_run(settings.home, spec.model)
    return {
        **spec.summary(),
        "champion": champion.version if champion else None,
        "champion_as_of": str(champion.as_of) if champion else None,
        "last_night": str(last.as_of) if last else None,
        "verdict": str(last.verdict) if last else None,
    }


def describe(model: str, settings: Settings) -> dict[str, Any]:
    """One model with its versions and its nights."""
    loaded = load_model(model, settings)
    spec = loaded.spec
    versions = Registry(settings).versions(spec.model)
    nights = evidence.runs(settings.home, spec.model)
    return {
        **spec.summary(),
        "purpose": spec.purpose,
        "spec": f"{loaded.path.name} {spec.sha256[:_SHORT]}",
        "policies": ", ".join(spec.policies),
        "schedule": f"{spec.schedule.cron} {spec.schedule.timezone}",
        "versions": [
            {
                "version": each.version,
                "as_of": str(each.as_of),
                "verdict": each.verdict,
                "aliases": ", ".join(each.aliases),
                "package": each.package_sha256[:_SHORT],
            }
            for each in versions
        ],
        "nights": [
            {
                "night": str(each.as_of),
                "verdict": str(each.verdict),
                "version": each.version,
                "evidence": each.evidence_sha256[:_SHORT],
            }
            for each in nights
        ],
    }


def describe_version(model: str, version: int, settings: Settings) -> dict[str, Any]:
    """One registered version."""
    found: dict[str, Any] = plain(registered(model, version, settings))
    return found


def evidence_of(
    model: str, settings: Settings, *, version: int | None, as_of: date | None
) -> dict[str, Any]:
    """The evidence pack of a version, of a night, or of the latest run."""
    if version is not None:
        sha256 = registered(model, version, settings).evidence_sha256
        return evidence.read_evidence(settings.home, model, sha256)
    run = (
        evidence.run_of(settings.home, model, as_of)
        if as_of
        else evidence.latest_run(settings.home, model)
    )
    if run is None:
        night = f" as of {as_of}" if as_of else ""
        raise EvidenceError(
            f"{model} was never run{night}.", fix=f"Run it first: `pipelines run {model}`."
        )
    return evidence.read_evidence(settings.home, model, run.evidence_sha256)


def verify_all(model: str, version: int | None, settings: Settings) -> tuple[Finding, ...]:
    """Hash again what one version rests on, or every night and every version of a model."""
    registry = Registry(settings)
    targets: list[int | date] = (
        [version]
        if version is not None
        else [
            *(run.as_of for run in evidence.runs(settings.home, model)),
            *(each.version for each in registry.versions(model)),
        ]
    )
    if not targets:
        raise EvidenceError(
            f"{model} was never run.", fix=f"Run it first: `pipelines run {model}`."
        )
    found = (
        finding
        for target in targets
        for finding in verify(settings.home, model, target, registry=registry)
    )
    return tuple(dict.fromkeys(found))


def registered(model: str, version: int, settings: Settings) -> RegisteredVersion:
    """One version of the registry; one that is not there is an error that names those that are."""
    versions = Registry(settings).versions(model)
    for each in versions:
        if each.version == version:
            return each
    known = ", ".join(str(each.version) for each in versions) or "none"
    raise EvidenceError(f"{model} has no version {version}.", fix=f"Registered versions: {known}.")
