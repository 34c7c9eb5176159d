"""Can the model say why it declines, and does it behave as its spec says?

``EXPL-001`` every would-be decline has specific reasons, ``EXPL-002`` contributions add up to
what the model said, ``EXPL-003`` a feature with a declared direction never acts against it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chosen_rows import (
    NOT_TRAINED_ON,
    evenly_spread,
    in_window,
    marked_rows,
    newest_first,
    read_scores,
)
from pipelines_lib.assurance.explanation.directions import DIRECTION, check_directions
from pipelines_lib.assurance.explanation.texts import insufficient_phrases, is_specific
from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.canonical import plain
from pipelines_lib.errors import bounded
from pipelines_lib.results import Answer, CheckResult

if TYPE_CHECKING:
    from pipelines_lib.data.snapshots import Snapshot
    from pipelines_lib.modelling.features import Matrix
    from pipelines_lib.modelling.package import ModelPackage
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.rulebook import RuleBook

REASONS = "EXPL-001"
ADDING_UP = "EXPL-002"
DECLINES = "declines"

_METHODS = {
    "xgboost": "exact TreeSHAP contributions to the log-odds before calibration",
    "scorecard": "points of the scorecard in log-odds, beyond their mean at training",
    "sklearn": "log-odds lost when one feature is set to its usual value, scaled to add up",
}
_DECIMALS = 6


@dataclass(frozen=True)
class Contribution:
    """How much one feature moves the score, over a sample of applications."""

    feature: str
    meaning: str
    mean_abs: float
    share: float


@dataclass(frozen=True)
class Reason:
    """How often one reason would be given to a declined applicant."""

    feature: str
    text: str
    share_first: float
    share_any: float


@dataclass(frozen=True)
class ExplanationFigures:
    """What moves the model, and what declined applicants would be told.

    ``declines`` counts the would-be declines that were examined.
    """

    method: str
    rows: int
    contributions: tuple[Contribution, ...]
    declines: int
    reasons: tuple[Reason, ...]

    def to_plain(self) -> dict[str, object]:
        """The figures in the evidence's words: ``global`` cannot name a field in Python."""
        own: dict[str, object] = plain(self)
        return {"global": own.pop("contributions"), **own}


@dataclass(frozen=True, eq=False)
class _Explained:
    """Applications with what each feature adds to each of them."""

    inputs: "Matrix"
    values: NDArray[np.float64]
    bias: float

    def at(self, places: NDArray[np.intp]) -> "_Explained":
        """Some of the applications."""
        return _Explained(self.inputs[places], self.values[places], self.bias)


def ask(inquiry: Inquiry) -> Answer:
    """Ask for reasons, contributions that add up, and monotone directions."""
    checks, figures = check_explanation(
        inquiry.spec,
        inquiry.rules,
        home=inquiry.home,
        applications=inquiry.applications,
        scores=inquiry.scores,
        candidate=inquiry.package,
    )
    return Answer("explanation", checks, figures)


def check_explanation(
    spec: "ModelSpec",
    rules: "RuleBook",
    *,
    home: Path,
    applications: "Snapshot",
    scores: "Snapshot",
    candidate: "ModelPackage",
) -> tuple[tuple[CheckResult, ...], dict[str, object]]:
    """Ask the candidate for its reasons on applications it was not trained on.

    Args:
        spec: The model.
        rules: The rules that hold; they say how many applications are looked at.
        home: Where snapshots lie.
        applications: The clean applications.
        scores: Their scores, in the same order.
        candidate: The package that is questioned.

    Returns:
        The results, and the figures in the words of the evidence pack.
    """
    table = read_scores(home, applications, scores, ("window", "candidate_score"))
    unseen = in_window(table, *NOT_TRAINED_ON)
    declined = unseen & candidate.decline(table["candidate_score"].to_numpy())
    told = newest_first(table, declined, int(rules.rule(REASONS).parameter("max_rows")))
    spread = evenly_spread(unseen, int(rules.rule(ADDING_UP).parameter("global_rows")))
    swept = evenly_spread(unseen, int(rules.rule(DIRECTION).parameter("max_rows")))
    wanted = np.unique(np.concatenate([told, spread, swept]))
    inputs = _inputs(home, applications, candidate, wanted)

    order = np.union1d(told, spread)
    explained = _explain(candidate, inputs[np.searchsorted(wanted, order)])
    declines = explained.at(np.searchsorted(order, told))
    reasons = candidate.reasons_from(declines.values, _most_reasons(rules))
    checks = (
        check_reasons(rules, candidate.reason_texts, reasons),
        _check_adding_up(rules, candidate, declines),
        *check_directions(spec, rules, candidate, inputs[np.searchsorted(wanted, swept)]),
    )
    sample = explained.at(np.searchsorted(order, spread))
    return checks, _figures(spec, candidate, sample, reasons).to_plain()


def check_reasons(
    rules: "RuleBook", texts: Sequence[str], reasons: Sequence[Sequence[int]]
) -> CheckResult:
    """Is every decline explained by one to so many scored features, in specific words?

    Args:
        rules: The rules that hold.
        texts: What an applicant is told, by position of the feature.
        reasons: For each decline, positions of features.
    """
    phrases = insufficient_phrases(rules)
    usable = {place for place, text in enumerate(texts) if is_specific(text, phrases)}
    most = _most_reasons(rules)
    complete = [1 <= len(given) <= most and usable.issuperset(given) for given in reasons]
    n = len(reasons)
    silent = sum(not given for given in reasons)
    vague = sorted({place for given in reasons for place in given} - usable)
    story = f"{sum(complete):,} of {n:,} would-be declines have 1 to {most} specific reasons"
    if silent:
        story += f"; {silent:,} have none"
    if vague:
        story += f"; no specific text for feature {bounded(place + 1 for place in vague)}"
    share = sum(complete) / n if n else None
    return rules.rule(REASONS).judge(DECLINES, share, f"{story}.", n=n)


def _most_reasons(rules: "RuleBook") -> int:
    return int(rules.rule(REASONS).parameter("max_reasons"))


def _inputs(
    home: Path, applications: "Snapshot", candidate: "ModelPackage", wanted: NDArray[np.intp]
) -> "Matrix":
    marked = np.zeros(applications.rows, dtype=np.bool_)
    marked[wanted] = True
    names = candidate.contract.names
    parts = [candidate.inputs(part) for part in marked_rows(home, applications, names, marked)]
    return np.concatenate(parts) if parts else np.empty((0, len(names)), dtype=np.float32)


def _explain(candidate: "ModelPackage", inputs: "Matrix") -> _Explained:
    if not len(inputs):
        return _Explained(inputs, np.empty(inputs.shape), 0.0)
    values, bias = candidate.contributions(inputs)
    return _Explained(inputs, values, bias)


def _check_adding_up(
    rules: "RuleBook", candidate: "ModelPackage", declines: _Explained
) -> CheckResult:
    rule, n = rules.rule(ADDING_UP), len(declines.inputs)
    if not n:
        return rule.judge(DECLINES, None, "No would-be decline to explain.", n=0)
    gap = np.abs(declines.values.sum(axis=1) + declines.bias - candidate.margin(declines.inputs))
    within = gap <= rule.parameter("tolerance")  # a gap that is not a number is not within
    explanation = (
        f"Contributions and bias give the model's own margin for {int(within.sum()):,} of {n:,} "
        f"would-be declines; the largest gap is {gap.max():.2g}."
    )
    return rule.judge(DECLINES, float(within.mean()), explanation, n=n)


def _figures(
    spec: "ModelSpec",
    candidate: "ModelPackage",
    sample: _Explained,
    reasons: Sequence[Sequence[int]],
) -> ExplanationFigures:
    return ExplanationFigures(
        method=_METHODS[candidate.kind],
        rows=len(sample.inputs),
        contributions=_contributions(spec, candidate, sample),
        declines=len(reasons),
        reasons=_reasons(candidate, reasons),
    )


def _contributions(
    spec: "ModelSpec", candidate: "ModelPackage", sample: _Explained
) -> tuple[Contribution, ...]:
    """Mean size of each feature's contribution, largest first."""
    if not len(sample.inputs):
        return ()
    meaning = {feature.name: feature.meaning for feature in spec.features}
    size = np.abs(sample.values).mean(axis=0)
    total = float(size.sum())
    found = [
        Contribution(
            feature=name,
            meaning=meaning[name],
            mean_abs=round(float(size[place]), _DECIMALS),
            share=round(float(size[place]) / total, _DECIMALS) if total else 0.0,
        )
        for place, name in enumerate(candidate.contract.names)
    ]
    return tuple(sorted(found, key=lambda one: -one.mean_abs))


def _reasons(candidate: "ModelPackage", reasons: Sequence[Sequence[int]]) -> tuple[Reason, ...]:
    """How often each reason would be given, most frequent first."""
    first = Counter(given[0] for given in reasons if given)
    anywhere = Counter(place for given in reasons for place in given)
    found = [
        Reason(
            feature=candidate.contract.names[place],
            text=candidate.reason_texts[place],
            share_first=round(first[place] / len(reasons), _DECIMALS),
            share_any=round(times / len(reasons), _DECIMALS),
        )
        for place, times in sorted(anywhere.items())
    ]
    return tuple(sorted(found, key=lambda one: -one.share_any))
