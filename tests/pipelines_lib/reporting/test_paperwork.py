"""What a report says of people, documents, citations and of making the model again."""

import pytest

from pipelines_lib.reporting.findings import _citations
from pipelines_lib.reporting.report import render


@pytest.fixture
def evidence(build):
    return build("promoted")


def with_figures(evidence, **figures):
    return {**evidence, "figures": {**evidence["figures"], **figures}}


def test_an_approver_is_shown_where_one_is_named(evidence):
    assert ">Approver<" not in render(evidence)
    named = {**evidence, "run": {**evidence["run"], "approver": "Retail Risk Committee"}}
    assert "Retail Risk Committee" in render(named)


def test_documents_that_were_asked_for_are_listed_with_what_is_missing(evidence):
    assert "Documents that policies ask for" not in render(evidence)
    asked = [["human_oversight", "Manual 3"], ["incident_procedure", None]]
    html = render(with_figures(evidence, documents={"asked": asked}))
    assert "Human oversight" in html
    assert "Manual 3" in html
    assert "not named in the spec" in html


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        ("same", "was made again byte for byte"),
        ("differs", "was made again and came out different"),
        ("impossible", "could not be made again"),
        (None, "was not made again yet"),
    ],
)
def test_it_says_what_came_of_making_the_champion_again(evidence, ended, said):
    made = {"seed": 7, "threads": 1, "libraries": [["numpy", "2.4.6"]], "champion": 4}
    html = render(with_figures(evidence, reproducibility={**made, "reproduced": ended}))
    assert "1 thread, and" in " ".join(html.split())
    assert f"The champion, version 4, {said}." in html


def test_every_pack_behind_a_rule_is_cited_with_what_nobody_has_read():
    rule = {"citation": "Standard 1", "verified": True}
    law = {"policy": "law", "citation": "Act 7", "verified": False}
    assert _citations(rule) == "Standard 1"
    assert _citations({**rule, "also": [law]}) == (
        "Standard 1; law: Act 7 (not yet read in its source)"
    )
    assert _citations({}) == ""


def test_a_report_tells_how_to_make_a_version_again(evidence):
    assert f"pipelines reproduce {evidence['run']['model']} VERSION" in render(evidence)
