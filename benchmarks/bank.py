"""A bank of any size, made from the sample by drawing its clients again.

Each client drawn is new: an own id and amounts that differ by up to five per cent, so that no
night repeats another. The same size gives the same bank. Only time and memory are measured on
it: a client may lie in train and again out of time, so its AUC says nothing.

    python -m benchmarks.bank FOLDER ROWS
"""

import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "credit_card_default"
SPEC = ROOT / "deployments" / "models" / "credit_default.yaml"
NIGHTS = 100
FIRST_NIGHT = date(2025, 1, 1)
LAST_NIGHT = FIRST_NIGHT + timedelta(days=NIGHTS - 1)
OUTCOME_NIGHTS = 30
SEED = 20250410
JITTER = 0.05
_JITTERED = ("bill_amt", "pay_amt")


@dataclass(frozen=True)
class Bank:
    """A bank on disk: what its departments delivered, and the spec of its model."""

    data: Path
    spec: Path

    @classmethod
    def sample(cls) -> "Bank":
        """The bank that comes with the product: 30,000 real clients."""
        return cls(SAMPLE, SPEC)

    @classmethod
    def at(cls, folder: Path) -> "Bank":
        """The bank that was or will be made in a folder."""
        return cls(folder / "data", folder / "models" / SPEC.name)


def make_bank(folder: Path, rows: int) -> Bank:
    """Write a bank of so many clients, the same number on each night."""
    bank = Bank.at(folder)
    clients = _clients()
    people = []
    for night in range(NIGHTS):
        drawn = _night(clients, night, rows // NIGHTS)
        day = FIRST_NIGHT + timedelta(days=night)
        accounts = _dated(drawn.select(_accounts(clients)), "business_date", day)
        _write(accounts, bank.data / "accounts" / f"business_date={day}" / "accounts.parquet")
        people.append(_dated(drawn, "observed_on", day + timedelta(days=OUTCOME_NIGHTS)))
    _write_people(bank, people)
    bank.spec.parent.mkdir(parents=True)
    sources = "../../data/credit_card_default"
    bank.spec.write_text(SPEC.read_text().replace(f"uri: {sources}", f"uri: {bank.data}"))
    return bank


def _write_people(bank: Bank, people: list["pa.Table"]) -> None:
    import pyarrow as pa

    everybody = pa.concat_tables(people)
    for name in ("outcomes", "customers"):
        columns = _columns(name)
        _write(everybody.select(columns), bank.data / f"{name}.parquet")


def _clients() -> "pa.Table":
    """The sample's clients with everything that is known of them."""
    import pyarrow.parquet as pq

    accounts = pq.read_table(SAMPLE / "accounts", partitioning=None).drop_columns("business_date")
    outcomes = pq.read_table(SAMPLE / "outcomes.parquet").drop_columns("observed_on")
    customers = pq.read_table(SAMPLE / "customers.parquet")
    joined = accounts.join(outcomes, "client_id").join(customers, "client_id")
    return joined.combine_chunks().sort_by("client_id")


def _night(clients: "pa.Table", night: int, rows: int) -> "pa.Table":
    """Draw one night's clients and make them new."""
    import pyarrow as pa

    draw = np.random.default_rng([SEED, night])
    drawn = clients.take(pa.array(draw.integers(clients.num_rows, size=rows)))
    ids = np.arange(night * rows, (night + 1) * rows) + 1
    drawn = _replaced(drawn, "client_id", pa.array(ids))
    for name in drawn.column_names:
        if name.startswith(_JITTERED):
            factor = draw.uniform(1 - JITTER, 1 + JITTER, rows)
            amounts = np.rint(drawn[name].to_numpy() * factor).astype(np.int32)
            drawn = _replaced(drawn, name, pa.array(amounts))
    return drawn


def _replaced(table: "pa.Table", name: str, values: "pa.Array") -> "pa.Table":
    return table.set_column(table.column_names.index(name), name, values)


def _dated(table: "pa.Table", name: str, day: date) -> "pa.Table":
    import pyarrow as pa

    return table.append_column(name, pa.array([day] * table.num_rows, pa.date32()))


def _columns(name: str) -> list[str]:
    import pyarrow.parquet as pq

    return list(pq.read_schema(SAMPLE / f"{name}.parquet").names)


def _accounts(clients: "pa.Table") -> list[str]:
    apart = {*_columns("outcomes"), *_columns("customers")} - {"client_id"}
    return [name for name in clients.column_names if name not in apart]


def _write(table: "pa.Table", path: Path) -> None:
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")


if __name__ == "__main__":
    make_bank(Path(sys.argv[1]), int(sys.argv[2]))
