"""A batch scored with reasons: by a model package, or by XGBoost alone.

python -m benchmarks.scoring package|bare PACKAGE SNAPSHOT ROWS
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xgboost as xgb

from pipelines_lib.modelling.package import ModelPackage, load_package


def with_package(package: ModelPackage, table: pa.Table) -> None:
    """Calibrated scores and the features that weighed most, from a table as it is stored."""
    scores, reasons = package.score(table), package.reasons(table)
    assert len(scores) == len(reasons) == table.num_rows


def bare(booster: xgb.Booster, inputs: Any) -> None:
    """Margins and contributions, from a matrix that is already there."""
    rows = xgb.DMatrix(inputs)
    scores, values = booster.predict(rows), booster.predict(rows, pred_contribs=True)
    assert len(scores) == len(values)


def main(how: str, folder: Path, snapshot: Path, rows: int) -> dict[str, float]:
    """Time one way; opening the model and reading the rows are not part of it."""
    package = load_package(folder)
    table = pq.read_table(snapshot, columns=list(package.contract.names)).slice(0, rows)
    inputs = package.inputs(table)
    booster = xgb.Booster(model_file=folder / "model.ubj")
    started = time.perf_counter()
    if how == "package":
        with_package(package, table)
    else:
        bare(booster, inputs)
    return {"scoring": time.perf_counter() - started, "rows": table.num_rows}


if __name__ == "__main__":
    way, folder, snapshot, rows = sys.argv[1:]
    print(json.dumps(main(way, Path(folder), Path(snapshot), int(rows))))
