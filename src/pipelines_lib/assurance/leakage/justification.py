"""May a suspect stay? Only with a recorded reason, and never where it is the label itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pipelines_lib.results import CheckResult, Outcome

JUSTIFIED: Final = "Justified"
"""With this word the explanation of every suspect begins that stays with a reason."""
NEVER: Final = frozenset({"LEAK-007", "LEAK-008"})
"""A copy of the target and rows on both sides of the test are wrong whatever the reason."""


def with_reason(result: CheckResult, justified: Mapping[str, str]) -> CheckResult:
    """Let a suspect pass for which the spec records why its value is known in time."""
    reason = justified.get(result.subject)
    if result.passed or reason is None or result.code in NEVER:
        return result
    return replace(
        result,
        outcome=Outcome.PASSED,
        explanation=f"{JUSTIFIED}: {reason.strip().rstrip('.')}. {result.explanation}",
    )
