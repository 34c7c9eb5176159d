"""Has the population moved away from the one the model was trained on?

``DRIFT-001`` each feature, ``DRIFT-002`` the score, ``DRIFT-003`` the share of missing values.
The reference is frozen in a model package (the champion's, else the candidate's own); the
current window is everything too young to have outcomes, pooled over its nights.

An alarm needs both: a population that moved further than the limit allows, and a sample in
which chance alone would not have moved it so far.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipelines_lib.assurance.chosen_rows import WATCH, in_window, marked_rows, read_scores
from pipelines_lib.assurance.drift.stability import Counted, Movement, Tally, movement
from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.assurance.shares import magnitude
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

FEATURE_DRIFT = "DRIFT-001"
SCORE_DRIFT = "DRIFT-002"
MISSING_DRIFT = "DRIFT-003"
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
    features: tuple[Movement, ...]
    score: Movement | None


def ask(inquiry: Inquiry) -> Answer:
    """Compare the newest applications with the bins frozen at training."""
    checks, figures = check_drift(
        inquiry.spec,
        inquiry.rules,
        home=inquiry.home,
        applications=inquiry.applications,
        scores=inquiry.scores,
        candidate=Reference("candidate", "candidate", inquiry.package),
        champion=_in_use(inquiry),
    )
    return Answer("drift", checks, figures)


def _in_use(inquiry: Inquiry) -> Reference | None:
    rival, package = inquiry.champion, inquiry.champion_package
    if rival is None or package is None:
        return None
    return Reference(f"champion version {rival.version}", "champion", package)


def check_drift(
    spec: "ModelSpec",
    rules: "RuleBook",
    *,
    home: "Path",
    applications: "Snapshot",
    scores: "Snapshot",
    candidate: Reference,
    champion: Reference | None,
) -> tuple[tuple[CheckResult, ...], DriftFigures]:
    """Compare the watch window with the bins frozen in the champion, else in the candidate.

    Args:
        spec: The model; each of its features gets a result.
        rules: The rules that hold.
        home: Where snapshots lie.
        applications: The clean applications.
        scores: Their scores, in the same order.
        candidate: It stands in for features the champion does not know.
        champion: The model in use, if there is one.
    """
    reference = champion or candidate
    column = f"{reference.role}_score"
    scored = read_scores(home, applications, scores, ("window", column))
    watched = in_window(scored, WATCH)
    chosen = {name: _reference_for(name, reference, candidate) for name in spec.feature_names}
    counted = _count_features(chosen, marked_rows(home, applications, tuple(chosen), watched))
    score = Tally(reference.score)
    score.add(scored[column].to_numpy()[watched], blanks=0)

    checks: list[CheckResult] = []
    moved: list[Movement] = []
    for name, one in counted.items():
        moved.append(_movement(rules.rule(FEATURE_DRIFT), name, one))
        checks.append(_judge_movement(rules.rule(FEATURE_DRIFT), moved[-1], one, chosen[name]))
        checks.append(_judge_missing(rules.rule(MISSING_DRIFT), name, one, chosen[name]))
    overall = _movement(rules.rule(SCORE_DRIFT), SCORE, score.counted())
    checks.append(_judge_movement(rules.rule(SCORE_DRIFT), overall, score.counted(), reference))
    figures = DriftFigures(
        reference=reference.name,
        reference_rows=max(int(bins["n"]) for bins in reference.features.values()),
        current_rows=int(watched.sum()),
        features=tuple(moved),
        score=overall,
    )
    return tuple(checks), figures


def _count_features(
    chosen: Mapping[str, Reference], batches: Iterable["pa.RecordBatch"]
) -> dict[str, Counted]:
    tallies = {name: Tally(reference.features[name]) for name, reference in chosen.items()}
    for batch in batches:
        for name, reference in chosen.items():
            tallies[name].add(_encoded(reference, name, batch), blanks=batch[name].null_count)
    return {name: tally.counted() for name, tally in tallies.items()}


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


def _movement(rule: "Rule", name: str, counted: Counted) -> Movement:
    return movement(name, counted, rule.parameter("significance"))


def _judge_movement(
    rule: "Rule", moved: Movement, counted: Counted, reference: Reference
) -> CheckResult:
    story, rows = _story(rule, moved, counted, reference.name), int(counted.current.sum())
    answer = rule.answer(moved.feature, story, holds=_stayed(rule, moved), n=rows)
    return replace(answer, observed=moved.psi)


def _stayed(rule: "Rule", moved: Movement) -> bool | None:
    """Whether the population stayed within the limit; None where the sample cannot tell."""
    if moved.psi is None or moved.critical is None:
        return None
    if not rule.holds(moved.psi):
        return False if moved.psi > moved.critical else None
    return True if rule.holds(moved.critical) else None


def _story(rule: "Rule", moved: Movement, counted: Counted, reference: str) -> str:
    now, then = int(counted.current.sum()), round(float(counted.reference.sum()))
    windows = f"{now:,} current rows against {then:,} of the {reference}"
    if moved.psi is None or moved.critical is None:
        why = "a window is empty" if not (now and then) else "there is one bin only"
        return f"No stability index from {windows}: {why}."
    significant = moved.psi > moved.critical
    if not rule.holds(moved.psi) and significant:
        word = "act"
    elif moved.psi >= rule.parameter("watch") and significant:
        word = "watch"
    else:
        word = "stable" if rule.holds(moved.critical) else "too few rows to tell"
    return f"{word}: PSI {moved.psi:.4f} from {windows}; chance alone reaches {moved.critical:.4f}."


def _judge_missing(rule: "Rule", name: str, counted: Counted, reference: Reference) -> CheckResult:
    """Judge the size of the change: values that appear are as odd as values that vanish."""
    now, then = counted.missing
    change = now.difference_to(then, rule.parameter("confidence"))
    size = magnitude(change) if change else None
    return rule.judge(
        name,
        size.value if size else None,
        f"Missing in {now} current rows against {then} of the {reference.name}.",
        interval=size.interval if size else None,
        n=now.of,
    )
