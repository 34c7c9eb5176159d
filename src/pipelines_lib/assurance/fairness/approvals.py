"""Who would be approved, counted by group of each protected attribute?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.assurance.fairness import fairlearn_door
from pipelines_lib.assurance.shares import Share
from pipelines_lib.assurance.statistics import Estimate

if TYPE_CHECKING:
    from pipelines_lib.assurance.fairness.cohort import Cohort
    from pipelines_lib.assurance.fairness.groups import Grouping
    from pipelines_lib.spec.protected import ProtectedAttribute

_TURNED_OUT_WELL = 0


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


def approvals_by_group(
    cohort: "Cohort", attribute: "ProtectedAttribute", cutoff: float
) -> tuple[GroupApprovals, ...]:
    """Count approvals of every declared group and of ``unknown``; at the cut-off is declined."""
    grouping, approved = cohort.groupings[attribute.name], cohort.approved(cutoff)
    deserving = cohort.labels == _TURNED_OUT_WELL
    return _compare(grouping, approved, deserving, attribute.reference)


def _compare(
    grouping: "Grouping", approved: np.ndarray, well: np.ndarray, reference: str
) -> tuple[GroupApprovals, ...]:
    every = grouping.counts(approved)
    deserving = grouping.counts(approved, among=well)
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
