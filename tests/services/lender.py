"""A made-up lender with one model, trained in a blink, and the evidence of that night."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from pipelines_lib.canonical import plain
from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.governance.evidence import (
    EvidencePack,
    PolicyText,
    RunIdentity,
    SpecText,
    write_evidence,
)
from pipelines_lib.governance.provenance import code_provenance
from pipelines_lib.modelling.training import train_candidate
from pipelines_lib.modelling.windows import plan_windows
from pipelines_lib.results import PromotionDecision, Verdict
from pipelines_lib.spec.loading import parse_model

NIGHT = date(2025, 4, 10)
ROWS = 1200
SPEC = """
model: lender
title: Default of a made-up lender's clients
purpose: Rank applicants
tier: 3
tier_rationale: Made up
people: {owner: Risk, developer: Modelling, validator: Validation}
documentation: {assumptions: [a], limitations: [l], rejected_alternatives: [r]}
monitoring: {owner: Risk, metrics: [auc], review_every_days: 90, action_on_breach: retrain}
policies: [house]
schedule: {cron: "0 2 * * *", timezone: UTC}
sources:
  - {name: accounts, role: population, uri: accounts.csv, key: id, business_date: day}
  - {name: outcomes, role: label, uri: outcomes.csv, key: id, observed_on: seen}
features:
  - {name: income, source: accounts, type: number, meaning: income, reason: Low income,
     missing: allowed}
  - {name: overdue, source: accounts, type: integer, meaning: overdue, reason: Late payments}
label: {source: outcomes, column: bad, positive: 1, negative: 0, meaning: unpaid,
  performance_window_days: 30}
fairness: {not_applicable: Made-up people}
decision: {decline_share: 0.2}
windows: {train: 0.5, calibration: 0.2, validation: 0.15, out_of_time: 0.15}
training: {estimator: ESTIMATOR, seed: 11, rounds: 20, calibration: sigmoid, parameters: {}}
"""


def applications():
    rng = np.random.default_rng(5)
    income, overdue = rng.lognormal(3, 0.5, ROWS), rng.integers(0, 5, ROWS)
    margin = -1.0 - 0.06 * (income - 20) + 0.5 * (overdue - 2)
    bad = rng.random(ROWS) < 1 / (1 + np.exp(-margin))
    day = np.datetime64(NIGHT - timedelta(days=99)) + np.arange(ROWS) * 100 // ROWS
    unknown = day + 30 > np.datetime64(NIGHT)
    return pa.table(
        {
            "key": pa.array([f"{row:064x}" for row in range(ROWS)]),
            "business_date": pa.array(day, type=pa.date32()),
            "observed_on": pa.array(day + 30, type=pa.date32(), mask=unknown),
            "label": pa.array(bad.astype(np.int8), mask=unknown),
            "income": pa.array(income, mask=rng.random(ROWS) < 0.05),
            "overdue": pa.array(overdue),
        }
    )


def train_a_night(home, estimator):
    """Train, write the evidence, and give evidence, its reference and the snapshot."""
    text = SPEC.replace("ESTIMATOR", estimator)
    spec, table = parse_model(text), applications()
    snapshot = write_snapshot(home, table, kind="applications", as_of=NIGHT)
    plan = plan_windows(spec, table, NIGHT)
    candidate = train_candidate(spec, snapshot, plan, home=home, threads=1)
    spans = {window.name: plain(window) for window in plan.windows}
    night = pack(spec, text, snapshot, spans, candidate)
    return night, write_evidence(home, night), snapshot


def pack(spec, text, snapshot, spans, candidate):
    people = {role: getattr(spec.people, role) for role in ("owner", "developer", "validator")}
    told = {name: getattr(spec, name) for name in ("model", "title", "purpose", "tier")}
    return EvidencePack(
        run=RunIdentity(
            run_id="run-1",
            as_of=NIGHT,
            tier_rationale=spec.tier_rationale,
            started_at="2025-04-10T02:00:00+00:00",
            seconds={},
            **told,
            **people,
        ),
        verdict=Verdict.PROMOTED,
        decision=PromotionDecision((), (), (), approval_required=False),
        spec=SpecText(spec.sha256, text),
        policies=(PolicyText("house", "0" * 64, ""),),
        rules=(),
        requirements=(),
        checks=(),
        documentation=None,
        monitoring=None,
        snapshots={"applications": None, "clean": snapshot},
        sources=(),
        windows={
            name: {key: value for key, value in span.items() if key != "name"}
            for name, span in spans.items()
        },
        candidate={"package_sha256": candidate.package.sha256},
        baseline={"package_sha256": candidate.baseline.sha256},
        champion=None,
        code=code_provenance(),
        seed=11,
        figures={},
    )
