"""How often an operation may be called within an hour for one name. Source: facts/api.md §7."""

from __future__ import annotations

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.attempts import HOUR_S, PER_HOUR
from halfday.server.domain.users.users import User
from halfday.server.services import Services


def counted_name(pool: Pool, name: str, user: User | None) -> str:
    """The name under which attempts are counted: the username, whichever name of the user was given."""
    return pool.fold(name) if user is None else user.username


async def count_attempt(services: Services, pool: Pool, username: str, operation: str) -> None:
    """Counts an attempt, whether or not the user exists. Raises Refused."""
    made = await services.store.attempts.count(pool.pool_id, username, operation, now=services.clock(), window_s=HOUR_S)
    if made > PER_HOUR[operation]:
        detail = f"{operation} was tried {made} times within an hour with this name"
        raise Refused("LimitExceededException", "Attempt limit exceeded, please try after some time.", detail)
