"""A kind of provider that exists in tests only: its answer is a form that its page posts from another site, as SAML's.

All that a kind needs is here: an adapter, its line in the table of adapters, and what its ProviderDetails hold. Its
"signature" is an HMAC over the answer, so that the tests can forge all else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from halfday.server.domain.user_pools.providers import ProviderKind
from halfday.server.outside.provider_port import (
    SAML_POST,
    SAML_SIGNED_OUT,
    AuthenticationRequest,
    Callback,
    ExternalIdentity,
    federation_refused,
)
from sockets import Handler

KIND = "SAML"
KEY = b"what only the provider and the pool know"

DETAILS = ProviderKind(
    required=("MetadataURL",),
    lacking="MetadataURL is required.",
    urls=("MetadataURL",),
    others=("IDPSignout",),
    filled={},
    subject_claim="NameID",
)


class PostingProvider:
    """The adapter."""

    callback: ClassVar[Callback] = SAML_POST
    sign_out_callback: ClassVar[Callback | None] = SAML_SIGNED_OUT

    def __init__(self, provider: Any, http: Any, documents: Any, clock: Any) -> None:
        self._url = provider.details["MetadataURL"]

    async def begin(self, asked: AuthenticationRequest) -> str:
        acs = asked.origin + self.callback.path
        return f"{self._url}?{urlencode({'RelayState': asked.state, 'ID': asked.nonce, 'ACS': acs})}"

    async def finish(self, asked: AuthenticationRequest, answer: Mapping[str, str]) -> ExternalIdentity:
        claims = opened(answer.get("SAMLResponse", ""))
        if claims.get("InResponseTo") != asked.nonce:
            raise federation_refused("Invalid SAML response received", "it answers another request")
        return ExternalIdentity(claims["NameID"], claims)

    async def sign_out(self, subject: str, *, session: str, origin: str, state: str) -> str | None:
        back = origin + SAML_SIGNED_OUT.path
        return f"{self._url}?{urlencode({'SAMLRequest': subject, 'RelayState': state, 'ACS': back})}"


def sealed(**claims: str) -> str:
    content = json.dumps(claims)
    signature = hmac.digest(KEY, content.encode(), hashlib.sha256).hex()
    return base64.b64encode(f"{signature}{content}".encode()).decode()


def opened(response: str) -> dict[str, Any]:
    text = base64.b64decode(response).decode()
    signature, content = text[:64], text[64:]
    if not hmac.compare_digest(signature, hmac.digest(KEY, content.encode(), hashlib.sha256).hex()):
        raise federation_refused("Invalid SAML response received: SAML Response signature is invalid", "it is forged")
    claims: dict[str, Any] = json.loads(content)
    return claims


def answer_to(url: str, subject: str, **claims: str) -> tuple[str, dict[str, str]]:
    """Where the provider's page posts to, and the form, once `subject` has signed in at this address."""
    asked = dict(parse_qsl(url.partition("?")[2]))
    response = sealed(NameID=subject, InResponseTo=asked["ID"], **claims)
    return asked["ACS"], {"RelayState": asked["RelayState"], "SAMLResponse": response}


def page_that_posts(action: str, fields: Mapping[str, str]) -> str:
    inputs = "".join(f'<input name="{name}" value="{html.escape(value)}">' for name, value in fields.items())
    return (
        f'<form method="post" action="{html.escape(action)}">{inputs}</form><script>document.forms[0].submit()</script>'
    )


class ProviderSite(Handler):
    """Its page signs everybody in as the same person, at once. `trap` is the page of an attacker."""

    trap: ClassVar[str] = ""

    def do_GET(self) -> None:
        if self.path.startswith("/trap"):
            page = self.trap
        elif "SAMLRequest" in self.path:
            asked = dict(parse_qsl(self.path.partition("?")[2]))
            page = page_that_posts(asked["ACS"], {"RelayState": asked["RelayState"], "SAMLResponse": "signed out"})
        elif "RelayState" in self.path:
            page = page_that_posts(*answer_to(self.path, "wile", email="wile@example.com"))
        else:
            page = f"<title>arrived</title>{html.escape(self.path)}"
        self.answer(200, page.encode(), "text/html")
