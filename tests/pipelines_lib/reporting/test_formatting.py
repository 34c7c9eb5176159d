"""Figures as people read them."""

import pytest

from pipelines_lib.reporting import formatting as f

NB, MINUS, DASH = "\u00a0", "\u2212", "\u2013"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (f.decimal(0.78316), "0.783"),
        (f.decimal(-0.5), f"{MINUS}0.500"),
        (f.signed(0.0144), "+0.014"),
        (f.signed(-0.0214), f"{MINUS}0.021"),
        (f.signed(0.0), "0.000"),
        (f.signed(-0.0001), "0.000"),
        (f.share(0.2212), f"22.1{NB}%"),
        (f.share(0.0), f"0.0{NB}%"),
        (f.share(0.0004), f"0.04{NB}%"),
        (f.share(0.001), f"0.1{NB}%"),
        (f.share(0.00001), f"<{NB}0.01{NB}%"),
        (f.points(0.0137), f"+1.4{NB}pp"),
        (f.count(30000), "30,000"),
        (f.days(1), f"1{NB}day"),
        (f.days(30), f"30{NB}days"),
        (f.significant(1.23e-9), f"1.23e{MINUS}09"),
        (f.between(0.76, 0.8), f"0.760{NB}to{NB}0.800"),
        (f.between(None, 0.8), DASH),
        (f.seconds(0.81), f"0.8{NB}s"),
        (f.seconds(187.2), f"3{NB}min{NB}07{NB}s"),
        (f.short("abcdef0123456789"), "abcdef012345"),
        (f.counted(1, "check"), "1 check"),
        (f.counted(0, "check"), "0 checks"),
        (f.words("out_of_time"), "out of time"),
        (f.limit("AUC difference >= -0.01"), f"AUC difference \u2265 {MINUS}0.01"),
        (f.limit("non-inferior to 2024-05 <= 3"), "non-inferior to 2024-05 \u2264 3"),
    ],
)
def test_a_figure_is_written_as_agreed(written, expected):
    assert written == expected


@pytest.mark.parametrize(
    "write",
    [f.decimal, f.signed, f.share, f.points, f.count, f.days, f.significant, f.seconds, f.short],
)
def test_what_could_not_be_computed_is_a_dash(write):
    assert write(None) == DASH
