"""How far two lists of reasons agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines_lib.assurance.explanation.declines import Agreement, agreement, strongest

REASONS = st.lists(
    st.lists(st.integers(0, 5), unique=True, max_size=4).map(tuple), min_size=1, max_size=20
)


def test_agreement_by_hand():
    given_reasons = [(0, 1), (2,), (3, 4), ()]
    other = [(0, 2), (1, 2), (5,), (1,)]
    # first: the same, half shared; second: at place two, all shared; third: nothing; last: none
    assert agreement(given_reasons, other, 2) == Agreement(
        n=3, same=pytest.approx(1 / 3), kept=pytest.approx(2 / 3), overlap=pytest.approx(1.5 / 3)
    )
    assert agreement(given_reasons, other, 1).kept == pytest.approx(1 / 3)


@pytest.mark.parametrize("reasons", [[], [(), ()]])
def test_where_no_reason_was_given_nothing_can_agree(reasons):
    assert agreement(reasons, reasons, 2) == Agreement(0, None, None, None)


@given(reasons=REASONS)
def test_reasons_agree_with_themselves(reasons):
    found = agreement(reasons, reasons, 1)
    assert found.n == sum(bool(one) for one in reasons)
    assert found.n == 0 or (found.same, found.kept, found.overlap) == (1, 1, 1)


@given(reasons=REASONS, data=st.data())
def test_every_share_is_a_share_and_more_room_never_agrees_less(reasons, data):
    size = len(reasons)
    one = st.lists(st.integers(0, 5), unique=True, max_size=4)
    other = data.draw(st.lists(one, min_size=size, max_size=size))
    narrow, wide = agreement(reasons, other, 1), agreement(reasons, other, 4)
    if narrow.n:
        assert 0 <= narrow.same <= narrow.kept <= wide.kept <= 1
        assert 0 <= narrow.overlap <= 1


def test_other_contributions_are_ranked_as_the_package_ranks_its_own(bank):
    package = bank.package(bank.people(200))
    pushes = np.array([[0.1, 2.0, 1.0], [-1.0, -2.0, -3.0]])
    assert strongest(package, pushes, np.zeros(3), 2) == ((1, 2), ())
    assert strongest(package, pushes, np.array([0.0, 1.95, 0.0]), 2) == ((2, 0), ())
