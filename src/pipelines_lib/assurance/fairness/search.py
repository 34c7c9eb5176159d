"""Makes the models that ``alternatives`` judges, and finds the rows to judge them on.

Protected attributes meet the rows learned from here and nowhere else, and only to weigh rows
and to say which inputs know about a group.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.assurance.chosen_rows import (
    NOT_TRAINED_ON,
    evenly_spread,
    in_window,
    read_scores,
)
from pipelines_lib.assurance.fairness.alternatives import (
    ALTERNATIVE,
    CUT_OFF,
    THE_CANDIDATE,
    Field,
    Point,
    check_alternatives,
)
from pipelines_lib.assurance.fairness.attempts import Ground, attempts
from pipelines_lib.assurance.fairness.groups import Grouping, group_rows
from pipelines_lib.assurance.fairness.tradeoff import approved_at, compared, disparity
from pipelines_lib.assurance.fairness.who import people_at
from pipelines_lib.assurance.inquiry import Inquiry, unasked
from pipelines_lib.assurance.sampled_rows import SampledRows
from pipelines_lib.assurance.scored import BASELINE, CANDIDATE, OUT_OF_TIME
from pipelines_lib.data.snapshots import Snapshot
from pipelines_lib.errors import CheckNotRunError
from pipelines_lib.modelling.estimators import rounds_of
from pipelines_lib.modelling.rows import WindowRows
from pipelines_lib.modelling.training import Lessons
from pipelines_lib.modelling.variants import Variant, Workshop
from pipelines_lib.results import Answer
from pipelines_lib.spec.rulebook import Rule

TOPIC = "alternatives"
TRAIN = "train"
ANOTHER_KIND = "another kind of model"
_CLASSES = 2


def ask(inquiry: Inquiry) -> Answer:
    """Search for a model that is as good and treats groups more alike."""
    attributes = inquiry.spec.fairness.attributes
    if not inquiry.asks(ALTERNATIVE) or not attributes:
        return unasked(TOPIC)
    rule = inquiry.rules.rule(ALTERNATIVE)
    if inquiry.protected is None:
        why = "The protected attributes did not arrive, so nothing can be searched for."
        return Answer(TOPIC, tuple(rule.judge(each.name, None, why, n=0) for each in attributes))
    search = _Search(inquiry, rule, inquiry.protected)
    if why := search.impossible:
        return Answer(TOPIC, tuple(rule.judge(each.name, None, why, n=0) for each in attributes))
    checks, figures = check_alternatives(
        rule,
        attributes,
        search.field,
        tuple(search.points()),
        train_rows=len(search.learned_from),
        chosen_because=inquiry.spec.fairness.chosen_because,
    )
    return Answer(TOPIC, checks, figures)


@dataclass(frozen=True, eq=False)
class _Search:
    """The rows of one search, each read when it is first needed."""

    inquiry: Inquiry
    rule: Rule
    protected: Snapshot

    @property
    def most(self) -> int:
        """Rows that are learned from, ranked and decided, each at most."""
        return int(self.rule.parameter("max_rows"))

    @cached_property
    def newest(self) -> SampledRows:
        """Rows with known outcomes: how well does a model rank?"""
        return self.inquiry.sample((OUT_OF_TIME,), self.most).labelled

    @cached_property
    def decided(self) -> SampledRows:
        """Rows no model was trained on: whom does it decline?"""
        return self.inquiry.sample(NOT_TRAINED_ON, self.most)

    @cached_property
    def share(self) -> float:
        """The share of them that the candidate declines; every alternative declines as many."""
        declined = self.decided.scores[CANDIDATE] >= self.inquiry.candidate.cutoff
        return float(declined.mean()) if declined.size else 0.0

    @property
    def impossible(self) -> str:
        """Why no search could tell anything; empty where it can."""
        if len(np.unique(self.newest.labels)) < _CLASSES:
            return "Out of time there is no row of either outcome, so nothing can be ranked."
        if not 0 < self.share < 1:
            return "The candidate declines nobody or everybody; there is no decision to compare."
        return ""

    @cached_property
    def learned_from(self) -> NDArray[np.intp]:
        """Positions in the train window, evenly over its nights."""
        return _spread(len(self.inquiry.workshop.lessons.train.y), self.most)

    @cached_property
    def workshop(self) -> Workshop:
        """The candidate's own workshop, or one of few rows where there are too many.

        Few rows bear fewer rounds than many: there the candidate, fitted on them, has a bounded
        number of rounds and stops early as the spec says; all others make do with as many.
        """
        whole = self.inquiry.workshop
        if len(whole.lessons.train.y) <= self.most:
            return whole
        bounded = {
            "rounds": min(whole.training.rounds, int(self.rule.parameter("max_rounds"))),
            "early_stopping_rounds": self.inquiry.spec.training.early_stopping_rounds,
        }
        fewer = replace(
            whole,
            lessons=_fewer(whole.lessons, self.learned_from, self.most),
            training=whole.training.model_copy(update=bounded),
        )
        rounds = rounds_of(fewer.fit().fitted) or whole.training.rounds
        return replace(fewer, training=whole.training.model_copy(update={"rounds": rounds}))

    @cached_property
    def field(self) -> Field:
        """The rows on which models are set beside each other."""
        groupings = self._groupings(self.decided.places)
        rows = self.decided.n
        fewest = max(
            self.rule.parameter("minimum_share") * rows, self.rule.parameter("minimum_rows")
        )
        groups = {
            each.name: compared(
                groupings[each.name], each.reference, each.group_names, fewest=fewest
            )
            for each in self.inquiry.spec.fairness.attributes
        }
        return Field(self.newest.labels, groupings, groups)

    def points(self) -> Iterator[Point]:
        """The candidate, every alternative, the baseline, and one other cut-off for all."""
        ground = self._ground()
        yield self._point(THE_CANDIDATE, THE_CANDIDATE, ground.control)
        for attempt in attempts(ground, int(self.rule.parameter("max_fits"))):
            yield self._point(attempt.name, attempt.made, attempt.variant)
        if BASELINE in self.newest.scores:
            at = (self.newest.scores[BASELINE], self.decided.scores[BASELINE])
            yield Point("the baseline scorecard", ANOTHER_KIND, *at, self.share)
        fewer = self.share * (1 - self.rule.parameter("fewer_declined"))
        name = f"cut-off that declines {fewer:.1%} instead of {self.share:.1%}"
        yield self._point(name, CUT_OFF, ground.control, share=fewer)

    def _point(
        self, name: str, made: str, variant: Variant, *, share: float | None = None
    ) -> Point:
        return Point(
            name=name,
            made=made,
            out_of_time=variant.margin(self.newest.inputs),
            decided=variant.margin(self.decided.inputs),
            declined_share=self.share if share is None else share,
        )

    def _ground(self) -> Ground:
        """Everything to learn from, the attribute whose worst group fares worst first."""
        control = self.workshop.fit()
        approved = approved_at(control.margin(self.decided.inputs), self.share)
        field = self.field

        def worst(name: str) -> tuple[float, str]:
            found = disparity(approved, field.groupings[name], field.groups[name])
            return (found.ratio if found else np.inf, name)

        groupings = self._groupings(self._train_places()[self.learned_from])
        return Ground(
            workshop=self.workshop,
            control=control,
            groupings={name: groupings[name] for name in sorted(groupings, key=worst)},
            references={
                each.name: each.reference for each in self.inquiry.spec.fairness.attributes
            },
            declined_share=self.share,
            bins=int(self.rule.parameter("bins")),
            rounds=int(self.rule.parameter("rounds")),
        )

    def _groupings(self, places: NDArray[np.intp]) -> dict[str, Grouping]:
        attributes = self.inquiry.spec.fairness.attributes
        people = people_at(
            self.inquiry.home, self.inquiry.applications, self.protected, places, attributes
        )
        return {each.name: group_rows(each, people.values(each.name)) for each in attributes}

    def _train_places(self) -> NDArray[np.intp]:
        """Where the rows of the train window lie in the applications."""
        inquiry = self.inquiry
        table = read_scores(inquiry.home, inquiry.applications, inquiry.scores, ["window"])
        places = np.flatnonzero(in_window(table, TRAIN))
        learned = len(inquiry.workshop.lessons.train.y)
        if len(places) != learned:
            raise CheckNotRunError(
                f"{len(places)} rows are scored as train window, but {learned} were learned from.",
                fix="Score the snapshot the candidate was trained on, with the same plan.",
            )
        return places


def _fewer(lessons: Lessons, train: NDArray[np.intp], most: int) -> Lessons:
    held_out = _spread(len(lessons.calibration.y), most)
    return Lessons(
        lessons.contract, _some(lessons.train, train), _some(lessons.calibration, held_out)
    )


def _some(window: WindowRows, rows: NDArray[np.intp]) -> WindowRows:
    return WindowRows(window.X[rows], window.y[rows], window.missing)


def _spread(rows: int, most: int) -> NDArray[np.intp]:
    return evenly_spread(np.ones(rows, dtype=np.bool_), most)
