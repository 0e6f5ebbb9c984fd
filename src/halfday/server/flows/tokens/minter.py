"""The one minter: every ID and access token of a user pool is made here, from claims to signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in import tokens as claims
from halfday.server.domain.sign_in.codes_and_sessions import TokenFamily
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import Group, User
from halfday.server.flows.tokens import keys
from halfday.server.services import Services

TokenUse = Literal["access", "id"]


@dataclass(frozen=True, slots=True)
class Minter:
    """Makes the tokens of one request. All of them have the same `iat`."""

    services: Services
    pool: Pool
    minting: claims.Minting

    async def user_token(
        self,
        use: TokenUse,
        family: TokenFamily,
        user: User,
        groups: list[Group],
        further: Mapping[str, Any] | None = None,
    ) -> str:
        """A token of the family for this user. `further` claims replace those of the same name."""
        make = claims.access_claims if use == "access" else claims.id_claims
        made = make(self.minting, family, user, groups, jti=self.services.uuid())
        return await keys.sign_claims(self.services, self.pool.pool_id, use, {**made, **(further or {})})

    async def machine_token(self, scopes: tuple[str, ...]) -> str:
        """The access token of client_credentials, which has no user and no family."""
        made = claims.machine_claims(self.minting, scopes, jti=self.services.uuid())
        return await keys.sign_claims(self.services, self.pool.pool_id, "access", made)


def minter_for(services: Services, pool: Pool, client: AppClient, context: RequestContext) -> Minter:
    """The minter for one request of this app client."""
    return Minter(services, pool, claims.Minting(pool.issuer(services.origin), client, services.clock(), context))
