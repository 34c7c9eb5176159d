"""Make a registered version again and say whether the bytes are the same."""

from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from deployments.display import print_json
from deployments.inventory import registered
from deployments.progress import progress
from pipelines_lib.canonical import plain
from pipelines_lib.errors import EvidenceError
from pipelines_lib.governance.registry import Registry
from pipelines_lib.governance.reproduction import reproduce
from pipelines_lib.governance.reproductions import Reproduction, reproduction_path
from pipelines_lib.spec.loading import load_model
from pipelines_lib.spec.settings import Settings


def reproduce_version(model: str, version: int, settings: Settings, *, as_json: bool) -> int:
    """Retrain one version from its evidence in scratch space and compare the package.

    Returns:
        0 for the same bytes, 4 where they differ.
    """
    name = load_model(model, settings).spec.model
    found = registered(name, version, settings)
    with progress(f"Making {name} version {version} again", quiet=as_json) as told:
        made = reproduce(
            settings.home,
            found,
            Registry(settings).package_of,
            now=datetime.now(UTC),
            tell=lambda text: told(text, None),
        )
    if as_json:
        print_json(plain(asdict(made)))
    else:
        _show(made, settings)
    return 0 if made.outcome == "same" else EvidenceError.exit_code


def _show(made: Reproduction, settings: Settings) -> None:
    console = Console(highlight=False)
    name = f"{made.model} version {made.version} of {made.as_of}"
    if made.outcome == "same":
        console.print(Text(f"✓ {name}: the same bytes again, {made.expected[:12]}", "green"))
    else:
        console.print(Text(f"✗ {name}: other bytes than those that were registered", "red"))
        for difference in made.differences:
            console.print(Text(f"    - {difference}"))
        if made.largest_score_difference is not None:
            console.print(
                f"    Scores differ by at most {made.largest_score_difference:.3g} "
                f"on {made.rows_compared} rows of the snapshot."
            )
    path = reproduction_path(settings.home, made.model, made.version)
    console.print(Text("Record    ", style="dim") + Text(str(path)), soft_wrap=True)
