"""A Prefect server of our own: on loopback, in the background, kept between runs.

Not Prefect's ephemeral mode, which forgets task runs when the process ends (docs/adr/0005).
An existing ``PREFECT_API_URL`` always wins; then nothing here is started or stopped.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from pipelines_lib.errors import ServiceError
from pipelines_lib.storage import storage_errors, write_atomically

PREFERRED_PORT = 4200
START_SECONDS = 180
_APP = "prefect.server.api.server:create_app"

# Each line answers a trap that was measured (docs/operations/prefect_server.md).
SERVER_SETTINGS = {
    "PREFECT_SERVER_UI_API_URL": "/api",  # else the dashboard looks for its API on port 4200
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",  # SQLite stalls otherwise
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "DO_NOT_TRACK": "1",
}


@dataclass(frozen=True)
class Server:
    """A server that answers: its process and where to find it."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        """Where people look."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """Where programs look."""
        return f"{self.url}/api"


def running(home: Path) -> Server | None:
    """The server recorded for this installation, if its process is alive and answers."""
    recorded = _recorded(home)
    return recorded if recorded and _is_ours(recorded.pid) and _healthy(recorded) else None


def ensure(home: Path, waiting: Callable[[str], None] = lambda _: None) -> Server:
    """Return the running server, or start one and wait until it answers."""
    if server := running(home):
        return server
    with _one_starter(_folder(home)):
        if server := running(home):  # somebody else started it while we waited
            return server
        first = not (_folder(home) / "prefect.db").exists()
        waiting(
            "starting the Prefect server" + (" and creating its database, once" if first else "")
        )
        return _start(home)


def stop(home: Path, *, busy: Callable[[], list[str]], patience: float) -> str:
    """Let running models finish, then stop the server; says what was done.

    Raises:
        ServiceError: Models still run after ``patience`` seconds; nothing was stopped.
    """
    recorded = _recorded(home)
    if recorded is None or not _is_ours(recorded.pid):
        (_folder(home) / "server.json").unlink(missing_ok=True)
        return "No server of ours is running."
    deadline = time.monotonic() + patience
    while still := busy():
        if time.monotonic() > deadline:
            raise ServiceError(
                f"Still running: {', '.join(still)}.",
                fix="Wait for them, or give them longer: `pipelines down --patience 3600`.",
            )
        time.sleep(0.5)
    _terminate(recorded.pid)
    (_folder(home) / "server.json").unlink(missing_ok=True)
    return f"The Prefect server at {recorded.url} is stopped."


def client_environment(home: Path, server: Server) -> dict[str, str]:
    """What a process needs in its environment to talk to our server."""
    return {
        "PREFECT_API_URL": server.api_url,
        "PREFECT_HOME": str(_folder(home)),
        "DO_NOT_TRACK": "1",
    }


def log_path(home: Path) -> Path:
    """Where the server writes what it has to say."""
    return _folder(home) / "server.log"


def _folder(home: Path) -> Path:
    return home / "prefect"


def _recorded(home: Path) -> Server | None:
    try:
        return Server(**json.loads((_folder(home) / "server.json").read_text()))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None


def _is_ours(pid: int) -> bool:
    """Whether the process is alive and is a Prefect server: process ids are reused.

    One that has ended but was not collected yet has no command line, so it is not ours.
    """
    command = Path(f"/proc/{pid}/cmdline")
    try:
        os.kill(pid, 0)
        return not command.parent.parent.exists() or _APP.encode() in command.read_bytes()
    except (ProcessLookupError, PermissionError, FileNotFoundError):
        return False


def _healthy(server: Server) -> bool:
    try:
        return httpx.get(f"{server.api_url}/health", timeout=5).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


@contextlib.contextmanager
def _one_starter(folder: Path) -> Iterator[None]:
    with storage_errors(folder / "server.json"):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "start.lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(home: Path) -> Server:
    port = _free_port()
    pid = _spawn(home, _command(port))
    server = Server(pid=pid, port=port)
    deadline = time.monotonic() + START_SECONDS
    while not _healthy(server):
        if not _is_ours(pid) or time.monotonic() > deadline:
            _terminate(pid)
            raise ServiceError(
                f"The Prefect server did not start; its log is {log_path(home)}.",
                fix="Read the end of that log; `pipelines doctor` tests the installation.",
            )
        time.sleep(0.1)
    write_atomically(_folder(home) / "server.json", json.dumps(asdict(server)).encode())
    return server


def _spawn(home: Path, command: list[str]) -> int:
    """Start a process that outlives this one and writes to the server's log."""
    log = os.open(log_path(home), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return os.posix_spawn(
            command[0],
            command,
            _server_environment(home),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(log)


def _command(port: int) -> list[str]:
    address = ["--host", "127.0.0.1", "--port", str(port)]
    return [sys.executable, "-m", "uvicorn", "--factory", _APP, *address, "--log-level", "warning"]


def _server_environment(home: Path) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    return {
        **inherited,
        **SERVER_SETTINGS,
        "PREFECT_HOME": str(_folder(home)),
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{_folder(home)}/prefect.db",
        "PREFECT__SERVER_FINAL": "1",
    }


def _free_port() -> int:
    for port in (PREFERRED_PORT, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServiceError("No port is free on loopback.", fix="End programs that hold ports.")


def _terminate(pid: int, seconds: float = 15) -> None:
    """Ask the process to end; after a while, make it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + seconds
        while _is_ours(pid) and time.monotonic() < deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            time.sleep(0.2)
