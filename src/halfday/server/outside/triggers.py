"""Which functions a pool has: what AWS calls Lambda triggers. Of them only custom auth's are called yet.

Every pool has its own. Whoever calls one asks `Triggers` for the pool at hand, and is handed what there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from halfday.server.domain.user_pools.pools import Pool
from halfday.server.outside.custom_auth import CustomAuth


@dataclass(frozen=True, slots=True)
class PoolTriggers:
    """The functions of one pool; None where it has no such function."""

    custom_auth: CustomAuth | None = None


class Triggers(Protocol):
    def of(self, pool: Pool) -> PoolTriggers: ...


@dataclass(frozen=True, slots=True)
class TriggersByPool:
    """Functions of this process, by the id of their pool. A pool that is not named has none."""

    by_pool_id: Mapping[str, PoolTriggers] = field(default_factory=dict)

    def of(self, pool: Pool) -> PoolTriggers:
        return self.by_pool_id.get(pool.pool_id, PoolTriggers())
