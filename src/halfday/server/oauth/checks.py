"""The checks of an authorize request, one function each, in AWS's order; what they find out is the request, checked.

Until client and redirect URI are known to belong together a refusal stays on our own error page; after that it travels
to the redirect URI (RFC 6749 §4.1.2.1). Source: facts/oauth.md §1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from halfday.protocol import pkce
from halfday.protocol.errors import OAuthError
from halfday.server.domain.user_pools.app_clients import NEEDS_OPENID, AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.redirect_uris import shown
from halfday.server.oauth import authentication_requests, resource_indicators
from halfday.server.services import Services

_RESPONSE_TYPES = {"code": "code", "token": "implicit"}
_NATIVE = "COGNITO"


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """Client and redirect URI of a request, known to belong together: there refusals may travel."""

    parameters: Mapping[str, str] = field(repr=False)
    client: AppClient
    pool: Pool
    redirect_uri: str

    @property
    def state(self) -> str | None:
        return self.parameters.get("state")


@dataclass(frozen=True, slots=True)
class CheckedRequest(ReturnAddress):
    """An authorize request found sound. `provider` is the external one that was named, if one was.

    `levels` are the authentication levels that are asked for (`authentication_requests.check_levels`), `resource` is
    what the access token is to be for.
    """

    scopes: tuple[str, ...]
    provider: str | None
    levels: tuple[int, ...] | None = None
    max_age_s: int | None = None
    resource: str | None = None

    @property
    def response_type(self) -> str:
        return self.parameters["response_type"]

    @property
    def prompts(self) -> frozenset[str]:
        return frozenset(self.parameters.get("prompt", "").split())


async def check_return_address(
    services: Services, parameters: Mapping[str, str], *, host_pool_id: str | None
) -> ReturnAddress:
    """Checks client and redirect URI. `host_pool_id` is the called domain's pool, None on the server's own origin.

    Raises OAuthError.
    """
    client = await _check_client(services, parameters.get("client_id", ""), host_pool_id)
    pool = await services.store.pools.get(client.pool_id)
    return ReturnAddress(parameters, client, pool, _check_redirect_uri(client, parameters.get("redirect_uri")))


async def check_request(services: Services, address: ReturnAddress) -> CheckedRequest:
    """Makes all other checks. Raises OAuthError, whose `may_redirect` says whether it may travel to the app."""
    client, parameters = address.client, address.parameters
    _check_oauth_enabled(client)
    _check_response_type(client, parameters.get("response_type"))
    scopes = _check_scope(client, parameters.get("scope", ""))
    _check_pkce(parameters.get("code_challenge"), parameters.get("code_challenge_method"))
    authentication_requests.check_prompt(parameters.get("prompt"))
    resource = resource_indicators.check_resource(parameters.get("resource"))
    max_age_s = authentication_requests.check_max_age(parameters.get("max_age"))
    levels = authentication_requests.check_levels(address.pool, parameters)
    provider = await _check_identity_provider(services, address)
    return CheckedRequest(
        parameters, client, address.pool, address.redirect_uri, scopes, provider, levels, max_age_s, resource
    )


async def _check_client(services: Services, client_id: str, host_pool_id: str | None) -> AppClient:
    if not client_id:
        raise OAuthError("invalid_request", detail="client_id is missing")
    client = await services.store.app_clients.find(client_id)
    if client is None:
        raise OAuthError("invalid_request", detail="no app client has this client_id")
    if host_pool_id not in (None, client.pool_id):
        owner = host_pool_id or "no pool"
        detail = f"app client {client_id} belongs to pool {client.pool_id}, this domain to {owner}"
        raise OAuthError("invalid_request", detail=detail)
    return client


def _check_redirect_uri(client: AppClient, given: str | None) -> str:
    """The redirect URI, which must equal a registered one. It may be left out only where there is no choice."""
    uri = _only_redirect_uri(client) if given is None else given
    if uri is None or uri not in client.callback_urls:
        registered = ", ".join(client.callback_urls) or "none"
        told = (
            f"redirect_uri {shown(uri, client.callback_urls)} is not registered" if uri else "redirect_uri is missing"
        )
        raise OAuthError("redirect_mismatch", detail=f"{told}; registered: {registered}")
    return uri


def _check_oauth_enabled(client: AppClient) -> None:
    if not client.oauth_enabled:
        detail = f"AllowedOAuthFlowsUserPoolClient is false for app client {client.client_id}"
        raise _redirected("invalid_request", "Client is not enabled for OAuth2.0 flows.", detail)


def _check_response_type(client: AppClient, asked: str | None) -> None:
    if asked is None:
        raise _redirected("invalid_request", None, "response_type is missing")
    if asked not in _RESPONSE_TYPES:
        raise _redirected("invalid_request", None, "response_type is neither code nor token")
    if _RESPONSE_TYPES[asked] not in client.oauth_flows:
        allowed = ", ".join(client.oauth_flows) or "none"
        raise _redirected(
            "unauthorized_client", None, f"flow {_RESPONSE_TYPES[asked]} is not allowed; allowed: {allowed}"
        )


def _check_scope(client: AppClient, given: str) -> tuple[str, ...]:
    """The scopes: all of the client's where none is given. email, phone and profile need openid beside them."""
    asked = tuple(dict.fromkeys(given.split())) or client.scopes
    strange = [scope for scope in asked if scope not in client.scopes]
    if strange:
        detail = f"{len(strange)} of the scopes are not enabled for the client; enabled: {' '.join(client.scopes)}"
        raise _redirected("invalid_request", "invalid_scope", detail)
    if NEEDS_OPENID & set(asked) and "openid" not in asked:
        raise _redirected("invalid_request", "invalid_scope", "email, phone and profile need openid beside them")
    return asked


def _check_pkce(challenge: str | None, method: str | None) -> None:
    if challenge is None and method is None:
        return
    if method != pkce.METHOD:
        raise _redirected("invalid_request", None, "code_challenge_method is not S256, and only that is known")
    if challenge is None or not pkce.CHALLENGE_PATTERN.match(challenge):
        raise _redirected("invalid_request", None, "code_challenge is not BASE64URL(SHA256(code_verifier))")


async def _check_identity_provider(services: Services, address: ReturnAddress) -> str | None:
    """The provider that identity_provider names, or idp_identifier; None for COGNITO and where none is named.

    A client without any has no sign-in page on AWS (hashicorp/terraform-provider-aws#23374); the code is [inferred].
    """
    client, pool_id = address.client, address.pool.pool_id
    name = address.parameters.get("identity_provider")
    identifier = address.parameters.get("idp_identifier")
    if name is None and identifier is not None:
        providers = await services.store.providers.of_pool(pool_id)
        name = next((provider.name for provider in providers if identifier in provider.identifiers), identifier)
    if not client.identity_providers:
        detail = "the app client has no SupportedIdentityProviders, not even COGNITO: nobody can sign in by the pages"
        raise OAuthError("invalid_request", detail=detail)
    if name is None:
        return None
    known = name == _NATIVE or await services.store.providers.find(pool_id, name) is not None
    if not known or name not in client.identity_providers:
        allowed = ", ".join(client.identity_providers) or "none"
        detail = f"the identity_provider is not enabled for the client; enabled: {allowed}"
        raise OAuthError("invalid_request", description="Invalid identity provider", detail=detail)
    return None if name == _NATIVE else name


def _only_redirect_uri(client: AppClient) -> str | None:
    if len(client.identity_providers) > 1:
        return None
    return client.callback_urls[0] if len(client.callback_urls) == 1 else client.default_redirect_uri


def _redirected(error: str, description: str | None, detail: str) -> OAuthError:
    return OAuthError(error, description=description, may_redirect=True, detail=detail)
