"""All configuration that is held in snapshots, asked for by every way there is. Two stores that agree answer alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from halfday.server.storage.errors import Missing
from halfday.server.storage.rows import TABLES
from halfday.server.storage.store import Store

ACCOUNT = "123456789012"

Names = dict[str, set[str]]


async def names_in(store: Store, known: Names | None = None) -> Names:
    """Every value of a column by which something is held, by `table.column`; with those that were known before."""
    found = {key: set(values) for key, values in (known or {}).items()}
    for table in TABLES.values():
        for column in table.held_by:
            rows = await store._database.fetch(f"SELECT {column} FROM {table.name}")
            found.setdefault(f"{table.name}.{column}", set()).update(value for (value,) in rows)
    return found


async def answers(store: Store, names: Names | None = None) -> dict[tuple[str, ...], Any]:
    names = await names_in(store) if names is None else names
    found: dict[tuple[str, ...], Any] = {}
    for pool_id in names["pools.pool_id"] | names["signing_keys.owner"]:
        found["pool", pool_id] = await store.pools.find(pool_id)
        found["keys", pool_id] = await store.signing_keys.of(pool_id)
        found["domains", pool_id] = await store.domains.all_of_pool(pool_id)
        found["servers", pool_id] = await store.resource_servers.of_pool(pool_id)
        found["providers", pool_id] = await store.providers.of_pool(pool_id)
        found["provider", pool_id] = await store.providers.find(pool_id, "Google")
        found["key", pool_id] = await _or_none(store.signing_keys.get(pool_id, "id"))
    await _add(found, "client", names["app_clients.client_id"], store.app_clients.find)
    for name in names["pool_domains.domain"]:
        found["domain", name] = await store.domains.find(name, "us-east-1")
        found["anywhere", name] = await store.domains.find_anywhere(name, rather="eu-west-1")
    await _add(found, "identities", names["identity_pools.identity_pool_id"], store.identity_pools.find)
    for name in names["roles.name"]:
        found["role", name] = await store.roles.find(ACCOUNT, name)
    for name in names["lambda_functions.name"]:
        found["function", name] = await store.lambda_functions.find(ACCOUNT, "us-east-1", name)
    await _add_of_iam(found, names, store)
    await _add_of_gateway(found, names, store)
    return found


async def _add_of_gateway(found: dict[tuple[str, ...], Any], names: Names, store: Store) -> None:
    tables = ("gateway_apis", "gateway_deployments", "gateway_stages")
    for api_id in set().union(*(names[f"{table}.api_id"] for table in tables)):
        found["api", api_id] = await store.apis.find(api_id)
        found["deployments", api_id] = await store.api_deployments.of_api(api_id)
        found["stages", api_id] = await store.api_stages.of_api(api_id)


async def _add_of_iam(found: dict[tuple[str, ...], Any], names: Names, store: Store) -> None:
    for name in names["managed_policies.name"] | names["policy_versions.policy_name"]:
        found["managed policy", name] = await store.managed_policies.find(ACCOUNT, name)
        found["versions", name] = await store.managed_policies.versions(ACCOUNT, name)
    for url in names["oidc_providers.url"]:
        found["oidc provider", url] = await store.oidc_providers.find(ACCOUNT, url)
    for name in names["iam_users.name"] | names["access_keys.user_name"]:
        found["iam user", name] = await store.iam_users.find(ACCOUNT, name)
        found["access keys", name] = await store.access_keys.of_user(ACCOUNT, name)
    await _add(found, "access key", names["access_keys.access_key_id"], store.access_keys.find)


async def _add(found: dict[tuple[str, ...], Any], kind: str, names: Iterable[str], find: Any) -> None:
    for name in names:
        found[kind, name] = await find(name)


async def _or_none(asked: Any) -> Any:
    try:
        return await asked
    except Missing:
        return None
