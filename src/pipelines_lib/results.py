"""The words every check answers in, and what a gate makes of them.

A check passes, fails, or has not enough evidence. There is no fourth outcome and no
default; only ``passed`` opens a gate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Outcome(StrEnum):
    """What one check found."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"


class Consequence(StrEnum):
    """What the policy makes of a check that did not pass."""

    HARD = "hard"
    """Blocks promotion."""
    SCREEN = "screen"
    """Blocks automatic promotion; a person must judge and record why."""
    RECORD = "record"
    """The figure must be on record; its value blocks nothing."""


class Verdict(StrEnum):
    """How one governed run ended."""

    PROMOTED = "promoted"
    AWAITING_APPROVAL = "awaiting_approval"
    REJECTED = "rejected"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Interval:
    """A confidence interval and the confidence it was computed at."""

    low: float
    high: float
    confidence: float


@dataclass(frozen=True)
class CheckResult:
    """The answer to one question about one subject.

    Attributes:
        code: Stable code of the check, for ever (``FAIR-001``).
        subject: What was asked about: a column, a window, a group (``sex=female``).
        outcome: Passed, failed, or not enough evidence.
        observed: The figure, in the unit of the check; None where none could be computed.
        interval: Uncertainty of the figure, where the check is statistical.
        n: Rows (people, nights) behind the figure.
        required: The limit as a person reads it (``>= 0.80``).
        basis: Where the limit comes from (law, supervisory_expectation, convention, house).
        explanation: One plain sentence; no customer's row.
    """

    code: str
    subject: str
    outcome: Outcome
    required: str
    basis: str
    explanation: str
    observed: float | None = None
    interval: Interval | None = None
    n: int | None = None

    @property
    def passed(self) -> bool:
        """Whether this result may open a gate."""
        return self.outcome is Outcome.PASSED

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a result from the JSON of an evidence pack."""
        interval = data.get("interval")
        return cls(
            **{
                **data,
                "outcome": Outcome(data["outcome"]),
                "interval": Interval(**interval) if interval else None,
            }
        )


@dataclass(frozen=True)
class Requirement:
    """A result the gate insists on: this check, about this subject, with this consequence."""

    code: str
    subject: str
    consequence: Consequence


@dataclass(frozen=True)
class PromotionDecision:
    """The gate's answer. Approved is derived from the absence of reasons, never stored.

    Attributes:
        reasons_against: Hard reasons; any of them rejects.
        needs_judgement: Screens that did not pass; a person must judge them.
        warnings: What did not pass but blocks nothing.
        approval_required: Whether the tier asks for people even when nothing is wrong.
    """

    reasons_against: tuple[str, ...]
    needs_judgement: tuple[str, ...]
    warnings: tuple[str, ...]
    approval_required: bool

    @property
    def verdict(self) -> Verdict:
        """Rejected, awaiting approval or promoted; in this order of precedence."""
        if self.reasons_against:
            return Verdict.REJECTED
        if self.needs_judgement or self.approval_required:
            return Verdict.AWAITING_APPROVAL
        return Verdict.PROMOTED


@dataclass(frozen=True)
class Answer:
    """What one step of questioning found: its results, and the figures a report draws.

    Attributes:
        topic: Name of the figures in the evidence (``performance``, ``fairness``).
        checks: One result per subject asked about.
        figures: Frozen figures, or None where there was nothing to draw.
    """

    topic: str
    checks: tuple[CheckResult, ...]
    figures: object = None
