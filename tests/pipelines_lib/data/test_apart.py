"""The data contract held in another process gives the same answers, or a clear error."""

from datetime import date
from pathlib import Path

import pytest

from pipelines_lib.data import apart
from pipelines_lib.data.apart import check_quality_apart
from pipelines_lib.data.quality import check_quality
from pipelines_lib.data.snapshots import Snapshot
from pipelines_lib.errors import EvidenceError, ServiceError
from pipelines_lib.spec.loading import load_policies
from pipelines_lib.spec.rulebook import rulebook

POLICIES = Path(__file__).parents[3] / "deployments" / "policies"


@pytest.fixture
def delivered(bank):
    bank.deliver()
    packs = {name: loaded.pack for name, loaded in load_policies(POLICIES).items()}
    rules = rulebook(bank.spec, packs, date(2025, 6, 1))
    applications = bank.ingest().applications
    return {"spec": bank.spec, "applications": applications, "home": bank.home, "rules": rules}


@pytest.fixture
def process():
    with apart.held_apart():
        (examiner,) = apart._started
        yield examiner.process
    examiner.process.join(60)
    assert not examiner.process.is_alive()


def asked(delivered, **instead):
    given = {**delivered, **instead}
    return check_quality_apart(
        given["spec"], given["applications"], home=given["home"], rules=given["rules"]
    )


def test_the_answer_is_that_of_this_process(delivered, process):
    there = asked(delivered)
    here = check_quality(
        delivered["spec"],
        delivered["applications"],
        home=delivered["home"],
        rules=delivered["rules"],
    )
    assert there == here
    assert len(there.checks) > 5


def test_where_no_process_was_started_the_check_is_made_here(delivered):
    assert apart._started == []
    assert asked(delivered).checks


def test_an_error_of_ours_comes_back_as_itself(delivered, process):
    gone = Snapshot.from_plain(
        {
            "sha256": "0" * 64,
            "rows": 1,
            "columns": ["key"],
            "as_of": "2025-01-01",
            "kind": "applications",
            "sources": [],
        }
    )
    with pytest.raises(EvidenceError):
        asked(delivered, applications=gone)


def test_a_process_that_was_killed_is_said_to_be(delivered, process):
    process.kill()
    process.join(30)
    with pytest.raises(ServiceError, match="ended from outside"):
        asked(delivered)


def test_a_defect_there_shows_its_place_and_no_value(delivered, process):
    with pytest.raises(apart.CheckNotRunError, match="AttributeError in") as caught:
        asked(delivered, spec="Mrs Miller")
    assert "Miller" not in str(caught.value)
