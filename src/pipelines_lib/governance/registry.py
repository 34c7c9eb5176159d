"""Which version of a model is registered, and what led to it?

Every write can be cut off anywhere and run again: runs carry a key that does not depend
on the clock, versions carry night and package, aliases follow what the versions say.
"""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines_lib.errors import EvidenceError
from pipelines_lib.governance import address, artifacts, mlflow_door, tracking
from pipelines_lib.governance.evidence import EvidencePack, EvidenceRef
from pipelines_lib.governance.locks import waiting_lock
from pipelines_lib.governance.mlflow_door import Client
from pipelines_lib.governance.tracked_runs import EVIDENCE_FOLDER, TrackedRun, every, track
from pipelines_lib.governance.versions import (
    RegisteredVersion,
    champion_of,
    due_aliases,
    is_ours,
    may_become_champion,
    with_aliases,
)
from pipelines_lib.spec.inputs import Feature
from pipelines_lib.spec.settings import Settings
from pipelines_lib.storage import atomic_path, storage_errors

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LocalCopies:
    """What the registry holds of a version on this machine."""

    model: Path
    evidence: Path


class Registry:
    """Tracking and registry of one installation.

    Nothing is opened, imported or created before the first question is asked.
    """

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home
        self._uri = address.driver_uri(settings.mlflow_uri)
        self._client: Client | None = None

    @property
    def is_prepared(self) -> bool:
        """Whether the database is there; a service prepares its own."""
        file = address.sqlite_file(self._uri)
        return file is None or file.exists()

    def prepare(self) -> bool:
        """Create the database, once; takes seconds. True when it was created just now."""
        file = address.sqlite_file(self._uri)
        if file is None:
            with self._open():
                return False
        with waiting_lock(self._home, "_mlflow"):
            if file.exists():
                return False
            logger.info("Creating the model registry in %s", file)
            with atomic_path(file) as part:
                mlflow_door.create_database(part, self._artifact_root)
        return True

    def models(self) -> tuple[str, ...]:
        """Names of all registered models."""
        if not self.is_prepared:
            return ()
        with self._open() as client:
            return tuple(sorted(found.name for found in every(client.search_registered_models)))

    def versions(self, model: str) -> tuple[RegisteredVersion, ...]:
        """Every version of a model, oldest number first."""
        if not self.is_prepared:
            return ()
        with self._open() as client:
            return _versions(client, model)

    def champion(self, model: str, before: date) -> RegisteredVersion | None:
        """The champion as a night meets it: promotions of that night or later do not count."""
        return champion_of(self.versions(model), before)

    def current_champion(self, model: str) -> RegisteredVersion | None:
        """The version that is champion now."""
        return champion_of(self.versions(model))

    def log_candidate(
        self,
        pack: EvidencePack,
        evidence: EvidenceRef,
        *,
        features: Sequence[Feature] = (),
        package: Path | None = None,
    ) -> TrackedRun:
        """Keep one tracking run per night and result, with the model where one is given.

        A run of the same night that was cut off is marked as killed; a finished run with
        the same facts is found again instead of being logged twice.

        Args:
            pack: The evidence of the run; parameters, metrics and data come from it.
            evidence: Where the pack was written.
            features: Inputs of the model, for its signature.
            package: Folder of the model package; None where no version may come of it.
        """
        self.prepare()
        with self._open() as client:
            experiment = self._experiment(client, pack.run.model)
            return track(client, experiment, pack, evidence, features=features, package=package)

    def register(
        self, pack: EvidencePack, tracked: TrackedRun, *, promote: bool
    ) -> RegisteredVersion:
        """Register what a run logged as challenger, and as champion where it was promoted.

        The same night and package are registered once. A version of an older night than the
        champion's is registered, but does not become champion.
        """
        model, as_of = pack.run.model, pack.run.as_of
        with self._open() as client:
            known = _versions(client, model)
            linked = {"evidence_sha256": tracked.evidence_sha256, "tracking_run": tracked.run_id}
            tags = {**tracking.tags(pack), **linked}
            if promote and may_become_champion(champion_of(known), as_of):
                tags["promoted_as_of"] = as_of.isoformat()
            same = _same(known, as_of, pack.package_sha256)
            if same is None:
                version = _create_version(client, model, tracked, tags, first=not known)
            else:
                version = _retag(client, same, tags)
            known = tuple(each for each in known if each.version != version.version)
            completed = _complete_aliases(client, model, (*known, version))
            return next(each for each in completed if each.version == version.version)

    def repair(self, model: str) -> tuple[RegisteredVersion, ...]:
        """Finish what a killed run left half-done: aliases that lag behind promotions."""
        if not self.is_prepared:
            return ()
        with self._open() as client:
            return _complete_aliases(client, model, _versions(client, model))

    def package_of(self, version: RegisteredVersion) -> Path:
        """The folder of a version's model package, fetched from the registry where need be.

        Raises:
            EvidenceError: The registry no longer holds the package, or holds another.
        """
        sha256 = version.package_sha256
        folder = artifacts.package_path(self._home, sha256)
        if folder.is_dir() and artifacts.folder_hash(folder) == sha256:
            return folder
        with self._open() as client, tempfile.TemporaryDirectory() as scratch:
            location = f"{_model_location(client, version)}/data/{sha256}"
            try:
                fetched = mlflow_door.download(self._uri, location, Path(scratch))
            except FileNotFoundError as exc:
                raise EvidenceError(
                    f"The registry no longer holds the package of {version.model} "
                    f"version {version.version}.",
                    fix="Restore the registry's artifacts from backup.",
                ) from exc
            return artifacts.adopt_package(fetched, self._home, sha256)

    def local_copies(self, version: RegisteredVersion) -> LocalCopies | None:
        """Where the registry's copies lie, or None where they are not on this machine."""
        with self._open() as client:
            run = client.get_run(version.run_id)
            model = artifacts.local_path(_model_location(client, version))
            root = artifacts.local_path(run.info.artifact_uri)
        if model is None or root is None:
            return None
        return LocalCopies(model, root / EVIDENCE_FOLDER / f"{version.evidence_sha256}.json")

    @property
    def _artifact_root(self) -> Path:
        return self._home / "mlflow" / "artifacts"

    @contextmanager
    def _open(self) -> Iterator[Client]:
        address.require_reachable(self._uri)
        with storage_errors(self._artifact_root), mlflow_door.translated(self._uri):
            if self._client is None:
                self._client = mlflow_door.connect(self._uri)
            yield self._client

    def _experiment(self, client: Client, model: str) -> str:
        """One experiment per model; a server decides itself where its artifacts lie."""
        found = client.get_experiment_by_name(model)
        if found is not None:
            return str(found.experiment_id)
        ours = address.is_database(self._uri)
        location = (self._artifact_root / model).as_uri() if ours else None
        return str(client.create_experiment(model, artifact_location=location))


def _versions(client: Client, model: str) -> tuple[RegisteredVersion, ...]:
    named = f"name = '{model}'"
    listed = list(every(client.search_model_versions, filter_string=named))
    if not listed:
        return ()
    aliases: dict[str, str] = client.search_registered_models(named)[0].aliases
    found = (
        RegisteredVersion.of_tags(
            model,
            int(each.version),
            each.tags,
            [alias for alias, number in aliases.items() if int(number) == int(each.version)],
        )
        for each in listed
        if is_ours(each.tags)
    )
    return tuple(sorted(found, key=lambda each: each.version))


def _same(
    known: Sequence[RegisteredVersion], as_of: date, package: str | None
) -> RegisteredVersion | None:
    return next((v for v in known if (v.as_of, v.package_sha256) == (as_of, package)), None)


def _create_version(
    client: Client, model: str, tracked: TrackedRun, tags: dict[str, str], *, first: bool
) -> RegisteredVersion:
    if tracked.model_id is None or tracked.artifacts is None:
        msg = "a version needs a run that logged a model"
        raise ValueError(msg)
    if first and not client.search_registered_models(f"name = '{model}'"):
        client.create_registered_model(model)
    tags = {**tags, "artifacts": tracked.artifacts}
    created = client.create_model_version(
        model,
        # not models:/ID, which MLflow looks up at the process's default address
        source=str(client.get_logged_model(tracked.model_id).artifact_location),
        run_id=tracked.run_id,
        tags=tags,
        model_id=tracked.model_id,
    )
    return RegisteredVersion.of_tags(model, int(created.version), tags)


def _retag(client: Client, version: RegisteredVersion, tags: dict[str, str]) -> RegisteredVersion:
    """The same package judged anew: the version points at the evidence of that verdict."""
    if version.verdict == tags["verdict"]:
        tags = {name: value for name, value in tags.items() if name == "promoted_as_of"}
        if version.promoted_as_of is not None:
            return version
    for name, value in sorted(tags.items()):  # the verdict last: it says that all is done
        client.set_model_version_tag(version.model, str(version.version), name, value)
    return version.judged(tags)


def _complete_aliases(
    client: Client, model: str, known: tuple[RegisteredVersion, ...]
) -> tuple[RegisteredVersion, ...]:
    due = due_aliases(known)
    for alias, number in due.items():
        client.set_registered_model_alias(model, alias, str(number))
        logger.info("%s version %d is %s", model, number, alias)
    return with_aliases(known, due)


def _model_location(client: Client, version: RegisteredVersion) -> str:
    return str(client.get_model_version(version.model, str(version.version)).source)
