"""GOV-009: whether the candidate could be made again from what is on record."""

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
import yaml

from pipelines_lib.assurance.model_risk.reproducible import check_reproducible
from pipelines_lib.assurance.origin import Origin
from pipelines_lib.assurance.requirements import required
from pipelines_lib.data.snapshots import snapshot_path, write_snapshot
from pipelines_lib.modelling.package import Provenance
from pipelines_lib.results import Outcome

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
LIBRARIES = {"numpy": "2.4.6", "xgboost": "3.2.0"}


@pytest.fixture
def record(spec, ruled, tmp_path):
    """Everything on record and whole, of which a test may spoil a part."""
    snapshot = write_snapshot(
        tmp_path, pa.table({"key": ["a", "b"]}), kind="applications", as_of=date(2025, 4, 10)
    )
    text = yaml.safe_dump(spec.model_dump(mode="json", exclude_none=True), sort_keys=False)
    origin = Origin(text, "0.1.0", "c" * 40, False, LIBRARIES, LIBRARIES, None)
    made = Provenance(spec.sha256, snapshot.sha256, 1, 2, 5, (), (("numpy", "2.4.6"),))

    def record(*, spec=spec, made=made, origin=origin, champion=False, **parameters):
        found = check_reproducible(
            spec,
            ruled("GOV-009", **parameters),
            home=tmp_path,
            snapshot=snapshot,
            made=made,
            origin=origin,
            champion=champion,
        )
        return {each.subject: each for each in found}

    record.made, record.origin, record.file = made, origin, snapshot_path(tmp_path, snapshot)
    return record


def outcomes(found):
    return {name: each.outcome for name, each in found.items()}


def test_what_is_on_record_and_whole_passes(record):
    assert outcomes(record()) == dict.fromkeys(("data", "spec", "fit", "code"), PASSED)


@pytest.mark.parametrize("champion", [True, False])
def test_the_gate_insists_on_exactly_what_is_answered(record, spec, ruled, champion):
    insisted = required(spec, ruled("GOV-009"), champion=champion, stage="promotion")
    assert [each.subject for each in insisted] == list(record(champion=champion))


def test_one_changed_byte_of_the_snapshot_fails(record):
    data = bytearray(record.file.read_bytes())
    data[len(data) // 2] ^= 1
    record.file.write_bytes(bytes(data))
    assert outcomes(record()) == {"data": FAILED, "spec": PASSED, "fit": PASSED, "code": PASSED}


def test_a_snapshot_that_is_gone_fails_and_is_named(record):
    record.file.unlink()
    found = record()["data"]
    assert found.outcome is FAILED
    assert f"{record.file.name} is missing" in found.explanation


def test_a_package_of_another_snapshot_fails(record):
    found = record(made=replace(record.made, snapshot_sha256="0" * 64))["data"]
    assert (found.outcome, found.explanation) == (FAILED, "the package names another snapshot")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model: cards\n  bad", "cannot be read again"),
        ("model: cards\n", "cannot be read again"),
    ],
)
def test_a_spec_whose_text_no_longer_reads_fails(record, text, said):
    found = record(origin=replace(record.origin, spec_text=text))["spec"]
    assert found.outcome is FAILED
    assert said in found.explanation


def test_a_spec_whose_text_means_something_else_fails(record):
    text = record.origin.spec_text.replace("Default on cards", "Another title")
    found = record(origin=replace(record.origin, spec_text=text))["spec"]
    assert (found.outcome, found.explanation) == (FAILED, "its text means something else")


def test_a_package_of_another_spec_fails(record):
    assert record(made=replace(record.made, spec_sha256="0" * 64))["spec"].outcome is FAILED


@pytest.mark.parametrize(
    ("made", "said"),
    [({"seed": 2}, "seed 2, the spec says 1"), ({"threads": 0}, "threads is not on record")],
)
def test_seed_and_threads_must_be_those_of_the_spec_and_on_record(record, made, said):
    found = record(made=replace(record.made, **made))["fit"]
    assert found.outcome is FAILED
    assert said in found.explanation


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"pinned": {"numpy": "2.4.5", "xgboost": "3.2.0"}},
            "numpy 2.4.6 is used, 2.4.5 is pinned",
        ),
        ({"pinned": {"numpy": "2.4.6"}}, "xgboost 3.2.0 is used, not pinned"),
        ({"libraries": {"numpy": "2.5"}}, "numpy 2.4.6 made the package, 2.5 is installed"),
    ],
)
def test_a_library_in_a_version_that_nobody_pinned_is_named(record, change, said):
    found = record(origin=replace(record.origin, **change))["fit"]
    assert found.outcome is FAILED
    assert said in found.explanation


def test_without_a_lock_file_it_is_enough_that_versions_are_on_record(record):
    found = record(origin=replace(record.origin, pinned=None))["fit"]
    assert found.outcome is PASSED
    assert found.explanation.endswith("are on record")


@pytest.mark.parametrize(
    ("commit", "dirty", "outcome"),
    [
        ("c" * 40, False, PASSED),
        ("c" * 40, True, FAILED),
        ("c" * 40, None, OPEN),
        (None, None, PASSED),
    ],
)
def test_code_is_a_commit_without_changes_or_a_release(record, commit, dirty, outcome):
    origin = replace(record.origin, commit=commit, dirty=dirty)
    assert record(origin=origin)["code"].outcome is outcome


def test_an_origin_nobody_recorded_is_not_enough_evidence(record):
    found = outcomes(record(origin=None, champion=True, reproduced_up_to_tier=3))
    assert found == {"data": PASSED, "spec": OPEN, "fit": OPEN, "code": OPEN, "champion": OPEN}


@pytest.mark.parametrize(("up_to", "outcome"), [(0, PASSED), (1, PASSED), (2, OPEN), (3, OPEN)])
def test_a_champion_nobody_made_again_waits_up_to_the_tier_of_the_policy(record, up_to, outcome):
    found = record(champion=True, reproduced_up_to_tier=up_to)["champion"]  # a spec of tier 2
    assert (found.outcome, found.explanation) == (outcome, "no reproduction of it is on record")


@pytest.mark.parametrize(
    ("ended", "outcome"),
    [("same", PASSED), ("differs", FAILED), ("impossible", FAILED), ("unreadable", OPEN)],
)
def test_the_last_reproduction_of_the_champion_counts(record, ended, outcome):
    told = {"version": 3, "outcome": ended}
    if ended != "unreadable":
        told |= {"reproduced_at": "2025-04-11T09:00:00+00:00", "differences": ["threads: 1 then"]}
    found = record(origin=replace(record.origin, reproduction=told), champion=True)["champion"]
    assert found.outcome is outcome
    assert "version 3" in found.explanation
