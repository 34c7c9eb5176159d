"""The command line: ``pipelines``. Heavy packages are imported by the command that needs them."""

import atexit
import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from deployments.exits import guarded

app = typer.Typer(
    name="pipelines",
    help="Governed nightly retraining of bank models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 100},
)
evidence_app = typer.Typer(
    help="Show evidence, or prove that nobody changed it.", no_args_is_help=True
)
app.add_typer(evidence_app, name="evidence")

Model = Annotated[str, typer.Argument(help="A model's name, or the path of a spec file.")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="The night, as 2025-04-10. Default: the newest slot.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.command()
def run(model: Model, as_of: AsOf = None, as_json: Json = False) -> None:
    """Retrain one model under full governance; ends with the verdict and the report."""
    with guarded(as_json=as_json):
        from deployments.commands import run_model

        raise typer.Exit(run_model(model, _date(as_of), as_json=as_json))


@app.command()
def replay(
    model: Model,
    start: Annotated[str, typer.Option("--from", help="The first night, as 2025-03-11.")],
    nights: Annotated[int, typer.Option(min=1, max=3660, help="How many nights.")],
    as_json: Json = False,
) -> None:
    """Run night after night, as the schedule would have done."""
    with guarded(as_json=as_json):
        from deployments.commands import replay_model

        raise typer.Exit(replay_model(model, _needed(start), nights, as_json=as_json))


@app.command()
def check(
    model: Annotated[str | None, typer.Argument(help="One model; default: all of them.")] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Check spec, policies and data contract without training."""
    with guarded(as_json=as_json):
        from deployments.commands import check_models

        raise typer.Exit(check_models(model, _date(as_of), as_json=as_json))


@app.command()
def models(as_json: Json = False) -> None:
    """List the models: tier, owner, champion, last verdict."""
    with guarded(as_json=as_json):
        from deployments.commands import list_models

        list_models(as_json=as_json)


@app.command()
def show(
    model: Model,
    version: Annotated[int | None, typer.Argument(help="A version; default: the model.")] = None,
    as_json: Json = False,
) -> None:
    """Show one model, its versions and its nights, or one version."""
    with guarded(as_json=as_json):
        from deployments.commands import show_model

        show_model(model, version, as_json=as_json)


@app.command()
def report(
    model: Model,
    version: Annotated[int | None, typer.Argument(help="A version; default: latest run.")] = None,
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option(help="Where to write it.")] = None,
    drift: Annotated[
        bool, typer.Option("--drift", help="Evidently's full drift report instead, on a sample.")
    ] = False,
) -> None:
    """Write the validation report as one self-contained HTML file."""
    with guarded():
        from deployments.commands import write_report

        write_report(model, version, _date(as_of), out, drift=drift)


@evidence_app.command("verify")
def evidence_verify(
    model: Model,
    version: Annotated[int | None, typer.Argument(help="A version; default: every night.")] = None,
    as_json: Json = False,
) -> None:
    """Re-hash everything a run left behind, offline; one changed byte is found and named."""
    with guarded(as_json=as_json):
        from deployments.commands import verify_evidence

        raise typer.Exit(verify_evidence(model, version, as_json=as_json))


@evidence_app.command("show")
def evidence_show(
    model: Model,
    version: Annotated[int | None, typer.Argument(help="A version; default: latest run.")] = None,
    as_json: Json = False,
) -> None:
    """Show the evidence of a version, or of the latest run."""
    with guarded(as_json=as_json):
        from deployments.commands import show_evidence

        show_evidence(model, version, as_json=as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Find what is broken in this installation, and say how to mend it."""
    with guarded(as_json=as_json):
        from deployments.doctor import examine

        raise typer.Exit(examine(as_json=as_json))


@app.command()
def down(
    patience: Annotated[float, typer.Option(min=0, help="Seconds to wait for runs.")] = 600,
) -> None:
    """Let running models finish, then stop the background Prefect server."""
    with guarded():
        from deployments.commands import stop_server

        stop_server(patience)


def _date(text: str | None) -> date | None:
    return None if text is None else _needed(text)


def _needed(text: str) -> date:
    from pipelines_lib.errors import SpecError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SpecError(f"{text!r} is not a date.", fix="Write it as 2025-04-10.") from None


class _Ending:
    """Leave at once when everything is done.

    Python takes two seconds to take the loaded libraries apart, while somebody waits. This
    is registered before anything else, so it runs after every other clean-up.
    """

    code = 0

    def leave(self) -> None:
        """End the process with the exit code of the command."""
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(self.code)


def main() -> None:
    """Entry point of the ``pipelines`` command."""
    ending = _Ending()
    atexit.register(ending.leave)
    try:
        app()
    except SystemExit as done:
        ending.code = done.code if isinstance(done.code, int) else int(bool(done.code))
        raise
    except BaseException:
        ending.code = 1
        raise
