"""CSV and Parquet deliveries: a single file, a glob, or a folder of date partitions."""

import codecs
import csv
import glob
import gzip
import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO, cast

from pipelines_lib.canonical import sha256_file, sha256_of
from pipelines_lib.data.sources import DeliveredFile, Delivery, Request, require_columns
from pipelines_lib.errors import DataContractError, SpecError, bounded
from pipelines_lib.storage import storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines_lib.spec.inputs import SourceSpec

logger = logging.getLogger(__name__)

_CSV = (".csv", ".csv.gz", ".tsv", ".txt")
_PARQUET = (".parquet", ".pq")
_PARTITION = re.compile(r"^([A-Za-z_]\w*)=(.*)$")
_UTF8 = "utf-8"
_AGAIN = "Ask for the delivery again, whole."


@dataclass(frozen=True)
class _Found:
    path: Path
    partition: date | None = None

    @property
    def shown(self) -> str:
        """The file as a message names it: those of all nights may have one name."""
        return self.path.name if self.partition is None else "/".join(self.path.parts[-2:])


class FileSource:
    """Files, read where they lie."""

    def __init__(self, spec: "SourceSpec") -> None:
        self._spec = spec
        self._encoding = _known_encoding(spec)

    def read(self, request: Request) -> Delivery:
        """Find the files of a date, see that they are whole, and hash them."""
        where = self._spec.uri.removeprefix("file://")
        column: str | None = None
        future = 0
        if glob.has_magic(where):
            found = [_Found(path) for path in self._matching(request.folder, where)]
        elif (request.folder / where).is_dir():
            column, found, future = self._partitions(request.folder / where, request)
        elif (path := request.folder / where).exists():
            found = [_Found(path)]
        else:
            kind = "file" if _form_of(path) else "file or folder"
            raise self._missing(f"there is no {kind} {path.name}")
        return self._deliver(found, column, future, request)

    def _deliver(
        self, found: list[_Found], column: str | None, future: int, request: Request
    ) -> Delivery:
        form = self._form(found)
        files = []
        with self._readable():
            for index, each in enumerate(found):
                if not each.path.exists():
                    raise self._missing(f"there is no file {each.shown}")
                file = self._file(each, form)
                given = {*file.columns, *((column,) if column else ())}
                place = f" in {each.shown}" if len(found) > 1 else ""
                require_columns(self._spec.name, request.columns, given, where=place)
                files.append(self._utf8(file, request.scratch, index) if form == "csv" else file)
        names = [each.path.relative_to(each.path.parents[1]).as_posix() for each in found]
        content = sha256_of([[n, f.sha256] for n, f in zip(names, files, strict=True)])
        logger.info("Source %s: %d file(s)", self._spec.name, len(files))
        return Delivery(
            source=self._spec.name,
            uri=self._spec.uri,
            form=form,
            files=tuple(files),
            content_sha256=files[0].sha256 if len(files) == 1 else content,
            partition_column=column,
            future=future,
        )

    def _matching(self, folder: Path, pattern: str) -> list[Path]:
        # pathlib's glob takes no absolute pattern; a bank's deliveries often lie on a mount.
        names = glob.glob(str(folder / pattern), recursive=True)  # noqa: PTH207
        paths = sorted(Path(name) for name in names)
        files = [path for path in paths if path.is_file()]
        if not files:
            raise self._missing(f"no file matches {pattern}")
        return files

    def _partitions(self, folder: Path, request: Request) -> tuple[str, list[_Found], int]:
        """List the partitions that a run may see, oldest first."""
        found: list[_Found] = []
        columns: set[str] = set()
        future = 0
        for path in sorted(path for path in folder.iterdir() if path.is_dir()):
            match = _PARTITION.match(path.name)
            if match is None:
                continue
            day = self._day(match.group(2), path.name)
            columns.add(match.group(1))
            future += day > request.today
            if day <= request.as_of:
                found += [_Found(file, day) for file in sorted(path.iterdir()) if _is_data(file)]
        if len(columns) > 1:
            raise DataContractError(
                f"source {self._spec.name}: folders are partitioned by {bounded(sorted(columns))}.",
                fix="Name all partitions after one date column.",
            )
        if not found:
            name = self._spec.business_date or "business_date"
            raise self._missing(
                f"no partition {name}=YYYY-MM-DD with a file in {self._spec.uri} as of "
                f"{request.as_of}"
            )
        return columns.pop(), found, future

    def _day(self, text: str, folder: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError as exc:
            raise DataContractError(
                f"source {self._spec.name}: folder {folder} carries no date.",
                fix="Name partitions like business_date=2025-01-31.",
            ) from exc

    def _form(self, found: list[_Found]) -> Literal["csv", "parquet"]:
        forms = {_form_of(each.path) for each in found}
        if None in forms or len(forms) > 1:
            raise DataContractError(
                f"source {self._spec.name}: the files are not all CSV or all Parquet.",
                fix=f"Deliver one format, named {', '.join((*_CSV, *_PARQUET))}.",
            )
        return cast("Literal['csv', 'parquet']", forms.pop())

    def _file(self, found: _Found, form: str) -> DeliveredFile:
        if found.path.stat().st_size == 0:
            raise DataContractError(
                f"source {self._spec.name}: {found.shown} is empty (0 bytes).", fix=_AGAIN
            )
        names = self._csv_columns(found.path) if form == "csv" else self._parquet_columns(found)
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise DataContractError(
                f"source {self._spec.name}: column {bounded(repeated)} appears twice.",
                fix="Deliver each column once.",
            )
        return DeliveredFile(found.path, names, sha256_file(found.path), found.partition)

    def _parquet_columns(self, found: _Found) -> tuple[str, ...]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return tuple(pq.read_schema(found.path).names)
        except pa.ArrowInvalid as exc:
            raise DataContractError(
                f"source {self._spec.name}: {found.shown} is no whole Parquet file; it was "
                "probably cut off while being delivered.",
                fix=_AGAIN,
            ) from exc

    def _csv_columns(self, path: Path) -> tuple[str, ...]:
        with _open(path, self._encoding) as stream:
            row = next(csv.reader(stream, delimiter=self._spec.separator), [])
        return tuple(row)

    def _utf8(self, file: DeliveredFile, scratch: Path, index: int) -> DeliveredFile:
        """Write another encoding down as UTF-8, which is all the engine reads everywhere."""
        if self._encoding == _UTF8:
            return file
        target = scratch / f"{self._spec.name}-{index}.csv"
        with (
            _open(file.path, self._encoding) as stream,
            storage_errors(target),
            target.open("w", encoding=_UTF8, newline="") as copy,
        ):
            while chunk := stream.read(1 << 20):
                copy.write(chunk)
        return replace(file, path=target)

    @contextmanager
    def _readable(self) -> "Iterator[None]":
        """Turn what can be wrong with a file into a fault that names the source."""
        try:
            yield
        except UnicodeError as exc:
            raise DataContractError(
                f"source {self._spec.name} is not encoded as {self._spec.encoding}.",
                fix="Set encoding of the source in the spec to what is delivered, or deliver "
                f"{self._spec.encoding}.",
            ) from exc
        except (csv.Error, EOFError, gzip.BadGzipFile) as exc:
            raise DataContractError(
                f"source {self._spec.name}: the file is damaged or no CSV.", fix=_AGAIN
            ) from exc
        except PermissionError as exc:
            raise DataContractError(
                f"source {self._spec.name}: the file may not be read by this user.",
                fix="Give this user the right to read the delivery.",
            ) from exc

    def _missing(self, why: str) -> DataContractError:
        return DataContractError(
            f"source {self._spec.name} is missing: {why}.",
            fix="See that the delivery arrived and that uri in the spec names it.",
        )


def _known_encoding(spec: "SourceSpec") -> str:
    try:
        name = codecs.lookup(spec.encoding).name
    except LookupError as exc:
        raise SpecError(
            f"source {spec.name}: {spec.encoding!r} is no encoding.",
            fix="Use utf-8, latin-1, cp1252 or another name that Python knows.",
        ) from exc
    return _UTF8 if name in {"utf-8", "utf-8-sig", "ascii"} else name


def _open(path: Path, encoding: str) -> TextIO:
    name = "utf-8-sig" if encoding == _UTF8 else encoding  # a byte order mark is no column name
    if path.name.endswith(".gz"):
        return cast("TextIO", gzip.open(path, "rt", encoding=name, newline=""))
    return path.open(encoding=name, newline="")


def _form_of(path: Path) -> str | None:
    name = path.name.lower()
    if name.endswith(_CSV):
        return "csv"
    return "parquet" if name.endswith(_PARQUET) else None


def _is_data(path: Path) -> bool:
    """Leave out what writers put beside the data: _SUCCESS, .crc, folders."""
    return path.is_file() and not path.name.startswith(("_", "."))
