"""Web identity tokens of the account's own: signed here, and published for whoever verifies them.

Source: IAM user guide, Outbound identity federation; STS API reference, GetWebIdentityToken.
"""

from __future__ import annotations

import contextlib
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from halfday.protocol.jwk import Jwk, jwks
from halfday.protocol.jws import sign
from halfday.server.domain.aws.outbound import ALGORITHMS, OutboundFederation
from halfday.server.domain.user_pools.pools import SigningKey
from halfday.server.services import Services
from halfday.server.storage.errors import Taken

OWNER = "sts-outbound"

_Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


async def signed_token(services: Services, claims: dict[str, Any], algorithm: str) -> str:
    """With the header of AWS: kid, typ, alg."""
    key = await _key(services, algorithm)
    return sign({"kid": key.kid, "typ": "JWT", "alg": algorithm}, claims, _private(key))


async def published_keys(services: Services) -> dict[str, Any]:
    """The JWKS, with a key for every algorithm."""
    made = [await _key(services, algorithm) for algorithm in ALGORITHMS]
    return jwks([Jwk(key.kid, key.purpose, _private(key).public_key()) for key in made])


async def enabled_federation(services: Services, issuer_id: str) -> OutboundFederation | None:
    """Also one that is disabled again: tokens that it issued can be verified until they end."""
    return await services.store.outbound_federations.find_by_issuer(issuer_id)


def discovery(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "claims_supported": ["aud", "exp", "iat", "iss", "jti", "sub"],
    }


async def _key(services: Services, algorithm: str) -> SigningKey:
    """Made when it is first asked for. Of two that make one at once, the first stands."""
    for _ in range(2):
        keys = await services.store.signing_keys.of(OWNER)
        found = next((key for key in keys if key.purpose == algorithm), None)
        if found is not None:
            return found
        with contextlib.suppress(Taken):
            await services.store.signing_keys.insert(await _make(services, algorithm))
    raise RuntimeError("a key that was just kept is there")


async def _make(services: Services, algorithm: str) -> SigningKey:
    private: _Private = (
        await services.key_pairs.take() if algorithm == "RS256" else ec.generate_private_key(ec.SECP384R1())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(OWNER, algorithm, f"{algorithm}_{services.uuid()}", pem.decode(), services.clock())


def _private(key: SigningKey) -> _Private:
    private = serialization.load_pem_private_key(key.private_pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(private, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        raise TypeError(f"signing key {key.kid} is neither RSA nor of an elliptic curve")
    return private
