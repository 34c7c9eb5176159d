"""A made-up bank in which everything is known, and in which nothing is wrong unless asked for.

Risk is a logistic function of the inputs, and the candidate *is* that function: its scores are
calibrated and no input leaks. Candidate and champion each see one of two coins of equal weight
that the other does not see, so that they differ and are equally good. Protected groups are
dealt out without looking at anything. Nights are alike. An effect changes exactly one of this.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.inquiry import Inquiry, Rival
from pipelines_lib.data.snapshots import Snapshot, write_snapshot
from pipelines_lib.modelling.calibration import Calibration
from pipelines_lib.modelling.features import FeatureContract, Matrix, matrix
from pipelines_lib.modelling.logistic import sigmoid
from pipelines_lib.modelling.package import ModelPackage, PackageRef, Provenance
from pipelines_lib.modelling.reference import feature_bins, number_bins
from pipelines_lib.modelling.training import Candidate
from pipelines_lib.modelling.windows import WindowPlan, plan_windows
from pipelines_lib.spec.loading import parse_policy
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.rulebook import RuleBook, rulebook

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
ROOT: Final = Path(__file__).parents[2]
HOUSE: Final = ROOT / "deployments" / "policies" / "house.yaml"
AS_OF: Final = date(2025, 4, 10)
NIGHTS: Final = 100
MATURED: Final = 70
OUTCOME_NIGHTS: Final = 30
OUT_OF_TIME: Final = 0.25
CUTOFF: Final = 0.35
RENTING: Final = 0.4
BLANK: Final = 0.05
COIN: Final = 0.06
"""Weight of each coin: small, so that whoever does not see one is weak nowhere that matters."""
SHRINKAGE: Final = 1 / np.sqrt(1 + COIN**2 * 0.346)
"""What leaving one out does to log-odds: a logistic function averaged over an input, roughly."""
NAMES: Final = ("income", "arrears", "home", "tenure", "heads", "tails")
WEIGHTS: Final = {"income": -0.1, "arrears": 0.7, "home": 0.5, "tenure": 0.0}
INTERCEPT: Final = 2.2
DETAILS: Final[Mapping[str, Mapping[str, Any]]] = {
    "income": {
        "type": "number",
        "monotone": "decreasing",
        "meaning": "income a month",
        "reason": "Income is low for the amount requested",
    },
    "arrears": {
        "type": "integer",
        "monotone": "increasing",
        "missing": "allowed",
        "meaning": "months in arrears",
        "reason": "Recent payments were late",
    },
    "home": {
        "type": "category",
        "levels": ["own", "rent"],
        "meaning": "kind of home",
        "reason": "Kind of residence",
    },
    "tenure": {
        "type": "number",
        "missing": "allowed",
        "meaning": "years with the employer",
        "reason": "Length of employment",
    },
    "heads": {"type": "integer", "meaning": "the first coin", "reason": "Outcome of one toss"},
    "tails": {"type": "integer", "meaning": "the second coin", "reason": "Result of another throw"},
}


@dataclass(frozen=True)
class Effects:
    """What is wrong; each is 0 where nothing is.

    Attributes:
        impact: Income that women lack, in standard deviations: fewer of them are approved.
        drift: How far income moves in the newest nights, in standard deviations.
        blunt: Noise in the candidate's log-odds: it ranks worse than the champion.
        too_sure: By which factor, less 1, its log-odds are too far from 0.
        too_high: By how much its log-odds are too high.
        leak: How far tenure knows the outcome, in standard deviations.
        weak: Noise in its log-odds among those who rent.
    """

    impact: float = 0.0
    drift: float = 0.0
    blunt: float = 0.0
    too_sure: float = 0.0
    too_high: float = 0.0
    leak: float = 0.0
    weak: float = 0.0


NOTHING: Final = Effects()


@dataclass(frozen=True, eq=False)
class Linear:
    """A model whose log-odds are a weighted sum; a missing value counts as 0."""

    weights: Mapping[str, float]
    bias: float

    def margin(self, X: Matrix) -> Floats:  # noqa: N803  (the field's name for inputs)
        """The log-odds of each row."""
        return np.asarray(self.contributions(X)[0].sum(axis=1) + self.bias)

    def contributions(self, X: Matrix) -> tuple[Floats, float]:  # noqa: N803
        """What each input adds, and the bias."""
        weights = np.array([self.weights.get(name, 0.0) for name in NAMES])
        return np.nan_to_num(X).astype(np.float64) * weights, self.bias

    def save(self, folder: Path) -> tuple[str, ...]:
        """It is never put at rest."""
        raise NotImplementedError(folder)


def seeing(*coins: str) -> Linear:
    """The best model of those who see some of the two coins."""
    unseen = 2 - len(coins)
    factor = SHRINKAGE**unseen
    weights = {name: weight * factor for name, weight in WEIGHTS.items()}
    return Linear({**weights, **dict.fromkeys(coins, COIN * factor)}, INTERCEPT * factor)


@dataclass(frozen=True, eq=False)
class People:
    """Applications, who they are, and what became of them."""

    columns: Mapping[str, NDArray[Any]]
    sex: NDArray[np.intp]
    age: NDArray[np.intp]
    bad: NDArray[np.bool_]

    @property
    def table(self) -> "pa.Table":
        """The inputs as delivered."""
        import pyarrow as pa

        made = {}
        for name, values in self.columns.items():
            blank = np.isnan(values) if values.dtype.kind == "f" else None
            whole = DETAILS[name]["type"] == "integer"
            written = np.nan_to_num(values).astype(np.int64) if whole else values
            made[name] = pa.array(written, mask=blank)
        return pa.table(made)


def people(
    rng: np.random.Generator, rows: int, effects: Effects, moved: NDArray[np.bool_]
) -> People:
    """Draw people; ``moved`` marks those of nights on which income has drifted."""
    sex, age = rng.integers(0, 2, rows), rng.integers(0, 3, rows)
    income = 50 + 10 * (rng.normal(size=rows) - effects.impact * (sex == 1) + effects.drift * moved)
    arrears = rng.choice([0.0, 1.0, 2.0, 3.0, np.nan], rows, p=[0.5, 0.25, 0.14, 0.07, 0.04])
    rents = rng.random(rows) < RENTING
    tenure = rng.normal(5, 2, rows)
    coins = {name: rng.choice([-1.0, 1.0], rows) for name in ("heads", "tails")}
    logit = INTERCEPT + WEIGHTS["income"] * income + WEIGHTS["arrears"] * np.nan_to_num(arrears)
    logit += WEIGHTS["home"] * rents + COIN * (coins["heads"] + coins["tails"])
    bad = rng.random(rows) < sigmoid(logit)
    tenure = tenure - 2 * effects.leak * bad
    columns = {
        "income": income,
        "arrears": arrears,
        "home": np.where(rents, "rent", "own"),
        "tenure": np.where(rng.random(rows) < BLANK, np.nan, tenure),
        **coins,
    }
    return People(columns, sex, age, bad)


def make_spec(tier: int) -> ModelSpec:
    """The bank's spec: two protected attributes, costs, and people who look at cases."""
    source, sexes = {"uri": "made.up", "key": "id"}, {"men": [0], "women": [1]}
    bands = {"young": [None, 29], "middle": [30, 59], "old": [60, None]}
    return ModelSpec.model_validate(
        {
            "model": "made_up",
            "title": "A made-up model",
            "purpose": "Find out how often the questions alarm where nothing is wrong.",
            "tier": tier,
            "tier_rationale": "The strictest limits.",
            "people": {"owner": "One", "developer": "Two", "validator": "Three"},
            "documentation": {
                "assumptions": ["a"],
                "limitations": ["b"],
                "rejected_alternatives": ["c"],
            },
            "monitoring": {
                "owner": "One",
                "metrics": ["auc"],
                "review_every_days": 30,
                "action_on_breach": "Retrain.",
            },
            "policies": ["house"],
            "schedule": {"cron": "0 2 * * *", "timezone": "UTC"},
            "sources": [
                {**source, "name": "accounts", "role": "population", "business_date": "day"},
                {**source, "name": "people", "role": "protected"},
                {**source, "name": "outcomes", "role": "label", "observed_on": "seen"},
            ],
            "features": [
                {"name": name, "source": "accounts", **DETAILS[name]} for name in NAMES
            ],
            "label": {
                "source": "outcomes",
                "column": "bad",
                "positive": 1,
                "negative": 0,
                "meaning": "did not pay",
                "performance_window_days": OUTCOME_NIGHTS,
            },
            "fairness": {
                "attributes": [
                    {"name": "sex", "column": "sex", "reference": "men", "groups": sexes},
                    {"name": "age", "column": "age", "reference": "middle", "bands": bands},
                ]
            },
            "decision": {
                "cutoff": CUTOFF,
                "costs": {
                    "currency": "EUR",
                    "approved_bad": 1000,
                    "declined_good": 1000 * CUTOFF / (1 - CUTOFF),
                },
                "capacity": {"per_night": 5},
            },
            "windows": {
                "train": 0.30,
                "calibration": 0.20,
                "validation": 0.25,
                "out_of_time": OUT_OF_TIME,
            },
            "training": {"estimator": "scorecard", "seed": 1, "calibration": "none"},
        }
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Bench:
    """What every simulated night shares."""

    home: Path
    spec: ModelSpec
    packs: Mapping[str, PolicyPack]
    rules: RuleBook

    @classmethod
    def at(cls, home: Path, tier: int = 1) -> "Bench":
        """The house policy as it stands, for one tier."""
        spec, pack = make_spec(tier), parse_policy(HOUSE.read_text(encoding="utf-8"))
        packs = {pack.policy: pack}
        return cls(home, spec, packs, rulebook(spec, packs, AS_OF))

    @cached_property
    def contract(self) -> FeatureContract:
        """How inputs are encoded."""
        return FeatureContract.from_spec(self.spec)


@dataclass(frozen=True)
class Made(Inquiry):
    """An inquiry whose models lie in memory and not in a folder."""

    opened: Mapping[str, ModelPackage] = field(default_factory=dict)

    def open(self, package: PackageRef) -> ModelPackage:
        """The model of that name."""
        return self.opened[package.sha256]


def night(
    bench: Bench,
    out_of_time: int,
    seed: int,
    effects: Effects = NOTHING,
    evidence: Mapping[str, Any] | None = None,
) -> Made:
    """Simulate everything a night's questions look at.

    Args:
        bench: What all nights share.
        out_of_time: Rows of the out-of-time window.
        seed: Of all that is drawn.
        effects: What is wrong.
        evidence: What the champion was promoted on; without it there is no champion.
    """
    rng = np.random.default_rng([seed, out_of_time])
    rows = round(out_of_time / OUT_OF_TIME * NIGHTS / MATURED)
    nights = np.arange(rows) * NIGHTS // rows
    crowd = people(rng, rows, effects, nights >= MATURED)
    known = _calendar(rng, nights, crowd)
    inputs = crowd.table
    applications = write_snapshot(
        bench.home, _joined(known, inputs), kind="applications", as_of=AS_OF
    )
    plan = plan_windows(bench.spec, known, AS_OF)
    assert plan is not None
    windows = _windows(plan, nights)
    packages = _packages(bench, rng, out_of_time, inputs, windows)
    encoded = matrix(bench.contract, inputs)
    scores = {
        name: sigmoid(
            spoilt(rng, package.margin(encoded), crowd, effects if name == "candidate" else NOTHING)
        )
        for name, package in packages.items()
        if name != "champion" or evidence is not None
    }
    return Made(
        spec=bench.spec,
        rules=bench.rules,
        home=bench.home,
        as_of=AS_OF,
        threads=1,
        plan=plan,
        applications=applications,
        protected=_protected(bench, rng, known, crowd),
        scores=_scores(bench, known, windows, scores),
        candidate=Candidate(PackageRef("candidate"), PackageRef("baseline"), CUTOFF, 0, (), 0.0),
        champion=None
        if evidence is None
        else Rival(1, AS_OF - timedelta(days=30), PackageRef("champion"), evidence),
        packs=bench.packs,
        newest_promotion=None,
        opened=packages,
    )


def _calendar(rng: np.random.Generator, nights: NDArray[np.intp], crowd: People) -> "pa.Table":
    import pyarrow as pa

    day = np.datetime64(AS_OF) - (NIGHTS - 1) + nights
    unknown = nights >= MATURED
    keys = rng.integers(0, 2**62, len(nights))
    return pa.table(
        {
            "key": pa.array([f"{key:064x}" for key in keys.tolist()]),
            "business_date": pa.array(day, pa.date32()),
            "observed_on": pa.array(day + OUTCOME_NIGHTS, pa.date32(), mask=unknown),
            "label": pa.array(crowd.bad.astype(np.int8), mask=unknown),
        }
    )


def _joined(one: "pa.Table", other: "pa.Table") -> "pa.Table":
    for name in other.column_names:
        one = one.append_column(name, other[name])
    return one


def _windows(plan: WindowPlan, nights: NDArray[np.intp]) -> NDArray[np.str_]:
    day = np.datetime64(AS_OF) - (NIGHTS - 1) + nights
    found = np.full(len(nights), "watch", dtype="<U12")
    for window in plan.windows:
        inside = (day >= np.datetime64(window.first)) & (day <= np.datetime64(window.last))
        found[inside] = window.name
    return found


def _packages(
    bench: Bench,
    rng: np.random.Generator,
    out_of_time: int,
    inputs: "pa.Table",
    windows: NDArray[np.str_],
) -> dict[str, ModelPackage]:
    """The candidate learned from these people, the champion from as many others."""
    import pyarrow as pa

    train = inputs.filter(pa.array(windows == "train"))
    calibration = inputs.filter(pa.array(windows == "calibration"))
    others = people(rng, train.num_rows, NOTHING, np.zeros(train.num_rows, np.bool_)).table
    held_out = people(
        rng, calibration.num_rows, NOTHING, np.zeros(calibration.num_rows, np.bool_)
    ).table
    return {
        "candidate": _package(bench, seeing("heads"), train, calibration),
        "champion": _package(bench, seeing("tails"), others, held_out),
        "baseline": _package(bench, seeing(), train, calibration),
    }


def _package(bench: Bench, fitted: Linear, train: "pa.Table", held_out: "pa.Table") -> ModelPackage:
    learned = matrix(bench.contract, train)
    blanks = {feature.name: train[feature.name].null_count for feature in bench.contract.features}
    calibration = Calibration("none")
    scores = calibration.probability(fitted.margin(matrix(bench.contract, held_out)))
    return ModelPackage(
        model=bench.spec.model,
        estimator="scorecard",
        kind="scorecard",
        contract=bench.contract,
        calibration=calibration,
        cutoff=CUTOFF,
        reference={
            "features": feature_bins(bench.contract, learned, blanks),
            "score": number_bins(scores),
        },
        typical=tuple(fitted.contributions(learned)[0].mean(axis=0).tolist()),
        provenance=Provenance("0" * 64, "0" * 64, 1, 1, 0, (), ()),
        fitted=fitted,
    )


def spoilt(rng: np.random.Generator, margin: Floats, crowd: People, effects: Effects) -> Floats:
    """The log-odds of a model with something wrong about it."""
    rents = crowd.columns["home"] == "rent"
    noise = rng.normal(size=len(margin)) * (effects.blunt + effects.weak * rents)
    spread = (margin + noise) * (1 + effects.too_sure)
    return np.asarray(spread + effects.too_high, dtype=np.float64)


def _protected(
    bench: Bench, rng: np.random.Generator, known: "pa.Table", crowd: People
) -> Snapshot:
    import pyarrow as pa

    ages = np.array([25, 45, 70])[crowd.age]
    table = pa.table({"key": known["key"], "sex": crowd.sex.astype(str), "age": ages})
    order = pa.array(rng.permutation(table.num_rows))
    return write_snapshot(bench.home, table.take(order), kind="protected", as_of=AS_OF)


def _scores(
    bench: Bench, known: "pa.Table", windows: NDArray[np.str_], scores: Mapping[str, Floats]
) -> Snapshot:
    import pyarrow as pa

    table = pa.table(
        {
            "key": known["key"],
            "business_date": known["business_date"],
            "window": pa.array(windows.tolist(), pa.string()),
            "label": known["label"],
            **{f"{name}_score": values for name, values in scores.items()},
        }
    )
    return write_snapshot(bench.home, table, kind="scores", as_of=AS_OF)
