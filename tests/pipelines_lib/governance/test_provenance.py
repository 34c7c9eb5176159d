"""Provenance: version, commit, lock and libraries, without importing any of them."""

import hashlib
import shutil
import subprocess
import sys
from importlib import metadata

from pipelines_lib.governance.provenance import (
    code_provenance,
    pinned_versions,
    serving_requirements,
)


def git(folder, *arguments):
    who = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
    program = shutil.which("git")
    assert program is not None
    subprocess.run([program, "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def checkout(folder):
    (folder / "src").mkdir()
    (folder / "src/code.py").write_text("one = 1\n")
    (folder / "pyproject.toml").write_text("")
    (folder / "constraints.txt").write_text("numpy==2.0\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    return folder


def test_a_clean_checkout_is_known_by_its_commit(tmp_path):
    found = code_provenance(checkout(tmp_path))
    head = (tmp_path / ".git/refs/heads").glob("*")
    assert found.commit == next(head).read_text().strip()
    assert found.dirty is False


def test_a_changed_source_file_makes_it_dirty_and_other_files_do_not(tmp_path):
    checkout(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    assert code_provenance(tmp_path).dirty is False
    code_provenance.cache_clear()
    (tmp_path / "src/code.py").write_text("one = 2\n")
    assert code_provenance(tmp_path).dirty is True


def test_the_lock_is_the_hash_of_the_constraints(tmp_path):
    expected = hashlib.sha256(b"numpy==2.0\n").hexdigest()
    assert code_provenance(checkout(tmp_path)).lock_sha256 == expected


def test_outside_a_checkout_the_installed_distributions_are_the_lock(tmp_path):
    found = code_provenance(tmp_path)
    assert (found.commit, found.dirty) == (None, None)
    assert len(found.lock_sha256) == 64


def test_a_repository_that_merely_surrounds_the_code_is_not_its_commit(tmp_path):
    checkout(tmp_path)
    assert code_provenance(tmp_path / "src").commit is None


def test_libraries_are_those_that_are_installed():
    libraries = dict(code_provenance().libraries)
    assert libraries["xgboost"] == metadata.version("xgboost")


def test_requirements_for_serving_are_pinned():
    assert all("==" in requirement for requirement in serving_requirements())
    assert serving_requirements()[0].startswith("bank-pipelines==")


def test_finding_out_imports_nothing_heavy():
    code = (
        "import sys; from pipelines_lib.governance.provenance import code_provenance as c; c();"
        "print({'numpy','pandas','mlflow','xgboost','prefect'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_pins_are_read_from_the_lock_file_under_one_spelling(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "constraints.txt").write_text(
        "# together\nnumpy==2.4.6\ngreat_expectations==1.24.1  # why\nScikit.Learn == 1.9\n\n"
    )
    assert pinned_versions(tmp_path) == {
        "numpy": "2.4.6",
        "great-expectations": "1.24.1",
        "scikit-learn": "1.9",
    }


def test_without_a_lock_file_nothing_is_pinned(tmp_path):
    assert pinned_versions(tmp_path) is None


def test_every_library_that_can_change_a_figure_is_pinned_to_what_is_installed():
    pinned = pinned_versions()
    assert pinned is not None
    assert {name: pinned.get(name) for name, _ in code_provenance().libraries} == dict(
        code_provenance().libraries
    )
