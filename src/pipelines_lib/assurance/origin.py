"""What is on record of how a run came to be, besides its data and its package."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Origin:
    """Text, code and libraries behind a candidate, and how its predecessor fared.

    Attributes:
        spec_text: The spec as it goes into the evidence.
        version: Version of this product.
        commit: Commit of the source tree, or None where it is no checkout.
        dirty: Whether the checkout differs from its commit; None where there is none.
        libraries: Installed version of each library that can change a figure.
        pinned: Versions that ``constraints.txt`` pins, or None where there is no such file.
        reproduction: What `pipelines reproduce` last wrote about the champion, or None.
    """

    spec_text: str
    version: str
    commit: str | None
    dirty: bool | None
    libraries: Mapping[str, str]
    pinned: Mapping[str, str] | None
    reproduction: Mapping[str, Any] | None
