"""Who is who, for nobody to see: keys become keyed hashes before anything else happens.

A pseudonym is HMAC-SHA256 (RFC 2104) of the key's text. Without the secret nobody can
compute it from a customer number, and the same customer has the same pseudonym in every
source and on every night.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pipelines_lib.errors import SpecError
from pipelines_lib.storage import storage_errors

logger = logging.getLogger(__name__)

VARIABLE = "PIPELINES_PSEUDONYM_KEY"
SHORTEST = 16
"""Bytes below which a secret could be guessed (128 bits)."""

_BLOCK = 64
_FIX = (
    f"Set {VARIABLE} to a secret of at least {SHORTEST} bytes, for example the output of "
    "'openssl rand -hex 32', and keep it: another secret gives other pseudonyms."
)


def pseudonym_key(home: Path, environment: Mapping[str, str], *, generate: bool) -> bytes:
    """Which secret turns keys into pseudonyms?

    The environment wins, then ``home/secrets/pseudonym.key``; only where ``generate`` allows
    it (the sample, a trial) is a new one made there, readable by its owner alone.

    Raises:
        SpecError: There is no secret, or it is too short. Its text is never shown.
    """
    if text := environment.get(VARIABLE, "").strip():
        return _secret(text, VARIABLE)
    path = home / "secrets" / "pseudonym.key"
    if generate and not path.exists():
        _generate(path)
    if not path.exists():
        raise SpecError("There is no secret to pseudonymise customer keys with.", fix=_FIX)
    with storage_errors(path):
        return _secret(path.read_text("utf-8", errors="replace").strip(), str(path))


def pseudonym(key: bytes, text: str) -> str:
    """The pseudonym of one key, as tables compute it for millions."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def pads(key: bytes) -> tuple[bytes, bytes]:
    """Inner and outer block of RFC 2104: HMAC(m) = H(outer + H(inner + m))."""
    short = hashlib.sha256(key).digest() if len(key) > _BLOCK else key
    block = short.ljust(_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def _secret(text: str, where: str) -> bytes:
    """Hex or base64 where the text is exactly that, else the text itself."""
    for decode in (bytes.fromhex, _base64):
        try:
            value = decode(text)
        except (ValueError, binascii.Error):
            continue
        if len(value) >= SHORTEST:
            return value
    if len(text.encode()) >= SHORTEST:
        return text.encode()
    raise SpecError(f"The secret in {where} is shorter than {SHORTEST} bytes.", fix=_FIX)


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _generate(path: Path) -> None:
    """Create the file whole or not at all; the first of two processes wins."""
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)  # 0600 from birth
        try:
            with os.fdopen(handle, "w") as stream:
                stream.write(secrets.token_hex(32))
                stream.flush()
                os.fsync(stream.fileno())
            Path(path).hardlink_to(name)
            logger.info("Made a secret for pseudonyms in %s", path.parent)
        except FileExistsError:
            logger.debug("Another process made the secret first")
        finally:
            Path(name).unlink(missing_ok=True)
