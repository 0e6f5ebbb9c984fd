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
    """One signature key: its id, its algorithm (RS256 to RS512, ES256 to ES512) and the key itself."""

    kid: str
    algorithm: str
    key: RSAPublicKey | EllipticCurvePublicKey

    def to_json(self) -> dict[str, str]:
        """Of an RSA key, which all of ours are."""
        if not isinstance(self.key, RSAPublicKey):
            raise TypeError("only RSA keys are published")
        numbers = self.key.public_numbers()
        return {
            "alg": self.algorithm,
            "e": _encode_integer(numbers.e),
            "kid": self.kid,
            "kty": "RSA",
            "n": _encode_integer(numbers.n),
            "use": "sig",
        }


def thumbprint_kid(key: RSAPublicKey) -> str:
    """The RFC 7638 thumbprint in Cognito's spelling of a kid: 44 characters of base64, ending in '='."""
    numbers = key.public_numbers()
    members = {"e": _encode_integer(numbers.e), "kty": "RSA", "n": _encode_integer(numbers.n)}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64.b64encode(hashlib.sha256(canonical.encode()).digest()).decode()


def jwks(keys: Iterable[Jwk]) -> dict[str, list[dict[str, str]]]:
    return {"keys": [key.to_json() for key in keys]}


def parse_jwks(document: Mapping[str, Any]) -> dict[str, Jwk]:
    """The signature keys of a JWKS by kid. Keys of other kinds are left out. Raises ValueError when malformed."""
    members = document.get("keys")
    if not isinstance(members, list):
        raise ValueError("not a JWKS: it has no list called 'keys'")
    return {key.kid: key for key in map(_parse_key, members) if key is not None}


def _parse_key(member: Any) -> Jwk | None:
    if not isinstance(member, Mapping) or member.get("use", "sig") != "sig":
        return None
    return {"RSA": _parse_rsa, "EC": _parse_ec}.get(str(member.get("kty")), _left_out)(member)


def _left_out(_member: Mapping[str, Any]) -> None:
    return None


def _parse_rsa(member: Mapping[str, Any]) -> Jwk:
    try:
        numbers = RSAPublicNumbers(_decode_integer(member["e"]), _decode_integer(member["n"]))
        return Jwk(str(member["kid"]), str(member.get("alg", "RS256")), numbers.public_key())
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
