"""Who is behind some of the applications? Protected attributes of chosen rows, joined by key.

For questions that need people and inputs at once. Only the chosen rows are joined, so what is
held grows with the sample and never with the snapshot; the joined rows are written nowhere.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chosen_rows import marked_rows
from pipelines_lib.assurance.fairness.groups import Protected
from pipelines_lib.data.short_keys import KEY
from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.modelling.rows import batches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from pipelines_lib.spec.protected import ProtectedAttribute

Places = NDArray[np.intp]


def people_at(
    home: "Path",
    applications: Snapshot,
    protected: Snapshot,
    places: Places,
    attributes: "Sequence[ProtectedAttribute]",
) -> Protected:
    """Look up the people behind some applications.

    Args:
        home: Where snapshots lie.
        applications: Whose rows are meant.
        protected: Who is who.
        places: Positions of the rows in the applications, ascending.
        attributes: What is asked of each of them.

    Raises:
        EvidenceError: A snapshot is missing or altered.
    """
    import pyarrow as pa

    for snapshot in (applications, protected):
        read_snapshot(home, snapshot, [])  # refuses a file that is missing or cut short
    marked = np.zeros(applications.rows, dtype=np.bool_)
    marked[places] = True
    found = [batch[KEY] for batch in marked_rows(home, applications, [KEY], marked)]
    keys = pa.chunked_array(found, pa.string())
    return Protected.of(keys, _rows_of(keys, home, protected, attributes))


def _rows_of(
    keys: "pa.ChunkedArray",
    home: "Path",
    protected: Snapshot,
    attributes: "Sequence[ProtectedAttribute]",
) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = keys.combine_chunks()
    columns = [each.name for each in attributes if each.name in protected.columns]
    rows = [
        batch.filter(pc.is_in(batch[KEY], value_set=wanted))
        for batch in batches(home, protected, [KEY, *columns])
    ]
    # Columns come in the file's order, whatever order was asked for.
    kept = [name for name in protected.columns if name == KEY or name in columns]
    schema = rows[0].schema if rows else pa.schema([(name, pa.string()) for name in kept])
    return pa.Table.from_batches(rows, schema)
