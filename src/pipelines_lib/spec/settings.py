"""Where things are kept: the ``PIPELINES_*`` settings, read once at the edge.

Importing this module does nothing; limits never come from here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Self

from pipelines_lib.errors import SpecError

PREFIX = "PIPELINES_"
_KNOWN = (
    "PIPELINES_HOME",
    "PIPELINES_MODELS",
    "PIPELINES_POLICIES",
    "PIPELINES_MLFLOW_URI",
    "PIPELINES_PSEUDONYM_KEY",
    "PIPELINES_THREADS",
)

_REGISTRIES = ("sqlite", "postgres", "postgresql", "http", "https")


@dataclass(frozen=True)
class Settings:
    """Where one installation keeps its things.

    Attributes:
        home: Everything written lies below (snapshots, packages, evidence, databases).
        models: Folder of model specs.
        policies: Folder of policy packs.
        mlflow_uri: Tracking and registry; SQLite below ``home`` unless told otherwise.
        threads: Threads for training and tables; part of what makes model bytes reproducible.
    """

    home: Path
    models: Path
    policies: Path
    mlflow_uri: str
    threads: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings; a misspelt name is refused, an empty value is none."""
        values = os.environ if environment is None else environment
        _refuse_unknown(values)
        home = Path(values.get("PIPELINES_HOME") or ".pipelines").absolute()
        shipped = _shipped()
        return cls(
            home=home,
            models=Path(values.get("PIPELINES_MODELS") or shipped / "models").absolute(),
            policies=Path(values.get("PIPELINES_POLICIES") or shipped / "policies").absolute(),
            mlflow_uri=_registry(values.get("PIPELINES_MLFLOW_URI"), home),
            threads=_threads(values.get("PIPELINES_THREADS")),
        )


def _shipped() -> Path:
    """The bank's own folder where one is at hand, else the one that came with the package.

    That one lies beside the package where it is installed, and beside ``src`` in a checkout.
    """
    here = Path("deployments").absolute()
    installed, checkout = (Path(__file__).parents[up] / "deployments" for up in (2, 3))
    places = (here, installed, checkout)
    return next((place for place in places if (place / "models").is_dir()), here)


def _registry(uri: str | None, home: Path) -> str:
    if not uri:
        return f"sqlite:///{home}/mlflow/mlflow.db"
    scheme, separator, _ = uri.partition("://")
    if not separator or scheme.split("+")[0] not in _REGISTRIES:
        raise SpecError(
            "PIPELINES_MLFLOW_URI is the address of no registry that can be used.",
            fix="Let it begin with sqlite:///, postgresql:// or http(s)://, or leave it out.",
        )
    return uri


def _threads(text: str | None) -> int:
    if not text:
        # Not every system can say which cores a process may use.
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _cores()
    if not text.isdecimal() or int(text) < 1:
        raise SpecError(
            f"PIPELINES_THREADS is {text!r}, not a whole number of at least 1.",
            fix="Set it to the number of cores this process may use, or leave it out.",
        )
    return int(text)


def _cores() -> int:
    return os.cpu_count() or 1


def _refuse_unknown(values: Mapping[str, str]) -> None:
    for name in sorted(values):
        if name.startswith(PREFIX) and name not in _KNOWN:
            near = get_close_matches(name, _KNOWN, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(_KNOWN)}."
            raise SpecError(f"{name} is not a setting.", fix=f"{hint} Unset or rename it.")
