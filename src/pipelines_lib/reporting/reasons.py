"""How far the reasons given are those that another training or another method would give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines_lib.reporting import formatting


@dataclass(frozen=True)
class Confirmation:
    """One way in which the same declines were asked for reasons again."""

    asked: str
    detail: str
    kept: float | None
    same: float | None
    overlap: float | None
    declines: int


def confirmations(evidence: Mapping[str, Any]) -> tuple[Confirmation, ...]:
    """A second method first, then each retraining; only what was answered."""
    figures = evidence["figures"] or {}
    found = [*_second_method(figures), *_retrainings(figures)]
    return tuple(each for each in found if each.kept is not None)


def _second_method(figures: Mapping[str, Any]) -> list[Confirmation]:
    method = figures.get("second_method")
    if not method:
        return []
    detail = f"Shapley values from {formatting.counted(2 * method['draws'], 'random order')}"
    return [_of("By a second method", detail, method, method["declines"])]


def _retrainings(figures: Mapping[str, Any]) -> list[Confirmation]:
    again = figures.get("retrained_reasons") or {}
    return [
        _of(
            f"After retraining {number}",
            f"on a draw of {formatting.counted(again['rows'], 'row')}",
            each,
            each["n"],
        )
        for number, each in enumerate(again.get("retrainings") or (), start=1)
    ]


def _of(asked: str, detail: str, found: Mapping[str, Any], declines: int) -> Confirmation:
    return Confirmation(
        asked, detail, found["kept"], found["same"], found["overlap"], int(declines)
    )
