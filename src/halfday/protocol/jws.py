"""Compact signatures (RFC 7515) with RSA PKCS#1 v1.5: signed, split and checked. Claims stay unread here.

`read_unverified` exists to choose a key, or to explain a failure; its name is a warning. The way in to claims that may
be trusted is `claims.verify`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

from halfday.protocol.encoding import b64url_decode, b64url_encode

_HASHES = {"RS256": SHA256, "RS512": SHA512}


class MalformedToken(ValueError):
    """The text is not a compact JWS whose header and payload are JSON objects."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A compact JWS, split. Nothing about it has been verified."""

    header: dict[str, Any]
    unverified_payload: dict[str, Any]
    signing_input: bytes
    signature: bytes


def sign(header: dict[str, Any], payload: dict[str, Any], key: RSAPrivateKey) -> str:
    """A compact JWS. `header["alg"]` chooses the hash: RS256 or RS512."""
    signing_input = f"{_encode_json(header)}.{_encode_json(payload)}"
    signature = key.sign(signing_input.encode(), PKCS1v15(), _HASHES[header["alg"]]())
    return f"{signing_input}.{b64url_encode(signature)}"


def read_unverified(token: str) -> Compact:
    """Splits without verifying. Raises MalformedToken."""
    parts = token.split(".")
    if len(parts) != 3:
        raise MalformedToken(f"a JWT has three parts between dots, this has {len(parts)}")
    try:
        header, payload = (json.loads(b64url_decode(part)) for part in parts[:2])
        signature = b64url_decode(parts[2])
    except (ValueError, RecursionError) as problem:
        raise MalformedToken("a part of the token is not base64url JSON") from problem
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise MalformedToken("header and payload of a JWT are JSON objects")
    return Compact(header, payload, f"{parts[0]}.{parts[1]}".encode(), signature)


def signature_is_valid(compact: Compact, key: RSAPublicKey, algorithm: str) -> bool:
    """`algorithm` is what the key is for; a header that names another one does not get to choose (RFC 8725 §3.1)."""
    if compact.header.get("alg") != algorithm or algorithm not in _HASHES:
        return False
    try:
        key.verify(compact.signature, compact.signing_input, PKCS1v15(), _HASHES[algorithm]())
    except InvalidSignature:
        return False
    return True


def _encode_json(members: dict[str, Any]) -> str:
    return b64url_encode(json.dumps(members, separators=(",", ":")).encode())
