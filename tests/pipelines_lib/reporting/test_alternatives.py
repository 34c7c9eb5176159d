"""The search for a fairer model and the proxy test, drawn from the evidence alone."""

import re

import pytest

from pipelines_lib.reporting import alternatives
from pipelines_lib.reporting.report import render


def model(name, auc, ratio, *, made="reweighted", judged=True, best=False):
    return {
        "name": name,
        "made": made,
        "judged": judged,
        "auc": auc,
        "difference": None if name == "candidate" else auc - 0.77,
        "difference_low": None if name == "candidate" else auc - 0.775,
        "difference_high": None if name == "candidate" else auc - 0.765,
        "not_inferior": None if name == "candidate" else auc > 0.765,
        "declined": 0.22,
        "bad_rate": 0.14,
        "treatments": [
            {
                "attribute": "age",
                "group": "under_25",
                "ratio": ratio,
                "low": ratio - 0.77,
                "high": ratio - 0.73,
                "on_frontier": best,
            },
            {
                "attribute": "sex",
                "group": "women",
                "ratio": 1.04,
                "low": 0.0,
                "high": 0.0,
                "on_frontier": False,
            },
        ],
    }


SEARCH = {
    "train_rows": 11_700,
    "out_of_time_rows": 3_000,
    "decided_rows": 15_300,
    "declined_share": 0.22,
    "margin": 0.01,
    "chosen_because": None,
    "alternatives": [
        model("candidate", 0.77, 0.75, made="candidate"),
        model("without <limit_bal>", 0.765, 0.85, best=True),
        model("rows reweighted by age", 0.75, 0.78),
        model("cut-off", 0.77, 0.80, made="cut-off", judged=False),
    ],
}


def told(group, auc, *, small=False):
    return {"group": group, "rows": 90, "auc": auc, "low": auc, "high": auc, "small": small}


PROXIES = {
    "rows": 10_000,
    "attributes": [
        {
            "attribute": "age",
            "groups": [
                told("under_25", 0.78),
                told("from_60", 0.99, small=True),
                told("none", None),
            ],
            "strongest": [{"feature": "limit_bal", "strength": 0.19}],
        },
        {"attribute": "sex", "groups": [], "strongest": []},
    ],
}


def check(outcome):
    return {
        "code": "FAIR-011", "subject": "age", "outcome": outcome, "required": "<= 0.03",
        "basis": "house", "explanation": "without limit_bal", "observed": 0.1, "interval": None,
        "n": 100,
    }  # fmt: skip


@pytest.fixture
def evidence(build):
    made = build("promoted")
    made["figures"] |= {"alternatives": SEARCH, "proxies": PROXIES}
    return made


def test_both_parts_are_drawn_and_what_the_evidence_says_stays_text(evidence):
    page = render(evidence)
    assert "What the inputs know" in page
    assert "Less discriminatory alternatives" in page
    assert "<limit_bal>" not in page
    assert "without &lt;limit_bal&gt;" in page


def test_without_the_figures_neither_part_is_there(build):
    page = render(build("promoted"))
    assert "What the inputs know" not in page
    assert "Less discriminatory" not in re.sub(r"(?s)<section id=.glossary.*", "", page)


@pytest.mark.parametrize("missing", ["alternatives", "attributes"])
def test_hardly_any_figures_still_render(build, missing):
    evidence = build("promoted")
    evidence["figures"] |= {"alternatives": {"margin": 0.01}, "proxies": {"rows": 1}}
    assert "What the inputs know" in render(evidence)


def test_the_best_told_group_is_one_that_is_judged():
    groups = PROXIES["attributes"][0]["groups"]
    assert alternatives.best_told(groups)["group"] == "under_25"
    assert alternatives.best_told([])["group"] is None


def test_every_model_has_its_place_and_the_candidate_is_the_square():
    drawn = alternatives.spots(SEARCH, "age")
    picture = alternatives.frontier(SEARCH, "age", drawn, 0.80)
    # The axis runs from 0.74 to 0.78 over x from 60 to 464: 0.77 is at 363, 6 off its edge.
    assert '<rect x="357"' in picture
    assert picture.count("<circle") == 3
    assert (picture.count("point tried"), picture.count("point set-apart")) == (1, 1)
    assert "limit 0.80" in picture


def test_an_attribute_under_which_nobody_is_worse_off_is_named_and_not_drawn(evidence):
    assert alternatives.is_even(alternatives.spots(SEARCH, "sex"))
    assert "Not drawn: sex." in render(evidence)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("failed", "For age there is a model that ranks as well and is materially fairer."),
        ("passed", "No model that was tried ranks as well and is surely materially fairer."),
        ("not_enough_evidence", "For age the rows cannot rule it out."),
    ],
)
def test_the_sentence_says_what_the_check_found(evidence, outcome, words):
    evidence["checks"].append(check(outcome))
    assert words in render(evidence)


def test_why_the_candidate_was_chosen_is_shown(evidence):
    evidence["figures"]["alternatives"] = {**SEARCH, "chosen_because": "Tells flood risk."}
    assert "chosen because: Tells flood risk." in render(evidence)


@pytest.mark.parametrize("values", [(0.5, 0.5), (0.0, 1.0), (0.7700, 0.7701), (0.753, 0.771)])
def test_an_axis_holds_what_is_drawn(values):
    low, high = alternatives._around(values)
    assert low <= min(values) < max(values) + 1e-12 <= high + 1e-9
