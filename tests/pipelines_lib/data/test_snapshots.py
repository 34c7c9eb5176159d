"""Tables at rest: same rows, same bytes; nothing half-written; every change is found."""

import signal
import subprocess
import sys
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines_lib.canonical import canonical_bytes, parse, sha256_file
from pipelines_lib.data.scratch import scratch_folder
from pipelines_lib.data.snapshots import (
    ROW_GROUP,
    Snapshot,
    SourceLineage,
    open_snapshot,
    read_snapshot,
    snapshot_path,
    verify_snapshot,
    write_snapshot,
)
from pipelines_lib.errors import EvidenceError, ServiceError

DAY = date(2025, 1, 31)
LINEAGE = SourceLineage("accounts", "accounts.csv", "ab" * 32, 9, 7, DAY)


def table(rows=10):
    return pa.table(
        {
            "key": [f"{i:064x}" for i in range(rows)],
            "x": [i if i % 3 else None for i in range(rows)],
        }
    )


def put(home, rows=10, **changes):
    return write_snapshot(home, table(rows), **{"kind": "applications", "as_of": DAY} | changes)


def files(home):
    return sorted(path.name for path in (home / "snapshots").iterdir())


def test_what_is_written_is_read(tmp_path):
    snapshot = put(tmp_path)
    assert read_snapshot(tmp_path, snapshot) == table()
    assert read_snapshot(tmp_path, snapshot.sha256, ["x"]).column_names == ["x"]
    assert (snapshot.rows, snapshot.columns) == (10, ("key", "x"))


def test_a_snapshot_is_named_after_its_bytes(tmp_path):
    snapshot = put(tmp_path)
    assert snapshot.sha256 == sha256_file(snapshot_path(tmp_path, snapshot))
    verify_snapshot(tmp_path, snapshot)


@pytest.mark.parametrize("size", [1_000, ROW_GROUP - 1, ROW_GROUP, ROW_GROUP + 1])
def test_the_batches_of_a_stream_leave_no_trace(tmp_path, size):
    whole = table(ROW_GROUP + 500)
    expected = write_snapshot(tmp_path / "a", whole, kind="k", as_of=DAY)
    batches = whole.to_batches(max_chunksize=size)
    assert write_snapshot(tmp_path / "b", batches, kind="k", as_of=DAY) == expected
    reader = pa.RecordBatchReader.from_batches(whole.schema, iter(batches))
    assert write_snapshot(tmp_path / "c", reader, kind="k", as_of=DAY) == expected
    groups = pq.ParquetFile(snapshot_path(tmp_path / "b", expected)).metadata.num_row_groups
    assert groups == 2


def test_what_lies_under_a_null_does_not_reach_the_bytes(tmp_path):
    import numpy as np

    validity = pa.py_buffer(b"\x05")  # the second of three values is null
    arrays = [
        pa.Array.from_buffers(pa.float64(), 3, [validity, pa.py_buffer(np.array(v).tobytes())])
        for v in ([1.0, 7.0, 2.0], [1.0, 8.0, 2.0])
    ]
    one, other = (
        write_snapshot(tmp_path, pa.table({"x": array}), kind="k", as_of=DAY) for array in arrays
    )
    assert one.sha256 == other.sha256


def test_metadata_of_the_writer_is_not_part_of_the_bytes(tmp_path):
    tagged = table().replace_schema_metadata({"pandas": "{}"})
    assert write_snapshot(tmp_path, tagged, kind="applications", as_of=DAY) == put(tmp_path)


def test_an_empty_table_is_a_snapshot_too(tmp_path):
    snapshot = put(tmp_path, rows=0)
    assert read_snapshot(tmp_path, snapshot).num_rows == 0


def test_the_manifest_is_canonical_json_and_gives_the_reference_back(tmp_path):
    snapshot = put(tmp_path, sources=(LINEAGE,))
    path = snapshot_path(tmp_path, snapshot).with_suffix(".json")
    assert path.read_bytes() == canonical_bytes(parse(path.read_bytes()))
    assert open_snapshot(tmp_path, snapshot.sha256) == snapshot


def test_the_same_content_is_written_once(tmp_path):
    first = put(tmp_path)
    before = snapshot_path(tmp_path, first).stat()
    assert put(tmp_path) == first
    after = snapshot_path(tmp_path, first).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize("damage", [b"", b"not a snapshot"])
def test_a_damaged_file_under_the_name_is_not_reused(tmp_path, damage):
    snapshot = put(tmp_path)
    snapshot_path(tmp_path, snapshot).write_bytes(damage)
    put(tmp_path)
    verify_snapshot(tmp_path, snapshot)


def test_one_changed_byte_is_not_reused_and_is_found(tmp_path):
    snapshot = put(tmp_path)
    path = snapshot_path(tmp_path, snapshot)
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    with pytest.raises(EvidenceError, match="its hash differs"):
        verify_snapshot(tmp_path, snapshot)
    put(tmp_path)
    verify_snapshot(tmp_path, snapshot)


def test_a_missing_or_shortened_snapshot_is_named(tmp_path):
    snapshot = put(tmp_path)
    path = snapshot_path(tmp_path, snapshot)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(EvidenceError, match="its size differs"):
        read_snapshot(tmp_path, snapshot)
    path.unlink()
    with pytest.raises(EvidenceError, match=f"{snapshot.sha256}.parquet is missing"):
        read_snapshot(tmp_path, snapshot)


def test_a_lost_manifest_is_written_again(tmp_path):
    snapshot = put(tmp_path)
    snapshot_path(tmp_path, snapshot).with_suffix(".json").unlink()
    with pytest.raises(EvidenceError, match="missing or damaged"):
        read_snapshot(tmp_path, snapshot)
    put(tmp_path)
    assert open_snapshot(tmp_path, snapshot.sha256) == snapshot


def test_a_reference_survives_json():
    snapshot = Snapshot("ab" * 32, 1, ("key",), DAY, "applications", (LINEAGE,))
    assert Snapshot.from_plain(parse(canonical_bytes(snapshot))) == snapshot


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
import pyarrow as pa
from pipelines_lib.data.snapshots import write_snapshot

def batches():
    batch = pa.record_batch({"x": list(range(200_000))})
    yield batch
    os.kill(os.getpid(), signal.SIGKILL)

write_snapshot(Path(sys.argv[1]), batches(), kind="k", as_of=date(2025, 1, 31))
"""


def test_a_killed_writer_leaves_nothing_under_a_final_name_and_the_next_one_sweeps(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "snapshots").exists()
    assert list((tmp_path / "scratch").glob("run-*/snapshot.parquet"))
    put(tmp_path)
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == [".lock"]


def test_a_folder_in_use_is_not_swept(tmp_path):
    with scratch_folder(tmp_path) as mine:
        with scratch_folder(tmp_path) as other:
            assert mine.is_dir()
            assert other != mine
        assert mine.is_dir()
    assert not mine.exists()


def test_a_full_disk_is_said_and_nothing_is_half_written(tmp_path):
    """A limit on file size stands in for the disk: the system answers EFBIG or ENOSPC alike."""
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\nfrom datetime import date\nimport os\nimport pyarrow as pa\n"
        "from pipelines_lib.data.snapshots import write_snapshot\n"
        "from pipelines_lib.errors import ServiceError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "rows = pa.table({'key': [os.urandom(32).hex() for _ in range(5_000)]})\n"
        "try:\n    write_snapshot(Path(sys.argv[1]), rows, kind='k', as_of=date(2025, 1, 31))\n"
        "except ServiceError as error:\n    print(error)\n    sys.exit(5)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (5, "")
    assert "No space left" in done.stdout
    assert not list(tmp_path.glob("snapshots/*"))
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == [".lock"]


def test_a_home_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(ServiceError, match=r"cannot be written|PIPELINES_HOME"):
        put(tmp_path / "home")
