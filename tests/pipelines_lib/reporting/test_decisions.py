"""The pictures of money and of flips: figures in their places, nothing wrong where some lack."""

import pytest

from pipelines_lib.reporting import decisions

PRICED = {
    "currency": "EUR",
    "cutoff": 0.5,
    "cost": 600.0,
    "approve_all": 1000.0,
    "decline_all": 800.0,
    "cheapest_cutoff": 0.25,
    "cheapest_cost": 500.0,
    "curve": [[0.0, 800.0], [0.25, 500.0], [0.5, 600.0], [1.0, 1000.0]],
}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "\u2013"),
        (0, "0"),
        (8000, "8,000"),
        (10_000, "10\u00a0k"),
        (-58_199, "\u221258.2\u00a0k"),
        (2_185_333, "2.19\u00a0M"),
    ],
)
def test_money_is_written_as_short_as_it_can_be_read(value, written):
    assert decisions.money(value) == written


def test_the_chosen_and_the_cheapest_cut_off_stand_on_the_curve():
    drawn = decisions.cost_curve(PRICED)
    # x from 60 to 464 for 0 to 1, y from 290 up to 14 for 0 to 1000
    assert '<line x1="262" y1="290" x2="262" y2="14" class="limit"/>' in drawn
    assert '<circle cx="161" cy="152" r="5" class="point">' in drawn
    assert 'points="60,69.2 161,152 262,124.4 464,14"' in drawn


def test_without_a_cheapest_cut_off_none_is_marked():
    drawn = decisions.cost_curve({**PRICED, "cheapest_cutoff": None, "cheapest_cost": None})
    assert "<circle" not in drawn


def test_a_cut_off_above_every_score_is_marked_at_the_right_end():
    drawn = decisions.cost_curve({**PRICED, "cheapest_cutoff": 1.0000000000000002})
    assert '<circle cx="464"' in drawn


def test_newly_declined_stand_up_and_newly_approved_hang_down():
    tenths = [
        {"highest": 0.2, "n": 100, "to_declined": 4, "to_approved": 0},
        {"highest": 0.9, "n": 100, "to_declined": 0, "to_approved": 2},
    ]
    drawn = decisions.flips({"deciles": tenths, "to_declined": 4, "to_approved": 2})
    # figures from -2 to 4 over y from 290 up to 14: zero at 198, four units of 46 above
    assert '<rect x="84.2" y="14" width="153.5" height="184" class="bar bad">' in drawn
    assert '<rect x="286.2" y="198" width="153.5" height="92" class="bar accent">' in drawn


def test_no_flip_at_all_can_be_drawn():
    tenths = [{"highest": 0.2, "n": 100, "to_declined": 0, "to_approved": 0}]
    assert "0 newly declined" in decisions.flips(
        {"deciles": tenths, "to_declined": 0, "to_approved": 0}
    )
