"""The relying party's half of OpenID Connect: how a pool signs people in at Google, or at any OIDC provider.

Source: OpenID Connect Core 1.0 §3.1; facts/federation.md §1, §2, §6 (the sentences of refusals).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2

from halfday.protocol.claims import ClaimsError, VerifiedClaims, verify
from halfday.protocol.endpoints import LOOPBACK_HOSTS
from halfday.protocol.jwk import parse_jwks
from halfday.server.domain.failures import kind_of

_LEEWAY_S = 60
_KEPT_FOR_S = 300
_UNREACHABLE = (httpx2.HTTPError, httpx2.InvalidURL)

# Google's ID tokens have been seen with and without the scheme (Google, OpenID Connect: "iss is always …  or …").
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


class OidcError(Exception):
    """The provider cannot be used, or is not believed. The sentence may travel; `detail` is for the log."""

    def __init__(self, sentence: str, detail: str | None = None) -> None:
        super().__init__(sentence)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as configured. Endpoints left empty are discovered from the issuer."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str
    authorize_url: str = ""
    token_url: str = ""
    jwks_uri: str = ""
    user_info_url: str = ""
    user_info_method: str = "GET"


def provider_from_details(name: str, details: Mapping[str, str]) -> Provider:
    """ProviderDetails of CreateIdentityProvider. Google's attributes_url is its People API, no userInfo: left out.

    The issuer stays as it is written, a slash at its end included: Auth0's ID tokens carry one, and `iss` is compared
    exactly.
    """
    people_api = details.get("attributes_url_add_attributes") == "true"
    return Provider(
        name=name,
        issuer=details.get("oidc_issuer", ""),
        client_id=details["client_id"],
        client_secret=details.get("client_secret", ""),
        scopes=details["authorize_scopes"],
        authorize_url=details.get("authorize_url", ""),
        token_url=details.get("token_url", ""),
        jwks_uri=details.get("jwks_uri", ""),
        user_info_url="" if people_api else details.get("attributes_url", ""),
        user_info_method=details.get("attributes_request_method", "GET"),
    )


@dataclass
class Cache:
    """Documents that providers publish, kept for five minutes."""

    _kept: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)

    async def get(self, http: httpx2.AsyncClient, url: str, what: str) -> dict[str, Any]:
        """A JSON document. Raises OidcError."""
        found = self._kept.get(url)
        if found is None or time.monotonic() - found[0] > _KEPT_FOR_S:
            found = time.monotonic(), await _get_json(http, url, what)
            self._kept[url] = found
        return found[1]

    def forget(self, url: str) -> None:
        self._kept.pop(url, None)


class RelyingParty:
    """One pool's dealings with one provider."""

    def __init__(self, http: httpx2.AsyncClient, provider: Provider, clock: Callable[[], float], cache: Cache) -> None:
        self._http, self._provider, self._clock, self._cache = http, provider, clock, cache

    async def authorize_url(
        self, *, redirect_uri: str, state: str, nonce: str, login_hint: str = "", prompt: str = ""
    ) -> str:
        """Where the person's browser goes to. Raises OidcError."""
        endpoint = await self._endpoint(self._provider.authorize_url, "authorization_endpoint")
        pairs = {
            "client_id": self._provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": self._provider.scopes,
            "response_type": "code",
            "state": state,
            "nonce": nonce,
            "login_hint": login_hint,
            "prompt": prompt,
        }
        present = {name: value for name, value in pairs.items() if value}
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(present)}"

    async def redeem(self, *, code: str, redirect_uri: str, nonce: str) -> dict[str, Any]:
        """The person's claims: the verified ID token's, and what userInfo adds to them. Raises OidcError."""
        tokens = await self._tokens(code, redirect_uri)
        identity = await self._verified(str(tokens.get("id_token", "")))
        self._check_parties(identity)
        if identity.get("nonce") != nonce:
            raise OidcError("Invalid nonce in id_token", "the nonce is not the one that was sent")
        return {**await self._user_info(str(tokens.get("access_token", "")), identity.subject), **identity}

    async def _tokens(self, code: str, redirect_uri: str) -> dict[str, Any]:
        endpoint = await self._endpoint(self._provider.token_url, "token_endpoint")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._provider.client_id,
            "client_secret": self._provider.client_secret,
        }
        try:
            answer = await self._http.post(endpoint, data=form, headers={"Accept": "application/json"})
        except httpx2.TimeoutException as problem:
            raise OidcError("Timeout occurred in calling IdP token endpoint", endpoint) from problem
        except _UNREACHABLE as problem:
            raise OidcError("Connection reset", f"{endpoint}: {kind_of(problem)}") from problem
        if answer.status_code != 200:
            sentence = f"{self._provider.name} Error - {answer.status_code} error getting token"
            raise OidcError(sentence, f"{endpoint} answered {answer.status_code}{_error_in(answer)}")
        return _object(answer, endpoint)

    async def _verified(self, token: str) -> VerifiedClaims:
        """By the provider's keys; fetched anew once, when the key is one that was not there before."""
        url = await self._endpoint(self._provider.jwks_uri, "jwks_uri")
        try:
            return self._verify(token, await self._cache.get(self._http, url, "jwks uri"))
        except ClaimsError as problem:
            if problem.claim != "kid":
                raise OidcError(self._bad_token(problem), _reason(problem)) from problem
        self._cache.forget(url)
        try:
            return self._verify(token, await self._cache.get(self._http, url, "jwks uri"))
        except ClaimsError as problem:
            raise OidcError(self._bad_token(problem), _reason(problem)) from problem

    def _verify(self, token: str, keys: dict[str, Any]) -> VerifiedClaims:
        issuer = self._provider.issuer
        try:
            published = parse_jwks(keys)
        except ValueError as problem:
            raise OidcError(
                f"{self._provider.name} Error - its keys cannot be read", f"its key set: {kind_of(problem)}"
            ) from problem
        return verify(
            token,
            published,
            issuer=_GOOGLE if issuer in _GOOGLE else issuer,
            token_use=None,
            client_id=self._provider.client_id,
            now=self._clock(),
            leeway_s=_LEEWAY_S,
        )

    def _check_parties(self, identity: VerifiedClaims) -> None:
        """Who it is about, and for whom it was made (OpenID Connect Core §2, §3.1.3.7, 4 and 5)."""
        subject, audience = identity.get("sub"), identity.get("aud")
        if not isinstance(subject, str) or not subject:
            raise OidcError("Bad id_token sub", "sub is missing, or no text")
        if not isinstance(audience, (str, list)):
            raise OidcError("Bad id_token aud", "aud is neither a text nor a list")
        default = self._provider.client_id if isinstance(audience, str) or len(audience) == 1 else None
        if identity.get("azp", default) != self._provider.client_id:
            raise OidcError("Bad id_token azp", "azp is not our client_id, or is missing beside several audiences")

    def _bad_token(self, problem: ClaimsError) -> str:
        return f"Bad id_token issuer {problem.actual}" if problem.claim == "iss" else f"Bad id_token {problem.claim}"

    async def _user_info(self, access_token: str, subject: str) -> dict[str, Any]:
        """What userInfo says of the same subject (OpenID Connect Core §5.3.2); nothing where there is no userInfo."""
        if self._provider.issuer in _GOOGLE:
            return {}
        endpoint = await self._endpoint(self._provider.user_info_url, "userinfo_endpoint", required=False)
        if not endpoint:
            return {}
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        try:
            answer = await self._http.request(self._provider.user_info_method, endpoint, headers=headers)
        except _UNREACHABLE as problem:
            raise OidcError("Read timed out", f"{endpoint}: {kind_of(problem)}") from problem
        if answer.status_code != 200:
            raise OidcError(f"{self._provider.name} Error - {answer.status_code} error getting attributes", endpoint)
        members = _object(answer, endpoint)
        if members.get("sub") != subject:
            raise OidcError("Bad userInfo subject", "userInfo is about somebody else than the ID token")
        return members

    async def _endpoint(self, configured: str, member: str, *, required: bool = True) -> str:
        """The configured endpoint, else the published one; "" when there is none and none is required.

        Raises OidcError for one that is not https. Loopback is excepted: the stand-in lives there.
        """
        endpoint = configured or await self._discovered(member)
        if endpoint:
            _require_https(endpoint, member)
        elif required:
            detail = f"the discovery document of {self._provider.issuer} lacks {member}"
            raise OidcError(f"{self._provider.name} Error - no {member}", detail)
        return endpoint

    async def _discovered(self, member: str) -> str:
        issuer = self._provider.issuer.rstrip("/")  # OpenID Connect Discovery §4.1
        _require_https(issuer, "issuer")
        document = await self._cache.get(self._http, f"{issuer}/.well-known/openid-configuration", "discovery endpoint")
        value = document.get(member)
        return value if isinstance(value, str) else ""


def _require_https(url: str, what: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        raise OidcError(f"Bad {what}", f"{url!r} is not a URL") from problem
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS):
        raise OidcError(f"Bad {what}", f"{what} {url!r} must be an https URL")


async def _get_json(http: httpx2.AsyncClient, url: str, what: str) -> dict[str, Any]:
    try:
        answer = await http.get(url, headers={"Accept": "application/json"})
    except _UNREACHABLE as problem:
        raise OidcError(f"Timeout in calling {what}", f"{url}: {kind_of(problem)}") from problem
    if answer.status_code != 200:
        raise OidcError(f"Error in calling {what}", f"{url} answered {answer.status_code}")
    return _object(answer, url)


def _object(answer: httpx2.Response, url: str) -> dict[str, Any]:
    try:
        members = answer.json()
    except ValueError as problem:
        raise OidcError("Invalid response from IdP", f"{url} did not answer JSON") from problem
    if not isinstance(members, dict):
        raise OidcError("Invalid response from IdP", f"{url} did not answer a JSON object")
    return members


def _error_in(answer: httpx2.Response) -> str:
    try:
        return known_error(answer.json().get("error"))
    except (ValueError, AttributeError):
        return ""


def known_error(error: object) -> str:
    """` (invalid_grant)` for a log, of a word that the standards know. Any other text may repeat a secret."""
    return f" ({error})" if isinstance(error, str) and error in _ERRORS else ""


def _reason(problem: ClaimsError) -> str:
    """Before the signature is verified, what a token says is anybody's text."""
    return "the ID token was signed with none of the provider's keys" if problem.claim == "kid" else str(problem)
