"""PERF-019: whom a case is about travels as a pseudonym, and only where the spec asks for it."""

import pyarrow as pa
import pytest

from pipelines_lib.data.pseudonyms import pseudonym
from pipelines_lib.data.snapshots import read_snapshot
from pipelines_lib.errors import SpecError
from pipelines_lib.results import Outcome
from pipelines_lib.spec.model_spec import ModelSpec

SECRET = b"a secret of the test bank, long enough"


@pytest.fixture
def cards(bank, tables, monkeypatch):
    """A bank whose accounts name a card; its spec gives a capacity by card."""
    accounts = tables["accounts"]()
    card = [None if place == 5 else f"K{place % 7}" for place in range(accounts.num_rows)]
    bank.deliver()
    bank.table("accounts.csv", accounts.append_column("card", pa.array(card)))
    plain = type(bank).spec.fget

    def with_capacity(entity):
        def spec(self):
            data = plain(self).model_dump(mode="json")
            data["decision"]["capacity"] = {"per_night": 3, "entity": entity}
            return ModelSpec.model_validate(data)

        monkeypatch.setattr(type(bank), "spec", property(spec))
        return bank

    return with_capacity


def test_the_entity_is_pseudonymised_as_the_key_is_and_blanks_stay_blank(cards):
    bank = cards("card")
    ingestion = bank.ingest()
    assert all(check.passed for check in ingestion.checks)
    rows = {row["key"]: row for row in read_snapshot(bank.home, ingestion.applications).to_pylist()}
    for place in (0, 1, 5, 8):
        expected = None if place == 5 else pseudonym(SECRET, f"K{place % 7}")
        assert rows[pseudonym(SECRET, f"C{place:04d}")]["entity"] == expected
    assert "card" not in ingestion.applications.columns


def test_a_card_has_the_same_pseudonym_every_time(cards):
    bank = cards("card")
    ingestion = bank.ingest()
    found = read_snapshot(bank.home, ingestion.applications, ["entity"])["entity"]
    assert len(set(found.to_pylist())) == 7 + 1
    assert bank.ingest().applications.sha256 == ingestion.applications.sha256


def test_a_capacity_by_key_needs_no_column_of_its_own(cards):
    bank = cards("id")
    assert "entity" not in bank.ingest().applications.columns


def test_without_a_capacity_the_snapshot_is_as_it_was(bank):
    bank.deliver()
    assert "entity" not in bank.ingest().applications.columns


def test_an_entity_that_is_not_delivered_is_told_before_anything_is_read(cards):
    ingestion = cards("account").ingest()
    assert ingestion.applications is None
    (told,) = [each for each in ingestion.checks if each.outcome is Outcome.FAILED][:1]
    assert "account" in told.explanation


def test_no_feature_may_bear_the_name_of_the_reserved_column(cards):
    bank = cards("card")
    bank.features = [{"name": "Entity", "source": "accounts", "type": "number"}]
    with pytest.raises(SpecError, match="Entity"):
        bank.ingest()
