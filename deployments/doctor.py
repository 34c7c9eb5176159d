"""Find what is broken in an installation. Each question is one that cost somebody hours.

A plain install can resolve, pass ``pip check`` and still create no scheduled runs; so the
doctor does the thing itself and looks at what came of it.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Literal

from rich.console import Console
from rich.text import Text

from deployments import orchestrator
from pipelines_lib.errors import PipelineError, ServiceError
from pipelines_lib.spec.loading import load_model, model_files
from pipelines_lib.spec.settings import Settings

DISTRIBUTION = "bank-pipelines"
_SPACE_GB = 2
_MARKS = {"ok": ("✓", "green"), "note": ("•", "yellow"), "broken": ("✗", "red")}
State = Literal["ok", "note", "broken"]


@dataclass(frozen=True)
class Diagnosis:
    """What one question found, and how to mend it."""

    question: str
    state: State
    found: str
    fix: str = ""


Question = Callable[[Settings], Iterator[Diagnosis]]


def examine(*, as_json: bool) -> int:
    """Ask every question; the exit code is 0 when nothing is broken."""
    settings = Settings.from_environment()
    console = Console(highlight=False)
    found: list[Diagnosis] = []
    for question in QUESTIONS:
        for diagnosis in _asked(question, settings):
            found.append(diagnosis)
            if not as_json:
                _show(console, diagnosis)
    broken = sum(1 for diagnosis in found if diagnosis.state == "broken")
    if as_json:
        print(json.dumps([asdict(diagnosis) for diagnosis in found]))  # noqa: T201  (for machines)
    else:
        console.print(f"{broken} broken" if broken else Text("Nothing is broken", "green"))
    return ServiceError.exit_code if broken else 0


def _asked(question: Question, settings: Settings) -> Iterator[Diagnosis]:
    try:
        yield from question(settings)
    except PipelineError as error:
        name = question.__name__.strip("_").replace("_", " ")
        yield Diagnosis(name, "broken", error.problem, error.fix)


def _show(console: Console, diagnosis: Diagnosis) -> None:
    mark, style = _MARKS[diagnosis.state]
    console.print(Text(f"{mark} ", style) + Text(f"{diagnosis.question}: {diagnosis.found}"))
    if diagnosis.fix and diagnosis.state != "ok":
        console.print(Text(f"    {diagnosis.fix}"))


def _versions(_: Settings) -> Iterator[Diagnosis]:
    """Are the installed versions inside the set that was tested together?"""
    from packaging.requirements import Requirement

    wrong = []
    for text in metadata.requires(DISTRIBUTION) or []:
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{wanted.name} is missing")
            continue
        if not wanted.specifier.contains(installed, prereleases=True):
            wrong.append(f"{wanted.name} {installed} is not {wanted.specifier}")
    yield Diagnosis(
        "versions",
        "broken" if wrong else "ok",
        "; ".join(wrong) or f"Python {sys.version.split()[0]}, all inside the tested set",
        "Install with the shipped set: pip install -c constraints.txt -e .",
    )


def _imports(_: Settings) -> Iterator[Diagnosis]:
    """Do the libraries import together? Wrong neighbours break them at import."""
    for module in ("prefect.server.api.server", "mlflow", "great_expectations", "evidently"):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", f"import {module}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        last = done.stderr.strip().splitlines()[-1:] or [""]
        yield Diagnosis(
            f"import {module}",
            "broken" if done.returncode else "ok",
            last[0] if done.returncode else "works",
            "Install with the shipped set: pip install -c constraints.txt -e .",
        )


def _home(settings: Settings) -> Iterator[Diagnosis]:
    """Can everything be written where it belongs, and is there room?"""
    from pipelines_lib.storage import write_atomically

    probe = settings.home / ".doctor"
    write_atomically(probe, b"")
    probe.unlink()
    free = shutil.disk_usage(settings.home).free / 1e9
    yield Diagnosis(
        "home",
        "ok" if free > _SPACE_GB else "broken",
        f"{settings.home} is writable, {free:.0f} GB free",
        f"Free space or set PIPELINES_HOME to a larger disk (at least {_SPACE_GB} GB).",
    )


def _pseudonym_key(_: Settings) -> Iterator[Diagnosis]:
    """Do pseudonyms rest on a key that the bank keeps?"""
    given = "PIPELINES_PSEUDONYM_KEY" in os.environ
    yield Diagnosis(
        "pseudonym key",
        "ok" if given else "note",
        "taken from the environment" if given else "generated on this machine, for the sample",
        "For real customers set PIPELINES_PSEUDONYM_KEY from your vault.",
    )


def _specs(settings: Settings) -> Iterator[Diagnosis]:
    """Is every model spec valid under its policies?"""
    for name in model_files(settings.models):
        try:
            loaded = load_model(name, settings)
        except PipelineError as error:
            yield Diagnosis(f"model {name}", "broken", error.problem, error.fix)
        else:
            yield Diagnosis(f"model {name}", "ok", f"spec {loaded.spec.sha256[:12]}")


def _registry(settings: Settings) -> Iterator[Diagnosis]:
    """Does the registry answer?"""
    from pipelines_lib.governance.registry import Registry

    registry = Registry(settings)
    registry.prepare()
    yield Diagnosis("registry", "ok", f"answers, {len(registry.models())} models")


def _server(settings: Settings) -> Iterator[Diagnosis]:
    """Does the Prefect server answer, know its own address and create scheduled runs?"""
    dashboard = orchestrator.connect(settings.home, lambda _: None)
    yield Diagnosis("prefect server", "ok", f"answers at {dashboard}")
    from deployments.schedule_probe import api_url_shown, schedules_create_runs

    shown = api_url_shown(dashboard)
    right = shown.startswith(("/", dashboard))
    yield Diagnosis(
        "dashboard",
        "ok" if right else "broken",
        f"looks for its API at {shown}",
        "Set PREFECT_SERVER_UI_API_URL=/api on the server and restart it.",
    )
    upcoming = schedules_create_runs()
    yield Diagnosis(
        "schedules",
        "ok" if upcoming else "broken",
        "a cron deployment gets upcoming runs" if upcoming else "no upcoming run was created",
        "SQLAlchemy 2.1 breaks the scheduler: install with constraints.txt, restart the server.",
    )


QUESTIONS: tuple[Question, ...] = (
    _versions,
    _imports,
    _home,
    _pseudonym_key,
    _specs,
    _registry,
    _server,
)
