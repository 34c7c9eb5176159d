"""LEAK-001 to LEAK-007 put to a candidate: its windows, its features, its justifications."""

import json

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.assurance.leakage import features
from pipelines_lib.assurance.leakage.asking import ASKED
from pipelines_lib.canonical import canonical_bytes, plain
from pipelines_lib.results import Outcome
from pipelines_lib.spec.model_spec import ModelSpec

WINDOWS = np.repeat(["train", "calibration", "validation", "out_of_time", "watch"], 1_000)


def leaking(bank, labels):
    """The small bank's people, with arrears that know the outcome and incomes that do not."""
    table = bank.people(labels.size)
    known = np.where(labels == 1, 7, table["arrears"].to_numpy())
    return table.set_column(1, "arrears", pa.array(known, pa.int64()))


@pytest.fixture
def labels():
    return (np.random.default_rng(1).random(WINDOWS.size) < 0.2).astype(np.int8)


@pytest.fixture
def rules(house):
    return [house[code] for code in ASKED]


def test_every_feature_is_answered_by_every_question(inquiry, bank, rules, labels):
    found = features.ask(inquiry(bank.people(labels.size), WINDOWS, labels, rules=rules))
    wanted = {(code, name) for code in ASKED for name in ("income", "arrears", "home")}
    assert {(each.code, each.subject) for each in found.checks} == wanted
    assert len(found.checks) == len(wanted)
    assert all(each.passed for each in found.checks)
    assert (found.figures.rows, found.figures.later_rows) == (4_000, 1_000)


def test_a_leak_fails_and_cannot_be_justified_away(inquiry, bank, rules, labels, spec):
    reasoned = ModelSpec.model_validate(
        {
            **spec.model_dump(mode="json", exclude_defaults=True),
            "leakage": {"justified": {"arrears": "The books close before the application."}},
        }
    )
    table = leaking(bank, labels)
    for each, passes in ((spec, set()), (reasoned, {"LEAK-001"})):
        found = features.ask(inquiry(table, WINDOWS, labels, rules=rules, spec=each))
        about = {check.code: check for check in found.checks if check.subject == "arrears"}
        failed = {code for code, check in about.items() if check.outcome is Outcome.FAILED}
        assert failed == {"LEAK-001", "LEAK-007"} - passes
        assert found.figures.justified == (("arrears",) if passes else ())
    assert about["LEAK-001"].explanation.startswith("Justified: The books close before")
    assert about["LEAK-001"].observed > 0.9


def test_only_what_a_policy_rules_is_asked(inquiry, bank, house, labels):
    table = bank.people(labels.size)
    some = features.ask(inquiry(table, WINDOWS, labels, rules=[house["LEAK-006"]]))
    assert {each.code for each in some.checks} == {"LEAK-006"}
    none = features.ask(inquiry(table, WINDOWS, labels, rules=[]))
    assert (none.topic, none.checks, none.figures) == ("leakage", (), None)


@pytest.mark.parametrize("known", [0.0, 1.0])
def test_without_outcomes_every_feature_still_gets_an_answer(inquiry, bank, rules, labels, known):
    """No window holds both outcomes: what needs them has no evidence, and nothing is raised."""
    same = np.full(labels.size, int(known), dtype=np.int8)
    found = features.ask(inquiry(bank.people(labels.size), WINDOWS, same, rules=rules))
    assert len(found.checks) == 3 * len(ASKED)
    outcome = {each.code: each.outcome for each in found.checks if each.subject == "income"}
    assert outcome["LEAK-001"] is Outcome.NOT_ENOUGH_EVIDENCE


def test_rows_whose_outcome_is_not_known_are_left_aside(inquiry, bank, rules):
    found = features.ask(inquiry(bank.people(WINDOWS.size), WINDOWS, None, rules=rules))
    assert len(found.checks) == 3 * len(ASKED)
    assert found.figures.rows == 0


def test_no_train_rows_at_all_break_nothing(inquiry, bank, rules, labels):
    nowhere = np.repeat("watch", labels.size)
    found = features.ask(inquiry(bank.people(labels.size), nowhere, labels, rules=rules))
    assert len(found.checks) == 3 * len(ASKED)
    assert not any(each.outcome is Outcome.FAILED for each in found.checks)


def test_evidence_of_leakage_is_small_and_the_same_every_time(inquiry, bank, rules, labels):
    asked = inquiry(leaking(bank, labels), WINDOWS, labels, rules=rules)
    one, other = (canonical_bytes(plain(features.ask(asked))) for _ in range(2))
    assert one == other
    assert len(one) / 3 < 3_000  # bytes a feature
    assert json.loads(one)["topic"] == "leakage"
