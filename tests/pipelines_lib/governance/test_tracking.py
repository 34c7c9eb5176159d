"""What of the evidence reaches a tracking run, and what makes two runs the same."""

from dataclasses import replace
from datetime import date

import pytest

from pipelines_lib.governance import tracking
from pipelines_lib.results import PromotionDecision, Verdict


def test_the_clock_and_the_run_id_do_not_make_another_run(bank):
    first, second = bank.pack(run_id="run-1"), bank.pack(run_id="run-2")
    assert first.sha256 != second.sha256
    assert tracking.run_key(first.plain()) == tracking.run_key(second.plain())


def test_another_night_package_or_verdict_makes_another_run(bank):
    packs = [
        bank.pack(),
        bank.pack(as_of=date(2025, 4, 1)),
        bank.pack(model=b"other trees"),
        bank.pack(Verdict.REJECTED),
        replace(bank.pack(), decision=PromotionDecision(("PERF-001",), (), (), True)),
    ]
    assert len({tracking.run_key(pack.plain()) for pack in packs}) == len(packs)


def test_metrics_are_named_by_window_and_skip_what_could_not_be_computed():
    windows = {
        "out_of_time": {
            "auc": 0.78,
            "ks": None,
            "auc_interval": {"low": 0.76, "high": 0.8, "confidence": 0.95},
        },
        "train": None,
    }
    data = {"verdict": "rejected", "figures": {"performance": {"windows": windows}}}
    assert tracking.metrics(data) == {
        "out_of_time.auc": 0.78,
        "out_of_time.auc_interval.low": 0.76,
        "out_of_time.auc_interval.high": 0.8,
        "out_of_time.auc_interval.confidence": 0.95,
    }


@pytest.mark.parametrize("figures", [{}, {"performance": None}, {"quality": {}}])
def test_a_run_without_performance_has_no_metrics(figures):
    assert tracking.metrics({"verdict": "rejected", "figures": figures}) == {}


def test_a_stopped_run_has_neither_package_nor_metrics(bank):
    pack = bank.pack(Verdict.STOPPED)
    assert "package_sha256" not in tracking.tags(pack)
    assert tracking.metrics(pack.plain()) == {}
    assert tracking.parameters(pack.plain()) == {"seed": "7"}


def test_data_is_named_by_content(bank):
    source, snapshot = tracking.inputs(bank.pack().plain())
    assert (source.name, source.digest, source.context) == ("accounts", "ab" * 18, "source")
    assert snapshot.uri.endswith(".parquet")
    assert len(snapshot.digest) == 36


def test_tags_link_evidence_snapshot_spec_and_code(bank):
    pack = bank.pack()
    tags = tracking.tags(pack)
    assert tags["evidence_sha256"] == pack.sha256
    assert {"snapshot_sha256", "spec_sha256", "package_sha256", "code_version"} <= tags.keys()


def test_a_start_time_is_read_with_its_zone():
    assert tracking.started_ms({"run": {"started_at": "1970-01-01T01:00:01+01:00"}}) == 1000
