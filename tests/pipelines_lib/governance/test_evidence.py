"""Evidence: one byte string for one meaning, named by its hash, never altered unnoticed."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines_lib.canonical import canonical_bytes, sha256_bytes
from pipelines_lib.errors import EvidenceError
from pipelines_lib.governance.evidence import (
    latest_run,
    read_evidence,
    record_report,
    record_version,
    run_of,
    runs,
)
from pipelines_lib.governance.pack_wording import drawn, required_of
from pipelines_lib.results import CheckResult, Consequence, Outcome, Requirement, Verdict

NIGHT = date(2025, 3, 31)
REHASH = """
import json, sys
from pipelines_lib.canonical import canonical_bytes, sha256_bytes
print(sha256_bytes(canonical_bytes(json.load(sys.stdin))))
"""
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-(2.0**53) + 1, 2.0**53 - 1)  # beyond, JSON cannot tell whole numbers apart
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def turned(value):
    """The same meaning with every mapping's order reversed."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value


@given(json_values)
def test_the_order_of_keys_does_not_count(value):
    assert canonical_bytes(turned(value)) == canonical_bytes(value)


@given(json_values)
def test_writing_what_was_read_gives_the_same_bytes(value):
    written = canonical_bytes(value)
    assert canonical_bytes(json.loads(written)) == written


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_another_process_computes_the_same_hash(bank, seed):
    pack = bank.pack()
    told = subprocess.run(
        [sys.executable, "-c", REHASH],
        input=json.dumps(turned(pack.plain())),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    assert told.stdout.strip() == pack.sha256


def test_the_order_in_which_figures_were_made_does_not_count(bank):
    pack = bank.pack()
    other = replace(pack, figures={"b": {"y": 1, "x": 2}, "a": None})
    same = replace(pack, figures={"a": None, "b": {"x": 2, "y": 1}})
    assert other.sha256 == same.sha256 != pack.sha256


def test_the_file_is_named_by_the_hash_of_its_bytes_and_says_its_format(bank):
    evidence = bank.write(bank.pack())
    data = evidence.path.read_bytes()
    assert evidence.path == bank.home / f"evidence/credit_default/{sha256_bytes(data)}.json"
    assert json.loads(data)["format"] == "pipelines-evidence/1"
    assert read_evidence(bank.home, "credit_default", evidence.sha256) == json.loads(data)


def test_a_figure_that_is_no_number_is_null_in_evidence(bank):
    pack = replace(bank.pack(), figures={"auc": float("nan")})
    assert pack.plain()["figures"] == {"auc": None}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_leaves_evidence_and_a_run_record(bank, verdict):
    evidence = bank.write(bank.pack(verdict))
    record = run_of(bank.home, "credit_default", NIGHT)
    assert record is not None
    assert (record.verdict, record.evidence_sha256) == (verdict, evidence.sha256)
    assert (record.package_sha256 is None) == (verdict is Verdict.STOPPED)
    assert record.version is None


def test_the_record_points_at_the_latest_run_of_the_night_and_keeps_the_earlier_pack(bank):
    first = bank.write(bank.pack(run_id="run-1"))
    second = bank.write(bank.pack(run_id="run-2"))
    record = run_of(bank.home, "credit_default", NIGHT)
    assert record is not None
    assert (record.run_id, record.evidence_sha256) == ("run-2", second.sha256)
    assert first.path.is_file()


def test_version_and_report_are_added_to_the_record(bank):
    bank.write(bank.pack())
    record_version(bank.home, "credit_default", NIGHT, 3)
    record = record_report(bank.home, "credit_default", NIGHT, "reports/night.html")
    assert (record.version, record.report) == (3, "reports/night.html")
    assert run_of(bank.home, "credit_default", NIGHT) == record


def test_the_latest_run_is_of_the_newest_night_whenever_it_was_run(bank):
    for night in (date(2025, 4, 2), date(2025, 3, 30), NIGHT):
        bank.write(bank.pack(as_of=night, model=str(night).encode()))
    newest = latest_run(bank.home, "credit_default")
    assert newest is not None
    assert newest.as_of == date(2025, 4, 2)
    assert [run.as_of.day for run in runs(bank.home, "credit_default")] == [30, 31, 2]


def test_a_model_that_never_ran_has_no_runs(tmp_path):
    assert latest_run(tmp_path, "nobody") is None
    assert run_of(tmp_path, "nobody", NIGHT) is None
    assert runs(tmp_path, "nobody") == ()


def test_altered_evidence_is_not_read(bank):
    evidence = bank.write(bank.pack())
    data = evidence.path.read_bytes()
    evidence.path.write_bytes(data.replace(b'"n":900', b'"n":901'))
    with pytest.raises(EvidenceError, match="was altered"):
        read_evidence(bank.home, "credit_default", evidence.sha256)


def test_missing_evidence_says_what_to_do(bank):
    with pytest.raises(EvidenceError, match=r"missing.*\n.*backup"):
        read_evidence(bank.home, "credit_default", "0" * 64)


def test_a_hash_that_is_none_never_becomes_a_path(bank):
    with pytest.raises(EvidenceError, match="is not the hash"):
        read_evidence(bank.home, "credit_default", "../../secrets")


def test_a_record_that_cannot_be_read_is_an_evidence_error(bank):
    bank.write(bank.pack())
    (bank.home / "runs/credit_default/2025-03-31.json").write_bytes(b"{")
    with pytest.raises(EvidenceError, match="not readable"):
        latest_run(bank.home, "credit_default")


def test_no_version_can_be_recorded_for_a_night_that_was_never_run(tmp_path):
    with pytest.raises(EvidenceError, match="No run of m"):
        record_version(tmp_path, "m", NIGHT, 1)


def test_a_result_says_nothing_where_it_has_nothing_to_say(bank):
    silent = CheckResult("GOV-001", "model", Outcome.PASSED, "yes", "house", "All is there")
    pack = replace(bank.pack(), checks=(*bank.pack().checks, silent))
    said = pack.plain()["checks"]
    assert set(said[-1]) == {"code", "subject", "outcome", "required", "basis", "explanation"}
    assert tuple(CheckResult.from_plain(each) for each in said) == pack.checks


def test_requirements_are_grouped_and_found_again(bank):
    asked = (
        Requirement("PERF-001", "validation", Consequence.HARD),
        Requirement("PERF-001", "out_of_time", Consequence.HARD),
        Requirement("PERF-002", "out_of_time", Consequence.SCREEN),
    )
    said = replace(bank.pack(), requirements=asked).plain()
    assert len(said["requirements"]) == 2
    assert tuple(required_of(said)) == asked


def test_a_pack_that_names_one_subject_an_entry_is_still_read():
    one = {"code": "PERF-001", "subject": "train", "consequence": "hard"}
    assert tuple(required_of({"requirements": [one]})) == (
        Requirement("PERF-001", "train", Consequence.HARD),
    )


def test_drawn_figures_keep_five_digits_and_edges_all_of_them():
    figures = {"auc": 0.123456789, "bins": [{"low": 1234567.891}], "n": 3}
    assert drawn("performance", figures) == {
        "auc": 0.12346,
        "bins": [{"low": 1234600.0}],
        "n": 3,
    }
    assert drawn("segments", figures) == figures
