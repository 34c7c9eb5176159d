"""What lies in a folder, byte for byte: packages and what was handed to the registry."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pipelines_lib.canonical import sha256_file, sha256_of
from pipelines_lib.errors import EvidenceError
from pipelines_lib.storage import storage_errors


def file_hashes(folder: Path) -> dict[str, str]:
    """Hash of every file of a folder, by its path within."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}


def folder_hash(folder: Path) -> str:
    """Hash of a folder: of the names and hashes of all its files."""
    return sha256_of(file_hashes(folder))


def differences(folder: Path, expected: Mapping[str, str]) -> tuple[str, ...]:
    """What is no longer as it was written, file by file."""
    found = file_hashes(folder)
    missing = [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    added = [f"{name} does not belong there" for name in sorted(found.keys() - expected.keys())]
    altered = [
        f"{name} was altered"
        for name in sorted(found.keys() & expected.keys())
        if found[name] != expected[name]
    ]
    return (*missing, *altered, *added)


def package_path(home: Path, sha256: str) -> Path:
    """Where the model package of that hash lies."""
    return home / "packages" / sha256


def adopt_package(source: Path, home: Path, sha256: str) -> Path:
    """Bring a package that was fetched from the registry to its place, whole or not at all.

    Raises:
        EvidenceError: What was fetched is not the package that was registered.
    """
    if (found := folder_hash(source)) != sha256:
        raise EvidenceError(
            f"The registry's copy of package {sha256[:12]} was altered: it hashes to {found[:12]}.",
            fix="Restore the registry's artifacts from backup; do not score with this copy.",
        )
    target = package_path(home, sha256)
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".part-{sha256[:12]}-", dir=target.parent))
        try:
            shutil.copytree(source, part, dirs_exist_ok=True)
            if target.exists():
                shutil.rmtree(target)
            part.replace(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return target


def local_path(uri: str) -> Path | None:
    """The folder behind an artifact address on this machine; None for anything remote."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return Path(uri) if uri.startswith("/") else None
