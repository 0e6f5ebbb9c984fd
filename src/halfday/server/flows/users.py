"""Who is meant by a name."""

from __future__ import annotations

from halfday.server.domain.pools import Pool
from halfday.server.domain.users import User
from halfday.server.services import Services


async def find_user(services: Services, pool: Pool, name: str) -> User | None:
    """By username or alias, folded as the pool folds names; as it is written for the users of providers.

    These first: nobody gets to be meant in place of `Google_113` by signing up as `google_113`. A sub is no such name,
    but where it is the username: in pools of addresses (measured by the author of ministack#1758).
    """
    users, folded = services.store.users, pool.fold(name)
    as_written = None if folded == name else await users.find(pool.pool_id, name)
    return as_written or await users.find_by_name(pool.pool_id, folded)
