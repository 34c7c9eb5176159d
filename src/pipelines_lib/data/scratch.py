"""Room for work in progress, which a killed process cannot leave behind for ever.

Each run works in a folder of its own below ``home/scratch``. A lock that the operating
system drops with the process marks the folder as in use; the next run sweeps away every
folder whose lock is free.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines_lib.storage import storage_errors


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """Give an empty folder on the disk of ``home``; it is removed at the end."""
    root = home / "scratch"
    with storage_errors(root / "work"):
        root.mkdir(parents=True, exist_ok=True)
        with _only_one(root):
            _sweep(root)
            folder = Path(tempfile.mkdtemp(prefix="run-", dir=root))
            lock = folder.with_suffix(".lock").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            Path(lock.name).unlink(missing_ok=True)
            lock.close()


@contextmanager
def _only_one(root: Path) -> Iterator[None]:
    """Let one process at a time create or sweep: no folder is swept before it is locked."""
    with (root / ".lock").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def _sweep(root: Path) -> None:
    for folder in root.glob("run-*/"):
        path = folder.with_suffix(".lock")
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(folder, ignore_errors=True)
            path.unlink(missing_ok=True)
