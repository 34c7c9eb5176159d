"""Hold registered models against the rules of another day: who would fail, and why."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from difflib import get_close_matches
from typing import Any

from rich.console import Console
from rich.text import Text

from deployments.display import REASONS, print_json, print_table
from pipelines_lib.canonical import plain
from pipelines_lib.errors import EvidenceError, SpecError, bounded
from pipelines_lib.governance.evidence import read_evidence
from pipelines_lib.governance.registry import Registry
from pipelines_lib.governance.rejudgement import Rejudged, Rejudgement, rejudge
from pipelines_lib.governance.versions import RegisteredVersion, champion_of
from pipelines_lib.spec.loading import load_model, load_policies
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.settings import Settings

Row = tuple[RegisteredVersion, Rejudgement]
_STYLES = {
    "would be rejected": "red",
    "cannot be said": "yellow",
    "would need people": "yellow",
    "would pass": "green",
}


def check_policy(
    model: str | None, day: date, added: Sequence[str], settings: Settings, *, as_json: bool
) -> int:
    """Re-judge every champion and every newest version; a decision is not a failure.

    Returns:
        0; 4 where the evidence of a version could not be read.
    """
    packs = {name: held.pack for name, held in load_policies(settings.policies).items()}
    _refuse_unknown(added, packs)
    registry = Registry(settings)
    names = [load_model(model, settings).spec.model] if model else list(registry.models())
    rows, problems = _rejudged(names, registry, settings, packs, day=day, added=added)
    if as_json:
        print_json(_as_json(day, rows, problems, packs))
    else:
        _show(day, rows, problems, packs)
    return EvidenceError.exit_code if problems else 0


def _refuse_unknown(added: Iterable[str], packs: dict[str, PolicyPack]) -> None:
    for name in added:
        if name not in packs:
            near = get_close_matches(name, packs, n=1)
            raise SpecError(
                f"There is no policy {name!r}.",
                fix=f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(sorted(packs))}.",
            )


def _rejudged(
    names: Iterable[str],
    registry: Registry,
    settings: Settings,
    packs: dict[str, PolicyPack],
    *,
    day: date,
    added: Sequence[str],
) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    problems: list[str] = []
    for name in names:
        for version in _in_question(registry.versions(name)):
            try:
                evidence = read_evidence(settings.home, name, version.evidence_sha256)
            except EvidenceError as error:
                problems.append(f"{name} version {version.version}: {error.problem}")
                continue
            rows.append((version, rejudge(evidence, packs, day, added=added)))
    rows.sort(key=lambda row: (row[1].badness, row[0].model, row[0].version))
    return rows, problems


def _in_question(versions: Sequence[RegisteredVersion]) -> Iterator[RegisteredVersion]:
    """The champion, and the newest version where that is another one."""
    champion, newest = champion_of(versions), max(versions, key=lambda v: v.version, default=None)
    yield from {each.version: each for each in (champion, newest) if each is not None}.values()


def _show(
    day: date, rows: Sequence[Row], problems: Sequence[str], packs: dict[str, PolicyPack]
) -> None:
    console = Console(highlight=False)
    for line in _terms(rows, packs):
        console.print(Text(line, style="dim"))
    cells = [{**_cells(*row), "model": f"{row[0].model} {row[0].version}"} for row in rows]
    columns = ("model", "on that day", "against", "to judge", "never asked")
    print_table(f"Under the rules of {day}", columns, cells)
    for version, found in rows:
        lines = list(_reasons(found))
        if lines:
            now = f", {' and '.join(version.aliases)}," if version.aliases else ""
            said = Text(f"{version.model} version {version.version}{now}", style="bold")
            console.print(said + Text(f" {found.standing}", _STYLES[found.standing]))
        for line in lines[:REASONS]:
            console.print(Text(f"    - {line}"))
        if len(lines) > REASONS:
            console.print(f"    - and {len(lines) - REASONS} more with --json")
    for problem in problems:
        console.print(Text(f"✗ {problem}", style="red"))


def _terms(rows: Sequence[Row], packs: dict[str, PolicyPack]) -> Iterator[str]:
    """Which policies hold on the day, and since or until when the others do."""
    held = sorted({name for _, found in rows for name in found.in_force})
    if held:
        yield f"In force: {', '.join(held)}"
    for name in sorted({name for _, found in rows for name in found.not_in_force}):
        yield f"Not in force on that day: {name} ({_term(packs.get(name))})"


def _term(pack: PolicyPack | None) -> str:
    if pack is None:
        return "no longer among the policies"
    until = f" until {pack.effective_until}" if pack.effective_until else ""
    return f"from {pack.effective_from}{until}"


def _cells(version: RegisteredVersion, found: Rejudgement) -> dict[str, Any]:
    return {
        "model": version.model,
        "version": version.version,
        "now": ", ".join(version.aliases),
        "tier": found.tier,
        "on_that_day": found.standing,
        "against": len(found.against),
        "to_judge": len(found.to_judge),
        "never_asked": len(found.never_asked),
    }


def _reasons(found: Rejudgement) -> Iterator[str]:
    """Worst first: what would reject, what was never asked, what people would have to judge."""
    yield from (_reason(each) for each in found.against)
    for code, count in Counter(each.code for each in found.never_asked).items():
        subjects = [each.subject for each in found.never_asked if each.code == code]
        yield f"{code} never asked about {bounded(subjects, shown=3) if count > 1 else subjects[0]}"
    yield from (f"for a person: {_reason(each)}" for each in found.to_judge)


def _reason(each: Rejudged) -> str:
    outcome = "failed" if each.now is None else each.now.value.replace("_", " ")
    how = "" if each.how in {"judged", "kept"} else f" ({each.how})"
    said = each.explanation.rstrip(". ")
    required = f"Required: {each.required} ({each.policy})"
    return f"{each.code} {each.subject}: {outcome}{how}. {said}. {required}"


def _as_json(
    day: date, rows: Sequence[Row], problems: Sequence[str], packs: dict[str, PolicyPack]
) -> dict[str, Any]:
    named = sorted({name for _, found in rows for name in (*found.in_force, *found.not_in_force)})
    policies = [
        {"policy": name, "in_force": name in packs and packs[name].in_force(day)}
        | ({"term": _term(packs.get(name))})
        for name in named
    ]
    models = [
        {
            **_cells(version, found),
            "approval_required": found.approval_required,
            "results": [plain(asdict(each)) for each in found.results if _is_news(each)],
        }
        for version, found in rows
    ]
    return {"at": str(day), "policies": policies, "models": models, "problems": list(problems)}


def _is_news(each: Rejudged) -> bool:
    """Whether it does not pass on that day, or did not end so on its own night."""
    return each.now is None or each.now.value != "passed" or each.now != each.was
