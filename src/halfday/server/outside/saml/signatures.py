"""Enveloped signatures of SAML messages and assertions (SAML core §5.4), verified with the provider's certificates.

What is handed back is what was signed, parsed anew from the very bytes whose digest was compared: whatever else stands
in the document is never read. The verification itself is signxml's. Before it, everything is refused that SAML does
not allow in a signature, so that no choice is left to the document.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from halfday.server.outside.saml.documents import SIGNATURE, Element, Unreadable, children, named, only_child

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_PARTS = frozenset({"SignedInfo", "SignatureValue", "KeyInfo"})
_DIGESTS = ("SHA256", "SHA384", "SHA512")
_METHODS = tuple(name for digest in _DIGESTS for name in (f"RSA_{digest}", f"ECDSA_{digest}", f"{digest}_RSA_MGF1"))
"""Nothing with SHA-1, which can be forged, and nothing with a shared secret."""


class NotSigned(ValueError):
    """No certificate of the provider verifies the signature, or it is none that SAML allows."""


def find_signature(signed: Element) -> Element | None:
    """The signature of this message or assertion, which is its child. Raises Unreadable for two."""
    found = children(signed, SIGNATURE, "Signature")
    if len(found) > 1:
        raise Unreadable("an element has two signatures")
    return found[0] if found else None


def verified(signed: Element, certificates: Collection[Certificate]) -> Element:
    """The element as it was signed, and nothing beside it. Raises NotSigned."""
    try:
        _check_shape(signed)
    except Unreadable as problem:
        raise NotSigned(str(problem)) from None
    for certificate in certificates:
        found = _verified_with(signed, certificate)
        if found is not None:
            return found
    raise NotSigned("none of the provider's certificates verifies it")


def _check_shape(signed: Element) -> None:
    """One reference, to this element; enveloped, and canonical in the exclusive way (SAML core §5.4.2 to §5.4.4)."""
    signature = find_signature(signed)
    if signature is None:
        raise NotSigned("there is no signature")
    if strange := {child.tag for child in signature} - {named(SIGNATURE, part) for part in _PARTS}:
        raise NotSigned(f"the signature holds {len(strange)} elements that have no place in it")
    info = only_child(signature, SIGNATURE, "SignedInfo")
    if only_child(info, SIGNATURE, "CanonicalizationMethod").get("Algorithm") != EXCLUSIVE:
        raise NotSigned("the canonicalization is not the exclusive one")
    reference = only_child(info, SIGNATURE, "Reference")
    if not signed.get("ID") or reference.get("URI") != f"#{signed.get('ID')}":
        raise NotSigned("the signature is of another element than the one that it stands in")
    transforms = children(only_child(reference, SIGNATURE, "Transforms"), SIGNATURE, "Transform")
    if sorted(each.get("Algorithm", "") for each in transforms) != sorted((ENVELOPED, EXCLUSIVE)):
        raise NotSigned("the transforms are not the enveloped signature and the exclusive canonicalization")


def _verified_with(signed: Element, certificate: Certificate) -> Element | None:
    """A certificate is trusted because the metadata names it. Its dates were checked when it was configured."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from lxml.etree import LxmlError
    from signxml.algorithms import DigestAlgorithm, SignatureMethod
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    config = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=frozenset(SignatureMethod[name] for name in _METHODS),
        digest_algorithms=frozenset(DigestAlgorithm[name] for name in _DIGESTS),
        verification_time=certificate.not_valid_before_utc,
    )
    try:
        result = XMLVerifier().verify(signed, x509_cert=certificate, id_attribute="ID", expect_config=config)
    except (SignXMLException, LxmlError, UnsupportedAlgorithm, ValueError, LookupError, TypeError, AttributeError):
        return None  # of a document that nobody vouches for, the library's parts raise what they like
    found = None if isinstance(result, list) else result.signed_xml
    same = found is not None and found.tag == signed.tag and found.get("ID") == signed.get("ID")
    return found if same else None
