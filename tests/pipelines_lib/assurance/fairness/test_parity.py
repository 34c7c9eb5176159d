import warnings

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.fairness.parity import check_fairness, required_groups
from pipelines_lib.canonical import canonical_bytes, plain
from pipelines_lib.results import Outcome
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.protected import Fairness

INPUTS = ("income", "arrears", "home")
CUTOFF = 0.5
CODES = {"men": "1", "women": "2", "unknown": None}
Z = 1.959963984540054


def people(window="watch", label=None, **groups):
    """``women=(40, 100)`` are 100 women of whom 40 would be approved."""
    return [
        (f"{window}{group}{place}", window, label, 0.2 if place < approved else 0.8, CODES[group])
        for group, (approved, many) in groups.items()
        for place in range(many)
    ]


def tables(rows):
    columns = list(zip(*rows, strict=True))
    scores = pa.table(
        {
            "key": pa.array(columns[0], pa.string()),
            "window": pa.array(columns[1], pa.string()),
            "label": pa.array(columns[2], pa.int8()),
            "candidate_score": pa.array(columns[3], pa.float64()),
        }
    )
    protected = pa.table({"key": scores["key"], "sex": pa.array(columns[4], pa.string())})
    return scores, protected.sort_by("key")


def ask(spec, rules, rows, *, cutoff=CUTOFF, inputs=INPUTS):
    scores, protected = tables(rows)
    return check_fairness(
        spec, rules, scores=scores, protected=protected, cutoff=cutoff, inputs=inputs
    )


def result(checks, code, subject="sex=women"):
    (found,) = [check for check in checks if (check.code, check.subject) == (code, subject)]
    return found


def test_40_of_100_women_against_50_of_100_men_is_a_ratio_of_0_8_with_a_wide_interval(spec, rules):
    checks, _ = ask(spec, rules, people(women=(40, 100), men=(50, 100)))
    impact = result(checks, "FAIR-001")
    error = np.sqrt(1 / 40 - 1 / 100 + 1 / 50 - 1 / 100)  # Katz, by hand: 0.158114
    assert impact.observed == pytest.approx(0.8)
    assert impact.interval.low == pytest.approx(0.8 * np.exp(-Z * error))
    assert impact.interval.high == pytest.approx(0.8 * np.exp(Z * error))
    assert (impact.interval.low, impact.interval.high) == pytest.approx((0.5868, 1.0906), abs=1e-4)
    assert (impact.outcome, impact.n) == (Outcome.NOT_ENOUGH_EVIDENCE, 100)
    assert "40 of 100 against 50 of 100" in impact.explanation


@pytest.mark.parametrize(
    ("women", "outcome"),
    [
        (5_000, Outcome.PASSED),
        (4_000, Outcome.NOT_ENOUGH_EVIDENCE),
        (3_000, Outcome.FAILED),
    ],
)
def test_an_interval_wholly_above_passes_wholly_below_fails_and_across_is_no_evidence(
    spec, rules, women, outcome
):
    checks, _ = ask(spec, rules, people(women=(women, 10_000), men=(5_000, 10_000)))
    assert result(checks, "FAIR-001").outcome is outcome


def test_an_interval_that_begins_at_the_limit_passes_and_a_hair_above_it_does_not(spec, rules):
    rows = people(women=(45, 100), men=(50, 100))
    low = result(ask(spec, rules, rows)[0], "FAIR-001").interval.low
    assert result(ask(spec, limited(rules, low), rows)[0], "FAIR-001").passed
    assert not result(ask(spec, limited(rules, np.nextafter(low, 1)), rows)[0], "FAIR-001").passed


def limited(rules, limit):
    from dataclasses import replace

    changed = (replace(r, limit=limit) if r.check == "FAIR-001" else r for r in rules.rules)
    return replace(rules, rules=tuple(changed))


@pytest.mark.parametrize("approved", [0, 200])
def test_a_model_that_approves_nobody_or_everybody_proves_nothing(spec, rules, approved):
    rows = [
        *people(women=(approved, 200), men=(approved, 200)),
        *people("validation", 0, women=(approved, 200), men=(approved, 200)),
    ]
    checks, figures = ask(spec, rules, rows)
    for code in ("FAIR-001", "FAIR-002"):
        answer = result(checks, code)
        assert (answer.observed, answer.outcome) == (None, Outcome.NOT_ENOUGH_EVIDENCE)
    assert figures.attributes[0].groups[1].ratio is None


def test_no_woman_approved_is_a_ratio_of_zero_and_fails(spec, rules):
    impact = result(ask(spec, rules, people(women=(0, 500), men=(400, 500)))[0], "FAIR-001")
    assert (impact.observed, impact.outcome) == (0.0, Outcome.FAILED)
    assert impact.interval.high < 0.05


def test_every_one_of_few_women_approved_does_not_pass_on_luck(spec, rules):
    checks, _ = ask(spec, rules, people(women=(29, 29), men=(700, 1_000)))
    assert result(checks, "FAIR-001").outcome is Outcome.NOT_ENOUGH_EVIDENCE  # 29 < 30 rows


def test_a_declared_group_that_vanished_is_missed_and_never_small(spec, rules):
    checks, figures = ask(spec, rules, people(men=(700, 1_000)))
    assert result(checks, "FAIR-001").outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert figures.small == frozenset()
    assert required_groups(spec, figures.small) == ("sex=women",)


def test_without_its_reference_no_group_can_be_judged(spec, rules):
    checks, _ = ask(spec, rules, people(women=(700, 1_000)))
    assert result(checks, "FAIR-001").outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert result(checks, "FAIR-002").outcome is Outcome.NOT_ENOUGH_EVIDENCE


@pytest.mark.parametrize(("women", "small"), [(19, {"sex=women"}), (20, set())])
def test_a_group_below_two_percent_is_reported_but_not_required(spec, rules, women, small):
    rows = people(women=(10, women), men=(700, 1_000 - women))
    checks, figures = ask(spec, rules, rows)
    assert figures.small == small
    assert required_groups(spec, figures.small) == tuple(sorted({"sex=women"} - small))
    assert result(checks, "FAIR-001").observed is not None
    assert ("not required" in result(checks, "FAIR-001").explanation) == bool(small)


def test_unknown_is_always_in_the_figures_and_has_a_result_once_it_has_rows(spec, rules):
    checks, figures = ask(spec, rules, people(women=(40, 100), men=(50, 100)))
    assert [group.group for group in figures.attributes[0].groups] == ["men", "women", "unknown"]
    assert figures.attributes[0].groups[2].rows == 0
    assert {check.subject for check in checks} == {"sex=women", "sex"}
    checks, figures = ask(spec, rules, people(women=(40, 100), men=(50, 100), unknown=(9, 50)))
    assert figures.attributes[0].groups[2].rows == 50
    assert result(checks, "FAIR-001", "sex=unknown").observed == pytest.approx(0.36)


def test_without_protected_data_every_row_is_unknown_and_nothing_passes(spec, rules):
    scores, _ = tables(people(women=(40, 100), men=(50, 100)))
    checks, figures = check_fairness(
        spec, rules, scores=scores, protected=None, cutoff=CUTOFF, inputs=INPUTS
    )
    assert figures.attributes[0].groups[2].rows == 200
    assert {c.outcome for c in checks if c.code != "FAIR-003"} == {Outcome.NOT_ENOUGH_EVIDENCE}


def test_a_score_at_the_cut_off_is_declined(spec, rules):
    rows = [(f"k{i}", "watch", None, 0.5 if i % 2 else 0.4999, "1") for i in range(10)]
    _, figures = ask(spec, rules, rows)
    assert figures.attributes[0].groups[0].approved == 5


def test_impact_counts_every_row_not_trained_on_and_opportunity_only_known_good_ones(spec, rules):
    rows = [
        *people("train", 0, women=(0, 500), men=(500, 500)),
        *people("calibration", 0, women=(0, 500), men=(500, 500)),
        *people("validation", 0, women=(80, 100), men=(90, 100)),
        *people("out_of_time", 0, women=(80, 100), men=(90, 100)),
        *people("out_of_time", 1, women=(10, 100), men=(20, 100)),
        *people("watch", None, women=(50, 100), men=(60, 100)),
    ]
    rows = [(f"{place}", *row[1:]) for place, row in enumerate(rows)]
    checks, figures = ask(spec, rules, rows)
    women = figures.attributes[0].groups[1]
    assert (figures.rows, women.rows, women.approved) == (800, 400, 220)
    assert result(checks, "FAIR-001").observed == pytest.approx((220 / 400) / (260 / 400))
    assert (women.opportunity_rows, women.opportunity) == (200, pytest.approx(0.8))
    assert women.opportunity_difference == pytest.approx(-0.1)
    assert result(checks, "FAIR-002").observed == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("women", "outcome"),
    [
        (5_100, Outcome.PASSED),
        (4_900, Outcome.PASSED),
        (6_000, Outcome.NOT_ENOUGH_EVIDENCE),
        (4_000, Outcome.NOT_ENOUGH_EVIDENCE),
        (6_500, Outcome.FAILED),
        (3_500, Outcome.FAILED),
    ],
)
def test_an_equal_opportunity_difference_counts_in_both_directions(spec, rules, women, outcome):
    rows = people("validation", 0, women=(women, 10_000), men=(5_000, 10_000))
    answer = result(ask(spec, rules, rows)[0], "FAIR-002")
    assert answer.outcome is outcome
    assert answer.observed == pytest.approx(abs(women - 5_000) / 10_000)
    assert answer.interval.low <= answer.observed <= answer.interval.high


def test_no_difference_has_an_interval_from_zero(spec, rules):
    rows = people("validation", 0, women=(500, 1_000), men=(500, 1_000))
    interval = result(ask(spec, rules, rows)[0], "FAIR-002").interval
    assert (interval.low, interval.high) == (0.0, pytest.approx(0.0437, abs=5e-4))


def test_fairlearn_on_the_rows_themselves_gives_the_same_figures(spec, rules):
    from fairlearn.metrics import MetricFrame, selection_rate, true_positive_rate

    rng = np.random.default_rng(5)
    sex = rng.choice(["1", "2"], 3_000)
    score = rng.random(3_000) - 0.05 * (sex == "2")
    label = rng.integers(0, 2, 3_000)
    rows = [
        (f"{i}", "validation", int(label[i]), float(score[i]), str(sex[i])) for i in range(3_000)
    ]
    checks, figures = ask(spec, rules, rows)
    oracle = MetricFrame(
        metrics={"selection": selection_rate, "opportunity": true_positive_rate},
        y_true=1 - label,
        y_pred=(score < CUTOFF).astype(int),
        sensitive_features=sex,
    ).by_group
    men, women, _ = figures.attributes[0].groups
    assert men.selection_rate == pytest.approx(oracle.loc["1", "selection"])
    assert women.opportunity == pytest.approx(oracle.loc["2", "opportunity"])
    assert result(checks, "FAIR-001").observed == pytest.approx(
        oracle.loc["2", "selection"] / oracle.loc["1", "selection"]
    )
    assert women.opportunity_difference == pytest.approx(
        oracle.loc["2", "opportunity"] - oracle.loc["1", "opportunity"]
    )


def test_the_order_of_rows_changes_nothing(spec, rules):
    rows = [
        *people(women=(41, 100), men=(50, 100), unknown=(3, 9)),
        *people("validation", 0, women=(70, 90), men=(50, 80)),
    ]
    shuffled = [rows[place] for place in np.random.default_rng(1).permutation(len(rows))]
    assert ask(spec, rules, rows) == ask(spec, rules, shuffled)


def test_relabelling_the_groups_changes_names_only(spec, rules):
    renamed = ModelSpec.model_validate(
        {
            **spec.model_dump(),
            "fairness": {
                "attributes": [
                    {
                        "name": "sex",
                        "column": "SEX",
                        "reference": "b",
                        "groups": {"a": ["2"], "b": ["1"]},
                    }
                ]
            },
        }
    )
    rows = people(women=(41, 100), men=(50, 100))
    one = result(ask(spec, rules, rows)[0], "FAIR-001")
    two = result(ask(renamed, rules, rows)[0], "FAIR-001", "sex=a")
    assert (one.observed, one.interval, one.outcome) == (two.observed, two.interval, two.outcome)


@pytest.mark.parametrize("inputs", [("income", "sex"), ("SEX",), ("income", "Sex")])
def test_a_protected_attribute_among_the_inputs_is_found_by_name_and_by_column(spec, rules, inputs):
    checks, _ = ask(spec, rules, people(men=(1, 2)), inputs=inputs)
    answer = result(checks, "FAIR-003", "sex")
    assert answer.outcome is Outcome.FAILED
    assert inputs[-1] in answer.explanation


def test_inputs_that_are_not_protected_pass_and_no_inputs_prove_nothing(spec, rules):
    rows = people(men=(1, 2))
    assert result(ask(spec, rules, rows)[0], "FAIR-003", "sex").passed
    none = result(ask(spec, rules, rows, inputs=())[0], "FAIR-003", "sex")
    assert none.outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_a_model_that_decides_about_nobody_gives_its_reason_and_no_result(spec, rules):
    firms = spec.model_copy(update={"fairness": Fairness(not_applicable="Decides about firms.")})
    checks, figures = ask(firms, rules, people(men=(1, 2)))
    assert (checks, figures.not_applicable) == ((), "Decides about firms.")
    assert required_groups(firms) == ()


def test_figures_have_the_words_of_the_evidence_pack(spec, rules):
    _, figures = ask(spec, rules, people(women=(40, 100), men=(50, 100)))
    pack = plain(figures)
    assert set(pack) == {"not_applicable", "rows", "attributes"}
    assert set(pack["attributes"][0]) == {"attribute", "reference", "groups"}
    assert set(pack["attributes"][0]["groups"][0]) == {
        *("group", "rows", "share", "approved", "selection_rate", "ratio", "ratio_low"),
        *("ratio_high", "opportunity_rows", "opportunity", "opportunity_difference"),
        *("opportunity_low", "opportunity_high", "small"),
    }
    assert canonical_bytes(figures)


def test_no_key_of_a_customer_leaves_the_step(spec, rules):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checks, figures = ask(spec, rules, people(women=(40, 100), men=(50, 100)))
    assert b"watchwomen" not in canonical_bytes([list(checks), figures])
