"""A software authenticator, honest or not: what a browser hands to a relying party (WebAuthn Level 3 §5, §6)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import CoseKey
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

UP, UV, AT = AuthenticatorData.FLAG.UP, AuthenticatorData.FLAG.UV, AuthenticatorData.FLAG.AT


def elliptic() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Authenticator:
    """One credential. `origin` is where its browser is; `counts` False: a passkey that is synchronised."""

    origin: str
    key: Key = field(default_factory=elliptic)
    algorithm: int = -7
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    counter: int = 0
    counts: bool = True
    verifies: bool = True
    user_handle: str | None = None
    aaguid: str = "00000000-0000-0000-0000-000000000000"

    @property
    def id(self) -> str:
        return websafe_encode(self.credential_id)

    def create(self, options: Mapping[str, Any], **lies: Any) -> dict[str, Any]:
        """RegistrationResponseJSON. `lies`: challenge, rp_id, origin, type, cross_origin in place of the truth."""
        self.user_handle = options["user"]["id"]
        public = CoseKey.for_alg(self.algorithm).from_cryptography_key(self.key.public_key())
        made = AttestedCredentialData.create(Aaguid.parse(self.aaguid), self.credential_id, public)
        data = self._data(lies.get("rp_id", options["rp"]["id"]), AT, made)
        client = self._client("webauthn.create", options["challenge"], lies)
        attested = AttestationObject.create("none", data, {})
        response = {
            "clientDataJSON": client.b64,
            "attestationObject": websafe_encode(attested),
            "transports": ["internal", "hybrid"],
        }
        return self._credential(response)

    def get(self, options: Mapping[str, Any], **lies: Any) -> dict[str, Any]:
        """AuthenticationResponseJSON."""
        data = self._data(lies.get("rp_id", options["rpId"]))
        client = self._client("webauthn.get", options["challenge"], lies)
        response = {
            "clientDataJSON": client.b64,
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(self._sign(data + client.hash)),
            "userHandle": lies.get("user_handle", self.user_handle),
        }
        return self._credential(response)

    def answer(self, options_json: str, **lies: Any) -> str:
        """The CREDENTIAL to CREDENTIAL_REQUEST_OPTIONS."""
        return json.dumps(self.get(json.loads(options_json), **lies))

    def _data(self, rp_id: str, flags: AuthenticatorData.FLAG = UP, made: bytes = b"") -> AuthenticatorData:
        self.counter += self.counts
        flags = UP | flags | (UV if self.verifies else UP)
        return AuthenticatorData.create(sha256(rp_id.encode()), flags, self.counter, made)

    def _client(self, kind: str, challenge: str, lies: Mapping[str, Any]) -> CollectedClientData:
        return CollectedClientData.create(
            lies.get("type", kind),
            websafe_decode(lies.get("challenge", challenge)),
            lies.get("origin", self.origin),
            cross_origin=lies.get("cross_origin", False),
        )

    def _sign(self, message: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), SHA256())
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(message, ec.ECDSA(SHA256()))
        return self.key.sign(message)

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": self.id,
            "rawId": self.id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }
