"""Weak segments, memory, learning curve, random split, capacity and speed as a reader sees them."""

import pytest

from pipelines_lib.reporting import segments
from pipelines_lib.reporting.report import render

STANDING = {
    "n": 300,
    "positives": 60,
    "auc": 0.66,
    "auc_low": 0.60,
    "auc_high": 0.71,
    "promised": 0.75,
    "ratio": 1.31,
    "ratio_low": 1.1,
    "ratio_high": 1.5,
}
NOTHING = {**dict.fromkeys(STANDING), "n": 0, "positives": 0}
SPLIT = {"n": 100, "positives": 20, "auc": 0.8, "low": 0.75, "high": 0.85}
BLANK = {"n": 0, "positives": 0, "auc": None, "low": None, "high": None}


def segment(words, *, confirmed, standing=None):
    return {
        "segment": {"conditions": []},
        "words": words,
        "weakness": "ranking",
        "confirmed": confirmed,
        "share": 0.1,
        "validation": STANDING,
        "out_of_time": standing or STANDING,
    }


def again(words, worse, gain):
    ends = {"low": None, "high": None} if gain is None else {"low": gain - 0.1, "high": gain + 0.1}
    models = {"candidate": STANDING, "champion": None if gain is None else STANDING}
    return {"words": words, "weakness": "chance", "worse": worse, "gain": gain, **ends, **models}


FIGURES = {
    "segments": {
        "asked": 178,
        "features": 19,
        "whole": {"validation": STANDING, "out_of_time": {**STANDING, "auc": 0.77}},
        "found": [segment("age below 30", confirmed=False), segment("home = rent", confirmed=True)],
    },
    "remembered": {"segments": [again("salary missing", True, -0.2), again("gone", None, None)]},
    "learning_curve": {
        "n": 100,
        "steps": [{"rows": 500, **SPLIT}, {"rows": 1000, **SPLIT}],
        "gain": 0.01,
        "low": 0.0,
        "high": 0.02,
    },
    "random_split": {
        "learned_from": 400,
        "random": SPLIT,
        "out_of_time": {**SPLIT, "auc": 0.7, "low": 0.6},
        "gap": 0.1,
        "low": 0.05,
        "high": 0.15,
    },
    "latency": {
        "repeats": 30,
        "median_ms": 3.9,
        "p99_ms": 6.8,
        "batch_rows": 2000,
        "batch_ms": 5.4,
        "rows_per_second": 371424.0,
    },
    "capacity": {
        "per_night": 100,
        "by_entity": True,
        "precision": 0.293,
        "low": 0.25,
        "high": 0.33,
        "nights": [
            {"night": "2025-03-01", "looked_at": 100, "positive": 29},
            {"night": "2025-03-02", "looked_at": 0, "positive": 0},
        ],
    },
}


def page(build, **figures):
    evidence = build("promoted")
    evidence["figures"] |= figures
    return evidence, render(evidence)


def test_everything_is_shown_where_it_was_asked(build):
    _, html = page(build, **FIGURES)
    for words in (
        "178 segments of 19 features were searched. 2 looked weak in validation",
        "1 of them is weak out of time",
        "salary missing",
        "Learning curve",
        "Random split beside out of time",
        "29.3",
        "371,424 applications a second",
    ):
        assert words in html, words


def test_the_random_split_never_stands_without_the_figure_out_of_time(build):
    _, html = page(build, random_split=FIGURES["random_split"])
    picture = html[html.index('id="random-split-desc"') :].split("</desc>")[0]
    assert "held out at random AUC 0.800" in picture
    assert "out of time AUC 0.700" in picture


def test_confirmed_segments_come_first(build):
    evidence, _ = page(build, **FIGURES)
    assert [each["words"] for each in segments.found(evidence)] == ["home = rent", "age below 30"]


@pytest.mark.parametrize(
    ("asked", "found", "expected"),
    [
        (0, [], "Too few outcomes are known"),
        (5, [], "None looked weak in validation; none of them is weak out of time"),
        (5, [segment("a", confirmed=True)] * 2, "2 looked weak in validation; 2 of them are weak"),
    ],
)
def test_the_search_is_told_in_one_sentence(asked, found, expected):
    told = {"asked": asked, "features": 2, "found": found, "whole": {}}
    assert expected in segments.reading({"figures": {"segments": told}})


def test_older_evidence_shows_none_of_it(build):
    _, html = page(build)
    for words in ("Weak segments <small>", "Learning curve", "Speed: one application"):
        assert words not in html


def test_figures_that_could_not_be_computed_leave_a_dash(build):
    empty = {
        "segments": {
            "asked": 3,
            "features": 1,
            "whole": {"validation": NOTHING, "out_of_time": NOTHING},
            "found": [segment("age below 30", confirmed=False, standing=NOTHING)],
        },
        "remembered": {"segments": [again("gone", None, None)]},
        "learning_curve": {
            "n": 0,
            "steps": [{"rows": 5, "auc": None, "low": None, "high": None}],
            **dict.fromkeys(("gain", "low", "high")),
        },
        "random_split": {
            "learned_from": 4,
            "random": SPLIT,
            "out_of_time": BLANK,
            **dict.fromkeys(("gap", "low", "high")),
        },
        "capacity": {
            **FIGURES["capacity"],
            **dict.fromkeys(("precision", "low", "high")),
            "nights": FIGURES["capacity"]["nights"][1:],
        },
    }
    _, html = page(build, **empty)
    assert "None" not in html[html.index("Weak segments <small>") :].split("</section>")[0]
