"""Where tracking and registry live, and whether anybody answers there.

Asked before the client library is: its own retries take minutes to admit that nobody does.
"""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from pipelines_lib.errors import ServiceError, SpecError

_SQLITE = "sqlite:///"
_PORTS = {"http": 80, "https": 443, "postgresql": 5432}
_SECONDS = 5.0


def sqlite_file(uri: str) -> Path | None:
    """The file of an SQLite address; None for anything that is a service."""
    return Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None


def is_database(uri: str) -> bool:
    """Whether the address is a database of ours rather than a tracking server."""
    return uri.startswith(("sqlite:", "postgresql"))


def driver_uri(uri: str) -> str:
    """The address as the database driver we ship understands it."""
    scheme, rest = uri.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else uri


def shown(uri: str) -> str:
    """The address as it may be shown: no user, no password, no query."""
    if sqlite_file(uri) is not None:
        return uri
    parts = urlsplit(uri)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme.split('+')[0]}://{host}{port}{parts.path}"


def require_reachable(uri: str) -> None:
    """Make sure that somebody listens at the address of a service.

    Raises:
        SpecError: The address is of no kind we know.
        ServiceError: Nobody answers within a few seconds.
    """
    if sqlite_file(uri) is not None:
        return
    parts = urlsplit(uri)
    scheme = parts.scheme.split("+")[0]
    if scheme not in _PORTS:
        raise SpecError(
            f"PIPELINES_MLFLOW_URI begins with {scheme!r}, which is no registry we can use.",
            fix="Use sqlite:///…, postgresql://… or http(s)://…, or leave it out.",
        )
    try:
        address = (parts.hostname or "localhost", parts.port or _PORTS[scheme])
        socket.create_connection(address, timeout=_SECONDS).close()
    except OSError as exc:
        raise unreachable(uri, exc.strerror or "no answer") from exc


_REASONS = {
    "out-of-date database schema": "its tables are of another MLflow release "
    "(back it up, then run `mlflow db upgrade` on it)",
    "disk is full": "its disk is full",
    "disk i/o error": "its disk is full or broken",
    "database is locked": "another process is writing to it",
    "readonly database": "its database is read-only",
    "unable to open database": "its database cannot be opened",
    "file is not a database": "its file is not a database",
    "authentication failed": "it refused the user or password",
    "401": "it refused the user or password",
    "403": "it refused the request",
    "does not exist": "something the registry should hold is gone",
    "connection": "the connection broke",
    "timed out": "it did not answer in time",
}


def reason(text: str) -> str:
    """What a driver's message comes down to; its text may hold statements and secrets."""
    lowered = text.lower()
    found = (short for phrase, short in _REASONS.items() if phrase in lowered)
    return next(found, "it answered with an error")


def unreachable(uri: str, reason: str) -> ServiceError:
    """The error for a registry that does not answer; it holds no credentials."""
    return ServiceError(
        f"The model registry at {shown(uri)} cannot be used: {reason}.",
        fix="Start it or correct PIPELINES_MLFLOW_URI, then run again; evidence that was "
        "written stays, and nothing is registered twice.",
    )
