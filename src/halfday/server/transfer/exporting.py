"""The document of all that a server has, or of some of its pools."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from halfday.server.services import Services
from halfday.server.storage.errors import Missing
from halfday.server.transfer import documents
from halfday.server.transfer.asking import Ask, OwnCalls
from halfday.server.transfer.errors import CallRefused, TransferRefused
from halfday.server.transfer.own_records import (
    identities_of,
    with_own,
    with_own_factors,
    with_secret_keys,
    without_secrets,
)
from halfday.server.transfer.reading_iam import all_roles, read_iam_users, read_policies, read_providers, read_role
from halfday.server.transfer.reading_identity import named_roles, read_identity_pool
from halfday.server.transfer.reading_pools import Progress, read_pool, read_users

_PAGE = 500


async def export(
    services: Services, *, only: Collection[str] = (), secrets: bool = False, users: bool = True
) -> documents.Document:
    """All of this server, or the pools of these ids with the roles that they name. Raises TransferRefused."""
    found = documents.new()
    if secrets:
        found["WithSecrets"] = True
    known, identity = await _pool_ids(services), await _identity_pool_ids(services)
    if unknown := sorted(set(only) - {*known, *identity}):
        raise TransferRefused(unknown[0], "there is no such pool on this server")
    found["UserPools"] = [
        await _pool(services, one, secrets=secrets, users=users) for one in known if not only or one in only
    ]
    try:
        found["IdentityPools"] = [await _identity_pool(services, one) for one in identity if not only or one in only]
        await _add_iam(OwnCalls(services, services.settings.region), found, everything=not only)
    except CallRefused as refused:
        raise TransferRefused("identity pools and IAM", str(refused)) from refused
    if secrets:
        found["IamUsers"] = [await with_secret_keys(services, one) for one in found["IamUsers"]]
    return {name: value for name, value in found.items() if value}


async def read_live(
    ask: Ask, only: Iterable[str], *, secrets: bool, users: bool, progress: Progress | None = None
) -> documents.Document:
    """The document of pools of AWS, or of whatever answers its calls. Raises CallRefused."""
    found = documents.new()
    pools, identity = [], []
    for one in only:
        if ":" in one:
            identity.append(await read_identity_pool(ask, one))
            continue
        entry = await read_pool(ask, one)
        if users:
            entry["Users"] = [user async for user in read_users(ask, entry, entry["Groups"], progress)]
        pools.append(entry if secrets else without_secrets(entry))
    found |= {"UserPools": pools, "IdentityPools": identity}
    await _add_iam(ask, found, everything=False)
    return {name: value for name, value in found.items() if value}


async def _add_iam(ask: Ask, found: documents.Document, *, everything: bool) -> None:
    names = await all_roles(ask) if everything else named_roles(found["UserPools"], found["IdentityPools"])
    roles = [role for name in names if (role := await read_role(ask, name))]
    users = await read_iam_users(ask) if everything else []
    found |= {"Roles": roles, "IamUsers": users}
    found["Policies"] = await read_policies(ask, [*roles, *users], everything=everything)
    found |= await read_providers(ask, found["IdentityPools"], everything=everything)


async def _pool(services: Services, pool_id: str, *, secrets: bool, users: bool) -> dict[str, Any]:
    ask = OwnCalls(services, pool_id.partition("_")[0])
    try:
        entry = await read_pool(ask, pool_id)
        if users:
            found = [user async for user in read_users(ask, entry, entry["Groups"])]
            if secrets:
                found = [await with_own_factors(services, pool_id, user) for user in found]
            entry["Users"] = found
        whole = await with_own(services, entry, secrets=secrets)
    except CallRefused as refused:
        raise TransferRefused(f"user pool {pool_id}", str(refused)) from refused
    except Missing as problem:
        raise TransferRefused(f"user pool {pool_id}", "it, or a user of it, was deleted meanwhile") from problem
    return {name: value for name, value in whole.items() if value}


async def _identity_pool(services: Services, pool_id: str) -> dict[str, Any]:
    entry = await read_identity_pool(OwnCalls(services, pool_id.partition(":")[0]), pool_id)
    identities = await identities_of(services, pool_id)
    return {**entry, **({"Identities": identities} if identities else {})}


async def _pool_ids(services: Services) -> list[str]:
    found: list[str] = []
    after = ""
    while page := await services.store.pools.page(None, limit=_PAGE, after=after):
        found += [one.pool_id for one in page]
        after = page[-1].pool_id
    return found


async def _identity_pool_ids(services: Services) -> list[str]:
    return [pool.identity_pool_id for pool in await services.store.identity_pools.all()]
