"""The plain values a YAML file of ours may hold, each with the rule that keeps it honest."""

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

_LARGEST_EXACT = 2**53 - 1


def as_tuple(value: object) -> object:
    """Let YAML's list become a tuple, so that the hash is the same in every process."""
    return tuple(value) if isinstance(value, list) else value


def as_text(value: object) -> object:
    """Let a code be written as a number in YAML; it is compared as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def as_text_tuple(value: object) -> object:
    """Let a list of codes be written as numbers."""
    return tuple(as_text(item) for item in value) if isinstance(value, list) else value


def whole(value: object) -> object:
    """Keep a literal number from being met by ``true`` or ``1.0``, which equal 1 in Python."""
    if type(value) in (bool, float):
        raise ValueError(f"it must be 1, 2 or 3, not {value!r}")
    return value


def as_scalar(value: object) -> object:
    """Let a parameter be one plain value that JSON, and so the hash of a spec, can hold."""
    if isinstance(value, int):
        fits = abs(value) <= _LARGEST_EXACT
    else:
        fits = isinstance(value, str) or (isinstance(value, float) and math.isfinite(value))
    if fits:
        return value
    raise ValueError("it must be one number, one word, true or false")


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
Code = Annotated[str, BeforeValidator(as_text)]
Texts = Annotated[tuple[str, ...], BeforeValidator(as_tuple)]
Codes = Annotated[tuple[Code, ...], BeforeValidator(as_text_tuple)]
Share = Annotated[float, Field(gt=0, lt=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Scalar = Annotated[bool | int | float | str, BeforeValidator(as_scalar)]
Tier = Annotated[Literal[1, 2, 3], BeforeValidator(whole)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Separator = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1)]
