"""Which kinds of brought hashes every sign-in of a pool pays for: those that somebody of the pool still has.

A kind is noted with the first person who brings it. It is forgotten by a look at all people, at the start of a server
and once an hour, so that the time of a sign-in does not tell when, or by whom, the last hash was replaced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from halfday.server.domain.refusals import Refused, invalid
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.password_hashes import HashRefused, is_hash, read, sample_of
from halfday.server.services import Services
from halfday.server.storage.errors import Missing

MOST_KINDS = 4
"""Of hashes in one pool: each costs every sign-in its work."""
_AT_ONCE = 50
"""People whose verifiers are opened before others have their turn."""


async def note_kind(services: Services, pool_id: str, hashed: str) -> None:
    """From now on every sign-in of this pool computes such a hash. In the unit that keeps its user. Raises Refused.

    A look that is under way may have passed this user by, and forgets nothing.
    """
    sample = sample_of(read(hashed))

    def noted(known: Pool) -> Pool:
        kinds = known.brought_hashes
        if sample not in kinds and len(kinds) >= MOST_KINDS:
            raise _too_many()
        return replace(known, brought_hashes=kinds if sample in kinds else (*kinds, sample), hashes_looked_for="")

    known = await services.store.pools.get(pool_id)
    if sample not in known.brought_hashes or known.hashes_looked_for:
        await services.store.pools.change(pool_id, noted)


def _too_many() -> Refused:
    return invalid(
        f"A user pool takes password hashes of {MOST_KINDS} kinds and costs: every sign-in computes each. "
        "Bring those of further kinds without their hashes."
    )


async def forget_unused_kinds(services: Services) -> None:
    """No pool keeps a kind that nobody had when this was called. Others are served meanwhile."""
    for pool in await services.store.pools.with_brought_hashes():
        try:
            await _look(services, pool.pool_id)
        except Missing:  # the pool was deleted meanwhile
            continue


async def _look(services: Services, pool_id: str) -> None:
    """Whoever looks or imports meanwhile, in whichever process, takes the mark away: then nothing is forgotten."""
    mark = services.uuid()
    pool = await services.store.pools.change(pool_id, lambda known: replace(known, hashes_looked_for=mark))
    unused = await _unused(services, pool)
    if unused:
        await services.store.pools.change(pool_id, _without(unused, mark))


def _without(unused: frozenset[str], mark: str) -> Callable[[Pool], Pool]:
    def change(known: Pool) -> Pool:
        if known.hashes_looked_for != mark:
            return known
        left = tuple(one for one in known.brought_hashes if one not in unused)
        return replace(known, brought_hashes=left, hashes_looked_for="")

    return change


async def _unused(services: Services, pool: Pool) -> frozenset[str]:
    """Those kinds of the pool that none of its people has. What is not taken any more costs nothing, and stays."""
    unused = {one for one in pool.brought_hashes if _kind(one)}
    after = None
    while unused:
        people = await services.store.users.page(pool.pool_id, limit=_AT_ONCE, after=after)
        unused -= {_kind(user.srp_verifier) for user in people}
        if len(people) < _AT_ONCE:
            break
        after = ("", people[-1].username)
        await asyncio.sleep(0)
    return frozenset(unused)


def _kind(verifier: str) -> str:
    """The sample of a hash; "" of what is none, or none that is taken."""
    try:
        return sample_of(read(verifier)) if is_hash(verifier) else ""
    except HashRefused:
        return ""
