"""Protected attributes of chosen applications, joined by key."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.fairness.who import people_at
from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.errors import EvidenceError
from pipelines_lib.spec.protected import ProtectedAttribute

SEX = ProtectedAttribute(name="sex", column="s", reference="men", groups={"men": ("1",)})
AGE = ProtectedAttribute(name="age", column="a", reference="old", bands={"old": (60, None)})


@pytest.fixture
def bank(tmp_path):
    applications = pa.table({"key": [f"{place:064x}" for place in range(6)]})
    protected = pa.table({"key": [f"{place:064x}" for place in (5, 3, 1, 0)], "sex": list("9753")})
    keep = {"as_of": date(2025, 1, 1)}
    return (
        tmp_path,
        write_snapshot(tmp_path, applications, kind="applications", **keep),
        write_snapshot(tmp_path, protected, kind="protected", **keep),
    )


def test_each_chosen_row_gets_its_person_in_order_and_others_are_not_held(bank):
    people = people_at(*bank, np.array([1, 2, 5]), (SEX,))
    assert people.values("sex").to_pylist() == ["5", None, "9"]
    assert people.table.num_rows == 2


def test_an_attribute_that_did_not_arrive_is_known_of_nobody(bank):
    people = people_at(*bank, np.array([0, 1]), (SEX, AGE))
    assert people.values("age").to_pylist() == [None, None]
    assert people.values("sex").to_pylist() == ["3", "5"]


def test_nobody_asked_for_is_nobody(bank):
    people = people_at(*bank, np.array([], dtype=np.intp), (SEX,))
    assert people.values("sex").to_pylist() == []


def test_a_snapshot_that_is_gone_is_an_error_that_says_so(bank):
    home, _, protected = bank
    for path in home.rglob(f"*{protected.sha256}*"):
        path.unlink()
    with pytest.raises(EvidenceError):
        people_at(*bank, np.array([0]), (SEX,))
