"""How the section of stress reads and looks."""

import re

import pytest

from pipelines_lib.reporting import stress
from pipelines_lib.reporting.report import render


def scenario(name, increase, **more):
    return {
        "name": name,
        "meaning": "incomes <fall>",
        "mean_score_before": 0.231,
        "mean_score_after": 0.246,
        "approval_before": 0.759,
        "approval_after": 0.748,
        "loss_before": 0.084,
        "loss_after": 0.084 * (1 + (increase or 0)),
        "loss_increase": increase,
        "loss_low": None if increase is None else increase - 0.02,
        "loss_high": None if increase is None else increase + 0.02,
        **more,
    }


SCENARIOS = {"rows": 3_000, "scenarios": [scenario("mild", 0.02), scenario("incomes_down", 0.134)]}
REVERSE = {
    "rows": 3_000,
    "largest": 10.0,
    "scenarios": [
        {"name": "mild", "multiple": None, "gate": None},
        {"name": "incomes_down", "multiple": 1.96, "gate": "expected loss"},
    ],
}
MEASUREMENT = {
    "rows": 3_000,
    "draws": 5,
    "flips": 0.0009,
    "rank_correlation": 0.9989,
    "largest_change": 0.085,
    "features": [{"feature": "limit_bal", "error": 0.005, "flips": 0.0003}],
}
MISSING = {
    "rows": 3_000,
    "share": 0.1,
    "features": [
        {
            "feature": "pay_0",
            "allowed": False,
            "score_change": 0.01,
            "flips": 0.0,
            "auc_lost": 0.02,
        },
        {"feature": "idle", "allowed": True, "score_change": None, "flips": None, "auc_lost": None},
    ],
}


@pytest.fixture
def evidence(build):
    told = build("promoted")
    told["rules"].append({"check": "STRESS-001", "limit": 1.0, "measure": "m", "basis": "house"})
    told["figures"] |= {
        "scenarios": SCENARIOS,
        "reverse_stress": REVERSE,
        "measurement": MEASUREMENT,
        "missing_values": MISSING,
    }
    return told


def words(html):
    section = re.search(r'<section id="stress".*?</section>', html, flags=re.DOTALL).group()
    return " ".join(re.sub(r"<[^>]+>", " ", section).replace("\u00a0", " ").split())


def test_the_sentence_names_the_costliest_scenario_and_the_nearest_edge(evidence):
    assert stress.reading(evidence).replace("\u00a0", " ") == (
        "Incomes down would cost most: expected loss of those approved today rises by 13.4 %, "
        "approvals from 75.9 % to 74.8 %. The nearest edge is incomes down at 2.0 times what is "
        "imagined (expected loss)."
    )


def test_every_part_is_shown(evidence):
    page = words(render(evidence))
    assert "+13.4 % 75.9 % 74.8 % 23.1 % 24.6 %" in page
    assert "incomes down 1.96 times expected loss" in page
    assert "mild beyond 10 times" in page
    assert "limit_bal ± 0.5 % 0.03 %" in page
    assert "pay_0 refused when missing 0.0200" in page
    assert "incomes &lt;fall&gt;" in page


@pytest.mark.parametrize("absent", ["scenarios", "reverse_stress", "measurement", "missing_values"])
def test_what_was_not_asked_is_not_shown(evidence, absent):
    evidence["figures"][absent] = None
    assert words(render(evidence)).startswith("Stress")


@pytest.mark.parametrize("verdict", ["promoted", "stopped"])
def test_evidence_without_stress_says_so(build, verdict):
    page = words(render(build(verdict)))
    stopped = "The data checks stopped this run before it came to this question."
    assert page == (
        f"Stress {stopped}" if verdict == "stopped"
        else "Stress The evidence holds no figures for this question."
    )  # fmt: skip


def test_a_scenario_that_could_not_be_followed_is_a_dash(evidence):
    gone = dict.fromkeys(("approval_after", "loss_before", "loss_after"))
    evidence["figures"]["scenarios"] = {"rows": 0, "scenarios": [scenario("mild", None, **gone)]}
    assert "No scenario could be followed" in words(render(evidence))


def test_bars_of_all_scenarios_share_one_scale():
    widths = [
        float(width)
        for each in SCENARIOS["scenarios"]
        for width in re.findall(
            r'width="([\d.]+)" height="11"', str(stress.losses(SCENARIOS, each))
        )
    ]
    assert widths[0] == widths[2]
    assert widths[3] / widths[2] == pytest.approx(1.134, abs=0.01)


def test_what_never_breaks_is_drawn_beyond_the_end():
    far, near = (str(stress.multiple(REVERSE, each)) for each in REVERSE["scenarios"])
    assert "polygon" in far
    assert "polygon" not in near


@pytest.mark.parametrize(("increase", "low"), [(0.1, 0.0), (-0.3, -1.2)])
def test_the_scale_of_changes_reaches_below_zero_only_where_something_falls(
    evidence, increase, low
):
    track = stress.change_track(evidence, {"scenarios": [scenario("one", increase)]})
    assert (track.low, track.limits) == (low, (1.0,))
