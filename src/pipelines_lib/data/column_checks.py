"""DATA-002, 003 and 004: what share of rows is blank, out of range or of an unknown category.

The share is compared with the policy's limit: above it the delivery is refused, below it
the rows of critical columns are merely set aside. Sentences hold counts and, for large
groups, a median; never a customer's value.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.data.contract import Finding
from pipelines_lib.results import CheckResult, Outcome
from pipelines_lib.spec.inputs import Feature
from pipelines_lib.spec.rulebook import Rule, RuleBook

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_CROWD = 30
"""Fewest rows whose median may be shown: no single customer can be read from it."""

_UNITS = ((1_000.0, "in thousands"), (100.0, "in hundreds or percent"))
_WRONG_UNIT = 0.5
"""From this share of rows on, a wrong unit is the likelier story than wrong rows."""


def percent(share: float) -> str:
    """Write a share for people: ``12.0 %``, and never 0 or 100 % unless it is."""
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    if share < 0.001:  # noqa: PLR2004  (below it one decimal would show 0.0)
        return f"{share * 100:.2g} %"
    return f"{min(share * 100, 99.9):.1f} %"


def judge_column(
    finding: Finding, feature: Feature, values: "pd.Series", rules: RuleBook
) -> CheckResult:
    """Is the share of rows that break a promise about a column within the limit?

    Args:
        finding: What examining the clause found.
        feature: The column's entry in the spec.
        values: The column, for counts and medians in the explanation.
        rules: The limits.
    """
    rule = rules.rule(finding.clause.check)
    share = finding.violations / finding.rows if finding.rows else None
    text = _EXPLAIN[finding.clause.check](finding, feature, values)
    result = rule.judge(feature.name, share, text, n=finding.rows)
    if finding.clause.check == "DATA-002" and feature.missing == "allowed":
        return _allowed(rule, result)
    return result


def _allowed(rule: Rule, result: CheckResult) -> CheckResult:
    """Missing values the spec allows are recorded, and limited only where a policy says so."""
    highest = dict(rule.parameters).get("allowed_missing_at_most")
    required = "missing values allowed by the spec"
    if highest is not None:
        required = f"{rule.measure} <= {highest:g} where the spec allows missing values"
    if result.observed is None or result.outcome is Outcome.NOT_ENOUGH_EVIDENCE:
        return replace(result, required=required)
    within = highest is None or result.observed <= highest
    outcome = Outcome.PASSED if within else Outcome.FAILED
    return replace(result, required=required, outcome=outcome)


def _of_rows(finding: Finding) -> str:
    share = finding.violations / finding.rows if finding.rows else 0.0
    return f"{percent(share)} of rows"


def _counts(finding: Finding) -> str:
    return f"({finding.violations:,} of {finding.rows:,})"


def _blank(finding: Finding, feature: Feature, values: "pd.Series") -> str:
    del values  # the count says it all
    return f"{feature.name}: {_of_rows(finding)} blank {_counts(finding)}"


def _unknown_category(finding: Finding, feature: Feature, values: "pd.Series") -> str:
    if not finding.violations:
        return f"{feature.name}: every category is known"
    present = values.dropna()
    kinds = present[~present.isin(feature.levels)].nunique()
    plural = "category" if kinds == 1 else "different categories"
    return (
        f"{feature.name}: {_of_rows(finding)} {_counts(finding)} hold a category the spec does "
        f"not know ({kinds:,} {plural}; known are {len(feature.levels)})"
    )


def _out_of_range(finding: Finding, feature: Feature, values: "pd.Series") -> str:
    if not finding.violations:
        return f"{feature.name}: every value is within {_range(feature)}"
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    below = _outside(numbers, feature.minimum, np.less)
    above = _outside(numbers, feature.maximum, np.greater)
    parts = []
    if below.size:
        parts.append(_side(finding, below, f"below the minimum {feature.minimum:,.10g}"))
    if above.size:
        parts.append(_side(finding, above, f"above the maximum {feature.maximum:,.10g}"))
    text = " and ".join(parts)
    return f"{feature.name}: {text}{_unit_hint(finding, feature, below, above)}"


def _outside(
    numbers: "NDArray[np.float64]",
    bound: float | None,
    beyond: Callable[..., "NDArray[np.bool_]"],
) -> "NDArray[np.float64]":
    return numbers[:0] if bound is None else numbers[beyond(numbers, bound)]


def _side(finding: Finding, outside: "NDArray[np.float64]", where: str) -> str:
    known = f" (median {np.median(outside):,.10g})" if outside.size >= _CROWD else ""
    count = f" ({outside.size:,} of {finding.rows:,})" if outside.size < finding.rows else ""
    return f"{percent(outside.size / finding.rows)} of rows{count} are {where}{known}"


def _unit_hint(
    finding: Finding,
    feature: Feature,
    below: "NDArray[np.float64]",
    above: "NDArray[np.float64]",
) -> str:
    """Ask about the unit where most rows would be in range in another one."""
    if finding.violations < max(_CROWD, _WRONG_UNIT * finding.rows):
        return ""
    for factor, name in _UNITS:
        if below.size and _within(feature, float(np.median(below)) * factor):
            return f": is the delivery {name}?"
        if above.size and _within(feature, float(np.median(above)) / factor):
            return f": is the spec {name}, and the delivery not?"
    return ""


def _within(feature: Feature, value: float) -> bool:
    low = -np.inf if feature.minimum is None else feature.minimum
    high = np.inf if feature.maximum is None else feature.maximum
    return bool(low <= value <= high)


def _range(feature: Feature) -> str:
    if feature.minimum is None:
        return f"at most {feature.maximum:,.10g}"
    if feature.maximum is None:
        return f"at least {feature.minimum:,.10g}"
    return f"{feature.minimum:,.10g} to {feature.maximum:,.10g}"


_EXPLAIN: dict[str, Callable[[Finding, Feature, "pd.Series"], str]] = {
    "DATA-002": _blank,
    "DATA-003": _out_of_range,
    "DATA-004": _unknown_category,
}
