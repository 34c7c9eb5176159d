"""The package: named after its content, whole or not there, and one changed byte is named."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from pipelines_lib.canonical import parse, sha256_file, sha256_of
from pipelines_lib.data.snapshots import read_snapshot
from pipelines_lib.errors import EvidenceError, ServiceError
from pipelines_lib.modelling.package import (
    PackageRef,
    load_package,
    open_package,
    package_sha256,
    write_package,
)


@pytest.fixture
def package(lender, candidate):
    return open_package(lender.home, candidate.package, threads=1)


@pytest.fixture
def copy(lender, candidate, tmp_path):
    """The package under another home, free to be damaged."""
    folder = tmp_path / "packages" / candidate.package.sha256
    shutil.copytree(candidate.package.folder(lender.home), folder)
    return folder


def _rows(lender, n=500):
    return read_snapshot(lender.home, lender.snapshot).slice(0, n)


def test_the_name_is_the_hash_of_the_files(lender, candidate):
    folder = candidate.package.folder(lender.home)

    assert sorted(path.name for path in folder.iterdir()) == ["model.ubj", "package.json"]
    assert candidate.package.sha256 == sha256_of(
        {path.name: sha256_file(path) for path in folder.iterdir()}
    )
    assert package_sha256(folder) == candidate.package.sha256


def test_it_holds_no_time_no_run_and_no_path(lender, candidate):
    data = parse((candidate.package.folder(lender.home) / "package.json").read_bytes())

    assert sorted(data) == [
        "calibration", "contract", "cutoff", "estimator", "files", "format", "kind",
        "model", "provenance", "reference", "seal", "typical",
    ]  # fmt: skip
    assert sorted(data["provenance"]) == [
        "libraries", "parameters", "rounds", "seed", "snapshot_sha256", "spec_sha256", "threads",
    ]  # fmt: skip
    assert str(lender.home) not in str(data)


def test_writing_what_was_opened_gives_the_same_package(lender, package, candidate, tmp_path):
    assert write_package(tmp_path, package) == candidate.package
    assert write_package(tmp_path, package) == candidate.package  # and twice is once
    assert [path.name for path in (tmp_path / "packages").iterdir()] == [candidate.package.sha256]
    assert not list((tmp_path / "scratch").glob("run-*"))


def test_scores_are_the_same_from_a_table_and_from_a_matrix(lender, package):
    table = _rows(lender)

    assert package.score(table).tolist() == package.score(package.inputs(table)).tolist()
    assert package.score(table).dtype == np.float64


def test_the_cutoff_itself_is_declined(package):
    scores = np.array([np.nextafter(package.cutoff, 0), package.cutoff, 1.0])

    assert package.decline(scores).tolist() == [False, True, True]


def test_reasons_are_what_pushes_up_most_compared_with_what_is_typical(package):
    typical = replace(package, typical=(0.0, 1.0, 0.0, 0.0))
    contributions = np.array(
        [
            [0.5, 1.2, -0.1, 0.3],  # pushes: 0.5, 0.2, -0.1, 0.3
            [-1.0, 1.0, 0.0, -2.0],  # nothing above the typical
            [0.5, 1.5, 0.5, 0.5],  # equals: the first in the contract
        ]
    )

    assert typical.reasons_from(contributions, top=2) == ((0, 3), (), (0, 1))
    assert typical.reasons_from(contributions) == ((0, 3, 1), (), (0, 1, 2, 3))


def test_every_decline_has_a_reason_with_a_text(lender, package):
    table = _rows(lender, 1000)
    declined = package.decline(package.score(table))

    reasons = package.reasons(table, top=4)

    assert declined.any()
    assert all(1 <= len(given) <= 4 for given, no in zip(reasons, declined, strict=True) if no)
    assert package.reason_texts[0] == "income is out of line"


def test_contributions_add_up(lender, package):
    table = _rows(lender)

    values, bias = package.contributions(table)

    np.testing.assert_allclose(values.sum(axis=1) + bias, package.margin(table), atol=1e-5)


@pytest.mark.parametrize("name", ["model.ubj", "package.json"])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.999])
def test_one_changed_byte_is_found_and_named(copy, tmp_path, name, place):
    data = bytearray((copy / name).read_bytes())
    data[int(place * len(data))] ^= 1
    (copy / name).write_bytes(data)

    for attempt in (
        lambda: load_package(copy),
        lambda: open_package(tmp_path, PackageRef(copy.name)),
    ):
        with pytest.raises(EvidenceError, match=f"{name} in .* was altered"):
            attempt()


def test_a_space_more_in_the_json_is_found(copy):
    path = copy / "package.json"
    path.write_bytes(path.read_bytes() + b" ")

    with pytest.raises(EvidenceError, match=r"package\.json in .* was altered"):
        load_package(copy)


@pytest.mark.parametrize("name", ["model.ubj", "package.json"])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()

    with pytest.raises(EvidenceError, match=name):
        load_package(copy)


def test_a_whole_package_under_another_ones_name_is_refused(copy, tmp_path):
    other = copy.with_name("0" * 64)
    copy.rename(other)

    load_package(other)  # as a copy it is fine
    with pytest.raises(EvidenceError, match="was altered"):
        open_package(tmp_path, PackageRef(other.name))


def test_a_damaged_package_is_not_written_over_in_silence(copy, package, tmp_path):
    (copy / "model.ubj").write_bytes(b"")

    with pytest.raises(EvidenceError, match=r"model\.ubj"):
        write_package(tmp_path, package)


def test_a_home_that_cannot_be_written_says_so(package, tmp_path):
    (tmp_path / "home").write_text("a file in the way")

    with pytest.raises(ServiceError, match="cannot be written"):
        write_package(tmp_path / "home", package)
