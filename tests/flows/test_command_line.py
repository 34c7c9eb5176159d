"""The commands of the README, as a person types them, on the whole sample bank."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines_lib.governance.pack_wording import drawn

pytestmark = [pytest.mark.server, pytest.mark.slow]

PIPELINES = str(Path(sys.executable).with_name("pipelines"))
PROMISED = {
    "model",
    "as_of",
    "run_id",
    "verdict",
    "version",
    "reasons_against",
    "checks",
    "metrics",
    "evidence",
    "report",
    "model_sha256",
    "seconds",
}


@pytest.fixture(scope="module")
def typed(module_bank, prefect_client):
    """Type a command; returns the finished process."""
    named = {"PREFECT_API_URL": prefect_client.api_url}
    environment = module_bank.environment | named  # taken while the bank's settings hold

    def type_it(*words):
        return subprocess.run(
            [PIPELINES, *words],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            cwd=module_bank.folder,
        )

    return type_it


@pytest.fixture(scope="module")
def run(typed):
    return typed("run", "credit_default", "--json")


def test_a_run_ends_with_one_json_object_on_the_last_line(run):
    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout.splitlines()[-1])
    assert summary.keys() >= PROMISED
    assert (summary["verdict"], summary["as_of"]) == ("promoted", "2025-04-10")
    assert set(summary["metrics"]["out_of_time"]) >= {"auc", "gini", "ks", "brier"}
    assert {"code", "subject", "outcome", "observed", "required"} <= set(summary["checks"][0])
    assert summary["evidence"].keys() == {"path", "sha256"}
    assert all(seconds >= 0 for seconds in summary["seconds"].values())


def test_models_and_show_know_the_run(run, typed):
    (model,) = json.loads(typed("models", "--json").stdout)
    assert (model["model"], model["champion"], model["verdict"]) == (
        "credit_default",
        1,
        "promoted",
    )
    shown = json.loads(typed("show", "credit_default", "--json").stdout)
    assert [version["aliases"] for version in shown["versions"]] == ["challenger, champion"]
    assert [night["night"] for night in shown["nights"]] == ["2025-04-10"]


def test_the_report_of_a_version_is_written_where_it_is_asked_for(run, typed, tmp_path):
    done = typed("report", "credit_default", "1", "--out", str(tmp_path / "report.html"))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "report.html").read_text()
    assert "Promoted" in text
    assert len(text) < 1_000_000


def test_one_changed_byte_is_found_and_named(run, typed, module_bank):
    assert typed("evidence", "verify", "credit_default").returncode == 0
    sha256 = json.loads(run.stdout.splitlines()[-1])["model_sha256"]
    path = module_bank.home / "packages" / sha256 / "model.ubj"
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    try:
        done = typed("evidence", "verify", "credit_default")
    finally:
        path.write_bytes(whole)
    assert done.returncode == 4
    assert "model.ubj" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_an_error_is_json_too_where_json_was_asked_for(typed):
    done = typed("show", "credit_defalt", "--json")
    assert done.returncode == 2
    assert "Did you mean 'credit_default'?" in json.loads(done.stdout)["fix"]


def test_stress_asks_again_and_finds_what_the_evidence_says(typed, run):
    assert run.returncode == 0, run.stderr
    asked = typed("stress", "credit_default", "--json")
    assert asked.returncode == 0, asked.stderr
    found = json.loads(asked.stdout.splitlines()[-1])
    pack = json.loads(typed("evidence", "show", "credit_default", "--json").stdout)
    recorded = [each for each in pack["checks"] if each["code"].startswith("STRESS")]
    for again, before in zip(found["checks"], recorded, strict=True):
        assert again["observed"] == pytest.approx(before["observed"], rel=1e-9)
        same = set(before) - {"observed", "interval"}
        assert {name: again[name] for name in same} == {name: before[name] for name in same}
    assert drawn("scenarios", found["figures"]["scenarios"]) == pack["figures"]["scenarios"]
