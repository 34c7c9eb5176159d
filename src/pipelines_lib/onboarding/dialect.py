"""How is this CSV written: in which encoding, with which separator, with which header?

Found from its bytes and its first rows; a person can say it instead. Nothing is guessed
beyond that: a file that no reading fits is refused with what to say.
"""

import codecs
import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, cast

from pipelines_lib.errors import DataContractError, SpecError, bounded

UTF8 = "utf-8"
_SEPARATORS = (",", ";", "\t", "|")
_LOOKED_AT = 200
_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNDEFINED = frozenset(b"\x81\x8d\x8f\x90\x9d")
"""Bytes that stand for nothing in Windows-1252."""


@dataclass(frozen=True)
class Dialect:
    """How a CSV is read."""

    encoding: str
    separator: str
    header: tuple[str, ...]
    """Names of the columns, without the spaces around them."""

    odd: frozenset[int]
    """Places of names that were written otherwise: with spaces around them, or not at all."""


def dialect(path: Path, *, separator: str | None, encoding: str | None) -> Dialect:
    """Find encoding, separator and header of a CSV.

    Raises:
        DataContractError: It is empty, has no header, or names a column twice.
        SpecError: The encoding a person gave is unknown or does not fit.
    """
    try:
        chosen = _given(encoding) if encoding else _encoding(path)
        rows = _first_rows(path, chosen, separator)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataContractError(
            f"{path.name} is damaged: it cannot be unpacked.", fix="Ask for the file again, whole."
        ) from None
    header = tuple(cell.strip() for cell in rows.header)
    _refuse_odd_header(path, header)
    raw = enumerate(rows.header)
    odd = frozenset(place for place, cell in raw if not cell or cell != cell.strip())
    return Dialect(chosen, rows.separator, header, odd)


@dataclass(frozen=True)
class _Rows:
    separator: str
    header: list[str]


def is_gzipped(path: Path) -> bool:
    """Whether a file is gzipped, whatever its name says."""
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def open_bytes(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked where it is gzipped."""
    return cast("IO[bytes]", gzip.open(path, "rb")) if is_gzipped(path) else path.open("rb")


def _given(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise SpecError(
            f"{encoding!r} is no encoding.",
            fix="Use utf-8, latin-1, cp1252, utf-16 or another name that Python knows.",
        ) from None
    return UTF8 if name in {"utf-8", "utf-8-sig", "ascii"} else name


def _encoding(path: Path) -> str:
    """UTF-8 where every byte fits; else what the bytes can be."""
    with open_bytes(path) as stream:
        start = stream.read(4096)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    if wide := _wide(start):
        return wide
    seen: set[int] = set()
    decoder = codecs.getincrementaldecoder(UTF8)()
    fits = True
    for chunk in _chunks(path):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            fits = False
            break
    if fits and not decoder.getstate()[0]:
        return UTF8
    for chunk in _chunks(path):
        seen.update(chunk)
    return "iso8859-1" if seen & _UNDEFINED else "cp1252"


def _wide(start: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of Latin text is zero."""
    pairs = len(start) // 2
    if not pairs:
        return None
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if odd > pairs * 0.4:
        return "utf-16-le"
    return "utf-16-be" if even > pairs * 0.4 else None


def _chunks(path: Path) -> Iterator[bytes]:
    with open_bytes(path) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _first_rows(path: Path, encoding: str, separator: str | None) -> _Rows:
    try:
        lines = _lines(path, encoding)
    except UnicodeError:
        raise SpecError(
            f"{path.name} is not encoded as {encoding}.",
            fix="Leave --encoding out, or name the encoding it was written in.",
        ) from None
    if not lines:
        raise DataContractError(
            f"{path.name} is empty: it has no header.", fix="Give a file with a header and rows."
        )
    tried = [separator] if separator else [*_SEPARATORS]
    found = {each: _shape(lines, each) for each in tried}
    best = max(tried, key=lambda each: (found[each][0], -tried.index(each)))
    return _Rows(best, found[best][1])


def _lines(path: Path, encoding: str) -> list[str]:
    """The first lines, whole; one that never ends is cut."""
    name = "utf-8-sig" if encoding == UTF8 else encoding
    with open_bytes(path) as stream:
        text = codecs.getreader(name)(stream)
        lines = [line for line in islice(text, _LOOKED_AT) if line is not None]
    return lines if any(line.strip() for line in lines) else []


def _shape(lines: list[str], separator: str) -> tuple[float, list[str]]:
    """How well a separator fits: columns of the header, times the rows that agree with it."""
    try:
        rows = [row for row in csv.reader(lines, delimiter=separator) if row]
    except csv.Error:
        return -1.0, []
    if not rows:
        return -1.0, []
    width = len(rows[0])
    whole = rows[1:-1] or rows[1:]  # the last of the lines read may be half a row
    agree = Counter(len(row) for row in whole)[width] / len(whole) if whole else 1.0
    return (width if width > 1 else 0.5) * agree, rows[0]


def _refuse_odd_header(path: Path, header: tuple[str, ...]) -> None:
    named = [name for name in header if name]
    if header and all(_is_number(name) for name in named):
        raise DataContractError(
            f"{path.name} has no header: its first line holds values.",
            fix="Put a first line with the names of the columns.",
        )
    refuse_repeats(path.name, named)


def refuse_repeats(table: str, names: list[str]) -> None:
    """Two columns of one name, with or without capitals, cannot be told apart.

    Raises:
        DataContractError: It names them.
    """
    seen = Counter(name.casefold() for name in names)
    repeated = sorted({name for name in names if seen[name.casefold()] > 1})
    if repeated:
        raise DataContractError(
            f"{table} has columns that cannot be told apart: {bounded(repeated)}.",
            fix="Give each column a name of its own; capitals alone do not tell names apart.",
        )


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
