"""Passwords that came as hashes of another product: proven by them once, then kept as SRP verifiers like all others.

In a pool that has such hashes every sign-in with a password takes the same work, whoever signs in: all kinds that were
brought are computed, of nobody's password where the person has none. Else the time would tell whose password came from
elsewhere, and so who exists. SRP cannot prove a password by a hash: until then it is refused as a wrong password is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from halfday.protocol import srp
from halfday.protocol.identifiers import pool_name_of
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.password_hashes import Hash, is_hash, read, sample_of
from halfday.server.domain.users.password_hashes import HashRefused as HashRefused
from halfday.server.domain.users.users import User
from halfday.server.outside.password_hashing import check_library, matches
from halfday.server.services import Services

_WORKERS = ThreadPoolExecutor(4, thread_name_prefix="password hashes")
"""Threads of their own: each takes up to 256 MiB, and nothing else of the process waits for them."""


def brought(text: str) -> str:
    """The hash as it is kept. Raises HashRefused."""
    known = read(text)
    check_library(known)
    return known.text


async def is_proven(pool: Pool, user: User | None, password: str) -> bool:
    """Whether the hash that came with the user is of this password. It takes the same work without such a user."""
    own = user.srp_verifier if user is not None and is_hash(user.srp_verifier) else ""
    if not pool.brought_hashes:
        return False
    return await asyncio.get_running_loop().run_in_executor(_WORKERS, _computed, pool.brought_hashes, own, password)


def _computed(samples: tuple[str, ...], own: str, password: str) -> bool:
    known = _still_taken(own)
    kind = sample_of(known) if known else ""
    found = False
    for sample in samples:
        nobodys = _still_taken(sample)
        if nobodys is not None:
            right = matches(known if known and sample == kind else nobodys, password)
            found = found or (right and sample == kind)
    return found


def _still_taken(hashed: str) -> Hash | None:
    """None of what was kept while more work was taken than now: it proves nothing, and costs nothing."""
    try:
        return read(hashed) if hashed else None
    except HashRefused:
        return None


async def compared(hashes: Collection[str], password: str) -> dict[str, bool]:
    """Of each of these hashes whether it is of this password: of former ones, and outside of units."""
    if not hashes:
        return {}
    return await asyncio.get_running_loop().run_in_executor(_WORKERS, _each_compared, tuple(hashes), password)


def _each_compared(hashes: tuple[str, ...], password: str) -> dict[str, bool]:
    known = {one: _still_taken(one) for one in hashes}
    return {one: found is not None and matches(found, password) for one, found in known.items()}


async def replaced(services: Services, pool: Pool, user: User, password: str) -> User:
    """The user with the verifier of this password in place of the hash, which has just proven it.

    Sign-ins under way go on: the password is the same. Where another was set meanwhile, the user has that one.
    """
    verifier = srp.make_verifier(pool_name_of(pool.pool_id), user.username, password, services.random(srp.SALT_BYTES))

    def change(known: User) -> User:
        if known.sub != user.sub or known.srp_verifier != user.srp_verifier:
            return known
        return replace(known, srp_salt=verifier.salt_hex, srp_verifier=verifier.verifier_hex)

    return await services.store.users.change(pool.pool_id, user.username, change)
