"""Identities as an administrator sees them: DescribeIdentity, ListIdentities, DeleteIdentities."""

from __future__ import annotations

from functools import partial
from typing import Any

from halfday.server.domain.aws.identity_pools import Identity
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.identity_pools.lookups import region_of, the_identity_pool
from halfday.server.storage.errors import Missing


@operation("cognito-identity", "DescribeIdentity", honours="IdentityId")
async def describe_identity(call: Call) -> Output:
    identity_id = call.input["IdentityId"]
    identity = await call.services.store.identities.find(identity_id)
    if identity is None or not call.is_of_region(region_of(identity_id)):
        raise Refused("ResourceNotFoundException", f"Identity '{identity_id}' not found.")
    return _shape(identity)


@operation("cognito-identity", "ListIdentities", honours="IdentityPoolId MaxResults NextToken HideDisabled")
async def list_identities(call: Call) -> Output:
    """Disabled ones are among them unless they are to be hidden: those that were merged, or have lost their logins."""
    pool = await the_identity_pool(call)
    fetch = partial(
        call.services.store.identities.page,
        pool.identity_pool_id,
        enabled_only=call.input.get("HideDisabled", False),
    )
    listed = await paging.listing(call, "Identities", fetch, key=lambda identity: identity.identity_id, shape=_shape)
    return {"IdentityPoolId": pool.identity_pool_id, **listed}


@operation("cognito-identity", "DeleteIdentities", honours="IdentityIdsToDelete")
async def delete_identities(call: Call) -> Output:
    """An id that is no identity of the account in this Region is answered as one that the caller may not delete
    [inferred].
    """
    unprocessed = []
    for identity_id in dict.fromkeys(call.input["IdentityIdsToDelete"]):
        if not await _deleted(call, identity_id):
            unprocessed.append({"IdentityId": identity_id, "ErrorCode": "AccessDenied"})
    return {"UnprocessedIdentityIds": unprocessed}


async def _deleted(call: Call, identity_id: str) -> bool:
    identity = await call.services.store.identities.find(identity_id)
    if identity is None or not call.is_of_region(region_of(identity_id)):
        return False
    try:
        await call.services.store.identities.delete(identity)
    except Missing:  # somebody else was first
        return False
    return True


def _shape(identity: Identity) -> dict[str, Any]:
    """Only the names of the logins: whose they are is told to nobody."""
    return {
        "IdentityId": identity.identity_id,
        "Logins": identity.providers or None,
        "CreationDate": identity.created_at,
        "LastModifiedDate": identity.modified_at,
    }
