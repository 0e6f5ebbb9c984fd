"""Signing keys: opened once, published as JWKS. They are made in flows/signing_keys."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from halfday.protocol.jwk import Jwk
from halfday.protocol.jws import sign
from halfday.server.domain.user_pools.pools import Pool, SigningKey
from halfday.server.flows.signing_keys import keys_of, make_key, private_of
from halfday.server.services import OpenedKey, Services
from halfday.server.storage.errors import Missing, Taken

IDENTITY_OWNER = "cognito-identity"

_ALGORITHM = {"id": "RS256", "access": "RS256", "openid": "RS512"}


async def sign_claims(services: Services, owner: str, purpose: str, claims: dict[str, Any]) -> str:
    """A compact JWS of `claims`, with the owner's key for this purpose. The header is Cognito's: kid and alg."""
    key = await _key(services, owner, purpose)
    header = {"kid": key.kid, "alg": _ALGORITHM[purpose]}
    if purpose == "openid":
        header["typ"] = "JWS"
    return sign(header, claims, _opened(services, key).private)


async def public_keys(services: Services, owner: str) -> dict[str, Jwk]:
    """The owner's public keys by kid; empty for an owner without keys."""
    keys = await keys_of(services, owner)
    return {key.kid: _opened(services, key).public for key in keys}


async def identity_public_keys(services: Services) -> dict[str, Jwk]:
    """The keys of the identity service; one is made at the first time of asking."""
    await _identity_key(services)
    return await public_keys(services, IDENTITY_OWNER)


async def signing_certificate(services: Services, pool: Pool) -> str:
    """The self-signed certificate of the pool's key, base64 of its DER; made anew each time, and always the same.

    It begins when the pool was made and lasts ten years (API reference, GetSigningCertificate).
    """
    private = _opened(services, await _key(services, pool.pool_id, "id")).private
    return certificate_of(private, pool.pool_id, begins_at=pool.created_at)


async def sign_with_certificate(services: Services, pool_id: str, message: bytes) -> bytes:
    """RSA PKCS #1 v1.5 with SHA-256, by the key of `signing_certificate`: for requests to SAML providers."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    return _opened(services, await _key(services, pool_id, "id")).private.sign(message, PKCS1v15(), SHA256())


def certificate_of(private: rsa.RSAPrivateKey, pool_id: str, *, begins_at: float) -> str:
    """A self-signed certificate under the pool's id, for ten years; the same whenever it is made of the same."""
    from cryptography import x509  # 10 ms that nobody else needs
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, pool_id)])
    begins = datetime.fromtimestamp(int(begins_at), UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(pool_id.encode()).digest()[:8], "big") | 1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=3650))
    )
    certificate = built.sign(private, SHA256())  # PKCS #1 v1.5: deterministic
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


async def _key(services: Services, owner: str, purpose: str) -> SigningKey:
    if owner == IDENTITY_OWNER:
        return await _identity_key(services)
    try:
        return await services.store.signing_keys.get(owner, purpose)
    except Missing:
        await keys_of(services, owner)
        return await services.store.signing_keys.get(owner, purpose)


async def _identity_key(services: Services) -> SigningKey:
    keys = await services.store.signing_keys.of(IDENTITY_OWNER)
    if not keys:
        made = await make_key(services, IDENTITY_OWNER, "openid")
        with contextlib.suppress(Taken):  # another task or process was first: theirs is as good
            await services.store.signing_keys.insert(made)
        keys = await services.store.signing_keys.of(IDENTITY_OWNER)
    return keys[0]


def _opened(services: Services, key: SigningKey) -> OpenedKey:
    """Opened once for each record that the store holds, and forgotten with it."""
    opened: OpenedKey | None = services.opened_keys.get(key)
    if opened is None:
        private = private_of(key)
        public = Jwk(key.kid, _ALGORITHM[key.purpose], private.public_key())
        opened = services.opened_keys[key] = OpenedKey(private, public)
    return opened
