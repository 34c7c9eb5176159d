"""The cut-off: given, or set so that the wanted share is declined."""

import numpy as np
import pytest

from pipelines_lib.modelling.cutoff import choose_cutoff
from pipelines_lib.spec.decision import Decision


def test_a_given_cutoff_is_taken_as_it_is():
    assert choose_cutoff(Decision(cutoff=0.3), np.array([0.9])) == 0.3


def test_without_ties_exactly_the_wanted_share_is_declined():
    scores = np.arange(10) / 10

    cutoff = choose_cutoff(Decision(decline_share=0.3), scores)

    assert cutoff == 0.7
    assert (scores >= cutoff).mean() == 0.3


@pytest.mark.parametrize(
    ("share", "cutoff"),
    [
        (0.10, 0.9),  # 1 of 10 is declined at 0.9, 6 of 10 at 0.5
        (0.34, 0.9),  # 0.24 away from 1 of 10, 0.26 from 6 of 10
        (0.35, 0.9),  # equally near: the one that declines fewer
        (0.36, 0.5),
        (0.90, 0.1),
    ],
)
def test_equal_scores_are_decided_alike_at_the_nearest_share(share, cutoff):
    scores = np.array([0.9, *[0.5] * 5, *[0.1] * 4])

    assert choose_cutoff(Decision(decline_share=share), scores) == cutoff


def test_the_order_of_rows_does_not_matter():
    scores = np.random.default_rng(0).random(1000).round(2)

    cutoffs = {
        choose_cutoff(Decision(decline_share=0.2), np.random.default_rng(i).permutation(scores))
        for i in range(5)
    }

    assert len(cutoffs) == 1
