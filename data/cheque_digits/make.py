"""Lay scikit-learn's handwritten digits out as a bank would hold them, on made dates.

The images carry no dates. Each gets an id and a capture date from the order of a seeded
hash of that id: 30 a day for 60 days. A clerk's second look says a week later whether the
digit is an eight. Running this again writes the same bytes.

    python data/cheque_digits/make.py [FOLDER]
"""

import csv
import hashlib
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

SEED = "cheque-digits"
FIRST_DAY = date(2025, 2, 1)
PER_DAY = 30
CHECKED_AFTER = timedelta(days=7)
EIGHT = 8
PIXELS = tuple(f"px_{pixel:02d}" for pixel in range(64))

Row = tuple[object, ...]


def images() -> tuple[list[Row], list[Row]]:
    """Every image with its pixels, and every outcome, by day and then by id."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    names = [f"digit-{number:04d}" for number in range(len(digits.target))]
    captured = _capture_dates(names)
    pixels: list[Row] = []
    labels: list[Row] = []
    for number in sorted(range(len(names)), key=lambda each: (captured[each], names[each])):
        name, day = names[number], captured[number]
        pixels.append((name, day, *(int(ink) for ink in digits.data[number])))
        labels.append((name, int(digits.target[number] == EIGHT), day + CHECKED_AFTER))
    return pixels, labels


def main(folder: Path) -> None:
    """Write the two deliveries."""
    pixels, labels = images()
    _write(folder / "digits.csv", ("digit_id", "captured_on", *PIXELS), pixels)
    _write(folder / "labels.csv", ("digit_id", "is_eight", "checked_on"), labels)


def _capture_dates(names: list[str]) -> list[date]:
    order = sorted(names, key=lambda name: hashlib.sha256(f"{SEED}:{name}".encode()).digest())
    place = {name: position for position, name in enumerate(order)}
    return [FIRST_DAY + timedelta(days=place[name] // PER_DAY) for name in names]


def _write(path: Path, header: Row, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
