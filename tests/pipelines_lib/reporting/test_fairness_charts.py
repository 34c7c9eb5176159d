"""What a report shows of groups and intersections, from the evidence alone."""

import pytest

from pipelines_lib.reporting import fairness_charts as charts
from pipelines_lib.reporting.report import render

GAPS = {
    "confidence": 0.95,
    "attributes": [
        {
            "attribute": "sex",
            "reference": "men",
            "groups": [
                {"group": "men", "rows": 60, "mean_score": 0.2, "difference": None, "low": None,
                 "high": None, "judged": True},
                {"group": "<women>", "rows": 40, "mean_score": 0.3, "difference": 0.4, "low": 0.1,
                 "high": 0.7, "judged": True},
                {"group": "unknown", "rows": 0, "mean_score": None, "difference": None,
                 "low": None, "high": None, "judged": False},
            ],
        }
    ],
}  # fmt: skip
TABLE = {"value": [[None, 0.7, None], [0.85, 1.2, None], [None] * 3]}
MEASURE = {**TABLE, "low": TABLE["value"], "high": TABLE["value"]}
PAIR = {
    "attribute": "sex",
    "other": "age",
    "groups": ["men", "women", "unknown"],
    "others": ["adult", "young", "unknown"],
    "reference": [0, 0],
    "rows": [[500, 300, 0], [400, 9, 0], [0, 0, 0]],
    "approved": [[400, 168, 0], [272, 9, 0], [0, 0, 0]],
    "judged": [[0, 1, 0], [1, 0, 0], [0, 0, 0]],
    "ratio": MEASURE,
    "score_gap": MEASURE,
    "odds": MEASURE,
    "calibration": MEASURE,
}
ALONG = {
    "confidence": 0.95,
    "cutoffs": [0.2, 0.3],
    "approved": [0.5, 0.8],
    "at_cutoff": 0.75,
    "judged": [0, 1],
    "attributes": [
        {
            "attribute": "sex",
            "reference": "men",
            "groups": [
                {"group": "women", "rows": 40, "judged": True, "ratio": [0.6, None],
                 "low": [0.5, None], "high": [0.7, None]},
            ],
        }
    ],
    "intersections": [
        {"subject": "sex=women & age=young", "ratio": 0.1, "low": 0.0, "high": 0.9},
        {"subject": "sex=women & age=adult", "ratio": 0.7, "low": 0.6, "high": 0.8},
    ],
}  # fmt: skip


@pytest.fixture
def full(build):
    """Evidence of the sample model with every figure of this part."""
    written = build("promoted")
    written["figures"].update(
        score_gap=GAPS,
        intersections={"confidence": 0.95, "pairs": [PAIR]},
        along_the_score=ALONG,
    )
    return written


def test_a_group_without_people_is_left_out_of_the_dots_and_a_reference_is_named():
    rows = list(charts.score_gaps(GAPS["attributes"][0]))
    assert [(row.group, row.note, row.aside) for row in rows] == [
        ("men", "reference", False),
        ("<women>", "", False),
    ]


def test_a_heat_table_colours_judged_cells_alone_and_leaves_empty_groups_out():
    columns, lines = charts.heat(PAIR)
    assert columns == ["adult", "young"]
    assert [(name, [cell.tone for cell in cells]) for name, cells in lines] == [
        ("men", ["heat-reference", "heat-low"]),
        ("women", ["heat-lower", "heat-aside"]),
    ]
    assert lines[0][1][1].title.startswith("men, young: 168 of 300 approved; ratio 0.700")


def test_the_lowest_intersections_come_first_and_only_judged_ones_come():
    names = [one["name"] for one in charts.lowest_cells({"pairs": [PAIR]}, 8)]
    assert names == ["men and young", "women and adult"]


def test_the_lowest_intersection_told_is_one_around_the_cut_off():
    assert charts.lowest_near(ALONG)["subject"] == "sex=women & age=adult"
    assert charts.lowest_near({**ALONG, "intersections": [None, None]}) is None


def test_a_line_without_figures_and_a_chart_without_a_limit_are_drawn():
    drawn = str(charts.along_the_score(ALONG["attributes"][0], ALONG, None))
    assert 'class="curve line-1"' in drawn
    assert "limit" not in drawn


def test_evidence_without_these_figures_shows_nothing_of_them():
    assert charts.measures({"figures": {}}) == []
    assert charts.side_by_side([]) == []


def test_the_report_holds_all_parts_and_escapes_names(full):
    page = render(full)
    for words in ("Scores, errors and calibration", "Intersections", "Along the score"):
        assert words in page
    assert "&lt;women&gt;" in page
    assert "<women>" not in page
