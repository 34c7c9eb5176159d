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
policy_app = typer.Typer(help="Ask what other rules would make of a model.", no_args_is_help=True)
app.add_typer(policy_app, name="policy")

Model = Annotated[str, typer.Argument(help="A model's name, or the path of a spec file.")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="The night, as 2025-04-10. Default: the newest slot.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.command()
def init(
    table: Annotated[
        str,
        typer.Argument(
            help="CSV (plain, .gz or .zip) or Parquet file, or env:VARIABLE/TABLE for SQL, where "
            "VARIABLE holds the SQL URL."
        ),
    ],
    *,
    target: Annotated[str, typer.Option(help="Column with the outcome.")],
    positive: Annotated[
        list[str] | None, typer.Option(help="Code of what is predicted; may be repeated.")
    ] = None,
    negative: Annotated[
        list[str] | None,
        typer.Option(help="Code of its absence; needed if the target has more than two values."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Column that names a row. Default: found, or made.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="Column with the business date. Default: found, or made.")
    ] = None,
    observed: Annotated[
        str | None, typer.Option(help="Column with the day the outcome became known.")
    ] = None,
    label_delay_days: Annotated[
        int | None,
        typer.Option(min=0, max=36_500, help="Days until an outcome is complete. Default: 30."),
    ] = None,
    protected: Annotated[
        list[str] | None,
        typer.Option(
            help="Protected column; may be repeated. NAME=COLUMN,COLUMN folds 0/1 columns into one."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The model. Default: the table's name.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the spec.")] = Path(),
    separator: Annotated[
        str | None, typer.Option(help="CSV: the character between columns. Default: found.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="CSV: such as latin-1. Default: found.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing spec.")] = False,
    as_json: Json = False,
) -> None:
    """Profile a table and write a commented spec that runs as it is."""
    with guarded(as_json=as_json):
        from deployments.onboarding import init_model
        from pipelines_lib.onboarding.wishes import Wishes

        wishes = Wishes(
            table=table,
            target=target,
            positive=tuple(positive or ()),
            negative=tuple(negative or ()),
            key=key,
            time=time,
            observed=observed,
            label_delay_days=label_delay_days,
            protected=tuple(protected or ()),
            name=name,
            separator=_separator(separator),
            encoding=encoding,
        )
        init_model(wishes, out, force=force, as_json=as_json)


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
def reproduce(
    model: Model,
    version: Annotated[int, typer.Argument(help="A version, as `pipelines show` lists them.")],
    as_json: Json = False,
) -> None:
    """Train a version again from its evidence, in scratch space, and compare the bytes."""
    with guarded(as_json=as_json):
        from deployments.reproduction import reproduce_version
        from pipelines_lib.spec.settings import Settings

        settings = Settings.from_environment()
        raise typer.Exit(reproduce_version(model, version, settings, as_json=as_json))


@app.command()
def stress(
    model: Model,
    version: Annotated[int | None, typer.Argument(help="A version; default: latest run.")] = None,
    as_json: Json = False,
) -> None:
    """Try the spec's scenarios of today on a version, from its evidence; records nothing."""
    with guarded(as_json=as_json):
        from deployments.stress_report import stress_model
        from pipelines_lib.spec.settings import Settings

        stress_model(model, version, Settings.from_environment(), as_json=as_json)


@policy_app.command("check")
def policy_check(
    at: Annotated[str, typer.Option("--at", help="The day whose rules count, as 2027-01-01.")],
    model: Annotated[str | None, typer.Argument(help="One model; default: all of them.")] = None,
    policy: Annotated[
        list[str] | None, typer.Option("--policy", help="One more pack; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge registered models by the rules of another day: who would fail, and why."""
    with guarded(as_json=as_json):
        from deployments.policy_check import check_policy
        from pipelines_lib.spec.settings import Settings

        settings = Settings.from_environment()
        raise typer.Exit(check_policy(model, _needed(at), policy or [], settings, as_json=as_json))


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


def _separator(text: str | None) -> str | None:
    from pipelines_lib.errors import SpecError

    found = {"\\t": "\t", "tab": "\t"}.get(text or "", text)
    if found is None or len(found) == 1:
        return found
    raise SpecError(f"{text!r} is no separator.", fix='Give one character, or "tab".')


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
