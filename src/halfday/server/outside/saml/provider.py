"""The adapter of SAML identity providers: by the pool's own request, or by the provider's own accord.

Users, cookies and profiles are not handled here (flows/federation). Source: facts/federation.md §5; decisions/0059.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.providers import ExternalProvider
from halfday.server.outside.connections import OutgoingCalls, unreachable
from halfday.server.outside.provider_http import fetch
from halfday.server.outside.provider_port import (
    SAML_POST,
    SAML_SIGNED_OUT,
    AuthenticationRequest,
    Callback,
    ExternalIdentity,
    SigningProvider,
    Unsolicited,
)
from halfday.server.outside.published_documents import PublishedDocuments
from halfday.server.outside.saml import requests
from halfday.server.outside.saml.assertions import UNSOLICITED_WITHIN_S, Expected, Proven, Unacceptable
from halfday.server.outside.saml.documents import Unreadable
from halfday.server.outside.saml.metadata import Metadata, parse_metadata
from halfday.server.outside.saml.responses import Keys, prove

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SENTENCE = "Invalid SAML response received: "
"""With this Cognito's answers begin to an app that it could not sign anybody in to (facts/federation.md §6)."""
KEY, METADATA = "EncryptionKey", "Metadata"
"""Details that are never shown: the provider's own private key, and what its MetadataURL told when it was read."""
_TRIED_AGAIN_AFTER_S = 300
"""When the metadata's URL did not answer."""


class SamlProvider(SigningProvider):
    """One SAML identity provider of one pool."""

    callback: ClassVar[Callback] = SAML_POST
    sign_out_callback: ClassVar[Callback | None] = SAML_SIGNED_OUT

    def __init__(
        self,
        provider: ExternalProvider,
        http: OutgoingCalls,
        documents: PublishedDocuments,
        clock: Callable[[], float],
    ) -> None:
        self._name, self._details, self._mapped = provider.name, provider.details, provider.attribute_mapping
        self._entity_id = f"urn:amazon:cognito:sp:{provider.pool_id}"
        self._http, self._documents, self._clock = http, documents, clock

    @classmethod
    async def published(cls, details: Mapping[str, str], http: OutgoingCalls, now: float) -> dict[str, str]:
        """What the metadata says, as details: read when the provider is configured. Raises Refused, for the API."""
        url = details.get("MetadataURL", "")
        try:
            document = await _fetched(http, url) if url else details["MetadataFile"].encode()
            metadata, text = parse_metadata(document), _text(document)
            if objection := metadata.objection(now):
                raise Unreadable(objection)
        except Unreadable as problem:
            where = f"metadata from {url}" if url else "MetadataFile"
            raise Refused("InvalidParameterException", f"Error retrieving {where}: {problem}.") from None
        return {
            "SSORedirectBindingURI": metadata.sign_in,
            **({"SLORedirectBindingURI": metadata.sign_out} if metadata.sign_out else {}),
            **({METADATA: text} if url else {}),
        }

    async def begin(self, asked: AuthenticationRequest) -> str:
        """An AuthnRequest (SAML core §3.4). login_hint is not for SAML (facts/oauth.md §1)."""
        metadata = await self._metadata()
        request = requests.authn_request(
            request_id=_id_of(asked.nonce),
            issuer=self._entity_id,
            consumer=asked.origin + SAML_POST.path,
            destination=metadata.sign_in,
            now=self._clock(),
            force="login" in asked.prompt.split(),
        )
        sign = self.sign if self._details.get("RequestSigningAlgorithm") else None
        return await requests.redirect(metadata.sign_in, request, relay_state=asked.state, sign=sign)

    async def finish(self, asked: AuthenticationRequest, answer: Mapping[str, str]) -> ExternalIdentity:
        """The subject and attributes of the assertion that answers this request."""
        return self._identity(await self._proven(answer, asked.origin, request_id=_id_of(asked.nonce)))

    @property
    def may_begin(self) -> bool:
        return self._details.get("IDPInit") == "true"

    async def finish_unsolicited(self, origin: str, answer: Mapping[str, str]) -> Unsolicited:
        """The same of an assertion that nobody asked for."""
        proven = await self._proven(answer, origin, request_id=None)
        good_until = self._clock() + 2 * UNSOLICITED_WITHIN_S
        return Unsolicited(self._identity(proven), proven.assertion_id, good_until)

    async def sign_out(self, subject: str, *, session: str, origin: str, state: str) -> str | None:
        """A signed LogoutRequest (SAML core §3.7), where IDPSignout asks for it and the provider has an address."""
        if self._details.get("IDPSignout") != "true":
            return None
        metadata = await self._metadata()
        if metadata.sign_out is None:
            return None
        named: dict[str, str] = json.loads(session) if session else {}
        request = requests.logout_request(
            request_id=_id_of(state),
            issuer=self._entity_id,
            destination=metadata.sign_out,
            now=self._clock(),
            subject=named.pop("NameID", subject),
            session=named,
        )
        return await requests.redirect(metadata.sign_out, request, relay_state=state, sign=self.sign)

    async def _proven(self, answer: Mapping[str, str], origin: str, *, request_id: str | None) -> Proven:
        """Checked in a thread: canonical XML of an unknown sender takes its time."""
        metadata = await self._metadata()
        expected = Expected(
            audiences=(self._entity_id,),
            consumers=(origin + SAML_POST.path,),
            issuer=metadata.entity_id,
            now=self._clock(),
            request_id=request_id,
        )
        keys = Keys(metadata.certificates, self._key() if self._details.get("EncryptedResponses") == "true" else None)
        try:
            return await asyncio.to_thread(prove, answer.get("SAMLResponse", ""), expected, keys)
        except Unacceptable as problem:
            raise _refused(problem.sentence, f"{self._name}: {problem}") from problem

    def _identity(self, proven: Proven) -> ExternalIdentity:
        for name in set(self._mapped.values()) & set(proven.attributes):
            values = proven.attributes[name]
            if any(ord(char) > 0xFFFF for char in "".join(values)):  # developer guide, Encode non-alphanumeric
                raise _refused("Invalid user attributes", f"{self._name}: a mapped attribute has 4-byte characters")
        session = json.dumps({"NameID": proven.subject, **proven.session})
        answers = {"samlResponse": proven.attributes}
        return ExternalIdentity(proven.subject, proven.attributes, session, proven.issuer, answers)

    def _key(self) -> RSAPrivateKey:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        key: RSAPrivateKey = load_pem_private_key(  # type: ignore[assignment]  # ours, made as RSA
            self._details[KEY].encode(), None, unsafe_skip_rsa_key_validation=True
        )
        return key

    async def _metadata(self) -> Metadata:
        """The metadata, of a URL not older than six hours or than it says itself; the last known while it is away."""
        url = self._details.get("MetadataURL")
        if not url:
            return self._known(self._details["MetadataFile"])
        found: Metadata = await self._documents.get(
            url, partial(self._fresh, url), lasting=lambda found: found.lasting_s(self._clock()), clock=self._clock
        )
        return found

    async def _fresh(self, url: str) -> Metadata:
        """The published metadata. Where there is none, or it is over: the known one, for a while. Raises Refused."""
        try:
            metadata = parse_metadata(await _fetched(self._http, url))
            if metadata.is_over(self._clock()):
                raise Unreadable("it is no longer valid")
        except Unreadable:
            return replace(self._known(self._details[METADATA]), kept_for_s=_TRIED_AGAIN_AFTER_S)
        return metadata

    def _known(self, document: str) -> Metadata:
        metadata = parse_metadata(document.encode())
        if metadata.is_over(self._clock()):
            raise _refused("Metadata is expired", f"validUntil of the metadata of {self._name} has passed")
        return metadata


async def _fetched(http: OutgoingCalls, url: str) -> bytes:
    """The document at the URL. Raises Unreadable."""
    try:
        answer = await fetch(http, "GET", url, headers={"Accept": "application/samlmetadata+xml, application/xml, */*"})
    except Refused as refused:
        raise Unreadable(refused.detail or refused.sentence) from refused
    except unreachable() as problem:
        raise Unreadable("it cannot be reached") from problem
    if answer.status_code != 200:
        raise Unreadable(f"it answered {answer.status_code}")
    return answer.content


def _text(document: bytes) -> str:
    """Raises Unreadable."""
    try:
        return document.decode()
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None


def _id_of(secret: str) -> str:
    """An XML ID, which begins with no digit (XML Schema, NCName)."""
    return f"_{secret}"


def _refused(sentence: str, detail: str) -> Refused:
    return Refused("server_error", SENTENCE + sentence, detail)
