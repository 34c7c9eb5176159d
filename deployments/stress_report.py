"""Put the stress questions to a version, or to the latest run, once more.

The spec and the policies are those of today, so that a new scenario can be tried on a model
that is in use; the model, its applications and its scores are those of the evidence. Nothing
is recorded: what a promotion rests on is the evidence alone.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from deployments.display import print_json
from deployments.inventory import evidence_of
from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.assurance.questions import FIRST_ROUND, put
from pipelines_lib.canonical import plain
from pipelines_lib.data.snapshots import open_snapshot
from pipelines_lib.errors import EvidenceError
from pipelines_lib.modelling.package import PackageRef
from pipelines_lib.modelling.training import Candidate
from pipelines_lib.modelling.windows import WATCH, WINDOWS, Window, WindowPlan
from pipelines_lib.results import Answer, Outcome
from pipelines_lib.spec.loading import load_model
from pipelines_lib.spec.rulebook import rulebook
from pipelines_lib.spec.settings import Settings

_SIGNS: Final = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.NOT_ENOUGH_EVIDENCE: ("?", "yellow"),
}


def stress_model(model: str, version: int | None, settings: Settings, *, as_json: bool) -> None:
    """Ask the questions of stress again, and show how each one ends."""
    found = ask_again(model, version, settings)
    checks = [check for answer in found for check in answer.checks]
    if as_json:
        figures = {answer.topic: plain(answer.figures) for answer in found}
        print_json({"checks": [plain(check) for check in checks], "figures": figures})
        return
    console = Console(highlight=False)
    for check in checks:
        sign, style = _SIGNS[check.outcome]
        console.print(Text(f"{sign} ", style) + Text(f"{check.code} {check.subject}", "bold"))
        console.print(Text(f"    {check.explanation} Required: {check.required}"))


def ask_again(model: str, version: int | None, settings: Settings) -> tuple[Answer, ...]:
    """The answers to every question of stress, from the snapshots of the evidence."""
    loaded = load_model(model, settings)
    pack = evidence_of(loaded.spec.model, settings, version=version, as_of=None)
    clean, scores = (pack["snapshots"][name] for name in ("clean", "scores"))
    if clean is None or scores is None or pack["candidate"] is None:
        raise EvidenceError(
            f"The run of {pack['run']['as_of']} stopped before anything was scored.",
            fix="Mend the data and run that night again.",
        )
    as_of = date.fromisoformat(pack["run"]["as_of"])
    inquiry = Inquiry(
        spec=loaded.spec,
        rules=rulebook(loaded.spec, loaded.packs, as_of),
        home=settings.home,
        as_of=as_of,
        threads=settings.threads,
        plan=_plan(pack["windows"]),
        applications=open_snapshot(settings.home, clean["sha256"]),
        protected=None,
        scores=open_snapshot(settings.home, scores["sha256"]),
        candidate=_candidate(pack),
        champion=None,
        packs=loaded.packs,
        newest_promotion=None,
        origin=None,
    )
    if inquiry.package.contract.names != loaded.spec.feature_names:
        raise EvidenceError(
            f"{loaded.spec.model} reads other features today than in the run of {as_of}.",
            fix="Run the model again, or give the path of the spec as it was.",
        )
    return put(FIRST_ROUND["stress"], inquiry)


def _candidate(pack: Mapping[str, Any]) -> Candidate:
    made = pack["candidate"]
    return Candidate(
        package=PackageRef(made["package_sha256"]),
        baseline=PackageRef(pack["baseline"]["package_sha256"]),
        cutoff=made["cutoff"],
        rounds=made["rounds"],
        parameters=made["parameters"],
        seconds_training=0.0,
    )


def _plan(windows: Mapping[str, Any]) -> WindowPlan:
    labelled = tuple(_window(name, windows[name]) for name in WINDOWS)
    return WindowPlan(labelled, _window(WATCH, windows[WATCH]), windows["excluded"])


def _window(name: str, told: Mapping[str, Any]) -> Window:
    first, last = (date.fromisoformat(told[end]) for end in ("first", "last"))
    return Window(name, first, last, told["rows"], told["positives"])
