"""Split the credit-card clients as a bank's departments would hold them, on made dates.

The data carry no dates. Each client gets a business date from the order of a seeded hash of
its ID: 300 a night for 100 nights. The outcome becomes known 30 nights later. Running this
again writes the same tables.

    python data/credit_card_default/make.py
"""

import hashlib
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
SEED = "credit-card-default"
FIRST_NIGHT = date(2025, 1, 1)
PER_NIGHT = 300
OUTCOME_NIGHTS = 30
PROTECTED = ("sex", "age", "education", "marriage")
LABEL = "default_next_month"


def clients() -> pa.Table:
    """Read the clients as published, in the order of a seeded hash of their ID."""
    table = pq.read_table(HERE / "source" / "credit_card_default.parquet")
    names = {"ID": "client_id", "default.payment.next.month": LABEL}
    table = table.rename_columns([names.get(c, c.lower()) for c in table.column_names])
    order = sorted(
        range(table.num_rows),
        key=lambda row: hashlib.sha256(f"{SEED}:{table['client_id'][row]}".encode()).digest(),
    )
    return table.take(pa.array(order)).replace_schema_metadata(None)


def departments() -> dict[str, pa.Table]:
    """Who holds what: accounts (features), customers (protected, apart), outcomes (later)."""
    table = clients()
    nights = np.arange(table.num_rows) // PER_NIGHT
    dates = [FIRST_NIGHT + timedelta(days=int(night)) for night in nights]
    observed = [day + timedelta(days=OUTCOME_NIGHTS) for day in dates]
    accounts = table.drop_columns([*PROTECTED, LABEL])
    return {
        "accounts": accounts.append_column("business_date", pa.array(dates, pa.date32())),
        "customers": table.select(["client_id", *PROTECTED]).sort_by("client_id"),
        "outcomes": table.select(["client_id", LABEL]).append_column(
            "observed_on", pa.array(observed, pa.date32())
        ),
    }


def main() -> None:
    """Write one delivery of accounts a night, and one file each of the other two."""
    tables = departments()
    accounts = tables["accounts"]
    for start in range(0, accounts.num_rows, PER_NIGHT):
        night = accounts.slice(start, PER_NIGHT)
        folder = HERE / "accounts" / f"business_date={night['business_date'][0].as_py()}"
        folder.mkdir(parents=True, exist_ok=True)
        _write(night, folder / "accounts.parquet")
    for name in ("customers", "outcomes"):
        _write(tables[name], HERE / f"{name}.parquet")


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd", use_dictionary=False, store_schema=False)


if __name__ == "__main__":
    main()
