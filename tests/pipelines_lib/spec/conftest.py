"""A small bank's folder of specs and policies, whose text a test may change."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines_lib.spec.loading import load_model
from pipelines_lib.spec.settings import Settings

SPEC = """\
model: cards
title: Default of card clients
purpose: Rank clients by the probability of missing a payment.
tier: 2
tier_rationale: Material, but no capital depends on it.
people: {owner: Retail, developer: Modelling, validator: Validation}
documentation:
  assumptions: [The past resembles the future.]
  limitations: [One country.]
  rejected_alternatives: [None better.]
monitoring:
  owner: Retail
  metrics: [AUC]
  review_every_days: 90
  action_on_breach: Retrain.
policies: [house]
schedule: {cron: "0 2 * * *", timezone: Europe/Brussels}
sources:
  - {name: accounts, role: population, uri: accounts.csv, key: id, business_date: day}
  - {name: outcomes, role: label, uri: outcomes.csv, key: id, observed_on: seen}
  - {name: people, role: protected, uri: people.csv, key: id}
features:
  - {name: income, source: accounts, type: number, minimum: 0, meaning: income, reason: Low}
  - {name: home, source: accounts, type: category, levels: [01, 02], meaning: home, reason: Home}
label:
  source: outcomes
  column: bad
  positive: 1
  negative: 0
  meaning: missed a payment
  performance_window_days: 30
fairness:
  attributes:
    - {name: sex, column: gender, groups: {men: [1], women: [2]}, reference: men}
    - name: age
      column: age
      bands: {young: [null, 24], old: [25, null]}
      reference: old
decision: {decline_share: 0.2}
windows: {train: 0.55, calibration: 0.15, validation: 0.15, out_of_time: 0.15}
training: {estimator: xgboost, seed: 7, calibration: sigmoid, parameters: {max_depth: 4}}
limits: {PERF-001: 0.72}
"""

HOUSE = """\
policy: house
title: House rules
effective_from: 2025-01-01
approval_required_for_tiers: [1]
rules:
  - check: PERF-001
    measure: AUC
    at_least: {tier_1: 0.75, tier_2: 0.70, tier_3: 0.65}
    consequence: hard
    basis: house
    citation: Standard 1
    parameters: {confidence: 0.95, minimum_rows: 200}
  - {check: DATA-002, measure: blanks, at_most: 0.01, consequence: hard, basis: law, citation: L}
  - {check: GOV-001, measure: inventory, consequence: screen, basis: house, citation: S}
"""


@dataclass
class Bank:
    """Folders of models and policies."""

    folder: Path

    @property
    def models(self):
        return self.folder / "models"

    @property
    def policies(self):
        return self.folder / "policies"

    @property
    def settings(self):
        return Settings(
            home=self.folder / "home",
            models=self.models,
            policies=self.policies,
            mlflow_uri="sqlite://",
            threads=1,
        )

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, reference="cards"):
        return load_model(reference, self.settings)

    def change(self, *pairs, name="models/cards.yaml"):
        """Replace texts in a file, each of which stands there exactly once."""
        text = (self.folder / name).read_text(encoding="utf-8")
        for old, new in pairs:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return self.write(name, text)


@pytest.fixture
def bank(tmp_path):
    bank = Bank(tmp_path)
    bank.write("models/cards.yaml", SPEC)
    bank.write("policies/house.yaml", HOUSE)
    return bank


@pytest.fixture
def spec_text():
    return SPEC


@pytest.fixture
def spec(bank):
    return bank.load().spec
