"""Does any feature know the outcome before it happened? (LEAK-001 to LEAK-007).

Read once, as delivered and with all its digits; every question has a module of its own.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chosen_rows import evenly_spread, in_window, marked_rows, read_scores
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.leakage.asking import ASKED, AskedRows
from pipelines_lib.assurance.leakage.columns import UNKNOWN, Column, Rows, from_arrow
from pipelines_lib.assurance.leakage.justification import JUSTIFIED, with_reason
from pipelines_lib.assurance.leakage.shared_rows import TRAIN
from pipelines_lib.assurance.scored import LABELLED, OUT_OF_TIME
from pipelines_lib.results import Answer, CheckResult

if TYPE_CHECKING:
    import pyarrow as pa

TOPIC = "leakage"


@dataclass(frozen=True)
class LeakageFigures:
    """What the report needs beside the results.

    Attributes:
        rows: Rows looked at.
        positives: Of them, with the outcome.
        later_rows: Of them, out of time.
        justified: Features that stay with a recorded reason.
    """

    rows: int
    positives: int
    later_rows: int
    justified: tuple[str, ...]


def ask(inquiry: Inquiry) -> Answer:
    """Put every ruled question about single columns to the features of the candidate."""
    asked = [code for code in ASKED if code in inquiry.rules]
    if not asked:
        return unasked(TOPIC)
    rules = [inquiry.rules.rule(code) for code in asked]
    most = max(int(dict(rule.parameters).get("max_rows", 0)) for rule in rules)
    rows = read_rows(inquiry, most)
    found = tuple(
        with_reason(result, inquiry.spec.leakage.justified)
        for rule in rules
        for result in ASKED[rule.check](rule, rows)
    )
    return Answer(TOPIC, found, _figures(rows, found))


def _figures(rows: AskedRows, found: tuple[CheckResult, ...]) -> LeakageFigures:
    stay = dict.fromkeys(each.subject for each in found if each.explanation.startswith(JUSTIFIED))
    return LeakageFigures(
        rows=rows.all.n,
        positives=rows.all.positives,
        later_rows=0 if rows.later is None else rows.later.n,
        justified=tuple(stay),
    )


def read_rows(inquiry: Inquiry, most: int) -> AskedRows:
    """Read at most so many rows with a known outcome, evenly over all nights, as delivered."""
    head = read_scores(
        inquiry.home,
        inquiry.applications,
        inquiry.scores,
        ("window", "label", "business_date"),
    )
    places = evenly_spread(in_window(head, *LABELLED), most)
    marked = np.zeros(inquiry.applications.rows, dtype=np.bool_)
    marked[places] = True
    chosen = head.take(places)
    rows = _rows(inquiry, marked, chosen)
    known = rows.labels != UNKNOWN
    train, later = (
        rows.where(known & in_window(chosen, window)) for window in (TRAIN, OUT_OF_TIME)
    )
    return AskedRows(rows.where(known), train, later if later.n else None)


def _rows(inquiry: Inquiry, marked: NDArray[np.bool_], head: "pa.Table") -> Rows:
    import pyarrow as pa

    contract = inquiry.package.contract
    batches = list(marked_rows(inquiry.home, inquiry.applications, contract.names, marked))
    columns: dict[str, Column] = {}
    for feature in contract.features:
        parts = [batch[feature.name] for batch in batches]
        whole = pa.chunked_array(parts, parts[0].type if parts else pa.float64())
        columns[feature.name] = from_arrow(feature.name, whole, missing_codes=feature.missing_codes)
    return Rows(
        columns=columns,
        labels=head["label"].fill_null(UNKNOWN).to_numpy().astype(np.int8),
        dates=head["business_date"].to_numpy().astype("datetime64[D]"),
    )
