"""What if values stopped coming? (``STRESS-003``).

A share of the values of one feature is blanked at random, as when an interface fails for some
customers. Asked of features the spec allows to be missing: how much worse does the score rank?
Of all others it is told, though such rows are set aside before they are scored.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.ranking import Ranking, auc_difference
from pipelines_lib.assurance.sampled_rows import UNKNOWN, SampledRows
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.assurance.stress.scenarios import UNSEEN
from pipelines_lib.assurance.stress.shocks import drawn
from pipelines_lib.assurance.wording import between
from pipelines_lib.results import Answer, CheckResult

if TYPE_CHECKING:
    from pipelines_lib.spec.rulebook import Rule

TOPIC = "missing_values"
MISSING = "STRESS-003"


@dataclass(frozen=True)
class Blanked:
    """What blanking a share of one feature does.

    ``score_change``: mean change of the scores of those blanked. ``auc_lost`` is None where too
    few outcomes are known.
    """

    feature: str
    allowed: bool
    score_change: float | None
    flips: float | None
    auc_lost: float | None


@dataclass(frozen=True)
class MissingFigures:
    """Every feature, those that cost most first."""

    rows: int
    share: float
    features: tuple[Blanked, ...]


@dataclass(frozen=True, eq=False)
class _Bench:
    """The applications that are blanked, and what was said about them before."""

    inquiry: Inquiry
    rows: SampledRows
    before: NDArray[np.float64]
    share: float
    confidence: float

    def blank(self, name: str) -> tuple[Blanked, Estimate | None]:
        """Blank a share of one feature; only those struck are scored again."""
        spec, package = self.inquiry.spec, self.inquiry.package
        allowed = name in _allowed(self.inquiry)
        luck = drawn(spec.training.seed, f"blank {name}", self.rows.n)
        struck = luck < self.share
        if not struck.any():
            return Blanked(name, allowed, None, None, None), None
        changed, after = self.rows.inputs[struck], self.before.copy()
        changed[:, package.contract.names.index(name)] = np.nan
        after[struck] = package.score(changed)
        loss = self._auc_lost(after)
        found = Blanked(
            feature=name,
            allowed=allowed,
            score_change=round(float(np.mean((after - self.before)[struck])), 6),
            flips=round(float(np.mean(package.decline(after) != package.decline(self.before))), 6),
            auc_lost=round(loss.value, 6) if loss else None,
        )
        return found, loss

    def _auc_lost(self, after: NDArray[np.float64]) -> Estimate | None:
        known = self.rows.labels != UNKNOWN
        first, second = (
            Ranking.of(self.rows.labels[known], scores[known]) for scores in (self.before, after)
        )
        return auc_difference(first, second, self.confidence)


def _allowed(inquiry: Inquiry) -> list[str]:
    return [each.name for each in inquiry.spec.features if each.missing == "allowed"]


def ask(inquiry: Inquiry) -> Answer:
    """Blank each feature in turn."""
    if not inquiry.asks(MISSING):
        return unasked(TOPIC)
    rule = inquiry.rules.rule(MISSING)
    rows = inquiry.sample(UNSEEN, int(rule.parameter("max_rows")))
    before = inquiry.package.score(rows.inputs) if rows.n else np.empty(0)
    allowed, share = _allowed(inquiry), rule.parameter("share")
    # All answers hold together (Bonferroni).
    confidence = 1 - (1 - rule.parameter("confidence")) / max(len(allowed), 1)
    bench = _Bench(inquiry, rows, before, share, confidence)
    found = [bench.blank(name) for name in inquiry.package.contract.names]
    checks = (_judge(rule, *each, rows.n) for each in found if each[0].allowed)
    blanked = (each for each, _ in found)
    order = sorted(blanked, key=lambda each: (-(each.auc_lost or 0.0), each.feature))
    figures = MissingFigures(rows.n, share, tuple(order)) if rows.n else None
    return Answer(TOPIC, tuple(checks), figures)


def _judge(rule: "Rule", found: Blanked, loss: Estimate | None, rows: int) -> CheckResult:
    share = f"{rule.parameter('share') * 100:g} %"
    if loss is None or found.score_change is None:
        why = f"Blanking {share} of {rows:,} values: too few known outcomes to rank."
        return rule.judge(found.feature, None, why, n=rows)
    story = (
        f"Blanking {share} of the values costs {loss.value:+.4f} of AUC "
        f"({between(loss.interval)}); the scores of those blanked change by "
        f"{found.score_change:+.4f} on average."
    )
    return rule.judge(found.feature, loss.value, story, interval=loss.interval, n=rows)
