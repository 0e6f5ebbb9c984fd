"""Tokens of providers that sign by other algorithms than Cognito: each is held to the key that it names."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from halfday.protocol.claims import ClaimsError, verify
from halfday.protocol.encoding import b64url_decode, b64url_encode
from halfday.protocol.jwk import Jwk, parse_jwks
from halfday.protocol.jws import sign

KEYS: dict[str, Any] = {
    "RS256": generate_private_key(65537, 2048),
    "RS384": generate_private_key(65537, 2048),
    "RS512": generate_private_key(65537, 2048),
    "PS256": generate_private_key(65537, 2048),
    "PS384": generate_private_key(65537, 2048),
    "PS512": generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
}


def public(algorithm: str, **members: str) -> dict[str, Any]:
    maker = ECAlgorithm if algorithm.startswith("ES") else RSAAlgorithm
    made: dict[str, Any] = json.loads(maker.to_jwk(KEYS[algorithm].public_key()))
    return {**made, "kid": algorithm, "alg": algorithm, **members}


def token(algorithm: str, **claims: Any) -> str:
    told = {"iss": "https://idp.example", "sub": "42", "exp": int(time.time()) + 60, **claims}
    return jwt.encode(told, KEYS[algorithm], algorithm, headers={"kid": algorithm})


def accepted(text: str, *keys: dict[str, Any]) -> str:
    published = parse_jwks({"keys": list(keys)})
    return verify(
        text, published, issuer="https://idp.example", token_use=None, client_id=None, now=time.time()
    ).subject


@pytest.mark.parametrize("algorithm", KEYS)
def test_what_pyjwt_signs_is_accepted_by_the_published_key(algorithm: str) -> None:
    assert accepted(token(algorithm), public(algorithm)) == "42"


@pytest.mark.parametrize("algorithm", KEYS)
def test_what_is_signed_here_is_accepted_by_pyjwt(algorithm: str) -> None:
    text = sign({"alg": algorithm, "kid": "k"}, {"sub": "42"}, KEYS[algorithm])
    published = jwt.PyJWK(Jwk("k", algorithm, KEYS[algorithm].public_key()).to_json())
    assert jwt.decode(text, published, algorithms=[algorithm]) == {"sub": "42"}


@pytest.mark.parametrize(("algorithm", "fewest"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_shared_secret_is_as_long_as_the_hash_at_least(algorithm: str, fewest: int) -> None:
    """RFC 7518 §3.2."""
    for length, expected in ((fewest, nullcontext()), (fewest - 1, pytest.raises(ClaimsError, match="signature"))):
        keys = {"": Jwk("", algorithm, b"s" * length)}
        text = sign({"alg": algorithm}, {"exp": 2**33, "sub": "42"}, b"s" * length)
        with expected:
            verify(text, keys, issuer=None, token_use=None, client_id=None, now=time.time())


def test_what_is_signed_here_by_a_secret_is_accepted_by_pyjwt() -> None:
    secret = b"s" * 64
    for algorithm in ("HS256", "HS384", "HS512"):
        text = sign({"alg": algorithm}, {"sub": "42"}, secret)
        assert jwt.decode(text, secret, algorithms=[algorithm]) == {"sub": "42"}


def test_a_shared_secret_is_never_published() -> None:
    with pytest.raises(TypeError, match="not published"):
        Jwk("", "HS256", b"s" * 32).to_json()


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_changed_payload_or_signature_is_refused(algorithm: str) -> None:
    header, payload, signature = token(algorithm).split(".")
    other = token(algorithm, sub="43").split(".")
    bits = bytearray(b64url_decode(signature))
    bits[-1] ^= 1
    raw = b64url_decode(signature)
    altered = [bytes(bits), raw[:-1], raw + b"\0", b"", b"\0" * len(raw), raw[len(raw) // 2 :] * 2]
    texts = [f"{header}.{other[1]}.{signature}", *(f"{header}.{payload}.{b64url_encode(each)}" for each in altered)]
    for text in texts:
        with pytest.raises(ClaimsError) as refused:
            accepted(text, public(algorithm))
        assert refused.value.claim == "signature"


CONFUSED = [
    ("ES256", "RS256"),
    ("RS256", "ES256"),
    ("ES384", "ES256"),
    ("RS512", "RS256"),
    ("PS256", "RS256"),
    ("RS256", "PS256"),
    ("PS512", "PS256"),
]


def test_no_header_chooses_another_algorithm_than_the_key_s() -> None:
    """RFC 8725 §3.1. The key of ES256 as one of RS256, and the other way round."""
    for signed_by, claimed in CONFUSED:
        text = jwt.encode({"exp": 2**33}, KEYS[signed_by], signed_by, headers={"kid": claimed})
        with pytest.raises(ClaimsError) as refused:
            accepted(text, public(claimed))
        assert refused.value.claim == "signature"


@pytest.mark.parametrize(
    "members", [{"crv": "P-224"}, {"crv": "secp256k1"}, {"x": "AAAA"}, {"y": "not base64!"}, {"alg": "ES384"}], ids=str
)
def test_a_curve_or_a_point_that_is_not_known_is_left_out(members: dict[str, str]) -> None:
    assert parse_jwks({"keys": [public("ES256", **members), public("RS256")]}).keys() == {"RS256"}
