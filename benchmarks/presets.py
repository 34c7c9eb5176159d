"""The script we are compared with: the same evidence from the libraries' own presets.

Written as a competent user would from their documentation, without an orchestrator: join the
departments' files, validate with Great Expectations, train XGBoost, log to MLflow with
autologging and an input example, compare with Fairlearn, draw drift with Evidently and
contributions with SHAP. It keeps no snapshot, applies no gate and writes no evidence pack.

    python benchmarks/presets.py DATA_FOLDER OUT_FOLDER
"""

import os
import sys
import time
from pathlib import Path

import pandas as pd

NIGHTS = 70  # outcomes known on the last night
TRAIN, VALIDATION = 0.70, 0.85
PROTECTED = ["sex", "age", "education", "marriage"]
LABEL = "default_next_month"
PARAMETERS = {
    "n_estimators": 300,
    "max_depth": 4,
    "learning_rate": 0.05,
    "min_child_weight": 5,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "tree_method": "hist",
    "random_state": 20250410,
}


def read(folder: Path) -> pd.DataFrame:
    """Join what the three departments hold."""
    accounts = pd.read_parquet(folder / "accounts", partitioning=None)
    outcomes = pd.read_parquet(folder / "outcomes.parquet")
    customers = pd.read_parquet(folder / "customers.parquet")
    joined = accounts.merge(outcomes, on="client_id").merge(customers, on="client_id")
    joined["business_date"] = pd.to_datetime(joined["business_date"].astype(str))
    return joined.sort_values(["business_date", "client_id"])


def validate(table: pd.DataFrame, features: list[str]) -> bool:
    """A Great Expectations suite over all features."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("bank").add_dataframe_asset("applications")
    batch = asset.add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(gx.ExpectationSuite(name="applications"))
    suite.add_expectation(gxe.ExpectColumnValuesToBeUnique(column="client_id"))
    suite.add_expectation(gxe.ExpectTableRowCountToBeBetween(min_value=1000))
    for name in features:
        low, high = float(table[name].min()), float(table[name].max())
        suite.add_expectation(gxe.ExpectColumnValuesToNotBeNull(column=name))
        suite.add_expectation(
            gxe.ExpectColumnValuesToBeBetween(column=name, min_value=low, max_value=high)
        )
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name="contract", data=batch, suite=suite)
    )
    return bool(definition.run(batch_parameters={"dataframe": table}).success)


def main(data: Path, out: Path) -> None:
    """Do what a night needs, with presets."""
    started = time.perf_counter()
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    table = read(data)
    features = [c for c in table if c not in {*PROTECTED, LABEL, "client_id"}]
    features = [c for c in features if c not in {"business_date", "observed_on"}]
    if not validate(table, features):
        sys.exit("the contract is broken")

    known = table[table["business_date"].rank(method="dense") <= NIGHTS]
    train = known.iloc[: int(TRAIN * len(known))]
    test = known.iloc[int(VALIDATION * len(known)) :]
    watch = table[table["business_date"].rank(method="dense") > NIGHTS]

    import mlflow
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
    from xgboost import XGBClassifier

    mlflow.set_tracking_uri(f"sqlite:///{out}/mlflow.db")
    mlflow.set_experiment("presets")
    mlflow.xgboost.autolog(log_input_examples=True, log_model_signatures=True, silent=True)
    with mlflow.start_run() as run:
        model = XGBClassifier(**PARAMETERS).fit(train[features], train[LABEL])
        scores = model.predict_proba(test[features])[:, 1]
        mlflow.log_metrics(
            {
                "auc": roc_auc_score(test[LABEL], scores),
                "average_precision": average_precision_score(test[LABEL], scores),
                "brier": brier_score_loss(test[LABEL], scores),
            }
        )
        trained = time.perf_counter()
        _fairness(test, scores)
        _drift(train[features], watch[features], out / "drift.html")
        _explain(model, test[features].head(5000), out / "shap.png")
        for name in ("drift.html", "shap.png"):
            mlflow.log_artifact(str(out / name))
    mlflow.register_model(f"runs:/{run.info.run_id}/model", "presets")
    print(f"{time.perf_counter() - started:.2f} s, {trained - started:.2f} s until trained")


def _fairness(test: pd.DataFrame, scores: object) -> None:
    import numpy as np
    from fairlearn.metrics import MetricFrame, selection_rate, true_positive_rate

    values = np.asarray(scores)
    approved = (values < np.quantile(values, 1 - test[LABEL].mean())).astype(int)
    good = 1 - test[LABEL].to_numpy()
    for attribute in PROTECTED:
        groups = test[attribute] // 10 if attribute == "age" else test[attribute]
        frame = MetricFrame(
            metrics={"selection_rate": selection_rate, "opportunity": true_positive_rate},
            y_true=good,
            y_pred=approved,
            sensitive_features=groups,
        )
        assert frame.ratio() is not None


def _drift(reference: pd.DataFrame, current: pd.DataFrame, path: Path) -> None:
    from evidently import Report
    from evidently.presets import DataDriftPreset

    report = Report([DataDriftPreset(method="psi")])
    report.run(current, reference).save_html(str(path))


def _explain(model: object, rows: pd.DataFrame, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    import shap

    values = shap.TreeExplainer(model)(rows)
    shap.plots.beeswarm(values, show=False)
    plt.savefig(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
