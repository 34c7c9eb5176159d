"""Has the population moved away from the one the model was trained on?

``DRIFT-001`` each feature, ``DRIFT-002`` the score, ``DRIFT-003`` the share of missing values,
``DRIFT-006`` all features together, weighted by what the model makes of them. The reference is
frozen in a model package (the champion's, else the candidate's own); the current window is
everything too young to have outcomes. It is judged as a whole, and its newest nights alone.

An alarm needs both: a population that moved further than the limit allows, and a sample in
which chance alone would not have moved it so far, with false discoveries held down over all
columns and both pools.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines_lib.assurance.chosen_rows import WATCH, in_window, marked_rows, read_scores
from pipelines_lib.assurance.drift.movements import Column, Found, judge_columns, judge_missing
from pipelines_lib.assurance.drift.newest_nights import Dates, NewestNights, newest_nights
from pipelines_lib.assurance.drift.stability import Movement, Tally, rows_needed
from pipelines_lib.assurance.drift.weighted_total import Total, judge_total, shares_of
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.modelling.features import FeatureContract, InputFeature, matrix
from pipelines_lib.results import Answer, CheckResult

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from pipelines_lib.data.snapshots import Snapshot
    from pipelines_lib.modelling.features import Matrix
    from pipelines_lib.modelling.package import ModelPackage
    from pipelines_lib.spec.model_spec import ModelSpec
    from pipelines_lib.spec.rulebook import Rule, RuleBook

TOPIC = "drift"
FEATURE_DRIFT = "DRIFT-001"
SCORE_DRIFT = "DRIFT-002"
MISSING_DRIFT = "DRIFT-003"
TOTAL_DRIFT = "DRIFT-006"
SCORE = "score"


@dataclass(frozen=True, eq=False)
class Reference:
    """A package whose frozen train window others are compared with.

    Attributes:
        name: Whose it is, as a person reads it (``champion version 3``).
        role: Its column of scores: ``champion`` for ``champion_score``.
        package: The package itself.
    """

    name: str
    role: str
    package: "ModelPackage"

    @property
    def features(self) -> Mapping[str, Mapping[str, Any]]:
        """Frozen bins of every feature."""
        bins: Mapping[str, Mapping[str, Any]] = self.package.reference["features"]
        return bins

    @property
    def score(self) -> Mapping[str, Any]:
        """Frozen bins of the package's own score."""
        bins: Mapping[str, Any] = self.package.reference["score"]
        return bins

    def feature(self, name: str) -> InputFeature | None:
        """How the package reads a feature; None where it does not know it."""
        known = {feature.name: feature for feature in self.package.contract.features}
        return known.get(name)


@dataclass(frozen=True)
class DriftFigures:
    """Every movement, as the evidence holds it."""

    reference: str
    reference_rows: int
    current_rows: int
    current_nights: int
    features: tuple[Movement, ...]
    score: Movement | None
    total: Total | None


def ask(inquiry: Inquiry) -> Answer:
    """Compare the newest applications with the bins frozen at training."""
    if not inquiry.asks(FEATURE_DRIFT, SCORE_DRIFT, MISSING_DRIFT, TOTAL_DRIFT):
        return unasked(TOPIC)
    checks, figures = check_drift(
        inquiry.spec,
        inquiry.rules,
        home=inquiry.home,
        applications=inquiry.applications,
        scores=inquiry.scores,
        candidate=Reference("candidate", "candidate", inquiry.package),
        champion=_in_use(inquiry),
        shares=_shares(inquiry),
    )
    return Answer(TOPIC, checks, figures)


def _in_use(inquiry: Inquiry) -> Reference | None:
    rival, package = inquiry.champion, inquiry.champion_package
    if rival is None or package is None:
        return None
    return Reference(f"champion version {rival.version}", "champion", package)


def _shares(inquiry: Inquiry) -> Mapping[str, float]:
    if not inquiry.asks(TOTAL_DRIFT):
        return {}
    most = int(inquiry.rules.rule(TOTAL_DRIFT).parameter("max_rows"))
    return shares_of(inquiry.package, inquiry.sample((WATCH,), most).inputs)


def check_drift(
    spec: "ModelSpec",
    rules: "RuleBook",
    *,
    home: "Path",
    applications: "Snapshot",
    scores: "Snapshot",
    candidate: Reference,
    champion: Reference | None,
    shares: Mapping[str, float] | None = None,
) -> tuple[tuple[CheckResult, ...], DriftFigures]:
    """Compare the watch window with the bins frozen in the champion, else in the candidate.

    Args:
        spec: The model; each of its features gets a result.
        rules: The rules that hold; a check that no policy rules is not asked.
        home: Where snapshots lie.
        applications: The clean applications.
        scores: Their scores, in the same order.
        candidate: It stands in for features the champion does not know.
        champion: The model in use, if there is one.
        shares: Each feature's part in the candidate's contributions, for the weighted total.
    """
    reference = champion or candidate
    column = f"{reference.role}_score"
    scored = read_scores(home, applications, scores, ("window", "business_date", column))
    watched = in_window(scored, WATCH)
    dates = scored["business_date"].to_numpy().astype("datetime64[D]")[watched]
    plan = _Plan(rules, dates, len(spec.features))
    chosen = {name: _reference_for(name, reference, candidate) for name in spec.feature_names}
    batches = marked_rows(home, applications, tuple(chosen), watched)
    columns = _count_features(plan, chosen, batches)
    score = _count_score(plan, reference, scored[column].to_numpy()[watched])
    features, total = _judge_features(rules, columns, shares or {})
    overall = judge_columns(rules, SCORE_DRIFT, [score])
    figures = DriftFigures(
        reference=reference.name,
        reference_rows=max(int(bins["n"]) for bins in reference.features.values()),
        current_rows=int(watched.sum()),
        current_nights=plan.nights,
        features=features.movements,
        score=overall.movements[0] if overall.movements else None,
        total=total,
    )
    return (*features.checks, *overall.checks), figures


def _judge_features(
    rules: "RuleBook", columns: Sequence[Column], shares: Mapping[str, float]
) -> tuple[Found, Total | None]:
    moved = judge_columns(rules, FEATURE_DRIFT, columns)
    checks = [*moved.checks, *judge_missing(rules, MISSING_DRIFT, columns)]
    total = None
    if TOTAL_DRIFT in rules:
        answer, total = judge_total(rules.rule(TOTAL_DRIFT), columns, shares)
        checks.append(answer)
    return replace(moved, checks=tuple(checks)), total


@dataclass(frozen=True, eq=False)
class _Plan:
    """Which of the newest nights each column is judged on alone."""

    rules: "RuleBook"
    dates: Dates
    features: int

    @property
    def nights(self) -> int:
        return len(np.unique(self.dates))

    def newest(self, code: str, tally: Tally) -> NewestNights | None:
        if code not in self.rules:
            return None
        rule = self.rules.rule(code)
        columns = self.features if code == FEATURE_DRIFT else 1
        # Half the limit: a pool in which chance reaches the limit itself calls a movement half
        # as large an alarm every other night.
        half = (rule.limit or 0.0) / 2
        needed = rows_needed(tally.counted().reference, half, _level(rule, columns))
        return newest_nights(self.dates, rows=needed, least=rule.parameter("nights"))


def _level(rule: "Rule", columns: int) -> float:
    return rule.parameter("false_discovery_rate") / (2 * columns)


def _count_score(plan: _Plan, reference: Reference, scores: "np.ndarray[Any, Any]") -> Column:
    whole, newest = Tally(reference.score), Tally(reference.score)
    whole.add(scores, blanks=0)
    nights = plan.newest(SCORE_DRIFT, whole)
    if nights:
        newest.add(scores[plan.dates >= nights.first], blanks=0)
    return Column(
        SCORE, reference.name, whole.counted(), plan.nights, newest.counted() if nights else None,
        nights.nights if nights else 0,
    )  # fmt: skip


def _count_features(
    plan: _Plan, chosen: Mapping[str, Reference], batches: Iterable["pa.RecordBatch"]
) -> list[Column]:
    whole = {name: Tally(reference.features[name]) for name, reference in chosen.items()}
    newest = {name: Tally(reference.features[name]) for name, reference in chosen.items()}
    nights = {name: plan.newest(FEATURE_DRIFT, tally) for name, tally in whole.items()}
    start = 0
    for batch in batches:
        dates = plan.dates[start : start + batch.num_rows]
        start += batch.num_rows
        for name, reference in chosen.items():
            encoded, blank = _encoded(reference, name, batch), _blank(batch[name])
            whole[name].add(encoded, blanks=int(blank.sum()))
            if since := nights[name]:
                late = dates >= since.first
                newest[name].add(encoded[late], blanks=int(blank[late].sum()))
    return [
        Column(
            name,
            chosen[name].name,
            whole[name].counted(),
            plan.nights,
            newest[name].counted() if (since := nights[name]) else None,
            since.nights if since else 0,
        )
        for name in chosen
    ]


def _blank(column: Any) -> "np.ndarray[Any, np.dtype[np.bool_]]":  # noqa: ANN401
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)


def _reference_for(name: str, reference: Reference, candidate: Reference) -> Reference:
    """The reference, if it froze this feature in a form that today's values fit."""
    then, now = reference.feature(name), candidate.feature(name)
    fits = then is not None and now is not None and then.is_category == now.is_category
    return reference if fits and name in reference.features else candidate


def _encoded(reference: Reference, name: str, batch: "pa.RecordBatch") -> "Matrix":
    """Encode one column as its reference does."""
    feature = reference.feature(name)
    contract = FeatureContract((feature,) if feature else ())
    return matrix(contract, batch)[:, 0]
