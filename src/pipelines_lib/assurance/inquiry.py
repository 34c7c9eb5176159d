"""Everything a question may look at: one candidate, its rows, its rules and its rivals.

A question is a function ``ask(inquiry) -> Answer``. It reads references and returns results;
it changes nothing, and it may be asked alone, in any order and in any process.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines_lib.assurance.fairness.cohort import Cohort, read_cohort
from pipelines_lib.assurance.origin import Origin
from pipelines_lib.assurance.sampled_rows import SampledRows, read_sample
from pipelines_lib.assurance.scored import Scored, open_scored
from pipelines_lib.data.snapshots import Snapshot
from pipelines_lib.modelling.package import ModelPackage, PackageRef, open_package
from pipelines_lib.modelling.training import Candidate
from pipelines_lib.modelling.variants import Workshop, open_workshop
from pipelines_lib.modelling.windows import WindowPlan
from pipelines_lib.results import Answer
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.rulebook import RuleBook


@dataclass(frozen=True)
class Rival:
    """The champion as a night meets it.

    ``evidence`` is the JSON of the pack it was promoted on, None where that cannot be read: a
    question that needs it has not enough evidence then.
    """

    version: int
    as_of: date
    package: PackageRef
    evidence: Mapping[str, Any] | None


@dataclass(frozen=True)
class Inquiry:
    """One candidate under question.

    Attributes:
        spec: What the bank decided.
        rules: The rules that hold; a check that no policy rules is not asked.
        home: Where snapshots and packages lie.
        as_of: The night.
        threads: To predict and to fit with.
        plan: Which rows belong to which window.
        applications: Clean applications.
        protected: Protected attributes, apart; None where there are none or none arrived.
        scores: What every model said about every application, in their order.
        candidate: What training made.
        champion: The model in use, or None before the first promotion.
        packs: The policy packs the spec names, by name.
        newest_promotion: The night of the champion there is now, which may be a later one.
        origin: Text, code and libraries behind the candidate; None where nobody recorded them.
    """

    spec: ModelSpec
    rules: RuleBook
    home: Path
    as_of: date
    threads: int
    plan: WindowPlan
    applications: Snapshot
    protected: Snapshot | None
    scores: Snapshot
    candidate: Candidate
    champion: Rival | None
    packs: Mapping[str, PolicyPack]
    newest_promotion: date | None
    origin: Origin | None = None
    _samples: dict[tuple[tuple[str, ...], int], SampledRows] = field(
        default_factory=dict, repr=False, compare=False
    )

    @cached_property
    def package(self) -> ModelPackage:
        """The candidate, opened."""
        return self.open(self.candidate.package)

    @cached_property
    def champion_package(self) -> ModelPackage | None:
        """The champion, opened."""
        return None if self.champion is None else self.open(self.champion.package)

    @cached_property
    def scored(self) -> Scored:
        """Outcomes and scores of every labelled window, whole."""
        return open_scored(self.home, self.scores)

    @cached_property
    def cohort(self) -> Cohort:
        """Who was decided about; only the questions on fairness may look."""
        return read_cohort(self.home, self.scores, self.protected, self.spec.fairness.attributes)

    @cached_property
    def workshop(self) -> Workshop:
        """Where variants of the candidate are fitted on the same windows."""
        return open_workshop(
            self.spec,
            self.applications,
            self.plan,
            home=self.home,
            threads=self.threads,
            rounds=self.candidate.rounds,
            parameters=self.candidate.parameters,
        )

    def open(self, package: PackageRef) -> ModelPackage:
        """Open any package."""
        return open_package(self.home, package, threads=self.threads)

    def sample(self, windows: tuple[str, ...], most: int) -> SampledRows:
        """At most so many rows of some windows, evenly over their nights, inputs and all."""
        wanted = (windows, most)
        if wanted not in self._samples:
            self._samples[wanted] = read_sample(
                self.home,
                self.applications,
                self.scores,
                self.package.contract,
                windows=windows,
                most=most,
            )
        return self._samples[wanted]

    def asks(self, *codes: str) -> bool:
        """Whether a policy of this model rules any of these checks."""
        return any(code in self.rules for code in codes)


def unasked(topic: str) -> Answer:
    """What a question says that no policy of this model asks."""
    return Answer(topic=topic, checks=(), figures=None)
