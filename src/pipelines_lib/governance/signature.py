"""What a registered model asks for, answers with and needs installed, as a registry holds it."""

import platform
from collections.abc import Iterable, Sequence

import yaml

from pipelines_lib.spec.inputs import Feature

SCORE = "score"
DECLINED = "declined"


def column_types(features: Iterable[Feature]) -> tuple[tuple[str, str], ...]:
    """Name and type of each input column, in the order of the feature contract.

    A whole number that may be missing arrives as either kind of number, so its type is
    left open; the package itself refuses what it cannot read.
    """
    return tuple((feature.name, _type(feature)) for feature in features)


def environment_files(requirements: Sequence[str]) -> dict[str, str]:
    """The files, by name, that tell pip, conda and virtualenv what to install for scoring."""
    python = platform.python_version()
    dependencies = [f"python={python}", "pip", {"pip": list(requirements)}]
    conda = {"name": "mlflow-env", "channels": ["conda-forge"], "dependencies": dependencies}
    virtual = {
        "python": python,
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    }
    return {
        "requirements.txt": "".join(f"{line}\n" for line in requirements),
        "conda.yaml": yaml.safe_dump(conda, sort_keys=False),
        "python_env.yaml": yaml.safe_dump(virtual, sort_keys=False),
    }


def _type(feature: Feature) -> str:
    if feature.type == "integer":
        return "any" if feature.missing == "allowed" or feature.missing_codes else "long"
    return {"number": "double", "category": "string"}[feature.type]
