"""Who is meant by a name, and how a log says it."""

from __future__ import annotations

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.usernames import is_too_long
from halfday.server.domain.users.users import User, opened
from halfday.server.services import Services

NOBODY = "a user name that nobody has"
"""How a log says whom an unknown name means. The name itself may be a password in the wrong field."""


def logged(user: User | None) -> str:
    """How a log says who it is: by the sub, which tells nothing to who has only the log (docs/decisions/0028)."""
    return NOBODY if user is None else f"user {user.sub}"


def no_such_user() -> Refused:
    """The refusal of a name that no user has, for a client without PreventUserExistenceErrors (facts/api.md §6)."""
    return Refused("UserNotFoundException", "Username/client id combination not found.", NOBODY)


async def find_user(services: Services, pool: Pool, name: str) -> User | None:
    """By username or alias, folded as the pool folds names; as it is written for the users of providers.

    These first: nobody gets to be meant in place of `Google_113` by signing up as `google_113`. A sub is no such name,
    but where it is the username: in pools of addresses (measured by the author of ministack#1758). Nobody has a name
    that is too long. The same is read and opened for nobody as for somebody.
    """
    found = await find_known(services, pool, name)
    if found is not None:
        return opened(found)
    if not is_too_long(name):
        services.store.users.read_nobody()
    return None


async def find_known(services: Services, pool: Pool, name: str) -> User | None:
    """The same, for callers who may list the pool's users: what it takes may tell them whether there is such a user."""
    if is_too_long(name):
        return None
    return await services.store.users.find_by_name(pool.pool_id, name, folded=pool.fold(name))
