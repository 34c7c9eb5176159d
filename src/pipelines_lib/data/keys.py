"""DATA-005: does every application appear once?"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines_lib.data.contract import Examiner, Finding, key_clause
from pipelines_lib.data.short_keys import key_hashes
from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.rulebook import RuleBook

if TYPE_CHECKING:
    from numpy.typing import NDArray


def check_key(
    subject: str, applications: Snapshot, home: Path, rules: RuleBook, examiner: Examiner
) -> CheckResult:
    """Judge the share of rows whose key another row has as well (0 is best).

    Args:
        subject: Name of the population source.
        applications: The rows.
        home: Where everything written lies.
        rules: The limits.
        examiner: Where the clause is examined; it sees numbers in place of keys.
    """
    finding = _examine([key_hashes(home, applications)], examiner)
    if finding.violations:  # two keys may share a hash: now ask the keys themselves
        finding = _examine(_codes(home, applications), examiner)
    share = finding.violations / finding.rows if finding.rows else None
    text = (
        f"{subject}: {finding.violations:,} of {finding.rows:,} rows have a key that "
        "another row has as well"
    )
    return rules.rule("DATA-005").judge(subject, share, text, n=finding.rows)


def _examine(codes: Sequence["NDArray[np.generic]"], examiner: Examiner) -> Finding:
    import pandas as pd

    frame = pd.DataFrame({"key": np.concatenate(codes) if codes else np.empty(0)})
    (finding,) = examiner.examine(frame, [key_clause()])
    return finding


def _codes(home: Path, applications: Snapshot) -> list["NDArray[np.int32]"]:
    """Number keys exactly, equal keys alike."""
    keys = read_snapshot(home, applications, ["key"])["key"].dictionary_encode()
    return [np.asarray(chunk.indices) for chunk in keys.chunks]
