"""Data with known answers. They are no part of the product; what is absent is skipped.

They are looked for in the folder that KNOWN_ANSWERS_DATA names, else in ``shared/data``
beside the checkout. The sample bank's own table ships with the product and is always there.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = {
    "credit_card_default": ROOT / "data/credit_card_default/source/credit_card_default.parquet"
}


@pytest.fixture
def shared_data(request):
    """Give the path of a table with known answers; skip the test where it is absent."""
    folder = Path(os.environ.get("KNOWN_ANSWERS_DATA") or ROOT.parent / "shared" / "data")

    def path_of(name):
        path = folder / f"{name}.parquet"
        if path.exists():
            return path
        if name in SHIPPED:
            return SHIPPED[name]
        request.node.user_properties.append(("absent data", name))  # no fault of the machine
        pytest.skip(f"{path.name} is not in {folder.name}/; set KNOWN_ANSWERS_DATA to its folder")

    return path_of
