"""Calibration and stability as a reader sees them: rows, scales and dots in their places."""

import pytest

from pipelines_lib.reporting import reliability, svg


def evidence(**windows):
    rules = [{"check": "PERF-008", "limit": 0.4, "direction": "at_most"}]
    return {"rules": rules, "figures": {"recalibration": {"windows": windows}}}


WINDOW = {
    "slope": 0.9,
    "slope_interval": {"low": 0.7, "high": 1.1},
    "intercept": 0.1,
    "intercept_interval": {"low": -0.1, "high": 0.3},
}


def slices(*figures, key="auc"):
    return {
        "auc": 0.75,
        "slices": [
            {
                "first": f"2025-03-{place + 1:02d}",
                "last": f"2025-03-{place + 1:02d}",
                "n": 1000,
                "auc": None,
                "observed_to_expected": None,
                key: value,
                f"{key}_interval": {"low": value - 0.05, "high": value + 0.05} if value else None,
            }
            for place, value in enumerate(figures)
        ],
    }


def test_out_of_time_comes_first_and_a_slope_is_drawn_by_its_distance_from_one():
    lines = reliability.recalibration(evidence(validation=WINDOW, out_of_time=WINDOW))
    assert [(line.window, line.name) for line in lines] == [
        ("out_of_time", "slope"),
        ("out_of_time", "intercept"),
        ("validation", "slope"),
        ("validation", "intercept"),
    ]
    assert lines[0].off == pytest.approx((-0.1, -0.3, 0.1))
    assert lines[1].off == (0.1, -0.1, 0.3)


def test_the_scale_holds_the_limit_of_the_policy_on_both_sides():
    track = reliability.recalibration_track(evidence(validation=WINDOW))
    assert track.limits == (-0.4, 0.4)
    assert track.low <= -0.4 < 0.4 <= track.high


@pytest.mark.parametrize(
    "figures",
    [None, {}, {"recalibration": None}, {"recalibration": {"windows": {"validation": {}}}}],
)
def test_evidence_without_the_figures_has_no_rows(figures):
    assert reliability.recalibration({"rules": [], "figures": figures}) == ()


def test_a_slice_stands_over_its_first_night_at_its_height():
    drawn = reliability.ranking_over_time(slices(0.70, 0.80))
    # figures from 0.65 to 0.85: an axis of that length over y from 210 up to 14
    assert '<circle cx="161" cy="161" r="4.5"' in drawn
    assert "1\u00a0Mar" in drawn
    assert "2\u00a0Mar" in drawn


def test_a_slice_without_a_figure_is_left_out():
    drawn = reliability.calibration_over_time(slices(1.0, None, key="observed_to_expected"))
    assert drawn.count("<circle") == 1


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.65, 0.85, (0.65, 0.7, 0.75, 0.8, 0.85)),
        (-55, 383, (-100, 0, 100, 200, 300, 400)),
        (0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        (3, 3, None),
        (0, 0, None),
    ],
)
def test_ticks_are_round_and_hold_both_ends(low, high, ticks):
    found = svg.round_ticks(low, high)
    assert found[0] <= low + 1e-9
    assert found[-1] >= high - 1e-9
    assert 2 <= len(found) <= 8
    assert ticks is None or found == pytest.approx(ticks)
