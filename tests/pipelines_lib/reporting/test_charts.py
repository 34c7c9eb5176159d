"""Pictures put figures where they belong: positions worked out by hand."""

import pytest

from pipelines_lib.reporting import curves, svg, tracks


def test_a_scale_puts_figures_in_proportion_and_clips_what_lies_outside():
    scale = svg.Scale(0, 10, 100, 200)
    assert [scale(value) for value in (0, 2.5, 10, -3, 12)] == [100, 125, 200, 100, 200]


def test_a_scale_without_width_does_not_divide_by_zero():
    assert svg.Scale(3, 3, 0, 100)(3) == 0


@pytest.mark.parametrize(
    ("value", "top"),
    [(0.0, 1.0), (0.05, 0.05), (0.051, 0.06), (0.79, 0.8), (1.0, 1.0), (311, 320), (660, 800)],
)
def test_an_axis_ends_at_a_round_figure_at_or_above_the_largest(value, top):
    assert svg.nice_top(value) == pytest.approx(top)


def test_text_and_attributes_are_escaped():
    drawn = svg.element("text", "<b>&", title='"<')
    assert drawn == '<text title="&#34;&lt;">&lt;b&gt;&amp;</text>'


def test_the_roc_curve_runs_from_corner_to_corner():
    drawn = curves.roc(
        {"out_of_time": {"roc": [[0, 0], [0.5, 1], [1, 1]]}}, {"out_of_time": {"auc": 0.75}}
    )
    # The frame of 480 x 340 leaves x from 60 to 464 and y from 290 up to 14.
    assert 'points="60,290 262,14 464,14" class="curve first"' in drawn
    assert "Out of time: AUC 0.750" in drawn


def test_a_missing_window_is_left_out_of_the_roc_curve():
    drawn = curves.roc({"validation": None, "out_of_time": {"roc": [[0, 0], [1, 1]]}}, {})
    assert "curve second" not in drawn


def test_the_cut_off_stands_inside_its_band():
    bands = [
        {"from": 0.0, "to": 0.5, "n": 10, "positives": 1},
        {"from": 0.5, "to": 1.0, "n": 10, "positives": 5},
    ]
    drawn = curves.bands("validation", bands, 0.75)
    # Two bands share x from 60 to 422; three quarters of the way is 331.5.
    assert '<line x1="331.5" y1="290" x2="331.5" y2="14" class="limit"/>' in drawn
    assert "cut-off 0.750" in drawn


def test_bands_without_applications_are_drawn_empty():
    empty = [{"from": 0.0, "to": 1.0, "n": 0, "positives": 0}]
    assert "rate-dot" not in curves.bands("validation", empty, None)


def test_the_limit_of_a_track_has_the_same_place_in_every_row():
    groups = [{"ratio": 0.9, "ratio_low": 0.85, "ratio_high": 0.95}]
    track = tracks.ratio_track(groups, 0.8)
    # From 0.6 to 1.2 over 240 pixels after a margin of 10: 0.8 lies a third of the way.
    assert track.scale(0.8) == pytest.approx(90)
    assert 'x1="90"' in track.row(0.9, 0.85, 0.95)
    assert 'x1="90"' in track.row(None, None, None)


def test_an_interval_beyond_the_scale_ends_in_an_arrow():
    track = tracks.Track(0.6, 1.2, 1.0, (0.8,), lambda value: f"{value:.1f}")
    assert "arrow" in track.row(1.0, 0.9, 1.5)
    assert "arrow" not in track.row(1.0, 0.9, 1.2)


def test_labels_of_an_axis_never_touch_and_limits_go_first():
    track = tracks.Track(-0.02, 0.02, 0.0, (-0.001,), lambda value: f"{value:+.3f}")
    drawn = track.axis()
    assert "-0.001" in drawn
    assert "+0.000" not in drawn


def test_the_psi_scale_is_a_square_root():
    drawn = tracks.psi(0.075, None)
    # The square root of 0.075 / 0.30 is one half of 260 pixels.
    assert 'width="130" height="8" class="bar accent"' in drawn


def test_a_psi_beyond_the_scale_is_marked():
    assert "arrow" not in tracks.psi(0.30, 0.01)
    assert "arrow" in tracks.psi(0.31, 0.01)
