"""What an identity pool asks of the providers of logins: keys for ID tokens, and whose an access token is.

Source: facts/identity.md §2; OpenID Connect Discovery §4; Meta, Graph API, /me and /app; Login with Amazon, Validate
access tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from halfday.protocol.claims import UnknownKey, VerifiedClaims, verify
from halfday.protocol.endpoints import LOOPBACK_HOSTS
from halfday.protocol.jwk import Jwk, parse_jwks
from halfday.protocol.jws import RSA_ALGORITHMS, Compact
from halfday.server.domain.failures import kind_of
from halfday.server.domain.refusals import Refused
from halfday.server.outside.connections import OutgoingCalls, unreachable
from halfday.server.outside.provider_http import fetch, get_json, json_object, require_https
from halfday.server.outside.published_documents import PublishedDocuments

LEEWAY_S = 300
FACEBOOK_API, AMAZON_API = "https://graph.facebook.com", "https://api.amazon.com"
_KEYS_AGAIN_AFTER_S = 60
"""How often an unknown `kid` has a provider's keys fetched again: anybody can write one."""


class Unanswered(Exception):
    """The provider did not answer, or nothing that can be used. The sentence is for the log."""


class NotTaken(Exception):
    """The provider says that the access token is none of its good ones."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose access token it is: the app that it was made for, and the person."""

    app_id: str
    subject: str
    claims: Mapping[str, Any] = field(repr=False)


class LoginProviders:
    def __init__(self, http: OutgoingCalls, documents: PublishedDocuments, clock: Callable[[], float]) -> None:
        self._http, self._documents, self._clock = http, documents, clock

    async def verified(self, token: Compact, issuer: str) -> VerifiedClaims:
        """The claims of a token that the issuer's keys have signed and that is still good. Whom it is for is not
        looked at. Raises ClaimsError, Unanswered.
        """
        try:
            return await self._verified(token, issuer)
        except UnknownKey:
            await self._forget_keys(issuer)
            return await self._verified(token, issuer)

    async def facebook_holder(self, token: str, api: str = FACEBOOK_API) -> Holder:
        """Raises NotTaken, Unanswered."""
        bearer = {"Authorization": f"Bearer {token}"}
        app = await self._asked(f"{api}/app", bearer)
        person = await self._asked(f"{api}/me?fields=id,name,email", bearer)
        app_id, subject = _text(app, "id"), _text(person, "id")
        return Holder(app_id, subject, {**person, "aud": app_id, "app_id": app_id, "sub": subject, "user_id": subject})

    async def amazon_holder(self, token: str, api: str = AMAZON_API) -> Holder:
        """Raises NotTaken, Unanswered."""
        told = await self._asked(f"{api}/auth/o2/tokeninfo?{urlencode({'access_token': token})}", {})
        subject = _text(told, "user_id")
        return Holder(_text(told, "aud"), subject, {**told, "sub": subject})

    async def _verified(self, token: Compact, issuer: str) -> VerifiedClaims:
        return verify(
            token,
            await self._keys(token, issuer),
            issuer=None,  # who chose the issuer by the token's own `iss` has compared it
            token_use=None,
            client_id=None,
            now=self._clock(),
            leeway_s=LEEWAY_S,
        )

    async def _keys(self, token: Compact, issuer: str) -> dict[str, Jwk]:
        """The keys that this token may be signed with: public ones only."""
        document = await self._document(await self._keys_url(issuer), "jwks uri")
        algorithm = token.header.get("alg")
        wanted = algorithm if isinstance(algorithm, str) and algorithm in RSA_ALGORITHMS else "RS256"
        try:
            return parse_jwks(document, rsa_algorithm=wanted)
        except ValueError as problem:
            raise Unanswered(f"the keys of {issuer} cannot be read: {kind_of(problem)}") from problem

    async def _keys_url(self, issuer: str) -> str:
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        found = (await self._document(url, "discovery endpoint")).get("jwks_uri")
        if not isinstance(found, str):
            raise Unanswered(f"{url} names no jwks_uri")
        return found

    async def _forget_keys(self, issuer: str) -> None:
        """The keys are fetched again at the next time of asking; not more often than once a minute."""
        url = await self._keys_url(issuer)

        async def forget() -> bool:
            self._documents.forget(url)
            return True

        await self._documents.get(f"{url}#fetched again", forget, lasting=lambda _: _KEYS_AGAIN_AFTER_S)

    async def _document(self, url: str, what: str) -> dict[str, Any]:
        try:
            require_https(url, what)
            document: dict[str, Any] = await self._documents.get(url, partial(get_json, self._http, url, what))
        except Refused as refused:
            raise Unanswered(refused.detail or refused.sentence) from refused
        return document

    async def _asked(self, url: str, headers: dict[str, str]) -> dict[str, Any]:
        """What the provider says of an access token, which no sentence repeats."""
        where = url.partition("?")[0]
        try:
            answer = await fetch(self._http, "GET", url, headers=headers)
        except unreachable() as problem:
            raise Unanswered(f"{where}: {kind_of(problem)}") from problem
        except Refused as refused:
            raise Unanswered(f"{where} answered too much") from refused
        if 400 <= answer.status_code < 500:
            raise NotTaken(f"{where} answered {answer.status_code}")
        try:
            if answer.status_code == 200:
                return json_object(answer, where)
        except Refused as refused:
            raise Unanswered(refused.detail or refused.sentence) from refused
        raise Unanswered(f"{where} answered {answer.status_code}")


def issuer_urls(provider_url: str) -> tuple[str, ...]:
    """The issuers that an IAM OIDC provider's URL, without its scheme, stands for: by https; on this machine by http
    too, where a stand-in listens.
    """
    host = urlsplit(f"//{provider_url}").hostname
    plain = (f"http://{provider_url}",) if host in LOOPBACK_HOSTS else ()
    return (f"https://{provider_url}", *plain)


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise Unanswered(f"the answer has no {name}")
    return value
