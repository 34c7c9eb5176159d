"""How a run ends on the dashboard: named states that say what the gate decided.

A rejected candidate or one that waits for people is a finished run. ``Stopped`` is a failure
in the data that somebody must mend, so it shows red.
"""

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from pipelines_lib.errors import bounded
from pipelines_lib.reporting.summary import RunSummary
from pipelines_lib.results import Verdict

_REASONS = 3


def final_state(summary: RunSummary) -> State[RunSummary]:
    """The state a run ends in, with the reasons as its message."""
    if summary.verdict is Verdict.PROMOTED:
        return Completed(message=f"Promoted version {summary.version}", data=summary)
    if summary.verdict is Verdict.AWAITING_APPROVAL:
        waiting = bounded(summary.needs_judgement, shown=_REASONS) or "the tier asks for people"
        return Completed(
            name="AwaitingApproval",
            message=f"Version {summary.version} waits for approval: {waiting}",
            data=summary,
        )
    reasons = bounded(summary.reasons_against, shown=_REASONS)
    if summary.verdict is Verdict.REJECTED:
        return Completed(name="Rejected", message=reasons, data=summary)
    return Failed(name="Stopped", message=reasons, data=summary)
