"""A Prefect server of our own: started once, kept, drained before it stops, never another's."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deployments import local_server
from deployments.local_server import Server
from pipelines_lib.errors import ServiceError

pytestmark = [pytest.mark.server, pytest.mark.slow]

STARTER = (
    "import sys; from pathlib import Path; from deployments import local_server\n"
    "server = local_server.ensure(Path(sys.argv[1]))\n"
    "print(server.pid, server.port)\n"
)


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Two processes start a server at the same time, say what they have, and end."""
    home = tmp_path_factory.mktemp("server-home")
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", STARTER, str(home)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    told = [starter.communicate(timeout=300)[0] for starter in starters]
    assert [starter.returncode for starter in starters] == [0, 0]
    yield home, told
    local_server.stop(home, busy=list, patience=0)


@pytest.fixture
def foreign():
    """A process that is not ours."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def record(home, pid, port=9):
    folder = home / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "server.json").write_text(json.dumps({"pid": pid, "port": port}))


def test_two_starters_at_once_get_one_server(started):
    _, told = started
    assert told[0] == told[1] != ""


def test_it_survives_the_processes_that_started_it_and_is_found_again(started):
    home, told = started
    server = local_server.running(home)
    assert f"{server.pid} {server.port}\n" == told[0]
    said = []
    assert local_server.ensure(home, said.append) == server
    assert said == []


def test_it_listens_on_loopback_alone_and_keeps_its_files_below_home(started):
    home, _ = started
    server = local_server.running(home)
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert {"prefect.db", "server.json", "server.log"} <= {
        path.name for path in (home / "prefect").iterdir()
    }
    assert local_server.client_environment(home, server) == {
        "PREFECT_API_URL": server.api_url,
        "PREFECT_HOME": str(home / "prefect"),
        "DO_NOT_TRACK": "1",
    }


def test_a_second_installation_does_not_take_it_for_its_own(started, tmp_path):
    assert local_server.running(tmp_path) is None


def test_busy_models_are_waited_for_and_then_it_stops(started):
    home, _ = started
    server = local_server.running(home)
    with pytest.raises(ServiceError, match=r"Still running: cards, loans\."):
        local_server.stop(home, busy=lambda: ["cards", "loans"], patience=0.2)
    assert local_server.running(home) == server

    still = [["cards"], ["cards"], []]
    began = time.monotonic()
    said = local_server.stop(home, busy=lambda: still.pop(0), patience=60)
    assert said == f"The Prefect server at {server.url} is stopped."
    assert still == []
    assert time.monotonic() - began >= 1.0  # it looked three times, half a second apart
    assert local_server.running(home) is None
    assert not (home / "prefect" / "server.json").exists()
    assert local_server.stop(home, busy=list, patience=0) == "No server of ours is running."


def test_a_recorded_id_that_another_process_has_now_is_neither_used_nor_killed(tmp_path, foreign):
    record(tmp_path, foreign.pid)
    assert local_server.running(tmp_path) is None
    asked = []
    said = local_server.stop(tmp_path, busy=lambda: asked.append(1) or [], patience=0)
    assert said == "No server of ours is running."
    assert asked == []
    assert foreign.poll() is None
    assert not (tmp_path / "prefect" / "server.json").exists()


def test_a_process_that_has_ended_is_no_server(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    record(tmp_path, ended.pid)
    assert local_server.running(tmp_path) is None


def test_a_process_that_ended_but_was_not_collected_is_no_server(tmp_path):
    ended = os.posix_spawn(sys.executable, [sys.executable, "-c", local_server._APP], {})
    while Path(f"/proc/{ended}/cmdline").read_bytes():
        time.sleep(0.01)
    record(tmp_path, ended)
    assert local_server.running(tmp_path) is None
    os.waitpid(ended, 0)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"a": 1}'])
def test_a_damaged_record_is_no_record(tmp_path, text):
    record(tmp_path, 1)
    (tmp_path / "prefect" / "server.json").write_text(text)
    assert local_server.running(tmp_path) is None


def test_a_home_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(ServiceError, match="cannot be written"):
        local_server.ensure(tmp_path / "home")


def test_a_server_that_does_not_start_in_time_leaves_nothing_but_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(local_server, "START_SECONDS", 0)
    said = []
    with pytest.raises(ServiceError, match="did not start; its log is"):
        local_server.ensure(tmp_path, said.append)
    assert said == ["starting the Prefect server and creating its database, once"]
    assert not (tmp_path / "prefect" / "server.json").exists()
    mine = [
        path
        for path in Path("/proc").glob("[0-9]*/environ")
        if os.access(path, os.R_OK) and str(tmp_path).encode() in _read(path)
    ]
    assert mine == []


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_settings_of_another_prefect_do_not_reach_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://elsewhere/api")
    monkeypatch.setenv("PREFECT_API_KEY", "another's")
    environment = local_server._server_environment(tmp_path)
    assert "PREFECT_API_URL" not in environment
    assert "PREFECT_API_KEY" not in environment
    assert environment["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert environment["PREFECT_SERVER_UI_API_URL"] == "/api"


def test_a_server_knows_its_addresses():
    server = Server(pid=1, port=4200)
    assert (server.url, server.api_url) == ("http://127.0.0.1:4200", "http://127.0.0.1:4200/api")
