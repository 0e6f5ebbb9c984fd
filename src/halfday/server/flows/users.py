"""Who is meant by a name."""

from __future__ import annotations

from halfday.server.domain.pools import Pool
from halfday.server.domain.users import User
from halfday.server.services import Services


async def find_user(services: Services, pool: Pool, name: str) -> User | None:
    """By username, alias or sub, folded as the pool folds names; as it is written for the users of providers."""
    users, folded = services.store.users, pool.fold(name)
    found = await users.find_by_any_name(pool.pool_id, folded)
    return found if found is not None or folded == name else await users.find_by_any_name(pool.pool_id, name)
