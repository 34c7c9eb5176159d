"""The README says only what is true."""

import re
from pathlib import Path

import pytest
import typer

from deployments.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def commands(group, prefix=""):
    for name, command in group.commands.items():
        yield f"{prefix}{name}"
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")


KNOWN = set(commands(typer.main.get_command(app)))


def test_every_command_stands_in_the_readme():
    assert not [name for name in KNOWN - {"evidence"} if name.rsplit(maxsplit=1)[-1] not in README]


@pytest.mark.parametrize("written", sorted(set(re.findall(r"`pipelines ([a-z]+)", README))))
def test_every_command_of_the_readme_exists(written):
    assert written in KNOWN


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_link_of_the_readme_leads_somewhere(link):
    assert (ROOT / link).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE))))
def test_every_make_target_of_the_readme_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_settings_of_the_readme_are_the_settings_there_are():
    from pipelines_lib.spec import settings

    assert set(re.findall(r"PIPELINES_[A-Z_]+", README)) == set(settings._KNOWN)


def test_the_commands_that_onboard_a_table_work_as_they_stand(tmp_path, monkeypatch):
    """The section is copied and pasted beside the sample's data; only the training is left out."""
    from typer.testing import CliRunner

    section = README.split("## Onboard your own table in minutes")[1].split("\n## ")[0]
    typed = [line.split()[1:] for line in section.splitlines() if line.startswith("pipelines ")]
    assert [words[0] for words in typed] == ["init", "check", "run"]
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIPELINES_POLICIES", str(ROOT / "deployments" / "policies"))
    for words in typed[:2]:
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
    assert Path(typed[2][1]).is_file()
