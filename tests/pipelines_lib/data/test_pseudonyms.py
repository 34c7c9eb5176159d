"""Keys become keyed hashes, and the secret is nowhere to be seen."""

import hashlib
import hmac
import stat

import pytest

from pipelines_lib.data.columns import pseudonymised
from pipelines_lib.data.pseudonyms import pads, pseudonym, pseudonym_key
from pipelines_lib.data.tables import Workbench
from pipelines_lib.errors import CheckNotRunError, SpecError


@pytest.mark.parametrize("length", [16, 63, 64, 65, 200])
def test_the_tables_compute_the_hmac_that_the_standard_library_computes(tmp_path, length):
    key = bytes(range(1, 251))[:length]
    texts = ["1", "C-0001", "café", "x" * 500]
    with Workbench(tmp_path, threads=2, key=key) as bench:
        for text in texts:
            query = f"SELECT lower(hex({pseudonymised('t')})) AS k FROM (SELECT ? AS t)"  # noqa: S608
            row = bench.one(query, [text])
            assert row["k"] == hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def test_a_published_vector_holds_for_both_ways(tmp_path):
    """RFC 4231, test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    text = "what do ya want for nothing?"
    assert pseudonym(b"Jefe", text) == expected
    inner, outer = pads(b"Jefe")
    digest = hashlib.sha256(outer + hashlib.sha256(inner + text.encode()).digest())
    assert digest.hexdigest() == expected


def test_a_blank_key_has_no_pseudonym(tmp_path):
    with Workbench(tmp_path, threads=1, key=b"k" * 16) as bench:
        assert bench.one(f"SELECT {pseudonymised('CAST(NULL AS VARCHAR)')} AS k") == {"k": None}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("00112233445566778899aabbccddeeff", bytes.fromhex("00112233445566778899aabbccddeeff")),
        ("AAECAwQFBgcICQoLDA0ODw==", bytes(range(16))),
        ("sixteen letters!", b"sixteen letters!"),
    ],
)
def test_the_secret_is_read_as_hex_base64_or_text(tmp_path, text, key):
    assert pseudonym_key(tmp_path, {"PIPELINES_PSEUDONYM_KEY": text}, generate=False) == key


def test_fifteen_bytes_are_too_short_and_the_error_does_not_show_them(tmp_path):
    with pytest.raises(SpecError, match="shorter than 16 bytes") as caught:
        pseudonym_key(tmp_path, {"PIPELINES_PSEUDONYM_KEY": "fifteen letters"}, generate=True)
    assert "fifteen letters" not in str(caught.value)


def test_without_a_secret_none_is_invented_unless_asked(tmp_path):
    with pytest.raises(SpecError, match="no secret"):
        pseudonym_key(tmp_path, {}, generate=False)
    assert not (tmp_path / "secrets").exists()


def test_a_generated_secret_is_kept_and_is_its_owners_alone(tmp_path):
    first = pseudonym_key(tmp_path, {}, generate=True)
    path = tmp_path / "secrets" / "pseudonym.key"
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert pseudonym_key(tmp_path, {}, generate=True) == first
    assert pseudonym_key(tmp_path, {}, generate=False) == first
    assert [each.name for each in path.parent.iterdir()] == ["pseudonym.key"]


def test_the_environment_wins_over_the_file(tmp_path):
    pseudonym_key(tmp_path, {}, generate=True)
    given = {"PIPELINES_PSEUDONYM_KEY": "sixteen letters!"}
    assert pseudonym_key(tmp_path, given, generate=False) == b"sixteen letters!"


def test_the_secret_lands_in_no_error(tmp_path):
    key = b"SECRETSECRETSECRETSECRET"
    with (
        Workbench(tmp_path, threads=1, key=key) as bench,
        pytest.raises(CheckNotRunError) as caught,
    ):
        bench.run(f"SELECT {pseudonymised('no_such_column')}")
    inner = pads(key)[0]
    shown = f"{caught.value} {caught.value.__cause__}"
    assert "SECRET" not in shown
    assert inner[:8].decode("latin-1") not in shown
