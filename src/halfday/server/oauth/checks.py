"""The checks of an authorize request, one function each, in AWS's order. `authorize` runs the list.

Until client and redirect URI are known to belong together a refusal stays on our own error page; after that it travels
to the redirect URI (RFC 6749 §4.1.2.1). Source: facts/oauth.md §1.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from halfday.protocol import pkce
from halfday.protocol.errors import OAuthError
from halfday.server.domain.user_pools.app_clients import NEEDS_OPENID, AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.redirect_uris import shown
from halfday.server.oauth import unbuilt
from halfday.server.services import Services

_RESPONSE_TYPES = {"code": "code", "token": "implicit"}
_NATIVE = "COGNITO"


@dataclass
class AuthorizationRequest:
    """An authorize request while it is being checked: what each check finds out is put down here."""

    parameters: Mapping[str, str]
    host_pool_id: str | None = None
    client: AppClient = field(init=False)
    pool: Pool = field(init=False)
    redirect_uri: str = field(init=False)
    scopes: tuple[str, ...] = field(init=False)
    provider: str | None = None

    @property
    def response_type(self) -> str:
        return self.parameters["response_type"]

    @property
    def state(self) -> str | None:
        return self.parameters.get("state")

    @property
    def prompts(self) -> frozenset[str]:
        return frozenset(self.parameters.get("prompt", "").split())


Check = Callable[[Services, AuthorizationRequest], Awaitable[None]]


async def check_client(services: Services, request: AuthorizationRequest) -> None:
    client_id = request.parameters.get("client_id", "")
    if not client_id:
        raise OAuthError("invalid_request", detail="client_id is missing")
    client = await services.store.app_clients.find(client_id)
    if client is None:
        raise OAuthError("invalid_request", detail="no app client has this client_id")
    if request.host_pool_id not in (None, client.pool_id):
        detail = f"app client {client_id} belongs to pool {client.pool_id}, this domain to {request.host_pool_id}"
        raise OAuthError("invalid_request", detail=detail)
    request.client = client
    request.pool = await services.store.pools.get(client.pool_id)


async def check_redirect_uri(services: Services, request: AuthorizationRequest) -> None:
    """Equal to a registered one, character for character; left out only where there is no choice."""
    client, uri = request.client, request.parameters.get("redirect_uri")
    if uri is None:
        uri = _only_redirect_uri(client)
    if uri is None or uri not in client.callback_urls:
        registered = ", ".join(client.callback_urls) or "none"
        told = (
            f"redirect_uri {shown(uri, client.callback_urls)} is not registered" if uri else "redirect_uri is missing"
        )
        raise OAuthError("redirect_mismatch", detail=f"{told}; registered: {registered}")
    request.redirect_uri = uri


async def check_oauth_enabled(services: Services, request: AuthorizationRequest) -> None:
    if not request.client.oauth_enabled:
        detail = f"AllowedOAuthFlowsUserPoolClient is false for app client {request.client.client_id}"
        raise _redirected("invalid_request", "Client is not enabled for OAuth2.0 flows.", detail)


async def check_response_type(services: Services, request: AuthorizationRequest) -> None:
    asked = request.parameters.get("response_type")
    if asked is None:
        raise _redirected("invalid_request", None, "response_type is missing")
    if asked not in _RESPONSE_TYPES:
        raise _redirected("invalid_request", None, "response_type is neither code nor token")
    if _RESPONSE_TYPES[asked] not in request.client.oauth_flows:
        allowed = ", ".join(request.client.oauth_flows) or "none"
        raise _redirected(
            "unauthorized_client", None, f"flow {_RESPONSE_TYPES[asked]} is not allowed; allowed: {allowed}"
        )


async def check_scope(services: Services, request: AuthorizationRequest) -> None:
    """Absent means all of the client's. email, phone and profile go with openid only."""
    client = request.client
    asked = tuple(dict.fromkeys(request.parameters.get("scope", "").split())) or client.scopes
    strange = [scope for scope in asked if scope not in client.scopes]
    if strange:
        detail = f"{len(strange)} of the scopes are not enabled for the client; enabled: {' '.join(client.scopes)}"
        raise _redirected("invalid_request", "invalid_scope", detail)
    if NEEDS_OPENID & set(asked) and "openid" not in asked:
        raise _redirected("invalid_request", "invalid_scope", "email, phone and profile need openid beside them")
    request.scopes = asked


async def check_pkce(services: Services, request: AuthorizationRequest) -> None:
    challenge, method = (request.parameters.get(name) for name in ("code_challenge", "code_challenge_method"))
    if challenge is None and method is None:
        return
    if method != pkce.METHOD:
        raise _redirected("invalid_request", None, "code_challenge_method is not S256, and only that is known")
    if challenge is None or not pkce.CHALLENGE_PATTERN.match(challenge):
        raise _redirected("invalid_request", None, "code_challenge is not BASE64URL(SHA256(code_verifier))")


async def check_unbuilt(services: Services, request: AuthorizationRequest) -> None:
    unbuilt.check_authorize(request.parameters)


async def check_identity_provider(services: Services, request: AuthorizationRequest) -> None:
    """identity_provider by name, or idp_identifier by one of a provider's identifiers; COGNITO is a name like others.

    A client without any has no sign-in page on AWS (hashicorp/terraform-provider-aws#23374); the code is [inferred].
    """
    name = request.parameters.get("identity_provider")
    identifier = request.parameters.get("idp_identifier")
    if name is None and identifier is not None:
        providers = await services.store.providers.of_pool(request.pool.pool_id)
        name = next((provider.name for provider in providers if identifier in provider.identifiers), identifier)
    if not request.client.identity_providers:
        detail = "the app client has no SupportedIdentityProviders, not even COGNITO: nobody can sign in by the pages"
        raise OAuthError("invalid_request", detail=detail)
    if name is None:
        return
    known = name == _NATIVE or await services.store.providers.find(request.pool.pool_id, name) is not None
    if not known or name not in request.client.identity_providers:
        allowed = ", ".join(request.client.identity_providers) or "none"
        detail = f"the identity_provider is not enabled for the client; enabled: {allowed}"
        raise OAuthError("invalid_request", description="Invalid identity provider", detail=detail)
    request.provider = None if name == _NATIVE else name


CHECKS: tuple[Check, ...] = (
    check_client,
    check_redirect_uri,
    check_oauth_enabled,
    check_response_type,
    check_scope,
    check_pkce,
    check_unbuilt,
    check_identity_provider,
)


def _only_redirect_uri(client: AppClient) -> str | None:
    if len(client.identity_providers) > 1:
        return None
    return client.callback_urls[0] if len(client.callback_urls) == 1 else client.default_redirect_uri


def _redirected(error: str, description: str | None, detail: str) -> OAuthError:
    return OAuthError(error, description=description, may_redirect=True, detail=detail)
