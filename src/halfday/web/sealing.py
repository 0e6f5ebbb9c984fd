"""Seals what a browser or a store keeps and may neither read nor change: AES-256-GCM, with keys from secrets."""

from __future__ import annotations

import re
import secrets
import struct
import zlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from halfday.client.errors import SettingsError
from halfday.protocol.encoding import b64url_decode, b64url_encode
from halfday.web.packing import grow, shrink

SECRET_CHARACTERS = 32
_NONCE_BYTES, _TAG_BYTES = 12, 16
_TIME = struct.Struct(">d")
_LEAST_BYTES = _NONCE_BYTES + _TIME.size + _TAG_BYTES
_LETTERS = re.compile(r"[A-Za-z0-9_-]*")


class Sealer:
    """Seals with the first secret and opens with any of them, so that a change of secrets signs nobody out."""

    def __init__(self, given: Sequence[str]) -> None:
        """Raises SettingsError when there is no secret, or one that could be guessed."""
        if not given or any(not isinstance(secret, str) or len(secret) < SECRET_CHARACTERS for secret in given):
            hint = (
                "give secret= or set HALFDAY_WEB_SECRET, the same for every process, to what this prints: "
                "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )
            raise SettingsError(f"sessions need a secret of at least {SECRET_CHARACTERS} characters", hint=hint)
        self._ciphers = [AESGCM(_key(secret)) for secret in given]

    def __repr__(self) -> str:
        return f"Sealer({len(self._ciphers)} secrets)"

    def seal(self, plain: bytes, *, purpose: str, expires_at: float) -> str:
        """Text of A–Z a–z 0–9 - and _. Good until `expires_at`, epoch seconds, and for this purpose only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, _TIME.pack(expires_at) + shrink(plain), purpose.encode())
        return b64url_encode(nonce + sealed)

    def open(self, text: str, *, purpose: str, now: float) -> bytes | None:
        """The plain bytes; None for what was changed, has expired, or was sealed for another purpose or secret."""
        if len(text) * 3 // 4 < _LEAST_BYTES or not _LETTERS.fullmatch(text):
            return None
        try:
            raw = b64url_decode(text)
        except ValueError:
            return None
        for cipher in self._ciphers:
            try:
                opened = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode())
            except (InvalidTag, ValueError):
                continue
            (expires_at,) = _TIME.unpack_from(opened)
            return _grown(opened[_TIME.size :]) if now < expires_at else None
        return None


def _key(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"halfday web session 1").derive(secret.encode())


def _grown(raw: bytes) -> bytes | None:
    """None for what another version of this sealed."""
    try:
        return grow(raw)
    except zlib.error:
        return None
