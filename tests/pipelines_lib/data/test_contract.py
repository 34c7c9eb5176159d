"""The Great Expectations door: counts, row positions, and never a value or a message sent."""

import socket
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines_lib.data.contract import (
    Clause,
    Examiner,
    feature_clauses,
    freshness_clause,
    key_clause,
    outcome_clause,
    readable_clause,
    volume_clause,
)
from pipelines_lib.errors import CheckNotRunError
from pipelines_lib.spec.inputs import Feature


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return Examiner()


def feature(**given: Any) -> Feature:
    basic = {"name": "income", "source": "accounts", "type": "number"}
    return Feature.model_validate({**basic, "meaning": "m", "reason": "r", **given})


def test_a_critical_number_promises_no_blanks_and_its_range_and_names_the_rows():
    assert feature_clauses(feature(minimum=1, maximum=5)) == (
        Clause("DATA-002", "income", "ExpectColumnValuesToNotBeNull", names_rows=True),
        Clause(
            "DATA-003",
            "income",
            "ExpectColumnValuesToBeBetween",
            (("min_value", 1.0), ("max_value", 5.0)),
            names_rows=True,
        ),
    )


def test_a_warning_names_no_rows():
    clauses = feature_clauses(feature(minimum=1, severity="warning"))
    assert [(c.check, c.severity, c.names_rows) for c in clauses] == [
        ("DATA-002", "warning", False),
        ("DATA-003", "warning", False),
    ]


def test_allowed_blanks_are_counted_for_information_only():
    (clause,) = feature_clauses(feature(missing="allowed"))
    assert (clause.severity, clause.names_rows) == ("info", False)


def test_a_category_promises_its_levels():
    clauses = feature_clauses(feature(type="category", levels=["a", 2]))
    assert [c.check for c in clauses] == ["DATA-002", "DATA-004"]
    assert clauses[1].arguments == (("value_set", ["a", "2"]),)


def test_each_clause_is_answered_in_its_place_with_counts_and_positions(examiner: Examiner):
    frame = pd.DataFrame(
        {
            "income": [1.0, np.nan, 7.0, 0.5, 5.0],
            "colour": pd.Categorical(["red", "blue", None, "pink", "red"]),
        }
    )
    clauses = (
        *feature_clauses(feature(minimum=1, maximum=5)),
        *feature_clauses(feature(name="colour", type="category", levels=["red", "blue"])),
    )
    findings = examiner.examine(frame, clauses)
    assert [f.clause for f in findings] == list(clauses)
    assert [(f.kept, f.rows, f.violations, f.positions.tolist()) for f in findings] == [
        (False, 5, 1, [1]),
        (False, 5, 2, [2, 3]),
        (False, 5, 1, [2]),
        (False, 5, 1, [3]),
    ]


def test_bounds_belong_to_the_range_and_infinity_does_not(examiner: Examiner):
    frame = pd.DataFrame({"income": [1.0, 5.0, np.inf, -np.inf]})
    findings = examiner.examine(frame, feature_clauses(feature(minimum=1, maximum=5)))
    assert findings[1].positions.tolist() == [2, 3]


@pytest.mark.parametrize("size", [1, 40])
def test_a_column_of_nothing_is_blank_and_breaks_no_range(examiner: Examiner, size: int):
    frame = pd.DataFrame({"income": np.full(size, np.nan)})
    blank, between = examiner.examine(frame, feature_clauses(feature(minimum=1)))
    assert (size, True, 0) == (blank.violations, between.kept, between.violations)


def test_a_table_without_rows_breaks_nothing(examiner: Examiner):
    frame = pd.DataFrame({"income": np.empty(0), "key": np.empty(0, dtype=np.int32)})
    findings = examiner.examine(frame, (*feature_clauses(feature(minimum=1)), key_clause()))
    assert [(f.kept, f.rows, f.violations) for f in findings] == [(True, 0, 0)] * 3


def test_every_row_of_a_repeated_key_counts(examiner: Examiner):
    (finding,) = examiner.examine(pd.DataFrame({"key": [1, 2, 1, 1, 3]}), [key_clause()])
    assert (finding.rows, finding.violations) == (5, 3)


def test_freshness_and_volume_are_figures_held_against_their_bounds(examiner: Examiner):
    frame = pd.DataFrame({"days_old": [9, 3], "volume": [np.nan, 0.5]})
    age, volume = examiner.examine(frame, [freshness_clause(3), volume_clause(0.5, 2)])
    assert [(age.kept, age.observed), (volume.kept, volume.observed)] == [(True, 3), (True, 0.5)]
    age, volume = examiner.examine(frame, [freshness_clause(2), volume_clause(0.51, 2)])
    assert (age.kept, volume.kept) == (False, False)


def test_outcomes_and_unreadable_values_are_counted(examiner: Examiner):
    frame = pd.DataFrame({"label": [1.0, np.nan], "unreadable": pd.Categorical([None, "income"])})
    outcome, readable = examiner.examine(frame, [outcome_clause(), readable_clause()])
    assert (outcome.violations, readable.positions.tolist()) == (1, [1])


def test_a_warning_alone_is_found_without_touching_its_neighbour(examiner: Examiner):
    """Their overall success turns False for a warning; each clause here stands alone."""
    frame = pd.DataFrame({"income": [1.0, 2.0], "age": [np.nan, np.nan]})
    clauses = (
        *feature_clauses(feature()),
        *feature_clauses(feature(name="age", severity="warning")),
    )
    income, age = examiner.examine(frame, clauses)
    assert (income.kept, age.kept, age.positions.size) == (True, False, 0)


def test_the_callers_table_is_left_as_it_was(examiner: Examiner):
    frame = pd.DataFrame({"income": [1.0, 9.0]})
    examiner.examine(frame, feature_clauses(feature(maximum=5)))
    assert frame.equals(pd.DataFrame({"income": [1.0, 9.0]}))


def test_a_clause_that_cannot_be_computed_is_our_defect_and_never_a_verdict(examiner: Examiner):
    frame = pd.DataFrame({"other": [1.0]})
    with pytest.raises(CheckNotRunError, match="DATA-002 could not be computed for column income"):
        examiner.examine(frame, feature_clauses(feature()))


def test_nothing_is_sent_anywhere_and_nothing_is_drawn(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    Examiner().examine(pd.DataFrame({"income": [1.0, np.nan]}), feature_clauses(feature()))
    assert tuple(capfd.readouterr()) == ("", "")
