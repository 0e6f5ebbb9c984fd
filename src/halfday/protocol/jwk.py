"""Public keys as JWK and JWKS (RFC 7517): RSA, as Cognito publishes them, and elliptic curves, as other issuers do."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from halfday.protocol.encoding import b64url_decode, b64url_encode

# RFC 7518 §3.4: each curve has one algorithm.
_CURVES = {"P-256": ("ES256", SECP256R1()), "P-384": ("ES384", SECP384R1()), "P-521": ("ES512", SECP521R1())}


@dataclass(frozen=True)
class Jwk:
    """One signature key: its id, its algorithm (`jws`) and the key itself; `bytes` are a secret, never published."""

    kid: str
    algorithm: str
    key: RSAPublicKey | EllipticCurvePublicKey | bytes

    def to_json(self) -> dict[str, str]:
        """As Cognito publishes an RSA key. Raises TypeError for a secret."""
        if isinstance(self.key, bytes):
            raise TypeError("a secret is not published")
        numbers = self.key.public_numbers()
        if isinstance(numbers, EllipticCurvePublicNumbers):
            return {"alg": self.algorithm, "kid": self.kid, "use": "sig", **_ec_members(numbers)}
        return {
            "alg": self.algorithm,
            "e": _encode_integer(numbers.e),
            "kid": self.kid,
            "kty": "RSA",
            "n": _encode_integer(numbers.n),
            "use": "sig",
        }


def _ec_members(numbers: EllipticCurvePublicNumbers) -> dict[str, str]:
    """RFC 7518 §6.2.1: coordinates are as long as the curve."""
    size = (numbers.curve.key_size + 7) // 8
    name = next(name for name, (_, curve) in _CURVES.items() if curve.key_size == numbers.curve.key_size)
    x, y = (b64url_encode(number.to_bytes(size, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": name, "x": x, "y": y}


def thumbprint_kid(key: RSAPublicKey) -> str:
    """The RFC 7638 thumbprint in Cognito's spelling of a kid: 44 characters of base64, ending in '='."""
    numbers = key.public_numbers()
    members = {"e": _encode_integer(numbers.e), "kty": "RSA", "n": _encode_integer(numbers.n)}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64.b64encode(hashlib.sha256(canonical.encode()).digest()).decode()


def jwks(keys: Iterable[Jwk]) -> dict[str, list[dict[str, str]]]:
    return {"keys": [key.to_json() for key in keys]}


def parse_jwks(document: Mapping[str, Any], *, rsa_algorithm: str = "RS256") -> dict[str, Jwk]:
    """The signature keys of a JWKS by kid. Keys of other kinds are left out. Raises ValueError when malformed.

    `rsa_algorithm` is what an RSA key is for that does not say it itself.
    """
    members = document.get("keys")
    if not isinstance(members, list):
        raise ValueError("not a JWKS: it has no list called 'keys'")
    keys = (_parse_key(member, rsa_algorithm) for member in members)
    return {key.kid: key for key in keys if key is not None}


def _parse_key(member: Any, rsa_algorithm: str) -> Jwk | None:
    if not isinstance(member, Mapping) or member.get("use", "sig") != "sig":
        return None
    if member.get("kty") == "RSA":
        return _parse_rsa(member, rsa_algorithm)
    return _parse_ec(member) if member.get("kty") == "EC" else None


def _parse_rsa(member: Mapping[str, Any], usual_algorithm: str) -> Jwk:
    try:
        numbers = RSAPublicNumbers(_decode_integer(member["e"]), _decode_integer(member["n"]))
        return Jwk(str(member["kid"]), str(member.get("alg", usual_algorithm)), numbers.public_key())
    except (KeyError, TypeError, ValueError) as problem:
        raise ValueError(f"not a JWKS: an RSA key in it is malformed ({problem})") from problem


def _parse_ec(member: Mapping[str, Any]) -> Jwk | None:
    """None for a curve or an algorithm that is not known here, and for a point that is none."""
    try:
        algorithm, curve = _CURVES[member["crv"]]
        numbers = EllipticCurvePublicNumbers(_decode_integer(member["x"]), _decode_integer(member["y"]), curve)
        key = Jwk(str(member["kid"]), algorithm, numbers.public_key())
    except (KeyError, TypeError, ValueError):
        return None
    return key if member.get("alg", algorithm) == algorithm else None


def _encode_integer(number: int) -> str:
    return b64url_encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _decode_integer(text: Any) -> int:
    if not isinstance(text, str):
        raise ValueError("a number of it is no text")
    return int.from_bytes(b64url_decode(text), "big")
