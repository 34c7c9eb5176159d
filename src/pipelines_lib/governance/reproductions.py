"""What came of making a registered version again: one small file per version.

``home/reproductions/<model>/<version>.json`` holds the last attempt. It names the package it
tried to make, so that it says nothing about a later version of that number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipelines_lib.canonical import canonical_bytes, parse
from pipelines_lib.errors import EvidenceError
from pipelines_lib.governance.versions import RegisteredVersion
from pipelines_lib.storage import write_atomically

FORMAT = "pipelines-reproduction/1"
Ending = Literal["same", "differs", "impossible"]


@dataclass(frozen=True)
class Reproduction:
    """One attempt to make a version again.

    Attributes:
        model: Name of the model.
        version: Number of the version.
        as_of: The night it was made for, as ISO date.
        outcome: ``same`` bytes, ``differs``, or ``impossible`` where something needed is gone.
        expected: Hash of the registered package.
        found: Hash of the package that was made now, or None where none could be.
        differences: What differs, in plain words; empty where nothing does.
        largest_score_difference: Between both packages on ``rows_compared`` rows, or None.
        rows_compared: Rows of the snapshot that both packages scored.
        reproduced_at: When it was tried, with time zone.
        code: Provenance of the code that tried.
    """

    model: str
    version: int
    as_of: str
    outcome: Ending
    expected: str
    found: str | None
    differences: tuple[str, ...]
    largest_score_difference: float | None
    rows_compared: int
    reproduced_at: str
    code: Mapping[str, object]


def reproduction_path(home: Path, model: str, version: int) -> Path:
    """Where the last attempt for a version is kept."""
    return home / "reproductions" / model / f"{version}.json"


def write_reproduction(home: Path, told: Reproduction) -> Path:
    """Put an attempt on record: the old file or the new one, and nothing between."""
    path = reproduction_path(home, told.model, told.version)
    facts = {"format": FORMAT, **{name: getattr(told, name) for name in _FIELDS}}
    write_atomically(path, canonical_bytes(facts))
    return path


def last_reproduction(
    home: Path, model: str, version: RegisteredVersion
) -> Mapping[str, Any] | None:
    """The last attempt for a version, or None where there is none for that very package.

    Raises:
        EvidenceError: The file is there but cannot be read.
    """
    path = reproduction_path(home, model, version.version)
    if not path.is_file():
        return None
    try:
        told = dict(parse(path.read_bytes()))
        known = told.keys() >= set(_FIELDS) and told["format"] == FORMAT
    except (ValueError, TypeError, KeyError):
        known = False
    if not known:
        raise EvidenceError(
            f"The record of the reproduction {model}/{path.name} is not readable.",
            fix=f"Write it again: `pipelines reproduce {model} {version.version}`.",
        )
    return told if told["expected"] == version.package_sha256 else None


_FIELDS = tuple(Reproduction.__dataclass_fields__)
