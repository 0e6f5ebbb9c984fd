"""The provider's answer: from the posted text to what it proves, or to the reason why it proves nothing.

Nothing is read of an element that no signature covers, save to refuse the answer. Where an assertion, a response or a
signature stands in a place of its own choice, or more than once, the answer is refused as a whole: so end all ways to
wrap a signed assertion round a forged one (Somorovsky et al., On breaking SAML).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from halfday.server.outside.saml.assertions import Expected, Proven, Unacceptable, proven_by
from halfday.server.outside.saml.documents import (
    ASSERTION,
    PROTOCOL,
    SIGNATURE,
    Element,
    Unreadable,
    check_ids,
    children,
    named,
    only_child,
    parse,
    text_of,
)
from halfday.server.outside.saml.encryption import CannotDecrypt, decrypted
from halfday.server.outside.saml.signatures import NotSigned, find_signature, verified

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

LONGEST_CHARACTERS = 100_000
"""Of the posted text (developer guide, The IdP SAML assertion endpoint)."""

SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_STATUS = "urn:oasis:names:tc:SAML:2.0:status:"


@dataclass(frozen=True, slots=True)
class Keys:
    """The certificates that the provider may sign with, and the key for which it must encrypt; None for neither."""

    certificates: Collection[Certificate]
    decrypts: RSAPrivateKey | None = field(default=None, repr=False)


def prove(text: str, expected: Expected, keys: Keys) -> Proven:
    """Who signed in, by the parameter SAMLResponse. Raises Unacceptable."""
    try:
        response = _response(text)
        _check_status(response)
        _check_addressed(response, expected)
        return proven_by(_verified_assertion(response, expected, keys), expected)
    except Unreadable as problem:
        raise Unacceptable("SAML Response is malformed", str(problem)) from None


def _response(text: str) -> Element:
    if len(text) > LONGEST_CHARACTERS:
        raise Unacceptable("SAML Response is too long", f"it is longer than {LONGEST_CHARACTERS} characters")
    try:
        body = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("it is not Base64") from None
    response = parse(body, longest_bytes=LONGEST_CHARACTERS)
    if response.tag != named(PROTOCOL, "Response") or response.get("Version") != "2.0":
        raise Unreadable("it is not a Response of SAML 2.0")
    _check_places(response)
    return response


def _check_places(response: Element) -> None:
    """One assertion, a child of the response; signatures in these two only; every ID once. Raises Unreadable."""
    check_ids(response)
    assertions = _all(response, ASSERTION, "Assertion") + _all(response, ASSERTION, "EncryptedAssertion")
    if len(assertions) > 1 or any(assertion.getparent() is not response for assertion in assertions):
        raise Unreadable("there is more than one assertion, or one in another place than the response")
    if len(_all(response, PROTOCOL, "Response")) != 1:
        raise Unreadable("there is a response within the response")
    if any(
        signature.getparent() not in (response, *assertions) for signature in _all(response, SIGNATURE, "Signature")
    ):
        raise Unreadable("there is a signature in another place than the response and its assertion")


def _all(root: Element, namespace: str, name: str) -> list[Element]:
    return list(root.iter(named(namespace, name)))


def _check_status(response: Element) -> None:
    """An answer without success proves nothing, signed or not."""
    code = only_child(only_child(response, PROTOCOL, "Status"), PROTOCOL, "StatusCode")
    if code.get("Value") == SUCCESS:
        return
    told = [each.get("Value", "") for each in (*code.iter(named(PROTOCOL, "StatusCode")),)]
    known = [value.removeprefix(_STATUS) for value in told if value.removeprefix(_STATUS).isalpha()]
    detail = f"the provider signed nobody in: {', '.join(known[:2]) or 'another status than success'}"
    raise Unacceptable("SAML Response status is not success", detail)


def _check_addressed(response: Element, expected: Expected) -> None:
    """The response's own attributes may lie outside what is signed: they can end a sign-in, and not make one."""
    if expected.consumers and response.get("Destination") not in (None, *expected.consumers):
        raise Unacceptable("Destination is invalid", "Destination is not /saml2/idpresponse of this domain")
    if not expected.is_answer_to(response.get("InResponseTo")):
        asked = "the request's ID" if expected.request_id else "absent, as nobody asked for this answer"
        raise Unacceptable("InResponseTo is invalid", f"the response's InResponseTo is not {asked}")
    issuers = children(response, ASSERTION, "Issuer")
    if any(text_of(issuer) != expected.issuer for issuer in issuers):
        raise Unacceptable("Issuer is invalid", "the response's issuer is not the entityID of the provider's metadata")


def _verified_assertion(response: Element, expected: Expected, keys: Keys) -> Element:
    """The assertion, as part of the signed response or as it was signed itself; each signature that is there counts."""
    signed = find_signature(response) is not None
    if signed:
        response = _signed(response, keys.certificates, "Response")
        _check_addressed(response, expected)
    assertion = _assertion(response, keys.decrypts)
    if find_signature(assertion) is not None or not signed:
        return _signed(assertion, keys.certificates, "Assertion")
    return assertion


def _assertion(response: Element, key: RSAPrivateKey | None) -> Element:
    """The response's assertion, decrypted if the provider must encrypt: plain ones are refused then."""
    encrypted = children(response, ASSERTION, "EncryptedAssertion")
    if key is None:
        if encrypted:
            raise Unacceptable("Encrypted assertions are not enabled", "EncryptedResponses is not true")
        return only_child(response, ASSERTION, "Assertion")
    if not encrypted:
        raise Unacceptable(
            "Assertion is not encrypted", "EncryptedResponses is true, and the assertion is not encrypted"
        )
    return _opened(encrypted[0], key)


def _opened(encrypted: Element, key: RSAPrivateKey) -> Element:
    """Whatever is wrong within is told like a wrong key (see `encryption`)."""
    try:
        assertion = parse(decrypted(encrypted, key), longest_bytes=LONGEST_CHARACTERS)
        check_ids(assertion)
        own = [assertion.getparent(), assertion]
        misplaced = [s for s in _all(assertion, SIGNATURE, "Signature") if s.getparent() not in own]
        nested = _all(assertion, ASSERTION, "Assertion") + _all(assertion, ASSERTION, "EncryptedAssertion")
        if assertion.tag != named(ASSERTION, "Assertion") or len(nested) != 1 or misplaced:
            raise Unreadable("it is not one assertion")
    except (CannotDecrypt, Unreadable):
        detail = "it is not an assertion that was encrypted for the provider's ActiveEncryptionCertificate"
        raise Unacceptable("Assertion cannot be decrypted", detail) from None
    return assertion


def _signed(element: Element, certificates: Collection[Certificate], what: str) -> Element:
    """The sentence is AWS's (aws/aws-sdk-js-v3#6201), full stop and blank included."""
    try:
        return verified(element, certificates)
    except NotSigned as problem:
        raise Unacceptable(f"SAML {what} signature is invalid. ", f"the {what.lower()}: {problem}") from None
