"""The feature contract: which columns, in which order, mean which numbers.

It belongs to the model package. Whoever scores with a model encodes by that model's
contract, never by the spec of today: category levels, missing codes and the order of the
columns are frozen at training.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.errors import DataContractError, bounded
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import RuleBook

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

logger = logging.getLogger(__name__)

Matrix = NDArray[np.float32]
CONSTANT: Final = "DATA-013"
_LARGEST: Final = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class InputFeature:
    """One column of the model's input, as it was at training.

    A category becomes the position of its level; a missing value, a missing code and a
    level the model has not seen become NaN.
    """

    name: str
    type: Literal["number", "integer", "category"]
    levels: tuple[str, ...]
    monotone: Literal["increasing", "decreasing", "none"]
    missing_codes: tuple[str, ...]
    reason: str

    @property
    def is_category(self) -> bool:
        """Whether the numbers are positions of levels."""
        return self.type == "category"


@dataclass(frozen=True)
class FeatureContract:
    """Every column of the model's input, in order."""

    features: tuple[InputFeature, ...]

    @classmethod
    def from_spec(cls, spec: ModelSpec) -> Self:
        """Freeze what the spec declares."""
        return cls(
            tuple(
                InputFeature(
                    name=feature.name,
                    type=feature.type,
                    levels=feature.levels,
                    monotone=feature.monotone,
                    missing_codes=feature.missing_codes,
                    reason=feature.reason,
                )
                for feature in spec.features
            )
        )

    @classmethod
    def from_plain(cls, data: list[Mapping[str, Any]]) -> Self:
        """Rebuild the contract from a package's JSON."""
        as_tuples = ("levels", "missing_codes")
        return cls(
            tuple(InputFeature(**{**one, **{k: tuple(one[k]) for k in as_tuples}}) for one in data)
        )

    def to_plain(self) -> list[dict[str, Any]]:
        """The contract as JSON values."""
        return [asdict(feature) for feature in self.features]

    @property
    def names(self) -> tuple[str, ...]:
        """Columns in the model's order."""
        return tuple(feature.name for feature in self.features)


def matrix(contract: FeatureContract, table: "pa.Table | pa.RecordBatch | pd.DataFrame") -> Matrix:
    """Encode a table as the model's input: float32, one row an application, NaN for unknown.

    Columns are found by name; others are ignored.

    Raises:
        DataContractError: A column is absent, or holds text where a number belongs.
    """
    missing = [name for name in contract.names if name not in _columns(table)]
    if missing:
        raise DataContractError(
            f"The model's input lacks {bounded(missing)}.",
            fix="Deliver every column of the model's feature contract, under the same name.",
        )
    encoded = np.empty((len(table), len(contract.features)), dtype=np.float32)
    for position, feature in enumerate(contract.features):
        encoded[:, position] = _encode(feature, table[feature.name])
    return encoded


def check_features_vary(
    train: Matrix, contract: FeatureContract, rules: RuleBook
) -> tuple[CheckResult, ...]:
    """Does each feature take at least two values among the rows learned from? (DATA-013)."""
    return answer_variation(varying(train), contract, rules, n=len(train))


def answer_variation(
    varies: NDArray[np.bool_], contract: FeatureContract, rules: RuleBook, *, n: int
) -> tuple[CheckResult, ...]:
    """Answer DATA-013 where it is already known which columns vary."""
    rule = rules.rule(CONSTANT)
    stories = {
        True: "Takes more than one value in the train window.",
        False: "Takes one value, or none, in the train window; there is nothing to learn from it.",
    }
    found = zip(contract.names, varies.tolist(), strict=True)
    return tuple(rule.answer(name, stories[each], holds=each, n=n) for name, each in found)


def varying(rows: Matrix) -> NDArray[np.bool_]:
    """Which columns differ anywhere from their first row; a value beside a blank differs."""
    if not len(rows):
        return np.zeros(rows.shape[1], dtype=np.bool_)
    blank = np.isnan(rows)
    filled = np.where(blank, np.float32(0), rows)
    return np.asarray(((filled != filled[0]) | (blank != blank[0])).any(axis=0))


def _columns(table: "pa.Table | pa.RecordBatch | pd.DataFrame") -> set[str]:
    names = table.schema.names if hasattr(table, "schema") else table.columns
    return {str(name) for name in names}


def _encode(feature: InputFeature, column: Any) -> NDArray[Any]:  # noqa: ANN401  (Arrow or pandas)
    arrow = hasattr(column, "null_count")
    if feature.is_category:
        return _positions(feature, column) if arrow else _positions_of_raw(feature, column)
    return _numbers(feature, _arrow_floats(column) if arrow else _raw_floats(feature, column))


def _arrow_floats(column: Any) -> NDArray[np.float64]:  # noqa: ANN401  (pyarrow has no types)
    import pyarrow as pa

    floats = column.cast(pa.float64(), safe=False)  # integers beyond 2**53 round; float32 anyway
    return np.asarray(floats.to_numpy(zero_copy_only=False), dtype=np.float64)


def _numbers(feature: InputFeature, values: NDArray[np.float64]) -> NDArray[np.float64]:
    # Beyond float32 lies infinity, which no estimator takes; the largest number keeps the order.
    within = np.clip(values, -_LARGEST, _LARGEST)
    if codes := _numeric_codes(feature):
        within[np.isin(values, codes)] = np.nan
    return within


def _numeric_codes(feature: InputFeature) -> list[float]:
    codes = (_as_number(code) for code in feature.missing_codes)
    return [code for code in codes if code is not None]


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _positions(feature: InputFeature, column: Any) -> NDArray[np.float64]:  # noqa: ANN401
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    known = pc.index_in(column, value_set=pa.array(_known(feature), type=column.type))
    return np.asarray(known.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _known(feature: InputFeature) -> list[str | None]:
    """Levels by position; a level that is also a missing code can never be met."""
    missing = set(feature.missing_codes)
    return [f"\0{level}" if level in missing else level for level in feature.levels]


def _positions_of_raw(feature: InputFeature, column: Any) -> NDArray[np.float64]:  # noqa: ANN401
    """Look levels up in a pandas column, where a code may have arrived as a number."""
    import pandas as pd

    codes, values = pd.factorize(column)
    position = {level: float(place) for place, level in enumerate(_known(feature)) if level}
    found = [position.get(_as_code(value), np.nan) for value in values]
    return np.array([*found, np.nan], dtype=np.float64)[codes]  # -1, the last one, is missing


def _as_code(value: object) -> str:
    """A category as text: 2, 2.0 and "2" are the same code."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _raw_floats(feature: InputFeature, column: Any) -> NDArray[np.float64]:  # noqa: ANN401
    """Read numbers from a pandas column of any kind; text that is no number is refused."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    blanks = {"", *feature.missing_codes}
    text = column.map(lambda value: None if isinstance(value, str) and value in blanks else value)
    try:
        return np.asarray(pd.to_numeric(text), dtype=np.float64)
    except (ValueError, TypeError) as exc:
        raise DataContractError(
            f"Column {feature.name} holds values that are not numbers.",
            fix=f"Deliver {feature.name} as numbers, with blanks for missing values.",
        ) from exc
