"""OpenID Connect as a relying party: how a pool signs people in at any OIDC provider. Google and Apple build on it.

Users, cookies and profiles are not handled here (flows/federation).
Source: OpenID Connect Core 1.0 §3.1; facts/federation.md §1, §2. No PKCE: Cognito sends no challenge to providers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from halfday.protocol.claims import VerifiedClaims
from halfday.server.domain.user_pools.providers import ExternalProvider
from halfday.server.outside import id_tokens
from halfday.server.outside.connections import OutgoingCalls
from halfday.server.outside.oauth_client import OAuthClient
from halfday.server.outside.provider_http import get_json, require_https
from halfday.server.outside.provider_port import (
    REDIRECT,
    AuthenticationRequest,
    Callback,
    ExternalIdentity,
    federation_refused,
)
from halfday.server.outside.published_documents import PublishedDocuments

_ENDPOINTS = ("authorize_url", "token_url", "jwks_uri")


class OidcProvider:
    """Any OIDC provider. Endpoints that its details leave empty are discovered from the issuer.

    The issuer is used as it is written, with a slash at its end if it has one: Auth0's ID tokens carry the slash, and
    `iss` is compared exactly.
    """

    callback: ClassVar[Callback] = REDIRECT
    sign_out_callback: ClassVar[Callback | None] = None
    mappable_tokens: ClassVar[tuple[str, ...]] = ("access_token", "id_token")
    """What of the token response can be mapped like a claim (developer guide, Mapping IdP attributes)."""
    tells: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        provider: ExternalProvider,
        http: OutgoingCalls,
        documents: PublishedDocuments,
        clock: Callable[[], float],
    ) -> None:
        self._provider, self._details = provider, provider.details
        self._issuer = self._details.get("oidc_issuer", "")
        self._oauth = OAuthClient(provider, http, tells=self.tells)
        self._http, self._documents, self._clock = http, documents, clock

    async def begin(self, asked: AuthenticationRequest) -> str:
        """An authentication request (OpenID Connect Core §3.1.2.1)."""
        endpoint = await self._endpoint("authorize_url", "authorization_endpoint")
        return self._oauth.leave(endpoint, asked, nonce=asked.nonce, **self._added_parameters(asked))

    async def finish(self, asked: AuthenticationRequest, answer: Mapping[str, str]) -> ExternalIdentity:
        """The claims of the verified ID token and of userInfo, and the tokens, which can be mapped like claims."""
        self._oauth.check_success(answer)
        endpoint = await self._endpoint("token_url", "token_endpoint")
        tokens = await self._oauth.tokens(endpoint, asked, answer, secret=self._client_secret(), method="POST")
        identity = await self._verified(tokens.get("id_token"), asked.nonce)
        added = await self._added_claims(identity, tokens, answer)
        mappable = {name: tokens[name] for name in self.mappable_tokens if isinstance(tokens.get(name), str)}
        answers = {"tokenResponse": tokens, "idToken": identity, "userInfo": added}
        return ExternalIdentity(identity.subject, {**added, **identity, **mappable}, answers=answers)

    async def sign_out(self, subject: str, *, session: str, origin: str, state: str) -> str | None:
        """None: Cognito's sign-out does not end the session at an OIDC provider (facts/federation.md §5)."""
        return None

    def _added_parameters(self, asked: AuthenticationRequest) -> dict[str, str]:
        """What the authentication request carries besides (facts/oauth.md §1; of levels facts/tokens.md §11)."""
        return {"login_hint": asked.login_hint, "prompt": asked.prompt, "acr_values": asked.acr_values}

    def _client_secret(self) -> str:
        return self._details.get("client_secret", "")

    def _issuers(self) -> str | tuple[str, ...]:
        return self._issuer

    async def _added_claims(
        self, identity: VerifiedClaims, tokens: Mapping[str, Any], answer: Mapping[str, str]
    ) -> dict[str, Any]:
        """The claims of userInfo, for the same subject (OpenID Connect Core §5.3.2); {} without a userInfo endpoint."""
        endpoint = await self._endpoint(self._user_info_detail(), "userinfo_endpoint", required=False)
        if not endpoint:
            return {}
        method = self._details.get("attributes_request_method", "GET")
        members = await self._oauth.attributes(endpoint, str(tokens.get("access_token", "")), method=method)
        if members.get("sub") != identity.subject:
            raise federation_refused("Bad userInfo subject", "userInfo is about somebody else than the ID token")
        return members

    def _user_info_detail(self) -> str:
        """The detail that names userInfo. With attributes_url_add_attributes, attributes_url is another API."""
        return "" if self._details.get("attributes_url_add_attributes") == "true" else "attributes_url"

    async def _verified(self, token: object, nonce: str) -> VerifiedClaims:
        expected = id_tokens.Expected(
            provider_name=self._provider.name,
            issuer=self._issuers(),
            client_id=self._oauth.client_id,
            client_secret=self._details.get("client_secret", ""),
            algorithms=self._published_algorithms,
        )
        return await id_tokens.verified(token, self._key_set, expected, now=self._clock(), nonce=nonce)

    async def _published_algorithms(self) -> list[str] | None:
        """The algorithms that discovery lists; None where every endpoint is given and nothing is discovered."""
        if all(self._details.get(detail) for detail in _ENDPOINTS):
            return None
        listed = (await self._discovery()).get("id_token_signing_alg_values_supported")
        return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else None

    async def _key_set(self, again: bool) -> dict[str, Any]:
        url = await self._endpoint("jwks_uri", "jwks_uri")
        if again:
            self._documents.forget(url)
        return await self._document(url, "jwks uri")

    async def _endpoint(self, detail: str, member: str, *, required: bool = True) -> str:
        """The configured endpoint, else the published one; "" when there is none and none is required.

        Raises Refused for an endpoint that is not https. Loopback is excepted, because a stand-in listens there.
        """
        endpoint = self._details.get(detail) or await self._discovered(member)
        if endpoint:
            require_https(endpoint, member)
        elif required:
            lacking = f"the discovery document of {self._issuer} lacks {member}"
            raise federation_refused(f"{self._provider.name} Error - no {member}", lacking)
        return endpoint

    async def _discovered(self, member: str) -> str:
        value = (await self._discovery()).get(member)
        return value if isinstance(value, str) else ""

    async def _discovery(self) -> dict[str, Any]:
        issuer = self._issuer.rstrip("/")  # OpenID Connect Discovery §4.1
        require_https(issuer, "issuer")
        return await self._document(f"{issuer}/.well-known/openid-configuration", "discovery endpoint")

    async def _document(self, url: str, what: str) -> dict[str, Any]:
        """A JSON document that the provider publishes. Raises Refused."""
        document: dict[str, Any] = await self._documents.get(url, partial(get_json, self._http, url, what))
        return document
