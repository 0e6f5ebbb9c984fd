"""A SAML identity provider in the hands of the test: what it asserts, what it signs, and with which key.

Documents are written here as text, so that a test can write any. They are signed by signxml; the tests of independent
providers are in `test_independent`.
"""

from __future__ import annotations

import base64
import html
import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import XMLSigner
from signxml.algorithms import CanonicalizationMethod

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
KEYS = [generate_private_key(65537, 2048) for _ in range(2)]
PLACE_OF_SIGNATURE = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="placeholder"></ds:Signature>'


def moment(seconds_from_now: float) -> str:
    return datetime.fromtimestamp(time.time() + seconds_from_now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def certificate_of(key: RSAPrivateKey, *, days: int = 365) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "corp")])
    begins = datetime.now(UTC) - timedelta(days=400)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(7).not_valid_before(begins).not_valid_after(datetime.now(UTC) + timedelta(days=days))
    )
    return builder.sign(key, hashes.SHA256())


def base64_of(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


def metadata(
    entity_id: str, origin: str, *certificates: x509.Certificate, attributes: str = "", logout: bool = True
) -> str:
    keys = "".join(
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>'
        f"{base64_of(each)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for each in certificates
    )
    redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    out = f'<md:SingleLogoutService Binding="{redirect}" Location="{origin}/slo"/>' if logout else ""
    return (
        f'<?xml version="1.0"?><!-- of Corp --><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
        f'entityID="{entity_id}" {attributes}><md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">{keys}{out}'
        f'<md:SingleSignOnService Binding="{redirect}" Location="{origin}/sso"/>'
        "</md:IDPSSODescriptor></md:EntityDescriptor>"
    )


def service_provider(pool_id: str, origin: str, signing: str, encryption: str) -> str:
    """A pool's own metadata, for providers that want some: Cognito publishes none."""
    keys = "".join(
        f'<md:KeyDescriptor use="{use}"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{certificate}'
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for use, certificate in (("signing", signing), ("encryption", encryption))
    )
    post = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    return (
        '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
        f'entityID="urn:amazon:cognito:sp:{pool_id}"><md:SPSSODescriptor AuthnRequestsSigned="true" '
        f'WantAssertionsSigned="true" protocolSupportEnumeration="{SAMLP}">{keys}'
        f'<md:SingleLogoutService Binding="{post}" Location="{origin}/saml2/logout"/>'
        f'<md:AssertionConsumerService Binding="{post}" Location="{origin}/saml2/idpresponse" index="1"/>'
        "</md:SPSSODescriptor></md:EntityDescriptor>"
    )


@dataclass
class Asked:
    """An AuthnRequest or LogoutRequest, as it came by redirect."""

    url: str
    relay_state: str
    query: dict[str, str]
    xml: Any = field(repr=False)

    @classmethod
    def by(cls, url: str) -> Asked:
        query = dict(parse_qsl(urlsplit(url).query))
        packed = base64.b64decode(query["SAMLRequest"])
        return cls(url, query["RelayState"], query, etree.fromstring(zlib.decompress(packed, -15)))

    @property
    def id(self) -> str:
        return str(self.xml.get("ID"))

    @property
    def consumer(self) -> str:
        return str(self.xml.get("AssertionConsumerServiceURL"))

    def text(self, name: str, namespace: str = SAML) -> str:
        return str(self.xml.findtext(f".//{{{namespace}}}{name}"))


@dataclass
class Corp:
    """`sign` names what is signed: the assertion, the response, both, or nothing."""

    origin: str
    pool_id: str
    key: RSAPrivateKey = field(default_factory=lambda: KEYS[0])
    sign: tuple[str, ...] = ("Assertion",)

    @property
    def entity_id(self) -> str:
        return f"{self.origin}/metadata"

    def metadata(self, **given: Any) -> str:
        return metadata(self.entity_id, self.origin, certificate_of(KEYS[0]), **given)

    def assertion(self, consumer: str, request_id: str | None, **changes: Any) -> str:
        """`changes` replace what a right assertion says. `attributes` are AttributeStatement's, by name."""
        asked = {
            "assertion_id": f"_a{time.monotonic_ns()}",
            "issuer": self.entity_id,
            "issued": moment(0),
            "name_id": "carlos",
            "recipient": consumer,
            "confirmed_until": moment(300),
            "not_before": moment(-10),
            "not_on_or_after": moment(300),
            "audience": f"urn:amazon:cognito:sp:{self.pool_id}",
            "attributes": {"mail": "carlos@corp.example"},
            "in_response_to": f'InResponseTo="{request_id}"' if request_id else "",
            "statement": f'<saml2:AuthnStatement AuthnInstant="{moment(0)}" SessionIndex="_s1"/>',
            "conditions": "",
            **changes,
        }
        asked["attributes"] = attribute_statement(asked["attributes"])
        return ASSERTION.format(place=PLACE_OF_SIGNATURE, **asked)

    def response(self, consumer: str, request_id: str | None, assertion: str | None = None, **changes: Any) -> str:
        """The whole answer as XML, signed as `self.sign` says."""
        inner = self.assertion(consumer, request_id, **changes) if assertion is None else assertion
        inner = self.signed(inner) if "Assertion" in self.sign else inner.replace(PLACE_OF_SIGNATURE, "")
        asked = {
            "destination": consumer,
            "response_issuer": self.entity_id,
            "status": "urn:oasis:names:tc:SAML:2.0:status:Success",
            "response_to": f'InResponseTo="{request_id}"' if request_id else "",
            **{name: value for name, value in changes.items() if name in RESPONSE_FIELDS},
        }
        whole = RESPONSE.format(place=PLACE_OF_SIGNATURE, id=f"_r{time.monotonic_ns()}", content=inner, **asked)
        return self.signed(whole) if "Response" in self.sign else whole.replace(PLACE_OF_SIGNATURE, "", 1)

    def signed(self, document: str, **given: Any) -> str:
        """The document with its root signed at the first place for a signature."""
        root = etree.fromstring(document)
        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0, **given)
        pem = certificate_of(self.key).public_bytes(serialization.Encoding.PEM).decode()
        done = signer.sign(root, key=self.key, cert=pem, reference_uri=root.get("ID"), id_attribute="ID")
        return etree.tostring(done).decode()

    def answer(self, asked: Asked, *, alter: Callable[[str], str] = lambda xml: xml, **changes: Any) -> dict[str, str]:
        """The form that its page posts to the pool, once somebody has signed in."""
        return form(alter(self.response(asked.consumer, asked.id, **changes)), asked.relay_state)


def form(response: str, relay_state: str) -> dict[str, str]:
    return {"SAMLResponse": base64.b64encode(response.encode()).decode(), "RelayState": relay_state}


def attribute_statement(attributes: Mapping[str, str | list[str]]) -> str:
    def one(name: str, values: str | list[str]) -> str:
        listed = [values] if isinstance(values, str) else values
        texts = "".join(f"<saml2:AttributeValue>{html.escape(text)}</saml2:AttributeValue>" for text in listed)
        return f'<saml2:Attribute Name="{html.escape(name)}">{texts}</saml2:Attribute>'

    inner = "".join(one(name, values) for name, values in attributes.items())
    return f"<saml2:AttributeStatement>{inner}</saml2:AttributeStatement>" if inner else ""


RESPONSE_FIELDS = ("destination", "response_issuer", "status", "response_to")
RESPONSE = re.sub(
    r"\n\s*",
    "",
    """
    <saml2p:Response xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol" ID="{id}" Version="2.0" {response_to}
     Destination="{destination}" IssueInstant="2026-01-01T00:00:00Z">
      <saml2:Issuer xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion">{response_issuer}</saml2:Issuer>
      {place}
      <saml2p:Status><saml2p:StatusCode Value="{status}"/></saml2p:Status>
      {content}
    </saml2p:Response>
    """.replace("\n     Dest", " Dest"),
)
ASSERTION = re.sub(
    r"\n\s*",
    "",
    """
    <saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="{assertion_id}" Version="2.0" \
IssueInstant="{issued}">
      <saml2:Issuer>{issuer}</saml2:Issuer>
      {place}
      <saml2:Subject>
        <saml2:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{name_id}</saml2:NameID>
        <saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
          <saml2:SubjectConfirmationData Recipient="{recipient}" NotOnOrAfter="{confirmed_until}" {in_response_to}/>
        </saml2:SubjectConfirmation>
      </saml2:Subject>
      <saml2:Conditions NotBefore="{not_before}" NotOnOrAfter="{not_on_or_after}">
        {conditions}<saml2:AudienceRestriction><saml2:Audience>{audience}</saml2:Audience></saml2:AudienceRestriction>
      </saml2:Conditions>
      {statement}
      {attributes}
    </saml2:Assertion>
    """,
)
