"""A registered model, loaded by MLflow alone in a clean process, scores as the pipeline did."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines_lib.data.snapshots import write_snapshot
from pipelines_lib.modelling.package import open_package
from pipelines_lib.modelling.training import train_candidate
from pipelines_lib.modelling.windows import plan_windows

NIGHT = date(2025, 3, 31)
LOAD = """
import json, sys
import mlflow
import pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/credit_default@champion")
scored = model.predict(pd.read_parquet(sys.argv[2]))
print(json.dumps({
    "scores": [float(score).hex() for score in scored["score"]],
    "declined": [bool(declined) for declined in scored["declined"]],
    "inputs": [column["type"] for column in model.metadata.get_input_schema().to_dict()],
}))
"""


def applications(rows: int = 2000) -> pa.Table:
    """A hundred nights of made-up applications; outcomes are known thirty nights later."""
    rng = np.random.default_rng(3)
    amount, months = rng.normal(10, 3, rows), rng.integers(0, 5, rows)
    day = np.datetime64(NIGHT - timedelta(days=99)) + np.arange(rows) * 100 // rows
    unknown = day + 30 > np.datetime64(NIGHT)
    bad = rng.random(rows) < 1 / (1 + np.exp(amount / 3 - months + 1))
    return pa.table(
        {
            "key": [f"{row:064x}" for row in range(rows)],
            "business_date": pa.array(day, pa.date32()),
            "observed_on": pa.array(day + 30, pa.date32(), mask=unknown),
            "label": pa.array(bad.astype(np.int8), mask=unknown),
            "amount": amount,
            "months": months,
            "region": np.array(["a", "b"])[rng.integers(0, 2, rows)],
            "unreadable": pa.nulls(rows, pa.string()),
        }
    )


@pytest.mark.slow
def test_mlflow_alone_scores_to_the_last_bit_as_the_pipeline_did(prepared):
    table = applications()
    snapshot = write_snapshot(prepared.home, table, kind="applications", as_of=NIGHT)
    plan = plan_windows(prepared.spec, table, NIGHT)
    assert plan is not None
    made = train_candidate(prepared.spec, snapshot, plan, home=prepared.home, threads=1)
    found = {"package_sha256": made.package.sha256, "estimator": "xgboost", "parameters": {}}
    pack = replace(prepared.pack(), candidate=found, snapshots={"clean": snapshot})
    assert prepared.conclude(pack) is not None
    inputs = table.select(["region", "months", "amount"])  # in another order, as a client may
    pq.write_table(inputs, prepared.home / "inputs.parquet")

    package = open_package(prepared.home, made.package, threads=1)
    expected = package.score(table)
    told = json.loads(clean_process(prepared.home))

    assert told["inputs"] == ["double", "long", "string"]
    assert told["scores"] == [float(score).hex() for score in expected]
    assert told["declined"] == package.decline(expected).tolist()
    assert len(set(told["scores"])) > 100


def clean_process(home):
    """What a scoring service says that knows the registry's address and nothing else."""
    known = {name: value for name, value in os.environ.items() if "MLFLOW" not in name}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            LOAD,
            f"sqlite:///{home}/mlflow/mlflow.db",
            str(home / "inputs.parquet"),
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=home,
        env={**known, "MLFLOW_DISABLE_TELEMETRY": "true"},
    ).stdout.splitlines()[-1]
