"""FAIR-010: do the codes of protected attributes still mean what they did?"""

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.fairness.coding import Past, believed, check_coding, recorded_rows
from pipelines_lib.assurance.fairness.cohort import cohort_of
from pipelines_lib.assurance.fairness.parity import check_parity
from pipelines_lib.canonical import canonical_bytes, plain
from pipelines_lib.results import Outcome

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ENOUGH_EVIDENCE
NOBODY = Past({})


def stated(limit=0.1, **parameters):
    usual = {"confidence": 0.95, "most_undeclared": 0.05, "most_unknown": 0.6, "newest_nights": 5.0}
    return ("FAIR-010", "at_most", limit, {**usual, **parameters})


def people(codes, *, nights=20, scores=None):
    """A cohort of 20 nights whose protected source sent these codes."""
    n = len(codes)
    keys = [str(place) for place in range(n)]
    days = [date(2025, 1, 1) + timedelta(days=place * nights // n) for place in range(n)]
    table = pa.table(
        {
            "key": pa.array(keys, pa.string()),
            "business_date": pa.array(days, pa.date32()),
            "window": pa.array(["watch"] * n, pa.string()),
            "label": pa.nulls(n, pa.int8()),
            "candidate_score": np.full(n, 0.2) if scores is None else scores,
        }
    )
    return table, pa.table(
        {"key": pa.array(keys, pa.string()), "sex": pa.array(codes, pa.string())}
    )


def ask(spec, rules, codes, past=NOBODY, **more):
    cohort = cohort_of(spec.fairness.attributes, *people(codes, **more))
    (found,), figures = check_coding(spec, rules, cohort, past)
    return found, figures.attributes[0]


def mixed(n=4_000, women=0.6, one="1", two="2", seed=1):
    rng = np.random.default_rng(seed)
    return [two if draw < women else one for draw in rng.random(n)]


def before(**rows):
    return Past({"sex": {"men": 0, "women": 0, "unknown": 0, **rows}})


def test_codes_as_declared_pass_and_say_how_well_they_are_filled(spec, book):
    found, figures = ask(spec, book(stated()), mixed())
    assert found.outcome is PASSED
    assert "0.0 % missing, 0.0 % outside the declared groups" in found.explanation
    assert sum(group.rows for group in figures.groups) == 4_000


def test_missing_and_undeclared_are_told_apart(spec, book):
    codes = [*mixed(3_700), *[None] * 100, *[""] * 100, *["9"] * 100]
    _, figures = ask(spec, book(stated()), codes)
    assert (figures.missing, figures.undeclared, figures.groups[-1].rows) == (200, 100, 300)


def test_zero_and_one_in_place_of_one_and_two_fail_without_any_champion(spec, book):
    found, _ = ask(spec, book(stated()), mixed(one="0", two="1"))
    assert found.outcome is FAILED
    assert "men is the only declared group with rows" in found.explanation
    assert "of values are outside the declared groups" in found.explanation


@pytest.mark.parametrize("codes", [[None] * 300, ["x"] * 300])
def test_an_attribute_wholly_unknown_fails(spec, book, codes):
    found, _ = ask(spec, book(stated()), codes)
    assert found.outcome is FAILED
    assert "nobody is known" in found.explanation


def test_one_group_only_fails(spec, book):
    assert ask(spec, book(stated()), ["2"] * 300)[0].outcome is FAILED


def test_without_rows_there_is_nothing_to_say(spec, book):
    found, _ = ask(spec, book(stated()), [])
    assert (found.outcome, found.n) == (OPEN, 0)


@pytest.mark.parametrize(("outside", "outcome"), [(50, PASSED), (51, FAILED)])
def test_values_no_group_covers_may_be_as_many_as_the_policy_bears(spec, book, outside, outcome):
    found, _ = ask(spec, book(stated()), ["9"] * outside + mixed(1_000 - outside), nights=3)
    assert found.outcome is outcome


@pytest.mark.parametrize(("blank", "outcome"), [(600, PASSED), (601, FAILED)])
def test_people_may_be_unknown_as_often_as_the_policy_bears(spec, book, blank, outcome):
    found, _ = ask(spec, book(stated()), [None] * blank + mixed(1_000 - blank), nights=3)
    assert found.outcome is outcome


def test_codes_swapped_for_each_other_show_against_the_champions_night(spec, book):
    codes = mixed(women=0.7)
    champion = before(men=1_200, women=2_800)
    assert ask(spec, book(stated()), codes, champion)[0].outcome is PASSED
    swapped = ["1" if code == "2" else "2" for code in codes]
    found, _ = ask(spec, book(stated()), swapped, champion)
    assert found.outcome is FAILED
    assert "since the champion's night the share of" in found.explanation


def test_a_group_that_vanished_since_the_champion_fails_however_small_it_was(spec, book):
    found, _ = ask(spec, book(stated()), ["1"] * 2_000 + [None] * 100, before(men=1_900, women=90))
    assert found.outcome is FAILED
    assert "women had rows in the champion's night and has none now" in found.explanation


def test_unknown_that_jumped_fails(spec, book):
    codes = [*mixed(2_000), *[None] * 1_000]
    rng = np.random.default_rng(3)
    codes = [codes[place] for place in rng.permutation(3_000)]
    found, _ = ask(spec, book(stated()), codes, before(men=1_200, women=1_800))
    assert found.outcome is FAILED


def test_a_change_in_the_newest_nights_shows_without_a_champion(spec, book):
    codes = mixed(4_000)
    swapped = ["1" if code == "2" else "2" for code in codes[3_000:]]
    found, _ = ask(spec, book(stated()), [*codes[:3_000], *swapped])
    assert found.outcome is FAILED
    assert "in the newest nights the share of" in found.explanation


def test_a_declared_group_nobody_ever_saw_is_not_enough_evidence(couple, book):
    attributes = couple.model_dump(mode="json")["fairness"]["attributes"]
    attributes[0]["groups"]["other"] = ["3"]
    wider = type(couple).model_validate(
        {**couple.model_dump(mode="json"), "fairness": {"attributes": attributes[:1]}}
    )
    found, _ = ask(wider, book(stated()), mixed())
    assert found.outcome is OPEN
    assert "other has no rows" in found.explanation


def test_champions_evidence_that_cannot_be_read_leaves_it_open(spec, book):
    found, _ = ask(spec, book(stated()), mixed(), Past({}, unread=True))
    assert found.outcome is OPEN
    assert "cannot be read" in found.explanation


def test_groups_declared_anew_are_not_held_against_the_champions(spec, book):
    champion = Past({"sex": {"m": 100, "f": 100, "unknown": 0}})
    assert ask(spec, book(stated()), mixed(), champion)[0].outcome is PASSED


def test_an_upper_end_at_the_limit_passes_and_a_hair_less_does_not(spec, book):
    champion = before(men=1_650, women=2_350)
    high = ask(spec, book(stated()), mixed(), champion)[0].interval.high
    assert ask(spec, book(stated(high)), mixed(), champion)[0].outcome is PASSED
    less = book(stated(np.nextafter(high, 0)))
    assert ask(spec, less, mixed(), champion)[0].outcome is OPEN


def test_what_a_night_records_is_what_the_next_one_reads(spec, book):
    cohort = cohort_of(spec.fairness.attributes, *people(mixed()))
    _, figures = check_coding(spec, book(stated()), cohort, NOBODY)
    rows = recorded_rows({"figures": {"protected_coding": plain(figures)}})
    assert rows == {"sex": {group.group: group.rows for group in figures.attributes[0].groups}}


def test_older_evidence_is_read_from_its_approvals_and_strange_evidence_says_nothing(spec, rules):
    cohort = cohort_of(spec.fairness.attributes, *people(mixed()))
    _, figures = check_parity(spec, rules, cohort, 0.5)
    assert set(recorded_rows({"figures": {"fairness": plain(figures)}})["sex"]) == {
        *("men", "women", "unknown")
    }
    assert recorded_rows({"figures": None}) == recorded_rows({}) == {}


def test_ratios_about_an_attribute_whose_coding_failed_are_not_believed(spec, rules, book):
    """Women sent as 1 are counted as men, and the ratio of the rest looks fine."""
    codes = mixed(one="0", two="1")
    both = book(stated())
    both = type(both)((*both.rules, *rules.rules), approval_required=False, policies=())
    cohort = cohort_of(spec.fairness.attributes, *people(codes))
    inquiry = SimpleNamespace(
        spec=spec, rules=both, cohort=cohort, champion=None, asks=lambda code: code in both
    )
    checks, _ = check_parity(spec, both, cohort, 0.5)
    found = believed(inquiry, checks)
    assert {one.outcome for one in found} == {OPEN}
    assert all(one.explanation.startswith("The coding of sex is in doubt") for one in found)


def test_an_attribute_with_sound_codes_keeps_its_results(spec, rules, book):
    both = book(stated())
    both = type(both)((*both.rules, *rules.rules), approval_required=False, policies=())
    scores = np.random.default_rng(1).random(4_000)
    cohort = cohort_of(spec.fairness.attributes, *people(mixed(), scores=scores))
    inquiry = SimpleNamespace(
        spec=spec, rules=both, cohort=cohort, champion=None, asks=lambda code: code in both
    )
    checks, _ = check_parity(spec, both, cohort, 0.5)
    assert believed(inquiry, checks) == checks


def test_no_value_of_the_source_leaves_the_step(spec, book):
    cohort = cohort_of(spec.fairness.attributes, *people([*mixed(), *["secretcode"] * 900]))
    written = canonical_bytes(list(check_coding(spec, book(stated()), cohort, NOBODY)))
    assert b"secretcode" not in written


def test_nothing_that_changed_is_hardly_ever_found_changed(spec, book):
    """A limit of nothing at all: every alarm is chance, of all groups and both comparisons."""
    alarms, runs = 0, 300
    for seed in range(runs):
        past = np.unique(mixed(500, seed=seed), return_counts=True)[1]
        codes = mixed(500, seed=seed + 10_000)
        found, _ = ask(spec, book(stated(0.0)), codes, before(men=past[0], women=past[1]))
        alarms += found.outcome is FAILED
    assert alarms <= 0.05 * runs + 3 * np.sqrt(0.05 * 0.95 * runs)
