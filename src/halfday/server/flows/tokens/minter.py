"""The one minter: every ID and access token of a user pool is made here, from claims to signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from halfday.server.domain.sign_in import tokens as claims
from halfday.server.domain.sign_in.claim_overrides import (
    NO_CHANGES,
    ClaimChanges,
    change_access_claims,
    change_id_claims,
)
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
        changes: ClaimChanges = NO_CHANGES,
    ) -> str:
        """A token of the family for this user, as the pool's function changes it. `further` claims replace those of the
        same name.
        """
        make = claims.access_claims if use == "access" else claims.id_claims
        made = make(self.minting, family, user, groups, jti=self.services.uuid())
        if changes is not NO_CHANGES:
            made = self._changed(use, made, changes)
        return await keys.sign_claims(self.services, self.pool.pool_id, use, {**made, **(further or {})})

    async def machine_token(self, scopes: tuple[str, ...], changes: ClaimChanges = NO_CHANGES) -> str:
        """The access token of client_credentials, which has no user and no family."""
        made = claims.machine_claims(self.minting, scopes, jti=self.services.uuid())
        if changes is not NO_CHANGES:
            made = self._changed("access", made, changes)
        return await keys.sign_claims(self.services, self.pool.pool_id, "access", made)

    def _changed(self, use: TokenUse, made: dict[str, Any], changes: ClaimChanges) -> dict[str, Any]:
        if use == "id":
            return change_id_claims(made, changes)
        return change_access_claims(made, changes, client_id=self.minting.client.client_id)


def minter_for(services: Services, pool: Pool, client: AppClient) -> Minter:
    """The minter for one request of this app client."""
    return Minter(services, pool, claims.Minting(pool.issuer(services.origin), client, services.clock()))
