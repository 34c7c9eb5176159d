"""A small model of a small bank, and rules as a policy would state them."""

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.modelling.calibration import Calibration
from pipelines_lib.modelling.features import FeatureContract, matrix
from pipelines_lib.modelling.package import ModelPackage, Provenance
from pipelines_lib.modelling.reference import feature_bins, number_bins
from pipelines_lib.results import Consequence
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule, RuleBook

SPEC = {
    "model": "cards",
    "title": "Default on cards",
    "purpose": "Decide applications.",
    "tier": 2,
    "tier_rationale": "Retail.",
    "people": {"owner": "Retail", "developer": "Science", "validator": "Risk"},
    "documentation": {
        "assumptions": ["stable"],
        "limitations": ["one market"],
        "rejected_alternatives": ["rules"],
    },
    "monitoring": {
        "owner": "Risk",
        "metrics": ["psi"],
        "review_every_days": 30,
        "action_on_breach": "Retrain.",
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
        {"name": "outcomes", "role": "label", "uri": "o.csv", "key": "id", "observed_on": "seen"},
    ],
    "features": [
        {
            "name": "income",
            "source": "accounts",
            "type": "number",
            "meaning": "Yearly income",
            "reason": "Income is low for the amount requested",
            "monotone": "decreasing",
        },
        {
            "name": "arrears",
            "source": "accounts",
            "type": "integer",
            "meaning": "Months in arrears",
            "reason": "Recent payments were late",
            "monotone": "increasing",
            "missing": "allowed",
        },
        {
            "name": "home",
            "source": "accounts",
            "type": "category",
            "levels": ["own", "rent"],
            "meaning": "Kind of home",
            "reason": "Length of residence in the present home",
            "missing": "allowed",
        },
    ],
    "label": {
        "source": "outcomes",
        "column": "default",
        "positive": "1",
        "negative": "0",
        "meaning": "Missed a payment",
        "performance_window_days": 30,
    },
    "fairness": {
        "attributes": [
            {
                "name": "sex",
                "column": "SEX",
                "reference": "men",
                "groups": {"men": ["1"], "women": ["2"]},
            },
        ]
    },
    "decision": {"cutoff": 0.5},
    "windows": {"train": 0.5, "calibration": 0.1, "validation": 0.2, "out_of_time": 0.2},
    "training": {"estimator": "scorecard", "seed": 1, "calibration": "none"},
}

RULES = {
    "FAIR-001": ("at_least", 0.80, {"confidence": 0.95, "minimum_rows": 30, "minimum_share": 0.02}),
    "FAIR-002": ("at_most", 0.10, {"confidence": 0.95, "minimum_rows": 30}),
    "FAIR-003": (None, None, {}),
    "DRIFT-001": ("at_most", 0.25, {"false_discovery_rate": 0.05, "watch": 0.10, "nights": 3}),
    "DRIFT-002": ("at_most", 0.25, {"false_discovery_rate": 0.05, "watch": 0.10, "nights": 3}),
    "DRIFT-003": ("at_most", 0.05, {"confidence": 0.95}),
    "EXPL-001": ("at_least", 1.0, {"max_rows": 50, "max_reasons": 4}),
    "EXPL-002": ("at_least", 1.0, {"tolerance": 0.001, "global_rows": 40}),
    "EXPL-003": ("at_most", 0.0, {"tolerance": 1e-6, "max_rows": 20}),
}

WORDS = {"EXPL-001": ("internal standards or policies", "did not reach a qualifying score")}


def _rule(code: str) -> Rule:
    direction, limit, parameters = RULES[code]
    return Rule(
        check=code,
        measure="figure",
        consequence=Consequence.SCREEN,
        basis="house",
        citation="test",
        policy="house",
        direction=direction,
        limit=limit,
        parameters=tuple(sorted(parameters.items())),
        words=WORDS.get(code, ()),
    )


@pytest.fixture
def spec() -> ModelSpec:
    """The small model."""
    return ModelSpec.model_validate(SPEC)


@pytest.fixture
def rules() -> RuleBook:
    """The rules of this folder's questions on people, populations and reasons."""
    return RuleBook(
        rules=tuple(_rule(code) for code in RULES),
        approval_required=False,
        policies=(("house", "0" * 64),),
    )


class Weighted:
    """A model whose every answer can be worked out by hand: weights times values."""

    def __init__(self, weights, bias=0.0):
        self.weights, self.bias = np.array(weights, dtype=np.float64), bias

    def margin(self, X):  # noqa: N803
        return self.contributions(X)[0].sum(axis=1) + self.bias

    def contributions(self, X):  # noqa: N803
        return np.nan_to_num(X).astype(np.float64) * self.weights, self.bias

    def save(self, folder):
        raise NotImplementedError


def population(rows, seed=0):
    """Income about 50, arrears 0 to 3, a tenth of homes blank."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "income": rng.normal(50, 10, rows),
            "arrears": pa.array(rng.integers(0, 4, rows), pa.int64()),
            "home": pa.array(rng.choice(["own", "rent", None], rows, p=[0.6, 0.3, 0.1])),
        }
    )


@pytest.fixture
def make_package(spec):
    """A package frozen on a train window; the model is ``Weighted`` unless another is given."""

    def make(train, fitted=None, *, cutoff=0.5, typical=None, contract=None):
        contract = contract or FeatureContract.from_spec(spec)
        fitted = fitted or Weighted([-0.1, 1.0, 0.0], bias=2.0)
        inputs = matrix(contract, train)
        blanks = {feature.name: train[feature.name].null_count for feature in contract.features}
        calibration = Calibration("none")
        scores = calibration.probability(fitted.margin(inputs))
        return ModelPackage(
            model="cards",
            estimator="scorecard",
            kind="scorecard",
            contract=contract,
            calibration=calibration,
            cutoff=cutoff,
            reference={
                "features": feature_bins(contract, inputs, blanks),
                "score": number_bins(scores),
            },
            typical=typical or tuple(fitted.contributions(inputs)[0].mean(axis=0)),
            provenance=Provenance("0" * 64, "0" * 64, 1, 1, 0, (), ()),
            fitted=fitted,
        )

    return make


@pytest.fixture
def at_rest(tmp_path):
    """Put applications and their scores at rest; windows are given row by row."""

    def put(table, windows, **packages):
        rows = table.num_rows
        nights = [date(2025, 1, 1) + timedelta(days=place // 50) for place in range(rows)]
        keys = [f"{place:08d}" for place in range(rows)]
        head = {"key": keys, "business_date": pa.array(nights, pa.date32())}
        applications = pa.table(
            {**head, **dict(zip(table.column_names, table.columns, strict=True))}
        )
        scores = pa.table(
            {
                **head,
                "window": pa.array(windows, pa.string()),
                "label": pa.nulls(rows, pa.int8()),
                **{f"{name}_score": package.score(table) for name, package in packages.items()},
            }
        )
        kept = {"as_of": date(2025, 12, 31)}
        return {
            "home": tmp_path,
            "applications": write_snapshot(tmp_path, applications, kind="applications", **kept),
            "scores": write_snapshot(tmp_path, scores, kind="scores", **kept),
        }

    return put


@pytest.fixture
def bank(make_package, at_rest):
    """Everything a question needs: people, a package frozen on some of them, tables at rest."""
    return SimpleNamespace(
        people=population, package=make_package, at_rest=at_rest, weighted=Weighted
    )
