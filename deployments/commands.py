"""What the commands do: call one thing, show it as a table or as JSON."""

from collections import Counter
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from deployments.display import (
    REASONS,
    VERDICTS,
    night_line,
    print_json,
    print_pairs,
    print_table,
    show_summary,
)
from deployments.progress import progress
from pipelines_lib.errors import DataContractError, EvidenceError, PipelineError
from pipelines_lib.spec.loading import load_model, model_files
from pipelines_lib.spec.settings import Settings

DONE, STOPPED, EVIDENCE = 0, DataContractError.exit_code, EvidenceError.exit_code


def run_model(model: str, as_of: date | None, *, as_json: bool) -> int:
    """Retrain one model and say what came of it."""
    from deployments.retraining import retrain

    settings = Settings.from_environment()
    with progress(f"Retraining {model}", quiet=as_json) as told:
        summary = retrain(model, as_of, settings, told, once=True)
    if as_json:
        print_json(summary)
    else:
        show_summary(summary, model)
    return STOPPED if summary["verdict"] == "stopped" else DONE


def replay_model(model: str, start: date, nights: int, *, as_json: bool) -> int:
    """Run night after night; a stopped night does not end the replay."""
    from deployments.retraining import check_first, retrain

    settings = Settings.from_environment()
    last = start + timedelta(days=nights - 1)
    check_first(model, last, settings)
    console = Console(highlight=False)
    ended: Counter[str] = Counter()
    for offset in range(nights):
        night = start + timedelta(days=offset)
        with progress(f"Night {night}", quiet=True) as told:
            summary = retrain(model, night, settings, told)
        ended[summary["verdict"]] += 1
        if as_json:
            print_json(summary)
        else:
            console.print(night_line(summary))
    if not as_json:
        counts = ", ".join(f"{count} {VERDICTS[verdict][0]}" for verdict, count in ended.items())
        console.print(f"{nights} nights: {counts}. Each night: `pipelines show {model}`.")
    return STOPPED if ended["stopped"] else DONE


def check_models(model: str | None, as_of: date | None, *, as_json: bool) -> int:
    """Check spec, policies and data contract; train nothing, register nothing."""
    from deployments.checking import check_model

    settings = Settings.from_environment()
    names = [model] if model else list(model_files(settings.models))
    rows, worst = [], DONE
    for name in names:
        try:
            found = check_model(name, as_of, settings)
            code = STOPPED if found["reasons_against"] else DONE
        except PipelineError as error:
            found = {"model": name, "reasons_against": [str(error)], "as_of": None, "checks": 0}
            code = error.exit_code
        rows.append({**found, "exit_code": code})
        worst = max(worst, code)
    if as_json:
        print_json(rows)
        return worst
    console = Console(highlight=False)
    for row in rows:
        good = not row["reasons_against"]
        console.print(
            Text("✓ " if good else "✗ ", style="green" if good else "red")
            + Text(f"{row['model']}", style="bold")
            + Text(f" as of {row['as_of']}: {row['checks']} checks" if row["as_of"] else "")
        )
        for reason in row["reasons_against"][:REASONS]:
            console.print(Text(f"    {reason}"))
    return worst


def list_models(*, as_json: bool) -> None:
    """Every model: who answers for it, who is champion, how the last night ended."""
    from deployments.inventory import inventory

    rows = inventory(Settings.from_environment())
    if as_json:
        print_json(rows)
        return
    columns = ("model", "tier", "owner", "champion", "last night", "verdict")
    print_table("Models", columns, rows)


def show_model(model: str, version: int | None, *, as_json: bool) -> None:
    """One model with its versions and nights, or one version."""
    from deployments.inventory import describe, describe_version

    settings = Settings.from_environment()
    name = load_model(model, settings).spec.model
    if version is not None:
        found = describe_version(name, version, settings)
        print_json(found) if as_json else print_pairs(f"{name} version {version}", found)
        return
    found = describe(model, settings)
    if as_json:
        print_json(found)
        return
    print_pairs(found["title"], {k: v for k, v in found.items() if not isinstance(v, list)})
    print_table(
        "Versions", ("version", "as of", "verdict", "aliases", "package"), found["versions"]
    )
    print_table("Nights", ("night", "verdict", "version", "evidence"), found["nights"])


def write_report(
    model: str, version: int | None, as_of: date | None, out: Path | None, *, drift: bool
) -> None:
    """Render a validation report from evidence, or Evidently's drift report on a sample."""
    from deployments.inventory import evidence_of

    settings = Settings.from_environment()
    spec = load_model(model, settings).spec
    pack = evidence_of(spec.model, settings, version=version, as_of=as_of)
    night = pack["run"]["as_of"]
    name = f"{night}-drift.html" if drift else f"{night}.html"
    path = out or settings.home / "reports" / spec.model / name
    if drift:
        from deployments.drift_report import write

        write(spec, pack, settings, path)
    else:
        from pipelines_lib.reporting.report import write_report as render

        render(pack, path)
    Console(highlight=False).print(f"Report: {path}")


def verify_evidence(model: str, version: int | None, *, as_json: bool) -> int:
    """Re-hash what runs left behind and name whatever differs."""
    from deployments.inventory import verify_all

    settings = Settings.from_environment()
    name = load_model(model, settings).spec.model
    findings = verify_all(name, version, settings)
    bad = [finding for finding in findings if finding.problem]
    if as_json:
        problems = [asdict(finding) for finding in bad]
        print_json({"model": name, "verified": len(findings), "problems": problems})
        return EVIDENCE if bad else DONE
    console = Console(highlight=False)
    for finding in bad:
        console.print(Text(f"✗ {finding.subject} {finding.problem}", style="red"))
    if bad:
        console.print(f"{len(bad)} of {len(findings)} items of {name} are not what was recorded.")
    else:
        console.print(Text(f"✓ {len(findings)} items of {name} are exactly as recorded", "green"))
    return EVIDENCE if bad else DONE


def show_evidence(model: str, version: int | None, *, as_json: bool) -> None:
    """The evidence of a version or of the latest run."""
    from deployments.inventory import evidence_of
    from pipelines_lib.reporting.artifact import markdown

    settings = Settings.from_environment()
    name = load_model(model, settings).spec.model
    pack = evidence_of(name, settings, version=version, as_of=None)
    if as_json:
        print_json(pack)
        return
    from rich.markdown import Markdown

    Console().print(Markdown(markdown(pack)))


def stop_server(patience: float) -> None:
    """Drain and stop the background Prefect server."""
    from deployments import local_server
    from pipelines_lib.governance.locks import running_models

    settings = Settings.from_environment()
    said = local_server.stop(
        settings.home, busy=lambda: list(running_models(settings.home)), patience=patience
    )
    Console(highlight=False).print(said)
