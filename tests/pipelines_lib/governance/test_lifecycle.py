"""What a verdict means, and that a night cut off anywhere is finished by the next run."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from mlflow import MlflowClient

from pipelines_lib.governance.lifecycle import MEANINGS
from pipelines_lib.results import Verdict

NIGHT = date(2025, 3, 31)
MODEL = "credit_default"
WRITES = (
    "create_experiment",
    "create_run",
    "log_batch",
    "log_inputs",
    "create_logged_model",
    "log_model_artifacts",
    "set_logged_model_tags",
    "finalize_logged_model",
    "log_outputs",
    "log_artifact",
    "set_terminated",
    "create_registered_model",
    "create_model_version",
    "set_registered_model_alias",
)


def test_every_verdict_has_a_meaning_and_only_promotion_promotes():
    assert MEANINGS.keys() == set(Verdict)
    assert [v for v, meaning in MEANINGS.items() if meaning.promoted] == [Verdict.PROMOTED]
    assert not MEANINGS[Verdict.REJECTED].registered


@contextmanager
def killed_after(writes: int) -> Iterator[None]:
    """Kill this process, as ``kill -9`` does, right after its n-th write to MLflow."""
    done = 0

    def counting(write: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal done
            answer = write(*args, **kwargs)
            done += 1
            if done == writes:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return call

    for name in WRITES:
        setattr(MlflowClient, name, counting(getattr(MlflowClient, name)))
    yield


def in_a_process_that_is_killed(work: Callable[[], object], writes: int) -> bool:
    """Run in a child process; whether it was killed before it was done."""
    child = os.fork()
    if child == 0:
        with killed_after(writes):
            work()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.slow
def test_a_promotion_killed_after_any_write_is_completed_by_the_next_run(prepared):
    cuts = 0
    while True:
        night = {"as_of": NIGHT + timedelta(days=cuts), "model": str(cuts).encode()}
        cut = partial(prepared.again().night, **night)
        if not in_a_process_that_is_killed(cut, cuts + 1):
            break
        cuts += 1
        version = prepared.again().night(**night, run_id="after the kill")
        assert version is not None
        assert (version.version, version.as_of) == (cuts, night["as_of"])
        assert version.aliases == ("challenger", "champion")
    assert cuts >= 12  # as many writes as one promotion makes
    assert len(prepared.again().registry.versions(MODEL)) == cuts + 1


def test_runs_cut_off_are_marked_killed_and_one_finished_run_is_left(prepared):
    assert in_a_process_that_is_killed(lambda: prepared.again().night(), 4)
    version = prepared.night(run_id="after the kill")
    assert version is not None
    client = MlflowClient(f"sqlite:///{prepared.home}/mlflow/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name(MODEL).experiment_id])
    assert sorted(run.info.status for run in runs) == ["FINISHED", "KILLED"]
    (finished,) = (run for run in runs if run.info.status == "FINISHED")
    assert finished.info.run_id == version.run_id
    assert finished.data.tags["evidence_sha256"] == version.evidence_sha256


def test_the_run_record_names_the_version(prepared):
    prepared.night()
    assert prepared.record().version == 1


@pytest.mark.parametrize("verdict", [Verdict.REJECTED, Verdict.STOPPED])
def test_the_run_record_of_a_night_without_a_version_names_none(prepared, verdict):
    prepared.night(verdict)
    assert prepared.record().version is None


def test_a_promotion_that_comes_too_late_is_said(prepared, caplog):
    prepared.night(as_of=NIGHT + timedelta(days=1), model=b"newer")
    prepared.night(as_of=NIGHT, model=b"older")
    assert "stays challenger: the champion is of a newer night" in caplog.text
