"""A run knows its model, its night and the rules of that night, and travels between tasks."""

import pickle
from datetime import UTC, date, datetime

import pytest

from pipelines_lib.errors import SpecError
from pipelines_lib.spec.run import open_run

NOW = datetime(2025, 4, 10, 2, tzinfo=UTC)


def opened(bank, as_of=date(2025, 4, 10)):
    return open_run(
        bank.load(), as_of=as_of, run_id="r1", started_at=NOW, settings=bank.settings
    )  # fmt: skip


def test_a_run_holds_the_rules_of_its_night_with_the_specs_tighter_limits(bank):
    run = opened(bank)
    assert run.spec.model == "cards"
    assert run.label == "cards as of 2025-04-10"
    assert run.rules.rule("PERF-001").limit == 0.72
    assert run.rules.rule("DATA-002").limit == 0.01
    assert not run.rules.approval_required


def test_a_night_before_the_policy_is_in_force_cannot_be_run(bank):
    with pytest.raises(SpecError, match="Policy house is not in force on 2024-12-31"):
        opened(bank, date(2024, 12, 31))


def test_a_run_travels_between_processes(bank):
    run = opened(bank)
    assert pickle.loads(pickle.dumps(run)) == run
