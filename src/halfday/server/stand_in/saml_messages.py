"""SAML messages as the stand-in reads and writes them. Pages and accounts are in `saml`.

Nothing here is shared with the pool's own half (outside/saml): what one writes, the other reads as a stranger's.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from halfday.server.domain.text.xml_documents import MalformedDocument, check_xml
from halfday.server.domain.text.xml_text import xml_text

ASSERTION, PROTOCOL = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
_DS = "http://www.w3.org/2000/09/xmldsig#"
_STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
_LONGEST_REQUEST_BYTES = 64 * 1024
_GOOD_FOR_S = 300
_SIGNATURE = f'<ds:Signature xmlns:ds="{_DS}" Id="placeholder"></ds:Signature>'

Signer = Callable[[str], str]


class Refusal(ValueError):
    """The request cannot be answered; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, or what stands for one where the provider begins: then it has no id."""

    id: str
    issuer: str
    consumer: str
    relay_state: str


def read_request(query: Mapping[str, str], kind: str, destination: str) -> Asked:
    """A request by the HTTP-Redirect binding (SAML bindings §3.4). Raises Refusal."""
    from lxml import etree

    document = _inflated(query.get("SAMLRequest", ""))
    try:
        for _ in check_xml(document):
            pass
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except (MalformedDocument, etree.XMLSyntaxError):
        raise Refusal("SAMLRequest is not XML.") from None
    if root.tag != f"{{{PROTOCOL}}}{kind}":
        raise Refusal(f"SAMLRequest is no {kind}.")
    if root.get("Destination") not in (None, destination):
        raise Refusal(f"Destination is {root.get('Destination')}, and this is {destination}")
    issuer = (root.findtext(f"{{{ASSERTION}}}Issuer") or "").strip()
    if not root.get("ID") or not issuer:
        raise Refusal("The request has no ID, or no Issuer.")
    return Asked(root.get("ID"), issuer, root.get("AssertionConsumerServiceURL", ""), query.get("RelayState", ""))


def response(asked: Asked, entity: str, name_id: str, attributes: Mapping[str, Any], now: float, sign: Signer) -> str:
    """The signed answer: who signed in, and what is known of them."""
    to = f' InResponseTo="{_quoted(asked.id)}"' if asked.id else ""
    ends = f'NotOnOrAfter="{_moment(now + _GOOD_FOR_S)}"'
    index = f"_{uuid4().hex}"
    assertion = (
        f'<saml2:Assertion xmlns:saml2="{ASSERTION}" ID="_{uuid4().hex}" Version="2.0" IssueInstant="{_moment(now)}">'
        f"<saml2:Issuer>{xml_text(entity)}</saml2:Issuer>{_SIGNATURE}<saml2:Subject>"
        f'<saml2:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{xml_text(name_id)}'
        '</saml2:NameID><saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f'<saml2:SubjectConfirmationData Recipient="{_quoted(asked.consumer)}" {ends}{to}/>'
        f'</saml2:SubjectConfirmation></saml2:Subject><saml2:Conditions NotBefore="{_moment(now)}" {ends}>'
        f"<saml2:AudienceRestriction><saml2:Audience>{xml_text(asked.issuer)}</saml2:Audience>"
        "</saml2:AudienceRestriction></saml2:Conditions>"
        f'<saml2:AuthnStatement AuthnInstant="{_moment(now)}" SessionIndex="{index}"><saml2:AuthnContext>'
        "<saml2:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml2:AuthnContextClassRef>"
        f"</saml2:AuthnContext></saml2:AuthnStatement>{_attributes(attributes)}</saml2:Assertion>"
    )
    return _message("Response", asked, entity, asked.consumer, now, content=sign(assertion))


def refusal(asked: Asked, entity: str, now: float, sign: Signer) -> str:
    """The signed answer where the person does not want to."""
    status = ("Responder", "AuthnFailed")
    return sign(_message("Response", asked, entity, asked.consumer, now, status=status, place=_SIGNATURE))


def logout_response(asked: Asked, entity: str, target: str, now: float, sign: Signer) -> str:
    return sign(_message("LogoutResponse", asked, entity, target, now, place=_SIGNATURE))


def metadata(entity: str, sign_in: str, sign_out: str, certificate: str) -> str:
    redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{_quoted(entity)}">'
        f'<md:IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}"><md:KeyDescriptor use="signing">'
        f'<ds:KeyInfo xmlns:ds="{_DS}"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate>'
        f'</ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleLogoutService Binding="{redirect}" '
        f'Location="{_quoted(sign_out)}"/><md:SingleSignOnService Binding="{redirect}" '
        f'Location="{_quoted(sign_in)}"/></md:IDPSSODescriptor></md:EntityDescriptor>'
    )


def signed(document: str, key: RSAPrivateKey) -> str:
    """The document with its root signed, at its place for a signature."""
    from cryptography import x509
    from lxml import etree
    from signxml.algorithms import CanonicalizationMethod
    from signxml.signer import XMLSigner

    root = etree.fromstring(document)
    certificate = x509.load_der_x509_certificate(base64.b64decode(certificate_of(key)))
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    done = signer.sign(root, key=key, cert=[certificate], reference_uri=root.get("ID"), id_attribute="ID")
    return str(etree.tostring(done, encoding="unicode"))


def certificate_of(key: RSAPrivateKey) -> str:
    """Base64 of a self-signed certificate, always the same for one key."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    certificate = builder.not_valid_after(datetime(2049, 12, 31, tzinfo=UTC)).sign(key, SHA256())
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def packed(message: str) -> str:
    return base64.b64encode(message.encode()).decode()


def host_of(url: str) -> str:
    return urlsplit(url).netloc


def _message(
    kind: str,
    asked: Asked,
    entity: str,
    target: str,
    now: float,
    *,
    status: Sequence[str] = ("Success",),
    content: str = "",
    place: str = "",
) -> str:
    """`status`: the code, and those within it. `place` is where the signature will stand."""
    to = f' InResponseTo="{_quoted(asked.id)}"' if asked.id else ""
    codes = ""
    for code in reversed(status):
        codes = f'<saml2p:StatusCode Value="{_STATUS}{code}">{codes}</saml2p:StatusCode>'
    return (
        f'<saml2p:{kind} xmlns:saml2p="{PROTOCOL}" ID="_{uuid4().hex}" Version="2.0" IssueInstant="{_moment(now)}" '
        f'Destination="{_quoted(target)}"{to}><saml2:Issuer xmlns:saml2="{ASSERTION}">{xml_text(entity)}'
        f"</saml2:Issuer>{place}<saml2p:Status>{codes}</saml2p:Status>{content}</saml2p:{kind}>"
    )


def _attributes(attributes: Mapping[str, Any]) -> str:
    def one(name: str, value: Any) -> str:
        values = value if isinstance(value, list) else [value]
        texts = "".join(f"<saml2:AttributeValue>{xml_text(_text(v))}</saml2:AttributeValue>" for v in values)
        return f'<saml2:Attribute Name="{_quoted(name)}">{texts}</saml2:Attribute>'

    inner = "".join(one(name, value) for name, value in attributes.items())
    return f"<saml2:AttributeStatement>{inner}</saml2:AttributeStatement>"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _inflated(packed_request: str) -> bytes:
    try:
        raw = zlib.decompressobj(-zlib.MAX_WBITS)
        document = raw.decompress(base64.b64decode(packed_request, validate=True), _LONGEST_REQUEST_BYTES)
    except (binascii.Error, ValueError, zlib.error):
        raise Refusal("SAMLRequest is not deflated and Base64: a sign-in begins at the user pool.") from None
    if raw.unconsumed_tail:
        raise Refusal("SAMLRequest is very long.")
    return document


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _quoted(value: str) -> str:
    return xml_text(value).replace('"', "&quot;")
