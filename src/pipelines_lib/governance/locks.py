"""One run per model at a time, for as long as the process that holds it lives.

The operating system holds the lock and lets it go when its process dies, however it dies:
no stale lock is ever left behind. The file stays; what counts is the lock upon it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines_lib.errors import ServiceError
from pipelines_lib.storage import storage_errors


@contextmanager
def model_lock(home: Path, model: str) -> Iterator[None]:
    """Hold the right to run one model; refuse when another process holds it.

    Args:
        home: Where this installation keeps its things.
        model: Name of the model.

    Raises:
        ServiceError: Another process is running the model; its id is named.
    """
    with _opened(home, model) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise ServiceError(
                f"{model} is being run by {_holder(handle)}.",
                fix="Wait until that run has ended, then run again; nothing was changed.",
            ) from exc
        _sign(handle)
        yield


def running_models(home: Path) -> tuple[str, ...]:
    """Names of the models that some process is running right now."""
    held = []
    for path in sorted((home / "locks").glob("[!_]*.lock")):
        with path.open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.append(path.stem)
    return tuple(held)


@contextmanager
def waiting_lock(home: Path, name: str) -> Iterator[None]:
    """Hold a lock for a moment's work, waiting for whoever holds it to finish theirs."""
    with _opened(home, name) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        _sign(handle)
        yield


@contextmanager
def _opened(home: Path, name: str) -> Iterator[int]:
    path = home / "locks" / f"{name}.lock"
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        yield handle
    finally:
        os.close(handle)  # also lets the lock go


def _sign(handle: int) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, str(os.getpid()).encode(), 0)


def _holder(handle: int) -> str:
    text = os.pread(handle, 32, 0).decode(errors="replace").strip()
    return f"process {text}" if text.isdecimal() else "another process"
