"""One changed byte anywhere is found and named; so is a missing file; nothing is written."""

import shutil
from datetime import date

import pytest

from pipelines_lib.errors import EvidenceError
from pipelines_lib.governance.evidence import record_report
from pipelines_lib.governance.verification import verify
from pipelines_lib.results import Verdict

NIGHT = date(2025, 3, 31)
MODEL = "credit_default"


def problems(findings):
    return {finding.subject: finding.problem for finding in findings if finding.problem}


def flip(path, position=-1):
    """Change one byte of a file."""
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(bytes(data))


def state(home):
    files = [path for path in home.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def only(home, pattern):
    (path,) = home.glob(pattern)
    return path


def test_what_was_written_is_found_whole_and_nothing_is_written(bank):
    bank.write(bank.pack())
    before = state(bank.home)
    findings = verify(bank.home, MODEL, NIGHT)
    assert problems(findings) == {}
    assert {finding.subject.split(" ")[0] for finding in findings} >= {
        "evidence",
        "spec",
        "policy",
        "snapshot",
        "manifest",
        "package",
        "run",
    }
    assert state(bank.home) == before


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("evidence/*/*.json", "evidence"),
        ("snapshots/*.parquet", "snapshot"),
        ("snapshots/*.json", "manifest"),
        ("packages/*/model.ubj", "model.ubj"),
        ("packages/*/package.json", "package.json"),
    ],
)
def test_one_changed_byte_is_found_and_named_and_so_is_a_missing_file(bank, pattern, named):
    bank.write(bank.pack())
    path = only(bank.home, pattern)
    original = path.read_bytes()
    for position in (0, len(original) // 2, len(original) - 1):
        path.write_bytes(original)
        flip(path, position)
        found = problems(verify(bank.home, MODEL, NIGHT))
        assert any(named in f"{subject} {problem}" for subject, problem in found.items())
        assert any("altered" in problem for problem in found.values())
    path.unlink()
    found = problems(verify(bank.home, MODEL, NIGHT))
    assert any(named in f"{subject} {problem}" for subject, problem in found.items())


def test_every_single_byte_of_the_evidence_counts(bank):
    evidence = bank.write(bank.pack())
    for position in range(0, len(evidence.path.read_bytes()), 97):
        flip(evidence.path, position)
        assert problems(verify(bank.home, MODEL, evidence.sha256))
        flip(evidence.path, position)
    assert not problems(verify(bank.home, MODEL, evidence.sha256))


@pytest.mark.parametrize(("old", "new"), [(b"promoted", b"rejected"), (b"run-1", b"run-2")])
def test_a_run_record_that_tells_another_story_is_found(bank, old, new):
    bank.write(bank.pack())
    path = only(bank.home, "runs/*/*.json")
    path.write_bytes(path.read_bytes().replace(old, new))
    assert problems(verify(bank.home, MODEL, NIGHT)) == {"run record 2025-03-31": "was altered"}


def test_a_record_in_another_layout_was_written_by_somebody_else(bank):
    bank.write(bank.pack())
    path = only(bank.home, "runs/*/*.json")
    path.write_bytes(path.read_bytes() + b"\n")
    assert problems(verify(bank.home, MODEL, NIGHT)) == {"run record 2025-03-31": "was altered"}


def test_a_file_added_to_a_package_does_not_belong_there(bank):
    bank.write(bank.pack())
    (only(bank.home, "packages/*") / "evil.pkl").write_bytes(b"")
    (problem,) = problems(verify(bank.home, MODEL)).values()
    assert problem.startswith("evil.pkl does not belong there")


def test_a_manifest_of_the_run_that_first_wrote_the_snapshot_is_accepted(bank):
    first = bank.pack(run_id="run-1")
    bank.write(first)
    told = dict(first.snapshots["clean"], rows=1, sources=["a later delivery"])
    later = type(first)(**{**vars_of(first), "snapshots": {"applications": told}})
    bank.write(later)
    assert problems(verify(bank.home, MODEL, NIGHT)) == {}


def vars_of(pack):
    return {name: getattr(pack, name) for name in type(pack).__dataclass_fields__}


def test_a_report_that_is_gone_is_found(bank):
    bank.write(bank.pack())
    record_report(bank.home, MODEL, NIGHT, "reports/night.html")
    (problem,) = problems(verify(bank.home, MODEL)).values()
    assert problem == "points at a report that is missing"


def test_a_stopped_run_is_verified_without_package(bank):
    bank.write(bank.pack(Verdict.STOPPED))
    findings = verify(bank.home, MODEL)
    assert problems(findings) == {}
    assert not any("package" in finding.subject for finding in findings)


@pytest.mark.parametrize("target", [date(2020, 1, 1), 7, None])
def test_what_is_not_on_record_cannot_be_verified(bank, target):
    with pytest.raises(EvidenceError, match="on record"):
        verify(bank.home, "nobody", target)


def test_a_version_is_found_by_its_number_and_its_copies_are_hashed_too(prepared):
    version = prepared.night()
    prepared.conclude(prepared.pack(run_id="run-2"))
    assert version is not None
    by_number = verify(prepared.home, MODEL, 1, registry=prepared.registry)
    by_night = verify(prepared.home, MODEL, NIGHT, registry=prepared.registry)
    assert problems((*by_number, *by_night)) == {}
    copies = {finding.subject for finding in by_number} & {f.subject for f in by_night}
    assert "registry's copy of the model of version 1" in copies
    assert "registry's copy of the evidence of version 1" in copies


def test_every_file_the_registry_keeps_of_a_version_is_named_when_it_changes(prepared):
    assert prepared.night() is not None
    files = [path for path in (prepared.home / "mlflow/artifacts").rglob("*") if path.is_file()]
    assert len(files) >= 6
    for path in files:
        flip(path)
        found = problems(verify(prepared.home, MODEL, 1, registry=prepared.registry))
        flip(path)
        assert len(found) == 1
        ((subject, problem),) = found.items()
        assert path.name in problem or ("evidence" in subject and "evidence" in str(path))
    shutil.rmtree(prepared.home / "mlflow/artifacts")
    assert len(problems(verify(prepared.home, MODEL, 1, registry=prepared.registry))) == 2


def test_a_version_linked_to_other_evidence_is_found(prepared):
    assert prepared.night(model=b"one") is not None
    other = prepared.night(as_of=date(2025, 4, 1), model=b"two")
    assert other is not None
    path = prepared.home / "runs/credit_default/2025-03-31.json"
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))
    found = problems(verify(prepared.home, MODEL, NIGHT, registry=prepared.registry))
    assert found == {"version 2": "is linked to other evidence"}
