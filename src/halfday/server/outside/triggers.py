"""The functions of a pool, which AWS calls Lambda triggers. Only those of custom auth are called so far.

Each pool has its own functions. A caller asks `Triggers` for those of the pool; what they take and return is declared
in `custom_auth`.
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
    """Finds the functions of a pool."""

    def of(self, pool: Pool) -> PoolTriggers: ...


@dataclass(frozen=True, slots=True)
class TriggersByPool:
    """Functions of this process, by the id of their pool. A pool that is not named has none."""

    by_pool_id: Mapping[str, PoolTriggers] = field(default_factory=dict)

    def of(self, pool: Pool) -> PoolTriggers:
        return self.by_pool_id.get(pool.pool_id, PoolTriggers())
