"""People whom the developer's own backend vouches for: GetOpenIdTokenForDeveloperIdentity, LookupDeveloperIdentity,
MergeDeveloperIdentities, UnlinkDeveloperIdentity. Source: API reference; facts/identity.md §3.
"""

from __future__ import annotations

from halfday.server.domain.aws import linking
from halfday.server.domain.aws.identity_pools import (
    DEVELOPER_LIFETIME_S,
    Identity,
    IdentityPool,
    amr_of,
    developer_amr,
)
from halfday.server.domain.aws.principal_tags import objection_to, principal_tags
from halfday.server.domain.refusals import Refused, not_authorized
from halfday.server.flows.identity import developers
from halfday.server.flows.identity.logins import check_logins
from halfday.server.flows.identity.openid_tokens import openid_token
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.identity_pools.lookups import the_identity_pool


@operation(
    "cognito-identity",
    "GetOpenIdTokenForDeveloperIdentity",
    honours="IdentityPoolId IdentityId Logins PrincipalTags TokenDuration",
)
async def get_open_id_token_for_developer_identity(call: Call) -> Output:
    """A token for the person's own program, which hands it to GetCredentialsForIdentity or to STS."""
    pool = await the_identity_pool(call)
    provider, user, public = _vouched_for(call, pool)
    given = call.input.get("PrincipalTags", {})
    if objection := objection_to(given):
        raise invalid(f"PrincipalTags: {objection}.")
    shown = await check_logins(call.services, pool, public)
    identity = await developers.developer_identity(call.services, pool, user, shown, call.input.get("IdentityId"))
    amr = ["authenticated", *developer_amr(provider, pool.identity_pool_id, user), *amr_of(shown)[1:]]
    tags = {**principal_tags(pool.principal_tags, shown), **given}
    lifetime_s = call.input.get("TokenDuration", DEVELOPER_LIFETIME_S)
    token = await openid_token(call.services, identity, amr=amr, tags=tags, lifetime_s=lifetime_s)
    return {"IdentityId": identity.identity_id, "Token": token}


@operation(
    "cognito-identity",
    "LookupDeveloperIdentity",
    honours="IdentityPoolId IdentityId DeveloperUserIdentifier MaxResults NextToken",
)
async def lookup_developer_identity(call: Call) -> Output:
    """Of one the other; given both, whether they belong together (API reference)."""
    pool = await the_identity_pool(call)
    identity_id, user = call.input.get("IdentityId"), call.input.get("DeveloperUserIdentifier")
    if identity_id is None and user is None:
        raise invalid("Either IdentityId or DeveloperUserIdentifier must be given.")
    provider = developers.developer_provider(pool)
    if user is not None:
        owner = await developers.identity_of_user(call.services, pool, user)
        if identity_id not in (None, owner.identity_id):
            sentence = "The IdentityId and the DeveloperUserIdentifier do not belong together."
            raise Refused("ResourceConflictException", sentence)
        return {"IdentityId": owner.identity_id, "DeveloperUserIdentifierList": [user]}
    identity = await _the_identity(call, pool)
    users = sorted(identity.developer_logins.get(provider, ()))
    listed = await paging.listing(call, "DeveloperUserIdentifierList", paging.among(users, str), key=str, shape=str)
    return {"IdentityId": identity.identity_id, **listed}


@operation(
    "cognito-identity",
    "MergeDeveloperIdentities",
    honours="SourceUserIdentifier DestinationUserIdentifier DeveloperProviderName IdentityPoolId",
)
async def merge_developer_identities(call: Call) -> Output:
    pool = await the_identity_pool(call)
    developers.developer_provider(pool, call.input["DeveloperProviderName"])
    source, destination = call.input["SourceUserIdentifier"], call.input["DestinationUserIdentifier"]
    merged = await developers.merge_users(call.services, pool, source, destination)
    return {"IdentityId": merged.identity_id}


@operation(
    "cognito-identity",
    "UnlinkDeveloperIdentity",
    honours="IdentityId IdentityPoolId DeveloperProviderName DeveloperUserIdentifier",
)
async def unlink_developer_identity(call: Call) -> Output:
    """The user is somebody new at the next time. An identity that has lost its last login is nobody's any more."""
    pool = await the_identity_pool(call)
    provider = developers.developer_provider(pool, call.input["DeveloperProviderName"])
    identity, user = await _the_identity(call, pool), call.input["DeveloperUserIdentifier"]

    def unlinked(known: Identity) -> Identity:
        if (provider, user) not in known.pairs:
            raise Refused("ResourceNotFoundException", "DeveloperUserIdentifier not found.")
        return linking.without_user(known, provider, user, now=call.now)

    await call.services.store.identities.change(identity, unlinked)
    return {}


def _vouched_for(call: Call, pool: IdentityPool) -> tuple[str, str, dict[str, str]]:
    """(the developer provider, its user, the logins of public providers). Raises Refused: that a key is no provider's
    is told in AWS's words (public trackers); the rest is [inferred].
    """
    provider, logins = developers.developer_provider(pool), dict(call.input["Logins"])
    if any(name != provider and name not in pool.provider_names for name in logins):
        raise not_authorized("Please provide a valid public provider")
    user = logins.pop(provider, None)
    if user is None:
        raise invalid(f"Logins has no user of the developer provider {provider}.")
    return provider, user, logins


async def _the_identity(call: Call, pool: IdentityPool) -> Identity:
    identity = await call.services.store.identities.find(call.input["IdentityId"])
    if identity is None or identity.identity_pool_id != pool.identity_pool_id:
        raise Refused("ResourceNotFoundException", f"Identity '{call.input['IdentityId']}' not found.")
    return identity
