"""How MLflow loads a model package: data and our installed code, never a pickle.

Logged with ``loader_module="pipelines_lib.modelling.pyfunc"``; ``mlflow.pyfunc.load_model``
and ``mlflow models serve`` call ``_load_pyfunc`` with the folder that holds the package.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines_lib.modelling.package import ModelPackage, load_package

if TYPE_CHECKING:
    import pandas as pd


class PackageModel:
    """Scores and decisions for raw features, exactly as the pipeline makes them."""

    def __init__(self, package: ModelPackage) -> None:
        self.package = package

    def predict(
        self,
        model_input: "pd.DataFrame",
        params: Mapping[str, Any] | None = None,
    ) -> "pd.DataFrame":
        """Score raw features, found by name; other columns are ignored.

        Returns:
            ``score`` (calibrated probability) and ``declined``, one row an input row, in the
            order and under the index of the input.
        """
        import pandas as pd

        scores = self.package.score(model_input)
        return pd.DataFrame(
            {"score": scores, "declined": self.package.decline(scores)}, index=model_input.index
        )


def _load_pyfunc(path: str) -> PackageModel:
    return PackageModel(load_package(Path(path)))
