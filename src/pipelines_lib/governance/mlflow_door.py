"""The one door to MLflow: connecting, saving a package as a pyfunc, and MLflow's own types.

Opening it costs seconds, so nothing is imported before it is needed. Telemetry is off,
the address is asked first, and every trouble becomes an error of ours.
"""

import logging
import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pipelines_lib.governance import address, tracking
from pipelines_lib.governance.provenance import serving_requirements
from pipelines_lib.governance.signature import DECLINED, SCORE, column_types, environment_files
from pipelines_lib.spec.inputs import Feature

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.models import ModelSignature

Client: TypeAlias = "MlflowClient"

LOADER = "pipelines_lib.modelling.pyfunc"
"""The installed module that reads a package back; no code and no pickle travels with it."""

_OUR_DEFECTS = {"INVALID_PARAMETER_VALUE", "MALFORMED_REQUEST", "ENDPOINT_NOT_FOUND"}
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # DO_NOT_TRACK=1 does not stop it
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",  # else files of the working directory join the model
}
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3", "MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}


def connect(uri: str) -> Client:
    """A client for tracking and registry at one address."""
    with translated(uri):
        from mlflow import MlflowClient

        return MlflowClient(uri, registry_uri=uri)


def create_database(file: Path, artifact_root: Path) -> None:
    """Create all of MLflow's tables in an SQLite file; takes seconds."""
    uri = f"sqlite:///{file}"
    with translated(uri):
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        store = SqlAlchemyStore(uri, artifact_root.as_uri())  # type: ignore[no-untyped-call]
        store.engine.dispose()


@contextmanager
def translated(uri: str) -> Iterator[None]:
    """Import MLflow without its chatter; turn its troubles into errors of ours.

    Raises:
        ServiceError: MLflow or its database refused or broke off; no credentials in the text.
    """
    _import_quietly()
    import sqlalchemy.exc
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as exc:
        if exc.error_code in _OUR_DEFECTS:
            raise
        raise address.unreachable(uri, address.reason(str(exc))) from exc
    except sqlalchemy.exc.SQLAlchemyError as exc:
        raise address.unreachable(uri, address.reason(str(exc))) from exc


def create_run(client: Client, experiment: str, data: dict[str, Any], tags: dict[str, str]) -> str:
    """Open a tracking run that says what was run, on which data, with which parameters."""
    from mlflow.entities import Dataset, DatasetInput, InputTag, Param

    run = client.create_run(
        experiment,
        start_time=tracking.started_ms(data),
        tags=tags,
        run_name=f"{data['run']['model']} {data['run']['as_of']}",
    )
    run_id = str(run.info.run_id)
    parameters = [Param(name, value) for name, value in tracking.parameters(data).items()]
    client.log_batch(run_id, params=parameters)
    datasets = [
        DatasetInput(
            Dataset(read.name, read.digest, "uri", read.source),
            [InputTag("mlflow.data.context", read.context)],
        )
        for read in tracking.inputs(data)
    ]
    if datasets:
        client.log_inputs(run_id, datasets)
    return run_id


def log_metrics(client: Client, run_id: str, model_id: str | None, data: dict[str, Any]) -> None:
    """Log every figure of every window, for the run and for the model it logged."""
    from mlflow.entities import Metric

    at = tracking.started_ms(data)
    metrics = [
        Metric(name, value, at, 0, model_id=model_id, run_id=run_id)
        for name, value in tracking.metrics(data).items()
    ]
    client.log_batch(run_id, metrics=metrics)


def save_pyfunc(
    folder: Path, package: Path, features: Sequence[Feature], logged: "LoggedModel"
) -> None:
    """Write the folder that MLflow serves from: the package, signature and requirements.

    Put together from MLflow's parts, because its ``save_model`` spends a second looking
    through every installed distribution to compare requirements that are exact anyway.
    """
    import mlflow.pyfunc
    from mlflow.models import Model

    model = Model(
        artifact_path=logged.artifact_location,
        run_id=logged.source_run_id,
        signature=_signature(features),
        model_uuid=logged.model_id,
        model_id=logged.model_id,
    )
    data = Path("data") / package.name
    shutil.copytree(package, folder / data)
    environments = environment_files(serving_requirements())
    for name, text in environments.items():
        (folder / name).write_text(text, encoding="utf-8")
    mlflow.pyfunc.add_to_model(
        model,
        loader_module=LOADER,
        data=data.as_posix(),
        conda_env="conda.yaml",
        python_env="python_env.yaml",
    )
    model.save(folder / "MLmodel")


def link_model(client: Client, run_id: str, model_id: str) -> None:
    """Say that a run put out a model; done last, when the model is whole."""
    from mlflow.entities import LoggedModelOutput

    client.finalize_logged_model(model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model_id, 0)])


def download(uri: str, location: str, folder: Path) -> Path:
    """Fetch artifacts into a folder.

    Raises:
        FileNotFoundError: The store answers, but no longer has them.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        fetched = download_artifacts(artifact_uri=location, dst_path=str(folder), tracking_uri=uri)
    except MlflowException as exc:
        if "no such artifact" in str(exc).lower() or "404" in str(exc):
            raise FileNotFoundError(location) from exc
        raise
    return Path(fetched)


def _signature(features: Sequence[Feature]) -> "ModelSignature":
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import AnyType

    def column(name: str, kind: str) -> ColSpec:
        anything = AnyType()  # type: ignore[no-untyped-call]
        return ColSpec(anything if kind == "any" else DataType[kind], name)

    return ModelSignature(
        inputs=Schema([column(name, kind) for name, kind in column_types(features)]),
        outputs=Schema([column(SCORE, "double"), column(DECLINED, "boolean")]),
    )


def _import_quietly() -> None:
    os.environ.update(_QUIET)
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        # At import MLflow warns about type hints in its own example classes.
        warnings.filterwarnings("ignore", ".*Any type hint is inferred", UserWarning)
        import mlflow.pyfunc  # noqa: F401  (imported for the warnings it would give later)
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # its errors reach us as exceptions
    logging.getLogger("alembic").setLevel(logging.CRITICAL)
