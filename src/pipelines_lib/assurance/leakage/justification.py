"""May a suspect stay? Only with a recorded reason, and never where it is the label itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pipelines_lib.results import CheckResult, Outcome

JUSTIFIED: Final = "Justified"
"""With this word the explanation of every suspect begins that stays with a reason."""
COPY: Final = "LEAK-007"
SHARED_ROWS: Final = "LEAK-008"


def with_reason(result: CheckResult, justified: Mapping[str, str]) -> CheckResult:
    """Let a suspect pass for which the spec records why its value is known in time."""
    reason = justified.get(result.subject)
    if result.passed or reason is None or _never(result):
        return result
    return replace(
        result,
        outcome=Outcome.PASSED,
        explanation=f"{JUSTIFIED}: {reason.strip().rstrip('.')}. {result.explanation}",
    )


def _never(result: CheckResult) -> bool:
    """Rows on both sides of the test, and a feature that tells the whole outcome.

    A region that tells a part of it may be a fact of the trade: no card pays such an amount.
    """
    whole = result.observed is None or result.observed >= 1
    return result.code == SHARED_ROWS or (result.code == COPY and whole)
