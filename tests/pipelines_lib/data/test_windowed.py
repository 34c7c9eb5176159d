"""Features made from earlier applications and from outcomes that were known by then."""

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from pipelines_lib.data.snapshots import read_snapshot
from pipelines_lib.spec.inputs import Feature

DAY = timedelta(days=1)
START = datetime(2025, 1, 1)  # noqa: DTZ001  (a moment without a zone, as a file holds it)
MANY = {"meaning": "m", "reason": "r", "source": "accounts", "missing": "allowed"}


def window(name, measure, *, by="card", days=3, **more):
    kind = "integer" if measure in {"count", "outcomes"} else "number"
    return {
        "name": name,
        "type": kind,
        "window": {"by": by, "days": days, "measure": measure, **more},
        **MANY,
    }


def payments(n=400, seed=7):
    """Payments of nine cards at odd moments, some without a card or an amount."""
    draw = np.random.default_rng(seed)
    seconds = np.sort(draw.integers(0, 9 * 86_400, n))
    return [
        {
            "id": f"P{i}",
            "moment": START + timedelta(seconds=int(seconds[i])),
            "card": None if draw.random() < 0.05 else f"K{draw.integers(9)}",
            "amount": None if draw.random() < 0.05 else round(float(draw.normal(50, 20)), 2),
            "bad": int(draw.random() < 0.3),
            "seen": (START + timedelta(seconds=int(seconds[i]))).date()
            + int(draw.integers(0, 3)) * DAY,
        }
        for i in range(n)
    ]


@pytest.fixture
def snapshot(bank):
    """The applications of a bank with some features, by the pseudonym's order of rows."""

    def snapshot(rows, features, *, moment="at", as_of=date(2025, 1, 10)):
        bank.features = [{"name": "amount", "type": "number", **MANY}, *features]
        bank.accounts = {"uri": "accounts.parquet"} | ({"moment": moment} if moment else {})
        bank.outcomes = {"uri": "outcomes.parquet"}
        columns = {"id": "id", "at": "moment", "card": "card", "amount": "amount"}
        accounts = {name: [row[key] for row in rows] for name, key in columns.items()}
        accounts["day"] = [row["moment"].date() for row in rows]
        bank.table("accounts.parquet", pa.table(accounts))
        outcomes = {name: [row[name] for row in rows] for name in ("id", "bad", "seen")}
        bank.table("outcomes.parquet", pa.table(outcomes))
        found = bank.ingest(as_of=as_of).applications
        return read_snapshot(bank.home, found, list(found.columns)).to_pylist()

    return snapshot


def keyed(found):
    """Rows by what tells them apart without a key: day, amount and outcome."""
    rows = {}
    for row in found:
        rows.setdefault((row["business_date"], row["amount"]), []).append(row)
    return {key: one[0] for key, one in rows.items() if len(one) == 1}


def by_hand(rows, row, days):
    """Applications of the same card in the last days, up to this moment."""
    since = row["moment"] - days * DAY
    return [
        one
        for one in rows
        if one["card"] == row["card"] and since <= one["moment"] <= row["moment"]
    ]


def known_by_hand(rows, row, days):
    """Outcomes of the same card seen in the last days, today included."""
    today = row["moment"].date()
    return [
        one
        for one in rows
        if one["card"] == row["card"] and today - days * DAY < one["seen"] <= today
    ]


def compare(rows, found, expected):
    """Compare every row that can be told apart; return how many there were."""
    there, compared = keyed(found), 0
    for row in rows:
        made = there.get((row["moment"].date(), row["amount"]))
        if made is None or row["amount"] is None:
            continue
        compared += 1
        for name, value in expected(row).items():
            if row["card"] is None:
                assert made[name] is None
            else:
                assert made[name] == (None if value is None else pytest.approx(value, rel=1e-9))
    return compared


def test_windows_over_applications_run_up_to_this_moment(snapshot):
    rows = payments()
    features = [
        window("often", "count"),
        window("spent", "sum", of="amount"),
        window("usual", "mean", of="amount", days=7),
    ]

    def expected(row):
        three, seven = by_hand(rows, row, 3), by_hand(rows, row, 7)
        known = [one["amount"] for one in seven if one["amount"] is not None]
        return {
            "often": len(three),
            "spent": sum(one["amount"] or 0 for one in three),
            "usual": sum(known) / len(known),
        }

    assert compare(rows, snapshot(rows, features), expected) > 300


def test_windows_over_outcomes_know_what_was_seen_until_today(snapshot):
    rows = payments()
    features = [window("told", "outcomes", days=4), window("risk", "positive_share", days=4)]

    def expected(row):
        known = known_by_hand(rows, row, 4)
        bad = sum(one["bad"] for one in known)
        return {"told": len(known), "risk": bad / len(known) if known else None}

    assert compare(rows, snapshot(rows, features), expected) > 300


def test_without_a_moment_the_same_day_does_not_count(snapshot):
    rows = payments()

    def expected(row):
        today = row["moment"].date()
        earlier = [
            one
            for one in rows
            if one["card"] == row["card"] and today - 3 * DAY <= one["moment"].date() < today
        ]
        return {"often": len(earlier)}

    found = snapshot(rows, [window("often", "count")], moment=None)
    assert compare(rows, found, expected) > 300


def test_what_comes_later_changes_nothing(snapshot):
    rows = payments()
    features = [window("often", "count"), window("risk", "positive_share")]
    early = snapshot(rows, features, as_of=date(2025, 1, 5))
    until = [row for row in rows if row["moment"].date() <= date(2025, 1, 5)]
    names = ("key", "business_date", "often", "risk")
    later = snapshot(rows, features, as_of=date(2025, 1, 9))
    told = [[row[name] for name in names] for row in later if row["business_date"].day <= 5]
    assert len(early) == len(until)
    assert [[row[name] for name in names] for row in early] == told


def test_the_clock_gives_the_hour_and_the_weekday(snapshot):
    rows = payments(60)
    features = [
        {"name": name, "type": "integer", "clock": name, **MANY} for name in ("hour", "weekday")
    ]
    found = keyed(snapshot(rows, features))
    told = [
        (made["hour"], made["weekday"]) == (row["moment"].hour, row["moment"].isoweekday())
        for row in rows
        if (made := found.get((row["moment"].date(), row["amount"])))
    ]
    assert len(told) > 40
    assert all(told)


def test_the_order_of_delivery_and_the_threads_change_no_byte(snapshot):
    rows = payments()
    features = [window("usual", "mean", of="amount"), window("risk", "positive_share")]
    first = snapshot(rows, features)
    assert snapshot(rows[::-1], features) == first


def test_the_entity_is_in_no_snapshot(bank, snapshot):
    snapshot(payments(), [window("often", "count")])
    held = [path for path in bank.home.rglob("*") if path.is_file() and b"K3" in path.read_bytes()]
    assert held == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"window": {"by": "card", "days": 3, "measure": "mean"}}, "need of"),
        ({"window": {"by": "card", "days": 3, "measure": "count", "of": "x"}}, "need of"),
        ({"window": {"by": "card", "days": 0, "measure": "count"}}, "greater than 0"),
        ({"window": {"by": "c", "days": 1, "measure": "count"}, "clock": "hour"}, "not both"),
        ({"clock": "hour", "type": "category", "levels": ["1"]}, "a number"),
        (
            {"window": {"by": "c", "days": 1, "measure": "positive_share"}, "type": "integer"},
            "type: number",
        ),
    ],
)
def test_a_feature_that_cannot_be_made_is_refused(change, told):
    with pytest.raises(ValidationError, match=told):
        Feature.model_validate({"name": "f", "type": "number", **MANY, **change})
