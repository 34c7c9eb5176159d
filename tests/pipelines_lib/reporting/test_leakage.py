"""How the section of leakage reads and looks."""

import pytest

from pipelines_lib.reporting import leakage
from pipelines_lib.reporting.report import render


def told(code, subject, outcome="passed", observed=0.5, explanation="Plain.", interval=None):
    return {
        "code": code,
        "subject": subject,
        "outcome": outcome,
        "observed": observed,
        "interval": interval,
        "n": 11_700,
        "required": "AUC <= 0.8",
        "basis": "house",
        "explanation": explanation,
    }


CHECKS = [
    told("LEAK-001", "income", observed=0.615, interval={"low": 0.6, "high": 0.63}),
    told("LEAK-001", "pay_0", observed=0.853, explanation="Justified: The books close first. A."),
    told("LEAK-001", "term", observed=0.55),
    told("LEAK-005", "term", "failed", 0.236, '"remainder 12" adds <b>.'),
    told("LEAK-003", "income", observed=None),
    told("LEAK-004", "home", "not_enough_evidence", None, "One date."),
    told("LEAK-008", "out_of_time", observed=0.001),
    told("PERF-001", "out_of_time", observed=0.78),
]
SHARED = {
    "train_rows": 11_700,
    "windows": [
        {"window": "validation", "rows": 0, "repeated": 0, "by_chance": 0.029, "keys": 0},
        {"window": "out_of_time", "rows": 3_000, "repeated": 84, "by_chance": 0.029, "keys": 2},
    ],
}
EVIDENCE = {
    "checks": CHECKS,
    "rules": [{"check": "LEAK-001", "limit": 0.8}],
    "figures": {"leakage": {"rows": 11_700}, "shared_rows": SHARED},
    "verdict": "promoted",
}


def test_suspects_come_first_then_those_with_a_reason_then_the_strongest():
    names = [(row.feature, row.outcome, row.justified) for row in leakage.rows(EVIDENCE)]
    assert names == [
        ("term", "failed", False),
        ("home", "not_enough_evidence", False),
        ("pay_0", "passed", True),
        ("income", "passed", False),
    ]


def test_the_reading_names_suspects_reasons_and_the_strongest():
    assert leakage.reading(EVIDENCE) == (
        "4 features looked at on 11,700 rows. term, home: not cleared. "
        "pay_0: kept with a recorded reason. The strongest alone is pay_0 with AUC 0.853; "
        "the limit is 0.80."
    )


def test_where_nothing_is_suspected_the_reading_says_so():
    calm = {**EVIDENCE, "checks": CHECKS[:1], "figures": {}}
    assert leakage.reading(calm).startswith("1 feature looked at; none is suspected. The strongest")
    assert leakage.reading({**EVIDENCE, "checks": []}) == "No feature was looked at."


def test_only_what_was_asked_has_a_column():
    assert leakage.columns(EVIDENCE) == ("Name, dates", "Tells time, AUC", "Writing adds")
    assert [len(row.cells) for row in leakage.rows(EVIDENCE)] == [3] * 4


def test_a_figure_that_did_not_pass_is_marked():
    (term,) = [row for row in leakage.rows(EVIDENCE) if row.feature == "term"]
    assert [(cell.text, cell.outcome) for cell in term.cells][-1] == ("+0.236", "failed")
    assert term.stories == ('LEAK-005: "remainder 12" adds <b>.',)


def test_a_window_without_rows_has_no_share():
    assert [each["share"] for each in leakage.shared(SHARED)] == [0.028]


def test_the_section_stands_in_the_report_and_escapes_what_it_quotes(build):
    pack = build("promoted")
    pack["checks"] = [*pack["checks"], *CHECKS[:-1]]
    pack["figures"] = {**pack["figures"], **EVIDENCE["figures"]}
    page = render(pack).split('<section id="leakage"')[1].split("</section>")[0]
    assert "adds &lt;b&gt;." in page
    assert "with a reason" in page
    assert "Applications in both" in page


@pytest.mark.parametrize("figures", [{}, {"leakage": None, "shared_rows": None}])
def test_evidence_of_before_these_questions_still_renders(build, figures):
    pack = build("promoted")
    pack["checks"] = [each for each in pack["checks"] if not each["code"].startswith("LEAK-")]
    pack["figures"] = {**pack["figures"], **figures}
    page = render(pack).split('<section id="leakage"')[1].split("</section>")[0]
    assert "<table" not in page
    assert 'class="empty"' in page
