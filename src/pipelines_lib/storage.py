"""Files that are either wholly there or not there at all.

Every write goes to a temporary name in the same folder, is flushed to disk and then
renamed. A process that is killed in between leaves only a ``.part-*`` file, which the
next writer in the same folder removes.
"""

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines_lib.errors import ServiceError

_PART = ".part-"
_LEFT = re.compile(r"\.part-.+-(?P<writer>\d+)-[0-9a-f]{8}(?:-\w+)?")
"""A temporary name, and those of files that a database keeps beside such a one."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}


def write_atomically(path: Path, data: bytes) -> None:
    """Write bytes so that readers see the old file, the new file, and nothing between."""
    with atomic_path(path) as part:
        part.write_bytes(data)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; on success it becomes ``path``, else it is removed."""
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        part = path.with_name(f"{_PART}{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
        part.touch()
        try:
            yield part
            _flush(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write into an error that says what to do."""
    try:
        yield
    except OSError as exc:
        if exc.errno in _FULL:
            raise ServiceError(
                f"No space left for {path.name} in {path.parent}.",
                fix="Free disk space or point PIPELINES_HOME at a larger disk, then run again; "
                "nothing was half-written.",
            ) from exc
        if exc.errno in _CLOSED:
            raise ServiceError(
                f"{path.parent} cannot be written: {exc.strerror}.",
                fix="Make the folder writable for this user or set PIPELINES_HOME to one that is.",
            ) from exc
        raise


def _sweep(folder: Path) -> None:
    """Remove what writers in this folder left behind when they were killed.

    Whatever name they meant to write: one that is made of a content is written only once.
    """
    for part in folder.glob(f"{_PART}*"):
        left = _LEFT.fullmatch(part.name)
        if left and _dead(int(left["writer"])):
            part.unlink(missing_ok=True)


def _dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
