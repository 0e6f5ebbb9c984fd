"""Applies the seed file: pools, clients, users, roles … that a person declares. It can be applied again safely.

It calls the same operations that boto3 would call, so that what is declared is checked like any call. When the file is
applied again, settings follow it; users' passwords and attributes are left as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from halfday.server.domain.gateway.declared_routes import GatewayRoute
from halfday.server.outside.upstreams import UpstreamFailed
from halfday.server.seed import apis, references
from halfday.server.seed.iam import IamSeeder
from halfday.server.seed.identity_pools import IdentityPools
from halfday.server.seed.managed_policies import ManagedPolicies
from halfday.server.seed.pool_changes import PoolChanges
from halfday.server.seed.role_arns import RoleArns
from halfday.server.seed.stand_ins import RunningStandIn
from halfday.server.seed.translation import (
    backend_of,
    bucket_name,
    required,
)
from halfday.server.seed.trusted_providers import TrustedProviders
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
    running = tuple(running)
    await references.check(services, document)
    for table in document.get("user_pool", ()):
        await PoolChanges(services).check(table)
    roles, trusted = RoleArns(services, document), TrustedProviders(services)
    user_pools = UserPools(services, running, roles)
    for table in document.get("user_pool", ()):
        await user_pools.declare(table)
    for table in document.get("oidc_provider", ()):
        await trusted.oidc(table, f"[[oidc_provider]] {table.get('url')}")
    for table in document.get("saml_provider", ()):
        await trusted.saml(table, f"[[saml_provider]] {table.get('name')}")
    identity_pools = IdentityPools(services, running, roles)
    for table in document.get("identity_pool", ()):
        await identity_pools.declare(table)
    seeder = _Seeder(services)
    iam, policies = IamSeeder(services), ManagedPolicies(services)
    for table in document.get("managed_policy", ()):
        await policies.declare(table)
    for table in document.get("role", ()):
        await iam.role(table)
    for table in document.get("iam_user", ()):
        await iam.user(table)
    await iam.trust()
    for table in document.get("bucket", ()):
        await seeder.bucket(table)
    for table in document.get("gateway", ()):
        await seeder.gateway(table)
    for table in document.get("api", ()):
        await apis.declare(services, table)
    if declared := document.get("template", ()):
        from halfday.server.seed import templates

        for table in declared:
            await templates.declare(services, table)


class _Seeder:
    """What stands beside user pools."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

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
