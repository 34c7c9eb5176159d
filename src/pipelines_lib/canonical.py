"""One byte string for one meaning: canonical JSON (RFC 8785) and SHA-256.

Everything that is hashed as evidence passes through here, so that two processes,
two machines and two years agree on the hash of the same facts.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20
_EXACT = 2**53 - 1


def plain(value: object) -> Any:  # noqa: ANN401, PLR0911  (any JSON value; a table of types)
    """Turn frozen values into JSON values: dataclasses, enums, dates, tuples, numpy scalars.

    A number that is not finite becomes ``None``: JSON has no word for it, and no
    figure that could not be computed may look like one.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays, without importing numpy
        return plain(value.tolist())
    return str(value) if isinstance(value, Path) else _refuse(value)


def canonical_bytes(value: object) -> bytes:
    """Serialise a value to canonical JSON (RFC 8785)."""
    import rfc8785

    return rfc8785.dumps(plain(value))


def parse(data: bytes) -> Any:  # noqa: ANN401  (any JSON value)
    """Read JSON bytes back, so that writing them again gives the same bytes.

    A whole number beyond 2^53 was a float: canonical JSON writes it without a point.
    """
    return json.loads(data, parse_int=_whole)


def _whole(text: str) -> int | float:
    return float(text) if abs(number := int(text)) > _EXACT else number


def sha256_bytes(data: bytes) -> str:
    """Hash bytes; lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def sha256_of(value: object) -> str:
    """Hash the canonical JSON of a value."""
    return sha256_bytes(canonical_bytes(value))


def sha256_file(path: Path) -> str:
    """Hash a file without holding it in memory."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _refuse(value: object) -> None:
    msg = f"{type(value).__name__} has no canonical JSON form"
    raise TypeError(msg)
