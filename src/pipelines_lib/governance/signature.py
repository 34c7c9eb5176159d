"""What a registered model asks for and answers with, in the registry's own types."""

from collections.abc import Iterable

from pipelines_lib.spec.model_spec import Feature

SCORE = "score"
DECLINED = "declined"


def column_types(features: Iterable[Feature]) -> tuple[tuple[str, str], ...]:
    """Name and type of each input column, in the order of the feature contract.

    A whole number that may be missing arrives as either kind of number, so its type is
    left open; the package itself refuses what it cannot read.
    """
    return tuple((feature.name, _type(feature)) for feature in features)


def _type(feature: Feature) -> str:
    if feature.type == "integer":
        return "any" if feature.missing == "allowed" or feature.missing_codes else "long"
    return {"number": "double", "category": "string"}[feature.type]
