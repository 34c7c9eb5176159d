import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from pipelines_lib.assurance.drift.discoveries import discoveries

PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
    0.5719, 0.6528, 0.7590, 1.000,
]  # fmt: skip


def test_the_example_of_benjamini_and_hochberg_rejects_the_first_four():
    """Their table of fifteen p-values on thrombolysis, at 0.05 (1995, section 3.2)."""
    assert discoveries(np.array(PUBLISHED), 0.05).tolist() == [True] * 4 + [False] * 11


def test_a_figure_that_was_not_measured_never_stands_but_was_asked():
    assert discoveries(np.array([0.02, np.nan]), 0.05).tolist() == [True, False]
    assert discoveries(np.array([0.03, np.nan]), 0.05).tolist() == [False, False]


@pytest.mark.parametrize(("chance", "stands"), [(0.05, True), (0.0501, False)])
def test_one_question_alone_is_held_to_the_rate_itself(chance, stands):
    assert discoveries(np.array([chance]), 0.05).tolist() == [stands]


def test_nothing_asked_is_nothing_found():
    assert discoveries(np.empty(0), 0.05).size == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0.01, 0.5))
def test_another_implementation_agrees(chances, rate):
    adjusted = false_discovery_control(chances)
    clear = np.abs(adjusted - rate) > 1e-9
    assert np.array_equal(discoveries(np.array(chances), rate)[clear], (adjusted <= rate)[clear])


def test_where_nothing_moved_one_run_in_twenty_raises_any_alarm():
    rng = np.random.default_rng(1)
    alarms = sum(discoveries(rng.random(46), 0.05).any() for _ in range(2_000))
    assert alarms / 2_000 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2_000)
