"""Every application scored by every model that is being compared, in one pass over the rows."""

import logging
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.data.snapshots import Snapshot, read_snapshot, write_snapshot
from pipelines_lib.errors import DataContractError, bounded
from pipelines_lib.modelling.features import FeatureContract, Matrix, matrix
from pipelines_lib.modelling.package import ModelPackage, PackageRef, open_package
from pipelines_lib.modelling.rows import batches
from pipelines_lib.modelling.windows import PLACES, WINDOWS, WindowPlan, window_of

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)

_CALENDAR = ("key", "business_date", "observed_on", "label")


def score_snapshot(
    home: Path,
    snapshot: Snapshot,
    plan: WindowPlan,
    packages: Mapping[str, PackageRef],
    *,
    threads: int = 0,
) -> Snapshot:
    """Score all rows of an applications snapshot, watched ones included.

    Args:
        home: Where snapshots and packages lie.
        snapshot: Clean applications.
        plan: Which of them belong to which window.
        packages: Who scores, by the name of the column to be: ``candidate`` writes
            ``candidate_score``.
        threads: To predict with; 0 for as many as the machine has.

    Returns:
        A snapshot of kind ``scores``, in the order of the applications: ``key``,
        ``business_date``, ``window`` (one of ``PLACES``), ``label`` (null outside the four
        labelled windows) and one score per package.

    Raises:
        DataContractError: The snapshot lacks a column that a package reads.
        EvidenceError: The snapshot or a package is missing or altered.
    """
    opened = {name: open_package(home, ref, threads=threads) for name, ref in packages.items()}
    read_snapshot(home, snapshot, [])  # refuses a file that is missing or cut short
    _refuse_missing(snapshot, opened)
    scored = _scored(home, snapshot, plan, opened)
    return write_snapshot(
        home, scored, kind="scores", as_of=snapshot.as_of, sources=snapshot.sources
    )


def _refuse_missing(snapshot: Snapshot, packages: Mapping[str, ModelPackage]) -> None:
    for name, package in packages.items():
        if lacking := [c for c in package.contract.names if c not in snapshot.columns]:
            raise DataContractError(
                f"The {name} reads {bounded(lacking)}, which the snapshot does not hold.",
                fix="Keep every feature of the champion in the spec until it is replaced, or "
                "retire the champion first.",
            )


def _scored(
    home: Path, snapshot: Snapshot, plan: WindowPlan, packages: Mapping[str, ModelPackage]
) -> Iterator["pa.RecordBatch"]:
    import pyarrow as pa

    features = {column for package in packages.values() for column in package.contract.names}
    columns = (*_CALENDAR, *sorted(features))
    for batch in batches(home, snapshot, columns):
        places, label = _calendar(batch, plan, snapshot.as_of)
        scores = _scores(batch, packages)
        yield pa.RecordBatch.from_pydict(
            {
                "key": batch["key"],
                "business_date": batch["business_date"],
                "window": pa.array(np.array(PLACES)[places], type=pa.string()),
                "label": label,
                **{f"{name}_score": pa.array(values) for name, values in scores.items()},
            }
        )


def _scores(
    batch: "pa.RecordBatch", packages: Mapping[str, ModelPackage]
) -> dict[str, NDArray[np.float64]]:
    """Score one batch; packages that share a contract share the encoding of it."""
    encoded: dict[FeatureContract, Matrix] = {}
    scores = {}
    for name, package in packages.items():
        if package.contract not in encoded:
            encoded[package.contract] = matrix(package.contract, batch)
        scores[name] = package.score(encoded[package.contract])
    return scores


def _calendar(
    batch: "pa.RecordBatch", plan: WindowPlan, as_of: date
) -> tuple[NDArray[np.int8], "pa.Array"]:
    """The window of each row, and its label where that window is a labelled one."""
    import pyarrow as pa

    business_date = batch["business_date"].to_numpy(zero_copy_only=False)
    label = batch["label"].cast(pa.float64()).to_numpy(zero_copy_only=False)
    observed = batch["observed_on"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
    # The dates of the labelled windows end where outcomes had matured as of the run, so a
    # known outcome within them has had its whole performance window.
    known = ~np.isnan(label) & (observed <= np.datetime64(as_of, "D"))
    places = window_of(plan, business_date.astype("datetime64[D]"), known)
    outside = places >= len(WINDOWS)
    return places, pa.array(np.where(outside, 0, label).astype(np.int8), mask=outside)
