"""Whatever the table is, it becomes Parquet on which questions are quick.

Parquet is read where it lies. CSV (packed or not, in any encoding) and SQL are copied once to
scratch space, as text, in the order of their rows; nothing is typed or dropped on the way.
"""
# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

import codecs
import glob
import gzip
import os
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines_lib.data.columns import identifier, quoted
from pipelines_lib.errors import DataContractError, SpecError
from pipelines_lib.onboarding.dialect import (
    UTF8,
    Dialect,
    dialect,
    is_gzipped,
    open_bytes,
    refuse_repeats,
)
from pipelines_lib.onboarding.wishes import Surroundings, Wishes
from pipelines_lib.storage import storage_errors

if TYPE_CHECKING:
    from pipelines_lib.data.tables import Workbench

_CSV = (".csv", ".csv.gz", ".tsv", ".txt")
_PARQUET = (".parquet", ".pq")
_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True)
class Intake:
    """A table, ready to be asked.

    Attributes:
        shown: Name of the table as messages give it.
        path: Parquet that holds it.
        columns: Its columns as they are named there.
        form: What was delivered.
        uri: What a spec names to read it every night.
        table: The SQL table, where it is one.
        separator: Of a CSV.
        encoding: Of a CSV.
        hindrance: Why a nightly run cannot read it where it lies; None where it can.
        renamed: Columns that are not called so in the table itself.
    """

    shown: str
    path: Path
    columns: tuple[str, ...]
    form: str
    uri: str
    table: str | None = None
    separator: str = ","
    encoding: str = UTF8
    hindrance: str | None = None
    renamed: frozenset[str] = frozenset()


def take_in(wishes: Wishes, around: Surroundings, bench: "Workbench", scratch: Path) -> Intake:
    """Find the table and make it ready.

    Raises:
        DataContractError: It is empty, damaged, or no table.
        SpecError: There is no such table, or an option does not fit it.
    """
    if wishes.table.startswith("env:"):
        return _from_sql(wishes.table, around, scratch)
    path = Path(wishes.table)
    start = _first_bytes(path)
    uri = _address(path, around.folder)
    if start.startswith(b"PAR1"):
        return _from_parquet(path, uri)
    if start.startswith(_SQLITE):
        raise SpecError(
            f"{path.name} is an SQLite database, not a table.",
            fix="Set a variable to sqlite:///PATH and name the table as env:VARIABLE/TABLE.",
        )
    hindrance = None
    if start.startswith(b"PK\x03\x04"):
        path, hindrance = _unzipped(path, scratch), "a nightly run reads no zip archive"
    elif not path.name.lower().endswith(_CSV):
        hindrance = f"a nightly run reads CSV from files named {', '.join(_CSV)}"
    elif is_gzipped(path) and not path.name.lower().endswith(".gz"):
        hindrance = "it is gzipped, which its name does not say"
    found = dialect(path, separator=wishes.separator, encoding=wishes.encoding)
    names = _names(found.header)
    intake = Intake(
        shown=path.name,
        path=scratch / "table.parquet",
        columns=names,
        form="csv",
        uri=uri,
        separator=found.separator,
        encoding=found.encoding,
        hindrance=hindrance,
        renamed=frozenset(names[place] for place in found.odd),
    )
    _copy_csv(_as_utf8(path, found, scratch), intake, bench)
    return intake


def model_name(wishes: Wishes) -> str:
    """A model's name, made of the table's where none is given."""
    text = wishes.name or Path(wishes.table.rpartition("/")[2]).name.split(".")[0]
    name = "".join(each if each.isalnum() and each.isascii() else "_" for each in text.lower())
    name = "_".join(part for part in name.split("_") if part)[:63]
    if wishes.name and name != wishes.name:
        raise SpecError(
            f"{wishes.name!r} cannot be the name of a model.",
            fix=f"Use small letters, digits and _, such as {name or 'my_model'}.",
        )
    return name if name[:1].isalpha() else f"model_{name}"[:63].rstrip("_")


def _first_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise SpecError(
            f"{path.name} is a folder.", fix="Give one file, CSV or Parquet, or env:VARIABLE/TABLE."
        )
    try:
        with path.open("rb") as stream:
            start = stream.read(len(_SQLITE))
    except FileNotFoundError:
        raise SpecError(
            f"There is no file {path.name}.", fix="Check the path; it is taken from where you are."
        ) from None
    except OSError as exc:
        raise SpecError(
            f"{path.name} cannot be read: {exc.strerror}.",
            fix="Give this user the right to read it.",
        ) from None
    if not start:
        raise DataContractError(f"{path.name} is empty (0 bytes).", fix="Give a file with rows.")
    return start


def _address(path: Path, folder: Path) -> str:
    """The table as a spec in the folder names it; what looks like a pattern is none."""
    relative = os.path.relpath(path.absolute(), folder.absolute())
    escaped = glob.escape(Path(relative).as_posix())
    return escaped if escaped.startswith(".") else f"./{escaped}"


def _from_parquet(path: Path, uri: str) -> Intake:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = list(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError):
        raise DataContractError(
            f"{path.name} is no whole Parquet file; it was probably cut off.",
            fix="Ask for the file again, whole.",
        ) from None
    refuse_repeats(path.name, names)
    named = path.name.lower().endswith(_PARQUET)
    hindrance = None if named else f"a nightly run reads Parquet named {' or '.join(_PARQUET)}"
    return Intake(path.name, path, tuple(names), "parquet", uri, hindrance=hindrance)


def _copy_csv(text: Path, intake: Intake, bench: "Workbench") -> None:
    """Put a CSV down as Parquet: columns are addressed by their place, all of them text."""
    places = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(intake.columns)))
    columns = ", ".join(
        f"c{index} AS {identifier(name)}" for index, name in enumerate(intake.columns)
    )
    bench.run("SET preserve_insertion_order = true")  # a row keeps its place
    how = (
        f"auto_detect=false, compression='none', header=true, delim={quoted(intake.separator)}, "
        f"quote='\"', escape='\"', columns={{{places}}}"
    )
    bench.load(
        f"COPY (SELECT {columns} FROM read_csv({quoted(str(text))}, {how})) "
        f"TO {quoted(str(intake.path))} (FORMAT parquet)",
        source=intake.shown,
        encoding=intake.encoding,
    )
    bench.run("SET preserve_insertion_order = false")


def _names(header: tuple[str, ...]) -> tuple[str, ...]:
    """Every column gets a name, also the one without (the row number a tool wrote)."""
    return tuple(name or f"unnamed_{place}" for place, name in enumerate(header, start=1))


def _as_utf8(path: Path, found: Dialect, scratch: Path) -> Path:
    """The engine reads UTF-8, plain or gzipped by its name."""
    if found.encoding == UTF8 and not is_gzipped(path):
        return path
    target = scratch / "table.csv"
    name = "utf-8-sig" if found.encoding == UTF8 else found.encoding
    decoder = codecs.getincrementaldecoder(name)()
    with (
        storage_errors(target),
        open_bytes(path) as stream,
        target.open("w", encoding=UTF8, newline="") as copy,
    ):
        try:
            while piece := stream.read(1 << 20):
                copy.write(decoder.decode(piece))
            copy.write(decoder.decode(b"", final=True))
        except UnicodeDecodeError:
            raise SpecError(
                f"{path.name} is not encoded as {found.encoding}.",
                fix="Leave --encoding out, or name the encoding it was written in.",
            ) from None
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise DataContractError(
                f"{path.name} is damaged: it cannot be unpacked.",
                fix="Ask for the file again, whole.",
            ) from None
    return target


def _unzipped(path: Path, scratch: Path) -> Path:
    """The one table in an archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()]
            if any(each.filename == "[Content_Types].xml" for each in members):
                raise SpecError(
                    f"{path.name} is a spreadsheet.", fix="Save the sheet as CSV and give that."
                )
            if len(members) != 1:
                raise SpecError(
                    f"{path.name} holds {len(members)} files.",
                    fix="Give an archive with one CSV, or the CSV itself.",
                )
            target = scratch / "unzipped.csv"
            with (
                storage_errors(target),
                archive.open(members[0]) as stream,
                target.open("wb") as copy,
            ):
                shutil.copyfileobj(stream, copy)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise DataContractError(
            f"{path.name} cannot be unpacked: it is damaged or locked with a password.",
            fix="Give the CSV itself.",
        ) from None
    if target.stat().st_size == 0:
        raise DataContractError(f"{path.name} holds an empty file.", fix="Give a file with rows.")
    return target


def _from_sql(name: str, around: Surroundings, scratch: Path) -> Intake:
    from pipelines_lib.data.sources import Request
    from pipelines_lib.data.sql_source import SqlSource
    from pipelines_lib.spec.inputs import SourceSpec

    variable, _, table = name.removeprefix("env:").partition("/")
    if not variable or not table:
        raise SpecError(
            f"{name!r} names no SQL table.",
            fix="Write env:VARIABLE/TABLE; the variable holds the SQL URL.",
        )
    uri = f"env:{variable}"
    source = SourceSpec(name="table", role="features", uri=uri, key="any", table=table)
    request = Request(
        as_of=around.today,
        today=around.today,
        columns=(),
        folder=around.folder,
        scratch=scratch,
        environment=around.environment,
    )
    (file,) = SqlSource(source).read(request).files
    names = list(file.columns)
    refuse_repeats(table, names)
    return Intake(table, file.path, tuple(names), "sql", uri, table=table)
