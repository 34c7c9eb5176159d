"""Evidently's full drift report for one night, drawn on demand and on a sample."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines_lib.errors import EvidenceError
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.settings import Settings

ROWS = 5_000


def write(spec: ModelSpec, pack: Mapping[str, Any], settings: Settings, path: Path) -> None:
    """Compare the watch window with the train window, feature by feature."""
    from pipelines_lib.assurance.drift.evidently_door import write_drift_report
    from pipelines_lib.data.snapshots import open_snapshot, read_snapshot

    clean, scores = (pack["snapshots"][name] for name in ("clean", "scores"))
    if clean is None or scores is None:
        raise EvidenceError(
            f"The run of {pack['run']['as_of']} stopped before anything was scored.",
            fix="Mend the data and run that night again.",
        )
    home = settings.home
    windows = read_snapshot(home, open_snapshot(home, scores["sha256"]), ["window"])
    table = read_snapshot(home, open_snapshot(home, clean["sha256"]), list(spec.feature_names))
    place = windows["window"].to_numpy()
    frame = table.to_pandas()
    write_drift_report(
        frame[place == "train"], frame[place == "watch"], path, rows=ROWS, seed=spec.training.seed
    )
