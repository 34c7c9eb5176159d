"""Evidence of the sample model, built with figures close to those published for it.

The curves come from the binormal model, whose AUC is known in closed form, so that every
figure of the fixture agrees with its picture.
"""

import copy
import hashlib
import math
from collections.abc import Callable
from datetime import date, timedelta
from statistics import NormalDist
from typing import Any

import pytest

Evidence = dict[str, Any]

NORMAL = NormalDist()
FIRST_NIGHT = date(2025, 1, 1)
AS_OF = "2025-04-10"
BASE_RATE = 0.2212
CUTOFF = 0.3174

FEATURES = {
    "limit_bal": "Amount of the credit given (NT dollar)",
    "pay_0": "Repayment status in September",
    "pay_2": "Repayment status in August",
    "pay_3": "Repayment status in July",
    "pay_4": "Repayment status in June",
    "pay_5": "Repayment status in May",
    "pay_6": "Repayment status in April",
    "bill_amt1": "Bill statement in September (NT dollar)",
    "bill_amt2": "Bill statement in August (NT dollar)",
    "bill_amt3": "Bill statement in July (NT dollar)",
    "pay_amt1": "Amount paid in September (NT dollar)",
    "pay_amt2": "Amount paid in August (NT dollar)",
    "pay_amt3": "Amount paid in July (NT dollar)",
}
SOURCES = ("accounts", "customers", "outcomes")
GROUPS = {
    "sex": ("male", [("male", 6998, 0.7629, 1.0), ("female", 10680, 0.7932, 1.040)]),
    "education": (
        "graduate_school",
        [
            ("graduate_school", 6240, 0.8270, 1.0),
            ("university", 8263, 0.7650, 0.925),
            ("high_school", 2900, 0.7211, 0.872),
            ("other", 210, 0.9286, 1.123),
            ("unknown", 65, 0.9231, 1.116),
        ],
    ),
    "age": (
        "25_to_39",
        [
            ("under_25", 1600, 0.7140, 0.882),
            ("25_to_39", 11180, 0.8095, 1.0),
            ("40_to_59", 4698, 0.7620, 0.941),
            ("60_and_over", 200, 0.6532, 0.807),
        ],
    ),
}


def sha(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def night(number: int) -> str:
    return str(FIRST_NIGHT + timedelta(days=number))


def wilson(rate: float, n: int) -> tuple[float, float]:
    z = 1.96
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return middle - reach, middle + reach


def roc_curve(auc: float) -> list[list[float]]:
    """The binormal ROC: AUC = Phi(d / sqrt 2)."""
    distance = math.sqrt(2) * NORMAL.inv_cdf(auc)
    inner = [
        [(x / 100) ** 2, NORMAL.cdf(distance + NORMAL.inv_cdf((x / 100) ** 2))]
        for x in range(1, 100)
    ]
    return [[0.0, 0.0], *inner, [1.0, 1.0]]


def precision_recall_curve(auc: float) -> list[list[float]]:
    points = []
    for fpr, tpr in roc_curve(auc)[1:]:
        caught, wrong = tpr * BASE_RATE, fpr * (1 - BASE_RATE)
        points.append([tpr, caught / (caught + wrong)])
    return points


def calibration_bins(n: int, tilt: float) -> list[dict[str, Any]]:
    means = [0.05, 0.08, 0.10, 0.12, 0.14, 0.165, 0.195, 0.25, 0.40, 0.71]
    bins = []
    for place, mean in enumerate(means):
        observed = mean * (1 + tilt * (-1) ** place)
        low, high = wilson(observed, n // 10)
        bins.append(
            {"mean_score": mean, "observed": observed, "low": low, "high": high, "n": n // 10}
        )
    return bins


def score_bands(n: int) -> list[dict[str, Any]]:
    weights = [2, 16, 22, 14, 9, 6, 5, 3.5, 3, 2.5, 2, 2, 2.2, 2.6, 3, 3, 1.6, 0.5, 0.1, 0]
    total = sum(weights)
    bands = []
    for place, weight in enumerate(weights):
        rows = round(n * weight / total)
        bands.append(
            {
                "from": place / 20,
                "to": (place + 1) / 20,
                "n": rows,
                "positives": round(rows * (place + 0.5) / 20),
            }
        )
    return bands


def window_figures(n: int, auc: float, reach: float) -> dict[str, Any]:
    return {
        "n": n,
        "positives": round(n * BASE_RATE),
        "auc": auc,
        "auc_interval": {"low": auc - reach, "high": auc + reach, "confidence": 0.95},
        "gini": 2 * auc - 1,
        "ks": auc - 0.351,
        "average_precision": auc - 0.225,
        "brier": 0.917 - auc,
        "brier_skill": 1 - (0.917 - auc) / (BASE_RATE * (1 - BASE_RATE)),
        "mean_score": 0.2231,
        "observed_rate": BASE_RATE,
        "declined_share": 0.2196,
    }


def performance() -> dict[str, Any]:
    return {
        "windows": {
            "train": window_figures(12600, 0.8113, 0.0091),
            "calibration": window_figures(2700, 0.7874, 0.0204),
            "validation": window_figures(2700, 0.7851, 0.0206),
            "out_of_time": window_figures(3000, 0.7812, 0.0197),
        },
        "curves": {
            "validation": curves(0.7851, 2700, 0.05),
            "out_of_time": curves(0.7812, 3000, -0.06),
        },
    }


def curves(auc: float, n: int, tilt: float) -> dict[str, Any]:
    return {
        "roc": roc_curve(auc),
        "precision_recall": precision_recall_curve(auc),
        "calibration": calibration_bins(n, tilt),
        "bands": score_bands(n),
    }


def comparison(*, champion: bool) -> dict[str, Any]:
    shared = {"window": "out_of_time", "n": 3000, "auc_candidate": 0.7812}
    baseline = {
        **shared, "auc_other": 0.7668, "difference": 0.0144, "low": 0.0061, "high": 0.0227,
    }  # fmt: skip
    other = {
        **shared,
        "auc_other": 0.7794,
        "difference": 0.0018,
        "low": -0.0041,
        "high": 0.0077,
        "version": 3,
        "score_correlation": 0.9713,
        "to_declined": 61,
        "to_approved": 48,
    }
    return {"baseline": baseline, "champion": other if champion else None}


def fairness() -> dict[str, Any]:
    return {
        "not_applicable": None,
        "rows": 17678,
        "attributes": [
            {
                "attribute": name,
                "reference": reference,
                "groups": [fair_group(reference, *group) for group in groups],
            }
            for name, (reference, groups) in GROUPS.items()
        ],
    }


def fair_group(reference: str, group: str, rows: int, rate: float, ratio: float) -> dict[str, Any]:
    is_reference = group == reference
    reach = 0.0 if is_reference else 1.3 * ratio * math.sqrt((1 - rate) / (rate * rows)) + 0.008
    gap = 0.0 if is_reference else 0.42 * (ratio - 1)
    return {
        "group": group,
        "rows": rows,
        "share": rows / 17678,
        "approved": round(rows * rate),
        "selection_rate": rate,
        "ratio": ratio,
        "ratio_low": None if is_reference else ratio - reach,
        "ratio_high": None if is_reference else ratio + reach,
        "opportunity_rows": round(rows * 0.248),
        "opportunity": min(rate + 0.092, 0.985),
        "opportunity_difference": gap,
        "opportunity_low": None if is_reference else gap - reach,
        "opportunity_high": None if is_reference else gap + reach,
        "small": rows / 17678 < 0.02,
    }


def drift() -> dict[str, Any]:
    return {
        "reference": "champion version 3",
        "reference_rows": 12600,
        "current_rows": 9000,
        "features": [drifted(name, place) for place, name in enumerate(FEATURES)],
        "score": drifted("score", 5),
    }


def drifted(name: str, place: int) -> dict[str, Any]:
    """Ten bins whose current shares swing around the reference; the PSI is computed from them."""
    swing = 0.003 + 0.006 * ((place * 5) % 7) / 7
    bins = []
    for number in range(10):
        current = 0.1 + swing * math.sin(2.1 * number + place)
        bins.append({"label": f"bin {number + 1}", "reference": 0.1, "current": current})
    total = sum(each["current"] for each in bins)
    for each in bins:
        each["current"] /= total
    psi = sum(
        (each["current"] - each["reference"]) * math.log(each["current"] / each["reference"])
        for each in bins
    )
    return {
        "feature": name,
        "psi": psi,
        "critical": 16.92 * (1 / 12600 + 1 / 9000),
        "missing_reference": 0.0,
        "missing_current": 0.0004 if name == "bill_amt3" else 0.0,
        "bins": bins,
    }


def explanation() -> dict[str, Any]:
    effects = [0.412, 0.188, 0.131, 0.094, 0.083, 0.061, 0.055, 0.049, 0.044, 0.038, 0.027]
    total = sum(effects)
    names = ["pay_0", "limit_bal", "pay_2", "pay_amt2", "bill_amt1", "pay_3", "pay_amt1",
             "pay_amt3", "pay_4", "pay_6", "bill_amt2"]  # fmt: skip
    texts = {
        "pay_0": "Your most recent payment was late",
        "pay_2": "Your payment two months ago was late",
        "limit_bal": "Your credit limit is low",
        "pay_amt2": "The amount you paid in August is low",
        "pay_3": "Your payment three months ago was late",
    }
    return {
        "method": "exact tree contributions (log-odds, before calibration)",
        "rows": 5700,
        "global": [
            {"feature": name, "meaning": FEATURES[name], "mean_abs": e, "share": e / total}
            for name, e in zip(names, effects, strict=True)
        ],
        "declines": 1252,
        "reasons": [
            {"feature": name, "text": text, "share_first": first, "share_any": any_}
            for (name, text), first, any_ in zip(
                texts.items(), (0.712, 0.131, 0.064, 0.048, 0.029),
                (0.944, 0.771, 0.489, 0.402, 0.366), strict=True,
            )
        ],
    }  # fmt: skip


def quality() -> dict[str, Any]:
    return {
        "rows": 30000,
        "quarantined": 14,
        "by_rule": [
            {"rule": "DATA-003", "column": "pay_amt1", "rows": 9},
            {"rule": "DATA-004", "column": "pay_6", "rows": 5},
        ],
        "nights": [{"date": night(70 + i), "rows": 300 + (i * 37) % 23 - 11} for i in range(30)],
    }


RULES = [
    # code, measure, consequence, basis, citation, direction, limit
    (
        "DATA-001",
        "share of unreadable values",
        "hard",
        "house",
        "House data standard 4.1",
        "at_most",
        0.0,
    ),
    (
        "DATA-002",
        "share of blank values",
        "hard",
        "house",
        "House data standard 4.2",
        "at_most",
        0.02,
    ),
    ("DATA-003", "share out of range", "hard", "house", "House data standard 4.2", "at_most", 0.01),
    (
        "DATA-007",
        "newest night over the median night",
        "hard",
        "house",
        "House data standard 4.4",
        "at_least",
        0.5,
    ),
    (
        "DATA-009",
        "share of rows set aside",
        "hard",
        "house",
        "House data standard 4.5",
        "at_most",
        0.02,
    ),
    (
        "DATA-010",
        "share of keys found",
        "hard",
        "house",
        "House data standard 4.1",
        "at_least",
        0.99,
    ),
    ("PERF-001", "AUC", "hard", "house", "House model standard 3.1", "at_least", 0.7),
    (
        "PERF-002",
        "observed over expected defaults",
        "hard",
        "house",
        "House model standard 3.2",
        "at_least",
        0.8,
    ),
    ("PERF-003", "Brier skill", "hard", "house", "House model standard 3.2", "at_least", 0.0),
    (
        "PERF-004",
        "AUC train minus out of time",
        "screen",
        "convention",
        "AUC drop above 0.03 to 0.05",
        "at_most",
        0.05,
    ),
    ("PERF-005", "AUC difference", "hard", "house", "House model standard 3.4", "at_least", -0.005),
    ("PERF-006", "AUC difference", "hard", "house", "House model standard 3.4", "at_least", -0.01),
    (
        "FAIR-001",
        "adverse impact ratio",
        "screen",
        "convention",
        "29 CFR 1607.4(D), as a screen",
        "at_least",
        0.8,
    ),
    (
        "FAIR-002",
        "equal opportunity difference, absolute",
        "screen",
        "house",
        "House fairness standard 2.2",
        "at_most",
        0.1,
    ),
    (
        "FAIR-003",
        "protected attribute is no input",
        "hard",
        "law",
        "Regulation B, 12 CFR 1002.6",
        None,
        None,
    ),
    ("DRIFT-001", "PSI", "screen", "convention", "PSI below 0.25", "at_most", 0.25),
    ("DRIFT-002", "PSI", "screen", "convention", "PSI below 0.25", "at_most", 0.25),
    (
        "EXPL-001",
        "share of declines with reasons",
        "hard",
        "law",
        "Regulation B, 12 CFR 1002.9",
        "at_least",
        1.0,
    ),
    (
        "GOV-002",
        "owner, developer and validator differ",
        "hard",
        "supervisory_expectation",
        "SS1/23, principle 4",
        None,
        None,
    ),
]


def rules() -> list[dict[str, Any]]:
    keys = ("check", "measure", "consequence", "basis", "citation", "direction", "limit")
    return [
        {
            **dict(zip(keys, row, strict=True)),
            "policy": "house",
            "parameters": [["confidence", 0.95]],
        }
        for row in RULES
    ]


def check(code: str, subject: str, observed: float | None, **more: Any) -> dict[str, Any]:
    rule = next(rule for rule in rules() if rule["check"] == code)
    sign = {"at_least": " >= ", "at_most": " <= ", None: ""}[rule["direction"]]
    bound = "" if rule["limit"] is None else f"{rule['limit']:g}"
    span = more.get("span")
    return {
        "code": code,
        "subject": subject,
        "outcome": more.get("outcome", "passed"),
        "required": f"{rule['measure']}{sign}{bound}",
        "basis": rule["basis"],
        "explanation": more.get("explanation", f"{rule['measure']} of {subject} is as required"),
        "observed": observed,
        "interval": {"low": span[0], "high": span[1], "confidence": 0.95} if span else None,
        "n": more.get("n"),
    }


def data_checks() -> list[dict[str, Any]]:
    return [
        *(check("DATA-001", name, 0.0, n=30000) for name in SOURCES),
        *(check("DATA-002", name, 0.0, n=30000) for name in FEATURES),
        *(
            check("DATA-003", name, 0.0003 if name == "pay_amt1" else 0.0, n=30000)
            for name in FEATURES
        ),
        check("DATA-007", "accounts", 1.0133, n=15),
        check("DATA-009", "rows", 14 / 30000, n=30000),
        *(check("DATA-010", name, 1.0, n=30000) for name in ("customers", "outcomes")),
    ]


def model_checks(*, champion: bool) -> list[dict[str, Any]]:
    return [
        check("PERF-001", "validation", 0.7851, span=(0.7645, 0.8057), n=2700),
        check("PERF-001", "out_of_time", 0.7812, span=(0.7615, 0.8009), n=3000),
        check("PERF-002", "validation", 1.012, span=(0.931, 1.098), n=2700),
        check("PERF-002", "out_of_time", 0.991, span=(0.917, 1.071), n=3000),
        check("PERF-003", "validation", 0.234, n=2700),
        check("PERF-003", "out_of_time", 0.212, n=3000),
        check("PERF-004", "out_of_time", 0.0301, n=3000),
        check("PERF-005", "baseline", 0.0144, span=(0.0061, 0.0227), n=3000),
        *(
            [check("PERF-006", "champion", 0.0018, span=(-0.0041, 0.0077), n=3000)]
            if champion
            else []
        ),
        *fairness_checks(),
        *(check("DRIFT-001", f["feature"], f["psi"], n=9000) for f in drift()["features"]),
        check("DRIFT-002", "score", drift()["score"]["psi"], n=9000),
        check("EXPL-001", "declines", 1.0, n=1252),
        check("GOV-002", "people", None),
    ]


def fairness_checks() -> list[dict[str, Any]]:
    results = []
    for attribute in fairness()["attributes"]:
        name = attribute["attribute"]
        for group in attribute["groups"]:
            subject = f"{name}={group['group']}"
            if group["small"] or group["group"] in (attribute["reference"], "unknown"):
                continue
            span = (group["ratio_low"], group["ratio_high"])
            results.append(check("FAIR-001", subject, group["ratio"], span=span, n=group["rows"]))
            span = (group["opportunity_low"], group["opportunity_high"])
            gap, n = group["opportunity_difference"], group["opportunity_rows"]
            results.append(check("FAIR-002", subject, gap, span=span, n=n))
        results.append(check("FAIR-003", name, None))
    return results


def requirements(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    consequence = {rule["check"]: rule["consequence"] for rule in rules()}
    return [
        {"code": c["code"], "subject": c["subject"], "consequence": consequence[c["code"]]}
        for c in checks
    ]


def snapshot(kind: str, rows: int, columns: tuple[str, ...]) -> dict[str, Any]:
    return {
        "sha256": sha(kind), "rows": rows, "columns": list(columns), "as_of": AS_OF,
        "kind": kind, "sources": [],
    }  # fmt: skip


def window(first: int, last: int, rows: int, positives: int) -> dict[str, Any]:
    return {"first": night(first), "last": night(last), "rows": rows, "positives": positives}


def base(verdict: str, checks: list[dict[str, Any]]) -> Evidence:
    columns = ("key", "business_date", "observed_on", "label", *FEATURES)
    return {
        "format": "pipelines-evidence/1",
        "run": {
            "run_id": "5b7d7c1e-0f5e-4d51-9a53-2f1f8f0a6c1d",
            "model": "credit_card_default",
            "title": "Default of credit-card clients",
            "purpose": "Predicts whether a client misses next month's payment.",
            "as_of": AS_OF,
            "tier": 2,
            "tier_rationale": "Decides about consumer credit; exposure below one billion.",
            "owner": "Retail Credit",
            "developer": "Credit Modelling",
            "validator": "Independent Validation",
            "started_at": "2025-04-11T02:00:04+00:00",
            "seconds": {
                "ingestion": 1.62,
                "quality": 2.41,
                "training": 3.87,
                "scoring": 0.41,
                "questions": 2.28,
                "gate": 0.01,
                "evidence": 0.12,
            },
        },
        "verdict": verdict,
        "decision": {
            "reasons_against": [],
            "needs_judgement": [],
            "warnings": [],
            "approval_required": False,
        },
        "spec": {"sha256": sha("spec"), "text": "model: credit_card_default\ntier: 2\n" * 30},
        "policies": [{"policy": "house", "sha256": sha("house"), "text": "policy: house\n" * 40}],
        "rules": rules(),
        "requirements": requirements(checks),
        "checks": checks,
        "documentation": {
            "assumptions": ["Past repayment behaviour says something about the next month."],
            "limitations": ["One card issuer, 2005; the dates are made.", "No bureau data."],
            "rejected_alternatives": ["A neural network: no gain, no reasons."],
        },
        "monitoring": {
            "owner": "Model Risk",
            "metrics": ["AUC", "PSI", "adverse impact ratio"],
            "review_every_days": 30,
            "action_on_breach": "Retrain, or return to the old champion.",
        },
        "snapshots": {
            "applications": snapshot("applications", 30000, columns),
            "clean": snapshot("clean", 29986, columns),
            "protected": snapshot("protected", 30000, ("key", "sex", "education", "age")),
            "scores": snapshot("scores", 29986, ("key", "business_date", "window", "label")),
        },
        "sources": [
            {
                "name": name,
                "uri": f"sample/{name}/business_date=*/*.csv",
                "content_sha256": sha(name),
                "rows_delivered": 30000,
                "rows_visible": rows,
                "latest": night(99),
            }
            for name, rows in zip(SOURCES, (30000, 30000, 21000), strict=True)
        ],
        "windows": {
            "train": window(0, 41, 12600, 2790),
            "calibration": window(42, 50, 2700, 601),
            "validation": window(51, 59, 2700, 597),
            "out_of_time": window(60, 69, 3000, 664),
            "watch": window(70, 99, 9000, 0),
            "excluded": 0,
        },
        "candidate": {
            "package_sha256": sha("candidate"),
            "estimator": "xgboost",
            "rounds": 187,
            "parameters": {"max_depth": 4, "eta": 0.05, "min_child_weight": 5, "subsample": 0.8},
            "cutoff": CUTOFF,
        },
        "baseline": {"package_sha256": sha("baseline")},
        "champion": {"version": 3, "package_sha256": sha("champion"), "as_of": "2025-03-11"},
        "code": {
            "version": "0.1.0",
            "commit": "9f3c2ab14d6e",
            "lock_sha256": sha("lock"),
            "python": "3.11.2",
            "libraries": {"xgboost": "3.2.0", "scikit-learn": "1.9.0"},
        },
        "seed": 20250101,
        "figures": {
            "quality": quality(),
            "performance": performance(),
            "comparison": comparison(champion=True),
            "fairness": fairness(),
            "drift": drift(),
            "explanation": explanation(),
        },
    }


def promoted() -> Evidence:
    return base("promoted", [*data_checks(), *model_checks(champion=True)])


def awaiting_approval() -> Evidence:
    """Two groups whose interval crosses the limit: people must judge them."""
    evidence = base("awaiting_approval", [*data_checks(), *model_checks(champion=False)])
    judged = replace_check(
        evidence, "FAIR-001", "age=under_25",
        outcome="not_enough_evidence", observed=0.812,
        interval={"low": 0.779, "high": 0.845, "confidence": 0.95},
        explanation="The interval of the ratio crosses the limit.",
    )  # fmt: skip
    assert judged
    age = evidence["figures"]["fairness"]["attributes"][2]
    age["groups"][0].update(ratio=0.812, ratio_low=0.779, ratio_high=0.845, selection_rate=0.6573)
    evidence["champion"] = None
    evidence["figures"]["comparison"] = comparison(champion=False)
    evidence["decision"]["approval_required"] = True
    evidence["decision"]["needs_judgement"] = [
        "FAIR-001 age=under_25: not enough evidence, adverse impact ratio 0.812 (0.779 to 0.845), "
        "required adverse impact ratio >= 0.8",
    ]
    evidence["decision"]["warnings"] = ["DATA-003 pay_amt1: 9 rows out of range were set aside"]
    return evidence


def rejected() -> Evidence:
    evidence = base("rejected", [*data_checks(), *model_checks(champion=True)])
    assert replace_check(
        evidence, "PERF-006", "champion",
        outcome="failed", observed=-0.0214,
        interval={"low": -0.0291, "high": -0.0137, "confidence": 0.95},
        explanation="The candidate ranks worse than champion version 3.",
    )  # fmt: skip
    assert replace_check(
        evidence, "DRIFT-001", "pay_0", outcome="failed", observed=0.284,
        explanation="Shares of the bins moved further than chance explains.",
    )  # fmt: skip
    evidence["checks"] = [c for c in evidence["checks"] if c["code"] != "EXPL-001"]
    other = evidence["figures"]["comparison"]["champion"]
    other.update(auc_other=0.8026, difference=-0.0214, low=-0.0291, high=-0.0137)
    moved = next(f for f in evidence["figures"]["drift"]["features"] if f["feature"] == "pay_0")
    shares = (0.03, 0.05, 0.06, 0.08, 0.09, 0.11, 0.13, 0.14, 0.15, 0.16)
    for each, current in zip(moved["bins"], shares, strict=True):
        each["current"] = current
    moved["psi"] = 0.284
    evidence["decision"]["reasons_against"] = [
        "PERF-006 champion: failed, AUC difference -0.021 (-0.029 to -0.014), required >= -0.01",
        "EXPL-001 declines: no result",
    ]
    evidence["decision"]["needs_judgement"] = [
        "DRIFT-001 pay_0: failed, PSI 0.284, required <= 0.25"
    ]
    return evidence


def stopped() -> Evidence:
    """A delivery in which 12 % of a column is blank and the night is half empty."""
    evidence = base("stopped", data_checks())
    assert replace_check(
        evidence, "DATA-002", "limit_bal", outcome="failed", observed=0.12,
        explanation="3,600 of 30,000 values are blank.",
    )  # fmt: skip
    assert replace_check(
        evidence, "DATA-007", "accounts", outcome="failed", observed=0.4133,
        explanation="The newest night has 124 applications; the median of 14 nights is 300.",
    )  # fmt: skip
    evidence["decision"]["reasons_against"] = [
        "DATA-002 limit_bal: failed, 12.0 % blank, required share of blank values <= 0.02",
        "DATA-007 accounts: failed, 0.413 of the median night, required >= 0.5",
    ]
    for name in ("windows", "candidate", "baseline"):
        evidence[name] = None
    for name in ("clean", "scores"):
        evidence["snapshots"][name] = None
    figures = dict.fromkeys(evidence["figures"])
    evidence["figures"] = {**figures, "quality": quality()}
    evidence["figures"]["quality"]["nights"][-1]["rows"] = 124
    return evidence


def replace_check(evidence: Evidence, code: str, subject: str, **changes: Any) -> bool:
    for each in evidence["checks"]:
        if (each["code"], each["subject"]) == (code, subject):
            each.update(changes)
            return True
    return False


BUILDERS = {
    "promoted": promoted,
    "awaiting_approval": awaiting_approval,
    "rejected": rejected,
    "stopped": stopped,
}


@pytest.fixture
def build() -> Callable[[str], Evidence]:
    """Evidence of one verdict, a fresh copy each time."""
    return lambda verdict: copy.deepcopy(BUILDERS[verdict]())
