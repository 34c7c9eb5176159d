"""Whatever the rows are, each required result on performance, change and reasons is given.

The house policy's own numbers are used, so that a parameter it lacks is found here.
PERF-008, PERF-009, PERF-010, PERF-011, PERF-017, PERF-018, EXPL-005 and EXPL-006.
"""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.comparison import changes, gain
from pipelines_lib.assurance.explanation import second_method, texts
from pipelines_lib.assurance.inquiry import Inquiry, Rival
from pipelines_lib.assurance.performance import bands, cost, recalibration, slices
from pipelines_lib.assurance.requirements import required
from pipelines_lib.canonical import canonical_bytes
from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.modelling.package import PackageRef
from pipelines_lib.results import Outcome
from pipelines_lib.spec.decision import Costs
from pipelines_lib.spec.loading import load_policies
from pipelines_lib.spec.rulebook import RuleBook, rulebook

NIGHT = date(2025, 12, 31)
POLICIES = Path(__file__).parents[3] / "deployments" / "policies"
ASKED = {
    "PERF-008": recalibration.ask,
    "PERF-009": bands.ask,
    "PERF-010": cost.ask,
    "PERF-011": slices.ask,
    "PERF-017": changes.ask,
    "PERF-018": gain.ask,
    "EXPL-005": second_method.ask,
    "EXPL-006": texts.ask,
}
COSTS = Costs(currency="EUR", approved_bad=10, declined_good=2)


@pytest.fixture(scope="module")
def packs():
    return {name: loaded.pack for name, loaded in load_policies(POLICIES).items()}


@pytest.fixture
def inquire(spec, bank, packs, tmp_path):
    """An inquiry about a candidate and a champion; rows, outcomes and cut-off can be told."""

    def make(rows=1500, *, labels=None, cutoff=0.5, costs=COSTS, champion=True, ruled=True):
        table = bank.people(max(rows, 1), 1).slice(0, rows)
        train = bank.people(1000)
        candidate = bank.package(train, bank.weighted([-0.1, 1.0, 0.0], 2.0), cutoff=cutoff)
        before = bank.package(train, bank.weighted([-0.1, 0.5, 0.0], 3.0), cutoff=cutoff)
        scores = {"candidate": candidate, **({"champion": before} if champion else {})}
        drawn = np.random.default_rng(2).random(rows) < candidate.score(table)
        windows = np.resize(["validation", "out_of_time", "train", "watch"], rows)
        known = [None if w == "watch" else int(y) for w, y in zip(windows, drawn, strict=True)]
        dates = np.datetime64("2025-01-01") + np.arange(rows) // 50
        head = {
            "key": [f"{place:08d}" for place in range(rows)],
            "business_date": pa.array(dates.astype("datetime64[D]"), pa.date32()),
        }
        told = {
            "window": pa.array(windows.tolist(), pa.string()),
            "label": pa.array(known if labels is None else [labels] * rows, pa.int8()),
            **{f"{name}_score": package.score(table) for name, package in scores.items()},
        }
        columns = dict(zip(table.column_names, table.columns, strict=True))
        decision = spec.decision.model_copy(update={"costs": costs})
        own = spec.model_copy(update={"decision": decision})
        house = rulebook(own, packs, NIGHT)
        chosen = tuple(rule for rule in house.rules if ruled and rule.check in ASKED)
        found = Inquiry(
            spec=own,
            rules=RuleBook(chosen, approval_required=False, policies=()),
            home=tmp_path,
            as_of=NIGHT,
            threads=1,
            plan=None,
            applications=write_snapshot(
                tmp_path, pa.table({**head, **columns}), kind="applications", as_of=NIGHT
            ),
            protected=None,
            scores=write_snapshot(tmp_path, pa.table({**head, **told}), kind="scores", as_of=NIGHT),
            candidate=SimpleNamespace(cutoff=cutoff),
            champion=Rival(1, NIGHT, PackageRef("0" * 64), None) if champion else None,
            packs=packs,
            newest_promotion=None,
            origin=None,
        )
        found.__dict__["package"] = candidate  # opened already: they lie in no folder
        found.__dict__["champion_package"] = before if champion else None
        return found

    return make


def answers(inquiry):
    return {code: ask(inquiry) for code, ask in ASKED.items()}


def subjects(inquiry, champion):
    duties = required(inquiry.spec, inquiry.rules, champion=champion, stage="promotion")
    return {(duty.code, duty.subject) for duty in duties}


@pytest.mark.parametrize(
    "situation",
    [
        {},
        {"rows": 0},
        {"rows": 1},
        {"rows": 40},
        {"labels": 0},
        {"labels": 1},
        {"cutoff": 0.0},
        {"cutoff": 1.1},
        {"champion": False},
        {"costs": None},
    ],
    ids=str,
)
def test_each_required_result_is_given_and_no_other(inquire, situation):
    inquiry = inquire(**situation)
    found = answers(inquiry)
    given = [(check.code, check.subject) for answer in found.values() for check in answer.checks]
    assert len(given) == len(set(given))
    assert set(given) == subjects(inquiry, situation.get("champion", True))
    for answer in found.values():
        assert b"NaN" not in canonical_bytes(answer.figures)


@pytest.mark.parametrize(
    "situation", [{"rows": 0}, {"rows": 40}, {"labels": 0}, {"cutoff": 1.1}], ids=str
)
def test_next_to_no_evidence_proves_nothing_against_a_candidate(inquire, situation):
    found = [check for answer in answers(inquire(**situation)).values() for check in answer.checks]
    against = [check for check in found if check.outcome is Outcome.FAILED]
    assert [check.code for check in against if check.code not in {"PERF-017"}] == []


def test_what_no_policy_rules_is_not_asked(inquire):
    found = answers(inquire(ruled=False))
    assert all(answer.checks == () and answer.figures is None for answer in found.values())


def test_each_question_has_a_topic_of_its_own(inquire):
    topics = [answer.topic for answer in answers(inquire()).values()]
    assert len(set(topics)) == len(ASKED)


def test_no_explanation_names_a_row(inquire):
    inquiry = inquire()
    for answer in answers(inquiry).values():
        assert b"00000" not in canonical_bytes([check.explanation for check in answer.checks])
