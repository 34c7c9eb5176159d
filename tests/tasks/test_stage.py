"""A stage is timed, retried only when that may help, and lets no customer's value out."""

import pytest
from prefect.states import Failed

from pipelines_lib.errors import CheckNotRunError, ServiceError, SpecError
from tasks.stage import StageClock, StageEvent, is_transient, listening, stage


@stage("greet")
def greet(name):
    return f"hello {name}"


@stage("break")
def break_with(error):
    raise error


@pytest.mark.parametrize(
    ("error", "retried"),
    [
        (ServiceError("busy", fix="wait"), True),
        (ConnectionError(), True),
        (TimeoutError(), True),
        (SpecError("wrong", fix="mend"), False),
        (CheckNotRunError("broken", fix="report"), False),
        (ValueError("a bug"), False),
    ],
)
def test_only_what_may_pass_by_itself_is_tried_again(error, retried):
    assert is_transient(greet, None, Failed(data=error)) is retried


def test_a_stage_returns_what_its_function_returns_and_says_how_long_it_took():
    clock, heard = StageClock(), []
    with listening(clock), listening(heard.append):
        assert greet.fn("bank") == "hello bank"
    assert heard[0] == StageEvent("greet")
    assert (heard[1].stage, heard[1].seconds >= 0) == ("greet", True)
    assert set(clock.seconds) == {"greet"}


def test_nobody_listens_after_the_listening_has_ended():
    heard = []
    with listening(heard.append):
        pass
    greet.fn("bank")
    assert heard == []


def test_an_error_of_ours_passes_unchanged():
    error = SpecError("wrong", fix="mend")
    with pytest.raises(SpecError) as caught:
        break_with.fn(error)
    assert caught.value is error


def test_the_message_of_a_library_is_not_shown_since_it_may_quote_a_row():
    with pytest.raises(CheckNotRunError) as caught:
        break_with.fn(ValueError("could not convert 'Mrs Miller, 12 High Street'"))
    assert "Miller" not in str(caught.value)
    assert "break: ValueError in break_with (test_stage.py:" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_lost_connection_becomes_an_error_that_is_worth_a_retry():
    with pytest.raises(ServiceError):
        break_with.fn(ConnectionResetError("peer 10.0.0.1"))


def test_a_stage_keeps_the_rules_of_evidence():
    assert greet.name == greet.task_run_name == "greet"
    assert (greet.persist_result, greet.retries) == (False, 2)
    assert greet.cache_policy.compute_key(None, {}, {}) is None
