"""Identity pools of a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.protocol.identifiers import region_of_identity
from halfday.server.operations.identity_pools import identity_pools
from halfday.server.transfer.errors import TransferRefused
from halfday.server.transfer.own_records import keep_identities
from halfday.server.transfer.writing import Writer

IDENTITY = "cognito-identity"


async def write_identity_pool(writer: Writer, entry: Mapping[str, Any]) -> None:
    pool = dict(entry["IdentityPool"])
    pool_id, tags = pool["IdentityPoolId"], dict(pool.get("IdentityPoolTags", {}))
    place = f"identity pool {pool_id}"
    _region(pool_id)
    if await writer.store.identity_pools.find(pool_id) is not None:
        writer.told.there_already.append(place)
    else:
        async with writer.store.unit(pool_id):  # all or none: what is there counts as whole
            await _make_identity_pool(writer, entry, pool, place)
            await writer.store.identity_pools.change(pool_id, lambda known: replace(known, tags=tags))
        writer.told.count("identity pools")
    if identities := entry.get("Identities"):
        kept = await keep_identities(writer.services, pool_id, identities, place)
        writer.told.count("identities", kept)


async def _make_identity_pool(writer: Writer, entry: Mapping[str, Any], pool: Mapping[str, Any], place: str) -> None:
    named, region = {"IdentityPoolId": pool["IdentityPoolId"]}, _region(pool["IdentityPoolId"])
    pins = {**pool, "IdentityPoolTags": {identity_pools.CUSTOM_ID_TAG: pool["IdentityPoolId"]}}
    await writer.call(IDENTITY, "CreateIdentityPool", pins, place, region=region)
    if entry.get("Roles") or entry.get("RoleMappings"):
        roles = {"Roles": entry.get("Roles", {}), "RoleMappings": entry.get("RoleMappings", {})}
        await writer.call(IDENTITY, "SetIdentityPoolRoles", {**named, **roles}, place, region=region)
    for one in entry.get("PrincipalTags", ()):
        await writer.call(IDENTITY, "SetPrincipalTagAttributeMap", {**one, **named}, place, region=region)


def _region(pool_id: str) -> str:
    try:
        return region_of_identity(pool_id)
    except ValueError as problem:
        raise TransferRefused(f"identity pool {pool_id}", "is no identity pool id: REGION:UUID") from problem
