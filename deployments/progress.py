"""Live progress by stage: a spinner where a person watches, a line per stage elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from deployments.retraining import Told


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Iterator[Told]:
    """Give a callback that shows stages on standard error as they begin and end."""
    console = Console(stderr=True, quiet=quiet, highlight=False)
    console.print(Text(title, style="bold"))
    if not sys.stderr.isatty():
        yield lambda stage, seconds: _line(console, stage, seconds)
        return
    with Live(console=console, refresh_per_second=12, transient=True) as live:

        def told(stage: str, seconds: float | None) -> None:
            if seconds is None:
                live.update(Spinner("dots", text=Text(f" {stage}", style="cyan")))
            else:
                _line(live.console, stage, seconds)

        yield told


def _line(console: Console, stage: str, seconds: float | None) -> None:
    if seconds is not None:
        console.print(Text(f"  ✓ {stage:<28}{seconds:6.1f} s"))
