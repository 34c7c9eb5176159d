"""The model package: everything it takes to score, decide and give reasons, and nothing else.

A folder named after its content, ``home/packages/<sha256>/``: ``package.json`` (canonical
JSON) and the model's own file. No time, no run and no name of a machine is inside, so the
same snapshot, seed and threads give the same folder; nothing inside can run when read.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.canonical import canonical_bytes, parse, plain, sha256_file, sha256_of
from pipelines_lib.data.scratch import scratch_folder
from pipelines_lib.errors import EvidenceError
from pipelines_lib.modelling.calibration import Calibration
from pipelines_lib.modelling.estimators import FittedModel, load_model
from pipelines_lib.modelling.features import FeatureContract, Matrix, matrix
from pipelines_lib.storage import storage_errors

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

logger = logging.getLogger(__name__)

Floats = NDArray[np.float64]

FORMAT: Final = "pipelines-package/1"
PACKAGE_FILE: Final = "package.json"
_RESTORE = (
    "Restore the package from the artifact store, or run the night again: the same snapshot, "
    "seed and threads give the same bytes."
)


@dataclass(frozen=True)
class PackageRef:
    """A reference to a package; it travels between stages in the package's place."""

    sha256: str

    def folder(self, home: Path) -> Path:
        """Where the package lies."""
        return home / "packages" / self.sha256


@dataclass(frozen=True)
class Provenance:
    """From what the model was made. No run, no time: those belong to the evidence.

    ``libraries`` are name and version; ``parameters`` name and value.
    """

    spec_sha256: str
    snapshot_sha256: str
    seed: int
    threads: int
    rounds: int
    parameters: tuple[tuple[str, bool | int | float | str], ...]
    libraries: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ModelPackage:
    """An opened package: scores, decisions and reasons.

    Attributes:
        model: The model's name in the spec.
        estimator: As the spec named it.
        kind: ``xgboost``, ``scorecard`` or ``sklearn``.
        contract: The columns it reads, and how.
        calibration: From margin to probability.
        cutoff: Scores at or above it are declined.
        reference: Frozen bins: ``{"features": {name: bins}, "score": bins}``.
        typical: Mean contribution of each feature among approved rows of the train window.
        provenance: From what it was made.
        fitted: The model itself.
    """

    model: str
    estimator: str
    kind: str
    contract: FeatureContract
    calibration: Calibration
    cutoff: float
    reference: Mapping[str, Any]
    typical: tuple[float, ...]
    provenance: Provenance
    fitted: FittedModel

    def inputs(self, table: "Matrix | pa.Table | pa.RecordBatch | pd.DataFrame") -> Matrix:
        """Encode a table by this package's contract; an encoded matrix is taken as it is."""
        return table if isinstance(table, np.ndarray) else matrix(self.contract, table)

    def margin(self, table: "Matrix | pa.Table | pa.RecordBatch | pd.DataFrame") -> Floats:
        """Log-odds of each row, before calibration."""
        return self.fitted.margin(self.inputs(table))

    def score(self, table: "Matrix | pa.Table | pa.RecordBatch | pd.DataFrame") -> Floats:
        """Calibrated probability of each row."""
        return self.calibration.probability(self.margin(table))

    def decline(self, scores: Floats) -> NDArray[np.bool_]:
        """Which scores are declined: the cut-off itself is."""
        return np.asarray(scores >= self.cutoff, dtype=np.bool_)

    def contributions(
        self, table: "Matrix | pa.Table | pa.RecordBatch | pd.DataFrame"
    ) -> tuple[Floats, float]:
        """What each feature adds to each row's margin, and the bias; together, the margin."""
        return self.fitted.contributions(self.inputs(table))

    def reasons(
        self, table: "Matrix | pa.Table | pa.RecordBatch | pd.DataFrame", top: int = 4
    ) -> tuple[tuple[int, ...], ...]:
        """The features that push each row's score up most, as positions in the contract."""
        return self.reasons_from(self.contributions(table)[0], top)

    def reasons_from(self, contributions: Floats, top: int = 4) -> tuple[tuple[int, ...], ...]:
        """The same, from contributions that are already at hand.

        A feature counts by how far its contribution lies above its mean in the train window:
        what is usual explains no decline. At most ``top`` per row, strongest first; of
        equals, the first in the contract. Features that do not push up are never named.
        """
        push = contributions - np.asarray(self.typical)
        order = np.argsort(-push, axis=1, kind="stable")[:, :top]
        counted = (np.take_along_axis(push, order, axis=1) > 0).sum(axis=1)
        pairs = zip(order.tolist(), counted.tolist(), strict=True)
        return tuple(tuple(row[:count]) for row, count in pairs)

    @cached_property
    def reason_texts(self) -> tuple[str, ...]:
        """What an applicant is told, by position in the contract."""
        return tuple(feature.reason for feature in self.contract.features)


def write_package(home: Path, package: ModelPackage) -> PackageRef:
    """Put a package at rest: wholly there under the name of its content, or not at all.

    Raises:
        ServiceError: The disk is full or ``home`` cannot be written.
        EvidenceError: A package of that name is there, but was altered.
    """
    with scratch_folder(home) as scratch, storage_errors(home / "packages" / package.model):
        part = scratch / "package"
        part.mkdir()
        names = package.fitted.save(part)
        contents = _contents(package, {name: sha256_file(part / name) for name in names})
        (part / PACKAGE_FILE).write_bytes(canonical_bytes(contents))
        ref = PackageRef(_hash(part, (*names, PACKAGE_FILE)))
        if not ref.folder(home).exists():
            _keep(part, ref.folder(home))
    _verify(ref.folder(home), expected=ref.sha256)
    logger.info("package %s of %s: %s", ref.sha256[:12], package.model, package.kind)
    return ref


def open_package(home: Path, ref: PackageRef, *, threads: int = 0) -> ModelPackage:
    """Open a package by its reference, after hashing every byte of it again.

    Raises:
        EvidenceError: A file is missing or altered; the error names it.
    """
    return _open(ref.folder(home), ref.sha256, threads)


def load_package(folder: Path, *, threads: int = 0) -> ModelPackage:
    """Open a copy of a package, wherever it lies, after checking every byte of it.

    Raises:
        EvidenceError: A file is missing or altered; the error names it.
    """
    return _open(folder, None, threads)


def package_sha256(folder: Path) -> str:
    """The hash of a package's content, which is its name; checks the content on the way."""
    contents = _verify(folder, expected=None)
    return _hash(folder, (*contents["files"], PACKAGE_FILE))


def _open(folder: Path, expected: str | None, threads: int) -> ModelPackage:
    data = _verify(folder, expected)
    contract = FeatureContract.from_plain(data["contract"])
    made = data["provenance"]
    return ModelPackage(
        model=data["model"],
        estimator=data["estimator"],
        kind=data["kind"],
        contract=contract,
        calibration=Calibration.from_plain(data["calibration"]),
        cutoff=float(data["cutoff"]),
        reference=data["reference"],
        typical=tuple(float(value) for value in data["typical"]),
        provenance=Provenance(
            **{
                **made,
                "parameters": tuple((name, value) for name, value in made["parameters"]),
                "libraries": tuple((name, value) for name, value in made["libraries"]),
            }
        ),
        fitted=load_model(data["kind"], folder, threads=threads),
    )


def _contents(package: ModelPackage, files: Mapping[str, str]) -> dict[str, Any]:
    contents = {
        "format": FORMAT,
        "model": package.model,
        "estimator": package.estimator,
        "kind": package.kind,
        "contract": package.contract.to_plain(),
        "calibration": package.calibration.to_plain(),
        "cutoff": package.cutoff,
        "reference": plain(package.reference),
        "typical": list(package.typical),
        "provenance": plain(package.provenance),
        "files": dict(files),
    }
    # The seal lets a copy without its reference find a change in this very file.
    return {**contents, "seal": sha256_of(contents)}


def _verify(folder: Path, expected: str | None) -> dict[str, Any]:
    """Check every byte of a package and give its description."""
    contents = _sealed(folder)
    for name, sha256 in contents["files"].items():
        path = folder / name
        if not path.is_file():
            raise EvidenceError(f"Model package: {name} is missing from {folder}.", fix=_RESTORE)
        if sha256_file(path) != sha256:
            raise _altered(name, folder)
    if expected is not None and expected != _hash(folder, (*contents["files"], PACKAGE_FILE)):
        raise _altered(PACKAGE_FILE, folder)
    return contents


def _sealed(folder: Path) -> dict[str, Any]:
    path = folder / PACKAGE_FILE
    if not path.is_file():
        raise EvidenceError(f"Model package: there is no {PACKAGE_FILE} in {folder}.", fix=_RESTORE)
    data = path.read_bytes()
    try:
        contents = dict(parse(data))
        seal = contents.pop("seal")
        whole = sha256_of(contents) == seal and canonical_bytes({**contents, "seal": seal}) == data
    except (ValueError, KeyError, TypeError):
        raise _altered(PACKAGE_FILE, folder) from None
    if not whole:
        raise _altered(PACKAGE_FILE, folder)
    if contents["format"] != FORMAT:
        raise EvidenceError(
            f"Model package {folder.name} has the format {contents['format']}, not {FORMAT}.",
            fix="Open it with the version of this product that wrote it.",
        )
    return contents


def _altered(name: str, folder: Path) -> EvidenceError:
    return EvidenceError(
        f"Model package: {name} in {folder} was altered: its hash differs.", fix=_RESTORE
    )


def _hash(folder: Path, names: tuple[str, ...]) -> str:
    return sha256_of({name: sha256_file(folder / name) for name in names})


def _keep(part: Path, final: Path) -> None:
    """Flush a finished folder to disk and give it its name."""
    for path in part.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        part.rename(final)
    except OSError:
        if not final.is_dir():  # otherwise another run was a moment earlier with the same bytes
            raise
