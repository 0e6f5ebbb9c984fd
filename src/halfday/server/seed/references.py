"""Checks the names in the seed file before anything is made: each must name something that exists.

What a name means is declared in the same file, or is in the store because it was made through the API. An id that the
data folder holds for another pool is refused too. The operations check an app client's providers and scopes
themselves, at each start.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from halfday.protocol.identifiers import POOL_ID_PATTERN, region_of_pool
from halfday.server.domain.aws.managed_policies import is_of_aws
from halfday.server.domain.user_pools.app_clients import STANDARD_SCOPES
from halfday.server.domain.user_pools.configuration import ALL_CLIENTS
from halfday.server.outside.aws_managed_policies import aws_managed_policies
from halfday.server.seed import stand_ins
from halfday.server.seed.triggers import named_functions
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

Table = Mapping[str, Any]

log = logging.getLogger("halfday.seed")


async def check(services: Services, document: Table) -> None:
    """Raises SeedRefused, which names the place in the file and the name."""
    references = _References(services, document)
    for pool in document.get("user_pool", ()):
        await references.user_pool(pool)
    for identity_pool in document.get("identity_pool", ()):
        await references.identity_pool(identity_pool)
    for role in document.get("role", ()):
        await references.role(role)
    for user in document.get("iam_user", ()):
        await references.policies(user, f"[[iam_user]] {user.get('name')}")
    for route in document.get("gateway", ()):
        await references.gateway(route)
    for api in document.get("api", ()):
        await references.api(api)


class _References:
    def __init__(self, services: Services, document: Table) -> None:
        self._services, self._document, self._store = services, document, services.store

    async def user_pool(self, table: Table) -> None:
        pool_id = table.get("id", "")
        await self._check_domain(pool_id, table.get("domain"))
        await self._check_domain(pool_id, table.get("custom_domain", {}).get("name"))
        await self._check_clients(pool_id, table)
        for client in table.get("client", ()):
            await self._check_client(pool_id, client.get("id", ""))
        await self._tell_missing_functions(pool_id, table.get("triggers", {}))
        for group in table.get("group", ()):
            await self._check_role(group.get("role"), f"[[user_pool.group]] {group.get('name')}: role")
        for provider in table.get("provider", ()):
            self._check_stand_in(provider)
        declared = _names(table.get("group", ()), "name")
        for user in table.get("user", ()):
            for name in user.get("groups", ()):
                if name not in declared and await self._store.groups.find(pool_id, name) is None:
                    raise SeedRefused(f"[[user_pool.user]] {user.get('username')}: there is no group {name!r}")

    async def _check_clients(self, pool_id: str, table: Table) -> None:
        """Of styles, terms and risk settings: each is of a client of the pool."""
        declared = {*_names(table.get("client", ()), "id"), None}
        for key in ("style", "terms", "risk"):
            for one in table.get(key, ()):
                name = one.get("client")
                if name in declared or (key == "style" and name == ALL_CLIENTS):
                    continue
                known = await self._store.app_clients.find(name)
                if known is None or known.pool_id != pool_id:
                    raise SeedRefused(f"[[user_pool.{key}]] of {pool_id}: there is no app client {name!r}")

    def _check_stand_in(self, provider: Table) -> None:
        kind = provider.get("type", "")
        wanted = kind, provider.get("name", kind)
        if provider.get("stand_in") and wanted not in stand_ins.names(self._document):
            told = f"[[user_pool.provider]] {wanted[1]}: stand_in is true"
            raise SeedRefused(f"{told}, and the file has no [[stand_in]] of this type and name")

    async def _tell_missing_functions(self, pool_id: str, triggers: Table) -> None:
        """A function may come later, into the folder that is watched or by Lambda's API."""
        if not POOL_ID_PATTERN.fullmatch(pool_id):  # which is refused when the pool is made
            return
        account, region = self._services.settings.account_id, region_of_pool(pool_id)
        for key, name in named_functions(triggers).items():
            by_api = await self._store.lambda_functions.find(account, region, name)
            if by_api is None and not self._services.functions.has(name):
                told = "[[user_pool]] %s: triggers.%s: there is no function %r yet: what calls it is refused"
                log.warning(told, pool_id, key, name)

    async def identity_pool(self, table: Table) -> None:
        for key in ("authenticated_role", "unauthenticated_role"):
            await self._check_role(table.get(key), f"[[identity_pool]] {table.get('id')}: {key}")
        for mapping in table.get("role_mapping", ()):
            for rule in mapping.get("rules", ()):
                await self._check_role(rule.get("role"), f"[[identity_pool.role_mapping]] of {table.get('id')}: role")
        if table.get("principal_tags"):
            self._tell_untagged_roles(table.get("id"))

    def _tell_untagged_roles(self, pool_id: Any) -> None:
        """Of the trust policies that the seed writes. A role that lets nobody tag its sessions gives no credentials."""
        for role in self._document.get("role", ()):
            people = role.get("kind", "authenticated") == "authenticated" and role.get("identity_pool") == pool_id
            if people and "trust" not in role and not role.get("session_tags"):
                told = "[[role]] %s: %s has principal_tags, and the role lacks session_tags = true: it is refused"
                log.warning(told, role.get("name"), pool_id)

    async def role(self, table: Table) -> None:
        await self.policies(table, f"[[role]] {table.get('name')}")
        pool_id = table.get("identity_pool")
        if pool_id is None or pool_id in _names(self._document.get("identity_pool", ()), "id"):
            return
        if await self._store.identity_pools.find(pool_id) is None:
            raise SeedRefused(f"[[role]] {table.get('name')}: there is no identity pool {pool_id!r}")

    async def policies(self, table: Table, place: str) -> None:
        """Of a role or user: each managed policy, and the boundary, is in the file, in the store, or one of AWS's."""
        tables, account = self._document.get("managed_policy", ()), self._services.settings.account_id
        arns = {f"arn:aws:iam::{account}:policy{one.get('path', '/')}{one.get('name')}" for one in tables}
        declared = {*_names(tables, "name"), *arns}
        for key in ("managed_policies", "permissions_boundary"):
            named = table.get(key, ())
            for name in (named,) if isinstance(named, str) else named:
                if name not in declared and not await self._has_policy(name):
                    raise SeedRefused(
                        f"{place}: {key}: there is no managed policy {name!r}; a [[managed_policy]] is one"
                    )

    async def _has_policy(self, name: str) -> bool:
        if is_of_aws(name):
            return name in aws_managed_policies()
        known = await self._store.managed_policies.find(self._services.settings.account_id, name.rpartition("/")[2])
        return known is not None and name in (known.name, known.arn)

    async def gateway(self, table: Table) -> None:
        """Refuses a scope that a known resource server lacks, and warns of an unknown one, which may be made later."""
        pool_id, wanted = table.get("pool", ""), set(table.get("scopes", ())).difference(STANDARD_SCOPES)
        known = await self._scopes_of(pool_id) if wanted else {}
        for scope in sorted(wanted):
            identifier, _, name = scope.rpartition("/")
            if name in known.get(identifier, ()):
                continue
            told = f"[[gateway]] {table.get('path')}: no resource server of {pool_id} has the scope {scope!r}"
            if identifier in known:
                raise SeedRefused(told)
            log.warning("%s yet: the scope lets nobody in", told)

    async def api(self, table: Table) -> None:
        """Refuses a pool that is nobody's, and warns of a function that is not there yet."""
        place = f"[[api]] {table.get('id')}"
        for authorizer in table.get("authorizer", ()):
            for pool_id in authorizer.get("pools", ()):
                declared = pool_id in _names(self._document.get("user_pool", ()), "id")
                if not declared and await self._store.pools.find(pool_id) is None:
                    raise SeedRefused(
                        f"{place}: [[api.authorizer]] {authorizer['name']}: there is no user pool {pool_id!r}"
                    )
        for named in (*table.get("authorizer", ()), *table.get("route", ())):
            function, settings = named.get("function"), self._services.settings
            if not function or self._services.functions.has(function):
                continue
            if await self._store.lambda_functions.find(settings.account_id, settings.region, function) is None:
                log.warning("%s: there is no function %r yet: what calls it is refused", place, function)

    async def _scopes_of(self, pool_id: str) -> dict[str, set[str]]:
        """Identifier of a resource server → its scopes. What the file declares replaces what is in the store."""
        known = {kept.identifier: set(kept.scopes) for kept in await self._store.resource_servers.of_pool(pool_id)}
        for pool in self._document.get("user_pool", ()):
            for server in pool.get("resource_server", ()) if pool.get("id") == pool_id else ():
                known[server.get("identifier", "")] = set(server.get("scopes", {}))
        return known

    async def _check_role(self, name: str | None, place: str) -> None:
        """A role that is named by its ARN may be anybody's, and there or not, as on AWS."""
        if name is None or name.startswith("arn:") or name in _names(self._document.get("role", ()), "name"):
            return
        if await self._store.roles.find(self._services.settings.account_id, name) is None:
            raise SeedRefused(f"{place}: there is no role {name!r}; a [[role]] declares one")

    async def _check_domain(self, pool_id: str, name: str | None) -> None:
        """Refuses a domain that a pool outside the file holds. Between pools of the file it may move."""
        if name is None:
            return
        held = await self._store.domains.find(name, pool_id.partition("_")[0])
        if held is not None and held.pool_id not in {pool_id, *_names(self._document.get("user_pool", ()), "id")}:
            raise self._held(f"[[user_pool]] {pool_id}: domain {name!r}", held.pool_id)

    async def _check_client(self, pool_id: str, client_id: str) -> None:
        client = await self._store.app_clients.find(client_id)
        if client is not None and client.pool_id != pool_id:
            raise self._held(f"[[user_pool.client]] {client_id} of {pool_id}: the id", client.pool_id)

    def _held(self, what: str, pool_id: str) -> SeedRefused:
        folder = self._services.settings.data.resolve()
        return SeedRefused(
            f"{what} belongs to the user pool {pool_id}, which the data folder {folder} holds from an earlier start",
            hint=f"give the pool its id {pool_id} back, or start on another --data folder: a new one is made",
        )


def _names(tables: Iterable[Table], key: str) -> set[Any]:
    return {table.get(key) for table in tables}
