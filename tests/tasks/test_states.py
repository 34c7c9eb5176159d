"""What the dashboard shows at the end of a run."""

from datetime import date
from pathlib import Path

import pytest

from pipelines_lib.reporting.summary import EvidenceAddress, RunSummary
from pipelines_lib.results import Verdict
from tasks.states import final_state


def summary(verdict, *, version=None, reasons=(), judgement=()):
    return RunSummary(
        model="m",
        as_of=date(2025, 4, 10),
        run_id="r",
        verdict=verdict,
        version=version,
        reasons_against=tuple(reasons),
        needs_judgement=tuple(judgement),
        warnings=(),
        checks=(),
        metrics={},
        evidence=EvidenceAddress(Path("e"), "0" * 64),
        report=Path("r.html"),
        model_sha256=None,
        seconds={},
    )


@pytest.mark.parametrize(
    ("verdict", "kind", "name"),
    [
        (Verdict.PROMOTED, "COMPLETED", "Completed"),
        (Verdict.AWAITING_APPROVAL, "COMPLETED", "AwaitingApproval"),
        (Verdict.REJECTED, "COMPLETED", "Rejected"),
        (Verdict.STOPPED, "FAILED", "Stopped"),
    ],
)
def test_only_a_stop_is_a_failure(verdict, kind, name):
    ended = summary(verdict, version=1, reasons=["DATA-002 a: failed"])
    state = final_state(ended)
    assert (state.type.value, state.name, state.data) == (kind, name, ended)


def test_the_message_names_the_first_reasons_and_counts_the_rest():
    state = final_state(summary(Verdict.REJECTED, reasons=["a", "b", "c", "d", "e"]))
    assert state.message == "a, b, c and 2 more"


@pytest.mark.parametrize(
    ("judgement", "text"),
    [
        ((), "Version 3 waits for approval: the tier asks for people"),
        (("FAIR-001 x",), "Version 3 waits for approval: FAIR-001 x"),
    ],
)
def test_a_waiting_version_says_what_it_waits_for(judgement, text):
    ended = summary(Verdict.AWAITING_APPROVAL, version=3, judgement=judgement)
    assert final_state(ended).message == text
