"""Where the registry lives: nobody's password is shown, nobody waits for minutes."""

import socket
from pathlib import Path

import pytest

from pipelines_lib.errors import ServiceError, SpecError
from pipelines_lib.governance import address


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://ann:s3cret@db.bank:6543/ml?sslmode=require", "postgresql://db.bank:6543/ml"),
        ("postgresql+psycopg://ann:s3cret@db.bank/ml", "postgresql://db.bank/ml"),
        ("https://ann:s3cret@mlflow.bank", "https://mlflow.bank"),
        ("sqlite:////home/x/mlflow.db", "sqlite:////home/x/mlflow.db"),
    ],
)
def test_an_address_is_shown_without_user_password_and_query(uri, shown):
    assert address.shown(uri) == shown


def test_nobody_listening_is_a_service_error_at_once_and_without_credentials():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ServiceError) as refused:
        address.require_reachable(f"postgresql://ann:s3cret@127.0.0.1:{port}/ml")
    assert refused.value.retryable
    assert "s3cret" not in str(refused.value)
    assert f"127.0.0.1:{port}" in refused.value.problem


def test_somebody_listening_is_enough():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address.require_reachable(f"http://127.0.0.1:{server.getsockname()[1]}")


def test_an_address_of_another_kind_is_the_operators_mistake():
    with pytest.raises(SpecError, match="databricks"):
        address.require_reachable("databricks://prod")


@pytest.mark.parametrize(
    ("uri", "file"), [("sqlite:////a/b.db", Path("/a/b.db")), ("http://mlflow", None)]
)
def test_only_sqlite_has_a_file(uri, file):
    assert address.sqlite_file(uri) == file


def test_plain_postgresql_uses_the_driver_we_ship():
    assert address.driver_uri("postgresql://h/d") == "postgresql+psycopg://h/d"
    assert address.driver_uri("http://h") == "http://h"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "(sqlite3.OperationalError) database or disk is full [SQL: INSERT ...]",
            "its disk is full",
        ),
        ("INSERT INTO x VALUES ('s3cret')", "it answered with an error"),
    ],
)
def test_a_drivers_message_is_reduced_to_a_reason(text, reason):
    assert address.reason(text) == reason
