import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.explanation.reasons import (
    check_explanation,
    check_reasons,
)
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome

TEXTS = ("Income is low", "Payments were late", "Short residence")


def ask(spec, rules, bank, package, *, table=None, windows=None):
    table = bank.people(400, 1) if table is None else table
    windows = windows or ["out_of_time"] * table.num_rows
    return check_explanation(
        spec, rules, **bank.at_rest(table, windows, candidate=package), candidate=package
    )


def result(checks, code, subject="declines"):
    (found,) = [check for check in checks if (check.code, check.subject) == (code, subject)]
    return found


def test_a_sound_model_passes_every_question(spec, rules, bank):
    checks, figures = ask(spec, rules, bank, bank.package(bank.people(2_000)))
    assert [(check.code, check.subject) for check in checks] == [
        ("EXPL-001", "declines"),
        ("EXPL-002", "declines"),
        ("EXPL-003", "income"),
        ("EXPL-003", "arrears"),
    ]
    assert {check.outcome for check in checks} == {Outcome.PASSED}
    assert result(checks, "EXPL-001").n == figures["declines"] == 50  # the policy's max_rows


def test_nobody_declined_is_no_evidence_about_reasons(spec, rules, bank):
    package = bank.package(bank.people(500), bank.weighted([-0.1, 1.0, 0.0], bias=-50.0))
    checks, figures = ask(spec, rules, bank, package)
    assert result(checks, "EXPL-001").outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert result(checks, "EXPL-002").outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert result(checks, "EXPL-003", "income").passed
    assert (figures["declines"], figures["reasons"]) == (0, [])


def test_no_rows_to_question_are_no_evidence(spec, rules, bank):
    package = bank.package(bank.people(500))
    checks, figures = ask(spec, rules, bank, package, windows=["train"] * 400)
    assert {check.outcome for check in checks} == {Outcome.NOT_ENOUGH_EVIDENCE}
    assert (figures["rows"], figures["global"]) == (0, [])


@pytest.mark.parametrize(
    ("reasons", "share"),
    [
        ([(0,), (1, 0), (2, 1, 0)], 1.0),
        ([(0,), ()], 0.5),
        ([(0, 1, 2, 0, 1)], 0.0),
        ([(0,), (7,)], 0.5),
    ],
)
def test_one_to_four_scored_features_are_complete_and_anything_else_is_not(rules, reasons, share):
    answer = check_reasons(rules, TEXTS, reasons)
    assert answer.observed == pytest.approx(share)
    assert answer.passed == (share == 1.0)


def test_one_decline_without_a_reason_closes_the_gate(rules):
    answer = check_reasons(rules, TEXTS, [(0,)] * 999 + [()])
    assert (answer.outcome, answer.observed) == (Outcome.FAILED, 0.999)
    assert "1 have none" in answer.explanation


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "Declined under our Internal  Standards or Policies",
        "You did not reach a\nqualifying score.",
    ],
)
def test_an_empty_text_and_the_two_phrases_the_law_refuses_are_no_reasons(rules, text):
    answer = check_reasons(rules, (text, "Payments were late"), [(1,), (1, 0)])
    assert (answer.observed, answer.outcome) == (0.5, Outcome.FAILED)


def test_a_model_that_pushes_nobody_up_has_no_reasons_to_give(spec, rules, bank):
    flat = bank.package(bank.people(500), bank.weighted([0.0, 0.0, 0.0], bias=3.0))
    checks, _ = ask(spec, rules, bank, flat)
    answer = result(checks, "EXPL-001")
    assert (answer.observed, answer.outcome) == (0.0, Outcome.FAILED)


def test_declines_are_taken_out_of_time_first_and_newest_first(spec, rules, bank):
    # arrears mark the windows, so the reasons tell which rows were looked at
    table = bank.people(300, 1)
    table = table.set_column(1, "arrears", pa.array([0] * 100 + [9] * 100 + [0] * 100))
    windows = ["validation"] * 100 + ["out_of_time"] * 100 + ["watch"] * 100
    package = bank.package(
        bank.people(500), bank.weighted([0.1, 1.0, 0.0]), typical=(3.0, 1.0, 0.0)
    )
    _, figures = ask(spec, rules, bank, package, table=table, windows=windows)
    assert figures["declines"] == 50
    arrears = [one for one in figures["reasons"] if one["feature"] == "arrears"]
    assert arrears == [
        {
            "feature": "arrears",
            "text": "Recent payments were late",
            "share_first": 1.0,
            "share_any": 1.0,
        }
    ]


class Astray:
    """Says one thing and explains another."""

    def __init__(self, honest, gap):
        self.honest, self.gap = honest, gap

    def margin(self, X):  # noqa: N803
        return self.honest.margin(X) + self.gap

    def contributions(self, X):  # noqa: N803
        return self.honest.contributions(X)


@pytest.mark.parametrize(
    ("gap", "outcome"),
    [(0.0009, Outcome.PASSED), (0.0011, Outcome.FAILED), (float("nan"), None)],
)
def test_contributions_that_miss_the_margin_by_more_than_the_tolerance_fail(
    spec, rules, bank, gap, outcome
):
    model = Astray(bank.weighted([-0.1, 1.0, 0.0], bias=5.0), gap)
    if outcome is None:  # a margin that is no number declines nobody
        outcome = Outcome.NOT_ENOUGH_EVIDENCE
        package = bank.package(bank.people(50), bank.weighted([-0.1, 1.0, 0.0], bias=-99.0))
    else:
        package = bank.package(bank.people(50), model)
    assert result(ask(spec, rules, bank, package)[0], "EXPL-002").outcome is outcome


class Bent:
    """Follows income downwards, except for a step up at 60."""

    def margin(self, X):  # noqa: N803
        return self.contributions(X)[0].sum(axis=1)

    def contributions(self, X):  # noqa: N803
        values = np.zeros(X.shape)
        values[:, 0] = -0.01 * X[:, 0] + 0.5 * (X[:, 0] >= 60)
        return values, 0.0


def test_a_step_against_the_declared_direction_is_found_whoever_promised_it(spec, rules, bank):
    checks, _ = ask(spec, rules, bank, bank.package(bank.people(500), Bent()))
    income = result(checks, "EXPL-003", "income")
    assert (income.outcome, income.observed, income.n) == (Outcome.FAILED, 20.0, 20)
    assert "Declared decreasing: 20 of 20 applications move against it" in income.explanation
    assert result(checks, "EXPL-003", "arrears").passed  # not used at all: never against


@pytest.mark.parametrize(
    ("weights", "failed"),
    [([0.1, 1.0, 0.0], {"income"}), ([-0.1, -1.0, 0.0], {"arrears"}), ([-0.1, 1.0, 9.0], set())],
)
def test_directions_are_checked_as_the_spec_declares_them(spec, rules, bank, weights, failed):
    checks, _ = ask(spec, rules, bank, bank.package(bank.people(500), bank.weighted(weights)))
    found = {c.subject for c in checks if c.code == "EXPL-003" and not c.passed}
    assert found == failed


def test_global_contributions_are_means_of_sizes_by_hand(spec, rules, bank):
    table = pa.table(
        {
            "income": [10.0, -30.0],
            "arrears": pa.array([1, 3], pa.int64()),
            "home": ["own", "own"],
        }
    )
    package = bank.package(bank.people(50), bank.weighted([0.1, 2.0, 1.0]))
    _, figures = ask(spec, rules, bank, package, table=table)
    assert figures["rows"] == 2
    assert figures["global"] == [
        {"feature": "arrears", "meaning": "Months in arrears", "mean_abs": 4.0, "share": 0.666667},
        {"feature": "income", "meaning": "Yearly income", "mean_abs": 2.0, "share": 0.333333},
        {"feature": "home", "meaning": "Kind of home", "mean_abs": 0.0, "share": 0.0},
    ]


def test_asking_twice_gives_the_same_answer_and_the_words_of_the_evidence(spec, rules, bank):
    package = bank.package(bank.people(500))
    one, two = ask(spec, rules, bank, package), ask(spec, rules, bank, package)
    assert canonical_bytes(one) == canonical_bytes(two)
    assert set(one[1]) == {"method", "rows", "global", "declines", "reasons"}
    assert set(one[1]["reasons"][0]) == {"feature", "text", "share_first", "share_any"}


def test_scores_of_other_applications_are_refused(spec, rules, bank):
    from pipelines_lib.errors import CheckNotRunError

    package = bank.package(bank.people(500))
    mine = bank.at_rest(bank.people(20), ["watch"] * 20, candidate=package)
    other = bank.at_rest(bank.people(30), ["watch"] * 30, candidate=package)
    with pytest.raises(CheckNotRunError, match="30 scores do not belong to 20 applications"):
        check_explanation(spec, rules, **{**mine, "scores": other["scores"]}, candidate=package)
