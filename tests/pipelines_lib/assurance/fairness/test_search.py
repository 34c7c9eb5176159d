"""FAIR-011 and FAIR-009 on a whole candidate: a lender whose postcode stands for a group."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.fairness import proxies, search
from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.canonical import canonical_bytes, plain
from pipelines_lib.data.snapshots import read_snapshot, write_snapshot
from pipelines_lib.errors import CheckNotRunError
from pipelines_lib.modelling.scoring import score_snapshot
from pipelines_lib.modelling.training import train_candidate
from pipelines_lib.modelling.windows import plan_windows
from pipelines_lib.results import Outcome
from pipelines_lib.spec.loading import parse_policy
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import RuleBook, rulebook

AS_OF = date(2025, 4, 10)
HOUSE = Path(__file__).parents[4] / "deployments" / "policies" / "house.yaml"


def house():
    return parse_policy(HOUSE.read_text(encoding="utf-8"))


def lender_table(rows, seed=3):
    """Postcode is the group with noise. It told risk once and tells nothing any more."""
    rng = np.random.default_rng(seed)
    women = rng.integers(0, 2, rows)
    income = rng.normal(50, 10, rows)
    arrears = rng.integers(0, 4, rows)
    postcode = women + rng.normal(0, 0.4, rows)
    once = np.arange(rows) < 0.4 * rows
    risk = -1.5 - 0.09 * (income - 50) + 0.5 * (arrears - 1.5) + 1.2 * postcode * once
    bad = rng.random(rows) < 1 / (1 + np.exp(-risk))
    day = np.datetime64(AS_OF - timedelta(days=99)) + np.arange(rows) * 100 // rows
    unknown = day + 30 > np.datetime64(AS_OF)
    keys = [f"{place:064x}" for place in range(rows)]
    applications = pa.table(
        {
            "key": keys,
            "business_date": pa.array(day, pa.date32()),
            "observed_on": pa.array(day + 30, pa.date32(), mask=unknown),
            "label": pa.array(bad.astype(np.int8), mask=unknown),
            "income": income,
            "arrears": arrears,
            "postcode": postcode,
        }
    )
    return applications, pa.table({"key": keys, "sex": (women + 1).astype(str)})


def lender_spec():
    feature = {"source": "accounts", "type": "number", "meaning": "m", "reason": "r"}
    return ModelSpec.model_validate(
        {
            "model": "lender",
            "title": "Default",
            "purpose": "Rank applicants",
            "tier": 1,
            "tier_rationale": "made up",
            "people": {"owner": "Risk", "developer": "Modelling", "validator": "Validation"},
            "documentation": {
                "assumptions": ["a"],
                "limitations": ["l"],
                "rejected_alternatives": ["r"],
            },
            "monitoring": {
                "owner": "Risk",
                "metrics": ["auc"],
                "review_every_days": 90,
                "action_on_breach": "retrain",
            },
            "policies": ["house"],
            "schedule": {"cron": "0 2 * * *", "timezone": "UTC"},
            "sources": [
                {
                    "name": "accounts",
                    "role": "population",
                    "uri": "a.csv",
                    "key": "id",
                    "business_date": "day",
                },
                {"name": "people", "role": "protected", "uri": "p.csv", "key": "id"},
            ],
            "features": [{**feature, "name": name} for name in ("income", "arrears", "postcode")],
            "label": {
                "source": "accounts",
                "column": "bad",
                "positive": 1,
                "negative": 0,
                "meaning": "did not pay",
                "performance_window_days": 30,
            },
            "fairness": {
                "attributes": [
                    {
                        "name": "sex",
                        "column": "sex",
                        "reference": "men",
                        "groups": {"men": ["1"], "women": ["2"]},
                    }
                ]
            },
            "decision": {"decline_share": 0.3},
            "windows": {"train": 0.5, "calibration": 0.15, "validation": 0.15, "out_of_time": 0.2},
            "training": {
                "estimator": "xgboost",
                "seed": 1,
                "rounds": 15,
                "calibration": "sigmoid",
                "parameters": {"max_depth": 3, "learning_rate": 0.2},
            },
        }
    )


@pytest.fixture(scope="module")
def lender(tmp_path_factory):
    home, spec = tmp_path_factory.mktemp("lender"), lender_spec()
    applications, people = lender_table(4_000)
    keep = {"as_of": AS_OF}
    snapshot = write_snapshot(home, applications, kind="applications", **keep)
    protected = write_snapshot(home, people, kind="protected", **keep)
    plan = plan_windows(spec, applications, AS_OF)
    candidate = train_candidate(spec, snapshot, plan, home=home, threads=1)
    packages = {"candidate": candidate.package, "baseline": candidate.baseline}
    return Inquiry(
        spec=spec,
        rules=rulebook(spec, {"house": house()}, AS_OF),
        home=home,
        as_of=AS_OF,
        threads=1,
        plan=plan,
        applications=snapshot,
        protected=protected,
        scores=score_snapshot(home, snapshot, plan, packages, threads=1),
        candidate=candidate,
        champion=None,
        packs={"house": house()},
        newest_promotion=None,
    )


@pytest.fixture(scope="module")
def answer(lender):
    return search.ask(lender)


def ruled(lender, **parameters):
    """The same lender under a rule with other parameters."""
    rules = [
        replace(
            rule,
            parameters=tuple(
                (name, parameters.get(name, value)) for name, value in rule.parameters
            ),
        )
        for rule in lender.rules.rules
    ]
    return replace(lender, rules=RuleBook(tuple(rules), False, ()))


def test_without_the_postcode_women_are_found_to_be_better_off_and_the_model_no_worse(answer):
    (check,) = answer.checks
    without = {each.name: each for each in answer.figures.alternatives}["without postcode"]
    candidate = answer.figures.alternatives[0]
    assert without.treatments[0].ratio > candidate.treatments[0].ratio + 0.1
    assert (check.code, check.subject, check.outcome) == ("FAIR-011", "sex", Outcome.FAILED)


def test_every_way_of_making_an_alternative_is_tried(answer):
    made = {each.made for each in answer.figures.alternatives}
    assert made == {
        "candidate",
        "reweighted",
        "inputs left out",
        "parameters",
        "disparity penalised",
        "another kind of model",
        "cut-off",
    }
    assert sum(each.judged for each in answer.figures.alternatives) <= 1 + 12 + 1


def test_everybody_declines_the_same_share_but_the_other_cut_off(answer):
    *same, other = answer.figures.alternatives
    assert [each.declined for each in same] == pytest.approx(
        [same[0].declined] * len(same), abs=0.02
    )
    assert other.declined == pytest.approx(0.8 * same[0].declined, abs=1e-3)


def test_the_same_search_gives_the_same_bytes_and_no_row_of_anybody(lender, answer):
    again = canonical_bytes(plain(search.ask(lender).figures))
    assert canonical_bytes(plain(answer.figures)) == again
    assert len(again) < 12_000


def test_with_fewer_rows_every_model_learns_from_as_few(lender):
    figures = search.ask(ruled(lender, max_rows=300, max_fits=2)).figures
    assert (figures.train_rows, figures.decided_rows) == (300, 300)
    assert figures.out_of_time_rows == 300
    assert len(figures.alternatives) == 1 + 2 + 1 + 1


def test_without_protected_attributes_nothing_is_searched_and_that_is_said(lender):
    for question in (search.ask, proxies.ask):
        answer = question(replace(lender, protected=None))
        assert [check.outcome for check in answer.checks] == [Outcome.NOT_ENOUGH_EVIDENCE]
        assert "did not arrive" in answer.checks[0].explanation
        assert answer.figures is None


@pytest.mark.parametrize("cutoff", [0.0, 1.1])
def test_a_candidate_that_declines_everybody_or_nobody_is_not_searched(lender, cutoff):
    all_alike = replace(lender, candidate=replace(lender.candidate, cutoff=cutoff))
    (check,) = search.ask(all_alike).checks
    assert check.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert "nobody or everybody" in check.explanation


def test_what_no_policy_rules_and_what_decides_about_nobody_is_not_asked(lender):
    for question in (search.ask, proxies.ask):
        assert question(replace(lender, rules=RuleBook((), False, ()))).checks == ()
        nobody = lender.spec.fairness.model_copy(
            update={"attributes": (), "not_applicable": "digits"}
        )
        spec = lender.spec.model_copy(update={"fairness": nobody})
        assert question(replace(lender, spec=spec)).checks == ()


def test_scores_of_other_windows_are_refused(lender, tmp_path_factory):
    table = read_snapshot(lender.home, lender.scores)
    windows = ["watch" if each == "train" else each for each in table["window"].to_pylist()]
    place = table.column_names.index("window")
    other = table.set_column(place, "window", pa.array(windows))
    scores = write_snapshot(lender.home, other, kind="scores", as_of=AS_OF)
    with pytest.raises(CheckNotRunError, match="train window"):
        search.ask(replace(lender, scores=scores))


def test_the_postcode_is_named_as_the_strongest_proxy(lender):
    answer = proxies.ask(lender)
    (check,) = answer.checks
    assert (check.code, check.subject, check.outcome) == ("FAIR-009", "sex", Outcome.FAILED)
    assert check.observed == pytest.approx(0.96, abs=0.02)  # Phi(1 / (0.4 sqrt 2))
    assert answer.figures.attributes[0].strongest[0].feature == "postcode"
