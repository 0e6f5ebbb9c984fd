"""Compact signatures (RFC 7515): made, split, and checked, with RSA, RSA-PSS, ECDSA and HMAC. Claims stay unread here.

`read_unverified` exists to choose a key, or to explain a failure; its name is a warning. The way in to claims that may
be trusted is `claims.verify`.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from halfday.protocol.encoding import b64url_decode, b64url_encode

_Hash = type[SHA256 | SHA384 | SHA512]
_HASHES: dict[str, _Hash] = {"RS256": SHA256, "RS384": SHA384, "RS512": SHA512}
_PSS_HASHES: dict[str, _Hash] = {"PS256": SHA256, "PS384": SHA384, "PS512": SHA512}
_EC_HASHES: dict[str, tuple[_Hash, int]] = {
    "ES256": (SHA256, 256),
    "ES384": (SHA384, 384),
    "ES512": (SHA512, 521),
}
"""With the size of the algorithm's curve, in bits (RFC 7518 §3.4)."""
_HMAC_HASHES = {"HS256": ("sha256", 32), "HS384": ("sha384", 48), "HS512": ("sha512", 64)}
"""With the fewest bytes that a secret may have (RFC 7518 §3.2)."""

RSA_ALGORITHMS = frozenset((*_HASHES, *_PSS_HASHES))
HMAC_ALGORITHMS = frozenset(_HMAC_HASHES)

SigningKey = RSAPrivateKey | EllipticCurvePrivateKey | bytes
VerificationKey = RSAPublicKey | EllipticCurvePublicKey | bytes
"""`bytes` are a shared secret, for HMAC."""

LONGEST_KNOWN_HEADER = 512
"""Characters of a header that is kept as read."""

_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(separators=(",", ":"))


class MalformedToken(ValueError):
    """The text is not a compact JWS whose header and payload are JSON objects."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A compact JWS, split once. Nothing about it has been verified. `token` is the text as it came."""

    token: str = field(repr=False)
    header: Mapping[str, Any]
    unverified_payload: dict[str, Any]
    signing_input: bytes
    signature: bytes


def sign(header: dict[str, Any], payload: dict[str, Any], key: SigningKey) -> str:
    """A compact JWS. `header["alg"]` is one that suits the key: RS, PS, ES or HS, then 256, 384 or 512."""
    signing_input = f"{_encode_json(header)}.{_encode_json(payload)}"
    return f"{signing_input}.{b64url_encode(_signature(signing_input.encode(), key, header['alg']))}"


def _signature(content: bytes, key: SigningKey, algorithm: str) -> bytes:
    if isinstance(key, bytes):
        return hmac.digest(key, content, _HMAC_HASHES[algorithm][0])
    if isinstance(key, EllipticCurvePrivateKey):
        hash_, bits = _EC_HASHES[algorithm]
        size = (bits + 7) // 8
        return b"".join(half.to_bytes(size, "big") for half in decode_dss_signature(key.sign(content, ECDSA(hash_()))))
    if algorithm in _PSS_HASHES:
        return key.sign(content, _pss(_PSS_HASHES[algorithm]), _PSS_HASHES[algorithm]())
    return key.sign(content, PKCS1v15(), _HASHES[algorithm]())


def _pss(hash_: _Hash) -> PSS:
    """RFC 7518 §3.5: the same hash for the mask, and a salt as long as the hash."""
    return PSS(MGF1(hash_()), PSS.DIGEST_LENGTH)


def read_unverified(token: str) -> Compact:
    """Splits without verifying. Raises MalformedToken."""
    parts = token.split(".")
    if len(parts) != 3:
        raise MalformedToken(f"a JWT has three parts between dots, this has {len(parts)}")
    try:
        header = _known_header(parts[0]) if len(parts[0]) <= LONGEST_KNOWN_HEADER else _read_json(parts[0])
        payload, signature = _read_json(parts[1]), b64url_decode(parts[2])
    except (ValueError, RecursionError) as problem:
        raise MalformedToken("a part of the token is not base64url JSON") from problem
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise MalformedToken("header and payload of a JWT are JSON objects")
    return Compact(token, header, payload, f"{parts[0]}.{parts[1]}".encode(), signature)


@lru_cache(maxsize=256)
def _known_header(part: str) -> Any:
    """Tokens that were signed with the same key have the same header. Nobody changes what is handed out."""
    return _read_json(part)


def _read_json(part: str) -> Any:
    """Raises ValueError, RecursionError. A JWT's JSON is UTF-8 (RFC 7519 §7.2)."""
    return _DECODER.decode(b64url_decode(part).decode())


def signature_is_valid(compact: Compact, key: VerificationKey, algorithm: str) -> bool:
    """`algorithm` is what the key is for; a header that names another one does not get to choose (RFC 8725 §3.1)."""
    if compact.header.get("alg") != algorithm:
        return False
    try:
        if isinstance(key, bytes):
            return _hmac_is_valid(compact, key, algorithm)
        if isinstance(key, EllipticCurvePublicKey):
            return _verify_ecdsa(compact, key, algorithm)
        if algorithm in _PSS_HASHES:
            hash_ = _PSS_HASHES[algorithm]
            key.verify(compact.signature, compact.signing_input, _pss(hash_), hash_())
        elif algorithm in _HASHES:
            key.verify(compact.signature, compact.signing_input, PKCS1v15(), _HASHES[algorithm]())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _hmac_is_valid(compact: Compact, secret: bytes, algorithm: str) -> bool:
    """A secret that is shorter than the hash proves nothing (RFC 7518 §3.2)."""
    name, fewest = _HMAC_HASHES.get(algorithm, ("", 0))
    if not name or len(secret) < fewest:
        return False
    return hmac.compare_digest(hmac.digest(secret, compact.signing_input, name), compact.signature)


def _verify_ecdsa(compact: Compact, key: EllipticCurvePublicKey, algorithm: str) -> bool:
    """A JWS holds r and s side by side, each as long as the curve (RFC 7518 §3.4). Raises InvalidSignature."""
    hash_, bits = _EC_HASHES.get(algorithm, (SHA256, 0))
    size = (bits + 7) // 8
    if key.curve.key_size != bits or len(compact.signature) != 2 * size:
        return False
    r, s = (int.from_bytes(half, "big") for half in (compact.signature[:size], compact.signature[size:]))
    key.verify(encode_dss_signature(r, s), compact.signing_input, ECDSA(hash_()))
    return True


def _encode_json(members: dict[str, Any]) -> str:
    return b64url_encode(_ENCODER.encode(members).encode())
