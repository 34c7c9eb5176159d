"""How every command ends: a message with a fix, the right code, no traceback, no customer."""

import json

import pytest
import typer

from deployments.exits import guarded
from pipelines_lib import errors

KINDS = [
    (errors.SpecError, 2),
    (errors.DataContractError, 3),
    (errors.CheckNotRunError, 1),
    (errors.EvidenceError, 4),
    (errors.ServiceError, 5),
]


def ended(raised, *, as_json=False):
    """The exit code of a command in which something was raised."""
    with pytest.raises(typer.Exit) as caught, guarded(as_json=as_json):
        raise raised
    return caught.value.exit_code


@pytest.mark.parametrize(("kind", "code"), KINDS)
def test_an_error_says_what_to_do_and_who_fixes_it_decides_the_code(kind, code, capsys):
    assert ended(kind("It broke.", fix="Mend it.")) == code
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "It broke.\nWhat to do: Mend it.\n")


@pytest.mark.parametrize(("kind", "code"), KINDS)
def test_for_machines_an_error_is_one_line_of_json(kind, code, capsys):
    assert ended(kind("It broke:\n  twice.", fix="Mend it."), as_json=True) == code
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "error": "It broke:\n  twice.",
        "fix": "Mend it.",
        "exit_code": code,
    }
    assert said.out.count("\n") == 1
    assert said.err == ""


def test_our_own_defect_names_its_place_and_not_its_message(capsys):
    def careless():
        raise KeyError("client 4711, Jane Doe")

    with pytest.raises(typer.Exit) as caught, guarded():
        careless()
    said = capsys.readouterr().err
    assert caught.value.exit_code == 1
    assert said.startswith("Our defect: KeyError in careless (")
    assert "test_exits.py:" in said
    assert "Jane" not in said
    assert "Traceback" not in said


def test_an_interruption_ends_as_shells_expect(capsys):
    assert ended(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err.startswith("Interrupted.\n")


def test_a_command_that_has_decided_its_code_keeps_it():
    assert ended(typer.Exit(3)) == 3


def test_an_abort_is_left_to_the_command_line():
    with pytest.raises(typer.Abort), guarded():
        raise typer.Abort


def test_nothing_is_said_where_nothing_went_wrong(capsys):
    with guarded():
        pass
    assert capsys.readouterr() == ("", "")
