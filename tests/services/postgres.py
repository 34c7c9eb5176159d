"""A PostgreSQL server of our own for a test session: real, on loopback, ended by its own id."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("initdb", "postgres")


def missing_programs() -> str | None:
    """Say which server program this machine lacks, or None."""
    absent = [name for name in PROGRAMS if _program(name) is None]
    return f"PostgreSQL programs not found: {', '.join(absent)}" if absent else None


@contextmanager
def postgres_server() -> Iterator[str]:
    """Start a server in a folder of its own; give its SQLAlchemy URL; end it.

    The server refuses to run as root, so that root lends it to an unprivileged user.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = _unprivileged(folder)
    data, port = folder / "data", _free_port()
    options: dict[str, object] = {"user": user, "cwd": folder} if user else {"cwd": folder}
    arguments = ["-D", str(data), "-U", "bank", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"]
    subprocess.run(
        [str(_program("initdb")), *arguments], check=True, capture_output=True, **options
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                *[str(_program("postgres")), "-D", str(data), "-p", str(port)],
                *["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"],
                *["-c", "fsync=off", "-c", "shared_buffers=16MB"],
            ],
            stdout=log,
            stderr=log,
            **options,
        )
    try:
        url = f"postgresql+psycopg://bank@127.0.0.1:{port}/postgres"
        _wait(url, server, folder / "log")
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str | None:
    found = shutil.which(name)
    if found:
        return found
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(installed[-1]) if installed else None


def _unprivileged(folder: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    user = next(name for name in ("postgres", "nobody") if name in names)
    shutil.chown(folder, user)
    return user


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    import psycopg

    address = url.replace("+psycopg", "")
    for _ in range(200):
        if server.poll() is not None:
            raise RuntimeError(log.read_text("utf-8", "replace")[-2000:])
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("PostgreSQL did not answer within 20 seconds")
