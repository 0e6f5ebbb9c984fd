"""PreTokenGeneration: the function says what the tokens hold. Source: facts/triggers.md §6, facts/tokens.md §8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.claim_overrides import (
    MOST_CHANGES,
    NO_CHANGES,
    ClaimChanges,
    GroupChanges,
    TokenChanges,
    scopes_fit,
)
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.triggers import Trigger, function_of, unusable
from halfday.server.domain.users.users import Group, User, preferred_role
from halfday.server.flows.triggers.answers import table, text, texts
from halfday.server.flows.triggers.invoke import attributes_of, call
from halfday.server.services import Services

HOSTED_AUTH, AUTHENTICATION, NEW_PASSWORD, DEVICE, REFRESH, MACHINE = (
    "HostedAuth",
    "Authentication",
    "NewPasswordChallenge",
    "AuthenticateDevice",
    "RefreshTokens",
    "ClientCredentials",
)
_MACHINE_NAME = "ClientCredentials"


async def changes_for_user(
    services: Services,
    pool: Pool,
    user: User,
    groups: Sequence[Group],
    scopes: Sequence[str],
    context: RequestContext,
    *,
    source: str,
) -> ClaimChanges:
    """What the pool's function changes of a person's tokens. Raises Refused."""
    function = function_of(pool.lambda_config, Trigger.PRE_TOKEN_GENERATION)
    if function is None:
        return NO_CHANGES
    request = {
        "userAttributes": attributes_of(user),
        "groupConfiguration": _configuration(groups),
        **({"scopes": list(scopes)} if function.version > 1 else {}),
        **({"clientMetadata": dict(context.client_metadata)} if context.client_metadata else {}),
    }
    return await _ask(services, pool, function.version, source, user.username, request, context)


async def changes_for_machine(
    services: Services, pool: Pool, scopes: Sequence[str], context: RequestContext
) -> ClaimChanges:
    """Of client_credentials: functions of version 3 alone are asked. Raises Refused."""
    function = function_of(pool.lambda_config, Trigger.PRE_TOKEN_GENERATION)
    if function is None or function.version < 3:
        return NO_CHANGES
    request = {
        "userAttributes": {},
        "groupConfiguration": None,
        "scopes": list(scopes),
        **({"clientMetadata": dict(context.client_metadata)} if context.client_metadata else {}),
    }
    return await _ask(services, pool, function.version, MACHINE, _MACHINE_NAME, request, context)


async def _ask(
    services: Services,
    pool: Pool,
    version: int,
    source: str,
    username: str,
    request: Mapping[str, Any],
    context: RequestContext,
) -> ClaimChanges:
    member = "claimsOverrideDetails" if version == 1 else "claimsAndScopeOverrideDetails"
    response = await call(
        services,
        pool,
        Trigger.PRE_TOKEN_GENERATION,
        f"TokenGeneration_{source}",
        username=username,
        request=request,
        response={member: None},
        context=context,
    )
    details = table(response or {}, member)
    if details is None:
        return NO_CHANGES
    changes = _first_version(details) if version == 1 else _later_version(details)
    if changes.count > MOST_CHANGES:
        raise unusable(f"it changes more than {MOST_CHANGES} claims and scopes")
    return changes


def _configuration(groups: Sequence[Group]) -> dict[str, Any]:
    return {
        "groupsToOverride": [group.name for group in groups],
        "iamRolesToOverride": list(dict.fromkeys(group.role_arn for group in groups if group.role_arn)),
        "preferredRole": preferred_role(list(groups)),
    }


def _first_version(details: Mapping[str, Any]) -> ClaimChanges:
    added = table(details, "claimsToAddOrOverride") or {}
    if not all(isinstance(value, str) for value in added.values()):
        raise unusable("response.claimsOverrideDetails.claimsToAddOrOverride holds something else than text")
    suppressed = frozenset(texts(details, "claimsToSuppress") or ())
    return ClaimChanges(TokenChanges(added, suppressed), groups=_groups(details))


def _later_version(details: Mapping[str, Any]) -> ClaimChanges:
    return ClaimChanges(
        _of_token(table(details, "idTokenGeneration") or {}),
        _of_token(table(details, "accessTokenGeneration") or {}),
        _groups(details),
    )


def _of_token(given: Mapping[str, Any]) -> TokenChanges:
    scopes = texts(given, "scopesToAdd") or []
    if not scopes_fit(scopes):
        raise unusable("scopesToAdd holds a scope with a blank in it")
    return TokenChanges(
        table(given, "claimsToAddOrOverride") or {},
        frozenset(texts(given, "claimsToSuppress") or ()),
        tuple(scopes),
        frozenset(texts(given, "scopesToSuppress") or ()),
    )


def _groups(details: Mapping[str, Any]) -> GroupChanges | None:
    """None where groupOverrideDetails is left out or null: the groups stay. An empty object takes them away."""
    given = table(details, "groupOverrideDetails")
    if given is None:
        return None
    return GroupChanges(
        tuple(texts(given, "groupsToOverride") or ()),
        tuple(texts(given, "iamRolesToOverride") or ()),
        text(given, "preferredRole"),
    )
