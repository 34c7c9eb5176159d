"""Agreement of reasons as a reader sees it."""

import pytest

from pipelines_lib.reporting import reasons

AGREED = {"n": 500, "same": 0.9, "kept": 0.99, "overlap": 0.8}


def test_a_second_method_comes_first_and_each_retraining_has_a_row():
    figures = {
        "second_method": {"declines": 200, "draws": 4, "same": 0.9, "kept": 1.0, "overlap": 0.8},
        "retrained_reasons": {"declines": 500, "rows": 11_700, "retrainings": [AGREED, AGREED]},
    }
    found = reasons.confirmations({"figures": figures})
    assert [(each.asked, each.detail, each.declines) for each in found] == [
        ("By a second method", "Shapley values from 8 random orders", 200),
        ("After retraining 1", "on a draw of 11,700 rows", 500),
        ("After retraining 2", "on a draw of 11,700 rows", 500),
    ]


@pytest.mark.parametrize(
    "figures",
    [
        None,
        {},
        {"second_method": None, "retrained_reasons": None},
        {"retrained_reasons": {"declines": 0, "rows": 0, "retrainings": []}},
        {"second_method": {"declines": 0, "draws": 4, "same": None, "kept": None, "overlap": None}},
    ],
)
def test_what_was_not_answered_has_no_row(figures):
    assert reasons.confirmations({"figures": figures}) == ()
