"""`pipelines policy check` and `pipelines reproduce`, typed at a bank with one registered model."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from deployments.cli import app
from pipelines_lib.governance.lifecycle import conclude
from pipelines_lib.governance.registry import Registry
from pipelines_lib.spec.loading import parse_model
from pipelines_lib.spec.settings import Settings

HOUSE = """
policy: house
title: House
effective_from: 2020-01-01
approval_required_for_tiers: []
rules:
  - {check: GOV-001, measure: inventory, consequence: hard, basis: house, citation: Standard 1}
"""
LAW = """
policy: law
title: A law to come
effective_from: 2027-01-01
approval_required_for_tiers: []
rules:
  - check: GOV-008
    measure: document is named in the spec
    consequence: hard
    basis: law
    citation: Act 7
    words: [human_oversight]
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory, train_a_night):
    """A bank whose registry holds one version, really trained."""
    folder = tmp_path_factory.mktemp("bank")
    for name in ("models", "policies"):
        (folder / name).mkdir()
    found = Settings.from_environment(
        {
            "PIPELINES_HOME": str(folder / "home"),
            "PIPELINES_MODELS": str(folder / "models"),
            "PIPELINES_POLICIES": str(folder / "policies"),
        }
    )
    (folder / "policies" / "house.yaml").write_text(HOUSE)
    (folder / "policies" / "law.yaml").write_text(LAW)
    pack, evidence, _ = train_a_night(found.home, "scorecard")
    (folder / "models" / "lender.yaml").write_text(pack.spec.text)
    conclude(Registry(found), found.home, parse_model(pack.spec.text), pack, evidence)
    return found


@pytest.fixture
def bank(settings, monkeypatch):
    """Type a command at that bank."""
    monkeypatch.setenv("PIPELINES_HOME", str(settings.home))
    monkeypatch.setenv("PIPELINES_MODELS", str(settings.models))
    monkeypatch.setenv("PIPELINES_POLICIES", str(settings.policies))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def kept(settings, tmp_path):
    """Put files back that a test damages."""
    saved = []

    def keep(path):
        shutil.copy(path, tmp_path / path.name)
        saved.append(path)
        return path

    yield keep
    for path in saved:
        shutil.copy(tmp_path / path.name, path)


def told(result):
    return json.loads(result.stdout.splitlines()[-1])


def test_a_model_that_meets_the_rules_of_the_day_would_pass(bank):
    result = bank("policy", "check", "--at", "2026-12-31", "--json")
    assert result.exit_code == 0
    (model,) = told(result)["models"]
    assert (model["model"], model["version"], model["on_that_day"]) == ("lender", 1, "would pass")
    assert model["now"] == "challenger, champion"


@pytest.mark.parametrize(
    ("day", "in_force", "standing"),
    [("2026-12-31", False, "would pass"), ("2027-01-01", True, "would be rejected")],
)
def test_an_added_law_counts_from_its_day_on_and_failing_it_is_no_error(
    bank, day, in_force, standing
):
    result = bank("policy", "check", "lender", "--at", day, "--policy", "law", "--json")
    assert result.exit_code == 0
    found = told(result)
    assert {each["policy"]: each["in_force"] for each in found["policies"]} == {
        "house": True,
        "law": in_force,
    }
    assert [each["on_that_day"] for each in found["models"]] == [standing]


def test_a_person_reads_who_would_fail_and_why(bank):
    shown = bank("policy", "check", "--at", "2027-01-01", "--policy", "law").stdout
    assert "In force: house, law" in shown
    assert "lender version 1, challenger and champion, would be rejected" in shown
    assert "GOV-008 human_oversight: failed (asked again)" in shown


def test_a_policy_that_does_not_hold_yet_is_shown_as_such(bank):
    shown = bank("policy", "check", "--at", "2026-12-31", "--policy", "law").stdout
    assert "Not in force on that day: law (from 2027-01-01)" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--at", "2027-13-01"], "is not a date"),
        (["--at", "2027-01-01", "--policy", "lav"], "Did you mean 'law'?"),
        (["lander", "--at", "2027-01-01"], "Did you mean 'lender'?"),
    ],
)
def test_a_wrong_question_is_refused(bank, words, said):
    result = bank("policy", "check", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_evidence_that_was_altered_is_named_and_ends_with_4(bank, settings, kept):
    (path,) = (settings.home / "evidence" / "lender").glob("*.json")
    kept(path).write_bytes(path.read_bytes() + b" ")
    result = bank("policy", "check", "--at", "2027-01-01", "--json")
    assert result.exit_code == 4
    assert "was altered" in told(result)["problems"][0]


def test_a_version_is_made_again_and_its_record_is_kept(bank, settings):
    result = bank("reproduce", "lender", 1, "--json")
    assert result.exit_code == 0, result.stderr
    assert told(result)["outcome"] == "same"
    assert (settings.home / "reproductions" / "lender" / "1.json").is_file()
    assert "the same bytes again" in bank("reproduce", "lender", 1).stdout


def test_a_snapshot_that_was_altered_ends_with_4_and_is_named(bank, settings, kept):
    (path,) = (settings.home / "snapshots").glob("*.parquet")
    data = bytearray(kept(path).read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    result = bank("reproduce", "lender", 1)
    assert result.exit_code == 4
    assert f"{path.name} was altered" in result.stderr


def test_a_version_that_is_not_there_is_an_error_that_lists_those_that_are(bank):
    result = bank("reproduce", "lender", 7)
    assert result.exit_code == 4
    assert "Registered versions: 1" in result.stderr
