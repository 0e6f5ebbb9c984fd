"""External identity providers of a pool: CreateIdentityProvider, DescribeIdentityProvider, List…, Delete….

What the kinds differ in stands in domain/user_pools/providers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.attributes import full_schema
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.providers import (
    KINDS,
    MOST_PROVIDERS,
    ExternalProvider,
    details_objection,
    identifiers_objection,
    name_objection,
)
from halfday.server.flows.federation.configuration import completed
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, not_built, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken


@operation(
    "cognito-idp",
    "CreateIdentityProvider",
    honours="UserPoolId ProviderName ProviderType ProviderDetails AttributeMapping IdpIdentifiers AcrMapping",
)
async def create_identity_provider(call: Call) -> Output:
    pool, given = await the_pool(call), call.input
    kind, name = given["ProviderType"], given["ProviderName"]
    _refuse(name_objection(name, kind))
    provider = ExternalProvider(
        pool_id=pool.pool_id,
        name=name,
        kind=kind,
        created_at=call.now,
        modified_at=call.now,
        details=await _details(call, pool, kind, given["ProviderDetails"]),
        attribute_mapping=_mapping(pool, kind, given.get("AttributeMapping", {}), "CreateIdentityProvider"),
        identifiers=tuple(given.get("IdpIdentifiers", ())),
        acr_mapping=_acr_mapping(kind, given.get("AcrMapping", {})),
    )
    try:
        async with call.services.store.unit(pool.pool_id):
            await _check_room(call, pool, provider)
            await call.services.store.providers.insert(provider)
    except Taken as problem:
        raise Refused("DuplicateProviderException", f"Provider {name} already exists.") from problem
    return {"IdentityProvider": _shape(provider)}


@operation("cognito-idp", "DescribeIdentityProvider", honours="UserPoolId ProviderName")
async def describe_identity_provider(call: Call) -> Output:
    return {"IdentityProvider": _shape(await _the_provider(call))}


@operation(
    "cognito-idp",
    "UpdateIdentityProvider",
    honours="UserPoolId ProviderName ProviderDetails AttributeMapping IdpIdentifiers AcrMapping",
)
async def update_identity_provider(call: Call) -> Output:
    """ProviderDetails replace the old ones as a whole; members that are left out stay as they are [inferred]."""
    pool, provider, given = await the_pool(call), await _the_provider(call), call.input
    changes: dict[str, Any] = {}
    if "ProviderDetails" in given:
        known = provider.details
        changes["details"] = await _details(call, pool, provider.kind, given["ProviderDetails"], known)
    if "AttributeMapping" in given:
        changes["attribute_mapping"] = _mapping(
            pool, provider.kind, given["AttributeMapping"], "UpdateIdentityProvider"
        )
    if "IdpIdentifiers" in given:
        changes["identifiers"] = tuple(given["IdpIdentifiers"])
    if "AcrMapping" in given:
        changes["acr_mapping"] = _acr_mapping(provider.kind, given["AcrMapping"])
    change = partial(replace, modified_at=call.now, **changes)
    async with call.services.store.unit(pool.pool_id):
        _check_identifiers(change(provider), await call.services.store.providers.of_pool(pool.pool_id))
        changed = await call.services.store.providers.change(pool.pool_id, provider.name, change)
    return {"IdentityProvider": _shape(changed)}


@operation("cognito-idp", "GetIdentityProviderByIdentifier", honours="UserPoolId IdpIdentifier")
async def get_identity_provider_by_identifier(call: Call) -> Output:
    pool, identifier = await the_pool(call), call.input["IdpIdentifier"]
    for provider in await call.services.store.providers.of_pool(pool.pool_id):
        if identifier in provider.identifiers:
            return {"IdentityProvider": _shape(provider)}
    raise Refused("ResourceNotFoundException", f"Identity provider with identifier {identifier} does not exist.")


@operation("cognito-idp", "ListIdentityProviders", honours="UserPoolId MaxResults NextToken")
async def list_identity_providers(call: Call) -> Output:
    pool = await the_pool(call)
    providers = await call.services.store.providers.of_pool(pool.pool_id)
    return await paging.listing(call, "Providers", paging.among(providers, _name), key=_name, shape=_summary)


@operation("cognito-idp", "DeleteIdentityProvider", honours="UserPoolId ProviderName")
async def delete_identity_provider(call: Call) -> Output:
    pool = await the_pool(call)
    try:
        await call.services.store.providers.delete(pool.pool_id, call.input["ProviderName"])
    except Missing as problem:
        raise _no_such_provider(call) from problem
    return {}


async def _the_provider(call: Call) -> ExternalProvider:
    pool = await the_pool(call)
    try:
        return await call.services.store.providers.get(pool.pool_id, call.input["ProviderName"])
    except Missing as problem:
        raise _no_such_provider(call) from problem


async def _details(
    call: Call, pool: Pool, kind: str, given: dict[str, str], known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The given details, with those that AWS adds; `known` are the provider's until now."""
    _refuse(details_objection(kind, given, own_host=urlsplit(call.services.origin).hostname))
    return await completed(call.services, pool, kind, given, known or {})


def _mapping(pool: Pool, kind: str, given: Mapping[str, str], operation_name: str) -> dict[str, str]:
    """With the claim that makes usernames, as AWS shows it. Attributes must be in the pool's schema, and not `sub`.

    The sentences are those for users' attributes [inferred]. Whether a mapped attribute may be changed is checked at
    the sign-in, as on AWS.
    """
    known = {attribute.name for attribute in full_schema(pool.schema)} | {"username"}
    if strange := sorted(set(given) - known):
        raise invalid(f"Invalid AttributeMapping: {strange[0]}: Attribute does not exist in the schema.")
    if "sub" in given:
        raise invalid("Invalid AttributeMapping: user.sub: Attribute cannot be updated.")
    subject = KINDS[kind].subject_claim
    if not subject and "username" in given:
        raise invalid("Invalid AttributeMapping: username: Attribute does not exist in the schema.")
    if not subject:
        return dict(given)
    if given.get("username", subject) != subject:
        raise not_built(f"AttributeMapping.username {given['username']}", operation_name)
    return {**given, "username": subject}


def _acr_mapping(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """Only OIDC providers have one (API reference, CreateIdentityProvider). The sentence is [inferred]."""
    if given and not KINDS[kind].tells_levels:
        raise invalid(f"AcrMapping is not supported for a provider of type {kind}.")
    return dict(given)


async def _check_room(call: Call, pool: Pool, provider: ExternalProvider) -> None:
    """Runs in the unit in which the provider is written. Raises Refused."""
    known = await call.services.store.providers.of_pool(pool.pool_id)
    if len(known) >= MOST_PROVIDERS:
        message = f"Exceeded the limit of {MOST_PROVIDERS} identity providers in user pool {pool.pool_id}."
        raise Refused("LimitExceededException", message)
    _check_identifiers(provider, known)


def _check_identifiers(provider: ExternalProvider, known: Iterable[ExternalProvider]) -> None:
    """Raises Refused when an identifier is another provider's."""
    others = {one for other in known if other.name != provider.name for one in other.identifiers}
    _refuse(identifiers_objection(provider.identifiers, others))


def _refuse(objection: str | None) -> None:
    if objection is not None:
        raise invalid(objection)


def _no_such_provider(call: Call) -> Refused:
    message = f"Identity provider {call.input['ProviderName']} does not exist."
    return Refused("ResourceNotFoundException", message)


def _shape(provider: ExternalProvider) -> dict[str, Any]:
    return {
        "UserPoolId": provider.pool_id,
        "ProviderName": provider.name,
        "ProviderType": provider.kind,
        "ProviderDetails": KINDS[provider.kind].shown(provider.details),
        "AttributeMapping": provider.attribute_mapping,
        "IdpIdentifiers": list(provider.identifiers),
        "AcrMapping": dict(provider.acr_mapping) or None,
        "LastModifiedDate": provider.modified_at,
        "CreationDate": provider.created_at,
    }


def _name(provider: ExternalProvider) -> str:
    return provider.name


def _summary(provider: ExternalProvider) -> dict[str, Any]:
    """ProviderDescription."""
    return {
        "ProviderName": provider.name,
        "ProviderType": provider.kind,
        "LastModifiedDate": provider.modified_at,
        "CreationDate": provider.created_at,
    }
