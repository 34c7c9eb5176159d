"""In which ways can one value be written, and what class does each way put it in?

A remainder, the zeros a number ends with, its decimals, the length of a text or how it ends.
"""

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.leakage.columns import Codes, Column
from pipelines_lib.errors import SpecError

_REMAINDER = "remainder"
_MOST_ZEROS = 9
_MOST_DECIMALS = 6
_WHOLE = 2.0**52
"""From here on every float64 is a whole number."""
_ROUNDING = 1e-12


def classes(column: Column, name: str) -> Codes | None:
    """The class of each row, from 0; None where the way has no meaning for the column.

    Raises:
        SpecError: The policy names a way that nobody has defined.
    """
    if (by := divisor(name)) is not None:
        whole = column.whole_numbers
        return None if whole is None else whole % by
    if name == "trailing zeros":
        whole = column.whole_numbers
        return None if whole is None else trailing_zeros(whole)
    if name == "decimals":
        is_float = column.kind == "number" and column.values.dtype.kind == "f"
        return decimals(column.values) if is_float else None
    if name in {"length", "last character"}:
        return _of_texts(column, name) if column.kind == "category" else None
    raise SpecError(
        f'The policy asks for the encoding "{name}", which is not known.',
        fix='Use "remainder N", "trailing zeros", "decimals", "length" or "last character".',
    )


def divisor(name: str) -> int | None:
    """12 of ``remainder 12``; None where it is no remainder."""
    first, _, rest = name.partition(" ")
    return int(rest) if first == _REMAINDER and rest.isdigit() and int(rest) > 1 else None


def trailing_zeros(whole: Codes) -> Codes:
    """How many zeros each number ends with; 0 itself ends with none."""
    zeros = np.zeros(whole.size, dtype=np.int64)
    for place in range(1, _MOST_ZEROS + 1):
        zeros += (whole % 10**place == 0) & (whole != 0)
    return zeros


def decimals(values: NDArray[np.float64]) -> Codes:
    """How many decimals each number needs; 6 stands for more."""
    finite = np.where(np.abs(values) < _WHOLE, values, 0.0)
    needed = np.zeros(values.size, dtype=np.int64)
    for place in range(_MOST_DECIMALS):
        scaled = finite * 10.0**place
        whole = np.abs(scaled - np.rint(scaled)) <= _ROUNDING * np.maximum(np.abs(scaled), 1)
        needed += ~whole & (needed == place)
    return needed


def _of_texts(column: Column, name: str) -> Codes:
    told = [str(len(level)) if name == "length" else level[-1] for level in column.levels]
    _, per_level = np.unique(np.array(told), return_inverse=True)
    return np.asarray(per_level[column.values], dtype=np.int64)
