import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.drift.new_categories import ask
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.results import Outcome

NIGHTS = np.repeat(np.arange(30), 100)


def trained_without(bank, level):
    """A package none of whose train rows lived so."""
    people = bank.people(4_000)
    homes = ["own" if home == level else home for home in people["home"].to_pylist()]
    return bank.package(people.set_column(2, "home", pa.array(homes)))


@pytest.fixture
def answer(bank, rule, inquire):
    def put(homes, *, package=None, nights=NIGHTS, incomes=None, **more):
        rows = len(homes)
        table = bank.people(1_000 + rows).set_column(
            2, "home", pa.array(["own"] * 1_000 + list(homes), pa.string())
        )
        if incomes is not None:
            table = table.set_column(0, "income", pa.array([50.0, 60.0] * 500 + list(incomes)))
        asked = rule(
            "DRIFT-004",
            0.01,
            **{"confidence": 0.95, "nights": 3, "max_rows": 20_000, "margin": 0.1, **more},
        )
        return ask(
            inquire(
                table,
                package or trained_without(bank, "rent"),
                asked,
                windows=["train"] * 1_000 + ["watch"] * rows,
                nights=[0] * 1_000 + list(np.asarray(nights[:rows]) + 1),
            )
        )

    return put


def homes(rents, rows=3_000):
    """So many rented homes, spread evenly over the rows."""
    places = np.linspace(0, rows - 1, rents).astype(int)
    return ["rent" if place in set(places.tolist()) else "own" for place in range(rows)]


@pytest.mark.parametrize(
    ("rents", "outcome"),
    [(0, Outcome.PASSED), (30, Outcome.NOT_ENOUGH_EVIDENCE), (90, Outcome.FAILED)],
)
def test_a_level_without_one_row_in_training_is_new(answer, rents, outcome):
    (check,) = answer(homes(rents)).checks
    assert (check.code, check.subject, check.outcome) == ("DRIFT-004", "home", outcome)
    assert check.observed == pytest.approx(rents / 3_000)
    assert f"{rents} of 3,000 rows" in check.explanation
    assert ("rent" in check.explanation) is (rents > 0)


def test_a_level_that_training_had_is_not_new_however_often_it_comes(answer, bank):
    (check,) = answer(homes(2_999), package=bank.package(bank.people(4_000))).checks
    assert check.passed


def test_a_level_that_began_last_week_is_found_in_its_own_nights(answer):
    late = ["own"] * 2_500 + ["rent", *["own"] * 19] * 25
    (check,) = answer(late).checks
    assert check.outcome is Outcome.FAILED
    assert check.observed == pytest.approx(0.05, abs=0.01)
    assert "newest" in check.explanation


def test_blanks_and_unknown_levels_are_other_questions(answer):
    (check,) = answer([None, "castle", "own"] * 1_000).checks
    assert check.passed
    assert check.observed == 0


def test_without_rows_there_is_no_evidence(answer):
    (check,) = answer([]).checks
    assert check.outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_numbers_far_beyond_training_are_counted_for_the_report(answer):
    incomes = [49.5] * 1_000 + [60.9] * 1_000 + [61.1] * 600 + [np.inf] * 400
    figures = answer(["own"] * 3_000, incomes=incomes).figures
    (income,) = [each for each in figures.numbers if each.feature == "income"]
    assert (income.rows, income.share) == (1_000, round(1 / 3, 6))
    canonical_bytes(figures)


def test_no_more_rows_are_read_than_the_policy_allows(answer):
    (check,) = answer(homes(90), max_rows=500).checks
    assert check.n == 500


def test_a_category_of_a_hundred_thousand_levels_is_answered(bank, rule, inquire, spec):
    many = tuple(f"branch {number}" for number in range(100_000))
    features = tuple(
        each.model_copy(update={"levels": many}) if each.name == "home" else each
        for each in spec.features
    )
    wide = spec.model_copy(update={"features": features})
    from pipelines_lib.modelling.features import FeatureContract

    taught = bank.people(500).set_column(2, "home", pa.array(many[:500]))
    package = bank.package(taught, contract=FeatureContract.from_spec(wide))
    now = bank.people(3_000).set_column(2, "home", pa.array(many[:3_000]))
    asked = rule("DRIFT-004", 0.01, confidence=0.95, nights=3, max_rows=20_000, margin=0.1)
    inquiry = inquire(
        now, package, asked, windows=["watch"] * 3_000, nights=NIGHTS.tolist(), spec=wide
    )
    (check,) = ask(inquiry).checks
    assert check.outcome is Outcome.FAILED
    assert check.n == 3_000


def test_a_check_that_no_policy_rules_is_not_asked(bank, inquire):
    inquiry = inquire(
        bank.people(10),
        bank.package(bank.people(100)),
        None,
        windows=["watch"] * 10,
        nights=[0] * 10,
    )
    assert ask(inquiry).checks == ()
