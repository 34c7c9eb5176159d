"""Prefect tasks that make a candidate: split by time, train, score."""

from pipelines_lib.data.quality import Quality
from pipelines_lib.data.snapshots import Snapshot, read_snapshot
from pipelines_lib.governance.case import Case
from pipelines_lib.modelling import scoring, training, windows
from pipelines_lib.modelling.package import PackageRef
from pipelines_lib.modelling.training import Candidate
from pipelines_lib.modelling.windows import Split
from pipelines_lib.spec.run import Run
from tasks.stage import stage

_CALENDAR = ["business_date", "observed_on", "label"]


@stage("split by time")
def split_by_time(run: Run, quality: Quality) -> Split:
    """Cut what has matured into train, calibration, validation and out of time."""
    if quality.clean is None:
        return Split(plan=None, checks=())
    home = run.settings.home
    table = read_snapshot(home, quality.clean, _CALENDAR)
    split = windows.split_by_time(run.spec, table, run.rules, run.as_of)
    if split.plan is None:
        return split
    inputs = training.check_inputs(run.spec, quality.clean, split.plan, home=home, rules=run.rules)
    return Split(plan=split.plan, checks=(*split.checks, *inputs))


@stage("train the candidate")
def train_candidate(case: Case) -> Candidate:
    """Fit the candidate and the baseline on the same windows."""
    settings = case.run.settings
    return training.train_candidate(
        case.run.spec, case.clean, case.plan, home=settings.home, threads=settings.threads
    )


@stage("score every window")
def score_windows(case: Case, candidate: Candidate) -> Snapshot:
    """Score all rows with the candidate, the baseline and the champion there was."""
    packages = {"candidate": candidate.package, "baseline": candidate.baseline}
    if case.champion is not None:
        packages["champion"] = PackageRef(case.champion.package_sha256)
    settings = case.run.settings
    return scoring.score_snapshot(
        settings.home, case.clean, case.plan, packages, threads=settings.threads
    )
