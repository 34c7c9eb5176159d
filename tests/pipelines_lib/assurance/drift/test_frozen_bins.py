from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.chi_square import critical_value
from pipelines_lib.assurance.drift.frozen_bins import Reference, check_drift
from pipelines_lib.canonical import canonical_bytes, plain
from pipelines_lib.modelling.features import FeatureContract
from pipelines_lib.results import Outcome


def ask(spec, rules, bank, current, package, *, champion=None, windows=None):
    roles = {"candidate": package} | ({"champion": champion} if champion else {})
    windows = windows or ["watch"] * current.num_rows
    return check_drift(
        spec,
        rules,
        **bank.at_rest(current, windows, **roles),
        candidate=Reference("candidate", "candidate", package),
        champion=Reference("champion version 3", "champion", champion) if champion else None,
    )


def result(checks, code, subject):
    (found,) = [check for check in checks if (check.code, check.subject) == (code, subject)]
    return found


def shifted(table, column, values):
    return table.set_column(table.column_names.index(column), column, values)


def test_a_population_that_stayed_gets_a_passed_result_for_every_feature_and_the_score(
    spec, rules, bank
):
    checks, figures = ask(
        spec, rules, bank, bank.people(3_000, 1), bank.package(bank.people(4_000))
    )
    assert {(check.code, check.subject) for check in checks} == {
        *(("DRIFT-001", name) for name in spec.feature_names),
        *(("DRIFT-003", name) for name in spec.feature_names),
        ("DRIFT-002", "score"),
    }
    assert {check.outcome for check in checks} == {Outcome.PASSED}
    assert (figures.reference, figures.reference_rows, figures.current_rows) == (
        "candidate",
        4_000,
        3_000,
    )


def test_incomes_that_doubled_fail_and_take_the_score_with_them(spec, rules, bank):
    current = bank.people(2_000, 1)
    doubled = pa.array(current["income"].to_numpy() * 2)
    checks, _ = ask(
        spec, rules, bank, shifted(current, "income", doubled), bank.package(bank.people(4_000))
    )
    income = result(checks, "DRIFT-001", "income")
    assert income.outcome is Outcome.FAILED
    assert income.observed > 0.25
    assert income.explanation.startswith("act: PSI")
    assert result(checks, "DRIFT-002", "score").outcome is Outcome.FAILED
    assert result(checks, "DRIFT-001", "arrears").passed


def test_a_move_between_watch_and_act_passes_and_says_watch(spec, rules, bank):
    current = bank.people(2_000, 1)
    more = pa.array(current["income"].to_numpy() + 3.5)
    checks, _ = ask(
        spec, rules, bank, shifted(current, "income", more), bank.package(bank.people(4_000))
    )
    income = result(checks, "DRIFT-001", "income")
    assert 0.10 < income.observed < 0.25
    assert income.passed
    assert income.explanation.startswith("watch: PSI")


def test_fifty_rows_cannot_tell_whether_anything_moved(spec, rules, bank):
    checks, _ = ask(spec, rules, bank, bank.people(50, 1), bank.package(bank.people(4_000)))
    income = result(checks, "DRIFT-001", "income")
    assert income.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert income.explanation.startswith("too few rows to tell")


def test_fifty_rows_that_all_lie_elsewhere_are_an_alarm_all_the_same(spec, rules, bank):
    elsewhere = shifted(bank.people(50, 1), "income", pa.array(np.full(50, 500.0)))
    checks, _ = ask(spec, rules, bank, elsewhere, bank.package(bank.people(4_000)))
    assert result(checks, "DRIFT-001", "income").outcome is Outcome.FAILED


def test_without_anybody_to_watch_there_is_no_evidence(spec, rules, bank):
    checks, figures = ask(
        spec, rules, bank, bank.people(50), bank.package(bank.people(400)), windows=["train"] * 50
    )
    assert {check.outcome for check in checks} == {Outcome.NOT_ENOUGH_EVIDENCE}
    assert figures.current_rows == 0
    assert canonical_bytes(figures)


def test_only_the_watch_window_is_compared(spec, rules, bank):
    old, new = (
        shifted(bank.people(500), "income", pa.array(np.full(500, 9.9))),
        bank.people(1_000, 1),
    )
    table = pa.concat_tables([old, new])
    windows = ["train"] * 500 + ["watch"] * 1_000
    checks, figures = ask(
        spec, rules, bank, table, bank.package(bank.people(4_000)), windows=windows
    )
    assert figures.current_rows == 1_000
    assert result(checks, "DRIFT-001", "income").passed


def test_the_champions_own_scores_are_held_against_the_champions_bins(spec, rules, bank):
    champion = bank.package(bank.people(4_000), bank.weighted([0.1, 0.0, 0.0], bias=-9.0))
    candidate = bank.package(bank.people(4_000))
    checks, figures = ask(spec, rules, bank, bank.people(2_000, 1), candidate, champion=champion)
    assert figures.reference == "champion version 3"
    assert result(checks, "DRIFT-002", "score").passed


def test_a_feature_the_champion_does_not_know_is_held_against_the_candidates_bins(
    spec, rules, bank
):
    known = FeatureContract.from_spec(spec).features[:2]
    champion = bank.package(
        bank.people(4_000), bank.weighted([-0.1, 1.0]), contract=FeatureContract(known)
    )
    checks, _ = ask(
        spec, rules, bank, bank.people(900, 1), bank.package(bank.people(4_000)), champion=champion
    )
    assert "of the champion version 3" in result(checks, "DRIFT-001", "arrears").explanation
    assert "of the candidate" in result(checks, "DRIFT-001", "home").explanation


@pytest.mark.parametrize(
    ("blank", "outcome"),
    [(100, Outcome.PASSED), (150, Outcome.NOT_ENOUGH_EVIDENCE), (400, Outcome.FAILED)],
)
def test_missing_values_that_appear_are_a_change_of_their_own(spec, rules, bank, blank, outcome):
    current = bank.people(1_000, 1)
    values = [None] * blank + ["own"] * 600 + ["rent"] * (400 - blank)
    order = np.random.default_rng(3).permutation(1_000)
    homes = pa.array([values[place] for place in order], pa.string())
    train = shifted(
        bank.people(1_000), "home", pa.array([None] * 100 + ["own"] * 600 + ["rent"] * 300)
    )
    checks, _ = ask(spec, rules, bank, shifted(current, "home", homes), bank.package(train))
    home = result(checks, "DRIFT-003", "home")
    assert home.observed == pytest.approx(abs(blank - 100) / 1_000)
    assert home.outcome is outcome
    assert f"{blank} of 1,000 current rows against 100 of 1,000" in home.explanation


def test_missing_values_that_vanish_are_a_change_as_well(spec, rules, bank):
    homes = pa.array(["own"] * 700 + ["rent"] * 300)
    checks, _ = ask(
        spec,
        rules,
        bank,
        shifted(bank.people(1_000, 1), "home", homes),
        bank.package(bank.people(4_000)),
    )
    home = result(checks, "DRIFT-003", "home")
    assert home.observed == pytest.approx(0.1, abs=0.02)
    assert home.outcome is Outcome.FAILED


def test_a_quiet_year_raises_no_alarm(spec, rules, bank):
    package = bank.package(bank.people(4_000))
    alarms = [
        check
        for month in range(12)
        for check in ask(spec, rules, bank, bank.people(300, month + 10), package)[0]
        if check.outcome is Outcome.FAILED
    ]
    assert alarms == []


def test_figures_have_the_words_of_the_evidence_pack(spec, rules, bank):
    _, figures = ask(spec, rules, bank, bank.people(300, 1), bank.package(bank.people(400)))
    pack = plain(figures)
    parts = {"reference", "reference_rows", "current_rows", "current_nights"}
    assert set(pack) == {*parts, "features", "score", "total"}
    shape = {"feature", "psi", "critical", "missing_reference", "missing_current", "bins"}
    shape |= {"chance", "newest"}
    assert set(pack["features"][0]) == set(pack["score"]) == shape
    assert set(pack["score"]["bins"][0]) == {"label", "reference", "current"}
    for column in (*pack["features"], pack["score"]):
        assert sum(one["current"] for one in column["bins"]) == pytest.approx(1, abs=1e-4)


def since(night, values, early):
    """Values of a column from one night on; fifty rows a night."""
    first = night * 50
    return pa.array(np.concatenate([early[:first], values[first:]]))


def test_a_shift_of_the_newest_nights_does_not_drown_among_quiet_ones(spec, rules, bank):
    current = bank.people(6_000, 1)  # 120 nights
    incomes = current["income"].to_numpy()
    late = since(114, incomes + 25, incomes)
    checks, figures = ask(
        spec, rules, bank, shifted(current, "income", late), bank.package(bank.people(4_000))
    )
    income = result(checks, "DRIFT-001", "income")
    assert income.outcome is Outcome.FAILED
    assert f"The newest {figures.features[0].newest.nights} nights alone" in income.explanation
    assert figures.features[0].psi < 0.25 < figures.features[0].newest.psi == income.observed
    assert "of 120 nights" in income.explanation


def test_as_many_nights_are_pooled_as_it_takes_to_tell_half_the_limit_from_chance(
    spec, rules, bank
):
    _, figures = ask(spec, rules, bank, bank.people(6_000, 1), bank.package(bank.people(4_000)))
    newest = figures.features[0].newest
    assert newest.critical <= 0.125
    fewer = newest.critical * (1 / 4_000 + 1 / (newest.rows - 50))
    assert fewer / (1 / 4_000 + 1 / newest.rows) > 0.125
    assert newest.nights * 50 == newest.rows


def test_missing_values_that_vanish_in_the_newest_nights_are_found(spec, rules, bank):
    homes = bank.people(6_000, 1)["home"].to_pylist()
    late = [home or "own" if place >= 5_000 else home for place, home in enumerate(homes)]
    current = shifted(bank.people(6_000, 1), "home", pa.array(late))
    checks, _ = ask(spec, rules, bank, current, bank.package(bank.people(4_000)))
    home = result(checks, "DRIFT-003", "home")
    assert home.outcome is Outcome.FAILED
    assert "The newest" in home.explanation


def test_the_chance_of_an_index_counts_all_features_and_both_pools(spec, rules, bank):
    _, figures = ask(spec, rules, bank, bank.people(6_000, 1), bank.package(bank.people(4_000)))
    income = figures.features[0]
    level = 0.05 / (2 * 3)
    assert income.critical == pytest.approx(
        critical_value(9, level) * (1 / 4_000 + 1 / 6_000), rel=1e-9
    )
    assert income.chance > level


def test_checks_that_no_policy_rules_are_not_answered(spec, rules, bank):
    alone = replace(rules, rules=(rules.rule("DRIFT-002"),))
    checks, figures = ask(spec, alone, bank, bank.people(500, 1), bank.package(bank.people(4_000)))
    assert [(check.code, check.subject) for check in checks] == [("DRIFT-002", "score")]
    assert figures.features == ()


def test_a_constant_and_an_infinite_column_are_answered(spec, rules, bank):
    people = shifted(bank.people(4_000), "arrears", pa.array(np.ones(4_000, dtype=np.int64)))
    now = shifted(bank.people(900, 1), "arrears", pa.array(np.ones(900, dtype=np.int64)))
    now = shifted(now, "income", pa.array(np.where(np.arange(900) % 2, np.inf, -np.inf)))
    checks, figures = ask(spec, rules, bank, now, bank.package(people))
    assert result(checks, "DRIFT-001", "income").outcome is Outcome.FAILED
    assert result(checks, "DRIFT-001", "arrears").outcome is Outcome.NOT_ENOUGH_EVIDENCE
    canonical_bytes(figures)


def test_a_column_that_is_missing_everywhere_now_is_an_alarm(spec, rules, bank):
    now = shifted(bank.people(900, 1), "home", pa.nulls(900, pa.string()))
    checks, _ = ask(spec, rules, bank, now, bank.package(bank.people(4_000)))
    assert result(checks, "DRIFT-001", "home").outcome is Outcome.FAILED
    assert result(checks, "DRIFT-003", "home").outcome is Outcome.FAILED


def test_a_category_of_a_hundred_thousand_levels_is_answered_in_few_words(spec, rules, bank):
    many = tuple(f"branch {number}" for number in range(100_000))
    features = tuple(
        each.model_copy(update={"levels": many}) if each.name == "home" else each
        for each in spec.features
    )
    wide = spec.model_copy(update={"features": features})
    train = shifted(bank.people(4_000), "home", pa.array(many[:4_000]))
    now = shifted(bank.people(2_000, 1), "home", pa.array(many[3_000:5_000]))
    package = bank.package(train, contract=FeatureContract.from_spec(wide))
    checks, figures = ask(wide, rules, bank, now, package)
    assert result(checks, "DRIFT-001", "home").outcome is Outcome.NOT_ENOUGH_EVIDENCE
    home = next(each for each in figures.features if each.feature == "home")
    assert len(home.bins) <= 24
    assert home.bins[-1].label.endswith("others")
    assert len(canonical_bytes(figures)) < 20_000


@pytest.mark.parametrize("rows", [300, 900])
def test_where_nothing_moved_one_run_in_twenty_raises_any_alarm_at_most(spec, rules, bank, rows):
    package = bank.package(bank.people(4_000))
    tight = replace(
        rules,
        rules=tuple(replace(one, limit=1e-9) for one in rules.rules if one.check[:5] == "DRIFT"),
    )
    runs = 60
    alarms = 0
    for run in range(runs):
        checks, _ = ask(spec, tight, bank, bank.people(rows, run + 100), package)
        alarms += any(
            check.outcome is Outcome.FAILED for check in checks if check.code == "DRIFT-001"
        )
    assert alarms / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


def test_a_share_passes_by_its_own_interval_and_fails_only_among_all(spec, rules, bank):
    """Two hundred rows with nothing missing pass, as many features as there are."""
    full = shifted(bank.people(4_000), "home", pa.array(["own"] * 4_000))
    now = shifted(bank.people(200, 1), "home", pa.array(["own"] * 200))
    checks, _ = ask(spec, rules, bank, now, bank.package(full))
    home = result(checks, "DRIFT-003", "home")
    assert home.outcome is Outcome.PASSED
    assert home.interval.confidence == 0.95


@pytest.mark.parametrize(
    ("blank", "outcome"), [(21, Outcome.NOT_ENOUGH_EVIDENCE), (40, Outcome.FAILED)]
)
def test_what_only_its_own_interval_calls_too_much_is_no_alarm(spec, rules, bank, blank, outcome):
    full = shifted(bank.people(4_000), "home", pa.array(["own"] * 4_000))
    blanks = set(np.linspace(0, 249, blank).astype(int).tolist())
    homes = [None if place in blanks else "own" for place in range(250)]
    now = shifted(bank.people(250, 1), "home", pa.array(homes, pa.string()))
    checks, _ = ask(spec, rules, bank, now, bank.package(full))
    home = result(checks, "DRIFT-003", "home")
    assert home.outcome is outcome
    assert home.interval.confidence == pytest.approx(1 - 0.05 / 6)
