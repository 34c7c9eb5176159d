"""The base of everything read from YAML: frozen, strict, unknown keys refused."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A frozen model that refuses unknown keys and does not guess at types."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", str_strip_whitespace=True, str_min_length=1
    )
