"""Texts that only this server reads again, for one purpose and for a while: nobody else can make or read one.

They need no table: what they say is in them. All processes of a server share the key, and a restart keeps it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from halfday.protocol.encoding import b64url_decode, b64url_encode
from halfday.server.services import Services

_NONCE_BYTES = 12


def seal(services: Services, purpose: str, said: Any, *, lifetime_s: int) -> str:
    nonce = services.random(_NONCE_BYTES)
    text = json.dumps([services.clock() + lifetime_s, said]).encode()
    return b64url_encode(nonce + _cipher(services, purpose).encrypt(nonce, text, purpose.encode()))


def unseal(services: Services, purpose: str, text: str) -> Any | None:
    """What was said; None for what was not sealed here for this purpose, and once its time is over."""
    try:
        raw = b64url_decode(text)
        opened = _cipher(services, purpose).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode())
    except (ValueError, InvalidTag):
        return None
    expires_at, said = json.loads(opened)
    return said if services.clock() < expires_at else None


def _cipher(services: Services, purpose: str) -> AESGCM:
    return AESGCM(hmac.digest(services.form_key, purpose.encode(), hashlib.sha256))
