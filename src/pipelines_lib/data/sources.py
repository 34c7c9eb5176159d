"""What did a source deliver? Files and SQL tables, found by the scheme of their URI.

A source is read as of a date: partitions and SQL rows of later dates are never asked for.
Whatever it is, the delivery ends up as local files of one format, so that one path types,
cuts and joins them all. Other packages add schemes through the entry point group
``bank_pipelines.sources``; nothing here has to change for that.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal, Protocol

from pipelines_lib.errors import DataContractError, SpecError, bounded
from pipelines_lib.spec.inputs import SourceSpec

GROUP = "bank_pipelines.sources"


@dataclass(frozen=True)
class DeliveredFile:
    """One local file of a delivery.

    Attributes:
        path: Where it can be read.
        columns: Its columns in their order.
        sha256: Hash of the bytes as they were delivered.
        partition: The date in the folder's name (``business_date=2025-01-31``), if any.
    """

    path: Path
    columns: tuple[str, ...]
    sha256: str
    partition: date | None = None


@dataclass(frozen=True)
class Delivery:
    """Everything one source delivered for a run.

    Attributes:
        source: The source's name in the spec.
        uri: Where it came from, without secrets.
        form: Format of all its files.
        files: The files, in a fixed order.
        content_sha256: Hash of the content, where the files' own bytes tell it.
        partition_column: The column that folder names stand for, if there are partitions.
        future: Partitions or SQL rows dated after today; they are not read.
    """

    source: str
    uri: str
    form: Literal["csv", "parquet"]
    files: tuple[DeliveredFile, ...]
    content_sha256: str | None = None
    partition_column: str | None = None
    future: int = 0

    @property
    def columns(self) -> frozenset[str]:
        """Columns that every file has, or that its folder's name gives."""
        common = frozenset.intersection(*(frozenset(file.columns) for file in self.files))
        return common | ({self.partition_column} if self.partition_column else frozenset())


@dataclass(frozen=True)
class Request:
    """What a run asks of a source.

    Attributes:
        as_of: Nothing later may be seen.
        today: Nothing later can be true.
        columns: The columns the spec names, and no others.
        folder: Folder of the spec; relative URIs start there.
        scratch: Where the source may put files for the time of the run.
        environment: Where the secrets are, by name.
    """

    as_of: date
    today: date
    columns: tuple[str, ...]
    folder: Path
    scratch: Path
    environment: Mapping[str, str]


class Source(Protocol):
    """Something that delivers tables as of a date."""

    def read(self, request: Request) -> Delivery:
        """Deliver what was known as of a date.

        Raises:
            DataContractError: It is missing or cannot be read; the run records a failed check.
            ServiceError: It cannot be reached at the moment.
            SpecError: The spec or the environment is wrong.
        """


def source_for(spec: SourceSpec) -> Source:
    """Which source answers for this URI?

    Raises:
        SpecError: Nobody knows its scheme.
    """
    scheme = spec.uri.split(":", 1)[0] if _has_scheme(spec.uri) else "file"
    return _factory(scheme, spec)(spec)


def require_columns(
    source: str, wanted: Iterable[str], present: Iterable[str], *, where: str = ""
) -> None:
    """Name every column that is missing, and the one that was probably meant.

    Raises:
        DataContractError: A column is missing.
    """
    asked, there = list(wanted), set(present)
    missing = [name for name in asked if name not in there]
    if not missing:
        return
    lower = {name.lower(): name for name in sorted(there - set(asked))}
    hints = []
    for name in missing:
        near = get_close_matches(name.lower(), list(lower), n=1, cutoff=0.6)
        hints.append(f"{name} (renamed to {lower[near[0]]}?)" if near else name)
    raise DataContractError(
        f"source {source} has no column {bounded(hints)}{where}.",
        fix="Restore the column at the source, or have the model owner change the spec.",
    )


def _has_scheme(uri: str) -> bool:
    head, separator, _ = uri.partition(":")
    return bool(separator) and head.isalnum() and len(head) > 1  # a drive letter is no scheme


def _factory(scheme: str, spec: SourceSpec) -> "Callable[[SourceSpec], Source]":
    from pipelines_lib.data.file_source import FileSource
    from pipelines_lib.data.sql_source import SqlSource

    known: dict[str, Callable[[SourceSpec], Source]] = {"file": FileSource, "env": SqlSource}
    if scheme in known:
        return known[scheme]
    for entry in entry_points(group=GROUP, name=scheme):
        loaded: Callable[[SourceSpec], Source] = entry.load()
        return loaded
    raise SpecError(
        f"source {spec.name}: nothing installed reads {scheme}: addresses.",
        fix="Use a file, a glob, a folder of date partitions, or env:NAME for SQL; or install a "
        f"package with an entry point {scheme!r} in {GROUP}.",
    )
