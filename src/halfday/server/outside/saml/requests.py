"""Requests of the pool: AuthnRequest and LogoutRequest, by the HTTP-Redirect binding (SAML bindings §3.4)."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode, urlsplit

from halfday.server.domain.text.xml_text import xml_text
from halfday.server.outside.saml.documents import ASSERTION, PROTOCOL, date_time

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_SIGN_OUT_WITHIN_S = 300

Signer = Callable[[bytes], Awaitable[bytes]]


def authn_request(
    *, request_id: str, issuer: str, consumer: str, destination: str, now: float, force: bool = False
) -> str:
    """Asks to sign somebody in; `force`: even if they are signed in there (SAML core §3.4.1)."""
    attributes = {
        "AssertionConsumerServiceURL": consumer,
        "Destination": destination,
        **({"ForceAuthn": "true"} if force else {}),
        "ID": request_id,
        "IssueInstant": date_time(now),
        "ProtocolBinding": POST,
        "Version": "2.0",
    }
    return _element("saml2p:AuthnRequest", {"xmlns:saml2p": PROTOCOL, **attributes}, _issuer(issuer))


def logout_request(
    *, request_id: str, issuer: str, destination: str, now: float, subject: str, session: Mapping[str, str]
) -> str:
    """Asks to end a session, by the name and index that the provider gave it (SAML core §3.7.1)."""
    attributes = {
        "Destination": destination,
        "ID": request_id,
        "IssueInstant": date_time(now),
        "NotOnOrAfter": date_time(now + _SIGN_OUT_WITHIN_S),
        "Version": "2.0",
    }
    name = {key: value for key, value in session.items() if key != "SessionIndex"}
    named = _element("saml2:NameID", {"xmlns:saml2": ASSERTION, **name}, xml_text(subject))
    index = session.get("SessionIndex")
    indexed = _element("saml2p:SessionIndex", {}, xml_text(index)) if index else ""
    return _element(
        "saml2p:LogoutRequest", {"xmlns:saml2p": PROTOCOL, **attributes}, f"{_issuer(issuer)}{named}{indexed}"
    )


async def redirect(destination: str, request: str, *, relay_state: str, sign: Signer | None) -> str:
    """The address that carries the request, signed with RSA and SHA-256 if there is a signer (bindings §3.4.4.1)."""
    raw = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = base64.b64encode(raw.compress(request.encode()) + raw.flush()).decode()
    query = urlencode({"SAMLRequest": packed, "RelayState": relay_state})
    if sign is not None:
        query += "&" + urlencode({"SigAlg": RSA_SHA256})
        query += "&" + urlencode({"Signature": base64.b64encode(await sign(query.encode())).decode()})
    return f"{destination}{'&' if urlsplit(destination).query else '?'}{query}"


def _issuer(issuer: str) -> str:
    return _element("saml2:Issuer", {"xmlns:saml2": ASSERTION}, xml_text(issuer))


def _element(name: str, attributes: Mapping[str, str], content: str) -> str:
    written = "".join(f' {key}="{_quoted(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{content}</{name}>"


def _quoted(value: str) -> str:
    return xml_text(value).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")
