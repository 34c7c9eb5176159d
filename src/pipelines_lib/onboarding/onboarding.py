"""From a table to a spec, in one call."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines_lib.data.scratch import scratch_folder
from pipelines_lib.data.tables import Workbench
from pipelines_lib.errors import SpecError
from pipelines_lib.onboarding.copying import write_copy
from pipelines_lib.onboarding.intake import model_name, take_in
from pipelines_lib.onboarding.plan import Plan, plan
from pipelines_lib.onboarding.table import open_table
from pipelines_lib.onboarding.wishes import Surroundings, Wishes
from pipelines_lib.onboarding.writing import gaps, spec_text
from pipelines_lib.storage import atomic_path

if TYPE_CHECKING:
    from pipelines_lib.assurance.leakage.suspicion import SuspicionLimits

_NO_KEY = b"onboarding writes no pseudonym"


@dataclass(frozen=True)
class Onboarded:
    """What was written, and what is left to people.

    Attributes:
        plan: Every decision.
        spec: The spec file.
        copy: Folder of the prepared copy, if one was needed.
        gaps: Line and key of everything that only people can say.
    """

    plan: Plan
    spec: Path
    copy: Path | None
    gaps: tuple[tuple[int, str], ...]


def onboard(
    wishes: Wishes,
    around: Surroundings,
    limits: "SuspicionLimits | None",
    *,
    force: bool,
    accept: Callable[[Path], object],
) -> Onboarded:
    """Profile a table and write a spec that runs.

    Args:
        wishes: What was asked for.
        around: Where the spec will stand.
        limits: The policy's limits of leakage; without them nothing is suspected.
        force: Whether an existing spec may be replaced.
        accept: Reads a spec as a run would; what it raises keeps the spec from being written.

    Raises:
        DataContractError: The table is no table, or cannot carry a model.
        SpecError: An option does not fit, or a spec of that name exists.
        ServiceError: A database cannot be reached, or the disk is full.
    """
    name = model_name(wishes)
    path, copy = around.folder / f"{name}.yaml", around.folder / "data" / name
    if not force and (path.exists() or copy.exists()):
        there = path.name if path.exists() else f"data/{name}"
        raise SpecError(
            f"{there} exists already in {around.folder.name or around.folder}.",
            fix="Give another --name or --out, or --force to replace what was written.",
        )
    with (
        scratch_folder(around.home) as scratch,
        Workbench(scratch, threads=around.threads, key=_NO_KEY) as bench,
    ):
        table = open_table(bench, take_in(wishes, around, bench, scratch))
        decided = plan(table, wishes, limits)
        text = spec_text(decided, around.policy)
        with atomic_path(path) as part:
            part.write_text(text, encoding="utf-8")
            accept(part)
            if decided.copies:
                write_copy(table, decided, copy)
    return Onboarded(decided, path, copy if decided.copies else None, tuple(gaps(text)))
