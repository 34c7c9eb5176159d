"""One rule of a policy, and a spec with other words in it."""

import pytest

from pipelines_lib.results import Consequence
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import Rule, RuleBook


@pytest.fixture
def ruled():
    """A rule book of one check; numbers are its parameters."""

    def ruled(code, *, at_most=None, words=(), **parameters):
        rule = Rule(
            check=code,
            measure="figure",
            consequence=Consequence.HARD,
            basis="house",
            citation="test",
            policy="house",
            direction=None if at_most is None else "at_most",
            limit=at_most,
            parameters=tuple(sorted(parameters.items())),
            words=tuple(words),
        )
        return RuleBook((rule,), approval_required=False, policies=())

    return ruled


@pytest.fixture
def saying(spec):
    """The small model's spec with other texts: ``documentation={"limitations": [...]}``."""

    def saying(**parts):
        data = spec.model_dump(mode="json")
        for name, value in parts.items():
            merge = isinstance(value, dict) and isinstance(data[name], dict)
            data[name] = {**data[name], **value} if merge else value
        return ModelSpec.model_validate(data)

    return saying
