"""Tokens without a sign-in: GetClientToken for machines, GetDerivedToken in exchange for another token."""

from __future__ import annotations

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.app_clients import STANDARD_SCOPES, AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.flows.tokens.minter import TokenUse
from halfday.server.flows.tokens.token_exchange import Exchange, Presented, exchange
from halfday.server.flows.tokens.tokens import issue_to_machine
from halfday.server.operations.framework.lookups import invalid, not_built, the_client
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.framework.request_contexts import context_of

_USES: dict[str, TokenUse] = {"ACCESS_TOKEN": "access", "ID_TOKEN": "id"}
_TYPES = {use: name for name, use in _USES.items()}


@operation("cognito-idp", "GetClientToken", honours="ClientId Secret Scopes ClientMetadata")
async def get_client_token(call: Call) -> Output:
    """As the token endpoint's client_credentials, for clients of the flow ALLOW_CLIENT_TOKEN_AUTH.

    ClientMetadata is for triggers. The flow is named by the operation's documentation, and not among the model's values
    of ExplicitAuthFlows.
    """
    client, pool = await the_client(call)
    _check_secret(client, call.input["Secret"])
    _check_flow(client, "CLIENT_TOKEN_AUTH")
    scopes = _machine_scopes(client, call.input.get("Scopes"))
    tokens = await issue_to_machine(call.services, pool, client, scopes, context_of(call, client))
    result = {"AccessToken": tokens.access_token, "ExpiresIn": tokens.expires_in, "TokenType": "Bearer"}
    return {"ClientAuthenticationResult": result}


@operation(
    "cognito-idp",
    "GetDerivedToken",
    honours="ClientId ClientSecret SubjectToken SubjectTokenType ActorToken ActorTokenType Scopes Audiences Resources "
    "RequestedTokenType",
)
async def get_derived_token(call: Call) -> Output:
    """The pool's own tokens are exchanged. Those of external providers, named by ProviderName members, are refused.

    The call is signed, so ClientSecret may be left out; one that comes must be right. Without RequestedTokenType
    the new token is an access token [inferred]. An ID token is no bearer token: its TokenType is N_A (RFC 8693 §2.2.1).
    """
    client, pool = await the_client(call)
    if "ClientSecret" in call.input:
        _check_secret(client, call.input["ClientSecret"])
    actor = _presented(call, "Actor") if {"ActorToken", "ActorTokenType"} & call.input.keys() else None
    _check_flow(client, "TOKEN_EXCHANGE_DELEGATION" if actor else "TOKEN_EXCHANGE_IMPERSONATION")
    asked = Exchange(
        subject=_presented(call, "Subject"),
        actor=actor,
        scopes=tuple(call.input.get("Scopes") or ()) or None,
        audience=await _audience(call, pool),
        wanted=_USES[call.input.get("RequestedTokenType", "ACCESS_TOKEN")],
    )
    derived = await exchange(call.services, pool, client, asked, context_of(call, client))
    return {
        "IssuedToken": derived.token,
        "IssuedTokenType": _TYPES[derived.token_use],
        "TokenType": "Bearer" if derived.token_use == "access" else "N_A",
        "ExpiresIn": derived.expires_in,
        "Scopes": None if derived.scopes is None else list(derived.scopes),
    }


def _presented(call: Call, whose: str) -> Presented:
    for name in (f"{whose}Token", f"{whose}TokenType"):
        if not call.input.get(name):
            raise invalid(f"Missing required parameter {name}")
    kind = call.input[f"{whose}TokenType"]
    if kind not in _USES:
        raise not_built(f"{whose}TokenType {kind}", "GetDerivedToken")
    return Presented(call.input[f"{whose}Token"], _USES[kind])


async def _audience(call: Call, pool: Pool) -> str | None:
    """The one audience, or the one resource server, that is asked for."""
    audiences, resources = call.input.get("Audiences") or [], call.input.get("Resources") or []
    if audiences and resources:
        raise invalid("You can't request both Audiences and Resources in the same request.")
    servers = {server.identifier for server in await call.services.store.resource_servers.of_pool(pool.pool_id)}
    for unknown in set(resources) - servers:
        raise Refused("ResourceNotFoundException", f"Resource server {unknown} does not exist.")
    return next(iter([*audiences, *resources]), None)


def _machine_scopes(client: AppClient, asked: list[str] | None) -> tuple[str, ...]:
    own = tuple(scope for scope in client.scopes if scope not in STANDARD_SCOPES)
    strange = [scope for scope in asked or () if scope not in own]
    if strange:
        raise invalid(f"Invalid scope requested: {', '.join(strange)}")
    if not own:
        raise invalid("The app client has no custom scopes.")
    return tuple(dict.fromkeys(asked or own))


def _check_secret(client: AppClient, presented: str) -> None:
    if not client.secret_matches(presented):
        raise Refused("NotAuthorizedException", f"Unable to verify secret for client {client.client_id}")


def _check_flow(client: AppClient, name: str) -> None:
    if not client.allows_flow(f"ALLOW_{name}"):
        raise invalid(f"{name} flow not enabled for this client")
