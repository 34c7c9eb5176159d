"""Every question alone: seconds and memory, and two of them against the libraries' own way.

    python -m benchmarks.questioning SPEC NIGHT

A question is asked as the nightly run asks it, with nothing read before, so that what it costs
is what it would cost alone. Memory is how far the process grew beyond what it held before.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.plain import opened, scored
from pipelines_lib.assurance.drift import frozen_bins
from pipelines_lib.assurance.fairness import parity
from pipelines_lib.assurance.inquiry import Inquiry
from pipelines_lib.assurance.questions import CHALLENGE, FIRST_ROUND, Question
from pipelines_lib.data.snapshots import read_snapshot
from pipelines_lib.governance.case import inquiry_of

MEGA = 1_000_000
COMPARABLE = 100_000
"""Beyond so many rows the libraries' own way takes minutes, and nothing new is learnt."""
BOOTSTRAPS = 100
"""What Fairlearn's user guide draws for an interval."""


def main(model: str, as_of: date) -> dict[str, Any]:
    """Train and score once, then ask every question alone."""
    case = scored(opened(model, as_of))
    assert case.candidate is not None

    def inquiry() -> Inquiry:
        return inquiry_of(case, *case.examined)

    asked = {
        f"{topic}: {_name(ask)}": ask
        for topic, asks in (*FIRST_ROUND.items(), *_challenge())
        for ask in asks
    }
    costs = {name: _cost(lambda ask=ask: ask(inquiry())) for name, ask in asked.items()}
    first = inquiry()
    told = {
        "rows": first.applications.rows,
        "seconds_training": round(case.candidate.seconds_training, 3),
        "questions": costs,
    }
    if first.applications.rows > COMPARABLE:
        return told
    return {
        **told,
        "fairlearn": _side_by_side(lambda: parity.ask(inquiry()), _fairlearn(first)),
        "evidently": _side_by_side(lambda: frozen_bins.ask(inquiry()), _evidently(first)),
    }


def _challenge() -> list[tuple[str, tuple[Question, ...]]]:
    return [(f"challenge, {topic}", asks) for topic, asks in CHALLENGE.items()]


def _name(ask: Question) -> str:
    return ask.__module__.rpartition(".")[2].replace("_", " ")


def _cost(work: Callable[[], object]) -> dict[str, float]:
    """Seconds of some work, and megabytes by which the process grew meanwhile."""
    _forget_peak()
    before, started = _memory("VmRSS"), time.perf_counter()
    work()
    return {
        "seconds": round(time.perf_counter() - started, 3),
        "megabytes": round(max(_memory("VmHWM") - before, 0) / MEGA, 1),
    }


def _forget_peak() -> None:
    """Let the kernel count the peak anew; where it will not, the peak is that of the process."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _memory(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return 0


def _side_by_side(ours: Callable[[], object], theirs: Callable[[], object]) -> dict[str, float]:
    """Ours once to load what it needs; theirs has loaded its own when it is timed."""
    ours()
    return {"ours": _cost(ours)["seconds"], "theirs": _cost(theirs)["seconds"]}


def _fairlearn(inquiry: Inquiry) -> Callable[[], object]:
    """Selection and true positive rates with Fairlearn's bootstrap intervals, same rows.

    Of one attribute alone: it takes half a minute, while ours does all of them.
    """
    from fairlearn.metrics import MetricFrame, selection_rate, true_positive_rate

    scores = read_snapshot(inquiry.home, inquiry.scores, ["key", "label", "candidate_score"])
    assert inquiry.protected is not None
    people = read_snapshot(inquiry.home, inquiry.protected, list(inquiry.protected.columns))
    rows = scores.filter(scores["label"].is_valid()).join(people, "key").to_pandas()
    approved = (rows["candidate_score"] < inquiry.candidate.cutoff).astype(int)
    attribute = next(each for each in inquiry.spec.fairness.attributes if each.groups)

    def bootstrap() -> None:
        frame = MetricFrame(
            metrics={"selected": selection_rate, "opportunity": true_positive_rate},
            y_true=1 - rows["label"],
            y_pred=approved,
            sensitive_features=rows[attribute.name].astype(str),
            n_boot=BOOTSTRAPS,
            ci_quantiles=[0.025, 0.975],
            random_state=0,
        )
        frame.by_group_ci, frame.ratio_ci(method="to_overall")

    return bootstrap


def _evidently(inquiry: Inquiry) -> Callable[[], object]:
    """Evidently's preset for data drift, same rows: train window against what is watched."""
    names = list(inquiry.spec.feature_names)
    windows = read_snapshot(inquiry.home, inquiry.scores, ["window"])["window"].to_numpy()
    rows = read_snapshot(inquiry.home, inquiry.applications, names).to_pandas()
    before, now = rows[windows == "train"], rows[windows == "watch"]

    from evidently import Report
    from evidently.presets import DataDriftPreset

    def preset() -> None:
        Report([DataDriftPreset(method="psi")]).run(current_data=now, reference_data=before)

    return preset


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], date.fromisoformat(sys.argv[2]))), flush=True)
