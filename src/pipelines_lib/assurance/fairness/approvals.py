"""Who would be approved, counted by group of each protected attribute?

The one place where scores and protected attributes meet. They are joined by key in memory
and come out as counts; the joined rows are written nowhere.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance.chosen_rows import NOT_TRAINED_ON, in_window
from pipelines_lib.assurance.fairness import fairlearn_door
from pipelines_lib.assurance.fairness.groups import Grouping, Protected, group_rows
from pipelines_lib.assurance.shares import Share
from pipelines_lib.assurance.statistics import Estimate

if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines_lib.spec.protected import ProtectedAttribute

WITH_OUTCOMES = ("validation", "out_of_time")
_TURNED_OUT_WELL = 0


@dataclass(frozen=True, eq=False)
class Decisions:
    """What the model would decide on the rows it was not trained on.

    ``deserving`` marks rows with a known outcome that turned out well.
    """

    people: Protected
    approved: np.ndarray
    deserving: np.ndarray


@dataclass(frozen=True)
class GroupApprovals:
    """Approvals of one group beside those of the reference group."""

    group: str
    is_reference: bool
    selected: Share
    reference_selected: Share
    deserving: Share
    reference_deserving: Share
    selection_rate: float | None
    opportunity: float | None

    def adverse_impact(self, confidence: float) -> Estimate | None:
        """Approval rate over the reference's; None where there is nothing to compare."""
        if self.is_reference or not _decided(self.selected, self.reference_selected):
            return None
        return self.selected.ratio_to(self.reference_selected, confidence)

    def equal_opportunity(self, confidence: float) -> Estimate | None:
        """Share approved among the deserving, minus the reference's; signed."""
        if self.is_reference or not _decided(self.deserving, self.reference_deserving):
            return None
        return self.deserving.difference_to(self.reference_deserving, confidence)


def decisions(scores: "pa.Table", protected: "pa.Table | None", cutoff: float) -> Decisions:
    """Take the rows the model was not trained on and decide them; at the cut-off is declined."""
    import pyarrow as pa
    import pyarrow.compute as pc

    unseen = scores.filter(pa.array(in_window(scores, *NOT_TRAINED_ON)))
    well = pc.fill_null(pc.equal(unseen["label"], _TURNED_OUT_WELL), fill_value=False)
    return Decisions(
        people=Protected.of(unseen["key"], protected),
        approved=unseen["candidate_score"].to_numpy() < cutoff,
        deserving=in_window(unseen, *WITH_OUTCOMES) & well.to_numpy(),
    )


def approvals_by_group(
    decided: Decisions, attribute: "ProtectedAttribute"
) -> tuple[GroupApprovals, ...]:
    """Count approvals of every declared group and of ``unknown``."""
    values = decided.people.values(attribute.name)
    return _compare(group_rows(attribute, values), decided, attribute.reference)


def _compare(grouping: Grouping, decided: Decisions, reference: str) -> tuple[GroupApprovals, ...]:
    every = grouping.counts(decided.approved)
    deserving = grouping.counts(decided.approved, among=decided.deserving)
    selection = fairlearn_door.selection_rates(grouping.names, every)
    opportunity = fairlearn_door.opportunity_rates(grouping.names, deserving)
    base = grouping.names.index(reference)
    return tuple(
        GroupApprovals(
            group=name,
            is_reference=position == base,
            selected=_share(every[position]),
            reference_selected=_share(every[base]),
            deserving=_share(deserving[position]),
            reference_deserving=_share(deserving[base]),
            selection_rate=selection[position],
            opportunity=opportunity[position],
        )
        for position, name in enumerate(grouping.names)
    )


def _share(declined_and_approved: np.ndarray) -> Share:
    declined, approved = (int(count) for count in declined_and_approved)
    return Share(approved, declined + approved)


def _decided(one: Share, other: Share) -> bool:
    """Whether two groups can be compared: both have people, some approved and some declined.

    Where everybody or nobody is approved there is no decision to compare, and 0/0 is not 1.
    """
    return bool(one.of and other.of) and 0 < one.some + other.some < one.of + other.of
