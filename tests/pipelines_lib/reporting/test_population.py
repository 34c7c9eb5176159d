"""How a population in motion is drawn: the newest delivery, outcomes by night, newest nights."""

import re

import pytest

from pipelines_lib.reporting import population, tracks
from pipelines_lib.reporting.report import render

REPRESENTATIVE = {
    "nights": 1,
    "rows": 300,
    "others": 29,
    "largest": [{"column": "limit_bal", "psi": 0.213}],
    "history": [0.04, 0.05, 0.213],
}
TARGET = {
    "train_rate": 0.22,
    "rate": 0.23,
    "newest_rate": 0.25,
    "newest_nights": 1,
    "nights": [
        {"date": "2025-03-01", "rows": 300, "positives": 60},
        {"date": "2025-03-02", "rows": 300, "positives": 75},
    ],
}
TOTAL = {
    "whole": 0.0011,
    "critical": 0.0027,
    "newest": 0.0066,
    "newest_critical": 0.0163,
    "largest": [{"feature": "pay_0", "share": 0.344, "adds": 0.0002}],
}
NEW = {
    "rows": 9_000,
    "margin": 0.1,
    "categories": [{"feature": "home", "levels": ["boat"], "rows": 180, "share": 0.02}],
    "numbers": [
        {"feature": "limit_bal", "rows": 1, "share": 0.000111},
        {"feature": "pay_0", "rows": 90, "share": 0.01},
    ],
}


@pytest.fixture
def evidence(build):
    told = build("promoted")
    told["rules"].append({"check": "DRIFT-007", "limit": 0.1, "measure": "PSI", "basis": "house"})
    told["figures"] |= {"representative": REPRESENTATIVE, "target_drift": TARGET, "new_values": NEW}
    told["figures"]["drift"]["total"] = TOTAL
    for each in (told["figures"]["drift"]["score"], *told["figures"]["drift"]["features"]):
        each["newest"] = {
            "nights": 3, "rows": 900, "psi": 0.0154, "critical": 0.0325, "missing": 0.0
        }  # fmt: skip
    return told


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").split())


def test_the_section_shows_the_newest_nights_beside_the_whole_window(evidence):
    page = words(render(evidence))
    assert "newest nights alone (of the score 3 nights, 900 rows)" in page
    assert "0.015" in page


def test_the_newest_delivery_stands_out_and_the_limit_is_drawn(evidence):
    drawn = str(population.deliveries(evidence, REPRESENTATIVE))
    assert drawn.count("bar accent") == 1
    assert drawn.count("bar good") == 2
    assert "limit 0.1" in drawn
    assert "newest delivery: 0.213" in drawn
    assert "2 deliveries before: 0.040" in drawn


def test_without_a_rule_no_limit_is_drawn(evidence):
    evidence["rules"] = []
    assert "limit" not in str(population.deliveries(evidence, REPRESENTATIVE))


def test_each_night_is_a_dot_and_the_judged_ones_are_coloured():
    drawn = str(population.outcomes(TARGET))
    assert drawn.count("rate-dot") == 1
    assert drawn.count('class="point"') == 1
    assert "2025-03-02: 25.0" in drawn


def test_a_night_without_rows_and_no_rate_of_training_are_drawn():
    empty = {**TARGET, "train_rate": None, "nights": [{"date": "d", "rows": 0, "positives": 0}]}
    assert "training" not in str(population.outcomes(empty)).split("<desc", maxsplit=1)[0]


def test_what_adds_most_to_the_weighted_total_is_told(evidence):
    page = words(render(evidence))
    assert "Weighed by importance 0.0011 in all; chance alone reaches 0.0027" in page
    assert "pay_0 0.0002 34.4 %" in page


def test_new_levels_are_named_and_single_outliers_are_not(evidence):
    page = words(render(evidence))
    assert "home levels boat 180 2.0 %" in page
    assert "pay_0 beyond the range of training" in page
    assert "limit_bal beyond the range" not in page


@pytest.mark.parametrize("absent", ["representative", "target_drift", "new_values"])
def test_what_was_not_asked_is_not_shown(evidence, absent):
    evidence["figures"][absent] = None
    assert 'id="drift"' in render(evidence)


def test_older_evidence_without_newest_nights_is_shown(build):
    page = words(render(build("promoted")))
    assert "newest nights alone." in page


def test_a_psi_without_newest_nights_has_no_dot():
    assert "circle" not in str(tracks.psi(0.01, 0.02))
    assert "circle" in str(tracks.psi(0.01, 0.02, 0.03))
