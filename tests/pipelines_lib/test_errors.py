"""Errors say what is wrong and how to mend it, and survive the way between processes."""

import pickle

import pytest

from pipelines_lib import errors

TREE = [
    (errors.SpecError, 2, False),
    (errors.DataContractError, 3, False),
    (errors.CheckNotRunError, 1, False),
    (errors.EvidenceError, 4, False),
    (errors.ServiceError, 5, True),
]


@pytest.mark.parametrize(("kind", "exit_code", "retryable"), TREE)
def test_each_error_has_its_exit_code_and_knows_whether_a_retry_helps(kind, exit_code, retryable):
    assert (kind.exit_code, kind.retryable) == (exit_code, retryable)


def test_the_tree_has_no_error_that_this_test_does_not_know():
    assert set(errors.PipelineError.__subclasses__()) == {kind for kind, _, _ in TREE}


@pytest.mark.parametrize("kind", [kind for kind, _, _ in TREE])
def test_an_error_survives_pickling_with_its_problem_and_its_fix(kind):
    again = pickle.loads(pickle.dumps(kind("it broke", fix="mend it")))
    assert (type(again), again.problem, again.fix) == (kind, "it broke", "mend it")
    assert str(again) == "it broke\nWhat to do: mend it"


def test_an_error_without_advice_cannot_be_made():
    with pytest.raises(TypeError):
        errors.SpecError("it broke")


@pytest.mark.parametrize(
    ("names", "text"),
    [("", ""), ("ab", "a, b"), ("abcde", "a, b, c, d, e"), ("abcdefg", "a, b, c, d, e and 2 more")],
)
def test_a_long_list_of_names_is_cut_and_counted(names, text):
    assert errors.bounded(names) == text
