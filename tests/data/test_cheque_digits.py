"""The second sample is made the same way every time, and its spec fits it."""

import csv
import hashlib
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from pipelines_lib.spec.model_spec import ModelSpec

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data" / "cheque_digits"
SPEC = ROOT / "deployments" / "models" / "cheque_digits.yaml"


def rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


@pytest.fixture(scope="module")
def spec():
    return ModelSpec(**yaml.safe_load(SPEC.read_text(encoding="utf-8")))


def test_making_the_data_again_reproduces_the_committed_bytes(tmp_path):
    subprocess.run([sys.executable, str(DATA / "make.py"), str(tmp_path)], check=True)

    for name in ("digits.csv", "labels.csv"):
        assert _sha(tmp_path / name) == _sha(DATA / name)


def _sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_there_are_1797_digits_of_which_174_are_eights():
    # As published: 178 182 177 183 181 182 181 179 174 180 images of the digits 0 to 9.
    labels = rows("labels.csv")

    assert len(labels) == len({row["digit_id"] for row in labels}) == 1797
    assert Counter(row["is_eight"] for row in labels) == {"0": 1623, "1": 174}


def test_thirty_are_captured_a_day_for_sixty_days():
    nights = Counter(row["captured_on"] for row in rows("digits.csv"))

    assert sorted(nights)[0] == "2025-02-01"
    assert sorted(nights)[-1] == "2025-04-01"
    assert [nights[day] for day in sorted(nights)] == [30] * 59 + [27]


def test_each_digit_is_looked_at_again_a_week_later():
    captured = {row["digit_id"]: row["captured_on"] for row in rows("digits.csv")}

    for row in rows("labels.csv"):
        day = date.fromisoformat(captured[row["digit_id"]])
        assert date.fromisoformat(row["checked_on"]) == day + timedelta(days=7)


def test_eights_are_spread_over_the_days_by_chance():
    eights = {row["digit_id"] for row in rows("labels.csv") if row["is_eight"] == "1"}
    digits = rows("digits.csv")

    first_half = sum(row["digit_id"] in eights for row in digits[:900])

    # 174 eights, half of them expected: 87 with a standard deviation of about 6.6.
    assert 67 <= first_half <= 107


def test_the_spec_names_columns_that_exist_and_vary_within_their_range(spec):
    digits = rows("digits.csv")

    for feature in spec.features:
        values = [int(row[feature.name]) for row in digits]
        assert len(set(values)) > 1
        assert min(values) >= feature.minimum
        assert max(values) <= feature.maximum


def test_the_spec_leaves_out_the_pixels_that_hardly_ever_carry_ink(spec):
    digits = rows("digits.csv")
    inked = {
        name: sum(row[name] != "0" for row in digits) / len(digits)
        for name in digits[0]
        if name.startswith("px_")
    }

    assert set(spec.feature_names) == {name for name, share in inked.items() if share >= 0.07}


def test_people_must_approve_the_second_sample_and_its_slots_end_with_its_data(spec):
    assert spec.tier == 2
    assert spec.schedule.last_slot == date(2025, 4, 1)
