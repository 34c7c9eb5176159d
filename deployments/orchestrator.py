"""Reach Prefect: the server the environment names, or one of our own.

Must run before Prefect is imported: Prefect reads its settings once.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deployments import local_server

_QUIET = {
    # A person watches our own progress display; everything still goes to the server's log.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "pipelines_lib",
    "DO_NOT_TRACK": "1",
}


def connect(
    home: Path, waiting: Callable[[str], None], meanwhile: Callable[[], object] = bool
) -> str:
    """Make sure that a Prefect server answers, and return the address of its dashboard.

    Args:
        home: Where a server of our own keeps its database.
        waiting: Told what is waited for.
        meanwhile: Useful work for the seconds a server takes to start; it must not import
            Prefect. Not done where a server answers already.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if named := os.environ.get("PREFECT_API_URL"):
        return named.removesuffix("/").removesuffix("/api")
    server = local_server.running(home)
    if server is None:
        with ThreadPoolExecutor(max_workers=1) as pool:
            done = pool.submit(meanwhile)
            server = local_server.ensure(home, waiting)
            done.result()
    os.environ.update(local_server.client_environment(home, server))
    return server.url
