"""The only place that knows Evidently: a drift report to look at, drawn on demand.

It decides nothing. Evidently cuts its bins anew on every comparison, so one outlier moves
its figures; the gate uses bins frozen at training (``drift``). The file has several
megabytes and is never part of the evidence.
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines_lib.errors import DataContractError, bounded
from pipelines_lib.storage import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

logger = logging.getLogger(__name__)

_DO_NOT_TRACK = "DO_NOT_TRACK"


def write_drift_report(
    reference: "pd.DataFrame", current: "pd.DataFrame", path: "Path", *, rows: int, seed: int
) -> None:
    """Draw how the current window differs from the reference, as one HTML file.

    Args:
        reference: Features of the train window.
        current: Features of the watch window; the same columns.
        path: Where the file goes; it is there wholly or not at all.
        rows: At most so many rows of each window are drawn.
        seed: Chooses the rows; the same seed draws the same ones.

    Raises:
        DataContractError: A window is empty, or the columns differ.
        ServiceError: The file cannot be written.
    """
    _refuse_what_cannot_be_drawn(reference, current)
    then, now = (_plain(_sample(frame, rows, seed)) for frame in (reference, current))
    categories = [name for name in reference.columns if not _is_number(reference[name])]
    with _untracked(), _known_warnings_silenced(), atomic_path(path) as part:
        part.write_text(_html(then, now, categories), encoding="utf-8")
    logger.info("Drift report drawn: %d rows against %d", len(now), len(then))


def _refuse_what_cannot_be_drawn(reference: "pd.DataFrame", current: "pd.DataFrame") -> None:
    if not len(reference) or not len(current):
        raise DataContractError(
            "There is nothing to draw: the reference or the current window has no rows.",
            fix="Choose a night with applications in both windows.",
        )
    if differing := set(reference.columns) ^ set(current.columns):
        raise DataContractError(
            f"The windows differ in their columns: {bounded(sorted(map(str, differing)))}.",
            fix="Give both windows the columns of the feature contract.",
        )


def _sample(frame: "pd.DataFrame", rows: int, seed: int) -> "pd.DataFrame":
    return frame if len(frame) <= rows else frame.sample(n=rows, random_state=seed).sort_index()


def _plain(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Columns as Evidently can read them: float64 and text objects.

    It divides nullable integers (``Int64``) into an error, and orders text in its own way.
    """
    columns = {
        name: column.astype("float64") if _is_number(column) else column.astype("object")
        for name, column in frame.items()
    }
    return type(frame)(columns).reset_index(drop=True)


def _is_number(column: "pd.Series") -> bool:
    import pandas as pd

    return bool(pd.api.types.is_numeric_dtype(column.dtype))


def _html(reference: "pd.DataFrame", current: "pd.DataFrame", categories: list[str]) -> str:
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    numbers = [name for name in reference.columns if name not in categories]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=categories)
    snapshot = Report([DataDriftPreset()]).run(
        reference_data=Dataset.from_pandas(reference, data_definition=definition),
        current_data=Dataset.from_pandas(current, data_definition=definition),
    )
    return str(snapshot.get_html_str(as_iframe=False))


@contextmanager
def _untracked() -> Iterator[None]:
    """Keep Evidently from reporting its use to its makers, whatever this process was told."""
    before = os.environ.get(_DO_NOT_TRACK)
    os.environ[_DO_NOT_TRACK] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_DO_NOT_TRACK]
        else:
            os.environ[_DO_NOT_TRACK] = before


@contextmanager
def _known_warnings_silenced() -> Iterator[None]:
    """Silence what Evidently 0.7.23 and what it imports are known to say, and nothing else."""
    with warnings.catch_warnings():
        # evidently.legacy.tests.utils imports numpy.core; litestar calls its own old names
        warnings.filterwarnings("ignore", message=r"numpy\.core is deprecated")
        warnings.filterwarnings("ignore", message=r"(Call to|Use of) deprecated (function|class)")
        # its correlation table divides by the spread of a constant column
        warnings.filterwarnings("ignore", "invalid value encountered in divide", RuntimeWarning)
        yield
