"""A version is made again from its evidence alone, by a real training; the bytes are compared."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from pipelines_lib.canonical import canonical_bytes, parse, sha256_of
from pipelines_lib.data.snapshots import Snapshot, snapshot_path
from pipelines_lib.errors import EvidenceError
from pipelines_lib.governance.artifacts import folder_hash
from pipelines_lib.governance.evidence import evidence_path
from pipelines_lib.governance.provenance import code_provenance
from pipelines_lib.governance.reproduction import reproduce
from pipelines_lib.governance.reproductions import last_reproduction, reproduction_path
from pipelines_lib.governance.versions import RegisteredVersion

NIGHT = date(2025, 4, 10)
NOW = datetime(2025, 5, 1, 9, 30, tzinfo=UTC)
ROWS = 1200


@dataclass(frozen=True)
class Lender:
    """A home in which one version was made, and what the registry knows of it."""

    home: Path
    version: RegisteredVersion
    snapshot: Snapshot

    def again(self, **changes):
        return reproduce(
            self.home, replace(self.version, **changes), self.package, now=NOW, tell=lambda _: None
        )

    def package(self, version):
        return self.home / "packages" / version.package_sha256

    @property
    def record(self):
        return reproduction_path(self.home, "lender", 1)

    def recorded(self):
        return last_reproduction(self.home, "lender", self.version)

    def with_package(self, change):
        """Register a package in which ``change`` altered something, whole in itself."""
        contents = parse((self.package(self.version) / "package.json").read_bytes())
        contents.pop("seal")
        change(contents)
        part = self.home / "packages" / "part"
        shutil.copytree(self.package(self.version), part)
        sealed = {**contents, "seal": sha256_of(contents)}
        (part / "package.json").write_bytes(canonical_bytes(sealed))
        sha256 = folder_hash(part)
        part.rename(part.with_name(sha256))
        return {"package_sha256": sha256}


def made(home, train, estimator):
    night, evidence, snapshot = train(home, estimator)
    version = RegisteredVersion(
        "lender", 1, NIGHT, night.package_sha256, evidence.sha256, "promoted", NIGHT, "r", ()
    )
    return Lender(home, version, snapshot)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, train_a_night):
    return made(tmp_path_factory.mktemp("lender"), train_a_night, "scorecard")


@pytest.fixture
def lender(trained, tmp_path):
    """A copy of the lender's home that a test may damage."""
    shutil.copytree(trained.home, tmp_path, dirs_exist_ok=True)
    return replace(trained, home=tmp_path)


def left_in_scratch(home):
    return [path for path in (home / "scratch").glob("*") if path.name != ".lock"]


@pytest.mark.parametrize("estimator", ["scorecard", "xgboost"])
def test_the_same_record_gives_the_same_bytes(tmp_path, train_a_night, estimator):
    lender = made(tmp_path, train_a_night, estimator)
    packages = sorted(path.name for path in (tmp_path / "packages").iterdir())
    found = lender.again()
    assert (found.outcome, found.differences) == ("same", ())
    assert found.found == found.expected == lender.version.package_sha256
    assert sorted(path.name for path in (tmp_path / "packages").iterdir()) == packages
    assert left_in_scratch(tmp_path) == []


def test_an_attempt_is_put_on_record_with_its_moment_and_its_code(lender):
    assert lender.recorded() is None
    lender.again()
    told = lender.recorded()
    assert (told["outcome"], told["version"], told["as_of"]) == ("same", 1, "2025-04-10")
    assert told["reproduced_at"] == "2025-05-01T09:30:00+00:00"
    assert told["code"] == code_provenance().plain()
    assert lender.record.read_bytes() == canonical_bytes(told)


def test_a_record_says_nothing_about_another_package_of_that_number(lender):
    lender.again()
    other = replace(lender.version, package_sha256="0" * 64)
    assert last_reproduction(lender.home, "lender", other) is None


@pytest.mark.parametrize("damage", [b"{}", b"no json", b"[1]"])
def test_a_record_that_cannot_be_read_is_an_error_that_says_how_to_mend_it(lender, damage):
    lender.record.parent.mkdir(parents=True)
    lender.record.write_bytes(damage)
    with pytest.raises(EvidenceError, match=r"lender/1\.json is not readable") as error:
        lender.recorded()
    assert "pipelines reproduce lender 1" in error.value.fix


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(cutoff=0.5), "the cut-off: 0.5 then, "),
        (lambda c: c["calibration"].update(slope=2.0), "the calibration: other numbers"),
        (lambda c: c["provenance"].update(seed=12), "seed: 12 then, 11 now"),
        (lambda c: c["provenance"].update(threads=2), "threads: 2 then, "),
        (
            lambda c: c["provenance"].update(libraries=[["numpy", "1.0"]]),
            f"libraries: numpy 1.0 then, {np.__version__} now",
        ),
        (
            lambda c: c["provenance"].update(parameters=[["depth", 3]]),
            "parameters: depth 3 then, none now",
        ),
        (lambda c: c["contract"][0].update(reason="Other"), "the feature contract: other income"),
        (lambda c: c.update(typical=[0.0, 0.0]), "the typical contributions"),
    ],
)
def test_what_differs_is_named(lender, change, said):
    changed = lender.with_package(change)
    found = lender.again(**changed)
    if said.startswith("threads"):  # it is made with the threads of the package
        assert not any(each.startswith("threads") for each in found.differences)
        return
    assert found.outcome == "differs"
    assert [each for each in found.differences if each.startswith(said)], found.differences


def test_scores_are_compared_where_bytes_differ(lender):
    (numbers,) = [parse((lender.package(lender.version) / "package.json").read_bytes())]
    assert numbers["calibration"]["kind"] == "sigmoid"
    same = lender.again(**lender.with_package(lambda c: c.update(cutoff=0.5)))
    assert (same.largest_score_difference, same.rows_compared) == (0.0, 1000)
    moved = lender.again(**lender.with_package(lambda c: c["calibration"].update(intercept=0.5)))
    assert 0 < moved.largest_score_difference < 0.5


def test_another_baseline_and_other_windows_are_named(lender):
    evidence = json.loads(
        evidence_path(lender.home, "lender", lender.version.evidence_sha256).read_bytes()
    )
    evidence["baseline"]["package_sha256"] = "0" * 64
    evidence["windows"]["train"]["rows"] += 1
    content = canonical_bytes(evidence)
    sha256 = sha256_of(evidence)
    evidence_path(lender.home, "lender", sha256).write_bytes(content)
    found = lender.again(evidence_sha256=sha256)
    assert found.differences[:2] == (
        "the window train holds other rows",
        "the baseline's package differs",
    )


def test_an_altered_snapshot_is_named_and_put_on_record(lender):
    path = snapshot_path(lender.home, lender.snapshot)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(EvidenceError, match=f"{path.name} was altered"):
        lender.again()
    told = lender.recorded()
    assert (told["outcome"], told["found"]) == ("impossible", None)
    assert "was altered" in told["differences"][0]


@pytest.mark.parametrize("gone", ["snapshot", "manifest", "evidence", "package"])
def test_whatever_is_gone_is_named(lender, gone):
    path = snapshot_path(lender.home, lender.snapshot)
    {
        "snapshot": path.unlink,
        "manifest": path.with_suffix(".json").unlink,
        "evidence": evidence_path(lender.home, "lender", lender.version.evidence_sha256).unlink,
        "package": (lender.package(lender.version) / "package.json").unlink,
    }[gone]()
    with pytest.raises(EvidenceError, match="lender version 1 cannot be made again"):
        lender.again()
    assert lender.recorded()["outcome"] == "impossible"
    assert left_in_scratch(lender.home) == []


def test_altered_evidence_is_not_trusted(lender):
    path = evidence_path(lender.home, "lender", lender.version.evidence_sha256)
    path.write_bytes(path.read_bytes().replace(b"scorecard", b"xgboost"))
    with pytest.raises(EvidenceError, match="was altered"):
        lender.again()


def test_nothing_of_a_customer_is_in_the_record(lender):
    found = lender.again(**lender.with_package(lambda c: c.update(cutoff=0.5)))
    keys = {f"{row:064x}" for row in range(1, ROWS)}
    text = lender.record.read_text()
    assert found.outcome == "differs"
    assert not any(key in text for key in keys)


def test_a_reproduction_that_is_killed_leaves_nothing_half_written(lender):
    """Killed while it trains: no record, and the next attempt sweeps its scratch space."""
    code = textwrap.dedent("""
        import pickle, sys, time
        from pipelines_lib.governance import reproduction
        from datetime import UTC, datetime
        home, version = pickle.load(sys.stdin.buffer)
        def slow(*args, **kwargs):
            print("training", flush=True)
            time.sleep(600)
        reproduction.train_candidate = slow
        fetch = lambda each: home / "packages" / each.package_sha256
        reproduction.reproduce(home, version, fetch, now=datetime.now(UTC), tell=lambda _: None)
    """)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdin.write(pickle.dumps((lender.home, lender.version)))
        process.stdin.close()
        assert process.stdout.readline().strip() == b"training"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not lender.record.exists()
    assert left_in_scratch(lender.home)
    assert lender.again().outcome == "same"
    assert left_in_scratch(lender.home) == []
