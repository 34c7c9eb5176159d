"""Who was decided about? The rows no model was trained on, with the groups of each person.

Opened once for all questions on fairness: scores and protected attributes are joined by key
in memory, every value becomes the position of a declared group, and the joined rows are
written nowhere. What leaves this folder is counted per declared group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipelines_lib.assurance.chosen_rows import NOT_TRAINED_ON, in_window
from pipelines_lib.assurance.fairness.groups import Grouping, Protected, group_rows
from pipelines_lib.assurance.statistics import Floats, Labels
from pipelines_lib.data.short_keys import read_for_join
from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.errors import CheckNotRunError

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from pipelines_lib.spec.protected import ProtectedAttribute

Marks = npt.NDArray[np.bool_]
SCORE_COLUMNS = ("key", "business_date", "window", "label", "candidate_score")
WITH_OUTCOMES = ("validation", "out_of_time")
_UNKNOWN_OUTCOME = -1


@dataclass(frozen=True, eq=False)
class Cohort:
    """The rows a candidate was not trained on; every array has the same length.

    Attributes:
        scores: The candidate's probability of the outcome that is declined.
        labels: 1, 0, or -1 where the outcome is not known or was not to be used.
        nights: Business date of each row; None where the scores carry none.
        groupings: By attribute, the group of each row.
        missing: By attribute, the rows that carry no value at all; a value that no declared
            group covers is ``unknown`` as well, but is not missing.
    """

    scores: Floats
    labels: Labels
    nights: npt.NDArray[np.datetime64] | None
    groupings: Mapping[str, Grouping]
    missing: Mapping[str, Marks]

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.scores)

    @property
    def with_outcome(self) -> Marks:
        """Rows whose outcome is known and was not trained on."""
        return np.asarray(self.labels != _UNKNOWN_OUTCOME)

    def approved(self, cutoff: float) -> Marks:
        """Who would be approved; a score at the cut-off is declined."""
        return np.asarray(self.scores < cutoff)


def read_cohort(
    home: "Path",
    scores: Snapshot,
    protected: Snapshot | None,
    attributes: "Sequence[ProtectedAttribute]",
) -> Cohort:
    """Join the scores with who is who, where that is known.

    Raises:
        EvidenceError: A snapshot is missing or altered.
        CheckNotRunError: A score is not a number.
    """
    if protected is None:
        return cohort_of(attributes, read_snapshot(home, scores, SCORE_COLUMNS), None)
    columns = [name for name in SCORE_COLUMNS if name != "key"]
    return cohort_of(attributes, *read_for_join(home, scores, protected, columns))


def cohort_of(
    attributes: "Sequence[ProtectedAttribute]", scores: "pa.Table", protected: "pa.Table | None"
) -> Cohort:
    """Take the rows the model was not trained on and look every person up."""
    import pyarrow as pa
    import pyarrow.compute as pc

    unseen = scores.filter(pa.array(in_window(scores, *NOT_TRAINED_ON)))
    people = Protected.of(unseen["key"], protected)
    values = {each.name: people.values(each.name) for each in attributes}
    labels = pc.fill_null(unseen["label"], _UNKNOWN_OUTCOME).to_numpy().astype(np.int8)
    labels[~in_window(unseen, *WITH_OUTCOMES)] = _UNKNOWN_OUTCOME
    dated = "business_date" in unseen.column_names
    nights = unseen["business_date"].to_numpy().astype("datetime64[D]") if dated else None
    return Cohort(
        scores=_numbers(unseen["candidate_score"].to_numpy().astype(np.float64)),
        labels=labels,
        nights=nights,
        groupings={each.name: group_rows(each, values[each.name]) for each in attributes},
        missing={name: _missing(column) for name, column in values.items()},
    )


def _numbers(scores: Floats) -> Floats:
    wrong = int(np.count_nonzero(~np.isfinite(scores)))
    if wrong:
        raise CheckNotRunError(
            f"{wrong} of {len(scores)} scores are not numbers; no group can be judged by them.",
            fix="Correct the model package that made them; a model must score every row.",
        )
    return scores


def _missing(values: "pa.ChunkedArray") -> Marks:
    """Null, not a number, or blank: nothing was said. Anything else is a code."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    empty = values.is_null(nan_is_null=True)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        blank = pc.equal(pc.utf8_trim_whitespace(values), "")
        empty = pc.or_(empty, pc.fill_null(blank, False))
    return np.asarray(empty.to_numpy(), dtype=np.bool_)
