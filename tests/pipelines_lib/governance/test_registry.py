"""The registry, on a real MLflow with SQLite: what is kept, found again, and never moved back."""

import shutil
import socket
import sqlite3
from datetime import date, timedelta
from importlib.metadata import version

import pytest

from pipelines_lib.errors import EvidenceError, ServiceError
from pipelines_lib.governance.artifacts import folder_hash
from pipelines_lib.results import Verdict

NIGHT = date(2025, 3, 31)
NEXT = NIGHT + timedelta(days=1)
MODEL = "credit_default"


def rows(bank, query):
    with sqlite3.connect(bank.home / "mlflow" / "mlflow.db") as database:
        found = database.execute(query).fetchall()
    database.close()
    return found


def test_nothing_is_created_by_asking(bank):
    assert not bank.registry.is_prepared
    assert bank.registry.models() == ()
    assert bank.registry.versions(MODEL) == ()
    assert bank.registry.champion(MODEL, before=NIGHT) is None
    assert bank.registry.repair(MODEL) == ()
    assert list(bank.home.iterdir()) == []


def test_preparing_twice_creates_once(prepared):
    assert prepared.registry.is_prepared
    assert prepared.registry.prepare() is False
    assert prepared.registry.models() == ()


def test_a_promoted_night_is_challenger_and_champion_with_everything_linked(prepared):
    pack = prepared.pack()
    version = prepared.conclude(pack)
    assert version is not None
    assert (version.version, version.as_of, version.promoted_as_of) == (1, NIGHT, NIGHT)
    assert version.aliases == ("challenger", "champion")
    assert version.evidence_sha256 == pack.sha256
    assert version.package_sha256 == pack.package_sha256
    again = prepared.again().registry
    assert again.models() == (MODEL,)
    assert again.versions(MODEL) == (version,)
    assert again.current_champion(MODEL) == version
    assert rows(prepared, "select name, status from runs") == [
        ("credit_default 2025-03-31", "FINISHED")
    ]
    assert rows(prepared, "select distinct key, value from metrics order by key") == [
        ("out_of_time.auc", 0.78),
        ("out_of_time.n", 900.0),
    ]
    assert ("max_depth", "4") in rows(prepared, "select key, value from params")
    assert {name for (name,) in rows(prepared, "select name from datasets")} == {
        "accounts",
        "applications",
    }


def test_no_pickle_lies_under_the_artifact_root(prepared):
    prepared.night()
    files = [path for path in (prepared.home / "mlflow/artifacts").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"MLmodel", "model.ubj", "package.json"}
    for path in files:
        assert not path.name.endswith((".pkl", ".pickle", ".joblib", ".cloudpickle"))
        content = path.read_bytes()
        assert not content.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"))
        assert b"cloudpickle" not in content


def test_requirements_for_serving_are_pinned_in_the_model(prepared):
    prepared.night()
    (written,) = (prepared.home / "mlflow/artifacts").rglob("requirements.txt")
    lines = written.read_text().splitlines()
    assert {line.split("==")[0] for line in lines} == {
        "bank-pipelines",
        "mlflow",
        "numpy",
        "pandas",
        "pyarrow",
        "xgboost",
    }
    assert f"xgboost=={version('xgboost')}" in lines


def test_the_same_night_again_registers_and_logs_nothing_twice(prepared):
    first = prepared.conclude(prepared.pack(run_id="run-1"))
    again = prepared.again().conclude(prepared.pack(run_id="run-2"))
    assert again == first
    assert rows(prepared, "select count(*) from runs") == [(1,)]
    assert rows(prepared, "select count(*) from logged_models") == [(1,)]


@pytest.mark.parametrize("verdict", [Verdict.REJECTED, Verdict.STOPPED])
def test_what_was_not_approved_is_tracked_without_a_model_or_version(prepared, verdict):
    assert prepared.night(verdict) is None
    assert prepared.registry.models() == ()
    assert rows(prepared, "select value from tags where key = 'verdict'") == [(verdict.value,)]
    assert rows(prepared, "select count(*) from logged_models") == [(0,)]
    logged = rows(prepared, "select count(*) from metrics") != [(0,)]
    assert logged is (verdict is Verdict.REJECTED)


def test_what_awaits_approval_is_challenger_only(prepared):
    version = prepared.night(Verdict.AWAITING_APPROVAL)
    assert version is not None
    assert (version.aliases, version.promoted_as_of) == (("challenger",), None)
    assert prepared.registry.current_champion(MODEL) is None


def test_a_night_run_again_meets_the_champion_from_before_it(prepared):
    first = prepared.night(model=b"one")
    second = prepared.night(as_of=NEXT, model=b"two")
    registry = prepared.again().registry
    assert first is not None
    assert second is not None
    assert registry.champion(MODEL, before=NIGHT) is None
    before = registry.champion(MODEL, before=NEXT)
    assert before is not None
    assert (before.version, before.aliases) == (first.version, ())
    assert registry.current_champion(MODEL) == second


def test_an_older_night_with_another_package_does_not_dethrone_a_newer_champion(prepared):
    newer = prepared.night(as_of=NEXT, model=b"newer")
    older = prepared.night(as_of=NIGHT, model=b"older")
    assert older is not None
    assert (older.promoted_as_of, older.aliases, older.verdict) == (None, (), "promoted")
    assert prepared.again().registry.current_champion(MODEL) == newer


def test_a_challenger_that_is_promoted_on_the_second_judgement_stays_one_version(prepared):
    waiting = prepared.night(Verdict.AWAITING_APPROVAL)
    pack = prepared.pack(Verdict.PROMOTED)
    promoted = prepared.conclude(pack)
    assert waiting is not None
    assert promoted is not None
    assert promoted.version == waiting.version == 1
    assert (promoted.promoted_as_of, promoted.evidence_sha256) == (NIGHT, pack.sha256)
    assert prepared.again().registry.versions(MODEL) == (promoted,)


def test_a_package_is_fetched_back_from_the_registry_byte_for_byte(prepared):
    version = prepared.night()
    assert version is not None
    shutil.rmtree(prepared.home / "packages")
    folder = prepared.registry.package_of(version)
    assert folder == prepared.home / "packages" / version.package_sha256
    assert folder_hash(folder) == version.package_sha256


def test_an_altered_or_lost_copy_is_refused(prepared):
    version = prepared.night()
    assert version is not None
    shutil.rmtree(prepared.home / "packages")
    (copy,) = (prepared.home / "mlflow/artifacts").rglob("model.ubj")
    copy.write_bytes(b"worse trees")
    with pytest.raises(EvidenceError, match="was altered"):
        prepared.registry.package_of(version)
    shutil.rmtree(copy.parent)
    with pytest.raises(EvidenceError, match="no longer holds"):
        prepared.registry.package_of(version)
    assert list((prepared.home / "packages").glob("*")) == []


def test_a_database_of_another_release_says_how_to_upgrade(prepared):
    with sqlite3.connect(prepared.home / "mlflow" / "mlflow.db") as database:
        database.execute("update alembic_version set version_num = '000000000000'")
    database.close()
    with pytest.raises(ServiceError, match="mlflow db upgrade"):
        prepared.registry.versions(MODEL)


def test_a_file_that_is_no_database_is_a_service_error(bank):
    (bank.home / "mlflow").mkdir()
    (bank.home / "mlflow" / "mlflow.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(ServiceError, match="not a database"):
        bank.registry.versions(MODEL)


def test_a_server_that_is_down_is_a_service_error_without_credentials(registry_at):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        uri = f"http://ann:s3cret@127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ServiceError) as down:
        registry_at(uri).versions(MODEL)
    assert down.value.retryable
    assert "s3cret" not in str(down.value)


def test_a_server_that_hangs_up_is_a_service_error(registry_at, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
        with pytest.raises(ServiceError):
            registry_at(f"http://127.0.0.1:{server.getsockname()[1]}").versions(MODEL)
