"""Prefect tasks that show people what a run came to: report, summary, dashboard artifact."""

from collections.abc import Mapping
from pathlib import Path

from prefect.artifacts import create_markdown_artifact

from pipelines_lib.governance.case import Case
from pipelines_lib.governance.evidence import record_report
from pipelines_lib.governance.versions import RegisteredVersion
from pipelines_lib.reporting.artifact import markdown
from pipelines_lib.reporting.report import write_report
from pipelines_lib.reporting.summary import RunSummary
from tasks.governance import Recorded
from tasks.stage import stage


@stage("render the report")
def render_report(case: Case, recorded: Recorded) -> Path:
    """Render the validation report from the evidence and nothing else."""
    run = case.run
    path = run.settings.home / "reports" / run.spec.model / f"{run.as_of}.html"
    write_report(recorded.pack.plain(), path)
    record_report(run.settings.home, run.spec.model, run.as_of, str(path))
    return path


def summarise(
    recorded: Recorded,
    version: RegisteredVersion | None,
    report: Path,
    seconds: Mapping[str, float],
) -> RunSummary:
    """Put the run's last word together."""
    number = None if version is None else version.version
    return RunSummary.of(
        recorded.pack, recorded.ref, version=number, report=report, seconds=seconds
    )


@stage("publish the artifact")
def publish_artifact(recorded: Recorded) -> None:
    """Tell operations staff what happened, what is wrong and what to do; one key per model."""
    model = recorded.pack.run.model
    create_markdown_artifact(
        key=f"model-{model.replace('_', '-')}",
        markdown=markdown(recorded.pack.plain()),
        description=f"{model}: the latest governed run",
    )
