"""What does a verdict mean for the registry?

A rejected or stopped run is tracked and nothing more: no version, no model. What awaits
approval becomes challenger; what was promoted becomes challenger and champion.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines_lib.governance.artifacts import package_path
from pipelines_lib.governance.evidence import EvidencePack, EvidenceRef, record_version
from pipelines_lib.governance.registry import Registry
from pipelines_lib.governance.versions import RegisteredVersion
from pipelines_lib.results import Verdict
from pipelines_lib.spec.model_spec import ModelSpec

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Meaning:
    """What a verdict does: whether a version comes of the run, and whether it is champion."""

    registered: bool
    promoted: bool


MEANINGS = {
    Verdict.PROMOTED: Meaning(registered=True, promoted=True),
    Verdict.AWAITING_APPROVAL: Meaning(registered=True, promoted=False),
    Verdict.REJECTED: Meaning(registered=False, promoted=False),
    Verdict.STOPPED: Meaning(registered=False, promoted=False),
}


def conclude(
    registry: Registry, home: Path, spec: ModelSpec, pack: EvidencePack, evidence: EvidenceRef
) -> RegisteredVersion | None:
    """Carry a verdict into the registry; running it again changes nothing.

    Args:
        registry: Tracking and registry of this installation.
        home: Where packages and run records lie.
        spec: The model spec; its features are the version's signature.
        pack: The evidence of the run.
        evidence: Where the pack was written, which is before this is called.

    Returns:
        The registered version, or None where the verdict allows none.
    """
    meaning = MEANINGS[pack.verdict]
    known = registry.repair(pack.run.model)
    package = _package(known, home, pack) if meaning.registered else None
    tracked = registry.log_candidate(pack, evidence, features=spec.features, package=package)
    if not meaning.registered:
        return None
    version = registry.register(pack, tracked, promote=meaning.promoted)
    record_version(home, version.model, version.as_of, version.version)
    if meaning.promoted and version.promoted_as_of is None:
        logger.warning(
            "%s version %d of %s stays challenger: the champion is of a newer night",
            version.model,
            version.version,
            version.as_of,
        )
    return version


def _package(known: Iterable[RegisteredVersion], home: Path, pack: EvidencePack) -> Path | None:
    """The package to hand over; None where the registry holds this night's already."""
    sha256 = str(pack.package_sha256)
    night = (pack.run.as_of, sha256)
    registered = any((each.as_of, each.package_sha256) == night for each in known)
    return None if registered else package_path(home, sha256)
