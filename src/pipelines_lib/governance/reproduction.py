"""Make a registered version again, from its evidence alone, and compare the bytes.

Everything comes from the record: the spec's text and the snapshot from the evidence, seed and
threads from the package. Training happens in scratch space that a killed process cannot leave
behind; only the finished comparison is written.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipelines_lib.canonical import parse, plain
from pipelines_lib.data.scratch import scratch_folder
from pipelines_lib.data.snapshots import Snapshot, read_snapshot, snapshot_path, verify_snapshot
from pipelines_lib.errors import DataContractError, EvidenceError, SpecError, bounded
from pipelines_lib.governance.evidence import read_evidence
from pipelines_lib.governance.provenance import code_provenance
from pipelines_lib.governance.reproductions import Ending, Reproduction, write_reproduction
from pipelines_lib.governance.versions import RegisteredVersion
from pipelines_lib.modelling.package import PACKAGE_FILE, ModelPackage, PackageRef, load_package
from pipelines_lib.modelling.rows import chosen_batches
from pipelines_lib.modelling.training import Candidate, train_candidate
from pipelines_lib.modelling.windows import WindowPlan, plan_windows
from pipelines_lib.spec.loading import parse_model
from pipelines_lib.spec.model_spec import ModelSpec

logger = logging.getLogger(__name__)

GOLDEN_ROWS: Final = 1_000
"""Rows of the snapshot, evenly spaced, that both packages score where their bytes differ."""
_CALENDAR = ("business_date", "observed_on", "label")
_PARTS: Final = {
    "estimator": "the estimator",
    "contract": "the feature contract",
    "calibration": "the calibration",
    "cutoff": "the cut-off",
    "reference": "the frozen bins",
    "typical": "the typical contributions that reasons are measured against",
}
_MADE_OF: Final = {
    "spec_sha256": "the hash of what the spec means",
    "snapshot_sha256": "the snapshot",
}
_SHORT, _HASH = 12, 64
Tell = Callable[[str], None]


@dataclass(frozen=True)
class _Recipe:
    """What the record says the version was made from."""

    spec: ModelSpec
    snapshot: Snapshot
    plan: WindowPlan
    threads: int


def reproduce(
    home: Path,
    version: RegisteredVersion,
    fetch: Callable[[RegisteredVersion], Path],
    *,
    now: datetime,
    tell: Tell = logger.info,
) -> Reproduction:
    """Make a version again and put on record what came of it.

    Args:
        home: Where evidence, snapshots and packages lie.
        version: The registered version.
        fetch: Gives the folder of its package (``Registry.package_of``).
        now: The moment, with its time zone, for the record.
        tell: Told in a few words what happens next.

    Returns:
        Whether the bytes are the same, and exactly what differs where they are not.

    Raises:
        EvidenceError: Something it was made from is missing or altered; that is put on
            record too.
    """
    try:
        told = _remake(home, version, fetch, now, tell)
    except (EvidenceError, SpecError, DataContractError) as error:
        write_reproduction(home, _record(version, "impossible", now, (error.problem,)))
        raise EvidenceError(
            f"{version.model} version {version.version} cannot be made again: {error.problem}",
            fix=error.fix,
        ) from error
    write_reproduction(home, told)
    return told


def _remake(
    home: Path,
    version: RegisteredVersion,
    fetch: Callable[[RegisteredVersion], Path],
    now: datetime,
    tell: Tell,
) -> Reproduction:
    tell("reading the evidence")
    evidence = read_evidence(home, version.model, version.evidence_sha256)
    folder = fetch(version)
    original = load_package(folder)
    recipe = _recipe(home, evidence, original)
    with _scratch_home(home, recipe.snapshot) as scratch:
        made = train_candidate(
            recipe.spec,
            recipe.snapshot,
            recipe.plan,
            home=scratch,
            threads=recipe.threads,
            progress=tell,
        )
        found = made.package.folder(scratch)
        differing = (
            *_package_differences(folder, found),
            *_differences_beside(evidence, recipe, made, version),
        )
        if not differing:
            return _record(version, "same", now, (), found=made.package)
        tell("scoring with both packages")
        largest, rows = _compare_scores(scratch, recipe.snapshot, original, load_package(found))
    return _record(
        version,
        "differs",
        now,
        (*differing, *_other_circumstances(evidence)),
        found=made.package,
        largest=largest,
        rows=rows,
    )


def _recipe(home: Path, evidence: Mapping[str, Any], original: ModelPackage) -> _Recipe:
    spec = parse_model(evidence["spec"]["text"])  # whole: the evidence's own hash covers it
    clean = evidence["snapshots"]["clean"]
    if clean is None:
        raise EvidenceError(
            "The evidence names no snapshot that the model was trained on.",
            fix="Restore the evidence from backup.",
        )
    snapshot = Snapshot.from_plain(clean)
    verify_snapshot(home, snapshot)
    plan = plan_windows(spec, read_snapshot(home, snapshot, list(_CALENDAR)), snapshot.as_of)
    if plan is None:
        raise EvidenceError(
            "The snapshot in the evidence can no longer be cut into windows.",
            fix="Reproduce it with the version of this product that wrote the evidence.",
        )
    return _Recipe(spec, snapshot, plan, original.provenance.threads)


@contextmanager
def _scratch_home(home: Path, snapshot: Snapshot) -> Iterator[Path]:
    """A home that holds the snapshot and nothing else; what is made in it is thrown away."""
    with scratch_folder(home) as scratch:
        (scratch / "snapshots").mkdir()
        table = snapshot_path(home, snapshot)
        for path in (table, table.with_suffix(".json")):
            (scratch / "snapshots" / path.name).symlink_to(path.absolute())
        yield scratch


def _package_differences(expected: Path, found: Path) -> Iterator[str]:
    """What differs between two packages, from the parts they are made of to their bytes."""
    old, new = (parse((folder / PACKAGE_FILE).read_bytes()) for folder in (expected, found))
    for part, name in _PARTS.items():
        if old[part] != new[part]:
            yield f"{name}: {_how(part, old[part], new[part])}"
    made, remade = old["provenance"], new["provenance"]
    for name in sorted(made.keys() | remade.keys()):
        if made.get(name) != remade.get(name):
            yield f"{_MADE_OF.get(name, name)}: {_pair(made.get(name), remade.get(name))}"
    files, again = old["files"], new["files"]
    for name in sorted(files.keys() | again.keys()):
        if files.get(name) != again.get(name):
            yield f"the bytes of {name} differ"


def _how(part: str, old: Any, new: Any) -> str:  # noqa: ANN401  (any part of a package)
    if part == "contract":
        changed = [one["name"] for one in new if one not in old]
        changed += [one["name"] for one in old if one["name"] not in {x["name"] for x in new}]
        return f"other {bounded(dict.fromkeys(changed)) or 'order of features'}"
    return _pair(old, new) if part in {"estimator", "cutoff"} else "other numbers"


def _pair(old: object, new: object) -> str:
    if isinstance(old, list) and isinstance(new, list):  # names and values
        before, after = ({str(one[0]): one[1] for one in side} for side in (old, new))
        return bounded(
            f"{name} {before.get(name, 'none')} then, {after.get(name, 'none')} now"
            for name in sorted(before.keys() | after.keys())
            if before.get(name) != after.get(name)
        )
    return f"{_short(old)} then, {_short(new)} now"


def _short(value: object) -> str:
    """A value as a person reads it; of a hash, the beginning."""
    text = str(value)
    return text[:_SHORT] if len(text) == _HASH else text


def _differences_beside(
    evidence: Mapping[str, Any], recipe: _Recipe, made: Candidate, version: RegisteredVersion
) -> Iterator[str]:
    """What differs beside the package: the windows, and the baseline it was held against."""
    told = evidence["candidate"]
    if told is not None and told["package_sha256"] != version.package_sha256:
        yield "the evidence is about another package"
    windows = evidence["windows"] or {}
    for window in recipe.plan.windows:
        span = {**plain(window)}
        name = span.pop("name")
        if windows.get(name) != span:
            yield f"the window {name} holds other rows"
    baseline = evidence["baseline"]
    if baseline is not None and baseline["package_sha256"] != made.baseline.sha256:
        yield "the baseline's package differs"


def _other_circumstances(evidence: Mapping[str, Any]) -> Iterator[str]:
    """What else is not as it was, and may be why: interpreter, libraries, code."""
    then, now = evidence["code"], code_provenance().plain()
    for name in ("version", "commit", "python"):
        if then.get(name) != now.get(name):
            yield f"{name}: {then.get(name)} then, {now.get(name)} now"
    if then.get("dirty") or now.get("dirty"):
        yield "the code had, or has, changes that are in no commit"
    before, after = dict(then["libraries"]), code_provenance().libraries
    changed = [
        f"{name} {before.get(name)} then, {version} now"
        for name, version in after
        if before.get(name) != version
    ]
    if changed:
        yield f"libraries: {bounded(changed)}"


def _compare_scores(
    home: Path, snapshot: Snapshot, one: ModelPackage, other: ModelPackage
) -> tuple[float | None, int]:
    """The largest difference between two packages' scores on evenly spaced rows."""
    chosen = np.zeros(snapshot.rows, dtype=np.bool_)
    wanted = min(GOLDEN_ROWS, snapshot.rows)
    chosen[np.linspace(0, snapshot.rows - 1, wanted).astype(np.intp)] = True
    columns = tuple(dict.fromkeys((*one.contract.names, *other.contract.names)))
    largest, rows = 0.0, 0
    try:
        for batch in chosen_batches(home, snapshot, columns, chosen):
            apart = np.abs(one.score(batch) - other.score(batch))
            largest, rows = max(largest, float(apart.max(initial=0.0))), rows + len(apart)
    except DataContractError:  # a package reads a column that the snapshot does not hold
        return None, 0
    return largest, rows


def _record(
    version: RegisteredVersion,
    outcome: Ending,
    now: datetime,
    differences: tuple[str, ...],
    *,
    found: PackageRef | None = None,
    largest: float | None = None,
    rows: int = 0,
) -> Reproduction:
    return Reproduction(
        model=version.model,
        version=version.version,
        as_of=version.as_of.isoformat(),
        outcome=outcome,
        expected=version.package_sha256,
        found=None if found is None else found.sha256,
        differences=differences,
        largest_score_difference=largest,
        rows_compared=rows,
        reproduced_at=now.isoformat(timespec="seconds"),
        code=code_provenance().plain(),
    )
