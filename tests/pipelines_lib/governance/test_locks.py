"""One run per model at a time; a dead process holds nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines_lib.errors import ServiceError
from pipelines_lib.governance.locks import model_lock

HOLD = """
import os, sys
from pathlib import Path
from pipelines_lib.governance.locks import model_lock
with model_lock(Path(sys.argv[1]), "credit_default"):
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""


def holder(home: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_run_of_the_same_model_is_refused_and_names_the_process(tmp_path):
    with holder(tmp_path) as other:
        assert other.stdout is not None
        pid = other.stdout.readline().strip()
        with pytest.raises(ServiceError, match=f"credit_default is being run by process {pid}"):
            model_lock(tmp_path, "credit_default").__enter__()
        other.kill()


def test_a_killed_holder_leaves_nothing_to_clean_up(tmp_path):
    with holder(tmp_path) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
    with model_lock(tmp_path, "credit_default"):
        assert (tmp_path / "locks/credit_default.lock").read_text() == str(os.getpid())


def test_another_model_runs_beside_it(tmp_path):
    with model_lock(tmp_path, "credit_default"), model_lock(tmp_path, "cheque_digits"):
        pass


def test_the_same_process_is_refused_too_and_may_run_again_afterwards(tmp_path):
    with (
        model_lock(tmp_path, "m"),
        pytest.raises(ServiceError) as refused,
        model_lock(tmp_path, "m"),
    ):
        pass
    assert f"process {os.getpid()}" in refused.value.problem
    with model_lock(tmp_path, "m"):
        pass


def test_a_home_that_is_a_file_says_what_to_do(tmp_path):
    home = tmp_path / "home"
    home.write_text("")
    with pytest.raises(ServiceError, match="PIPELINES_HOME"), model_lock(home, "m"):
        pass
