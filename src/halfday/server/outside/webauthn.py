"""What an authenticator answered, read and checked with Yubico's fido2 (docs/decisions): the only file that knows it.

Only flows/factors/passkeys imports this, once a passkey is at hand: the library costs 23 ms and 4 MB to import.
Attestation is not asked for and not looked at. Source: Web Authentication Level 3 §7.1 (registration), §7.2 (sign-in).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from fido2 import cbor
from fido2.cose import CoseKey
from fido2.rpid import verify_rp_id
from fido2.server import Fido2Server
from fido2.utils import sha256, websafe_decode
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)

from halfday.protocol.encoding import b64url_decode, b64url_encode
from halfday.server.domain.failures import kind_of
from halfday.server.domain.sign_in.passkeys import (
    ALGORITHMS,
    CROSS_PLATFORM,
    MOST_ID_BYTES,
    PLATFORM,
    Reason,
    known_transports,
)
from halfday.server.domain.users.factors import Passkey

# What the library raises at bytes that are not what they should be, as fuzzing found.
_LIBRARY_ERRORS = (ValueError, TypeError, LookupError, AttributeError, RecursionError, struct.error)

_LONGEST_TEXT = 16_384
"""Of a credential's members. With certificates they come to 8,000; the library's CBOR takes quadratic time."""

_BINARY = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a checked answer has to be about. `challenge` is base64url, `user_verification` required or preferred."""

    challenge: str
    relying_party_id: str
    user_verification: str

    @property
    def state(self) -> dict[str, Any]:
        return {
            "challenge": self.challenge,
            "user_verification": UserVerificationRequirement(self.user_verification),
        }

    @property
    def server(self) -> Fido2Server:
        name = self.relying_party_id
        return Fido2Server(PublicKeyCredentialRpEntity(id=name, name=name))


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential as it was made, checked. `public_key` is a COSE key, base64url."""

    credential_id: str
    public_key: str
    sign_count: int
    aaguid: str
    transports: tuple[str, ...]
    attachment: str | None


@dataclass(frozen=True, slots=True)
class Assertion:
    """A proof of possession, checked. `verified`: the authenticator made sure of the person, by a finger or a PIN."""

    sign_count: int
    verified: bool


def read_registration(document: Any) -> RegistrationResponse:
    """RegistrationResponseJSON. Raises Refused MALFORMED."""
    with _refusing(Reason.MALFORMED):
        given = _texts_only(document)
        attested = cbor.decode(websafe_decode(given["response"]["attestationObject"]))
        if not isinstance(attested, dict) or not isinstance(attested.get("authData"), bytes):
            raise TypeError("the attestation object holds no authenticator data")
        return RegistrationResponse.from_dict(given)


def read_authentication(document: Any) -> AuthenticationResponse:
    """AuthenticationResponseJSON. Raises Refused MALFORMED."""
    with _refusing(Reason.MALFORMED):
        return AuthenticationResponse.from_dict(_texts_only(document))


def challenge_of(response: RegistrationResponse) -> str:
    return b64url_encode(response.response.client_data.challenge)


def check_registration(
    response: RegistrationResponse, expected: Expected, document: Mapping[str, Any]
) -> NewCredential:
    """The credential, made for this challenge, party and origin. Raises Refused."""
    data = response.response.attestation_object.auth_data
    _check_where(response.response.client_data, data, expected)
    made = data.credential_data
    if made is None or made.public_key.ALGORITHM not in ALGORITHMS:
        raise Reason.NOT_SUPPORTED.because("there is no credential, or its key is neither ES256 nor RS256")
    if not 0 < len(made.credential_id) <= MOST_ID_BYTES:
        raise Reason.NOT_SUPPORTED.because(f"a credential id of {len(made.credential_id)} bytes")
    with _refusing(Reason.NOT_SUPPORTED):
        expected.server.register_complete(expected.state, response)
    attachment = document.get("authenticatorAttachment")
    return NewCredential(
        credential_id=b64url_encode(made.credential_id),
        public_key=b64url_encode(cbor.encode(made.public_key)),
        sign_count=data.counter,
        aaguid=str(made.aaguid),
        transports=_transports(document),
        attachment=attachment if attachment in (PLATFORM, CROSS_PLATFORM) else None,
    )


def check_authentication(response: AuthenticationResponse, expected: Expected, passkey: Passkey) -> Assertion:
    """The proof, by this passkey's key, for this challenge, party and origin. Raises Refused."""
    data = response.response.authenticator_data
    _check_where(response.response.client_data, data, expected)
    with _refusing(Reason.NOT_SUPPORTED):
        key = CoseKey.parse(cast(Mapping[int, Any], cbor.decode(b64url_decode(passkey.public_key))))
        kept = AttestedCredentialData.create(Aaguid.NONE, b64url_decode(passkey.credential_id), key)
        expected.server.authenticate_complete(expected.state, [kept], response)
    return Assertion(data.counter, data.is_user_verified())


def _check_where(client: CollectedClientData, data: AuthenticatorData, expected: Expected) -> None:
    """That it happened on a page of the relying party, and for it.

    Allowed are https origins of the RP id's host and those below it at any port, and http ones where the host is
    localhost or ends in .localhost, which browsers trust; none of a page within another site's. [inferred: AWS's
    documentation only says that the origin has to align with the RP id.]
    """
    with _refusing(Reason.ORIGIN):
        allowed = verify_rp_id(expected.relying_party_id, client.origin) and not client.cross_origin
    if not allowed:
        raise Reason.ORIGIN.because(f"origin {client.origin!r:.200} for {expected.relying_party_id}")
    if data.rp_id_hash != sha256(expected.relying_party_id.encode()):
        raise Reason.OTHER_PARTY.because(f"the credential is not for {expected.relying_party_id}")


def _transports(document: Mapping[str, Any]) -> tuple[str, ...]:
    given = document["response"].get("transports")
    return known_transports(given) if isinstance(given, list) else ()


def _texts_only(document: Any) -> dict[str, Any]:
    """The members that are read, if each is a text: of a number N, the library would make N bytes."""
    if not isinstance(document, dict) or not isinstance(document.get("response"), dict):
        raise TypeError("a credential is a JSON object with a response inside")
    outer = {name: document[name] for name in ("id", "rawId", "type") if name in document}
    inner = {name: value for name, value in document["response"].items() if name in _BINARY and value is not None}
    for value in (*outer.values(), *inner.values()):
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise TypeError("a member of the credential is no text, or too long a one")
    return {**outer, "response": inner}


@contextmanager
def _refusing(reason: Reason) -> Iterator[None]:
    try:
        yield
    except _LIBRARY_ERRORS as problem:
        raise reason.because(f"fido2 refused it: {kind_of(problem)}") from problem
