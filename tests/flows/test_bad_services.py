"""A service that is down, a secret that is missing, a disk that cannot be written: said so."""

import pytest

pytestmark = [pytest.mark.server, pytest.mark.slow]

NIGHT = "2025-04-10"
SECRET = "kanariegeheim"
CLOSED = f"postgresql://bank:{SECRET}@127.0.0.1:1/bank"


def from_sql(bank):
    """Let outcomes come from a database."""
    bank.change_spec(
        "uri: ../../data/credit_card_default/outcomes.parquet",
        "uri: env:BANK_OUTCOMES\n    table: outcomes",
    )


def newest_state():
    """How the newest run of the server ended."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.sorting import FlowRunSort

    with get_client(sync_client=True) as client:
        (run,) = client.read_flow_runs(limit=1, sort=FlowRunSort.START_TIME_DESC)
        return run.state


@pytest.fixture
def refused(bank, typed, leaks):
    """Run; it must end with an exit code, keep secrets, and leave no record of a verdict."""

    def refused(code):
        told = typed("replay", bank.spec, "--from", NIGHT, "--nights", 1)
        assert told.exit_code == code, (told.stdout, told.stderr)
        assert "\nWhat to do: " in told.stderr
        assert "defect" not in told.stderr
        assert leaks(bank, told) == []
        assert leaks(bank, told, canary=SECRET) == []
        assert not any(part in str(bank.left_behind()) for part in ("evidence", "runs", ".part-"))
        return " ".join(told.stderr.split())

    return refused


def test_a_database_that_is_down_is_named_by_its_variable_never_by_its_address(
    bank, refused, monkeypatch
):
    from_sql(bank)
    monkeypatch.setenv("BANK_OUTCOMES", CLOSED)
    said = refused(5)
    assert "source outcomes: the database named by BANK_OUTCOMES cannot be reached" in said
    assert "See that it is up and that user, password and network are right" in said
    state = newest_state()
    assert (state.type.value, state.name) == ("FAILED", "Failed")
    assert "BANK_OUTCOMES cannot be reached" in state.message


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "source outcomes: the environment variable BANK_OUTCOMES is not set."),
        (SECRET, "BANK_OUTCOMES holds no SQL URL that can be used here."),
        (f"oracle://bank:{SECRET}@db/x", "BANK_OUTCOMES holds no SQL URL that can be used here."),
    ],
    ids=["not set", "no address", "an unknown database"],
)
def test_an_address_that_cannot_be_used_is_the_model_owners_to_mend(
    bank, refused, monkeypatch, value, says
):
    from_sql(bank)
    monkeypatch.setenv("BANK_OUTCOMES", value)
    assert says in refused(2)


def test_a_secret_that_is_too_short_is_refused_and_not_shown(bank, refused, monkeypatch):
    monkeypatch.setenv("PIPELINES_PSEUDONYM_KEY", SECRET)
    said = refused(2)
    assert "The secret in PIPELINES_PSEUDONYM_KEY is shorter than 16 bytes." in said
    assert not (bank.home / "snapshots").exists()


def test_a_registry_that_is_down_stops_the_run_before_it_has_cost_anything(
    bank, refused, monkeypatch
):
    monkeypatch.setenv("PIPELINES_MLFLOW_URI", CLOSED)
    said = refused(5)
    assert "The model registry at postgresql://127.0.0.1:1/bank cannot be used:" in said
    assert "Start it or correct PIPELINES_MLFLOW_URI, then run again" in said
    assert not (bank.home / "snapshots").exists()


@pytest.mark.parametrize("below", ["", "below/home"], ids=["a file", "below a file"])
def test_a_home_that_cannot_be_is_named_with_or_without_a_server(
    refused, monkeypatch, tmp_path, below
):
    file = tmp_path / "a file"
    file.write_text("kept")
    monkeypatch.setenv("PIPELINES_HOME", str(file / below))
    for server in ("of others", "of our own"):
        if server == "of our own":
            monkeypatch.delenv("PREFECT_API_URL")
        said = refused(5)
        assert str(file) in said
        assert "cannot be written: " in said
        assert "set PIPELINES_HOME to one that is" in said
    assert file.read_text() == "kept"
