"""How results look on a terminal, and as JSON for machines."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines_lib.errors import bounded

VERDICTS = {
    "promoted": ("Promoted", "bold green"),
    "awaiting_approval": ("Awaiting approval", "bold yellow"),
    "rejected": ("Rejected", "bold red"),
    "stopped": ("Stopped", "bold red"),
}
REASONS = 12
_HEADINGS = {"auc": "AUC", "gini": "Gini", "ks": "KS", "brier": "Brier"} | {
    "observed_rate": "observed",
    "mean_score": "predicted",
}
_WINDOWS = ("train", "calibration", "validation", "out_of_time")


def show_summary(summary: Mapping[str, Any], model: str) -> None:
    """The verdict, the reasons, the figures that matter, and where to look."""
    console = Console(highlight=False)
    word, style = VERDICTS[summary["verdict"]]
    version = f", version {summary['version']}" if summary["version"] else ""
    console.print()
    console.print(
        Text(word, style=style) + Text(f": {summary['model']} as of {summary['as_of']}{version}")
    )
    for kind, shown in (
        ("reasons_against", REASONS),
        ("needs_judgement", REASONS),
        ("warnings", 3),
    ):
        _list_reasons(console, kind.replace("_", " "), summary[kind], shown)
    if summary["metrics"]:
        console.print(_metrics_table(summary["metrics"]))
    passed = sum(1 for check in summary["checks"] if check["outcome"] == "passed")
    console.print(f"{passed} of {len(summary['checks'])} checks passed")
    for name, value in (
        ("Report", summary["report"]),
        ("Evidence", summary["evidence"]["path"]),
        ("Dashboard", summary["dashboard"]),
    ):
        console.print(Text(f"{name:<10}", style="dim") + Text(str(value)), soft_wrap=True)
    if summary["verdict"] == "awaiting_approval":
        console.print(f"Next: read the report; `pipelines show {model}` lists what waits.")


def _list_reasons(console: Console, kind: str, reasons: Sequence[str], shown: int) -> None:
    if reasons:
        console.print(Text(f"  {kind}:", style="bold"))
        for reason in reasons[:shown]:
            console.print(Text(f"    - {reason}"))
        if len(reasons) > shown:
            console.print(f"    - and {len(reasons) - shown} more in the report")


def _metrics_table(metrics: Mapping[str, Mapping[str, Any]]) -> Table:
    columns = ("n", "auc", "gini", "ks", "brier", "observed_rate", "mean_score")
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(_HEADINGS.get(column, column), justify="right", no_wrap=True)
    for window in _WINDOWS:
        figures = metrics.get(window, {})
        cells = [_number(figures.get(column)) for column in columns]
        table.add_row(window.replace("_", " "), *cells)
    return table


def night_line(summary: Mapping[str, Any]) -> Text:
    """One night of a replay on one line."""
    word, style = VERDICTS[summary["verdict"]]
    auc = summary["metrics"].get("out_of_time", {}).get("auc")
    reasons = summary["reasons_against"] or summary["needs_judgement"]
    about = bounded((" ".join(reason.split()[:2]).rstrip(":") for reason in reasons), shown=2)
    figures = f"AUC {_number(auc)}  {sum(summary['seconds'].values()):5.1f} s"
    return Text(f"{summary['as_of']}  ") + Text(f"{word:<18}", style) + Text(f"{figures}  {about}")


def print_table(title: str, columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> None:
    """A plain table; a column is called as its key, with spaces."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2))
    for column in columns:
        table.add_column(column, no_wrap=column != "owner")
    for row in rows:
        table.add_row(*(_number(row.get(column.replace(" ", "_"))) for column in columns))
    Console(highlight=False).print(table if rows else Text(f"{title}: none", style="dim"))


def print_pairs(title: str, values: Mapping[str, Any]) -> None:
    """Names and values below each other."""
    console = Console(highlight=False)
    console.print(Text(title, style="bold"))
    for key, value in values.items():
        console.print(Text(f"  {key.replace('_', ' '):<18}", style="dim") + Text(_number(value)))


def _number(value: object) -> str:
    if value is None or value == "":
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def print_json(value: object) -> None:
    """One JSON document on one line."""
    print(json.dumps(value, ensure_ascii=False))  # noqa: T201  (this is what --json is for)
