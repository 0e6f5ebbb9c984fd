"""The settings of an app client, from CreateUserPoolClient and UpdateUserPoolClient, and which may be combined.

Sentences are AWS's as people have seen them (facts/oauth.md §7; github.com/badmintoncryer/cdk-preflight,
rules/cognito), but for those marked [inferred]. Source: API reference, CreateUserPoolClient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import named_resources
from halfday.server.domain.user_pools.app_clients import (
    SECONDS_IN,
    STANDARD_SCOPES,
    AppClient,
    TokenValidity,
    redirect_uri_objection,
)
from halfday.server.domain.user_pools.attributes import full_schema
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.providers import NATIVE, ExternalProvider, are_mixed
from halfday.server.operations.framework.lookups import invalid
from halfday.server.operations.framework.registry import Call
from halfday.server.operations.user_pools.pool_checks import check_tier

Given = Mapping[str, Any]

SETTINGS = (
    "ClientName RefreshTokenValidity AccessTokenValidity IdTokenValidity TokenValidityUnits ReadAttributes "
    "WriteAttributes ExplicitAuthFlows SupportedIdentityProviders CallbackURLs LogoutURLs DefaultRedirectURI "
    "AllowedOAuthFlows AllowedOAuthScopes AllowedOAuthFlowsUserPoolClient AnalyticsConfiguration "
    "PreventUserExistenceErrors EnableTokenRevocation EnablePropagateAdditionalUserContextData AuthSessionValidity "
    "RefreshTokenRotation"
)

ANALYTICS, ROTATION = "AnalyticsConfiguration", "RefreshTokenRotation"

_VALIDITY = {  # member: (unit's name, default unit, default, least seconds, most seconds), facts/tokens.md §4
    "AccessTokenValidity": ("AccessToken", "hours", 3600, 300, 86400),
    "IdTokenValidity": ("IdToken", "hours", 3600, 300, 86400),
    "RefreshTokenValidity": ("RefreshToken", "days", 30 * 86400, 3600, 3650 * 86400),
}
_NEVER_WRITTEN = {"sub", "email_verified", "phone_number_verified"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a client's settings are checked against: its pool, and the names of the pool's scopes and providers."""

    pool: Pool
    scopes: frozenset[str]
    providers: tuple[ExternalProvider, ...]
    account: str

    @property
    def provider_names(self) -> frozenset[str]:
        return frozenset(provider.name for provider in self.providers) | {NATIVE}


async def surroundings(call: Call, pool: Pool) -> Surroundings:
    store = call.services.store
    servers = await store.resource_servers.of_pool(pool.pool_id)
    providers = await store.providers.of_pool(pool.pool_id)
    return Surroundings(
        pool,
        frozenset(STANDARD_SCOPES).union(*(server.scope_names for server in servers)),
        tuple(providers),
        call.account,
    )


def configured(client: AppClient, given: Given, around: Surroundings, *, doing: str) -> AppClient:
    """The client with what was given; what was left out returns to its default. Raises Refused.

    `doing` is "creating" or "updating": AWS says so.
    """
    _check_redirects(given)
    _check_oauth(client, given, around)
    _check_flows(client, given, around.pool)
    _check_attributes(given, around.pool, doing)
    changed = replace(
        client,
        name=given.get("ClientName", client.name),
        auth_flows=_optional(given, "ExplicitAuthFlows"),
        oauth_enabled=given.get("AllowedOAuthFlowsUserPoolClient", False),
        oauth_flows=tuple(given.get("AllowedOAuthFlows", ())),
        scopes=tuple(given.get("AllowedOAuthScopes", ())),
        callback_urls=tuple(given.get("CallbackURLs", ())),
        logout_urls=tuple(given.get("LogoutURLs", ())),
        default_redirect_uri=given.get("DefaultRedirectURI"),
        identity_providers=tuple(given.get("SupportedIdentityProviders", ())),
        read_attributes=_optional(given, "ReadAttributes") or None,
        write_attributes=_optional(given, "WriteAttributes") or None,
        validity=_validity(given),
        declared_validity={name: given[name] for name in _VALIDITY if name in given},
        validity_units=dict(given.get("TokenValidityUnits", {})),
        hide_unknown_users=_hide_unknown_users(given),
        token_revocation=given.get("EnableTokenRevocation", True),
        session_validity_minutes=given.get("AuthSessionValidity", 3),
        rotation_grace_s=_rotation_grace_s(given.get(ROTATION)),
        propagate_user_context=_propagated(client, given),
        declared=_declared(client, given),
    )
    _check_analytics(given.get(ANALYTICS, {}), around)
    return changed


def _optional(given: Given, name: str) -> tuple[str, ...] | None:
    return tuple(given[name]) if name in given else None


def _hide_unknown_users(given: Given) -> bool | None:
    return given["PreventUserExistenceErrors"] == "ENABLED" if "PreventUserExistenceErrors" in given else None


def _rotation_grace_s(given: Given | None) -> int | None:
    """Without a number of seconds there is no grace [inferred]."""
    return int(given.get("RetryGracePeriodSeconds", 0)) if given and given["Feature"] == "ENABLED" else None


def _propagated(client: AppClient, given: Given) -> bool:
    if not given.get("EnablePropagateAdditionalUserContextData"):
        return False
    if not client.secrets:
        raise invalid("Client Secret is required to set EnablePropagateAdditionalUserContextData as true")
    return True


def _declared(client: AppClient, given: Given) -> dict[str, Any]:
    """A rotation that was set once and is left out now is told as DISABLED (hashicorp/terraform-provider-aws#47374)."""
    kept = {name: value for name, value in client.declared.items() if name not in (ANALYTICS, ROTATION)}
    if ANALYTICS in given:
        kept[ANALYTICS] = _analytics(given[ANALYTICS])
    if ROTATION in given or ROTATION in client.declared:
        kept[ROTATION] = {"RetryGracePeriodSeconds": 0, **given.get(ROTATION, {"Feature": "DISABLED"})}
    return kept


def _analytics(given: Given) -> dict[str, Any]:
    """Kept and shown. Nothing is sent to Pinpoint."""
    older = [name in given for name in ("ApplicationId", "RoleArn", "ExternalId")]
    if any(older) if "ApplicationArn" in given else not all(older):
        raise invalid(
            "Invalid analytics configuration given, "
            "either <application arn> or <application id, role arn, external id> are valid"
        )
    return dict(given)


def _check_analytics(given: Given, around: Surroundings) -> None:
    named = (
        [named_resources.pinpoint_app(given["ApplicationArn"], around.pool.region)] if "ApplicationArn" in given else []
    )
    if "RoleArn" in given:
        named.append(named_resources.role(given["RoleArn"], around.account))
    for objection in filter(None, named):
        raise invalid(objection)


def _check_redirects(given: Given) -> None:
    for uri in (*given.get("CallbackURLs", ()), *given.get("LogoutURLs", ())):
        if (objection := redirect_uri_objection(uri)) is not None:
            raise invalid(objection)
    default = given.get("DefaultRedirectURI")
    if default is not None and default not in given.get("CallbackURLs", ()):
        raise invalid(f"The default redirect URI {default} is not in the callback URIs list.")


def _check_oauth(client: AppClient, given: Given, around: Surroundings) -> None:
    flows, scopes = set(given.get("AllowedOAuthFlows", ())), given.get("AllowedOAuthScopes", ())
    if given.get("AllowedOAuthFlowsUserPoolClient") and not (flows and scopes):
        raise invalid(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."
        )
    objection = next((sentence for wrong, sentence in _flow_rules(flows, client, given) if wrong), None)
    if objection is not None:
        raise Refused("InvalidOAuthFlowException", objection)
    missing = [scope for scope in scopes if scope not in around.scopes]
    if missing:
        raise Refused("ScopeDoesNotExistException", f"Invalid scope requested: {', '.join(missing)}")
    for name in given.get("SupportedIdentityProviders", ()):
        if name not in around.provider_names:
            raise invalid(f"The provider {name} does not exist for User Pool {around.pool.pool_id}.")
    if are_mixed(given.get("SupportedIdentityProviders", ()), around.providers):  # the sentence is [inferred]
        raise invalid("A client with a provider that supports IdP-initiated sign-in can only have SAML providers.")


def _flow_rules(flows: set[str], client: AppClient, given: Given) -> Iterator[tuple[bool, str]]:
    machine = "client_credentials" in flows
    yield (
        machine and len(flows) > 1,
        "client_credentials flow can not be selected along with code flow or implicit flow.",
    )
    yield (
        machine and not client.secrets,
        "client_credentials flow can not be selected if client does not have a client secret.",
    )
    yield (
        bool(given.get("AllowedOAuthFlowsUserPoolClient")) and not machine and not given.get("CallbackURLs"),
        "CallbackUrls can not be empty when code flow or implicit flow is selected",
    )


def _check_flows(client: AppClient, given: Given, pool: Pool) -> None:
    """How AWS names choice-based sign-in and rotation in these sentences is [inferred], as is the order."""
    flows = given.get("ExplicitAuthFlows", ())
    if len({flow.startswith("ALLOW_") for flow in flows}) > 1:
        raise invalid("Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.")
    rotates = given.get(ROTATION, {}).get("Feature") == "ENABLED"
    if rotates and "ALLOW_REFRESH_TOKEN_AUTH" in flows:
        raise invalid(
            "ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled."
        )
    if pool.tier == "LITE":
        chosen = {"Choice-Based Sign-In": "ALLOW_USER_AUTH" in flows, "Refresh Token Rotation": rotates}
        check_tier(pool.tier, (name for name, used in chosen.items() if used))


def _check_attributes(given: Given, pool: Pool, doing: str) -> None:
    """WriteAttributes has to include the attributes that the pool requires, and none that no client may write."""
    schema = {attribute.name: attribute for attribute in full_schema(pool.schema)}
    read, write = set(given.get("ReadAttributes", ())), set(given.get("WriteAttributes", ()))
    required = {attribute.name for attribute in schema.values() if attribute.required} - {"sub"}
    if read - set(schema):
        raise invalid(f"Invalid read attributes specified while {doing} a client")
    if write - set(schema) or write & _NEVER_WRITTEN or (write and required - write):
        raise invalid(f"Invalid write attributes specified while {doing} a client")


def _validity(given: Given) -> TokenValidity:
    access, identity, refresh = (_seconds(given, member) for member in _VALIDITY)
    if refresh < access or refresh < identity:
        raise invalid(
            "Access and Id Token expiration times must be less than or equal to refresh token expiration times."
        )
    return TokenValidity(access, identity, refresh)


def _seconds(given: Given, member: str) -> int:
    unit_name, default_unit, default, least, most = _VALIDITY[member]
    amount = given.get(member)
    if not amount:
        return default
    seconds = int(amount) * SECONDS_IN[given.get("TokenValidityUnits", {}).get(unit_name, default_unit)]
    if not least <= seconds <= most:
        raise invalid("Invalid range for token validity.")
    return seconds
