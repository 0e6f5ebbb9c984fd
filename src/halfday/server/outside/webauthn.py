"""Parses and checks the answers of authenticators with Yubico's fido2 (docs/decisions). No other file imports fido2.

Only flows/factors/passkeys imports this module, when it handles a passkey: importing fido2 takes 23 ms and 4 MB.
Attestation is neither requested nor checked. Source: Web Authentication Level 3 §7.1 (registration), §7.2 (sign-in).
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

# The exceptions that fido2 raises for malformed input, as found by fuzzing.
_LIBRARY_ERRORS = (ValueError, TypeError, LookupError, AttributeError, RecursionError, struct.error)

_LONGEST_TEXT = 16_384
"""Characters of a member of a credential. With certificates a member has 8,000. fido2's CBOR takes quadratic time."""

_BINARY = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer is checked against. `challenge` is base64url, `user_verification` required or preferred."""

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
    """A new credential that passed the checks. `public_key` is a COSE key, base64url."""

    credential_id: str
    public_key: str
    sign_count: int
    aaguid: str
    transports: tuple[str, ...]
    attachment: str | None


@dataclass(frozen=True, slots=True)
class Assertion:
    """A proof of possession that passed the checks. `verified`: the authenticator verified the user (finger, PIN)."""

    sign_count: int
    verified: bool


def read_registration(document: Any) -> RegistrationResponse:
    """Parses a RegistrationResponseJSON. Raises Refused MALFORMED."""
    with _refusing(Reason.MALFORMED):
        given = _texts_only(document)
        attested = cbor.decode(websafe_decode(given["response"]["attestationObject"]))
        if not isinstance(attested, dict) or not isinstance(attested.get("authData"), bytes):
            raise TypeError("the attestation object holds no authenticator data")
        return RegistrationResponse.from_dict(given)


def read_authentication(document: Any) -> AuthenticationResponse:
    """Parses an AuthenticationResponseJSON. Raises Refused MALFORMED."""
    with _refusing(Reason.MALFORMED):
        return AuthenticationResponse.from_dict(_texts_only(document))


def challenge_of(response: RegistrationResponse) -> str:
    return b64url_encode(response.response.client_data.challenge)


def check_registration(
    response: RegistrationResponse, expected: Expected, document: Mapping[str, Any]
) -> NewCredential:
    """The credential, if it was made for this challenge, relying party and origin. Raises Refused."""
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
    """The proof, if this passkey's key signed it for this challenge, relying party and origin. Raises Refused."""
    data = response.response.authenticator_data
    _check_where(response.response.client_data, data, expected)
    with _refusing(Reason.NOT_SUPPORTED):
        key = CoseKey.parse(cast(Mapping[int, Any], cbor.decode(b64url_decode(passkey.public_key))))
        kept = AttestedCredentialData.create(Aaguid.NONE, b64url_decode(passkey.credential_id), key)
        expected.server.authenticate_complete(expected.state, [kept], response)
    return Assertion(data.counter, data.is_user_verified())


def _check_where(client: CollectedClientData, data: AuthenticatorData, expected: Expected) -> None:
    """Checks that the answer was made on a page of the relying party, and for it. Raises Refused.

    Allowed are https origins whose host is the RP id or a subdomain of it, at any port. http is allowed for localhost
    and hosts that end in .localhost, which browsers trust. A page framed in another site is not allowed. [inferred:
    AWS's documentation only says that the origin has to align with the RP id.]
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
    """The members that are read. Raises TypeError unless each is text: for a number N, fido2 would make N bytes."""
    if not isinstance(document, dict) or not isinstance(document.get("response"), dict):
        raise TypeError("a credential is a JSON object with a response inside")
    outer = {name: document[name] for name in ("id", "rawId", "type") if name in document}
    inner = {name: value for name, value in document["response"].items() if name in _BINARY and value is not None}
    for value in (*outer.values(), *inner.values()):
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise TypeError("a member of the credential is not text, or is too long")
    return {**outer, "response": inner}


@contextmanager
def _refusing(reason: Reason) -> Iterator[None]:
    try:
        yield
    except _LIBRARY_ERRORS as problem:
        raise reason.because(f"fido2 refused it: {kind_of(problem)}") from problem
