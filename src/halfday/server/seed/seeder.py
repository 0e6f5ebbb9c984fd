"""Applies the seed file: pools, clients, users, roles … that a person declares. It can be applied again safely.

It calls the same operations that boto3 would call, so that what is declared is checked like any call. When the file is
applied again, settings follow it; users' passwords and attributes are left as they are.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from halfday.protocol.identifiers import login_provider, role_arn
from halfday.server.domain.aws.policies import Kind, check_policy
from halfday.server.domain.aws.roles import DEFAULT_SESSION_DURATION_S, Role
from halfday.server.domain.gateway.declared_routes import GatewayRoute
from halfday.server.domain.refusals import Refused
from halfday.server.outside.upstream import UpstreamFailed
from halfday.server.seed import apis, references
from halfday.server.seed.calls import call
from halfday.server.seed.pool_changes import PoolChanges
from halfday.server.seed.stand_ins import RunningStandIn
from halfday.server.seed.translation import (
    backend_of,
    bucket_name,
    policy_document,
    required,
    trust_policy,
)
from halfday.server.seed.user_pools import UserPools
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

Table = Mapping[str, Any]

log = logging.getLogger("halfday.seed")


async def apply(services: Services, document: Table, running: Iterable[RunningStandIn] = ()) -> None:
    """Makes what a seed file declares, or changes it to that. Raises SeedRefused with AWS's sentence and the place.

    `running` are the stand-ins of the file, for the providers that say `stand_in = true`.
    A name that names nothing, and what AWS keeps fixed of a pool, is refused before anything is made.
    """
    await references.check(services, document)
    for table in document.get("user_pool", ()):
        await PoolChanges(services).check(table)
    user_pools = UserPools(services, running)
    for table in document.get("user_pool", ()):
        await user_pools.declare(table)
    seeder = _Seeder(services)
    for table in document.get("identity_pool", ()):
        await seeder.identity_pool(table)
    for table in document.get("role", ()):
        await seeder.role(table)
    for table in document.get("bucket", ()):
        await seeder.bucket(table)
    for table in document.get("gateway", ()):
        await seeder.gateway(table)
    for table in document.get("api", ()):
        await apis.declare(services, table)


class _Seeder:
    """What stands beside user pools."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def identity_pool(self, table: Table) -> None:
        pool_id = required(table, "id", "[[identity_pool]]")
        given = {
            "IdentityPoolName": table.get("name", "halfday"),
            "AllowUnauthenticatedIdentities": table.get("guests", False),
            "AllowClassicFlow": table.get("classic_flow", False),
            "CognitoIdentityProviders": [
                await self._accepted(client_id, table) for client_id in table.get("clients", ())
            ],
            "IdentityPoolTags": {"_custom_id_": pool_id},
        }
        if await self._store.identity_pools.find(pool_id) is None:
            await call(self._services, "cognito-identity", "CreateIdentityPool", given)
        else:
            await call(self._services, "cognito-identity", "UpdateIdentityPool", {"IdentityPoolId": pool_id, **given})
        account = self._services.settings.account_id
        roles = {
            kind: role_arn(account, table[f"{kind}_role"])
            for kind in ("authenticated", "unauthenticated")
            if f"{kind}_role" in table
        }
        await call(
            self._services, "cognito-identity", "SetIdentityPoolRoles", {"IdentityPoolId": pool_id, "Roles": roles}
        )

    async def role(self, table: Table) -> None:
        name = required(table, "name", "[[role]]")
        trust = trust_policy(table)
        found = await self._store.roles.find(self._services.settings.account_id, name)
        lasts, description = table.get("max_session_s", DEFAULT_SESSION_DURATION_S), table.get("description")
        if found is None:
            given = {
                "RoleName": name,
                "AssumeRolePolicyDocument": json.dumps(trust),
                "MaxSessionDuration": lasts,
                **({"Description": description} if description is not None else {}),
            }
            await call(self._services, "iam", "CreateRole", given)
        else:
            try:
                check_policy(trust, kind=Kind.TRUST)
            except Refused as refused:
                raise SeedRefused(f"[[role]] {name}: {refused.sentence}") from refused
            changes = {"max_session_duration_s": lasts, "description": description, "trust_policy": trust}
            declared = table.get("policies", {})

            def followed(role: Role) -> Role:
                return replace(role, policies={n: p for n, p in role.policies.items() if n in declared}, **changes)

            await self._store.roles.change(found.account, name, followed)
        for policy_name, document in table.get("policies", {}).items():
            given = {
                "RoleName": name,
                "PolicyName": policy_name,
                "PolicyDocument": json.dumps(policy_document(document)),
            }
            await call(self._services, "iam", "PutRolePolicy", given)

    async def bucket(self, table: Table) -> None:
        """Makes the bucket in the S3 behind the front door. Where there is none, the log says so."""
        name = bucket_name(table)
        if self._services.upstream is None:
            log.warning("bucket %s is not made: there is no S3 behind the front door: pip install 'halfday[aws]'", name)
            return
        try:
            await self._services.upstream.declare_bucket(name)
        except UpstreamFailed as failed:
            log.warning("bucket %s is not made: %s", name, failed)

    async def gateway(self, table: Table) -> None:
        route = GatewayRoute(
            path=required(table, "path", "[[gateway]]"),
            pool_id=required(table, "pool", "[[gateway]]"),
            backend=backend_of(table),
            scopes=tuple(table.get("scopes", ())),
            headers=dict(table.get("headers", {})),
        )
        if await self._store.pools.find(route.pool_id) is None:
            raise SeedRefused(f"[[gateway]] {route.path}: there is no user pool {route.pool_id}")
        await self._store.gateway_routes.put(route)

    async def _accepted(self, client_id: str, table: Table) -> dict[str, Any]:
        client = await self._store.app_clients.find(client_id)
        if client is None:
            raise SeedRefused(f"[[identity_pool]] {table['id']}: there is no app client {client_id}")
        check = table.get("server_side_token_check", False)
        provider = login_provider(client.pool_id)
        return {"ProviderName": provider, "ClientId": client_id, "ServerSideTokenCheck": check}
