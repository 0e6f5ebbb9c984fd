"""OpenID Connect as a relying party: how a pool signs people in at Google, or at any OIDC provider.

Users, cookies and profiles are not handled here (flows/federation).
Source: OpenID Connect Core 1.0 §3.1; facts/federation.md §1, §2, §6 (the sentences of refusals).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode, urlsplit

from halfday.protocol.claims import ClaimsError, VerifiedClaims, verify
from halfday.protocol.endpoints import Domain
from halfday.protocol.jwk import parse_jwks
from halfday.server.domain.failures import kind_of
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.providers import SOCIAL, ExternalProvider
from halfday.server.outside.connections import OutgoingCalls, too_late, unreachable
from halfday.server.outside.provider_http import fetch, get_json, json_object, require_https
from halfday.server.outside.provider_port import (
    REDIRECT,
    AuthenticationRequest,
    Callback,
    ExternalIdentity,
    federation_refused,
)
from halfday.server.outside.published_documents import PublishedDocuments

if TYPE_CHECKING:
    import httpx2

_LEEWAY_S = 60

# Google's ID tokens have an `iss` with or without the scheme (Google, OpenID Connect: "iss is always …  or …").
_GOOGLE = ("https://accounts.google.com", "accounts.google.com")


_ERRORS = frozenset(
    (
        "invalid_request unauthorized_client access_denied unsupported_response_type invalid_scope server_error "
        "temporarily_unavailable interaction_required login_required account_selection_required consent_required "
        "invalid_request_uri invalid_request_object request_not_supported request_uri_not_supported "
        "registration_not_supported invalid_client invalid_grant unsupported_grant_type"
    ).split()
)
"""RFC 6749 §4.1.2.1 and §5.2; OpenID Connect Core §3.1.2.6."""


class OidcProvider:
    """Google, or any OIDC provider. Endpoints that its details leave empty are discovered from the issuer.

    The issuer is used as it is written, with a slash at its end if it has one: Auth0's ID tokens carry the slash, and
    `iss` is compared exactly. Google's attributes_url is its People API, not userInfo, and is not called.
    """

    callback: ClassVar[Callback] = REDIRECT
    sign_out_callback: ClassVar[Callback | None] = None

    def __init__(
        self,
        provider: ExternalProvider,
        http: OutgoingCalls,
        documents: PublishedDocuments,
        clock: Callable[[], float],
    ) -> None:
        self._name, self._details = provider.name, provider.details
        self._issuer = self._details.get("oidc_issuer", "")
        self._client_id = self._details["client_id"]
        self._mappable_tokens = ("access_token",) if provider.kind in SOCIAL else ("access_token", "id_token")
        self._http, self._documents, self._clock = http, documents, clock

    async def begin(self, asked: AuthenticationRequest) -> str:
        """An authentication request (OpenID Connect Core §3.1.2.1)."""
        endpoint = await self._endpoint("authorize_url", "authorization_endpoint")
        pairs = {
            "client_id": self._client_id,
            "redirect_uri": Domain(asked.origin).idp_response,
            "scope": self._details["authorize_scopes"],
            "response_type": "code",
            "state": asked.state,
            "nonce": asked.nonce,
            "login_hint": asked.login_hint,
            "prompt": asked.prompt,
        }
        present = {name: value for name, value in pairs.items() if value}
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(present)}"

    async def finish(self, asked: AuthenticationRequest, answer: Mapping[str, str]) -> ExternalIdentity:
        """The claims of the verified ID token and of userInfo, and the tokens, which can be mapped like claims."""
        self._check_success(answer)
        tokens = await self._tokens(answer.get("code", ""), Domain(asked.origin).idp_response)
        identity = await self._verified(str(tokens.get("id_token", "")))
        self._check_parties(identity)
        if identity.get("nonce") != asked.nonce:
            raise federation_refused("Invalid nonce in id_token", "the nonce is not the one that was sent")
        added = await self._user_info(str(tokens.get("access_token", "")), identity.subject)
        mappable = {name: tokens[name] for name in self._mappable_tokens if isinstance(tokens.get(name), str)}
        return ExternalIdentity(identity.subject, {**added, **identity, **mappable})

    async def sign_out(self, subject: str, *, session: str, origin: str, state: str) -> str | None:
        """None: Cognito's sign-out does not end the session at an OIDC provider (facts/federation.md §5)."""
        return None

    def _check_success(self, answer: Mapping[str, str]) -> None:
        """Raises Refused for an error response (OpenID Connect Core §3.1.2.6)."""
        if "error" in answer:
            sentence = " ".join(answer[name] for name in ("error_description", "error") if name in answer)
            detail = f"{self._name} answered with an error{_known_error(answer['error'])}"
            raise federation_refused(sentence, detail)

    async def _tokens(self, code: str, redirect_uri: str) -> dict[str, Any]:
        endpoint = await self._endpoint("token_url", "token_endpoint")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._client_id,
            **({"client_secret": secret} if (secret := self._details.get("client_secret")) else {}),
        }
        try:
            answer = await fetch(self._http, "POST", endpoint, data=form)
        except too_late() as problem:
            raise federation_refused("Timeout occurred in calling IdP token endpoint", endpoint) from problem
        except unreachable() as problem:
            raise federation_refused("Connection reset", f"{endpoint}: {kind_of(problem)}") from problem
        if answer.status_code != 200:
            sentence = f"{self._name} Error - {answer.status_code} error getting token"
            raise federation_refused(sentence, f"{endpoint} answered {answer.status_code}{_error_in(answer)}")
        return json_object(answer, endpoint)

    async def _verified(self, token: str) -> VerifiedClaims:
        """Verifies the token with the provider's keys. An unknown `kid` makes it fetch the keys again, once."""
        url = await self._endpoint("jwks_uri", "jwks_uri")
        try:
            return self._verify(token, await self._document(url, "jwks uri"))
        except ClaimsError as problem:
            if problem.claim != "kid":
                raise federation_refused(_bad_token(problem), _reason(problem)) from problem
        self._documents.forget(url)
        try:
            return self._verify(token, await self._document(url, "jwks uri"))
        except ClaimsError as problem:
            raise federation_refused(_bad_token(problem), _reason(problem)) from problem

    def _verify(self, token: str, keys: dict[str, Any]) -> VerifiedClaims:
        issuer = self._issuer
        try:
            published = parse_jwks(keys)
        except ValueError as problem:
            raise federation_refused(
                f"{self._name} Error - its keys cannot be read", f"its key set: {kind_of(problem)}"
            ) from problem
        return verify(
            token,
            published,
            issuer=_GOOGLE if issuer in _GOOGLE else issuer,
            token_use=None,
            client_id=self._client_id,
            now=self._clock(),
            leeway_s=_LEEWAY_S,
        )

    def _check_parties(self, identity: VerifiedClaims) -> None:
        """Checks the token's subject, audience and authorized party (OpenID Connect Core §2, §3.1.3.7, 4 and 5)."""
        subject, audience = identity.get("sub"), identity.get("aud")
        if not isinstance(subject, str) or not subject:
            raise federation_refused("Bad id_token sub", "sub is missing, or is not text")
        if not isinstance(audience, (str, list)):
            raise federation_refused("Bad id_token aud", "aud is neither a text nor a list")
        default = self._client_id if isinstance(audience, str) or len(audience) == 1 else None
        if identity.get("azp", default) != self._client_id:
            raise federation_refused(
                "Bad id_token azp", "azp is not our client_id, or is missing beside other audiences"
            )

    async def _user_info(self, access_token: str, subject: str) -> dict[str, Any]:
        """The claims of userInfo, for the same subject (OpenID Connect Core §5.3.2); {} without a userInfo endpoint."""
        if self._issuer in _GOOGLE:
            return {}
        endpoint = await self._endpoint(self._user_info_detail(), "userinfo_endpoint", required=False)
        if not endpoint:
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        method = self._details.get("attributes_request_method", "GET")
        try:
            answer = await fetch(self._http, method, endpoint, headers=headers)
        except unreachable() as problem:
            raise federation_refused("Read timed out", f"{endpoint}: {kind_of(problem)}") from problem
        if answer.status_code != 200:
            raise federation_refused(f"{self._name} Error - {answer.status_code} error getting attributes", endpoint)
        members = json_object(answer, endpoint)
        if members.get("sub") != subject:
            raise federation_refused("Bad userInfo subject", "userInfo is about somebody else than the ID token")
        return members

    def _user_info_detail(self) -> str:
        """The detail that names userInfo. With attributes_url_add_attributes, attributes_url is another API."""
        return "" if self._details.get("attributes_url_add_attributes") == "true" else "attributes_url"

    async def _endpoint(self, detail: str, member: str, *, required: bool = True) -> str:
        """The configured endpoint, else the published one; "" when there is none and none is required.

        Raises Refused for an endpoint that is not https. Loopback is excepted, because the stand-in listens there.
        """
        endpoint = self._details.get(detail) or await self._discovered(member)
        if endpoint:
            require_https(endpoint, member)
        elif required:
            lacking = f"the discovery document of {self._issuer} lacks {member}"
            raise federation_refused(f"{self._name} Error - no {member}", lacking)
        return endpoint

    async def _discovered(self, member: str) -> str:
        issuer = self._issuer.rstrip("/")  # OpenID Connect Discovery §4.1
        require_https(issuer, "issuer")
        document = await self._document(f"{issuer}/.well-known/openid-configuration", "discovery endpoint")
        value = document.get(member)
        return value if isinstance(value, str) else ""

    async def _document(self, url: str, what: str) -> dict[str, Any]:
        """A JSON document that the provider publishes. Raises Refused."""
        document: dict[str, Any] = await self._documents.get(url, partial(get_json, self._http, url, what))
        return document


def _error_in(answer: httpx2.Response) -> str:
    try:
        return _known_error(json_object(answer, "").get("error"))
    except Refused:
        return ""


def _known_error(error: object) -> str:
    """` (invalid_grant)`, for the log, if the standards define this code. Any other text may repeat a secret."""
    return f" ({error})" if isinstance(error, str) and error in _ERRORS else ""


def _bad_token(problem: ClaimsError) -> str:
    return f"Bad id_token issuer {problem.actual}" if problem.claim == "iss" else f"Bad id_token {problem.claim}"


def _reason(problem: ClaimsError) -> str:
    """The reason, for the log. An unverified token's `kid` is not repeated: anybody could have written it."""
    return "the ID token was signed with none of the provider's keys" if problem.claim == "kid" else str(problem)
