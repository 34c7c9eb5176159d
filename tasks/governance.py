"""Prefect tasks that keep the record: the lock, the champion, evidence, registration."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from pipelines_lib.governance import lifecycle
from pipelines_lib.governance.case import Case, Ruling, Standing, evidence_of
from pipelines_lib.governance.evidence import EvidencePack, EvidenceRef
from pipelines_lib.governance.evidence import write_evidence as write_pack
from pipelines_lib.governance.locks import model_lock
from pipelines_lib.governance.registry import Registry
from pipelines_lib.governance.versions import RegisteredVersion
from pipelines_lib.spec.run import Run
from tasks.stage import stage


@dataclass(frozen=True)
class Recorded:
    """Evidence that is on disk: the pack and where it lies."""

    pack: EvidencePack
    ref: EvidenceRef


def one_run_at_a_time(run: Run) -> AbstractContextManager[None]:
    """Hold the right to run this model; a second run of it is refused."""
    return model_lock(run.settings.home, run.spec.model)


@stage("find the champion")
def find_champion(run: Run) -> Standing:
    """Ask the registry for the champion as this night meets it, and fetch its package."""
    registry = Registry(run.settings)
    registry.prepare()
    champion = registry.champion(run.spec.model, before=run.as_of)
    current = registry.current_champion(run.spec.model)
    if champion is not None:
        registry.package_of(champion)
    return Standing(champion=champion, newest=None if current is None else current.as_of)


@stage("write the evidence")
def write_evidence(case: Case, ruling: Ruling, seconds: Mapping[str, float]) -> Recorded:
    """Put the whole case at rest, before anything is registered and whatever the verdict."""
    pack = evidence_of(case, ruling, seconds)
    return Recorded(pack=pack, ref=write_pack(case.run.settings.home, pack))


@stage("register")
def register(case: Case, recorded: Recorded) -> RegisteredVersion | None:
    """Carry the verdict into the registry; a night run twice registers nothing twice."""
    run = case.run
    return lifecycle.conclude(
        Registry(run.settings), run.settings.home, run.spec, recorded.pack, recorded.ref
    )
