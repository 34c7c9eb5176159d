"""People of a small bank, by sex and age, and the rules that are asked about them."""

import numpy as np
import pytest

from pipelines_lib.assurance.fairness.cohort import Cohort
from pipelines_lib.assurance.fairness.groups import Grouping, group_names
from pipelines_lib.results import Consequence
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule, RuleBook

AGE = {
    "name": "age",
    "column": "AGE",
    "reference": "adult",
    "bands": {"young": [None, 24], "adult": [25, None]},
}


@pytest.fixture
def couple(spec):
    """The small model with a second protected attribute."""
    attributes = spec.model_dump(mode="json")["fairness"]["attributes"]
    fairness = {"fairness": {"attributes": [*attributes, AGE]}}
    return ModelSpec.model_validate({**spec.model_dump(mode="json"), **fairness})


@pytest.fixture
def book():
    """Rules from ``("FAIR-004", "at_most", 0.3, {"confidence": 0.95})``."""

    def make(*stated, words=()):
        return RuleBook(
            tuple(
                Rule(
                    check=code,
                    measure="figure",
                    consequence=Consequence.SCREEN,
                    basis="house",
                    citation="test",
                    policy="house",
                    direction=direction,
                    limit=limit,
                    parameters=tuple(sorted(parameters.items())),
                    words=words,
                )
                for code, direction, limit, parameters in stated
            ),
            approval_required=False,
            policies=(),
        )

    return make


@pytest.fixture
def gathered():
    """A cohort from scores, outcomes and the group of each person; None is missing."""

    def make(spec, scores, *, labels=None, nights=None, undeclared=(), **groups):
        n = len(scores)
        groupings, missing = {}, {}
        for attribute in spec.fairness.attributes:
            names = group_names(attribute)
            given = groups.get(attribute.name, [attribute.reference] * n)
            index = [names.index(one if one in names else "unknown") for one in given]
            groupings[attribute.name] = Grouping(names, np.array(index, dtype=np.int16))
            missing[attribute.name] = np.array([one is None for one in given], dtype=np.bool_)
        known = np.full(n, -1) if labels is None else labels
        return Cohort(
            scores=np.asarray(scores, dtype=np.float64),
            labels=np.asarray(known, dtype=np.int8),
            nights=None if nights is None else np.asarray(nights, dtype="datetime64[D]"),
            groupings=groupings,
            missing=missing,
        )

    return make
