"""A file is wholly there or not there at all."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from pipelines_lib.errors import ServiceError
from pipelines_lib.storage import atomic_path, storage_errors, write_atomically


def test_a_written_file_holds_its_bytes_and_leaves_nothing_beside_it(tmp_path):
    write_atomically(tmp_path / "new" / "file", b"all")
    assert (tmp_path / "new" / "file").read_bytes() == b"all"
    assert os.listdir(tmp_path / "new") == ["file"]


def test_a_failure_while_writing_keeps_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), atomic_path(path) as part:
        part.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("name", ["file", "another"])
def test_a_process_killed_while_writing_leaves_nothing_for_long(tmp_path, name):
    code = (
        "import sys, time; from pathlib import Path\n"
        "from pipelines_lib.storage import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as part:\n"
        "    part.write_bytes(b'half'); print('writing', flush=True); time.sleep(60)\n"
    )
    path = tmp_path / "file"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert not path.exists(), "nothing stands under the final name"
    (left,) = tmp_path.iterdir()
    left.with_name(f"{left.name}-journal").touch()  # as a database beside its file
    (tmp_path / ".part-of-others").touch()
    write_atomically(tmp_path / name, b"whole")
    assert sorted(os.listdir(tmp_path)) == sorted([".part-of-others", name])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOSPC, "No space left"),
        (errno.EFBIG, "No space left"),
        (errno.EACCES, "cannot be written"),
        (errno.EROFS, "cannot be written"),
    ],
)
def test_a_refusal_of_the_operating_system_says_what_to_do(tmp_path, number, text):
    with pytest.raises(ServiceError, match=text) as caught, storage_errors(tmp_path / "file"):
        raise OSError(number, os.strerror(number))
    assert "PIPELINES_HOME" in caught.value.fix


def test_any_other_trouble_is_not_dressed_up(tmp_path):
    with pytest.raises(OSError, match="Input/output"), storage_errors(tmp_path / "file"):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_what_a_living_writer_is_writing_is_left_alone(tmp_path):
    with atomic_path(tmp_path / "file") as part:
        write_atomically(tmp_path / "file", b"another")
        assert part.exists()
        part.write_bytes(b"mine")
    assert (tmp_path / "file").read_bytes() == b"mine"
