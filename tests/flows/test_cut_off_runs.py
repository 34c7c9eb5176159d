"""A run that is killed, held up or starved leaves nothing half-written; the next one ends well."""

import json
import multiprocessing
import signal
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

pytestmark = [pytest.mark.server, pytest.mark.slow]

LAST = date(2025, 4, 10)
RENAME, STATEMENT = "rename", "statement"

# Where each stage puts its first file in place, else where it ends: the worst moment of each.
BEFORE_TRAINING = (
    ("open the run", "ends"),
    ("find the champion", "ends"),
    ("ingest", RENAME),
    ("ingest", RENAME, 2),
    ("check the data", "ends"),
    ("split by time", "ends"),
    ("apply the data gate", "ends"),
)
QUESTIONS = (
    ("train the candidate", RENAME),
    ("train the candidate", RENAME, 2),
    ("score every window", RENAME),
    ("check performance", "ends"),
    ("compare with champion and baseline", "ends"),
    ("check fairness", "ends"),
    ("check drift", "ends"),
    ("check the explanation", "ends"),
    ("check governance", "ends"),
    ("apply the promotion gate", "ends"),
)
RECORD = (
    ("write the evidence", RENAME),
    ("write the evidence", RENAME, 2),
    ("register", STATEMENT, 1),
    ("register", STATEMENT, 5),
    ("register", STATEMENT, 20),
    ("register", RENAME),
    ("register", "ends"),
    ("render the report", RENAME),
    ("publish the artifact", "ends"),
)


@pytest.fixture(scope="module")
def nursery():
    """Processes begin as forks of one that has loaded the libraries, to save each their load."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            "flows.nightly_retraining",
            "croniter",
            "duckdb",
            "great_expectations",
            "mlflow.pyfunc",
            "mlflow.store.model_registry.sqlalchemy_store",
            "mlflow.store.tracking.sqlalchemy_store",
            "rfc8785",
            "sklearn.linear_model",
        ]
    )
    return context


@pytest.fixture
def promoting(bank, prefect_client, tmp_path, monkeypatch):
    """The small bank with a model so plain that forty clients a night are enough for it."""
    bank.change_spec("max_depth: 4", "max_depth: 2")
    bank.change_spec("rounds: 600", "rounds: 60")
    text = bank.spec.read_text()
    start, end = text.index("fairness:"), text.index("decision:")
    plain = "fairness: {not_applicable: this test is about files}\n"
    bank.spec.write_text(text[:start] + plain + text[end:])
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return bank


@pytest.fixture
def begin(promoting, nursery, prefect_client, tmp_path):
    """Begin a run of the bank's night in a process of its own."""
    import doomed_run

    environment = {
        **promoting.environment,
        "PREFECT_API_URL": prefect_client.api_url,
        "PREFECT_HOME": str(tmp_path / "prefect-client"),
    }
    begun = []

    def begin(run=doomed_run.run, **fate):
        heard, say = nursery.Pipe(duplex=False)
        known = (environment, str(promoting.spec), LAST, say)
        process = nursery.Process(target=run, args=known, kwargs=fate, daemon=True)
        process.start()
        say.close()
        begun.append(process)
        return process, heard

    yield begin
    for process in begun:
        process.kill()
        process.join()


def finish(begun):
    """The exit code of a process and what it said at last."""
    process, heard = begun
    try:
        said = heard.recv()
    except EOFError:
        said = None
    process.join()
    return process.exitcode, said


def versions():
    from pipelines_lib.governance.registry import Registry
    from pipelines_lib.spec.settings import Settings

    return Registry(Settings.from_environment()).versions("credit_default")


def assert_whole(home):
    """Whatever has a final name is what that name says."""
    from pipelines_lib.canonical import sha256_file
    from pipelines_lib.modelling.package import package_sha256

    for kind in ("snapshots/*.parquet", "evidence/*/*.json", "quarantine/*.parquet"):
        for path in home.glob(kind):
            assert path.name.startswith(".part-") or sha256_file(path) == path.stem, path
    for folder in home.glob("packages/[!.]*"):
        assert package_sha256(folder) == folder.name
    for path in (*home.glob("runs/*/[!.]*.json"), *home.glob("snapshots/[!.]*.json")):
        json.loads(path.read_bytes())
    for path in home.glob("reports/*/[!.]*.html"):
        assert path.read_text().rstrip().endswith("</html>")
    with sqlite3.connect(home / "mlflow" / "mlflow.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


@pytest.mark.parametrize(
    "deaths",
    [
        pytest.param(BEFORE_TRAINING, id="before training"),
        pytest.param(QUESTIONS, id="while it is trained and questioned"),
        pytest.param(RECORD, id="while it is recorded"),
    ],
)
def test_a_night_killed_again_and_again_ends_as_if_nothing_had_happened(
    promoting, begin, typed, leaks, deaths
):
    from doomed_run import Fate

    for death in deaths:
        code, said = finish(begin(fate=Fate(*death)))
        assert (code, said) == (-signal.SIGKILL, None), death
        assert_whole(promoting.home)
        assert len(versions()) <= 1

    code, (state, _, summary) = finish(begin())
    assert (code, state) == (0, "Completed"), summary
    assert (summary.verdict, summary.version) == ("promoted", 1), summary.reasons_against
    (version,) = versions()
    assert set(version.aliases) == {"challenger", "champion"}
    assert version.package_sha256 == summary.model_sha256
    assert_whole(promoting.home)
    verified = typed("evidence", "verify", promoting.spec, "--json")
    assert (verified.exit_code, verified.summary["problems"]) == (0, [])
    assert [str(path) for path in promoting.home.rglob(".part-*")] == []
    assert [path.name for path in (promoting.home / "scratch").iterdir()] == [".lock"]
    assert leaks(promoting, verified) == []


def test_of_two_runs_of_one_night_at_once_one_wins_and_the_other_is_told(
    promoting, begin, nursery, typed
):
    import doomed_run

    reached, go_on = nursery.Event(), nursery.Event()
    first = begin(doomed_run.run_held, stage="train the candidate", reached=reached, go_on=go_on)
    assert reached.wait(120)
    before = promoting.left_behind()

    night = ("replay", promoting.spec, "--from", LAST, "--nights", 1, "--json")
    second = typed(*night)
    assert second.exit_code == 5
    assert second.summary == {
        "error": f"credit_default is being run by process {first[0].pid}.",
        "fix": "Wait until that run has ended, then run again; nothing was changed.",
        "exit_code": 5,
    }
    assert promoting.left_behind() == before

    go_on.set()
    code, (_, _, summary) = finish(first)
    assert (code, summary.verdict, summary.version) == (0, "promoted", 1)
    third = typed(*night)
    assert (third.exit_code, third.summary["version"]) == (0, 1)
    assert len(versions()) == 1


def test_a_command_that_is_killed_while_the_data_is_checked_says_nothing_afterwards(
    promoting, begin, prefect_client
):
    environment = {**promoting.environment, "PREFECT_API_URL": prefect_client.api_url}
    command = [Path(sys.executable).with_name("pipelines"), "run", promoting.spec]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as killed:
        for line in killed.stderr:
            if "ingest" in line:
                killed.kill()
                break
        said = killed.stdout.read() + killed.stderr.read()  # until whoever it began has ended
    assert "Traceback" not in said
    assert "Error" not in said
    assert_whole(promoting.home)

    code, (_, _, summary) = finish(begin())
    assert (code, summary.verdict, summary.version) == (0, "promoted", 1), summary


@pytest.mark.parametrize(
    ("room", "says"),
    [
        pytest.param(20_000, "No space left for applications.parquet in ", id="a snapshot"),
        pytest.param(400_000, "mlflow.db cannot be used: its disk is full", id="the registry"),
    ],
)
def test_a_full_disk_is_named_and_the_night_can_be_run_again(promoting, begin, room, says):
    from pipelines_lib.errors import ServiceError

    code, (state, message, error) = finish(begin(room=room))
    assert (code, state) == (0, "Failed")
    assert isinstance(error, ServiceError), message
    assert says in error.problem
    assert "Traceback" not in message
    assert_whole(promoting.home)
    assert versions() == ()

    code, (_, _, summary) = finish(begin())
    assert (code, summary.verdict, summary.version) == (0, "promoted", 1), summary
    assert [str(path) for path in promoting.home.rglob(".part-*")] == []
