"""``pipelines init``: propose a spec for a table and show what was decided."""

import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deployments.display import print_json
from pipelines_lib.assurance.leakage.suspicion import SuspicionLimits
from pipelines_lib.errors import SpecError
from pipelines_lib.onboarding.onboarding import Onboarded, onboard
from pipelines_lib.onboarding.wishes import Surroundings, Wishes
from pipelines_lib.spec.documents import shown
from pipelines_lib.spec.loading import load_model, load_policies
from pipelines_lib.spec.settings import Settings

_HOUSE = "house"
_PROPOSED_TIER = 3
_STYLES = {
    "feature": "green",
    "excluded": "dim",
    "protected": "magenta",
    "target": "bold yellow",
}


def init_model(wishes: Wishes, folder: Path, *, force: bool, as_json: bool) -> None:
    """Write the spec of a table and tell what was decided and what is left to people."""
    settings = Settings.from_environment()
    packs = {name: each.pack for name, each in load_policies(settings.policies).items()}
    if not packs:
        raise SpecError(
            f"There is no policy pack in {shown(settings.policies)}.",
            fix="Set PIPELINES_POLICIES to the folder of the bank's policy packs.",
        )
    policy = _HOUSE if _HOUSE in packs else sorted(packs)[0]
    today = datetime.now(UTC).date()
    limits = SuspicionLimits.from_packs([packs[policy]], tier=_PROPOSED_TIER, day=today)
    around = Surroundings(
        folder=folder.absolute(),
        policy=policy,
        today=today,
        home=settings.home,
        environment=os.environ,
        threads=settings.threads,
    )
    found = onboard(
        wishes,
        around,
        limits,
        force=force,
        accept=lambda path: load_model(str(path), settings),
    )
    if as_json:
        print_json(_plain(found))
    else:
        _show(found)


def _plain(found: Onboarded) -> dict[str, Any]:
    plan = found.plan
    return {
        "model": plan.name,
        "spec": str(found.spec),
        "copy": str(found.copy) if found.copy else None,
        "copy_because": list(plan.copy_because),
        "columns": [asdict(role) for role in plan.roles],
        "rows": plan.outcome.positives + plan.outcome.negatives + plan.outcome.others,
        "positive_share": round(plan.outcome.rate, 6),
        "fill_in": [{"line": line, "key": key} for line, key in found.gaps],
    }


def _show(found: Onboarded) -> None:
    console = Console(highlight=False)
    plan = found.plan
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for column in ("column", "role", "type", "decision", "why"):
        table.add_column(column, no_wrap=column in {"role", "type"}, overflow="fold")
    for role in plan.roles:
        style = _STYLES.get(role.role, "")
        cells = (role.column, role.role, role.type, role.decision, role.why)
        table.add_row(*(Text(cell) for cell in cells), style=style)
    console.print(table)
    console.print()
    if plan.outcome.doubt:
        console.print(Text(f"Look at this: {plan.outcome.doubt}.", style="bold yellow"))
    if found.copy:
        console.print(Text(f"Prepared copy: {shown(found.copy)}", style="bold"))
        for reason in plan.copy_because:
            console.print(Text(f"  because {reason}"))
    console.print(Text(f"Spec: {shown(found.spec)}", style="bold"), soft_wrap=True)
    console.print(
        "It runs as it is; no candidate is promoted before people have filled in "
        f"{len(found.gaps)} lines:"
    )
    for line, key in found.gaps:
        console.print(Text(f"  line {line}: {key}"))
    console.print(Text(f"Next: pipelines run {shown(found.spec)}"), soft_wrap=True)
