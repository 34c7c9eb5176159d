"""The note for operations: golden for each verdict, short whatever happens, plain text only."""

import os
import re
from pathlib import Path

import pytest

from pipelines_lib.reporting.artifact import actions, markdown

GOLDEN = Path(__file__).parents[2] / "golden" / "reporting"
VERDICTS = ("promoted", "awaiting_approval", "rejected", "stopped")
LONGEST = 60


def golden(name: str, found: str) -> str:
    """The golden text; written only on request, and never where CI is set."""
    path = GOLDEN / name
    if os.environ.get("PYTEST_GOLDEN") == "write" and not os.environ.get("CI"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert path.exists(), f"{path.name} is missing. If the text is right: make golden"
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_note_reads_as_agreed(build, verdict):
    found = markdown(build(verdict))
    expected = golden(f"artifact_{verdict}.md", found)
    assert found == expected, "The note changed. If it was meant: make golden"


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_first_line_is_the_verdict_and_the_order_is_fixed(build, verdict):
    text = markdown(build(verdict))
    word = verdict.replace("_", " ").capitalize()
    assert text.startswith(f"# {word}: Default of credit-card clients, 2025-04-10\n")
    parts = ["**What happened.**", "**What is wrong.**", "**What to do next.**", "Report: "]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_the_worst_night_still_fits_on_a_screen(build):
    evidence = build("rejected")
    for each in evidence["checks"]:
        each["outcome"] = "failed"
    for kind in ("reasons_against", "needs_judgement", "warnings"):
        evidence["decision"][kind] = [f"DATA-002 column {number}: failed" for number in range(500)]
    text = markdown(evidence)
    assert len(text.splitlines()) <= LONGEST
    assert "Reason against: and 495 more in the report" in text


def test_names_in_the_evidence_cannot_become_markup(build):
    evidence = build("rejected")
    evidence["run"]["title"] = "A | B <script>alert(1)</script>\n# Promoted [x](y)"
    first, second = markdown(evidence).splitlines()[:2]
    assert first == (
        r"# Rejected: A \| B &lt;script>alert(1)&lt;/script> # Promoted \[x\](y), 2025-04-10"
    )
    assert second == ""


def test_a_rejection_lets_operations_sleep(build):
    assert actions(build("rejected"))[0] == (
        "Operations: nothing to do tonight; a rejection is a decision, not a fault."
    )


def test_a_stopped_run_ends_with_the_command_that_runs_the_night_again(build):
    steps = actions(build("stopped"))
    assert steps[0] == "Operations: tell the data owner now; the next steps are theirs."
    assert "limit_bal" in steps[1]
    assert steps[-1].endswith("`pipelines run credit_card_default --as-of 2025-04-10`.")


def test_a_stopped_run_asks_nobody_about_checks_it_never_came_to(build):
    evidence = build("stopped")
    evidence["requirements"].append(
        {"code": "PERF-001", "subject": "out_of_time", "consequence": "hard"}
    )
    assert not [step for step in actions(evidence) if "PERF-001" in step]


def test_an_approval_names_the_validator_and_the_open_check(build):
    steps = actions(build("awaiting_approval"))
    assert steps[1].startswith("Independent Validation (validator): read the report")
    assert "FAIR-001: Adverse impact ratio, age=under_25" in steps[2]


def test_a_check_on_record_asks_nothing_of_anybody(build):
    evidence = build("promoted")
    failed = evidence["checks"][0]
    failed["outcome"] = "failed"
    for duty in evidence["requirements"]:
        if (duty["code"], duty["subject"]) == (failed["code"], failed["subject"]):
            duty["consequence"] = "record"
    assert actions(evidence) == ("Operations: nothing to do.",)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_table_row_has_the_columns_of_its_head(build, verdict):
    widths = [
        len(re.findall(r"(?<!\\)\|", line))
        for line in markdown(build(verdict)).splitlines()
        if line.startswith("|")
    ]
    assert set(widths) <= {4, 6}


def test_a_small_group_that_nothing_requires_asks_nothing_of_anybody(build):
    evidence = build("promoted")
    small = {"code": "FAIR-001", "subject": "age=60_and_over", "outcome": "not_enough_evidence"}
    evidence["checks"].append({**evidence["checks"][0], **small})
    assert actions(evidence) == ("Operations: nothing to do.",)
    assert "| FAIR-001 | age=60_and_over | Not enough evidence |" in markdown(evidence)
