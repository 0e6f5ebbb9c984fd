"""What STS knows beside the credentials that it issued: the account as an issuer, and keys that are no more."""

from __future__ import annotations

from dataclasses import dataclass

from halfday.server.domain.aws.outbound import OutboundFederation
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.table_group import TableGroup


@dataclass(frozen=True, slots=True)
class RetiredAccessKey:
    """The id of an access key that was deleted. The database notes it (schema 0018)."""

    access_key_id: str


RETIRED_ACCESS_KEYS = Table("retired_access_keys", RetiredAccessKey, key="access_key_id")
OUTBOUND_FEDERATIONS = Table("outbound_federations", OutboundFederation, key="account")


class RetiredAccessKeys(TableGroup):
    async def has(self, access_key_id: str) -> bool:
        found = await self._find(RETIRED_ACCESS_KEYS, RETIRED_ACCESS_KEYS.by_key, access_key_id)
        return found is not None


class OutboundFederations(TableGroup):
    async def put(self, federation: OutboundFederation) -> None:
        """In place of what stood."""
        await self._execute(OUTBOUND_FEDERATIONS.put, *OUTBOUND_FEDERATIONS.row(federation, self._sealer))

    async def find(self, account: str) -> OutboundFederation | None:
        return await self._find(OUTBOUND_FEDERATIONS, OUTBOUND_FEDERATIONS.by_key, account)

    async def find_by_issuer(self, issuer_id: str) -> OutboundFederation | None:
        return await self._find(OUTBOUND_FEDERATIONS, "WHERE issuer_id = $1", issuer_id)
