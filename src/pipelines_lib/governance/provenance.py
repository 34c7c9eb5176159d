"""Which code, with which libraries, produced a result?

Nothing here imports a library to learn its version: installed metadata and, where the
source tree is a checkout, git answer. Computed once per process.
"""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from pipelines_lib import __version__
from pipelines_lib.canonical import sha256_file, sha256_of

DISTRIBUTION = "bank-pipelines"
LIBRARIES = (
    "duckdb",
    "fairlearn",
    "great-expectations",
    "mlflow",
    "numpy",
    "optuna",
    "pandas",
    "prefect",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "skops",
    "xgboost",
)
SERVING = ("mlflow", "numpy", "pandas", "pyarrow", "xgboost")
"""What a scoring process needs besides our own library, pinned to the tested versions."""

_CODE = ("src", "tasks", "flows", "deployments", "pyproject.toml", "constraints.txt")
_GIT_SECONDS = 10


@dataclass(frozen=True)
class CodeProvenance:
    """The code behind a run.

    Attributes:
        version: Version of this library.
        commit: Commit of the source tree, or None where it is not a git checkout.
        dirty: Whether the checkout differs from its commit; None where there is none.
        lock_sha256: Hash of ``constraints.txt``; of the installed distributions where the
            source tree does not carry one.
        python: Version of the interpreter.
        libraries: Versions of the libraries that can change a figure.
    """

    version: str
    commit: str | None
    dirty: bool | None
    lock_sha256: str
    python: str
    libraries: tuple[tuple[str, str], ...]

    def plain(self) -> dict[str, object]:
        """The form in which evidence holds it."""
        return {
            "version": self.version,
            "commit": self.commit,
            "dirty": self.dirty,
            "lock_sha256": self.lock_sha256,
            "python": self.python,
            "libraries": dict(self.libraries),
        }


@cache
def code_provenance(root: Path = Path(__file__).parents[3]) -> CodeProvenance:
    """Which code is running: version, commit, lock and libraries.

    Args:
        root: The source tree, where there is one; the default is the folder this library's
            ``src`` lies in.
    """
    commit, dirty = _checkout(root)
    return CodeProvenance(
        version=__version__,
        commit=commit,
        dirty=dirty,
        lock_sha256=_lock(root),
        python=platform.python_version(),
        libraries=tuple((name, found) for name in LIBRARIES if (found := _version(name))),
    )


@cache
def serving_requirements() -> tuple[str, ...]:
    """What must be installed to score with a registered model, as pinned requirements."""
    libraries = (f"{name}=={found}" for name in SERVING if (found := _version(name)))
    return (f"{DISTRIBUTION}=={__version__}", *libraries)


@cache
def pinned_versions(root: Path = Path(__file__).parents[3]) -> Mapping[str, str] | None:
    """Versions that ``constraints.txt`` pins, by library; None where there is no such file."""
    constraints = root / "constraints.txt"
    if not (constraints.is_file() and (root / "pyproject.toml").is_file()):
        return None
    lines = (line.split("#")[0].strip() for line in constraints.read_text("utf-8").splitlines())
    pins = (line.partition("==") for line in lines)
    return {_spelt(name): version.strip() for name, pin, version in pins if pin}


def _spelt(name: str) -> str:
    """One spelling for one library: case, dots and underscores make no other."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _lock(root: Path) -> str:
    constraints = root / "constraints.txt"
    if constraints.is_file() and (root / "pyproject.toml").is_file():
        return sha256_file(constraints)
    installed = {(dist.name.lower(), dist.version) for dist in metadata.distributions()}
    return sha256_of(sorted(installed))


def _checkout(root: Path) -> tuple[str | None, bool | None]:
    """Commit and dirty flag; a repository that merely surrounds us does not count."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None, None
    commit = _git(git, root, "rev-parse", "--verify", "HEAD")
    here = [name for name in _CODE if (root / name).exists()]
    changes = _git(git, root, "status", "--porcelain", "--", *here)
    return commit, None if commit is None or changes is None else bool(changes)


def _git(git: str, root: Path, *arguments: str) -> str | None:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [git, "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_SECONDS,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
