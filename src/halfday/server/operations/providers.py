"""External identity providers of a pool: CreateIdentityProvider, DescribeIdentityProvider, List…, Delete….

Google and OIDC for now; the other kinds are refused, not built yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.server.domain.attributes import full_schema
from halfday.server.domain.pools import Pool
from halfday.server.domain.providers import GOOGLE_DETAILS, ExternalProvider
from halfday.server.operations import paging
from halfday.server.operations.lookups import invalid, not_built, the_pool
from halfday.server.operations.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

_REQUIRED = {
    "Google": ("client_id", "client_secret", "authorize_scopes"),
    "OIDC": ("client_id", "attributes_request_method", "oidc_issuer", "authorize_scopes"),
}


@operation(
    "cognito-idp",
    "CreateIdentityProvider",
    honours="UserPoolId ProviderName ProviderType ProviderDetails AttributeMapping IdpIdentifiers",
)
async def create_identity_provider(call: Call) -> Output:
    pool, given = await the_pool(call), call.input
    kind, name = given["ProviderType"], given["ProviderName"]
    if kind not in _REQUIRED:
        raise not_built(f"ProviderType {kind}", "CreateIdentityProvider")
    if kind == "Google" and name != kind:
        raise invalid("Provider name of a social provider must be its type: Google.")
    provider = ExternalProvider(
        pool_id=pool.pool_id,
        name=name,
        kind=kind,
        created_at=call.now,
        modified_at=call.now,
        details=_details(kind, given["ProviderDetails"]),
        attribute_mapping=_mapping(pool, given.get("AttributeMapping", {})),
        identifiers=tuple(given.get("IdpIdentifiers", ())),
    )
    try:
        await call.services.store.providers.insert(provider)
    except Taken as problem:
        raise ServiceError("DuplicateProviderException", f"Provider {name} already exists.") from problem
    return {"IdentityProvider": _shape(provider)}


@operation("cognito-idp", "DescribeIdentityProvider", honours="UserPoolId ProviderName")
async def describe_identity_provider(call: Call) -> Output:
    return {"IdentityProvider": _shape(await _the_provider(call))}


@operation(
    "cognito-idp",
    "UpdateIdentityProvider",
    honours="UserPoolId ProviderName ProviderDetails AttributeMapping IdpIdentifiers",
)
async def update_identity_provider(call: Call) -> Output:
    """Details that are given replace the old ones whole; what is left out stays as it is [inferred]."""
    pool, provider, given = await the_pool(call), await _the_provider(call), call.input
    changes: dict[str, Any] = {}
    if "ProviderDetails" in given:
        changes["details"] = _details(provider.kind, given["ProviderDetails"])
    if "AttributeMapping" in given:
        changes["attribute_mapping"] = _mapping(pool, given["AttributeMapping"])
    if "IdpIdentifiers" in given:
        changes["identifiers"] = tuple(given["IdpIdentifiers"])
    change = partial(replace, modified_at=call.now, **changes)
    changed = await call.services.store.providers.change(pool.pool_id, provider.name, change)
    return {"IdentityProvider": _shape(changed)}


@operation("cognito-idp", "GetIdentityProviderByIdentifier", honours="UserPoolId IdpIdentifier")
async def get_identity_provider_by_identifier(call: Call) -> Output:
    pool, identifier = await the_pool(call), call.input["IdpIdentifier"]
    for provider in await call.services.store.providers.of_pool(pool.pool_id):
        if identifier in provider.identifiers:
            return {"IdentityProvider": _shape(provider)}
    raise ServiceError("ResourceNotFoundException", f"Identity provider with identifier {identifier} does not exist.")


@operation("cognito-idp", "ListIdentityProviders", honours="UserPoolId MaxResults NextToken")
async def list_identity_providers(call: Call) -> Output:
    pool, limit = await the_pool(call), call.input.get("MaxResults", 60)
    start = paging.after(call.input.get("NextToken"))
    providers = [p for p in await call.services.store.providers.of_pool(pool.pool_id) if p.name > start]
    shown, token = paging.cut(providers, limit, lambda provider: provider.name)
    summaries = [
        {
            "ProviderName": provider.name,
            "ProviderType": provider.kind,
            "LastModifiedDate": provider.modified_at,
            "CreationDate": provider.created_at,
        }
        for provider in shown
    ]
    return paging.page("Providers", summaries, "NextToken", token)


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


def _details(kind: str, given: dict[str, str]) -> dict[str, str]:
    """What was given over what AWS fills in. That the latter can be given too is how the stand-in takes its place."""
    missing = [name for name in _REQUIRED[kind] if not given.get(name)]
    if missing:
        raise invalid(f"{', '.join(missing)} is required for identity provider type {kind}.")
    filled = dict(GOOGLE_DETAILS) if kind == "Google" else {"attributes_url_add_attributes": "false"}
    return {**filled, **given}


def _mapping(pool: Pool, given: Mapping[str, str]) -> dict[str, str]:
    """Attributes of the pool's schema only. The sentence is the one for attributes of users [inferred]."""
    known = {attribute.name for attribute in full_schema(pool.schema)} | {"username"}
    if strange := sorted(set(given) - known):
        raise invalid(f"Invalid AttributeMapping: {strange[0]}: Attribute does not exist in the schema.")
    return {**given, "username": "sub"}


def _no_such_provider(call: Call) -> ServiceError:
    message = f"Identity provider {call.input['ProviderName']} does not exist."
    return ServiceError("ResourceNotFoundException", message)


def _shape(provider: ExternalProvider) -> dict[str, Any]:
    return {
        "UserPoolId": provider.pool_id,
        "ProviderName": provider.name,
        "ProviderType": provider.kind,
        "ProviderDetails": provider.details,
        "AttributeMapping": provider.attribute_mapping,
        "IdpIdentifiers": list(provider.identifiers),
        "LastModifiedDate": provider.modified_at,
        "CreationDate": provider.created_at,
    }
