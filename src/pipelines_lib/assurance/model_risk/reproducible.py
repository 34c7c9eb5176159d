"""Could somebody make this candidate again, byte for byte, from what is on record?

``GOV-009`` asks it of the ``data`` (the snapshot at rest still has the hash that names it),
the ``spec`` (its text means what its hash says), the ``fit`` (seed, threads and library
versions), the ``code`` (a commit that holds all of it) and, where there is one, of the
``champion``: what came of the last `pipelines reproduce`. It is a question about the record;
only `pipelines reproduce` itself proves the answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.origin import Origin
from pipelines_lib.data.snapshots import Snapshot, verify_snapshot
from pipelines_lib.errors import EvidenceError, SpecError, bounded
from pipelines_lib.modelling.package import Provenance
from pipelines_lib.results import Answer, CheckResult
from pipelines_lib.spec.loading import parse_model
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule, RuleBook

TOPIC = "reproducibility"
REPRODUCIBLE = "GOV-009"
SAME = "same"
"""How a reproduction ends that gave the same bytes."""
UNREADABLE = "unreadable"
"""What is said of a record of a reproduction that cannot be read."""


@dataclass(frozen=True)
class ReproducibilityFigures:
    """What the candidate can be made again from, and the last time its predecessor was."""

    seed: int
    threads: int
    libraries: tuple[tuple[str, str], ...]
    commit: str | None
    dirty: bool | None
    champion: int | None
    reproduced: str | None
    """How the last reproduction of the champion ended; None where none is on record."""


def ask(inquiry: Inquiry) -> Answer:
    """Ask whether everything is on record that the candidate can be made again from."""
    if not inquiry.asks(REPRODUCIBLE):
        return unasked(TOPIC)
    made, newest = inquiry.package.provenance, inquiry.newest_promotion
    checks = check_reproducible(
        inquiry.spec,
        inquiry.rules,
        home=inquiry.home,
        snapshot=inquiry.applications,
        made=made,
        origin=inquiry.origin,
        champion=inquiry.champion is not None or (newest is not None and newest > inquiry.as_of),
    )
    return Answer(TOPIC, checks, _figures(inquiry, made))


def check_reproducible(
    spec: ModelSpec,
    rules: RuleBook,
    *,
    home: Path,
    snapshot: Snapshot,
    made: Provenance,
    origin: Origin | None,
    champion: bool,
) -> tuple[CheckResult, ...]:
    """One result for data, spec, fit and code, and one for the champion where there is one.

    Args:
        spec: The model.
        rules: The rules that hold.
        home: Where the snapshot lies; every byte of it is hashed again.
        snapshot: What the candidate was trained on.
        made: What the candidate's package says it was made from.
        origin: Text, code and libraries on record; None is not enough evidence.
        champion: Whether there is one.
    """
    if REPRODUCIBLE not in rules:
        return ()
    rule = rules.rule(REPRODUCIBLE)
    checks = (
        _data(rule, home, snapshot, made),
        _spec(rule, spec, origin, made),
        _fit(rule, spec, origin, made),
        _code(rule, origin),
    )
    return (*checks, _champion(rule, spec.tier, origin)) if champion else checks


def _figures(inquiry: Inquiry, made: Provenance) -> ReproducibilityFigures:
    origin, champion = inquiry.origin, inquiry.champion
    told = origin.reproduction if origin else None
    return ReproducibilityFigures(
        seed=made.seed,
        threads=made.threads,
        libraries=made.libraries,
        commit=origin.commit if origin else None,
        dirty=origin.dirty if origin else None,
        champion=champion.version if champion else None,
        reproduced=None if told is None else str(told["outcome"]),
    )


def _data(rule: Rule, home: Path, snapshot: Snapshot, made: Provenance) -> CheckResult:
    if made.snapshot_sha256 != snapshot.sha256:
        return rule.answer("data", "the package names another snapshot", holds=False)
    try:
        verify_snapshot(home, snapshot)
    except EvidenceError as error:
        return rule.answer("data", error.problem.rstrip("."), holds=False)
    short = snapshot.sha256[:12]
    return rule.answer("data", f"snapshot {short} has the bytes of its name", holds=True)


def _spec(rule: Rule, spec: ModelSpec, origin: Origin | None, made: Provenance) -> CheckResult:
    if made.spec_sha256 != spec.sha256:
        return rule.answer("spec", "the package names another spec", holds=False)
    if origin is None:
        return rule.answer("spec", "the text of the spec is not on record", holds=None)
    try:
        same = parse_model(origin.spec_text).sha256 == spec.sha256
    except SpecError:
        return rule.answer("spec", "the text of the spec cannot be read again", holds=False)
    said = "its text means what its hash says" if same else "its text means something else"
    return rule.answer("spec", said, holds=same)


def _fit(rule: Rule, spec: ModelSpec, origin: Origin | None, made: Provenance) -> CheckResult:
    if made.seed != spec.training.seed:
        said = f"the package was made with seed {made.seed}, the spec says {spec.training.seed}"
        return rule.answer("fit", said, holds=False)
    if made.threads < 1:
        return rule.answer("fit", "the number of threads is not on record", holds=False)
    if origin is None:
        return rule.answer("fit", "the installed libraries are not on record", holds=None)
    if wrong := tuple(_library_problems(origin, made)):
        return rule.answer("fit", bounded(wrong), holds=False)
    how = "on record" if origin.pinned is None else "on record and pinned"
    said = f"seed {made.seed}, {made.threads} threads and {len(made.libraries)} libraries are {how}"
    return rule.answer("fit", said, holds=True)


def _library_problems(origin: Origin, made: Provenance) -> Iterator[str]:
    """Libraries that trained the model, or can change a figure, in a version nobody pinned."""
    for name, used in {**origin.libraries, **dict(made.libraries)}.items():
        installed = origin.libraries.get(name, used)
        if installed != used:
            yield f"{name} {used} made the package, {installed} is installed"
        elif origin.pinned is not None and origin.pinned.get(name) != used:
            pinned = origin.pinned.get(name)
            yield f"{name} {used} is used, " + (f"{pinned} is pinned" if pinned else "not pinned")


def _code(rule: Rule, origin: Origin | None) -> CheckResult:
    if origin is None:
        return rule.answer("code", "the code is not on record", holds=None)
    if origin.commit is None:
        return rule.answer("code", f"release {origin.version}, no checkout", holds=True)
    if origin.dirty is None:
        return rule.answer("code", "whether the checkout was changed is not known", holds=None)
    said = f"commit {origin.commit[:12]}"
    if origin.dirty:
        return rule.answer("code", f"{said} with changes that are in no commit", holds=False)
    return rule.answer("code", f"{said}, unchanged", holds=True)


def _champion(rule: Rule, tier: int, origin: Origin | None) -> CheckResult:
    told = None if origin is None else origin.reproduction
    if told is None:
        # A pack that says nothing about reproductions waits for none.
        needed = tier <= dict(rule.parameters).get("reproduced_up_to_tier", 0)
        said = "no reproduction of it is on record"
        return rule.answer("champion", said, holds=None if needed else True)
    if told["outcome"] == UNREADABLE:
        said = f"the record of the reproduction of version {told['version']} cannot be read"
        return rule.answer("champion", said, holds=None)
    version, day = told["version"], str(told["reproduced_at"])[:10]
    if told["outcome"] == SAME:
        said = f"version {version} was made again on {day}, byte for byte"
        return rule.answer("champion", said, holds=True)
    said = f"version {version} could not be made again on {day}: {bounded(told['differences'])}"
    return rule.answer("champion", said, holds=False)
